//! Where a PIN comes from: a variable, a file, a descriptor, the reader's keypad, the terminal. Never an argument.

use std::path::Path;
use std::time::Duration;

use super::args::PinArgs;
use super::args::use_card::{NewPinArgs, UnblockCodeArgs};
use super::context::{Context, Input};
use super::exit::Exit;
use super::failure::Failure;
use super::output::Printer;
use super::secret_source::SecretSource;
use super::terminal;
use crate::card::{LastTry, PinSource};
use crate::secret::Pin;

/// How long the holder may take on a reader's keypad.
pub(super) const KEYPAD_PATIENCE: Duration = Duration::from_secs(30);

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

    /// Whether a flag says where the PIN is.
    pub(super) fn is_named(&self) -> bool {
        self.pin_env.is_some() || self.pin_file.is_some() || self.pin_fd.is_some()
    }

    /// The PIN given by a flag; `None` when no flag gives one.
    pub(super) fn given(&self) -> Result<Option<Pin>, Failure> {
        Named {
            flag: "--pin",
            variable: self.pin_env.as_deref(),
            file: self.pin_file.as_deref(),
            descriptor: self.pin_fd,
        }
        .read()
    }

    /// The PIN that no flag gives: typed on the reader's keypad, else asked for on the terminal.
    pub(super) fn ask(context: &Context, keypad: Keypad) -> Result<Given, Failure> {
        Self::ask_on(context.printer, context.input, keypad)
    }

    /// The same, for what outlives a context.
    pub(super) fn ask_on(printer: Printer, input: Input, keypad: Keypad) -> Result<Given, Failure> {
        if keypad == Keypad::Present {
            printer.remark("type the PIN on the reader's keypad");
            return Ok(Given::Keypad);
        }
        if input == Input::None {
            return Err(Failure::pin_needed());
        }
        prompt("PIN (code porteur): ").map(Given::Typed)
    }
}

impl NewPinArgs {
    /// The new PIN, from a flag, else typed twice.
    pub(super) fn obtain(&self, context: &Context) -> Result<Pin, Failure> {
        let named = Named {
            flag: "--new-pin",
            variable: self.new_pin_env.as_deref(),
            file: self.new_pin_file.as_deref(),
            descriptor: self.new_pin_fd,
        };
        if let Some(pin) = named.read()? {
            return Ok(pin);
        }
        if context.input == Input::None {
            return Err(Failure::secret_needed("a new PIN", "--new-pin"));
        }
        let pin = prompt("new PIN: ")?;
        match prompt("new PIN, once more: ")?.digits() == pin.digits() {
            true => Ok(pin),
            false => Err(Failure::new(
                "card.pin.mismatch",
                Exit::Usage,
                "the new PIN was typed in two ways",
            )
            .hint("nothing was changed, and no try was spent")),
        }
    }
}

impl UnblockCodeArgs {
    /// The code de déblocage given by a flag; `None` when no flag gives one.
    pub(super) fn given(&self) -> Result<Option<Pin>, Failure> {
        Named {
            flag: "--unblock-code",
            variable: self.unblock_code_env.as_deref(),
            file: self.unblock_code_file.as_deref(),
            descriptor: self.unblock_code_fd,
        }
        .read()
    }

    /// The code that no flag gives, asked for on the terminal.
    pub(super) fn ask(context: &Context) -> Result<Pin, Failure> {
        match context.input {
            Input::None => Err(Failure::secret_needed("the code de déblocage", "--unblock-code")),
            Input::Interactive => prompt("unblocking code (code de déblocage): "),
        }
    }
}

/// What three flags of one name say.
struct Named<'a> {
    flag: &'static str,
    variable: Option<&'a str>,
    file: Option<&'a Path>,
    descriptor: Option<u32>,
}

impl Named<'_> {
    fn read(&self) -> Result<Option<Pin>, Failure> {
        let Some(source) = SecretSource::named(self.variable, self.file, self.descriptor) else {
            return Ok(None);
        };
        let mut text = source.read().map_err(|failure| match source {
            SecretSource::Variable(name) if is_pin(name) => {
                Failure::pin_itself(&format!("{}-env", self.flag), "the name of a variable")
            }
            SecretSource::File(path) if path.to_str().is_some_and(is_pin) => {
                Failure::pin_itself(&format!("{}-file", self.flag), "the name of a file")
            }
            _ => failure,
        })?;
        let text = std::mem::take(&mut *text);
        Pin::parse(text).map(Some).map_err(|error| Failure::pin_format(&error))
    }
}

/// Asks for a PIN on the terminal, which does not show it.
fn prompt(prompt: &str) -> Result<Pin, Failure> {
    let _echo = terminal::remember();
    let text = rpassword::prompt_password(prompt)
        .map_err(|error| Failure::secret_source(format!("the terminal cannot be read: {error}")))?;
    Pin::parse(text).map_err(|error| Failure::pin_format(&error))
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
