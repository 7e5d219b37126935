//! Algorithms and public keys (RFC 5280 §4.1.1.2 and §4.1.2.7).

use super::der::{DerError, Reader, tag};
use super::{Oid, X509Error, oid};

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

    /// The parameters, if they are those of RSASSA-PSS.
    pub fn pss(&self) -> Option<PssParameters> {
        let mut reader = Reader::new(self.parameters.as_deref()?);
        let parameters = PssParameters::read(&mut reader).ok()?;
        (self.oid == oid::RSASSA_PSS && reader.is_empty()).then_some(parameters)
    }

    /// The parameters, if they are one object identifier, as those of an elliptic-curve key are its curve.
    pub fn named_curve(&self) -> Option<Oid> {
        let mut reader = Reader::new(self.parameters.as_deref()?);
        let curve = reader.take(tag::OID).ok()?;
        reader.is_empty().then(|| Oid::from_content(curve.value))
    }
}

/// RSASSA-PSS-params (RFC 4055 §3.1).
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct PssParameters {
    /// The hash of the message.
    pub hash: Oid,
    /// The hash in MGF1; `None` for another mask generation function.
    pub mask_hash: Option<Oid>,
    /// The length of the salt in bytes.
    pub salt_length: u32,
}

impl PssParameters {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DerError> {
        const SHA1: [u8; 5] = [0x2B, 0x0E, 3, 2, 0x1A];
        let sha1 = || Oid::from_content(&SHA1);
        let mut fields = reader.take(tag::SEQUENCE)?.inside();
        let hash = match fields.optional(tag::constructed(0))? {
            None => sha1(),
            Some(explicit) => AlgorithmIdentifier::read(&mut explicit.inside())?.oid,
        };
        let mask_hash = match fields.optional(tag::constructed(1))? {
            None => Some(sha1()),
            Some(explicit) => {
                let mask = AlgorithmIdentifier::read(&mut explicit.inside())?;
                match mask.parameters {
                    Some(hash) if mask.oid == oid::MGF1 => {
                        Some(AlgorithmIdentifier::read(&mut Reader::new(&hash))?.oid)
                    }
                    _ => None,
                }
            }
        };
        let salt_length = match fields.optional(tag::constructed(2))? {
            None => 20,
            Some(explicit) => explicit.inside().take(tag::INTEGER)?.number()?,
        };
        fields.optional(tag::constructed(3))?;
        fields.end()?;
        Ok(Self { hash, mask_hash, salt_length })
    }
}

/// A DSA public key (RFC 3279 §2.3.2): each number big-endian without sign octet.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct DsaKey {
    /// Its parameters; `None` when they are those of the issuer's key.
    pub parameters: Option<DsaParameters>,
    /// The public number.
    pub y: Vec<u8>,
}

/// Dss-Parms (RFC 3279 §2.3.2): each number big-endian without sign octet.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct DsaParameters {
    /// The prime modulus.
    pub p: Vec<u8>,
    /// The prime divisor.
    pub q: Vec<u8>,
    /// The generator.
    pub g: Vec<u8>,
}

impl DsaParameters {
    fn read(bytes: &[u8]) -> Result<Self, DerError> {
        let mut reader = Reader::new(bytes);
        let mut fields = reader.take(tag::SEQUENCE)?.inside();
        reader.end()?;
        let mut number = || Ok(fields.take(tag::INTEGER)?.magnitude()?.to_vec());
        let (p, q, g) = (number()?, number()?, number()?);
        fields.end()?;
        Ok(Self { p, q, g })
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
    /// Reads a SubjectPublicKeyInfo, DER.
    ///
    /// # Errors
    /// [`X509Error::Key`].
    pub fn from_spki(spki: &[u8]) -> Result<Self, X509Error> {
        Self::read(spki).map_err(X509Error::Key)
    }

    /// The octets of the BIT STRING of a SubjectPublicKeyInfo, which key identifiers are made from (RFC 5280 §4.2.1.2).
    ///
    /// # Errors
    /// [`X509Error::Key`].
    pub fn bits(spki: &[u8]) -> Result<&[u8], X509Error> {
        let read = || {
            let mut fields = Reader::new(spki).take(tag::SEQUENCE)?.inside();
            fields.take(tag::SEQUENCE)?;
            fields.take(tag::BIT_STRING)?.bits()
        };
        read().map_err(X509Error::Key)
    }

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

    /// The key, if it is one of DSA. Parameters that are absent or NULL are inherited (RFC 5280 §6.1.4(d)).
    pub fn dsa(&self) -> Option<DsaKey> {
        let Self::Other { algorithm, key } = self else { return None };
        if algorithm.oid != oid::DSA {
            return None;
        }
        let parameters = match algorithm.parameters.as_deref() {
            None | Some([tag::NULL, 0]) => None,
            Some(parameters) => Some(DsaParameters::read(parameters).ok()?),
        };
        let mut reader = Reader::new(key);
        let y = reader.take(tag::INTEGER).and_then(|y| y.magnitude()).ok()?.to_vec();
        reader.is_empty().then_some(DsaKey { parameters, y })
    }

    /// The size of an RSA modulus in bits.
    pub fn rsa_bits(&self) -> Option<usize> {
        let Self::Rsa { modulus, .. } = self else { return None };
        let unused = modulus.first().map_or(0, |octet| octet.leading_zeros());
        Some((modulus.len() * 8).saturating_sub(usize::try_from(unused).unwrap_or(0)))
    }
}

/// The octets of the key in a SubjectPublicKeyInfo, without its algorithm: what identifiers of keys are hashes of.
pub(super) fn key_octets(spki: &[u8]) -> Result<&[u8], DerError> {
    let mut fields = Reader::new(spki).take(tag::SEQUENCE)?.inside();
    AlgorithmIdentifier::read(&mut fields)?;
    let octets = fields.take(tag::BIT_STRING)?.bits()?;
    fields.end()?;
    Ok(octets)
}
