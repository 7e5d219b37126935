//! Private keys, of which only the public half is kept: PKCS#8, PKCS#1, SEC1, OpenSSH.

use ring::digest;
use ring::signature::{Ed25519KeyPair, KeyPair};

use super::ber::{Element, Reader, encode, tag};
use super::pbe::Opener;
use super::shape::Shape;
use super::{StoreError, openssh};
use crate::x509::{DerError, oid};

/// A private key that was found. Nothing of it is kept but what tells it from others.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct PrivateKey {
    /// What tells it from other keys.
    pub identity: KeyIdentity,
    /// Whether one needs a secret to use it.
    pub protection: Protection,
}

/// What tells a key from others.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum KeyIdentity {
    /// SHA-256 of the SubjectPublicKeyInfo of its public half: the same as
    /// [`Certificate::spki_sha256`](crate::x509::Certificate::spki_sha256) of a certificate for it.
    Public([u8; 32]),
    /// SHA-256 of the encrypted bytes: the same file found twice.
    Sealed([u8; 32]),
    /// Of an algorithm whose public half is not computed.
    Unknown,
}

/// Whether a key is protected by a secret.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Protection {
    /// Whoever reads the file has the key; an empty password is no password.
    Clear,
    /// A password is needed.
    Encrypted,
}

impl PrivateKey {
    /// A key that is in the clear.
    pub(super) fn clear(identity: KeyIdentity) -> Self {
        Self { identity, protection: Protection::Clear }
    }

    /// A key that was not decrypted.
    pub(super) fn sealed(bytes: &[u8]) -> Self {
        let identity = KeyIdentity::Sealed(sha256(bytes));
        Self { identity, protection: Protection::Encrypted }
    }

    /// Reads DER of one of the shapes of private keys. An encrypted one is opened when there is a password for it,
    /// else kept as sealed.
    ///
    /// # Errors
    /// [`StoreError::Key`] when the structure cannot be followed, [`StoreError::Iterations`] when it asks for too much
    /// work.
    pub(super) fn from_der(der: &[u8], opener: &mut Opener<'_>) -> Result<Self, StoreError> {
        let element = Reader::new(der).any().map_err(StoreError::Key)?;
        let identity = match Shape::of(&element) {
            Shape::EncryptedPkcs8 => return Self::encrypted(&element, opener),
            Shape::Pkcs1 => rsa(&element, &RSA),
            Shape::Sec1 => sec1(&element, None),
            Shape::Dsa => Ok(KeyIdentity::Unknown),
            Shape::Pkcs8 => pkcs8(&element),
            _ => Err(element.unreadable()),
        };
        let identity = identity.map_err(StoreError::Key)?;
        opener.keep(identity, element.raw);
        Ok(Self::clear(identity))
    }

    /// Reads a key of OpenSSH, without its armour. The public half stands outside the encrypted part.
    pub(super) fn from_openssh(bytes: &[u8]) -> Result<Self, StoreError> {
        openssh::read(bytes).ok_or(StoreError::OpenSsh)
    }

    /// EncryptedPrivateKeyInfo, RFC 5958 §3.
    pub(super) fn encrypted(
        element: &Element<'_>,
        opener: &mut Opener<'_>,
    ) -> Result<Self, StoreError> {
        let mut fields = element.inside();
        let algorithm = fields.take(tag::SEQUENCE).map_err(StoreError::Key)?;
        let sealed = fields.any().and_then(|sealed| sealed.octets()).map_err(StoreError::Key)?;
        let opened = match opener.open(&algorithm, &sealed) {
            Ok(opened) => opened,
            Err(error @ StoreError::Iterations { .. }) => return Err(error),
            Err(_) => return Ok(Self::sealed(element.raw)),
        };
        // The wrong password may leave padding that is right; what is inside then is no key.
        let inside = Reader::new(&opened.bytes).any().and_then(|inside| pkcs8(&inside));
        Ok(match inside {
            Ok(identity) => {
                opener.keep(identity, &opened.bytes);
                Self { identity, protection: opened.protection }
            }
            Err(_) => Self::sealed(element.raw),
        })
    }
}

