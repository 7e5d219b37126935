//! Why a persona cannot become a card.

use super::{Field, Generation, Interface, Limit, ProtocolSpec};

/// Why a persona cannot become a card.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PersonaError {
    /// The bytes given are not a certificate with an RSA public key.
    #[error("the {role} certificate cannot be read, or its key is not RSA")]
    Certificate {
        /// Which one.
        role: CertificateRole,
    },
    /// A field says what the card cannot hold.
    #[error("{field} {limit}")]
    Field {
        /// The field.
        field: Field,
        /// Its limit.
        limit: Limit,
    },
    /// The card needs a certificate that was not given.
    #[error("the card needs a {role} certificate")]
    MissingCertificate {
        /// Which one.
        role: CertificateRole,
    },
    /// No card was ever issued in this combination.
    #[error("no {generation:?} card has the interface {interface:?} with {protocol:?}")]
    NoSuchCard {
        /// Generation asked for.
        generation: Generation,
        /// Interface asked for.
        interface: Interface,
        /// Protocol asked for.
        protocol: ProtocolSpec,
    },
    /// Not TOML, a field unknown or of the wrong type.
    #[error("the persona file cannot be read")]
    Toml(#[from] Box<toml::de::Error>),
    /// Not one of the builtin personas.
    #[error("no persona is called `{slug}`")]
    Unknown {
        /// The name given.
        slug: String,
    },
}

/// What a certificate on the card is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum CertificateRole {
    /// `Certificat d'Authentification CPS`.
    Authentication,
    /// `Certificat de Signature CPS`.
    Signature,
    /// `Certificat Technique CPS`, on the contactless volume.
    Technical,
}

impl std::fmt::Display for CertificateRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Authentication => "authentication",
            Self::Signature => "signature",
            Self::Technical => "technical",
        })
    }
}
