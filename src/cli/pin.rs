//! Where a PIN comes from: a variable, a file, a descriptor, the reader's keypad, the terminal. Never an argument.

use std::time::Duration;

use zeroize::Zeroizing;

use super::args::PinArgs;
use super::context::{Context, Input};
use super::failure::Failure;
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
        let text = if let Some(name) = &self.pin_env {
            std::env::var(name).map_err(|_| match is_pin(name) {
                true => Failure::pin_itself("--pin-env", "the name of a variable"),
                false => Failure::secret_source(format!(
                    "environment variable `{name}` is not set, or not text"
                )),
            })?
        } else if let Some(path) = &self.pin_file {
            read(path).map_err(|error| match path.to_str().is_some_and(is_pin) {
                true => Failure::pin_itself("--pin-file", "the name of a file"),
                false => Failure::input(path, &error),
            })?
        } else if let Some(descriptor) = self.pin_fd {
            if cfg!(not(unix)) {
                return Err(Failure::secret_source("`--pin-fd` needs a Unix system".to_owned()));
            }
            let path = std::path::PathBuf::from(format!("/dev/fd/{descriptor}"));
            read(&path).map_err(|error| Failure::input(&path, &error))?
        } else {
            return Ok(None);
        };
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

/// Reads a small file into memory that is zeroed but for the text returned, which [`Pin::parse`] zeroes.
fn read(path: &std::path::Path) -> std::io::Result<String> {
    use std::io::Read;
    const LIMIT: u64 = 4096;
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    std::fs::File::open(path)?.take(LIMIT).read_to_end(&mut bytes)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| std::io::Error::new(std::io::ErrorKind::InvalidData, "not text"))?;
    Ok(text.to_owned())
}
