//! Why a connection does not stand, told apart by who has something to do about it.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::{AlertDescription, CertificateError, OtherError};

use super::version::VersionLimit;
use crate::credential;
use crate::pki::{Finding, Report, Severity};
use crate::x509::X509Error;

/// Why a connection does not stand, or ended.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The connection ended before the handshake did.
    #[error("the server closed the connection in the middle of the handshake")]
    Closed,
    /// The client's key: the card, its reader, its PIN.
    #[error("the client's key cannot be used: {0}")]
    Credential(#[source] Arc<credential::Error>),
    /// The network below TLS.
    #[error("the connection failed: {0}")]
    Network(#[source] Arc<io::Error>),
    /// One side broke the protocol, or both have nothing in common.
    #[error("the handshake failed: {0}")]
    Protocol(String),
    /// The server said no.
    #[error("refused by the server: {0}")]
    Refused(Alert),
    /// The certificate of the server cannot be read.
    #[error("the server's certificate cannot be read: {0}")]
    ServerCertificate(#[source] X509Error),
    /// The server is not to be trusted.
    #[error("the server is not trusted: {0}")]
    Untrusted(Arc<Untrusted>),
    /// The only version asked for cannot be used with this key.
    #[error(transparent)]
    Version(#[from] VersionLimit),
}

/// The verdict on a server that is not to be trusted.
#[derive(Clone, Debug, PartialEq)]
pub struct Untrusted {
    /// The verdict with its reasons: invalid or indeterminate.
    pub report: Report,
}

impl Untrusted {
    /// What was found against it, without what is only worth knowing.
    pub fn reasons(&self) -> impl Iterator<Item = &Finding> {
        self.report.findings.iter().filter(|finding| finding.severity > Severity::Warning)
    }
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let worst = self.report.findings.iter().map(|finding| finding.severity).max();
        write!(f, "{}", self.report.verdict().name())?;
        match self.report.findings.iter().find(|finding| Some(finding.severity) == worst) {
            Some(finding) => write!(f, ": {finding}"),
            None => Ok(()),
        }
    }
}

impl StdError for Untrusted {}

/// A fatal alert of the other side (RFC 8446 §6.2), by its number.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Alert(pub u8);

impl Alert {
    /// Its name in the RFC, `unknown_ca`, and what it usually means when a certificate is shown.
    const TABLE: [(u8, &'static str, &'static str); 21] = [
        (10, "unexpected_message", ""),
        (20, "bad_record_mac", ""),
        (22, "record_overflow", ""),
        (40, "handshake_failure", "nothing in common, or a client certificate is required"),
        (42, "bad_certificate", "the server cannot use the client's certificate, or wants one"),
        (43, "unsupported_certificate", "the server does not take certificates of this kind"),
        (44, "certificate_revoked", "the server holds the client's certificate for revoked"),
        (45, "certificate_expired", "the client's certificate has expired, or is not valid yet"),
        (46, "certificate_unknown", "the server does not accept the client's certificate"),
        (47, "illegal_parameter", ""),
        (48, "unknown_ca", "the server does not trust the authority of the client's certificate"),
        (49, "access_denied", "the certificate is good, and its holder has no right here"),
        (50, "decode_error", ""),
        (51, "decrypt_error", "the signature of the client was not accepted"),
        (70, "protocol_version", "the server does not take the versions offered"),
        (71, "insufficient_security", "the server demands stronger algorithms"),
        (80, "internal_error", "something failed on the server"),
        (86, "inappropriate_fallback", ""),
        (112, "unrecognized_name", "the server does not know this host name"),
        (116, "certificate_required", "a client certificate is required, and none was shown"),
        (120, "no_application_protocol", "the server speaks none of the protocols offered"),
    ];

    /// Its name in the RFC, `unknown_ca`; `None` for a number without one.
    pub fn name(self) -> Option<&'static str> {
        Self::TABLE.iter().find(|row| row.0 == self.0).map(|row| row.1)
    }

    /// What it usually means; `None` where the name says it all.
    pub fn meaning(self) -> Option<&'static str> {
        let row = Self::TABLE.iter().find(|row| row.0 == self.0)?;
        Some(row.2).filter(|meaning| !meaning.is_empty())
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name(), self.meaning()) {
            (Some(name), Some(meaning)) => write!(f, "{name} ({meaning})"),
            (Some(name), None) => f.write_str(name),
            (None, _) => write!(f, "alert {}", self.0),
        }
    }
}

impl From<AlertDescription> for Alert {
    fn from(alert: AlertDescription) -> Self {
        Self(alert.into())
    }
}

/// Carried through the TLS library, which knows no errors of ours.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Carried(Error);

impl Error {
    /// What was found against the server, when that is why.
    pub fn untrusted(&self) -> Option<&Untrusted> {
        match self {
            Self::Untrusted(untrusted) => Some(untrusted),
            _ => None,
        }
    }

    /// Finds what TLS had against the connection, in an error of what reads and writes through it.
    pub fn within(error: &(dyn StdError + 'static)) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(found) = error.downcast_ref::<Self>() {
                return Some(found.clone());
            }
            if let Some(found) = error.downcast_ref::<rustls::Error>() {
                return Some(Self::of_library(found));
            }
            cause = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
                Some(inner) => Some(inner),
                None => error.source(),
            };
        }
        None
    }

    /// As an error of the TLS library, from which [`Self::of_library`] takes it back.
    pub(super) fn carried(self) -> rustls::Error {
        let is_of_server = matches!(self, Self::Untrusted(_) | Self::ServerCertificate(_));
        let carried = OtherError(Arc::new(Carried(self)));
        // As such the library tells the server so: `bad_certificate`, and not `internal_error`.
        match is_of_server {
            true => rustls::Error::InvalidCertificate(CertificateError::Other(carried)),
            false => rustls::Error::Other(carried),
        }
    }

    pub(super) fn of_library(error: &rustls::Error) -> Self {
        use rustls::Error as Library;
        match error {
            Library::AlertReceived(alert) => Self::Refused((*alert).into()),
            Library::Other(OtherError(inner))
            | Library::InvalidCertificate(CertificateError::Other(OtherError(inner))) => {
                match inner.downcast_ref::<Carried>() {
                    Some(Carried(error)) => error.clone(),
                    None => Self::Protocol(error.to_string()),
                }
            }
            error => Self::Protocol(error.to_string()),
        }
    }

    /// From what the connection below says, during the handshake.
    #[cfg(feature = "web")]
    pub(super) fn of_handshake(error: io::Error) -> Self {
        use std::io::ErrorKind;
        if let Some(found) = Self::within(&error) {
            return found;
        }
        match error.kind() {
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
                Self::Closed
            }
            _ => Self::Network(Arc::new(error)),
        }
    }
}
