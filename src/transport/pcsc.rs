//! Readers through the PC/SC service (`pcscd`, WinSCard, CryptoTokenKit).
//!
//! The service's calls may wait for ever: on a card that does not answer, on another program's transaction, on a service
//! that hangs. So each connection lives in a thread of its own, and every wait for it has a bound. A thread that is
//! stuck is left behind: nothing can wake it, and it holds nothing but the card that does not answer.

mod error;
mod readers;

use std::ffi::CString;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use pcsc::{Card, Context, Protocols, ReaderState, Scope, ShareMode, State};
use zeroize::Zeroizing;

pub use self::readers::{Event, EventKind, Reader, Slot, Watcher, readers};
use super::{
    Control, Disposition, Error, Keypad, Nature, Presence, Protocol, Transaction, Transport,
};

/// How long a card, the service and other programs are waited for before they are given up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Patience {
    /// For one exchange, or one answer of the service: a card that computes answers within a few seconds.
    pub exchange: Duration,
    /// For another program to end its transaction.
    pub turn: Duration,
}

impl Default for Patience {
    /// 30 s for an exchange, 20 s for another program.
    fn default() -> Self {
        Self { exchange: Duration::from_secs(30), turn: Duration::from_secs(20) }
    }
}

/// How long a reader's own keypad may take, whose time-out ends the wait before this one does.
const KEYPAD: Duration = Duration::from_secs(120);

/// As many turns of other programs, each ended by a reset, are waited out while connecting.
const OTHERS: u32 = 100;

/// A card in a reader of the PC/SC service, connected in shared mode.
pub struct PcscCard {
    reader: String,
    atr: Vec<u8>,
    protocol: Protocol,
    nature: Nature,
    line: Line,
}

impl PcscCard {
    /// Connects to the card in this reader, whatever protocol it prefers, without resetting it.
    ///
    /// # Errors
    /// [`Error::NoService`], [`Error::UnknownReader`], [`Error::NoCard`], [`Error::Held`], [`Error::Busy`] and the
    /// refusals of the service.
    pub fn connect(reader: &str, patience: Patience) -> Result<Self, Error> {
        let line = Line::open(reader.to_owned(), patience);
        match line.take_turn(Job::Connect)? {
            Reply::Connected { atr, protocol } => Ok(Self {
                reader: reader.to_owned(),
                atr,
                protocol,
                nature: nature_of(reader),
                line,
            }),
            _ => Err(line.stuck(patience.turn)),
        }
    }
}

/// A virtual reader says so in its name: vpcd's is `Virtual PCD`, others follow the habit.
pub(super) fn nature_of(reader: &str) -> Nature {
    let name = reader.to_lowercase();
    match ["virtual", "vpcd", "emulat"].iter().any(|mark| name.contains(mark)) {
        true => Nature::Emulated,
        false => Nature::Real,
    }
}

impl Transport for PcscCard {
    fn reader(&self) -> &str {
        &self.reader
    }

    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn protocol(&self) -> Protocol {
        self.protocol
    }

    fn nature(&self) -> Nature {
        self.nature
    }

    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, Error> {
        self.line.take_turn(Job::Begin)?;
        Ok(Box::new(Turn { line: &mut self.line, end: Disposition::Leave, open: true }))
    }

    fn reconnect(&mut self) -> Result<(), Error> {
        if let Reply::Connected { atr, protocol } = self.line.take_turn(Job::Reconnect)? {
            self.atr = atr;
            self.protocol = protocol;
        }
        Ok(())
    }

    fn presence(&mut self) -> Presence {
        match self.line.ask(Job::Presence) {
            Ok(Reply::Presence(presence)) => presence,
            Err(Error::Removed { .. }) => Presence::Gone,
            _ => Presence::Unknown,
        }
    }
}

/// A transaction that is open in the thread of the connection.
struct Turn<'a> {
    line: &'a mut Line,
    end: Disposition,
    open: bool,
}

impl Turn<'_> {
    fn close(&mut self) -> Result<(), Error> {
        if std::mem::replace(&mut self.open, false) {
            self.line.ask(Job::End(self.end))?;
        }
        Ok(())
    }
}

impl Transaction for Turn<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        self.line.bytes(Job::Transmit(Zeroizing::new(command.to_vec())))
    }

    fn at_end(&mut self, disposition: Disposition) {
        self.end = disposition;
    }

    fn keypad(&mut self) -> Result<Option<Keypad<'_>>, Error> {
        Ok(Keypad::discover(self))
    }

    fn end(mut self: Box<Self>) -> Result<(), Error> {
        self.close()
    }
}

impl Control for Turn<'_> {
    fn features(&mut self) -> Result<Vec<u8>, Error> {
        self.line.bytes(Job::Features)
    }

    fn control(&mut self, code: u32, data: &[u8]) -> Result<Vec<u8>, Error> {
        self.line.bytes(Job::Control(code, data.to_vec()))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // Nothing more can be done about a card that is gone or mute.
        let _ = self.close();
    }
}

