//! Test keys, and what certificates and lists need of a key: its public half, its identifier, its signature.

use std::fmt;

use const_oid::db::rfc5912::{
    RSA_ENCRYPTION, SHA_1_WITH_RSA_ENCRYPTION, SHA_256_WITH_RSA_ENCRYPTION,
};
use der::asn1::{BitString, ObjectIdentifier};
use der::{Any, Decode, Document, Encode};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use ring::rand::SystemRandom;
use ring::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::MintError;
use crate::emulate::rsa::RsaKey;

/// An RSA key of `certs-test`: public on purpose, it protects nothing.
///
/// Nothing is decoded until the key is used.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct TestKey {
    pem: &'static str,
}

impl TestKey {
    /// A committed key file, warning line included.
    pub(super) const fn new(pem: &'static str) -> Self {
        Self { pem }
    }

    /// The file: a warning line, then PKCS#8 in PEM.
    pub fn pem(&self) -> &'static str {
        self.pem
    }

    /// The private key, PKCS#8 DER (RFC 5208).
    ///
    /// # Errors
    /// [`MintError::Der`] when the file is not PEM.
    pub fn pkcs8(&self) -> Result<Vec<u8>, MintError> {
        let (_, document) = Document::from_pem(self.pem)?;
        Ok(document.to_vec())
    }

    /// The public half.
    ///
    /// # Errors
    /// [`MintError::Der`] when the file is not an RSA key in PKCS#8 PEM.
    pub fn public(&self) -> Result<PublicKey, MintError> {
        spki(&self.rsa()?.public()?)
    }

    /// The private key, for the operations of a card.
    pub(in crate::emulate) fn rsa(&self) -> Result<RsaKey, MintError> {
        Ok(RsaKey::from_pkcs8(&self.pkcs8()?)?)
    }

    pub(super) fn load(&self, scheme: Scheme) -> Result<Signer, MintError> {
        let pkcs8 = self.pkcs8()?;
        Ok(match scheme {
            Scheme::Sha256 => {
                let pair = RsaKeyPair::from_pkcs8(&pkcs8).map_err(MintError::Key)?;
                Signer::Sha256(Box::new(pair))
            }
            Scheme::Sha1 => Signer::Sha1(self.rsa()?),
        })
    }
}

impl fmt::Debug for TestKey {
    /// Not a secret, but a page of noise.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TestKey")
    }
}

/// How certificates and lists are signed: PKCS#1 v1.5, so that the same bytes give the same signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Scheme {
    /// sha1WithRSAEncryption, the only signature of the PKIs before IGC-Santé, under keys of any size.
    Sha1,
    /// sha256WithRSAEncryption, the only signature of IGC-Santé.
    Sha256,
}

/// A private key, decoded and ready to sign.
pub(super) enum Signer {
    Sha1(RsaKey),
    Sha256(Box<RsaKeyPair>),
}

impl Signer {
    pub(super) fn public(&self) -> Result<PublicKey, MintError> {
        match self {
            Self::Sha1(key) => spki(&key.public()?),
            Self::Sha256(pair) => spki(pair.public_key().as_ref()),
        }
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<BitString, MintError> {
        let signature = match self {
            Self::Sha1(key) => key.sign_sha1(message).map_err(|_| MintError::Signature)?,
            Self::Sha256(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                // The padding of PKCS#1 v1.5 draws nothing; ring takes the generator for blinding only.
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                    .map_err(|_| MintError::Signature)?;
                signature
            }
        };
        Ok(BitString::from_bytes(&signature)?)
    }

    /// The `AlgorithmIdentifier` of [`sign`](Self::sign).
    pub(super) fn algorithm(&self) -> AlgorithmIdentifierOwned {
        with_null(match self {
            Self::Sha1(_) => SHA_1_WITH_RSA_ENCRYPTION,
            Self::Sha256(_) => SHA_256_WITH_RSA_ENCRYPTION,
        })
    }
}

/// A public key to certify.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PublicKey(pub(super) SubjectPublicKeyInfoOwned);

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo` in DER (RFC 5280 §4.1.2.7), as found in a request.
    ///
    /// # Errors
    /// [`MintError::Der`] when it is not one.
    pub fn from_der(bytes: &[u8]) -> Result<Self, MintError> {
        Ok(Self(SubjectPublicKeyInfoOwned::from_der(bytes)?))
    }

    /// The `SubjectPublicKeyInfo` in DER.
    ///
    /// # Errors
    /// [`MintError::Der`] when it is too long for DER.
    pub fn to_der(&self) -> Result<Vec<u8>, MintError> {
        Ok(self.0.to_der()?)
    }

    /// SHA-1 of the bit string (RFC 5280 §4.2.1.2, method 1).
    pub(super) fn identifier(&self) -> Vec<u8> {
        sha1(self.0.subject_public_key.raw_bytes())
    }

    /// SHA-1 of the whole `SubjectPublicKeyInfo`, what the platform writes since the end of 2022
    /// (IGC-Santé fact sheet §5).
    pub(super) fn whole_identifier(&self) -> Result<Vec<u8>, MintError> {
        Ok(sha1(&self.to_der()?))
    }
}

/// The public key of this `RSAPublicKey`.
fn spki(key: &[u8]) -> Result<PublicKey, MintError> {
    Ok(PublicKey(SubjectPublicKeyInfoOwned {
        algorithm: with_null(RSA_ENCRYPTION),
        subject_public_key: BitString::from_bytes(key)?,
    }))
}

fn sha1(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec()
}

/// RSA algorithms carry an explicit NULL (RFC 4055 §1.2 and §5).
fn with_null(oid: ObjectIdentifier) -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid, parameters: Some(Any::null()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Authority, product_key};
    use super::*;

    #[test]
    fn a_key_file_says_that_it_is_public_on_purpose() {
        let authorities = Authority::all().map(Authority::key);
        for key in authorities.chain(product_key("org-sign")) {
            let (warning, rest) = key.pem().split_once('\n').expect("two lines");
            assert_eq!(warning, "PUBLIC ON PURPOSE — cpskit test key, protects nothing");
            assert!(rest.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        }
    }

    #[test]
    fn authorities_have_4096_bits_and_products_2048() {
        let bits = |key: TestKey| {
            let pair = RsaKeyPair::from_pkcs8(&key.pkcs8().expect("PEM")).expect("RSA");
            pair.public().modulus_len() * 8
        };
        assert!(Authority::all().all(|authority| bits(authority.key()) == 4096));
        assert_eq!(product_key("serv-ssl").map(bits), Some(2048));
    }

    #[test]
    fn the_same_message_has_the_same_signature() {
        let signer = product_key("org-sign").expect("embedded").load(Scheme::Sha256).expect("RSA");
        let signature = signer.sign(b"message").expect("signed");
        assert_eq!(signature, signer.sign(b"message").expect("signed"));
    }

    #[test]
    fn a_public_key_is_read_back_and_refused_when_truncated() {
        let key = product_key("ps-auth").expect("embedded").public().expect("RSA");
        let bytes = key.to_der().expect("short");
        assert_eq!(PublicKey::from_der(&bytes).expect("whole"), key);
        assert!((0..bytes.len()).all(|end| PublicKey::from_der(&bytes[..end]).is_err()));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = PublicKey::from_der(&bytes);
        }
    }
}
