//! The private keys themselves, for those who asked for them: RSA, elliptic curves, Ed25519.

use zeroize::Zeroizing;

use super::ber::{Element, Reader, tag};
use super::key::KeyIdentity;
use super::shape::Shape;
use super::{Contents, StoreError, pbe};
use crate::secret::Secret;
use crate::x509::{DerError, oid};

/// A private key.
#[derive(Debug)]
#[non_exhaustive]
pub enum SecretKey {
    /// A point's multiplier, big-endian (RFC 5915 §3, privateKey).
    Ec(Secret<Vec<u8>>),
    /// The seed (RFC 8032 §5.1.5), 32 bytes in what is well made.
    Ed25519(Secret<Vec<u8>>),
    /// Of an algorithm whose keys are found and not used.
    Other,
    /// RSAPrivateKey, DER (RFC 8017 §A.1.2).
    Rsa(Secret<Vec<u8>>),
}

/// Reads a file as [`read`](super::read) does, and keeps the private keys that could be opened, each once.
///
/// # Errors
/// As those of [`read`](super::read).
pub fn read_with_keys(
    bytes: &[u8],
    password: Option<&Secret<String>>,
) -> Result<(Contents, Vec<SecretKey>), StoreError> {
    let mut opener = pbe::Opener::new(password).keeping();
    let contents = super::read_by(bytes, &mut opener)?;
    let mut keys = Vec::new();
    let mut met = Vec::new();
    for Kept { identity, der } in opener.kept() {
        if identity != KeyIdentity::Unknown && met.contains(&identity) {
            continue;
        }
        met.push(identity);
        keys.push(SecretKey::read(&der).map_err(StoreError::Key)?);
    }
    Ok((contents, keys))
}

/// A key as it was found: PKCS#8, PKCS#1 or SEC 1.
pub(super) struct Kept {
    pub(super) identity: KeyIdentity,
    pub(super) der: Zeroizing<Vec<u8>>,
}

impl SecretKey {
    fn read(der: &[u8]) -> Result<Self, DerError> {
        let element = Reader::new(der).any()?;
        match Shape::of(&element) {
            Shape::Pkcs1 => Ok(Self::Rsa(secret(element.raw))),
            Shape::Sec1 => Self::sec1(&element),
            Shape::Dsa => Ok(Self::Other),
            _ => Self::pkcs8(&element),
        }
    }

    /// PrivateKeyInfo, RFC 5958 §2.
    fn pkcs8(element: &Element<'_>) -> Result<Self, DerError> {
        let mut fields = element.inside();
        fields.take(tag::INTEGER)?;
        let name = fields.take(tag::SEQUENCE)?.inside().oid()?;
        let wrapped = fields.take(tag::OCTET_STRING)?;
        let inside = Reader::new(wrapped.content).any();
        if name == oid::RSA_ENCRYPTION || name == oid::RSASSA_PSS {
            return Ok(Self::Rsa(secret(inside?.raw)));
        }
        if name == oid::EC_PUBLIC_KEY {
            return Self::sec1(&inside?);
        }
        if name == oid::ED25519 {
            return Ok(Self::Ed25519(secret(inside?.content)));
        }
        Ok(Self::Other)
    }

    /// ECPrivateKey, RFC 5915 §3.
    fn sec1(element: &Element<'_>) -> Result<Self, DerError> {
        let mut fields = element.inside();
        fields.take(tag::INTEGER)?;
        Ok(Self::Ec(secret(fields.take(tag::OCTET_STRING)?.content)))
    }
}

fn secret(bytes: &[u8]) -> Secret<Vec<u8>> {
    Secret::new(bytes.to_vec())
}
