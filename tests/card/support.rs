//! What the themes share: cards, what is read of them, what was sent.

use std::sync::{Mutex, MutexGuard, PoisonError};

use cpskit::card::{Card, Identity, LastTry, Note, Parts, PinSource, Situation};
use cpskit::emulate::{Fault, Slot, VirtualCard, VirtualReader, issue};
use cpskit::secret::Pin;
use cpskit::transport::Transport;

pub(crate) mod layout;
pub(crate) mod toy;

/// The card of a persona of ours.
pub(crate) fn virtual_card(slug: &str) -> VirtualCard {
    issue::builtin(slug).expect("a builtin persona")
}

/// What was read of a card without its PIN, and what was left out.
#[derive(Debug, PartialEq)]
pub(crate) struct Reading {
    pub(crate) identity: Identity,
    pub(crate) notes: Vec<Note>,
}

/// Errors as people read them: they hold causes that cannot be compared.
pub(crate) type Outcome<T> = Result<T, String>;

pub(crate) fn open(transport: impl Transport + 'static) -> Card {
    Card::open(Box::new(transport)).expect("the answer to reset of a CPx card")
}

/// `card read`.
pub(crate) fn read(card: &mut Card) -> Outcome<Reading> {
    let outcome = card.session(|session| {
        let identity = session.identity(Parts::ALL)?;
        Ok(Reading { identity, notes: session.notes().to_vec() })
    });
    outcome.map_err(|error| error.to_string())
}

/// `card id`.
pub(crate) fn id(card: &mut Card) -> Outcome<String> {
    let outcome = card.session(|session| session.national_id());
    outcome.map(|id| id.to_string()).map_err(|error| error.to_string())
}

/// `card activities`.
pub(crate) fn activities(card: &mut Card, digits: &str) -> Outcome<Vec<Situation>> {
    unlock(card, digits, LastTry::Keep)
}

pub(crate) fn unlock(card: &mut Card, digits: &str, last_try: LastTry) -> Outcome<Vec<Situation>> {
    let pin = pin(digits);
    let outcome =
        card.session(|session| session.unlock(PinSource::Typed(&pin), last_try)?.activities());
    outcome.map_err(|error| error.to_string())
}

pub(crate) fn pin(digits: &str) -> Pin {
    Pin::parse(digits.to_owned()).expect("digits")
}

/// The public code of every persona.
pub(crate) const PIN: &str = "1234";

/// One operation of the driver, its result printed so that results of different kinds compare.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
    Activities,
    Id,
    Read,
}

impl Operation {
    pub(crate) const ALL: [Self; 3] = [Self::Activities, Self::Id, Self::Read];

    pub(crate) fn run(self, card: &mut Card) -> Outcome<String> {
        match self {
            Self::Activities => activities(card, PIN).map(|found| format!("{found:#?}")),
            Self::Id => id(card),
            Self::Read => read(card).map(|found| format!("{found:#?}")),
        }
    }
}

/// The result of an operation on a card with faults, and how many commands it took.
pub(crate) fn run_with(
    card: VirtualCard,
    faults: &[Fault],
    operation: Operation,
) -> (Outcome<String>, u64, Slot) {
    let reader = VirtualReader::insert_faulty(card, faults).expect("the files are there");
    let chip = reader.slot();
    let mut card = open(reader);
    let outcome = operation.run(&mut card);
    (outcome, card.exchanges().commands, chip)
}

pub(crate) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hexadecimal digits, blanks apart.
pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).expect("a byte")).collect()
}
