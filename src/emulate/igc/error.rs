//! Why a certificate or a list could not be made.

use jiff::Timestamp;
use thiserror::Error;

/// Why a certificate or a list could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MintError {
    /// A value that DER refuses, such as a character outside its string type.
    #[error("the value cannot be written in DER")]
    Der(#[from] der::Error),
    /// A name attribute without characters, which X.520 forbids.
    #[error("the subject's {attribute} is empty")]
    Empty {
        /// `commonName`, as X.520 spells it.
        attribute: &'static str,
    },
    /// A field of the persona or of the request that no certificate can carry.
    #[error("`{field}` is `{value}`, not {expected}")]
    Field {
        /// Name in the persona file: `card.number`.
        field: &'static str,
        /// What is there.
        value: String,
        /// What would do, for people: `ten digits`.
        expected: &'static str,
    },
    /// An instant that neither UTCTime nor GeneralizedTime can write.
    #[error("{0} is before 1970 or after 9999, which no certificate can say")]
    Instant(Timestamp),
    /// The private key is not an RSA key of 2048 to 4096 bits in PKCS#8.
    #[error("the signing key is refused: {0}")]
    Key(ring::error::KeyRejected),
    /// A field without which the subject has no name.
    #[error("`{field}` is missing, and the certificate names it")]
    Missing {
        /// Name in the persona file: `holder.national_id`.
        field: &'static str,
    },
    /// The end is not after the start.
    #[error("the period from {from} to {to} is empty")]
    Period {
        /// `notBefore`, or `thisUpdate` of a list.
        from: Timestamp,
        /// `notAfter`, or `nextUpdate` of a list.
        to: Timestamp,
    },
    /// The key was loaded, and could not sign.
    #[error("the signature failed")]
    Signature,
}
