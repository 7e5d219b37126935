//! Which readers there are, what is in them, and when that changes.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use pcsc::{Context, PNP_NOTIFICATION, ReaderState, Scope, State};

use super::error::of_service;
use super::{Error, Nature, Patience, nature_of};

/// A reader and what is in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reader {
    /// The name, as the service spells it.
    pub name: String,
    /// Whether the reader is known to be virtual.
    pub nature: Nature,
    /// What is in it.
    pub slot: Slot,
}

/// What is in a reader.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Slot {
    /// A card, with its answer to reset.
    Card {
        /// Answer to reset.
        atr: Vec<u8>,
        /// Whether another program holds it exclusively.
        held: bool,
    },
    /// No card.
    Empty,
    /// A card that does not answer to reset: upside down, dirty, or not a smart card.
    Mute,
    /// The service cannot say.
    Unavailable,
}

/// Lists the readers of the service; none is not an error here.
///
/// # Errors
/// [`Error::NoService`] and what else the service refuses; [`Error::Mute`] when it does not answer.
pub fn readers(patience: Patience) -> Result<Vec<Reader>, Error> {
    // The service is asked from a thread of its own, because it may hang.
    let (done, result) = mpsc::channel();
    thread::spawn(move || done.send(list()));
    let waited = patience.exchange;
    result.recv_timeout(waited).unwrap_or(Err(Error::Mute { waited }))
}

fn list() -> Result<Vec<Reader>, Error> {
    let context = Context::establish(Scope::User).map_err(of_service)?;
    let mut states: Vec<_> =
        names(&context)?.into_iter().map(|name| ReaderState::new(name, State::UNAWARE)).collect();
    if states.is_empty() {
        return Ok(Vec::new());
    }
    match context.get_status_change(Duration::ZERO, &mut states) {
        // A reader unplugged between the two calls: its state says so.
        Ok(()) | Err(pcsc::Error::Timeout | pcsc::Error::UnknownReader) => {}
        Err(error) => return Err(of_service(error)),
    }
    Ok(states.iter().map(Reader::of).collect())
}

fn names(context: &Context) -> Result<Vec<CString>, Error> {
    match context.list_readers_owned() {
        Ok(names) => Ok(names),
        Err(pcsc::Error::NoReadersAvailable) => Ok(Vec::new()),
        Err(error) => Err(of_service(error)),
    }
}

impl Reader {
    fn of(state: &ReaderState) -> Self {
        let name = state.name().to_string_lossy().into_owned();
        Self { nature: nature_of(&name), slot: Slot::of(state), name }
    }
}

impl Slot {
    fn atr(&self) -> Option<&[u8]> {
        match self {
            Self::Card { atr, .. } => Some(atr),
            _ => None,
        }
    }

    fn of(state: &ReaderState) -> Self {
        let flags = state.event_state();
        if flags.intersects(State::UNKNOWN | State::UNAVAILABLE) {
            Self::Unavailable
        } else if flags.contains(State::MUTE) {
            Self::Mute
        } else if flags.contains(State::PRESENT) {
            Self::Card { atr: state.atr().to_vec(), held: flags.contains(State::EXCLUSIVE) }
        } else {
            Self::Empty
        }
    }
}

/// Something that happened to a reader.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event {
    /// The reader's name.
    pub reader: String,
    /// Whether the reader is known to be virtual.
    pub nature: Nature,
    /// What happened.
    pub kind: EventKind,
}

/// What happened to a reader.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EventKind {
    /// A card was put in, with its answer to reset.
    CardInserted(Vec<u8>),
    /// The card was taken out.
    CardRemoved,
    /// The reader was plugged in, or was there at the start.
    ReaderAdded,
    /// The reader was unplugged.
    ReaderRemoved,
}

/// Watches readers: first what is there, as events, then each change.
pub struct Watcher {
    context: Context,
    known: BTreeMap<String, Slot>,
}

impl Watcher {
    /// Opens a connection to the service for watching.
    ///
    /// # Errors
    /// [`Error::NoService`] and what else the service refuses.
    pub fn new() -> Result<Self, Error> {
        let context = Context::establish(Scope::User).map_err(of_service)?;
        Ok(Self { context, known: BTreeMap::new() })
    }

    /// Waits for changes, at most `patience`; no event when nothing changed in that time.
    ///
    /// # Errors
    /// What the service says when it stops.
    pub fn wait(&mut self, patience: Duration) -> Result<Vec<Event>, Error> {
        self.changes(patience).map_err(|error| match error {
            // Who was let in and is then turned away talks to a service that is ending.
            Error::NotAuthorised { cause } => Error::NoService { cause },
            error => error,
        })
    }

    fn changes(&mut self, patience: Duration) -> Result<Vec<Event>, Error> {
        let events = self.compare()?;
        if !events.is_empty() {
            return Ok(events);
        }
        let mut states = self.states()?;
        match self.context.get_status_change(patience, &mut states) {
            Ok(()) | Err(pcsc::Error::Timeout | pcsc::Error::UnknownReader) => self.compare(),
            Err(error) => Err(of_service(error)),
        }
    }

    /// The states to wait on, each as it is known, and the arrival of readers.
    fn states(&self) -> Result<Vec<ReaderState>, Error> {
        let mut states = vec![ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE)];
        states.extend(
            names(&self.context)?.into_iter().map(|name| ReaderState::new(name, State::UNAWARE)),
        );
        match self.context.get_status_change(Duration::ZERO, &mut states) {
            Ok(()) | Err(pcsc::Error::Timeout | pcsc::Error::UnknownReader) => {}
            Err(error) => return Err(of_service(error)),
        }
        states.iter_mut().for_each(ReaderState::sync_current_state);
        Ok(states)
    }

    fn compare(&mut self) -> Result<Vec<Event>, Error> {
        let now: BTreeMap<String, Slot> =
            list()?.into_iter().map(|reader| (reader.name, reader.slot)).collect();
        let before = std::mem::replace(&mut self.known, now.clone());
        let mut events = Vec::new();
        let mut push = |reader: &str, kind| {
            events.push(Event { reader: reader.to_owned(), nature: nature_of(reader), kind });
        };
        for (name, slot) in &before {
            let card = slot.atr();
            if card.is_some() && card != now.get(name).and_then(Slot::atr) {
                push(name, EventKind::CardRemoved);
            }
            if !now.contains_key(name) {
                push(name, EventKind::ReaderRemoved);
            }
        }
        for (name, slot) in &now {
            let old = before.get(name);
            if old.is_none() {
                push(name, EventKind::ReaderAdded);
            }
            if let Some(atr) = slot.atr()
                && old.and_then(Slot::atr) != Some(atr)
            {
                push(name, EventKind::CardInserted(atr.to_vec()));
            }
        }
        Ok(events)
    }
}
