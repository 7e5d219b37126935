//! RSA as PKCS#1 has it (RFC 8017), for what `ring` does not do: the raw private operation of a card, SHA-1, keys under
//! 2048 bits. It is not constant in time, and has no need to be: every key here is public.

use std::fmt;

use der::asn1::{OctetStringRef, UintRef};
use der::{Decode, Encode, Sequence};
use num_bigint::BigUint;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use x509_cert::spki::AlgorithmIdentifierOwned;

/// A private key of any size, with the numbers of the Chinese remainder theorem.
pub(super) struct RsaKey {
    modulus: BigUint,
    public_exponent: BigUint,
    prime1: BigUint,
    prime2: BigUint,
    exponent1: BigUint,
    exponent2: BigUint,
    coefficient: BigUint,
    length: usize,
}

/// The block is longer than the modulus, or not smaller than it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct TooLarge;

/// `PrivateKeyInfo`, RFC 5208 §5, without attributes.
#[derive(Sequence)]
struct PrivateKeyInfo<'a> {
    version: u8,
    algorithm: AlgorithmIdentifierOwned,
    key: &'a OctetStringRef,
}

/// `RSAPrivateKey`, RFC 8017 §A.1.2.
#[derive(Sequence)]
struct RsaPrivateKey<'a> {
    version: u8,
    modulus: UintRef<'a>,
    public_exponent: UintRef<'a>,
    private_exponent: UintRef<'a>,
    prime1: UintRef<'a>,
    prime2: UintRef<'a>,
    exponent1: UintRef<'a>,
    exponent2: UintRef<'a>,
    coefficient: UintRef<'a>,
}

/// `RSAPublicKey`, RFC 8017 §A.1.1.
#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    public_exponent: UintRef<'a>,
}

impl RsaKey {
    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, der::Error> {
        let info = PrivateKeyInfo::from_der(der)?;
        let key = RsaPrivateKey::from_der(info.key.as_bytes())?;
        let number = |field: UintRef<'_>| BigUint::from_bytes_be(field.as_bytes());
        let (modulus, primes) = (number(key.modulus), [number(key.prime1), number(key.prime2)]);
        if primes.contains(&BigUint::ZERO) || &primes[0] * &primes[1] != modulus {
            return Err(der::Tag::Integer.value_error().into());
        }
        let [prime1, prime2] = primes;
        Ok(Self {
            modulus,
            public_exponent: number(key.public_exponent),
            prime1,
            prime2,
            exponent1: number(key.exponent1),
            exponent2: number(key.exponent2),
            coefficient: number(key.coefficient),
            length: key.modulus.as_bytes().len(),
        })
    }

    /// Bytes of the modulus.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// `RSAPublicKey` in DER.
    pub(super) fn public(&self) -> Result<Vec<u8>, der::Error> {
        let (modulus, exponent) = (self.modulus.to_bytes_be(), self.public_exponent.to_bytes_be());
        let modulus = UintRef::new(&modulus)?;
        RsaPublicKey { modulus, public_exponent: UintRef::new(&exponent)? }.to_der()
    }

    /// The private operation on a block, RSADP of RFC 8017 §5.1.2 in its second form.
    pub(super) fn raw(&self, block: &[u8]) -> Result<Vec<u8>, TooLarge> {
        let number = BigUint::from_bytes_be(block);
        if block.len() > self.length || number >= self.modulus {
            return Err(TooLarge);
        }
        let first = number.modpow(&self.exponent1, &self.prime1);
        let second = number.modpow(&self.exponent2, &self.prime2);
        let difference = first + &self.prime1 - &second % &self.prime1;
        let result = second + &self.prime2 * (difference * &self.coefficient % &self.prime1);
        let bytes = result.to_bytes_be();
        Ok([vec![0; self.length.saturating_sub(bytes.len())], bytes].concat())
    }

