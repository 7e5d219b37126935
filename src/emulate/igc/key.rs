//! Test keys, and what certificates and lists need of a key: its public half, its identifier, its signature.

use der::asn1::BitString;
use der::{Any, Decode, Document, Encode};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use ring::rand::SystemRandom;
use ring::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use const_oid::db::rfc5912::{RSA_ENCRYPTION, SHA_256_WITH_RSA_ENCRYPTION};

use super::MintError;

/// An RSA key of `certs-test`: public on purpose, it protects nothing.
///
/// Nothing is decoded until the key is used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
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
    /// [`MintError::Der`] or [`MintError::Key`] when the file is not an RSA key in PKCS#8 PEM.
    pub fn public(&self) -> Result<PublicKey, MintError> {
        self.load()?.public()
    }

    pub(super) fn load(&self) -> Result<Signer, MintError> {
        RsaKeyPair::from_pkcs8(&self.pkcs8()?).map(Signer).map_err(MintError::Key)
    }
}

/// A private key, decoded and ready to sign.
pub(super) struct Signer(RsaKeyPair);

impl Signer {
    pub(super) fn public(&self) -> Result<PublicKey, MintError> {
        Ok(PublicKey(SubjectPublicKeyInfoOwned {
            algorithm: with_null(RSA_ENCRYPTION),
            subject_public_key: BitString::from_bytes(self.0.public_key().as_ref())?,
        }))
    }

    /// sha256WithRSAEncryption (PKCS#1 v1.5), the only signature of IGC-Santé: the same bytes give the same signature.
    pub(super) fn sign(&self, message: &[u8]) -> Result<BitString, MintError> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        // The padding of PKCS#1 v1.5 draws nothing; ring takes the generator for blinding only.
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| MintError::Signature)?;
        Ok(BitString::from_bytes(&signature)?)
    }

    /// The `AlgorithmIdentifier` of [`sign`](Self::sign).
    pub(super) fn algorithm() -> AlgorithmIdentifierOwned {
        with_null(SHA_256_WITH_RSA_ENCRYPTION)
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

fn sha1(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec()
}

/// RSA algorithms carry an explicit NULL (RFC 4055 §1.2 and §5).
fn with_null(oid: der::asn1::ObjectIdentifier) -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid, parameters: Some(Any::null()) }
}
