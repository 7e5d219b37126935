//! `cpskit card apdu`: raw exchanges. A command that presents a PIN is accepted only with the placeholder `{PIN}`, so that no
//! PIN is ever typed in clear, and under the same guard as everywhere else.

use std::fmt;
use std::io::Read;
use std::path::Path;

use serde::Serialize;
use zeroize::Zeroizing;

use super::{is_emulated, label, obtain_pin};
use crate::card::{Error as CardError, LastTry, PinName, Session};
use crate::cli::args::CardApdu;
use crate::cli::choose;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::cli::output::json::hex;
use crate::cli::pin::Given;
use crate::iso7816::status::StatusWord;
use crate::secret::Pin;
use crate::trace::Action;

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    emulated: bool,
    reader: String,
    exchanges: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    /// As sent, the PIN masked.
    command: String,
    response: String,
    status: String,
}

/// A command as typed: bytes, and perhaps one PIN among them.
#[derive(Debug)]
struct Raw {
    before: Vec<u8>,
    placeholder: Placeholder,
    after: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Placeholder {
    None,
    Pin,
}

/// Whether a script has begun to be sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Run {
    Begun,
    New,
}

/// What `{PIN}` stands for.
const PIN: &str = "{PIN}";

impl Raw {
    /// Reads hexadecimal digits, blanks and colons between them left out.
    fn parse(text: &str) -> Result<Self, Failure> {
        let text = text.trim();
        let wrong = |what: &str| {
            Failure::new(
                "usage.apdu",
                crate::cli::exit::Exit::Usage,
                format!("{what} (give commands as `00A4040C…`)"),
            )
        };
        let (before, after, placeholder) = match text.split_once(PIN) {
            Some((_, rest)) if rest.contains(PIN) => {
                return Err(wrong("`{PIN}` can stand once in a command"));
            }
            Some((before, after)) => (before, after, Placeholder::Pin),
            None => (text, "", Placeholder::None),
        };
        let bytes =
            |part: &str| from_hex(part).ok_or_else(|| wrong("a command is not hexadecimal"));
        let raw = Self { before: bytes(before)?, placeholder, after: bytes(after)? };
        if raw.before.len() < 4 {
            return Err(wrong("a command has at least four bytes: CLA INS P1 P2"));
        }
        if raw.presents_a_pin() && raw.placeholder == Placeholder::None {
            return Err(Failure::new(
                "card.pin.placeholder",
                crate::cli::exit::Exit::Usage,
                "a command that presents a PIN must hold `{PIN}` in its place",
            )
            .hint(
                "as in `0020000104{PIN}`, with `--pin-env VAR`, `--pin-file FILE` or `--pin-fd N`",
            ));
        }
        Ok(raw)
    }

    /// VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER and their variants with odd INS, in any class, chained or not; and
    /// ENVELOPE, which could wrap one. VERIFY without data asks for the tries left and presents nothing.
    fn presents_a_pin(&self) -> bool {
        let verify = matches!(self.before[1], 0x20 | 0x21);
        let other = matches!(self.before[1], 0x24 | 0x25 | 0x2C | 0x2D | 0xC2 | 0xC3);
        let empty = self.placeholder == Placeholder::None
            && self.after.is_empty()
            && (self.before.len() == 4 || (self.before.len() == 5 && self.before[4] == 0));
        other || (verify && !empty)
    }

    /// The bytes to send, zeroed when dropped.
    fn bytes(&self, pin: Option<&Pin>) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(300));
        bytes.extend(&self.before);
        if let (Placeholder::Pin, Some(pin)) = (self.placeholder, pin) {
            bytes.extend(pin.digits());
        }
        bytes.extend(&self.after);
        bytes
    }

    /// Refuses a data field that its own length byte does not fit: a card could take the rest for something else, and a try
    /// would be spent for nothing.
    fn fits(&self, pin: Option<&Pin>) -> Result<(), Failure> {
        let bytes = self.bytes(pin);
        let data = bytes.len().saturating_sub(5);
        let announced = bytes.get(4).copied().map(usize::from).unwrap_or_default();
        if self.placeholder == Placeholder::Pin && data != announced && data != announced + 1 {
            return Err(Failure::new(
                "usage.apdu",
                crate::cli::exit::Exit::Usage,
                format!(
                    "Lc is {announced}, but {data} bytes follow it once the PIN is in place; no try was spent"
                ),
            ));
        }
        Ok(())
    }
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.before))?;
        if self.placeholder == Placeholder::Pin {
            f.write_str("[secret]")?;
        }
        f.write_str(&hex(&self.after))
    }
}

