//! Signatures of certificates and lists (RFC 5280 §4.1.1.3): which algorithms count, through ring.

use ring::signature::{self as algorithms, RsaParameters, RsaPublicKeyComponents};
use ring::signature::{UnparsedPublicKey, VerificationAlgorithm};

use crate::x509::{AlgorithmIdentifier, Oid, PssParameters, PublicKey, oid};

/// The least size of an RSA modulus that is not [weak](Weakness::RsaKey), in bits.
pub const LEAST_RSA_BITS: usize = 2048;

/// Why a signature that holds proves little.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Weakness {
    /// An RSA key under [`LEAST_RSA_BITS`].
    RsaKey {
        /// The size of its modulus.
        bits: usize,
    },
    /// SHA-1, for which collisions are made.
    Sha1,
}

/// Why a signature does not hold.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum SignatureError {
    /// An algorithm, a curve or parameters that this crate does not verify.
    Unsupported(Oid),
    /// It is not the signature of these bytes by this key.
    Wrong,
}

/// Verifies a signature; gives what is weak about it.
///
/// RSA PKCS #1 v1.5 with SHA-1 (weak), SHA-256, SHA-384, SHA-512; RSASSA-PSS with one of the last three, as hash and
/// in MGF1, and a salt of its size; ECDSA over P-256 and P-384 with SHA-256 or SHA-384; Ed25519.
pub(super) fn verify(
    key: &PublicKey,
    algorithm: &AlgorithmIdentifier,
    message: &[u8],
    signature: &[u8],
) -> Result<Vec<Weakness>, SignatureError> {
    let unsupported = || SignatureError::Unsupported(algorithm.oid.clone());
    match key {
        PublicKey::Rsa { modulus, exponent } => {
            let bits = key.rsa_bits().unwrap_or(0);
            let small = bits < LEAST_RSA_BITS;
            // ring counts whole bytes: 2041 bits are 2048 for it, and only its legacy forms go under.
            let legacy = modulus.len() < LEAST_RSA_BITS / 8;
            let parameters = rsa(algorithm, legacy).ok_or_else(unsupported)?;
            let weak = [
                small.then_some(Weakness::RsaKey { bits }),
                (algorithm.oid == oid::SHA1_WITH_RSA).then_some(Weakness::Sha1),
            ];
            RsaPublicKeyComponents { n: modulus, e: exponent }
                .verify(parameters, message, signature)
                .map_err(|_| SignatureError::Wrong)?;
            Ok(weak.into_iter().flatten().collect())
        }
        PublicKey::Other { algorithm: kind, key } => {
            let scheme = other(kind, algorithm).ok_or_else(unsupported)?;
            UnparsedPublicKey::new(scheme, key)
                .verify(message, signature)
                .map_err(|_| SignatureError::Wrong)?;
            Ok(Vec::new())
        }
    }
}

fn rsa(algorithm: &AlgorithmIdentifier, legacy: bool) -> Option<&'static RsaParameters> {
    Some(match (algorithm.oid.as_str(), legacy) {
        (oid::SHA1_WITH_RSA, _) => &algorithms::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        (oid::SHA256_WITH_RSA, true) => &algorithms::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        (oid::SHA512_WITH_RSA, true) => &algorithms::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        (oid::SHA256_WITH_RSA, false) => &algorithms::RSA_PKCS1_2048_8192_SHA256,
        (oid::SHA384_WITH_RSA, false) => &algorithms::RSA_PKCS1_2048_8192_SHA384,
        (oid::SHA512_WITH_RSA, false) => &algorithms::RSA_PKCS1_2048_8192_SHA512,
        (oid::RSASSA_PSS, false) => pss(algorithm)?,
        _ => return None,
    })
}

/// The hash, in the message and in MGF1, with a salt of its size: the only forms that anyone writes.
fn pss(algorithm: &AlgorithmIdentifier) -> Option<&'static RsaParameters> {
    let PssParameters { hash, mask_hash, salt_length } = algorithm.pss()?;
    if mask_hash.as_ref() != Some(&hash) {
        return None;
    }
    Some(match (hash.as_str(), salt_length) {
        (oid::SHA256, 32) => &algorithms::RSA_PSS_2048_8192_SHA256,
        (oid::SHA384, 48) => &algorithms::RSA_PSS_2048_8192_SHA384,
        (oid::SHA512, 64) => &algorithms::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

/// The scheme of a key that is not RSA; the curve is that of the key (RFC 5480 §2.1.1).
fn other(
    kind: &AlgorithmIdentifier,
    algorithm: &AlgorithmIdentifier,
) -> Option<&'static dyn VerificationAlgorithm> {
    let curve = kind.named_curve();
    let curve = curve.as_ref().map(Oid::as_str);
    Some(match (kind.oid.as_str(), curve, algorithm.oid.as_str()) {
        (oid::EC_PUBLIC_KEY, Some(oid::P256), oid::ECDSA_WITH_SHA256) => {
            &algorithms::ECDSA_P256_SHA256_ASN1
        }
        (oid::EC_PUBLIC_KEY, Some(oid::P256), oid::ECDSA_WITH_SHA384) => {
            &algorithms::ECDSA_P256_SHA384_ASN1
        }
        (oid::EC_PUBLIC_KEY, Some(oid::P384), oid::ECDSA_WITH_SHA256) => {
            &algorithms::ECDSA_P384_SHA256_ASN1
        }
        (oid::EC_PUBLIC_KEY, Some(oid::P384), oid::ECDSA_WITH_SHA384) => {
            &algorithms::ECDSA_P384_SHA384_ASN1
        }
        (oid::ED25519, _, oid::ED25519) => &algorithms::ED25519,
        // A key for RSASSA-PSS only, perhaps for one hash only (RFC 4055 §1.2).
        (oid::RSASSA_PSS, _, oid::RSASSA_PSS) => {
            let limit = kind.pss().map(|limit| limit.hash);
            let fits = kind.parameters.is_none() || limit == algorithm.pss().map(|pss| pss.hash);
            if !fits {
                return None;
            }
            pss(algorithm)?
        }
        _ => return None,
    })
}
