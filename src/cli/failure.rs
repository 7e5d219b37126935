//! Failures as users see them: a stable code, a sentence, its causes, and what to do next. All messages about what to do are
//! in this file, so that they can be read in one sitting.

use std::error::Error as StdError;
use std::path::Path;

use serde::Serialize;

use super::exit::Exit;
use crate::card::{Error as CardError, Generation, Padding, PinName};
use crate::secret::PinFormatError;
use crate::store::StoreError;
use crate::trace::TraceError;
use crate::transport::Error as TransportError;

/// A failure, ready to be shown.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// Stable, `card.pin.refused`.
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) hint: Option<String>,
    pub(super) causes: Vec<String>,
    pub(super) exit: Exit,
}

/// Carried through the library, which asked for something that only a user can give.
impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Failure {}

/// `cpskit.error/1`.
#[derive(Debug, Serialize)]
pub(super) struct Document<'a> {
    schema: &'static str,
    code: &'static str,
    message: &'a str,
    hint: Option<&'a str>,
    causes: &'a [String],
}

impl Failure {
    pub(super) fn new(code: &'static str, exit: Exit, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, causes: Vec::new(), exit }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn causes(mut self, error: &dyn StdError) -> Self {
        let mut cause = error.source();
        while let Some(error) = cause {
            self.causes.push(error.to_string());
            cause = error.source();
        }
        self
    }

    pub(super) fn document(&self) -> Document<'_> {
        Document {
            schema: "cpskit.error/1",
            code: self.code,
            message: &self.message,
            hint: self.hint.as_deref(),
            causes: &self.causes,
        }
    }

    /// For people.
    pub(super) fn render(&self) -> String {
        let mut text = format!("error: {}", super::output::text::clean(&self.message));
        for cause in &self.causes {
            text.push_str(&format!("\n  cause: {}", super::output::text::clean(cause)));
        }
        if let Some(hint) = &self.hint {
            text.push_str(&format!("\n\nhint: {hint}"));
        }
        text
    }

    /// A panic: ours, whatever the input.
    pub(super) fn defect() -> Self {
        Self::new("cpskit.defect", Exit::Defect, "cpskit stopped on a defect of its own").hint(
            "please report it, with the command and what `cpskit doctor` prints; no PIN is needed for that",
        )
    }

    pub(super) fn usage(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let first = text.lines().next().unwrap_or_default();
        let message = first.strip_prefix("error: ").unwrap_or(first).to_owned();
        Self::new("usage", Exit::Usage, message).hint("try `--help`")
    }

    pub(super) fn arguments(message: impl Into<String>) -> Self {
        Self::new("usage", Exit::Usage, message)
    }

    pub(super) fn output(error: &std::io::Error) -> Self {
        Self::new("output", Exit::Usage, format!("the result cannot be written: {error}"))
    }

    pub(super) fn input(path: &Path, error: &std::io::Error) -> Self {
        Self::new("input", Exit::Usage, format!("`{}`: {error}", path.display()))
    }

    pub(super) fn config(path: &Path, problem: &str) -> Self {
        Self::new("config", Exit::Usage, format!("configuration `{}`: {problem}", path.display()))
    }

    pub(super) fn secret_source(message: String) -> Self {
        Self::new("secret.source", Exit::Usage, message)
    }

    /// A PIN stands where the name of its source should.
    pub(super) fn pin_itself(flag: &str, what: &str) -> Self {
        Self::secret_source(format!("`{flag}` takes {what}, not the PIN itself"))
            .hint("other programs and the history of the shell see what is typed there")
    }

    /// A password stands where the name of its source should.
    pub(super) fn password_itself(flag: &str, what: &str) -> Self {
        Self::secret_source(format!("`{flag}` takes {what}, not the password itself"))
            .hint("other programs and the history of the shell see what is typed there")
    }

    /// A code de révocation stands where the name of its source should.
    pub(super) fn code_itself(flag: &str, what: &str) -> Self {
        Self::secret_source(format!("`{flag}` takes {what}, not the code itself"))
            .hint("other programs and the history of the shell see what is typed there")
    }

    /// A container that its password opens, or one that the password given does not.
    pub(super) fn password(input: &str, error: &StoreError) -> Self {
        let failure = Self::new("cert.password", Exit::Usage, format!("`{input}`: {error}"));
        match error {
            StoreError::PasswordNeeded => failure.hint(
                "give it with `--password-env VAR`, `--password-file FILE` or `--password-fd N`",
            ),
            _ => failure,
        }
    }

    /// A file that was to hold certificates.
    pub(super) fn not_a_certificate(path: &Path, error: &crate::x509::X509Error) -> Self {
        let message = format!("`{}`: {error}", path.display());
        Self::new("cert.unreadable", Exit::Usage, message).causes(error)
    }

    /// A file that is no container, or not one that can be read.
    pub(super) fn unreadable(input: &str, error: &StoreError) -> Self {
        let message = format!("`{input}`: {error}");
        Self::new("cert.unreadable", Exit::Usage, message).causes(error)
    }

    /// Neither certificate nor key in what was named: a path mistyped must not pass for a clean one.
    pub(super) fn nothing_found(skipped: usize, locked: usize) -> Self {
        let message = "neither certificate nor private key in what was named";
        let failure = Self::new("cert.none", Exit::Usage, message);
        match (locked, skipped) {
            (0, 0) => failure,
            (0, skipped) => failure.hint(format!("{skipped} files were looked at")),
            (locked, _) => failure.hint(format!(
                "{locked} files could not be read; `--password-env VAR` and the like open containers"
            )),
        }
    }

    pub(super) fn pin_format(error: &PinFormatError) -> Self {
        Self::new("card.pin.format", Exit::Usage, error.to_string()).hint("no try was spent")
    }

    /// A secret that no flag gives, and no one to ask; `flag` is what its flags begin with.
    pub(super) fn secret_needed(what: &str, flag: &str) -> Self {
        let message = format!("{what} is needed, and there is no one to ask");
        Self::new("card.pin.needed", Exit::Usage, message)
            .hint(format!("give it with `{flag}-env VAR`, `{flag}-file FILE` or `{flag}-fd N`"))
    }

    pub(super) fn pin_needed() -> Self {
        let message = "a PIN is needed, and there is no one to ask";
        Self::new("card.pin.needed", Exit::Usage, message)
            .hint("give it with `--pin-env VAR`, `--pin-file FILE` or `--pin-fd N`")
    }
}

