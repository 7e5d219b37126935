//! Algorithms and public keys (RFC 5280 §4.1.1.2 and §4.1.2.7).

use super::der::{DerError, Reader, tag};
use super::{Oid, oid};

/// An algorithm and its parameters.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct AlgorithmIdentifier {
    /// Which algorithm.
    pub oid: Oid,
    /// Its parameters as encoded, when there are any.
    pub parameters: Option<Vec<u8>>,
}

impl AlgorithmIdentifier {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DerError> {
        let mut inside = reader.take(tag::SEQUENCE)?.inside();
        let oid = Oid::from_content(inside.take(tag::OID)?.value);
        let parameters = match inside.is_empty() {
            true => None,
            false => Some(inside.any()?.raw.to_vec()),
        };
        inside.end()?;
        Ok(Self { oid, parameters })
    }
}

/// A public key.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum PublicKey {
    /// RSA (PKCS #1), each number big-endian without sign octet.
    Rsa {
        /// The modulus.
        modulus: Vec<u8>,
        /// The public exponent.
        exponent: Vec<u8>,
    },
    /// Any other.
    Other {
        /// The algorithm, with the curve for an elliptic one.
        algorithm: AlgorithmIdentifier,
        /// The octets of the key.
        key: Vec<u8>,
    },
}

impl PublicKey {
    pub(super) fn read(spki: &[u8]) -> Result<Self, DerError> {
        let mut fields = Reader::new(spki).take(tag::SEQUENCE)?.inside();
        let algorithm = AlgorithmIdentifier::read(&mut fields)?;
        let key = fields.take(tag::BIT_STRING)?;
        let octets = key.bits()?;
        fields.end()?;
        if algorithm.oid != oid::RSA_ENCRYPTION {
            return Ok(Self::Other { algorithm, key: octets.to_vec() });
        }
        let mut reader = Reader::new(octets);
        let mut numbers = reader.take(tag::SEQUENCE)?.inside();
        reader.end()?;
        let modulus = numbers.take(tag::INTEGER)?.magnitude()?.to_vec();
        let exponent = numbers.take(tag::INTEGER)?.magnitude()?.to_vec();
        numbers.end()?;
        Ok(Self::Rsa { modulus, exponent })
    }

    /// The size of an RSA modulus in bits.
    pub fn rsa_bits(&self) -> Option<usize> {
        let Self::Rsa { modulus, .. } = self else { return None };
        let unused = modulus.first().map_or(0, |octet| octet.leading_zeros());
        Some((modulus.len() * 8).saturating_sub(usize::try_from(unused).unwrap_or(0)))
    }
}
