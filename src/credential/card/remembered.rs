//! A PIN remembered by this process, because the user asked for it: zeroed when forgotten, kept out of the swap file where
//! the system allows, and never longer than it is used.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{AskPin, Given, Keypad, PinUnavailable};
use crate::secret::Pin;

/// Asks once, and answers by itself from then on, until the PIN was not used for as long as the idle limit, the card
/// refused it or was taken out, or it is told to forget.
///
/// What is typed on a reader's keypad never comes here, and is asked for each time.
pub struct Remembered<A, C> {
    source: A,
    idle: Duration,
    clock: C,
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    pin: Arc<Pin>,
    used: Instant,
    /// Dropped after the PIN was zeroed: fields are dropped in their order.
    _lock: Option<region::LockGuard>,
}

impl<A: AskPin, C: Fn() -> Instant + Send + Sync> Remembered<A, C> {
    /// Remembers what `source` gives, until it was not used for `idle`, by this clock.
    pub fn new(source: A, idle: Duration, clock: C) -> Self {
        Self { source, idle, clock, kept: Mutex::new(None) }
    }

    /// Forgets the PIN when the idle limit is over, without waiting to be asked. How long it is remembered still, or `None`
    /// when nothing is.
    pub fn expire(&self) -> Option<Duration> {
        let now = (self.clock)();
        let mut kept = self.lock();
        let unused = kept.as_ref().map(|kept| now.saturating_duration_since(kept.used));
        let left = unused.map(|unused| self.idle.saturating_sub(unused));
        let left = left.filter(|left| !left.is_zero());
        if left.is_none() {
            *kept = None;
        }
        left
    }

    /// The idle limit begins anew: what the PIN opened is in use.
    pub fn touch(&self) {
        self.expire();
        let now = (self.clock)();
        if let Some(kept) = self.lock().as_mut() {
            kept.used = now;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A: AskPin, C: Fn() -> Instant + Send + Sync> AskPin for Remembered<A, C> {
    fn ask(&self, keypad: Keypad) -> Result<Given, PinUnavailable> {
        self.expire();
        let known = self.lock().as_ref().map(|kept| Arc::clone(&kept.pin));
        if let Some(pin) = known {
            return Ok(Given::Typed(pin));
        }
        let given = self.source.ask(keypad)?;
        if let Given::Typed(pin) = &given {
            let (pin, used) = (Arc::clone(pin), (self.clock)());
            let _lock = locked(&pin);
            *self.lock() = Some(Kept { pin, used, _lock });
        }
        Ok(given)
    }

    fn accepted(&self) {
        let now = (self.clock)();
        if let Some(kept) = self.lock().as_mut() {
            kept.used = now;
        }
        self.source.accepted();
    }

    fn forget(&self) {
        *self.lock() = None;
        self.source.forget();
    }
}

impl<A, C> fmt::Debug for Remembered<A, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remembered").field("idle", &self.idle).finish_non_exhaustive()
    }
}

/// Keeps the page of the PIN in memory. A system that does not allow it has the PIN all the same.
fn locked(pin: &Pin) -> Option<region::LockGuard> {
    let digits = pin.digits();
    match region::lock(digits.as_ptr(), digits.len()) {
        Ok(guard) => Some(guard),
        Err(error) => {
            tracing::debug!(%error, "the page of the remembered PIN is not locked");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

    use super::*;

    /// Gives the same PIN each time, and counts.
    #[derive(Default)]
    struct Person {
        asked: AtomicU32,
        keypad: bool,
    }

    impl AskPin for &Person {
        fn ask(&self, _: Keypad) -> Result<Given, PinUnavailable> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            Ok(match self.keypad {
                true => Given::Keypad(Duration::from_secs(30)),
                false => Given::Typed(Arc::new(Pin::parse("1234".to_owned())?)),
            })
        }
    }

    /// A clock that goes when it is told to.
    struct Clock(Instant, AtomicU64);

    impl Clock {
        fn wait(&self, seconds: u64) {
            self.1.fetch_add(seconds, Ordering::Relaxed);
        }

        fn now(&self) -> Instant {
            self.0 + Duration::from_secs(self.1.load(Ordering::Relaxed))
        }
    }

    fn with(person: &Person, work: impl FnOnce(&dyn Fn(u64), &dyn Fn(&str) -> u32)) {
        let clock = Clock(Instant::now(), AtomicU64::new(0));
        let remembered = Remembered::new(person, Duration::from_secs(60), || clock.now());
        work(&|seconds| clock.wait(seconds), &|what| {
            match what {
                "ask" => drop(remembered.ask(Keypad::Absent).expect("a PIN")),
                "accepted" => remembered.accepted(),
                "forget" => remembered.forget(),
                "touch" => remembered.touch(),
                _ => drop(remembered.expire()),
            }
            person.asked.load(Ordering::Relaxed)
        });
        let kept = remembered.expire().map(|left| left.as_secs());
        assert!(kept.is_none_or(|left| left <= 60));
    }

    #[test]
    fn a_pin_is_asked_for_once_while_it_is_used() {
        let person = Person::default();
        with(&person, |wait, after| {
            assert_eq!([after("ask"), after("accepted"), after("ask")], [1, 1, 1]);
            wait(59);
            assert_eq!([after("ask"), after("accepted")], [1, 1]);
            wait(59);
            assert_eq!(after("ask"), 1);
        });
    }

    #[test]
    fn a_pin_that_was_not_used_for_the_idle_limit_is_forgotten() {
        let person = Person::default();
        with(&person, |wait, after| {
            assert_eq!(after("ask"), 1);
            wait(60);
            assert_eq!(after("ask"), 2);
        });
    }

    #[test]
    fn use_of_what_a_pin_opened_keeps_it_and_does_not_bring_it_back() {
        let person = Person::default();
        with(&person, |wait, after| {
            assert_eq!(after("ask"), 1);
            wait(59);
            assert_eq!(after("touch"), 1);
            wait(59);
            assert_eq!(after("ask"), 1);
            wait(60);
            assert_eq!([after("touch"), after("ask")], [1, 2]);
        });
    }

    #[test]
    fn a_pin_is_forgotten_when_told() {
        let person = Person::default();
        with(&person, |_, after| {
            assert_eq!([after("ask"), after("forget"), after("ask")], [1, 1, 2]);
        });
    }

    #[test]
    fn what_is_typed_on_the_readers_keypad_is_asked_for_each_time() {
        let person = Person { keypad: true, ..Person::default() };
        with(&person, |_, after| {
            assert_eq!([after("ask"), after("accepted"), after("ask")], [1, 1, 2]);
        });
    }
}
