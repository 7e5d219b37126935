//! A reader in this process that holds a virtual card: a [`Transport`] without PC/SC.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::card::{NoSuchFile, VirtualCard};
use super::fault::{Break, Fault, Line};
use crate::transport::{Disposition, Error, Nature, Presence, Protocol, Transaction, Transport};

/// Name of the reader.
pub const READER: &str = "cpskit virtual reader (emulated)";

/// What [`Error::Mute`] says was waited; nothing waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A card in a reader of this process. Several readers may share one card, as programs share one reader: each
/// waits for the others' transactions and notices their resets.
#[derive(Debug)]
pub struct VirtualReader {
    slot: Slot,
    atr: &'static [u8],
    protocol: Protocol,
    /// Resets of the card that this program knows of.
    seen: u64,
    line: Line,
    log: ExchangeLog,
}

/// The place of a card, which whoever stands beside the reader can empty and fill while programs use it.
/// Clones are the same place.
#[derive(Clone, Debug)]
pub struct Slot(Arc<Place>);

#[derive(Debug)]
struct Place {
    card: Mutex<VirtualCard>,
    /// Apart from the card, so that it can be taken out during a transaction.
    empty: AtomicBool,
}

impl Slot {
    /// Takes the card out, for all the programs that use it: their next exchange finds it gone.
    pub fn pull(&self) {
        self.0.empty.store(true, Ordering::SeqCst);
    }

    /// Puts the same card back, once the transaction that was cut has ended: it starts from a reset, and its counters are as they
    /// were.
    pub fn insert(&self) {
        lock(&self.0.card).power_on();
        self.0.empty.store(false, Ordering::SeqCst);
    }

    /// Whether there is no card.
    pub fn is_empty(&self) -> bool {
        self.0.empty.load(Ordering::SeqCst)
    }

    /// The card, to look at it or to reset it as another program would. Waits for the end of a transaction.
    pub fn card(&self) -> MutexGuard<'_, VirtualCard> {
        lock(&self.0.card)
    }
}

impl VirtualReader {
    /// Puts a card in a reader and powers it.
    pub fn insert(mut card: VirtualCard) -> Self {
        card.power_on();
        Self::share(Slot(Arc::new(Place { card: Mutex::new(card), empty: AtomicBool::new(false) })))
    }

    /// Puts a card in a reader with faults: those in its files now, the others as exchanges go.
    ///
    /// # Errors
    /// [`NoSuchFile`] when a fault names a file the card has not.
    pub fn insert_faulty(mut card: VirtualCard, faults: &[Fault]) -> Result<Self, NoSuchFile> {
        faults.iter().try_for_each(|fault| fault.alter(&mut card))?;
        Ok(Self { line: Line::new(faults), ..Self::insert(card) })
    }

    /// Connects another program to a card that is already in a reader.
    pub fn share(slot: Slot) -> Self {
        let (atr, protocol, seen) = {
            let card = slot.card();
            (card.atr(), card.protocol(), card.resets())
        };
        Self { slot, atr, protocol, seen, line: Line::default(), log: ExchangeLog::default() }
    }

    /// The place of the card, to take it out or to [share](Self::share) it.
    pub fn slot(&self) -> Slot {
        self.slot.clone()
    }

    /// The exchanges of this reader, past and to come.
    pub fn log(&self) -> ExchangeLog {
        self.log.clone()
    }

    fn present(&self) -> Result<(), Error> {
        if self.line.is_pulled() || self.slot.is_empty() { Err(Self::removed()) } else { Ok(()) }
    }

    fn removed() -> Error {
        Error::Removed { reader: READER.to_owned() }
    }
}

impl Transport for VirtualReader {
    fn reader(&self) -> &str {
        READER
    }

    fn atr(&self) -> &[u8] {
        self.atr
    }

    fn protocol(&self) -> Protocol {
        self.protocol
    }

