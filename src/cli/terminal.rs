//! The terminal, given back as it was by a program that ends while it asks for a secret.
//!
//! A prompt turns off the display of what is typed, and turns it on again when it has its answer. A program that a signal
//! kills leaves that to the shell; one that ends by itself, as the proxy does on Ctrl-C, must do it.

#[cfg(unix)]
use std::sync::{Mutex, PoisonError};

/// The modes that the prompt that waits has changed.
#[cfg(unix)]
static BEFORE: Mutex<Option<rustix::termios::Termios>> = Mutex::new(None);

/// A prompt, while it waits.
pub(super) struct Waiting;

/// Keeps the modes for the time of a prompt.
pub(super) fn remember() -> Waiting {
    #[cfg(unix)]
    {
        let modes = rustix::termios::tcgetattr(std::io::stdin()).ok();
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = modes;
    }
    Waiting
}

impl Drop for Waiting {
    fn drop(&mut self) {
        #[cfg(unix)]
        BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Puts the modes back when a prompt still waits: the program ends without its answer.
pub(super) fn give_back() {
    #[cfg(unix)]
    if let Some(modes) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        use rustix::termios::{OptionalActions, tcsetattr};
        // A terminal that is gone needs nothing.
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, &modes);
    }
}
