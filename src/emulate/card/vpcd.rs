//! A virtual card plugged into the virtual reader `vpcd` of the PC/SC service, over TCP.
//!
//! Both directions carry a length on two bytes, big-endian, then as many bytes. From the reader, a length of one is an
//! order: `00` power off, `01` power on, `02` reset, `04` "give your ATR", which alone is answered; a greater one is a
//! command. The connection is the card: closed, it is taken out.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::VirtualCard;
use crate::emulate::fault::{Break, Fault, Line};

/// The port of the first slot of vpcd as it is installed; the second has the next one.
pub const PORT: u16 = 35963;

/// Why a card cannot be plugged in, or left the reader in a way nobody asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VpcdError {
    /// The reader cannot be reached, or the connection broke.
    #[error("the virtual reader at {address} cannot be reached")]
    Io {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The address is that of another machine: whoever listens there could use the card.
    #[error("{0} is not an address of this machine: a virtual card is plugged in locally only")]
    NotLoopback(SocketAddr),
}

/// How the life of a card in the reader ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Ending {
    /// A fault took the card out.
    Pulled,
    /// The reader closed the connection.
    ReaderClosed,
    /// [`Stop::stop`] was called.
    Stopped,
}

/// A connection to a slot of vpcd: a card about to be inserted.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
}

/// Takes the card out from another thread.
#[derive(Debug)]
pub struct Stop {
    stream: TcpStream,
    stopped: Arc<AtomicBool>,
}

impl Stop {
    /// Takes the card out; [`Connection::run`] returns at once.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Refused when the other side closed first, which is what was wanted.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

impl Connection {
    /// Connects to a slot. The card counts as inserted from then on, so [`run`](Self::run) should follow.
    ///
    /// # Errors
    /// [`VpcdError::NotLoopback`]; [`VpcdError::Io`] when nothing listens there.
    pub fn open(address: SocketAddr) -> Result<Self, VpcdError> {
        if !address.ip().is_loopback() {
            return Err(VpcdError::NotLoopback(address));
        }
        let failed = |cause| VpcdError::Io { address, cause };
        let stream = TcpStream::connect(address).map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        Ok(Self { stream, address, stopped: Arc::new(AtomicBool::new(false)) })
    }

    /// A handle that ends [`run`](Self::run).
    ///
    /// # Errors
    /// [`VpcdError::Io`] when the system has no more handles.
    pub fn stopper(&self) -> Result<Stop, VpcdError> {
        let stream = self.stream.try_clone();
        let stream = stream.map_err(|cause| VpcdError::Io { address: self.address, cause })?;
        Ok(Stop { stream, stopped: Arc::clone(&self.stopped) })
    }

    /// Serves the reader until it goes, the card is pulled or [`Stop::stop`] is called; it waits without polling.
    ///
    /// Faults in files are not applied here: [`Fault::alter`] the card first. A mute card goes on giving its ATR, so
    /// that it is still seen. [`Fault::ResetAfter`] resets the card, but the PC/SC service is not told: it takes a second
    /// program to have it noticed there.
    ///
    /// # Errors
    /// [`VpcdError::Io`] when the connection breaks otherwise.
    pub fn run(mut self, card: &Mutex<VirtualCard>, faults: &[Fault]) -> Result<Ending, VpcdError> {
        let mut line = Line::new(faults);
        let served = loop {
            match self.serve(card, &mut line) {
                Ok(None) => {}
                Ok(Some(ending)) => break Ok(ending),
                Err(cause) => break Err(cause),
            }
        };
        let _ = self.stream.shutdown(Shutdown::Both);
        match served {
            _ if self.stopped.load(Ordering::SeqCst) => Ok(Ending::Stopped),
            Ok(ending) => Ok(ending),
            Err(cause)
                if matches!(
                    cause.kind(),
                    ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
                ) =>
            {
                Ok(Ending::ReaderClosed)
            }
            Err(cause) => Err(VpcdError::Io { address: self.address, cause }),
        }
    }

    /// One message of the reader.
    fn serve(&mut self, card: &Mutex<VirtualCard>, line: &mut Line) -> io::Result<Option<Ending>> {
        if line.is_pulled() {
            return Ok(Some(Ending::Pulled));
        }
        let message = self.receive()?;
        let mut card = card.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = match message.as_slice() {
            [] => return Ok(None),
            [0x00] => {
                card.power_off();
                return Ok(None);
            }
            [0x01] => {
                card.power_on();
                return Ok(None);
            }
            [0x02] => {
                card.reset();
                return Ok(None);
            }
            [0x04] => card.atr().to_vec(),
            [_] => return Ok(None),
            command => match line.next() {
                None => card.transmit(command),
                Some(Break::Mute) => return Ok(None),
                Some(Break::Pulled) => return Ok(Some(Ending::Pulled)),
                Some(Break::Reset) => {
                    card.reset();
                    card.transmit(command)
                }
            },
        };
        drop(card);
        self.send(&answer)?;
        Ok(None)
    }

