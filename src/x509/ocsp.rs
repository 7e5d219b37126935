//! OCSP (RFC 6960): the status of certificates, asked about by [`OcspRequest`] and answered by [`OcspResponse`].
//! Nothing here is authenticated: an answer counts once its signature holds and its signer may answer.

use ring::digest;

use super::der::{DerError, Reader, tag};
use super::key::key_octets;
use super::{AlgorithmIdentifier, Certificate, Serial, X509Error, oid};
use crate::iso7816::tlv::encode;

mod request;
mod response;
#[cfg(test)]
mod tests;

pub use request::OcspRequest;
pub use response::{CertStatus, OcspAnswer, OcspError, OcspResponse, ResponderId, SingleResponse};

/// Which certificate is asked about (RFC 6960 §4.1.1).
///
/// ```text
/// CertID ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier, issuerNameHash OCTET STRING,
///                       issuerKeyHash OCTET STRING, serialNumber CertificateSerialNumber }
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct CertId {
    /// The hash of both fields that follow.
    pub hash: AlgorithmIdentifier,
    /// The hash of the issuer's name, as the certificate has it.
    pub issuer_name: Vec<u8>,
    /// The hash of the issuer's public key, without its algorithm.
    pub issuer_key: Vec<u8>,
    /// The serial number of the certificate.
    pub serial: Serial,
}

impl CertId {
    /// Names a certificate that was issued with a key, given as a SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// [`X509Error::Key`] when the key cannot be followed.
    pub fn of(
        certificate: &Certificate,
        issuer_spki: &[u8],
        hash: CertIdHash,
    ) -> Result<Self, X509Error> {
        let key = key_octets(issuer_spki).map_err(X509Error::Key)?;
        Ok(Self {
            hash: AlgorithmIdentifier { oid: hash.oid(), parameters: Some(encode_null()) },
            issuer_name: hash.digest(certificate.issuer().raw()),
            issuer_key: hash.digest(key),
            serial: certificate.serial().clone(),
        })
    }

    /// Whether this is the certificate named: its serial number, its issuer's name as it stands in it, and the key
    /// that issued it, by any [`CertIdHash`].
    pub fn names(&self, certificate: &Certificate, issuer_spki: &[u8]) -> bool {
        let Some(hash) = CertIdHash::ALL.into_iter().find(|hash| self.hash.oid == *hash.dotted())
        else {
            return false;
        };
        // The serial first: it costs nothing, and tells nearly all apart.
        self.serial == *certificate.serial()
            && key_octets(issuer_spki).is_ok_and(|key| self.issuer_key == hash.digest(key))
            && self.issuer_name == hash.digest(certificate.issuer().raw())
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DerError> {
        let mut fields = reader.take(tag::SEQUENCE)?.inside();
        let hash = AlgorithmIdentifier::read(&mut fields)?;
        let issuer_name = fields.take(tag::OCTET_STRING)?.value.to_vec();
        let issuer_key = fields.take(tag::OCTET_STRING)?.value.to_vec();
        let serial = Serial::read(&fields.take(tag::INTEGER)?)?;
        fields.end()?;
        Ok(Self { hash, issuer_name, issuer_key, serial })
    }
}

/// The hashes of a [`CertId`].
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum CertIdHash {
    /// SHA-1, the only one that every responder knows (RFC 9654 Appendix A, RFC 5019 §2.1.1). It identifies and
    /// proves nothing, so that its collisions do no harm.
    #[default]
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl CertIdHash {
    const ALL: [Self; 4] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    fn oid(self) -> super::Oid {
        self.dotted().parse().expect("the constants are object identifiers")
    }

    fn dotted(self) -> &'static str {
        match self {
            Self::Sha1 => oid::SHA1,
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
        }
    }

    fn digest(self, bytes: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, bytes).as_ref().to_vec()
    }
}

/// A nonce (RFC 9654 §2.1): 1 to 128 octets that tie an answer to its question.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Nonce(Vec<u8>);

impl Nonce {
    /// Takes 1 to 128 octets; `None` for another number of them.
    pub fn new(octets: &[u8]) -> Option<Self> {
        (1..=128).contains(&octets.len()).then(|| Self(octets.to_vec()))
    }

    /// The octets.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// Reads the value of the extension.
    fn read(reader: &mut Reader<'_>) -> Result<Self, DerError> {
        let octets = reader.take(tag::OCTET_STRING)?;
        Self::new(octets.value).ok_or_else(|| octets.unreadable())
    }
}

/// The size that requests are to have (RFC 9654 §2.1).
impl From<[u8; 32]> for Nonce {
    fn from(octets: [u8; 32]) -> Self {
        Self(octets.to_vec())
    }
}

fn encode_null() -> Vec<u8> {
    encode(u32::from(tag::NULL), &[])
}
