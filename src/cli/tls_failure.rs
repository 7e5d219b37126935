//! Connections that do not stand, as users see them.

use crate::credential::Error as CredentialError;
use crate::tls::{Error as TlsError, VersionLimit};
use crate::web::dial::DialError;
use crate::web::request::RequestError;

use super::exit::Exit;
use super::failure::Failure;

/// `protocol_version`, RFC 8446 §6.2.
const PROTOCOL_VERSION: u8 = 70;

impl Failure {
    /// What TLS came to; `limit` is why not all versions were offered.
    pub(super) fn tls(error: &TlsError, limit: Option<VersionLimit>) -> Self {
        let message = error.to_string();
        match error {
            TlsError::Credential(inner) => Self::credential(inner),
            TlsError::Untrusted(untrusted) => {
                let mut failure = Self::new("tls.untrusted", Exit::Negative, message);
                // The first is in the message.
                let others = untrusted.reasons().skip(1);
                failure.causes = others.map(ToString::to_string).collect();
                failure.hint(
                    "`--environment`, `--trust FILE` and `--system-trust` say whom to trust; nothing was shown to this server",
                )
            }
            TlsError::Refused(alert) => {
                let failure = Self::new("tls.refused", Exit::Negative, message);
                match limit {
                    Some(limit) if alert.0 == PROTOCOL_VERSION => failure.hint(limit.to_string()),
                    _ => failure,
                }
            }
            TlsError::ServerCertificate(_) => {
                Self::new("tls.server.unreadable", Exit::Negative, message).causes(error)
            }
            TlsError::Version(_) => Self::new("tls.version", Exit::Usage, message),
            TlsError::Closed => Self::new("tls.closed", Exit::Temporary, message).hint(
                "some services close without a word where they do not take the certificate; else try again later",
            ),
            TlsError::Network(_) => {
                Self::new("net.connect", Exit::Temporary, message).hint("try again later")
            }
            _ => Self::new("tls.protocol", Exit::Negative, message),
        }
    }

    /// A key that does not sign: the card's own failures keep their codes.
    pub(super) fn credential(error: &CredentialError) -> Self {
        match error {
            CredentialError::Card(error) => Self::of_card(error),
            CredentialError::Pin(source) => match source.downcast_ref::<Self>() {
                Some(failure) => failure.clone(),
                None => Self::pin_needed(),
            },
            _ => Self::new("client.key", Exit::Card, error.to_string()).causes(error),
        }
    }

    pub(super) fn dial(error: &DialError) -> Self {
        Self::new("net.connect", Exit::Temporary, error.to_string())
            .hint("look at the address and the network; `HTTPS_PROXY` names a proxy")
    }

    pub(super) fn request(error: &RequestError, limit: Option<VersionLimit>) -> Self {
        match error {
            RequestError::Tls(error) => Self::tls(error, limit),
            RequestError::NotHttp(_) => {
                Self::new("net.http", Exit::Temporary, error.to_string()).causes(error)
            }
            _ => Self::new("net.ended", Exit::Temporary, error.to_string()).causes(error),
        }
    }

    pub(super) fn late(seconds: u16) -> Self {
        Self::new("net.timeout", Exit::Temporary, format!("no answer within {seconds} seconds"))
            .hint("`--timeout` waits longer")
    }
}