    fn receive(&mut self) -> io::Result<Vec<u8>> {
        let mut length = [0; 2];
        self.acknowledge_at_once()?;
        self.stream.read_exact(&mut length)?;
        let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
        self.acknowledge_at_once()?;
        self.stream.read_exact(&mut message)?;
        Ok(message)
    }

    /// vpcd sends length and payload apart, with Nagle's algorithm: without this each command costs a delayed
    /// acknowledgement of 40 ms. The system forgets the setting, so it is renewed before each read.
    #[cfg(target_os = "linux")]
    fn acknowledge_at_once(&self) -> io::Result<()> {
        std::os::linux::net::TcpStreamExt::set_quickack(&self.stream, true)
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "the Linux form can fail")]
    fn acknowledge_at_once(&self) -> io::Result<()> {
        Ok(())
    }

    /// Length and answer in a single write.
    fn send(&mut self, answer: &[u8]) -> io::Result<()> {
        let length = u16::try_from(answer.len()).map_err(|_| ErrorKind::InvalidData)?;
        self.stream.write_all(&[&length.to_be_bytes(), answer].concat())
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;
    use crate::emulate::card::test_card;

    /// A reader of one slot, and what its card's run gave at the end.
    fn reader(
        faults: Vec<Fault>,
    ) -> (TcpStream, Stop, thread::JoinHandle<Result<Ending, VpcdError>>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let connection = Connection::open(address).expect("the listener");
        let stop = connection.stopper().expect("a handle");
        let (stream, _) = listener.accept().expect("the card");
        let card = Mutex::new(test_card("medecin-cps3"));
        (stream, stop, thread::spawn(move || connection.run(&card, &faults)))
    }

    fn send(stream: &mut TcpStream, message: &[u8]) {
        let length = u16::try_from(message.len()).expect("short").to_be_bytes();
        stream.write_all(&length).expect("sent");
        stream.write_all(message).expect("sent");
    }

    fn ask(stream: &mut TcpStream, message: &[u8]) -> Vec<u8> {
        send(stream, message);
        let mut length = [0; 2];
        stream.read_exact(&mut length).expect("a length");
        let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut answer).expect("an answer");
        answer
    }

    fn ending(handle: thread::JoinHandle<Result<Ending, VpcdError>>) -> Ending {
        handle.join().expect("no panic").expect("no error")
    }

    const SELECT_SERIAL: &[u8] = b"\x00\xA4\x09\x0C\x04\x3F\x00\xD0\x03";
    const READ: &[u8] = b"\x00\xB0\x00\x00\x02";

    #[test]
    fn the_reader_gets_the_atr_and_answers_and_its_resets_count() {
        let (mut stream, _stop, handle) = reader(Vec::new());
        assert_eq!(ask(&mut stream, &[0x04])[..2], [0x3B, 0xAC]);
        send(&mut stream, &[0x01]);
        assert_eq!(ask(&mut stream, SELECT_SERIAL), [0x90, 0x00]);
        assert_eq!(ask(&mut stream, READ), [0x5A, 0x0A, 0x90, 0x00]);
        send(&mut stream, &[0x02]);
        assert_eq!(ask(&mut stream, READ), [0x69, 0x86]);
        drop(stream);
        assert_eq!(ending(handle), Ending::ReaderClosed);
    }

    #[test]
    fn another_thread_takes_the_card_out() {
        let (_stream, stop, handle) = reader(Vec::new());
        stop.stop();
        assert_eq!(ending(handle), Ending::Stopped);
    }

    #[test]
    fn a_pulled_card_closes_the_connection() {
        let (mut stream, _stop, handle) = reader(vec![Fault::PullAfter(1)]);
        assert_eq!(ask(&mut stream, SELECT_SERIAL), [0x90, 0x00]);
        assert_eq!(ending(handle), Ending::Pulled);
        assert_eq!(stream.read(&mut [0]).ok(), Some(0));
    }

    #[test]
    fn a_mute_card_still_gives_its_atr() {
        let (mut stream, _stop, handle) = reader(vec![Fault::MuteAfter(0)]);
        send(&mut stream, SELECT_SERIAL);
        assert_eq!(ask(&mut stream, &[0x04])[..2], [0x3B, 0xAC]);
        drop(stream);
        assert_eq!(ending(handle), Ending::ReaderClosed);
    }

    #[test]
    fn a_card_is_plugged_in_on_this_machine_only() {
        let elsewhere: SocketAddr = "192.0.2.1:35963".parse().expect("an address");
        let refused = Connection::open(elsewhere).expect_err("not this machine");
        assert!(matches!(refused, VpcdError::NotLoopback(address) if address == elsewhere));
    }
}
