//! What a certificate says: bytes to facts, and no verdict.
//!
//! A certificate that a card or a server gives is read even where it breaks the rules, as long as its structure can
//! be followed: SETs out of order, T61String in Latin-1, serials of any length and sign, dates that are none. Those
//! are facts, kept as they are; whether they are allowed is for who decides about trust. What stays strict is what
//! one cannot read two ways: tags, and lengths in their shortest definite form.
//!
//! The readers of general libraries are not used for the structure: one date or one string they dislike, and the
//! whole certificate is lost.

use std::fmt;

mod authority;
mod certificate;
mod constraint;
mod crl;
mod der;
mod extension;
mod general_name;
mod holder;
mod key;
mod key_period;
mod name;
mod ocsp;
pub mod oid;
mod product;
#[cfg(test)]
mod published;
#[cfg(test)]
mod sample;
mod sante;
mod time;

pub use authority::{Domain, Gamme, IssuedBy, LegacyPki, Place, World};
pub use certificate::{Certificate, Serial, Version};
pub use constraint::{NameConstraints, PolicyConstraints, PolicyMapping, Subtree};
pub use crl::{
    CertificateKinds, Crl, CrlEntries, CrlEntry, Date, DateKind, IssuingDistributionPoint, Reason,
};
pub use der::{DerError, DerErrorKind};
pub use extension::{
    AccessDescription, AuthorityKeyIdentifier, BasicConstraints, DistributionPoint, Extension,
    KeyUse, Policy, Role,
};
pub use general_name::GeneralName;
pub use holder::Holder;
pub use key::{AlgorithmIdentifier, DsaKey, DsaParameters, PssParameters, PublicKey};
pub use key_period::KeyPeriod;
pub use name::{Attribute, Name, StringKind};
pub use ocsp::{
    CertId, CertIdHash, CertStatus, Nonce, OcspAnswer, OcspError, OcspRequest, OcspResponse,
    ResponderId, SingleResponse,
};
pub use oid::{Oid, OidError};
pub use product::{Environment, LegacyProduct, Product};
pub use time::TimeError;

/// Why bytes are not a certificate that can be read, or a part of one cannot be.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum X509Error {
    /// The content of one extension; the rest of the certificate can be read.
    #[error("extension {oid}: {cause}")]
    Extension {
        /// Which extension.
        oid: Oid,
        /// What is wrong, at a position inside the extension's value.
        #[source]
        cause: DerError,
    },
    /// The public key, at a position inside the SubjectPublicKeyInfo, or inside the RSAPublicKey that it wraps; the
    /// rest of the certificate can be read.
    #[error("public key: {0}")]
    Key(#[source] DerError),
    /// The bytes are not those of a revocation list.
    #[error("not a revocation list: {0}")]
    List(#[source] DerError),
    /// The bytes are not those of a distinguished name.
    #[error("not a distinguished name: {0}")]
    Name(#[source] DerError),
    /// The bytes are not those of an OCSP request.
    #[error("not an OCSP request: {0}")]
    OcspRequest(#[source] DerError),
    /// The bytes are not those of an OCSP response.
    #[error("not an OCSP response: {0}")]
    OcspResponse(#[source] DerError),
    /// A PEM file without any block `CERTIFICATE`.
    #[error("no certificate in the PEM file")]
    NoCertificate,
    /// A PEM block that is cut, or is not base64.
    #[error("PEM block {block} is cut or is not base64")]
    Pem {
        /// Which block of the file, from 1.
        block: usize,
    },
    /// The bytes are not those of a certificate.
    #[error("not a certificate: {0}")]
    Structure(#[source] DerError),
}

/// Bytes as lower-case hexadecimal digits, without separators.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