pub(super) fn run(args: &CardApdu, context: &Context) -> Result<Outcome, Failure> {
    let commands = commands(args)?;
    let mut card = choose::card(&args.choice, context)?;
    let needs_pin = commands.iter().any(|raw| raw.placeholder == Placeholder::Pin);
    let given = match needs_pin {
        true => match obtain_pin(&mut card, &args.pin, context)? {
            given @ Given::Typed(_) => Some(given),
            Given::Keypad => {
                return Err(Failure::pin_needed()
                    .hint("a raw command cannot be completed on a keypad: use `--pin-env`, `--pin-file` or `--pin-fd`"));
            }
        },
        false => None,
    };
    let pin = match &given {
        Some(Given::Typed(pin)) => Some(pin),
        _ => None,
    };
    commands.iter().try_for_each(|raw| raw.fits(pin))?;
    let mut begun = Run::New;
    let lines = context.acts.act(Action::CardApdu, |record| {
        record.with(&mut card);
        Ok(card.session(|session| {
            // What was sent is not sent again: another program's reset ends a script that it interrupts.
            if std::mem::replace(&mut begun, Run::Begun) == Run::Begun {
                return Err(CardError::KeepsResetting { times: 1 });
            }
            let sent = commands.iter().map(|raw| send(session, raw, pin, args.pin.last_try()));
            sent.collect::<Result<Vec<_>, CardError>>()
        })?)
    })?;
    let emulated = is_emulated(&card, &[]);
    let text: Vec<String> = lines
        .iter()
        .map(|line| format!("> {}\n< {}{}", line.command, line.response, line.status))
        .collect();
    let document = Document {
        schema: "cpskit.card.apdu/1",
        emulated,
        reader: card.reader().to_owned(),
        exchanges: lines,
    };
    Ok(Outcome::new(text.join("\n"), &document).labelled(label(emulated)))
}

fn send(
    session: &mut Session<'_>,
    raw: &Raw,
    pin: Option<&Pin>,
    last_try: LastTry,
) -> Result<Line, CardError> {
    if raw.presents_a_pin() {
        let reference = raw.before[3];
        let name = if reference & 0x1F == 2 { PinName::Unblocking } else { PinName::User };
        session.guard(name, reference, last_try)?;
        session.reset_at_end();
    }
    let response = session.raw(&raw.bytes(pin), raw)?;
    let StatusWord(status) = response.status;
    Ok(Line {
        command: raw.to_string(),
        response: hex(&response.data),
        status: format!("{status:04x}"),
    })
}

/// The commands of the arguments, then those of the script.
fn commands(args: &CardApdu) -> Result<Vec<Raw>, Failure> {
    let mut texts: Vec<String> = args.apdus.clone();
    if let Some(path) = &args.script {
        let script = script(path)?;
        let lines = script.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
        texts.extend(lines.filter(|line| !line.is_empty()).map(str::to_owned));
    }
    if texts.is_empty() {
        return Err(Failure::arguments("no command: give APDUs, or `--script FILE`"));
    }
    texts.iter().map(|text| Raw::parse(text)).collect()
}

fn script(path: &Path) -> Result<String, Failure> {
    if path != Path::new("-") {
        return std::fs::read_to_string(path).map_err(|error| Failure::input(path, &error));
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| Failure::input(path, &error))?;
    Ok(text)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != ':')
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    pairs.remainder().is_empty().then(|| pairs.map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<&'static str> {
        Raw::parse(text).err().map(|failure| failure.code)
    }

    #[test]
    fn a_pin_in_clear_is_refused_in_any_class_chained_or_wrapped() {
        for text in [
            "002000010431323334",
            "012000010431323334",
            "A02000010431323334",
            "10200001023132",
            "0021000106 31 32 33 34 00 00",
            "00240001083132333431323334",
            "002C02010431323334",
            "00C2000009002000010431323334",
        ] {
            assert_eq!(code(text), Some("card.pin.placeholder"), "{text}");
        }
    }

    #[test]
    fn asking_for_the_tries_left_presents_no_pin() {
        assert_eq!(code("01200001"), None);
        assert_eq!(code("0120000100"), None);
        assert_eq!(code("0020000104{PIN}"), None);
    }

    #[test]
    fn what_is_not_a_command_is_named() {
        for text in ["", "00A4", "00A4zz00", "00A40", "0020000104{PIN}{PIN}"] {
            assert_eq!(code(text), Some("usage.apdu"), "{text}");
        }
    }

    #[test]
    fn the_pin_is_sent_and_never_shown() {
        let raw = Raw::parse("00:20:00:01 04 {PIN}").expect("a command");
        let pin = Pin::parse("1234".to_owned()).expect("a PIN");
        assert_eq!(raw.to_string(), "0020000104[secret]");
        assert_eq!(hex(&raw.bytes(Some(&pin))), "002000010431323334");
        assert!(raw.fits(Some(&pin)).is_ok());
        let long = Pin::parse("12345678".to_owned()).expect("a PIN");
        assert_eq!(raw.fits(Some(&long)).err().map(|failure| failure.code), Some("usage.apdu"));
    }
}
