//! A key that signs, with the certificates that speak for it. A key on a card and a key in a file look alike to TLS, to
//! CMS and to the platform.

mod card;
#[cfg(feature = "store")]
mod file;

use std::fmt;

#[cfg(feature = "store")]
pub use self::file::{FileCredential, FileError};
pub use card::{
    Act, ActKind, AskPin, CardCredential, Given, Keypad, Observe, PinUnavailable, Remembered,
};

pub use crate::card::{Hash, Padding};
use crate::x509::Certificate;

/// A signature scheme.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Scheme {
    /// ECDSA on P-256 with SHA-256, the signature in DER.
    EcdsaP256Sha256,
    /// ECDSA on P-384 with SHA-384, the signature in DER.
    EcdsaP384Sha384,
    /// Ed25519.
    Ed25519,
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1(Hash),
    /// RSASSA-PSS, the salt as long as the hash, as TLS 1.3 wants it (RFC 8446 §4.2.3).
    RsaPss(Hash),
}

impl Scheme {
    /// Its padding; `None` for what is not RSA.
    pub fn padding(self) -> Option<Padding> {
        match self {
            Self::RsaPkcs1(_) => Some(Padding::Pkcs1),
            Self::RsaPss(_) => Some(Padding::Pss),
            Self::EcdsaP256Sha256 | Self::EcdsaP384Sha384 | Self::Ed25519 => None,
        }
    }

    /// Its name in documents: `rsa_pkcs1_sha256`, as TLS spells it (RFC 8446 §4.2.3) where it does.
    pub fn name(self) -> &'static str {
        match self {
            Self::EcdsaP256Sha256 => "ecdsa_secp256r1_sha256",
            Self::EcdsaP384Sha384 => "ecdsa_secp384r1_sha384",
            Self::Ed25519 => "ed25519",
            Self::RsaPkcs1(Hash::Sha1) => "rsa_pkcs1_sha1",
            Self::RsaPkcs1(Hash::Sha256) => "rsa_pkcs1_sha256",
            Self::RsaPkcs1(Hash::Sha384) => "rsa_pkcs1_sha384",
            Self::RsaPkcs1(Hash::Sha512) => "rsa_pkcs1_sha512",
            Self::RsaPss(Hash::Sha1) => "rsa_pss_sha1",
            Self::RsaPss(Hash::Sha256) => "rsa_pss_sha256",
            Self::RsaPss(Hash::Sha384) => "rsa_pss_sha384",
            Self::RsaPss(Hash::Sha512) => "rsa_pss_sha512",
        }
    }
}

/// Whether a key, or a certificate for it, exists for trying only.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Nature {
    /// On a virtual card, or certified by the emulation authority.
    Emulated,
    /// Nothing says that it is not real.
    Real,
}

/// A key that signs, and its certificates.
pub trait Credential: fmt::Debug + Send + Sync {
    /// The certificate of the key first, then those of its issuers as far as they are at hand, each followed by its
    /// issuer. Never empty.
    fn chain(&self) -> &[Certificate];

    /// What the key can do, the preferred scheme first. Never empty.
    fn schemes(&self) -> &[Scheme];

    /// Signs a message, which is hashed here or by the key. The signature was checked against the certificate.
    ///
    /// # Errors
    /// [`Error`].
    fn sign(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, Error>;

    /// Whether what it signs can engage a real person.
    fn nature(&self) -> Nature;
}

/// Why a credential cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The card, its reader or its PIN.
    #[error(transparent)]
    Card(#[from] crate::card::Error),
    /// The signature was made, and is not handed out, since that it was made could not be recorded.
    #[error("the signature is withheld: {0}")]
    Withheld(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A key in a file that could not compute.
    #[error("the key in the file does not sign")]
    Key,
    /// The key signs in no scheme at all.
    #[error("this key does not sign")]
    NoScheme,
    /// There is no PIN: nobody to ask, or who was asked declined.
    #[error("no PIN: {0}")]
    Pin(#[source] PinUnavailable),
    /// The key does not sign in this scheme.
    #[error("this key does not sign with {}", .0.name())]
    Scheme(Scheme),
}