impl From<CardError> for Failure {
    fn from(error: CardError) -> Self {
        Self::of_card(&error)
    }
}

impl Failure {
    /// The code and the advice for every failure of the card.
    pub(super) fn of_card(error: &CardError) -> Self {
        let message = error.to_string();
        let (code, exit, hint) = match error {
            CardError::Transport(error) => return Self::of_transport(error),
            CardError::Absent { .. } => ("card.file.absent", Exit::Card, None),
            CardError::IdentifierAbsent => (
                "card.identifier.absent",
                Exit::Card,
                Some("a contactless card does not carry it; put the card in a contact reader"),
            ),
            CardError::KeepsResetting { .. } => (
                "card.reset",
                Exit::Card,
                Some(
                    "close the other programs that use the card (vendor middleware, browser), then try again",
                ),
            ),
            CardError::KeyUnusable { .. } => ("card.key.unusable", Exit::Card, None),
            CardError::LastTry { .. } => (
                "card.pin.last_try",
                Exit::PinBlocked,
                Some(
                    "make sure of the PIN, then insist with `--allow-last-try`; a wrong one blocks the card",
                ),
            ),
            CardError::Malformed { .. } => ("card.file.malformed", Exit::Card, None),
            CardError::NoPin(_) => (
                "card.pin.absent",
                Exit::Card,
                Some("put the card in a contact reader for what the PIN protects"),
            ),
            CardError::NotCpx { .. } => (
                "card.not_cpx",
                Exit::Card,
                Some(
                    "put a CPS, CPF, CDE, CPE, CDA or CPA card in the reader, or choose another reader with `--reader`",
                ),
            ),
            CardError::PinBlocked { pin: PinName::User } => (
                "card.pin.blocked",
                Exit::PinBlocked,
                Some(
                    "the code de déblocage (8 digits, on the letter that came with the PIN) unblocks it",
                ),
            ),
            CardError::PinBlocked { pin: PinName::Unblocking } => (
                "card.pin.blocked",
                Exit::PinBlocked,
                Some("the card cannot be unblocked any more: order another one"),
            ),
            CardError::PinCounterUnreadable { .. } => (
                "card.pin.unreadable",
                Exit::PinBlocked,
                Some(
                    "another program may hold the PIN open: take the card out and put it in again, or insist with `--allow-last-try`",
                ),
            ),
            CardError::PinLength { .. } => ("card.pin.length", Exit::Usage, None),
            CardError::PinLost { .. } => (
                "card.pin.lost",
                Exit::Card,
                Some("close the other programs that use the card, then try again"),
            ),
            CardError::PinNeeded { .. } => (
                "card.pin.needed",
                Exit::Usage,
                Some("give it with `--pin-env VAR`, `--pin-file FILE` or `--pin-fd N`"),
            ),
            CardError::PinRefused { .. } => ("card.pin.refused", Exit::PinRefused, None),
            CardError::Refused { .. } => ("card.refused", Exit::Card, None),
            CardError::Scheme { padding: Padding::Pss, generation: Generation::Cps3, .. } => (
                "card.key.scheme",
                Exit::Usage,
                Some(
                    "a CPS3 has no PSS: sign with `--scheme pkcs1`; TLS 1.3, which asks for PSS, is for CPS4",
                ),
            ),
            CardError::Scheme { .. } => (
                "card.key.scheme",
                Exit::Usage,
                Some(
                    "the signature key signs SHA-256 and SHA-1; the authentication key the longer hashes too",
                ),
            ),
            CardError::TooLong { .. } => ("card.data.size", Exit::Usage, None),
            CardError::Undecipherable { .. } => (
                "card.undecipherable",
                Exit::Negative,
                Some(
                    "it must have been encrypted, by RSA PKCS#1 v1.5, for the authentication certificate of this card",
                ),
            ),
            CardError::WrittenDiffers { .. } => (
                "card.data.differs",
                Exit::Card,
                Some("write it again; if it differs each time, the card must be replaced"),
            ),
            CardError::WrongSignature { .. } => (
                "card.signature.wrong",
                Exit::Card,
                Some(
                    "try again; if it happens each time, the key and the certificate of this card do not belong together: have it replaced",
                ),
            ),
            CardError::X509 { .. } => ("card.certificate", Exit::Card, None),
        };
        let failure = Self::new(code, exit, message).causes(error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<TraceError> for Failure {
    fn from(error: TraceError) -> Self {
        let (code, exit, hint) = match &error {
            TraceError::Altered { .. } => (
                "trace.altered",
                Exit::Negative,
                "`cpskit trace verify` says where; keep the file as evidence, and begin another one",
            ),
            TraceError::Busy { .. } => {
                ("trace.busy", Exit::Temporary, "wait for its end, then try again")
            }
            TraceError::Cut { .. } => {
                ("trace.cut", Exit::Negative, "keep the file as evidence, and begin another one")
            }
            TraceError::Shared { .. } => (
                "trace.shared",
                Exit::Usage,
                "it must be yours, and `chmod go-w` it; or name another file",
            ),
            _ => (
                "trace.unwritable",
                Exit::Usage,
                "without its trace nothing is handed out: name another file with `--trace`",
            ),
        };
        Self::new(code, exit, error.to_string()).causes(&error).hint(hint)
    }
}

impl From<TransportError> for Failure {
    fn from(error: TransportError) -> Self {
        Self::of_transport(&error)
    }
}

impl Failure {
    /// The code and the advice for every failure of reader and service, per operating system.
    fn of_transport(error: &TransportError) -> Self {
        let (code, exit, hint) = match error {
            TransportError::Busy { .. } => ("card.busy", Exit::Card, HOLDERS),
            TransportError::Held { .. } => ("card.held", Exit::Card, HOLDERS),
            TransportError::Endless { .. } | TransportError::Garbled { .. } => {
                ("card.garbled", Exit::Card, REINSERT)
            }
            TransportError::KeypadCancelled => ("card.pin.cancelled", Exit::Usage, ""),
            TransportError::KeypadRefused { .. } => (
                "card.pin.keypad",
                Exit::Card,
                "give the PIN with `--pin-env VAR`, `--pin-file FILE` or `--pin-fd N`",
            ),
            TransportError::KeypadTimeout => ("card.pin.timeout", Exit::Usage, ""),
            TransportError::Mute { .. } => ("card.mute", Exit::Card, REINSERT),
            TransportError::NoCard { .. } => (
                "card.none",
                Exit::Card,
                "put a card in, chip first; or try `--emulated` without one",
            ),
            TransportError::NoKeypad => (
                "card.pin.keypad",
                Exit::Usage,
                "give the PIN with `--pin-env VAR`, `--pin-file FILE` or `--pin-fd N`",
            ),
            TransportError::NoReader => (
                "card.reader.none",
                Exit::Card,
                "plug a smart card reader in; `cpskit doctor` says more; or try `--emulated` without one",
            ),
            TransportError::NoService { .. } => ("card.service", Exit::Card, SERVICE),
            TransportError::NotAuthorised { .. } => ("card.not_authorised", Exit::Card, ACCESS),
            TransportError::Removed { .. } => {
                ("card.removed", Exit::Card, "put the card in again and run the command once more")
            }
            TransportError::Reset => ("card.reset", Exit::Card, HOLDERS),
            TransportError::UnknownReader { .. } => {
                ("card.reader.unknown", Exit::Card, "`cpskit card list` names the readers")
            }
            TransportError::Unresponsive { .. } => ("card.mute", Exit::Card, REINSERT),
            TransportError::Pcsc(_) => (
                "card.service.refused",
                Exit::Card,
                "`cpskit doctor` looks at the service and the readers",
            ),
        };
        let failure = Self::new(code, exit, error.to_string()).causes(error);
        if hint.is_empty() { failure } else { failure.hint(hint) }
    }
}

const REINSERT: &str =
    "take the card out, look that the chip is clean and on the right side, and put it in again";

#[cfg(target_os = "linux")]
const HOLDERS: &str = "close what may hold it: the vendor's middleware, a browser with its module, gpg's scdaemon, `pcsc_scan`; `sudo lsof /run/pcscd/pcscd.comm` names them";
#[cfg(target_os = "macos")]
const HOLDERS: &str = "close what may hold it: CryptoTokenKit (`security list-smartcards`), the vendor's middleware, a browser";
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
const HOLDERS: &str =
    "close what may hold it: the vendor's middleware, a browser, a logon with the card";

#[cfg(target_os = "linux")]
const SERVICE: &str = "on Debian and Ubuntu, `sudo apt-get install pcscd` installs it and `sudo systemctl start pcscd.socket` starts it; on Fedora, `sudo dnf install pcsc-lite`; in a container, share the host's `/run/pcscd`; `cpskit doctor` says more";
#[cfg(target_os = "macos")]
const SERVICE: &str =
    "macOS starts it with the first reader: plug the reader in, or log out and in again";
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
const SERVICE: &str =
    "start the service `Smart Card`: `sc start SCardSvr` in an administrator's prompt";

#[cfg(target_os = "linux")]
const ACCESS: &str = "polkit did not let this user in: see the section on polkit in `docs/guide/containers-and-wsl.md`, or run in a local session";
#[cfg(not(target_os = "linux"))]
const ACCESS: &str =
    "this user may not use the smart card service: run in a local session, not over the network";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::PcscError;

    #[test]
    fn a_failure_is_a_sentence_its_cause_and_what_to_do() {
        let cause = PcscError { symbol: "SCARD_E_NO_SERVICE", code: 0x8010_001D };
        let failure = Failure::from(CardError::from(TransportError::NoService { cause }));
        assert_eq!(
            failure.render(),
            format!(
                "error: the smart card service is not running\n  cause: SCARD_E_NO_SERVICE (0x8010001D)\n\nhint: {SERVICE}"
            )
        );
        assert_eq!((failure.code, failure.exit), ("card.service", Exit::Card));
    }

    #[test]
    fn wrong_and_blocked_have_codes_of_their_own() {
        let pin = PinName::User;
        let of = |error: CardError| {
            let failure = Failure::from(error);
            (failure.code, failure.exit, failure.message)
        };
        assert_eq!(
            of(CardError::PinRefused { pin, left: 1 }),
            (
                "card.pin.refused",
                Exit::PinRefused,
                "wrong PIN (code porteur): 1 try left".to_owned()
            )
        );
        assert_eq!(
            of(CardError::PinBlocked { pin }),
            ("card.pin.blocked", Exit::PinBlocked, "the PIN (code porteur) is blocked".to_owned())
        );
    }
}