/// The way to the thread that holds a connection.
struct Line {
    reader: String,
    patience: Patience,
    jobs: Option<Sender<Job>>,
    replies: Receiver<Result<Reply, Error>>,
    thread: Option<JoinHandle<()>>,
    /// Set when the thread did not answer in time; it is not asked again.
    lost: std::cell::Cell<Option<Duration>>,
}

enum Job {
    Begin,
    Connect,
    Control(u32, Vec<u8>),
    End(Disposition),
    Features,
    Presence,
    Reconnect,
    Transmit(Zeroizing<Vec<u8>>),
}

enum Reply {
    Bytes(Vec<u8>),
    Connected { atr: Vec<u8>, protocol: Protocol },
    Done,
    Presence(Presence),
}

impl Line {
    fn open(reader: String, patience: Patience) -> Self {
        let (jobs, todo) = mpsc::channel();
        let (done, replies) = mpsc::channel();
        let name = reader.clone();
        let thread = thread::spawn(move || Connection { reader: name, done }.serve(&todo));
        Self {
            reader,
            patience,
            jobs: Some(jobs),
            replies,
            thread: Some(thread),
            lost: std::cell::Cell::new(None),
        }
    }

    fn ask(&self, job: Job) -> Result<Reply, Error> {
        let patience = match job {
            Job::Begin | Job::Connect | Job::Reconnect => self.patience.turn,
            Job::Control(..) => self.patience.exchange.max(KEYPAD),
            Job::End(_) | Job::Features | Job::Presence | Job::Transmit(_) => {
                self.patience.exchange
            }
        };
        if let Some(waited) = self.lost.get() {
            return Err(Error::Mute { waited });
        }
        let Some(jobs) = &self.jobs else { return Err(self.stuck(patience)) };
        if jobs.send(job).is_err() {
            return Err(Error::Removed { reader: self.reader.clone() });
        }
        match self.replies.recv_timeout(patience) {
            Ok(reply) => reply,
            Err(RecvTimeoutError::Timeout) => Err(self.stuck(patience)),
            Err(RecvTimeoutError::Disconnected) => {
                Err(Error::Removed { reader: self.reader.clone() })
            }
        }
    }

    /// A connection and the start of a transaction wait for the end of another program's transaction, without a word from
    /// the service: what does not come in time is held by somebody.
    fn take_turn(&self, job: Job) -> Result<Reply, Error> {
        self.ask(job).map_err(|error| match error {
            Error::Mute { waited } => Error::Busy { reader: self.reader.clone(), waited },
            error => error,
        })
    }

    fn bytes(&self, job: Job) -> Result<Vec<u8>, Error> {
        match self.ask(job)? {
            Reply::Bytes(bytes) => Ok(bytes),
            _ => Err(self.stuck(self.patience.exchange)),
        }
    }

    fn stuck(&self, waited: Duration) -> Error {
        self.lost.set(Some(waited));
        Error::Mute { waited }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.jobs = None;
        // The thread leaves the card as it is, then ends; a stuck one is left behind.
        if let (None, Some(thread)) = (self.lost.get(), self.thread.take()) {
            let _ = thread.join();
        }
    }
}

/// What the thread holds.
struct Connection {
    reader: String,
    done: Sender<Result<Reply, Error>>,
}

impl Connection {
    fn serve(self, todo: &Receiver<Job>) {
        let Ok(Job::Connect) = todo.recv() else { return };
        let (context, mut card) = match self.connect() {
            Ok((context, card, reply)) => {
                self.reply(Ok(reply));
                (context, card)
            }
            Err(error) => return self.reply(Err(error)),
        };
        let first = self.insertion(&context);
        while let Ok(job) = todo.recv() {
            match job {
                Job::Begin => self.transaction(&mut card, todo),
                Job::Reconnect => self.reply(self.reconnect(&mut card)),
                Job::Presence => {
                    let presence = match self.insertion(&context) {
                        Ok(now) if first.as_ref() == Ok(&now) && now.is_some() => Presence::Here,
                        Ok(_) => Presence::Gone,
                        Err(pcsc::Error::UnknownReader | pcsc::Error::ReaderUnavailable) => {
                            Presence::Gone
                        }
                        Err(_) => Presence::Unknown,
                    };
                    self.reply(Ok(Reply::Presence(presence)));
                }
                // Only a `Turn` sends these, and it exists only inside a transaction.
                Job::Connect
                | Job::Control(..)
                | Job::End(_)
                | Job::Features
                | Job::Transmit(_) => {
                    self.reply(Ok(Reply::Done));
                }
            }
        }
        // `Card`'s own destructor resets the card; ours leaves it as it was found.
        let _ = card.disconnect(pcsc::Disposition::LeaveCard);
    }

