//! Orders that do not come to what was asked, as users see them.

use std::error::Error as StdError;

use super::exit::Exit;
use super::failure::Failure;
use crate::platform::journal::JournalError;
use crate::platform::key::KeyError;
use crate::platform::lifecycle::Error;
use crate::platform::port::{PortError, Refusal};
use crate::platform::rest::EndpointError;
use crate::platform::vault::VaultError;
use crate::platform::want::{Breach, WantError};
use crate::tls::Error as TlsError;

const AGAIN: &str =
    "run the same command again: it goes on where it was, and nothing is done twice";

impl From<PortError> for Failure {
    fn from(error: PortError) -> Self {
        let message = error.to_string();
        match &error {
            PortError::Refused { refusal, correlation, .. } => {
                let mut failure = Self::new("platform.refused", Exit::Platform, message);
                failure.causes.extend(
                    correlation.as_ref().map(|id| format!("the platform's X-Correlation-Id: {id}")),
                );
                match hint(*refusal) {
                    Some(hint) => failure.hint(hint),
                    None => failure,
                }
            }
            PortError::Later { after, .. } => {
                let wait = after
                    .map_or("later".to_owned(), |after| format!("in {} seconds", after.as_secs()));
                Self::new("platform.later", Exit::Temporary, message)
                    .hint(format!("run the same command again {wait}"))
            }
            PortError::Unreached(source) => Self::new(
                "platform.unreached",
                Exit::Temporary,
                message,
            )
            .caused_by(source.as_ref())
            .hint("nothing was done: look at `--endpoint`; `cpskit emulate platform` serves one"),
            PortError::Unanswered(source) => {
                Self::new("platform.unanswered", Exit::Temporary, message)
                    .caused_by(source.as_ref())
                    .hint(AGAIN)
            }
            PortError::Misspoken(_) => {
                Self::new("platform.misspoken", Exit::Temporary, message).hint(AGAIN)
            }
            PortError::Untrusted(source) => match source.downcast_ref::<TlsError>() {
                Some(error) => Self::tls(error, None),
                None => {
                    Self::new("tls.untrusted", Exit::Negative, message).caused_by(source.as_ref())
                }
            },
            PortError::Credential(error) => Self::credential(error),
        }
    }
}

/// What to do about a refusal, where something can be done.
fn hint(refusal: Refusal) -> Option<&'static str> {
    Some(match refusal {
        Refusal::Duplicate => {
            "the reference stands for another order: give another `--ref`, or none"
        }
        Refusal::State => "`cpskit platform track ID` says where it is",
        Refusal::Downloaded => {
            "it was downloaded already: revoke it, and order again; a key made here is not lost by that"
        }
        Refusal::Code => {
            "give the code that was set at the retrait, with `--code-file FILE` or the like"
        }
        Refusal::Unknown => "`cpskit platform list` shows what this card sees",
        Refusal::AlreadyRevoked(_) | Refusal::Other => return None,
    })
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        let (code, exit, hint) = match &error {
            JournalError::Held { .. } => {
                ("platform.journal.held", Exit::Temporary, "wait for its end, then try again")
            }
            JournalError::Newer { .. } => (
                "platform.journal.newer",
                Exit::Usage,
                "use the cpskit that made it, or a later one",
            ),
            _ => (
                "platform.journal",
                Exit::Usage,
                "`--state DIR` names the folder, `DATABASE_URL` the database of a team",
            ),
        };
        Self::new(code, exit, error.to_string()).causes(&error).hint(hint)
    }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        let hint = match &error {
            VaultError::Exposed { .. } => "make it yours alone: `chmod go= FILE`",
            VaultError::Occupied { .. } => "move it away, or name another folder",
            _ => "nothing was sent; look at the disk and the rights of the folder",
        };
        Self::new("platform.vault", Exit::Usage, error.to_string()).causes(&error).hint(hint)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let (code, exit, hint) = match error {
            Error::Journal(error) => return error.into(),
            Error::Port(error) => return error.into(),
            Error::Vault(error) => return error.into(),
            Error::Key(KeyError::Unreadable) | Error::PasswordNeeded(_) => (
                "platform.password.needed",
                Exit::Usage,
                "give the password of the order's key with `--password-env VAR`, `--password-file FILE` or `--password-fd N`",
            ),
            Error::Key(_) => ("platform.key", Exit::Defect, "nothing was sent; please report it"),
            Error::HeldElsewhere { .. } => (
                "platform.held_elsewhere",
                Exit::Usage,
                "run the command there, or order another one with `--new`",
            ),
            Error::Unknown(_) => {
                ("platform.order.unknown", Exit::Usage, "`cpskit platform list` shows the orders")
            }
            Error::OtherOrder(_) => {
                ("platform.order.other", Exit::Usage, "give another `--ref`, or none: one is made")
            }
            Error::NotIn { .. } => (
                "platform.order.state",
                Exit::Temporary,
                "`cpskit platform track ID` says where it is, and what to do next",
            ),
            Error::CodeNeeded(_) => (
                "platform.code.needed",
                Exit::Usage,
                "give it with `--code-env VAR`, `--code-file FILE` or `--code-fd N`",
            ),
            Error::Unopened { cause, .. } => {
                return Self::new("platform.unopened", Exit::Usage, message)
                    .causes(&cause)
                    .hint("it is kept: run the command again with the password that protects it, `--password-file FILE` or the like");
            }
            Error::NoCertificate(_) => (
                "platform.certificate.absent",
                Exit::Negative,
                "look at the file that was downloaded: is it the one of this order?",
            ),
            Error::Invalid { .. } => (
                "platform.certificate.invalid",
                Exit::Negative,
                "it was not installed: `--environment` and `--trust FILE` say whom to trust; else revoke it",
            ),
            Error::Installed { .. } => (
                "platform.installed",
                Exit::Usage,
                "a key is kept at one place; `--force-second-installation` insists, and is recorded",
            ),
        };
        Self::new(code, exit, message).hint(hint)
    }
}

impl From<EndpointError> for Failure {
    fn from(error: EndpointError) -> Self {
        match &error {
            EndpointError::Tls(error) => Self::tls(error, None),
            EndpointError::Elsewhere(_) => {
                Self::new("platform.endpoint", Exit::Usage, error.to_string())
                    .hint("`--binding manual`, the default, is the one for the real platform")
            }
            _ => Self::new("platform.endpoint", Exit::Usage, error.to_string()),
        }
    }
}

impl From<WantError> for Failure {
    fn from(error: WantError) -> Self {
        match error {
            WantError::Breaches(breaches) => Self::rules(&breaches),
            error => Self::new("platform.product", Exit::Usage, error.to_string()),
        }
    }
}

impl Failure {
    /// Rules that are not kept: nothing was sent.
    pub(super) fn rules(breaches: &[Breach]) -> Self {
        let words: Vec<String> = breaches.iter().map(ToString::to_string).collect();
        let (first, others) = words
            .split_first()
            .map_or(("", [].as_slice()), |(first, others)| (first.as_str(), others));
        let mut failure = Self::new("platform.rule", Exit::Usage, first);
        failure.causes = others.to_vec();
        failure.hint("nothing was sent; `docs/reference/products.md` lists the rules")
    }

    /// With this error and those under it as causes.
    fn caused_by(mut self, error: &(dyn StdError + 'static)) -> Self {
        self.causes.push(error.to_string());
        self.causes(error)
    }
}
