//! The pieces that several documents share. Field names are a contract (`docs/reference/json.md`).

use jiff::Timestamp;
use serde::Serialize;

use crate::card::{CardCertificate, Note, PinStatus};
use crate::id::{LuhnKey, NationalId};
use crate::nomenclature;
use crate::transport;

/// Bytes as lower-case hexadecimal.
pub(in crate::cli) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A code of a nomenclature; the label is `null` when the code is not known.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Code {
    code: String,
    label: Option<&'static str>,
}

impl From<nomenclature::Code> for Code {
    fn from(code: nomenclature::Code) -> Self {
        Self { code: code.code, label: code.label }
    }
}

/// What a run cost.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Exchanges {
    commands: u64,
    bytes_sent: u64,
    bytes_received: u64,
}

impl From<transport::Exchanges> for Exchanges {
    fn from(exchanges: transport::Exchanges) -> Self {
        Self {
            commands: exchanges.commands,
            bytes_sent: exchanges.bytes_sent,
            bytes_received: exchanges.bytes_received,
        }
    }
}

/// A certificate of the card.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Certificate {
    pub(in crate::cli) role: String,
    pub(in crate::cli) subject: String,
    pub(in crate::cli) issuer: String,
    pub(in crate::cli) serial: String,
    pub(in crate::cli) not_before: Option<Timestamp>,
    pub(in crate::cli) not_after: Option<Timestamp>,
    pub(in crate::cli) sha256: String,
}

impl From<&CardCertificate> for Certificate {
    fn from(found: &CardCertificate) -> Self {
        let certificate = &found.certificate;
        Self {
            role: found.role.to_string(),
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            serial: certificate.serial().to_string(),
            not_before: certificate.not_before().ok(),
            not_after: certificate.not_after().ok(),
            sha256: hex(&certificate.sha256()),
        }
    }
}

/// Tries left.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Tries {
    pub(in crate::cli) tries_left: Option<u8>,
    pub(in crate::cli) tries_max: Option<u8>,
}

impl From<PinStatus> for Tries {
    fn from(status: PinStatus) -> Self {
        Self { tries_left: status.tries.left(), tries_max: status.max }
    }
}

/// What was left out, and why.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Warning {
    pub(in crate::cli) code: &'static str,
    pub(in crate::cli) subject: String,
    pub(in crate::cli) message: String,
}

impl From<&Note> for Warning {
    fn from(note: &Note) -> Self {
        use crate::card::NoteKind;
        let code = match note.kind {
            NoteKind::Absent => "card.file.absent",
            NoteKind::Cut(_) => "card.file.cut",
            NoteKind::Entry(_) => "card.file.entry",
            NoteKind::Malformed => "card.file.malformed",
            NoteKind::PinNeeded => "card.pin.needed",
            _ => "card.file.refused",
        };
        Self { code, subject: note.file.to_string(), message: note.kind.to_string() }
    }
}

impl Warning {
    /// The RPPS number does not fit its own Luhn key: a typing error somewhere, not a forgery for sure.
    pub(in crate::cli) fn luhn(id: Option<&NationalId>) -> Option<Self> {
        (id?.luhn() == Some(LuhnKey::Wrong)).then(|| Self {
            code: "card.identifier.luhn",
            subject: "national identifier".to_owned(),
            message: "the Luhn key of the RPPS number is wrong".to_owned(),
        })
    }

    /// As one line for people.
    pub(in crate::cli) fn line(&self) -> String {
        format!("warning: {}: {}", self.subject, self.message)
    }
}