    fn transaction(&self, card: &mut Card, todo: &Receiver<Job>) {
        let turn = match card.transaction2() {
            Ok(turn) => {
                self.reply(Ok(Reply::Done));
                turn
            }
            Err((_, error)) => return self.reply(Err(self.error(error))),
        };
        let mut buffer = Zeroizing::new(vec![0; pcsc::MAX_BUFFER_SIZE_EXTENDED]);
        while let Ok(job) = todo.recv() {
            let answer = match job {
                Job::Transmit(command) => match turn.transmit(&command, &mut buffer) {
                    // A driver may take a card that is being pulled out for one that answers nothing.
                    Ok(answer) if answer.len() < 2 => {
                        match self.settle(&turn, pcsc::Error::NotTransacted) {
                            pcsc::Error::NotTransacted => Ok(answer),
                            gone => Err(gone),
                        }
                    }
                    answer => answer,
                },
                // CM_IOCTL_GET_FEATURE_REQUEST, PC/SC part 10 §2.2.
                Job::Features => turn.control(pcsc::ctl_code(3400), &[], &mut buffer),
                Job::Control(code, data) => turn.control(code.into(), &data, &mut buffer),
                Job::End(disposition) => {
                    let ended = turn.end(match disposition {
                        Disposition::Leave => pcsc::Disposition::LeaveCard,
                        Disposition::Reset => pcsc::Disposition::ResetCard,
                    });
                    let ended = ended.map_err(|(_, error)| self.error(error));
                    return self.reply(ended.map(|()| Reply::Done));
                }
                Job::Begin | Job::Connect | Job::Presence | Job::Reconnect => Ok(&[][..]),
            };
            let answer = answer.map(|bytes| Reply::Bytes(bytes.to_vec()));
            self.reply(answer.map_err(|error| self.error(self.settle(&turn, error))));
        }
    }

    fn connect(&self) -> Result<(Context, Card, Reply), Error> {
        let context = Context::establish(Scope::User).map_err(|error| self.error(error))?;
        let name = CString::new(self.reader.as_str())
            .map_err(|_| Error::UnknownReader { reader: self.reader.clone() })?;
        let mut card = context
            .connect(&name, ShareMode::Shared, Protocols::ANY)
            .map_err(|error| self.error(error))?;
        let reply = match self.status(&card) {
            Err(Error::Reset) => self.reconnect(&mut card)?,
            status => status?,
        };
        Ok((context, card, reply))
    }

    /// Which insertion of a card the reader is at, by the service's count of events; `None` without a card. SCardStatus would
    /// wait for the end of another program's transaction.
    fn insertion(&self, context: &Context) -> Result<Option<u32>, pcsc::Error> {
        let name = CString::new(self.reader.as_str()).map_err(|_| pcsc::Error::UnknownReader)?;
        let mut states = [ReaderState::new(name, State::UNAWARE)];
        context.get_status_change(Duration::ZERO, &mut states)?;
        let [state] = states;
        Ok(state.event_state().contains(State::PRESENT).then(|| state.event_count()))
    }

    /// SCardStatus waits for the other programs' transactions, and each may end with a reset of the card: so it is asked
    /// again, once for each of them.
    fn reconnect(&self, card: &mut Card) -> Result<Reply, Error> {
        for _ in 0..OTHERS {
            card.reconnect(ShareMode::Shared, Protocols::ANY, pcsc::Disposition::LeaveCard)
                .map_err(|error| self.error(error))?;
            match self.status(card) {
                Err(Error::Reset) => {}
                status => return status,
            }
        }
        Err(Error::Reset)
    }

    fn status(&self, card: &Card) -> Result<Reply, Error> {
        let status = card.status2_owned().map_err(|error| self.error(error))?;
        let protocol = match status.protocol2() {
            Some(pcsc::Protocol::T0) => Protocol::T0,
            _ => Protocol::T1,
        };
        Ok(Reply::Connected { atr: status.atr().to_vec(), protocol })
    }

    /// A card pulled out in the middle of an exchange is first an exchange that failed, and a removal only once the service
    /// has looked at the reader again (vpcd: up to 400 ms later).
    fn settle(&self, card: &Card, error: pcsc::Error) -> pcsc::Error {
        if !matches!(error, pcsc::Error::NotTransacted | pcsc::Error::CommError) {
            return error;
        }
        for _ in 0..20 {
            match card.status2_owned() {
                Err(found @ (pcsc::Error::RemovedCard | pcsc::Error::ResetCard)) => return found,
                Err(pcsc::Error::ReaderUnavailable) => return pcsc::Error::RemovedCard,
                _ => thread::sleep(Duration::from_millis(50)),
            }
        }
        error
    }

    fn error(&self, error: pcsc::Error) -> Error {
        error::translate(error, &self.reader)
    }

    fn reply(&self, reply: Result<Reply, Error>) {
        // The other side may have stopped waiting.
        let _ = self.done.send(reply);
    }
}