/// AlgorithmIdentifier of RSA, RFC 3279 §2.3.1.
const RSA: [u8; 15] = [0x30, 13, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1, tag::NULL, 0];
/// OBJECT IDENTIFIER id-ecPublicKey, RFC 5480 §2.1.1.
const EC: [u8; 9] = [6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1];
/// AlgorithmIdentifier of Ed25519, RFC 8410 §3.
const ED25519: [u8; 7] = [0x30, 5, 6, 3, 0x2B, 0x65, 0x70];

/// PrivateKeyInfo, RFC 5958 §2.
pub(super) fn pkcs8(element: &Element<'_>) -> Result<KeyIdentity, DerError> {
    let mut fields = element.inside();
    fields.take(tag::INTEGER)?;
    let algorithm = fields.take(tag::SEQUENCE)?;
    let wrapped = fields.take(tag::OCTET_STRING)?;
    let mut inside = algorithm.inside();
    let name = inside.oid()?;
    if name == oid::RSA_ENCRYPTION || name == oid::RSASSA_PSS {
        return rsa(&Reader::new(wrapped.content).any()?, algorithm.raw);
    }
    if name == oid::EC_PUBLIC_KEY {
        let parameters = inside.any()?;
        return sec1(&Reader::new(wrapped.content).any()?, Some(parameters.raw));
    }
    if name == oid::ED25519 {
        let seed = Reader::new(wrapped.content).take(tag::OCTET_STRING)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.content);
        let pair = pair.map_err(|_| seed.unreadable())?;
        return Ok(public(algorithm.raw, pair.public_key().as_ref()));
    }
    // The public half may stand beside the private one (RFC 5958 §2, publicKey).
    while !fields.is_empty() {
        let field = fields.any()?;
        if let (true, [0, key @ ..]) = (field.tag == tag::context(1), field.content) {
            return Ok(public(algorithm.raw, key));
        }
    }
    Ok(KeyIdentity::Unknown)
}

/// RSAPrivateKey, RFC 8017 §A.1.2: the modulus and the public exponent come first.
fn rsa(element: &Element<'_>, algorithm: &[u8]) -> Result<KeyIdentity, DerError> {
    let mut fields = element.inside();
    fields.take(tag::INTEGER)?;
    let modulus = fields.take(tag::INTEGER)?;
    let exponent = fields.take(tag::INTEGER)?;
    let key = encode(tag::SEQUENCE, &[modulus.raw, exponent.raw].concat());
    Ok(public(algorithm, &key))
}

/// ECPrivateKey, RFC 5915 §3; the curve may stand outside.
fn sec1(element: &Element<'_>, curve: Option<&[u8]>) -> Result<KeyIdentity, DerError> {
    let mut fields = element.inside();
    fields.take(tag::INTEGER)?;
    fields.take(tag::OCTET_STRING)?;
    let own = fields.optional(tag::constructed(0))?;
    let point = fields.optional(tag::constructed(1))?;
    let (Some(curve), Some(point)) = (curve.or(own.as_ref().map(|own| own.content)), point) else {
        return Ok(KeyIdentity::Unknown);
    };
    match point.inside().take(tag::BIT_STRING)?.content {
        [0, point @ ..] => Ok(ec(curve, point)),
        _ => Err(point.unreadable()),
    }
}

/// A key of this modulus and exponent, INTEGERs.
pub(super) fn rsa_of(modulus: &[u8], exponent: &[u8]) -> KeyIdentity {
    let numbers = [encode(tag::INTEGER, modulus), encode(tag::INTEGER, exponent)].concat();
    public(&RSA, &encode(tag::SEQUENCE, &numbers))
}

/// A key on this curve, an encoded parameter.
pub(super) fn ec(curve: &[u8], point: &[u8]) -> KeyIdentity {
    public(&encode(tag::SEQUENCE, &[&EC, curve].concat()), point)
}

/// A key of Ed25519.
pub(super) fn ed25519(key: &[u8]) -> KeyIdentity {
    public(&ED25519, key)
}

/// The hash of a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
fn public(algorithm: &[u8], key: &[u8]) -> KeyIdentity {
    let key = encode(tag::BIT_STRING, &[&[0], key].concat());
    KeyIdentity::Public(sha256(&encode(tag::SEQUENCE, &[algorithm, &key].concat())))
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref().try_into().expect("SHA-256 gives 32 bytes")
}