    fn nature(&self) -> Nature {
        Nature::Emulated
    }

    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, Error> {
        self.present()?;
        let card = self.slot.card();
        if card.resets() != self.seen {
            return Err(Error::Reset);
        }
        Ok(Box::new(Exclusive {
            card,
            slot: &self.slot,
            seen: &mut self.seen,
            line: &mut self.line,
            log: &self.log,
            at_end: Disposition::Leave,
        }))
    }

    fn reconnect(&mut self) -> Result<(), Error> {
        self.present()?;
        self.seen = self.slot.card().resets();
        Ok(())
    }

    fn presence(&mut self) -> Presence {
        if self.present().is_ok() { Presence::Here } else { Presence::Gone }
    }
}

/// A transaction: nobody else has the card while it lives.
struct Exclusive<'a> {
    card: MutexGuard<'a, VirtualCard>,
    slot: &'a Slot,
    seen: &'a mut u64,
    line: &'a mut Line,
    log: &'a ExchangeLog,
    at_end: Disposition,
}

impl Transaction for Exclusive<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        if self.slot.is_empty() {
            return Err(VirtualReader::removed());
        }
        if self.card.resets() != *self.seen {
            return Err(Error::Reset);
        }
        match self.line.next() {
            None => {}
            Some(Break::Mute) => return Err(Error::Mute { waited: PATIENCE }),
            Some(Break::Pulled) => return Err(VirtualReader::removed()),
            Some(Break::Reset) => {
                self.card.reset();
                return Err(Error::Reset);
            }
        }
        let answer = self.card.transmit(command);
        self.log.push(command, &answer);
        Ok(answer)
    }

    fn at_end(&mut self, disposition: Disposition) {
        self.at_end = disposition;
    }

    fn end(self: Box<Self>) -> Result<(), Error> {
        if self.line.is_pulled() || self.slot.is_empty() {
            return Err(VirtualReader::removed());
        }
        Ok(())
    }
}

impl Drop for Exclusive<'_> {
    fn drop(&mut self) {
        // A reset made by another program stays unknown to this one until it reconnects.
        let known = self.card.resets() == *self.seen;
        if self.at_end == Disposition::Reset {
            self.card.reset();
            if known {
                *self.seen = self.card.resets();
            }
        }
    }
}

/// The exchanges of a reader. Clones show the same exchanges.
///
/// Commands are kept whole, PINs included: the PINs of virtual cards are public.
#[derive(Clone, Debug, Default)]
pub struct ExchangeLog(Arc<Mutex<Exchanges>>);

#[derive(Debug, Default)]
struct Exchanges {
    /// Command and answer.
    all: Vec<(Vec<u8>, Vec<u8>)>,
}

impl ExchangeLog {
    /// Commands and answers so far, status words included.
    pub fn exchanges(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        lock(&self.0).all.clone()
    }

    fn push(&self, command: &[u8], answer: &[u8]) {
        lock(&self.0).all.push((command.to_vec(), answer.to_vec()));
    }
}

