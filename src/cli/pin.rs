//! Where a PIN comes from: a variable, a file, a descriptor, the reader's keypad, the terminal. Never an argument.

use std::time::Duration;

use super::args::PinArgs;
use super::context::{Context, Input};
use super::failure::Failure;
use super::secret_source::SecretSource;
use crate::card::{LastTry, PinSource};
use crate::secret::Pin;

/// How long the holder may take on a reader's keypad.
const KEYPAD_PATIENCE: Duration = Duration::from_secs(30);

/// A PIN, or the place where it will be typed.
#[derive(Debug)]
pub(super) enum Given {
    /// On the reader's keypad.
    Keypad,
    /// In memory, zeroed when dropped.
    Typed(Pin),
}

impl Given {
    pub(super) fn source(&self) -> PinSource<'_> {
        match self {
            Self::Keypad => PinSource::Keypad(KEYPAD_PATIENCE),
            Self::Typed(pin) => PinSource::Typed(pin),
        }
    }
}

impl PinArgs {
    pub(super) fn last_try(&self) -> LastTry {
        if self.allow_last_try { LastTry::Spend } else { LastTry::Keep }
    }

    /// The PIN given by a flag; `None` when no flag gives one.
    pub(super) fn given(&self) -> Result<Option<Pin>, Failure> {
        let (variable, file) = (self.pin_env.as_deref(), self.pin_file.as_deref());
        let Some(source) = SecretSource::named(variable, file, self.pin_fd) else {
            return Ok(None);
        };
        let mut text = source.read().map_err(|failure| match source {
            SecretSource::Variable(name) if is_pin(name) => {
                Failure::pin_itself("--pin-env", "the name of a variable")
            }
            SecretSource::File(path) if path.to_str().is_some_and(is_pin) => {
                Failure::pin_itself("--pin-file", "the name of a file")
            }
            _ => failure,
        })?;
        let text = std::mem::take(&mut *text);
        Pin::parse(text).map(Some).map_err(|error| Failure::pin_format(&error))
    }

    /// The PIN that no flag gives: typed on the reader's keypad, else asked for on the terminal.
    pub(super) fn ask(context: &Context, keypad: Keypad) -> Result<Given, Failure> {
        if keypad == Keypad::Present {
            context.printer.remark("type the PIN on the reader's keypad");
            return Ok(Given::Keypad);
        }
        if context.input == Input::None {
            return Err(Failure::pin_needed());
        }
        let text = rpassword::prompt_password("PIN (code porteur): ").map_err(|error| {
            Failure::secret_source(format!("the terminal cannot be read: {error}"))
        })?;
        Pin::parse(text).map(Given::Typed).map_err(|error| Failure::pin_format(&error))
    }
}

/// Whether a name is most likely the PIN itself, given by mistake: it must not be repeated.
fn is_pin(name: &str) -> bool {
    Pin::parse(name.to_owned()).is_ok()
}

/// Whether the reader presents PINs by itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Keypad {
    Absent,
    Present,
}
