//! The clock of the emulated platform, which its owner may set, stop and put forward.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// A clock in whole seconds; its copies are the same clock.
#[derive(Clone)]
pub struct Clock(Arc<Mutex<Hand>>);

/// Where it stands, and since when it runs.
#[derive(Clone, Copy)]
struct Hand {
    at: Timestamp,
    running: Option<Instant>,
}

impl Clock {
    /// A clock that goes on from this instant.
    pub fn running(from: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Hand { at: from, running: Some(Instant::now()) })))
    }

    /// A clock that moves only when it is [put forward](Self::advance).
    pub fn stopped(at: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Hand { at, running: None })))
    }

    /// What it shows, fractions of a second dropped.
    pub fn now(&self) -> Timestamp {
        let hand = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = hand.running.map(|since| since.elapsed()).unwrap_or_default();
        let now = hand.at.saturating_add(gone).unwrap_or(Timestamp::MAX);
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    /// Puts it forward, or back.
    pub fn advance(&self, by: SignedDuration) {
        let mut hand = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hand.at = hand.at.saturating_add(by).unwrap_or(Timestamp::MAX);
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}
