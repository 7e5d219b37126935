//! RSA as PKCS#1 has it (RFC 8017), for the keys and the hash of before IGC-Santé: `ring` signs neither with SHA-1 nor
//! under 2048 bits. It is not constant in time, and has no need to be: every key here is public.

use der::asn1::{OctetStringRef, UintRef};
use der::{Decode, Encode, Sequence};
use num_bigint::BigUint;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::MintError;

/// A private key of any size.
pub(super) struct RsaKey {
    modulus: Vec<u8>,
    public_exponent: Vec<u8>,
    private_exponent: Vec<u8>,
}

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
    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, MintError> {
        let info = PrivateKeyInfo::from_der(der)?;
        let key = RsaPrivateKey::from_der(info.key.as_bytes())?;
        Ok(Self {
            modulus: key.modulus.as_bytes().to_vec(),
            public_exponent: key.public_exponent.as_bytes().to_vec(),
            private_exponent: key.private_exponent.as_bytes().to_vec(),
        })
    }

    /// `RSAPublicKey` in DER.
    pub(super) fn public(&self) -> Result<Vec<u8>, MintError> {
        let key = RsaPublicKey {
            modulus: UintRef::new(&self.modulus)?,
            public_exponent: UintRef::new(&self.public_exponent)?,
        };
        Ok(key.to_der()?)
    }

    /// RSASSA-PKCS1-v1_5 with SHA-1 (RFC 8017 §8.2.1 and §9.2).
    pub(super) fn sign_sha1(&self, message: &[u8]) -> Result<Vec<u8>, MintError> {
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, message);
        let hashed = [&DIGEST_INFO_SHA1, hash.as_ref()].concat();
        let length = self.modulus.len();
        let padding = length.checked_sub(hashed.len() + 3).ok_or(MintError::Signature)?;
        let encoded = [&[0, 1][..], &vec![0xFF; padding], &[0], &hashed].concat();
        let number = BigUint::from_bytes_be;
        let signature = number(&encoded)
            .modpow(&number(&self.private_exponent), &number(&self.modulus))
            .to_bytes_be();
        let zeros = vec![0; length.saturating_sub(signature.len())];
        Ok([zeros, signature].concat())
    }
}

/// `DigestInfo` of SHA-1, up to the hash (RFC 8017 §9.2, note 1).
const DIGEST_INFO_SHA1: [u8; 15] =
    [0x30, 0x21, 0x30, 9, 6, 5, 0x2B, 0x0E, 3, 2, 0x1A, 5, 0, 4, 0x14];

#[cfg(test)]
mod tests {
    use ring::signature::{RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};

    use super::super::LegacyAuthority;
    use super::*;

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
    fn a_key_is_refused_when_truncated() {
        let whole = LegacyAuthority::Classe4.key().pkcs8().expect("PEM");
        assert!((0..whole.len()).all(|end| RsaKey::from_pkcs8(&whole[..end]).is_err()));
    }
}
