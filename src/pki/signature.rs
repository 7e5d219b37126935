//! Signatures of certificates and lists (RFC 5280 §4.1.1.3): which algorithms count, through ring.

use ring::signature::{self as algorithms, RsaParameters, RsaPublicKeyComponents};
use ring::signature::{UnparsedPublicKey, VerificationAlgorithm};

use crate::x509::{AlgorithmIdentifier, Oid, PssParameters, PublicKey, oid};

#[cfg(feature = "dsa")]
mod dsa;

/// The least size of an RSA modulus that is not [weak](Weakness::RsaKey), in bits.
pub const LEAST_RSA_BITS: usize = 2048;

/// Why a signature that holds proves little.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Weakness {
    /// DSA, which FIPS 186-5 withdrew.
    Dsa {
        /// The size of its modulus, in whole bytes.
        bits: usize,
    },
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
/// in MGF1, and a salt of its size; ECDSA over P-256 and P-384 with SHA-256 or SHA-384; Ed25519. With the feature
/// `dsa`, DSA with SHA-1 or SHA-256 (always weak).
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
        #[cfg(feature = "dsa")]
        PublicKey::Other { algorithm: kind, .. } if kind.oid == oid::DSA => {
            dsa::verify(key.dsa().ok_or_else(unsupported)?, algorithm, message, signature)
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

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
        RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
    };

    use super::super::sample::{der, sequence};
    use super::*;

    const MESSAGE: &[u8] = b"what is signed";

    fn algorithm(oid: &str, parameters: Option<Vec<u8>>) -> AlgorithmIdentifier {
        AlgorithmIdentifier { oid: oid.parse().expect("dotted"), parameters }
    }

    /// RSASSA-PSS-params: last arcs of the hash and of the one in MGF1 (1 is SHA-256), length of the salt.
    fn pss_of(hash: u8, mask: u8, salt: u8) -> AlgorithmIdentifier {
        let sha2 = |last| {
            let oid = der(6, &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last]);
            sequence(&[oid, vec![5, 0]])
        };
        let mgf1 = der(6, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 8]);
        let parameters = sequence(&[
            der(0xA0, &sha2(hash)),
            der(0xA1, &sequence(&[mgf1, sha2(mask)])),
            der(0xA2, &der(2, &[salt])),
        ]);
        algorithm(oid::RSASSA_PSS, Some(parameters))
    }

    /// A key of the test PKI, RSA 2048: public on purpose.
    fn rsa_key() -> (RsaKeyPair, PublicKey) {
        let pem = include_bytes!("../../certs-test/keys/org-sign.pem");
        let (_, pkcs8) = pem_rfc7468::decode_vec(pem).expect("PEM");
        let pair = RsaKeyPair::from_pkcs8(&pkcs8).expect("an RSA key");
        let public: ring::rsa::PublicKeyComponents<Vec<u8>> = pair.public().into();
        (pair, PublicKey::Rsa { modulus: public.n, exponent: public.e })
    }

    fn rsa_sign(pair: &RsaKeyPair, encoding: &'static dyn RsaEncoding) -> Vec<u8> {
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(encoding, &SystemRandom::new(), MESSAGE, &mut signature).expect("signs");
        signature
    }

    fn ecdsa(
        scheme: &'static EcdsaSigningAlgorithm,
        curve: &str,
        content: &[u8],
    ) -> (PublicKey, Vec<u8>) {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(scheme, &random).expect("a key is made");
        let pair = EcdsaKeyPair::from_pkcs8(scheme, pkcs8.as_ref(), &random).expect("just made");
        let kind = algorithm(oid::EC_PUBLIC_KEY, Some(der(6, content)));
        assert_eq!(kind.named_curve().as_ref().map(Oid::as_str), Some(curve));
        let key = PublicKey::Other { algorithm: kind, key: pair.public_key().as_ref().to_vec() };
        (key, pair.sign(&random, MESSAGE).expect("signs").as_ref().to_vec())
    }

    #[test]
    fn a_signature_holds_for_its_own_key_message_and_algorithm_only() {
        let (pair, rsa) = rsa_key();
        let p256 = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7];
        let (p256, p256_signature) = ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING, oid::P256, &p256);
        let p384 = [0x2B, 0x81, 4, 0, 0x22];
        let (p384, p384_signature) = ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING, oid::P384, &p384);
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key is made");
        let ed25519 = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).expect("just made");
        let ed25519_signature = ed25519.sign(MESSAGE).as_ref().to_vec();
        let kind = algorithm(oid::ED25519, None);
        let ed25519 =
            PublicKey::Other { algorithm: kind, key: ed25519.public_key().as_ref().to_vec() };
        let null = || Some(vec![5, 0]);
        let cases = [
            (&rsa, algorithm(oid::SHA256_WITH_RSA, null()), rsa_sign(&pair, &RSA_PKCS1_SHA256)),
            (&rsa, algorithm(oid::SHA384_WITH_RSA, null()), rsa_sign(&pair, &RSA_PKCS1_SHA384)),
            (&rsa, algorithm(oid::SHA512_WITH_RSA, null()), rsa_sign(&pair, &RSA_PKCS1_SHA512)),
            (&rsa, pss_of(1, 1, 32), rsa_sign(&pair, &RSA_PSS_SHA256)),
            (&rsa, pss_of(2, 2, 48), rsa_sign(&pair, &RSA_PSS_SHA384)),
            (&rsa, pss_of(3, 3, 64), rsa_sign(&pair, &RSA_PSS_SHA512)),
            (&p256, algorithm(oid::ECDSA_WITH_SHA256, None), p256_signature),
            (&p384, algorithm(oid::ECDSA_WITH_SHA384, None), p384_signature),
            (&ed25519, algorithm(oid::ED25519, None), ed25519_signature),
        ];
        for (index, (key, _, signature)) in cases.iter().enumerate() {
            for (other, (_, algorithm, _)) in cases.iter().enumerate() {
                let holds = verify(key, algorithm, MESSAGE, signature) == Ok(vec![]);
                assert_eq!(holds, index == other, "{index} {other}");
            }
            let (key, algorithm, signature) = &cases[index];
            let changed = verify(key, algorithm, b"something else", signature);
            assert_eq!(changed, Err(SignatureError::Wrong));
        }
    }

    #[test]
    fn parameters_of_pss_that_nobody_writes_are_not_supported() {
        let (pair, rsa) = rsa_key();
        let signature = rsa_sign(&pair, &RSA_PSS_SHA256);
        let unsupported = Err(SignatureError::Unsupported(pss_of(1, 1, 32).oid));
        for algorithm in
            [pss_of(1, 2, 32), pss_of(1, 1, 20), pss_of(4, 4, 32), algorithm(oid::RSASSA_PSS, None)]
        {
            assert_eq!(verify(&rsa, &algorithm, MESSAGE, &signature), unsupported);
        }
    }
}
