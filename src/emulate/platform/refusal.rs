//! Why the emulated platform refuses: the table of errors (platform fact sheet §12.3), one row a variant.

use jiff::Timestamp;
use serde::Serialize;

/// A refusal, by its row.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The body, the path or the method is not of the protocol.
    #[error("demande mal formée : {0}")]
    Schema(String),
    /// No client certificate.
    #[error("aucun certificat client")]
    CertificateAbsent,
    /// A client certificate that is not taken.
    #[error("{0}")]
    Certificate(Distrust),
    /// The category has no test bit.
    #[error("ni carte ni certificat de TEST")]
    Production,
    /// Structure, offer or usage.
    #[error("non habilité : {0}")]
    Habilitation(String),
    /// A name outside the perimeter.
    #[error("hors du périmètre : {0}")]
    Perimeter(String),
    /// Wrong code de révocation.
    #[error("code de révocation erroné ; essais restants : {left}")]
    Code {
        /// How many more tries there are.
        left: u8,
    },
    /// Unknown, or not visible.
    #[error("demande inconnue")]
    UnknownDemand,
    /// Unknown, or not visible.
    #[error("certificat inconnu")]
    UnknownCertificate,
    /// The reference was used with another body.
    #[error("refClient déjà utilisé pour une autre demande")]
    Duplicate,
    /// Not in this state.
    #[error("opération impossible dans l'état {0}")]
    State(&'static str),
    /// Revoked already.
    #[error("certificat déjà révoqué le {0}")]
    AlreadyRevoked(Timestamp),
    /// Once is all.
    #[error("déjà téléchargé")]
    Downloaded,
    /// The request for a certificate.
    #[error("CSR refusée : {0}")]
    Csr(&'static str),
    /// The code de révocation.
    #[error("code de révocation : {0}")]
    CodePolicy(String),
    /// The password of the key.
    #[error("mot de passe de la clé : {0}")]
    Password(String),
    /// CGU or PC.
    #[error("CGU et PC doivent être acceptées")]
    Acceptance,
    /// Too many calls.
    #[error("trop d'appels")]
    TooMany {
        /// `Retry-After`, in seconds.
        after: u32,
    },
    /// Maintenance.
    #[error("maintenance")]
    Maintenance {
        /// `Retry-After`, in seconds.
        after: u32,
    },
    /// Unexpected.
    #[error("erreur technique inattendue")]
    Unexpected,
}

/// Why a client certificate is not taken, with its number in the manner of TOM-WS (platform fact sheet §10).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Distrust {
    /// By no authority of ours, or not a certificate.
    #[error("ERCERT02 autorité inconnue")]
    Untrusted,
    /// Revoked: an opposed card.
    #[error("ERCERT04 certificat révoqué")]
    Revoked,
    /// Expired, or not yet valid.
    #[error("ERCERT05 certificat hors de sa période de validité")]
    Expired,
    /// Not for client authentication.
    #[error("ERCERT06 usage absent")]
    Usage,
}

impl Refusal {
    /// The status and the code.
    pub fn row(&self) -> (u16, &'static str) {
        match self {
            Self::Schema(_) => (400, "EMU-400-SCHEMA"),
            Self::CertificateAbsent => (401, "EMU-401-CERTIFICAT-ABSENT"),
            Self::Certificate(_) => (403, "EMU-403-CERTIFICAT"),
            Self::Production => (403, "EMU-403-PRODUCTION"),
            Self::Habilitation(_) => (403, "EMU-403-HABILITATION"),
            Self::Perimeter(_) => (403, "EMU-403-PERIMETRE"),
            Self::Code { .. } => (403, "EMU-403-CODE"),
            Self::UnknownDemand => (404, "EMU-404-DEMANDE"),
            Self::UnknownCertificate => (404, "EMU-404-CERTIFICAT"),
            Self::Duplicate => (409, "EMU-409-DOUBLON"),
            Self::State(_) => (409, "EMU-409-ETAT"),
            Self::AlreadyRevoked(_) => (409, "EMU-409-DEJA-REVOQUE"),
            Self::Downloaded => (410, "EMU-410-TELECHARGE"),
            Self::Csr(_) => (422, "EMU-422-CSR"),
            Self::CodePolicy(_) => (422, "EMU-422-CODE-POLITIQUE"),
            Self::Password(_) => (422, "EMU-422-MOTDEPASSE"),
            Self::Acceptance => (422, "EMU-422-ACCEPTATION"),
            Self::TooMany { .. } => (429, "EMU-429"),
            Self::Maintenance { .. } => (503, "EMU-503"),
            Self::Unexpected => (520, "EMU-520"),
        }
    }

    /// Seconds after which to come back.
    pub(super) fn retry_after(&self) -> Option<u32> {
        match self {
            Self::TooMany { after } | Self::Maintenance { after } => Some(*after),
            _ => None,
        }
    }

    /// What is sent, in the shape of TOM-WS.
    pub(super) fn envelope(&self) -> Envelope {
        let (statut, code) = self.row();
        let revoque_le = match self {
            Self::AlreadyRevoked(at) => Some(*at),
            _ => None,
        };
        Envelope { statut, message: Message { code, libelle: self.to_string(), revoque_le } }
    }
}

/// `{"statut": …, "message": {…}}`.
#[derive(Debug, Serialize)]
pub(super) struct Envelope {
    statut: u16,
    message: Message,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    code: &'static str,
    libelle: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoque_le: Option<Timestamp>,
}