    /// The public operation, which tests undo the private one with.
    #[cfg(test)]
    pub(super) fn raw_public(&self, block: &[u8]) -> Vec<u8> {
        let result = BigUint::from_bytes_be(block).modpow(&self.public_exponent, &self.modulus);
        let bytes = result.to_bytes_be();
        [vec![0; self.length.saturating_sub(bytes.len())], bytes].concat()
    }

    /// RSASSA-PKCS1-v1_5 with SHA-1 (RFC 8017 §8.2.1 and §9.2).
    pub(super) fn sign_sha1(&self, message: &[u8]) -> Result<Vec<u8>, TooLarge> {
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, message);
        self.sign_padded(&[&DIGEST_INFO_SHA1, hash.as_ref()].concat())
    }

    /// The private operation on a payload padded as EMSA-PKCS1-v1_5 pads a `DigestInfo` (RFC 8017 §9.2).
    pub(super) fn sign_padded(&self, payload: &[u8]) -> Result<Vec<u8>, TooLarge> {
        let padding = self.length.checked_sub(payload.len() + 3).filter(|padding| *padding >= 8);
        let padding = vec![0xFF; padding.ok_or(TooLarge)?];
        self.raw(&[&[0, 1][..], &padding, &[0], payload].concat())
    }
}

impl fmt::Debug for RsaKey {
    /// Not a secret, but a page of noise.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RsaKey")
    }
}

/// `DigestInfo` of SHA-1, up to the hash (RFC 8017 §9.2, note 1).
pub(super) const DIGEST_INFO_SHA1: [u8; 15] =
    [0x30, 0x21, 0x30, 9, 6, 5, 0x2B, 0x0E, 3, 2, 0x1A, 5, 0, 4, 0x14];

#[cfg(test)]
mod tests {
    use ring::signature::{RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};

    use super::*;
    use crate::emulate::igc::{LegacyAuthority, product_key};

    #[test]
    fn ring_verifies_what_is_signed_under_keys_of_each_size() {
        for authority in LegacyAuthority::ALL {
            let key = RsaKey::from_pkcs8(&authority.key().pkcs8().expect("PEM")).expect("RSA");
            let public = key.public().expect("short");
            let signature = key.sign_sha1(b"message").expect("signed");
            let public =
                UnparsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, public);
            assert!(public.verify(b"message", &signature).is_ok(), "{authority:?}");
        }
    }

    #[test]
    fn the_public_exponent_undoes_the_private_operation() {
        let pkcs8 = product_key("ps-auth").expect("embedded").pkcs8().expect("PEM");
        let key = RsaKey::from_pkcs8(&pkcs8).expect("RSA");
        for block in [vec![], vec![0], vec![1], vec![2; 255], [&[0][..], &[0xFF; 255]].concat()] {
            let result = key.raw(&block).expect("smaller than the modulus");
            let back = BigUint::from_bytes_be(&key.raw_public(&result));
            assert_eq!((result.len(), back), (256, BigUint::from_bytes_be(&block)));
        }
    }

    #[test]
    fn what_is_not_smaller_than_the_modulus_is_refused() {
        let pkcs8 = product_key("ps-auth").expect("embedded").pkcs8().expect("PEM");
        let key = RsaKey::from_pkcs8(&pkcs8).expect("RSA");
        assert_eq!(key.raw(&[0xFF; 256]), Err(TooLarge));
        assert_eq!(key.raw(&key.modulus.to_bytes_be()), Err(TooLarge));
        assert_eq!(key.raw(&[0; 257]), Err(TooLarge));
        assert_eq!(key.sign_padded(&[1; 246]), Err(TooLarge));
        assert!(key.sign_padded(&[1; 245]).is_ok());
    }

    #[test]
    fn a_key_is_refused_when_truncated() {
        let whole = LegacyAuthority::Classe4.key().pkcs8().expect("PEM");
        assert!((0..whole.len()).all(|end| RsaKey::from_pkcs8(&whole[..end]).is_err()));
    }
}