/// A card whose other user panicked is still a card.
fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulate::card::test_card;

    const SERIAL: &[u8] = b"\x00\xA4\x09\x0C\x04\x3F\x00\xD0\x03";
    const READ: &[u8] = b"\x00\xB0\x00\x00\x02";
    const OK: [u8; 2] = [0x90, 0x00];

    fn transmit(reader: &mut dyn Transport, command: &[u8]) -> Result<Vec<u8>, Error> {
        reader.begin()?.transmit(command)
    }

    fn faulty(fault: Fault) -> VirtualReader {
        VirtualReader::insert_faulty(test_card("medecin-cps3"), &[fault])
            .expect("the file is there")
    }

    #[test]
    fn a_transaction_left_keeps_the_selection_and_one_reset_does_not() {
        let mut reader = VirtualReader::insert(test_card("medecin-cps3"));
        assert_eq!(transmit(&mut reader, SERIAL), Ok(OK.to_vec()));
        let mut transaction = reader.begin().expect("free");
        assert_eq!(transaction.transmit(READ), Ok(vec![0x5A, 0x0A, 0x90, 0x00]));
        transaction.at_end(Disposition::Reset);
        assert_eq!(transaction.end(), Ok(()));
        assert_eq!(transmit(&mut reader, READ), Ok(vec![0x69, 0x86]));
        assert_eq!(reader.log().exchanges().len(), 3);
    }

    #[test]
    fn a_reset_by_another_program_is_told_until_reconnection() {
        let mut reader = VirtualReader::insert(test_card("medecin-cps3"));
        let mut other = VirtualReader::share(reader.slot());
        other.begin().expect("free").at_end(Disposition::Reset);
        assert_eq!(transmit(&mut reader, READ), Err(Error::Reset));
        assert_eq!(transmit(&mut reader, READ), Err(Error::Reset));
        assert_eq!(reader.reconnect(), Ok(()));
        assert_eq!(transmit(&mut reader, SERIAL), Ok(OK.to_vec()));
        assert_eq!(transmit(&mut other, SERIAL), Ok(OK.to_vec()));
    }

    #[test]
    fn reset_after_happens_once_in_the_middle_of_a_transaction() {
        let mut reader = faulty(Fault::ResetAfter(1));
        let mut transaction = reader.begin().expect("free");
        assert_eq!(transaction.transmit(SERIAL), Ok(OK.to_vec()));
        assert_eq!(transaction.transmit(READ), Err(Error::Reset));
        assert_eq!(transaction.transmit(READ), Err(Error::Reset));
        drop(transaction);
        assert_eq!(transmit(&mut reader, READ), Err(Error::Reset));
        assert_eq!(reader.reconnect(), Ok(()));
        assert_eq!(transmit(&mut reader, READ), Ok(vec![0x69, 0x86]));
    }

    #[test]
    fn a_pulled_card_does_not_come_back() {
        let mut reader = faulty(Fault::PullAfter(1));
        assert_eq!(transmit(&mut reader, SERIAL), Ok(OK.to_vec()));
        assert_eq!(transmit(&mut reader, READ), Err(VirtualReader::removed()));
        assert_eq!(reader.reconnect(), Err(VirtualReader::removed()));
    }

    #[test]
    fn a_card_taken_out_is_gone_for_every_program_even_during_a_transaction() {
        let mut reader = VirtualReader::insert(test_card("medecin-cps3"));
        let slot = reader.slot();
        let mut other = VirtualReader::share(reader.slot());
        let mut transaction = reader.begin().expect("free");
        slot.pull();
        assert_eq!(transaction.transmit(SERIAL), Err(VirtualReader::removed()));
        assert_eq!(transaction.end(), Err(VirtualReader::removed()));
        assert_eq!(transmit(&mut other, SERIAL), Err(VirtualReader::removed()));
        assert_eq!(other.reconnect(), Err(VirtualReader::removed()));
    }

    #[test]
    fn a_card_put_back_was_reset() {
        let mut reader = VirtualReader::insert(test_card("medecin-cps3"));
        let slot = reader.slot();
        slot.pull();
        slot.insert();
        assert_eq!(transmit(&mut reader, SERIAL), Err(Error::Reset));
        assert_eq!(reader.reconnect(), Ok(()));
        assert_eq!(transmit(&mut reader, SERIAL), Ok(OK.to_vec()));
    }

    #[test]
    fn a_mute_card_answers_nothing_more() {
        let mut reader = faulty(Fault::MuteAfter(0));
        let mute = Err(Error::Mute { waited: PATIENCE });
        assert_eq!(transmit(&mut reader, SERIAL), mute);
        assert_eq!(reader.reconnect(), Ok(()));
        assert_eq!(transmit(&mut reader, SERIAL), mute);
    }

    #[test]
    fn faults_in_files_are_there_from_the_start() {
        let file: crate::emulate::card::FilePath = "3F00/D003".parse().expect("a path");
        let mut reader = faulty(Fault::FlipBit { file, bit: 0 });
        assert_eq!(transmit(&mut reader, SERIAL), Ok(OK.to_vec()));
        assert_eq!(transmit(&mut reader, READ), Ok(vec![0xDA, 0x0A, 0x90, 0x00]));
    }
}
