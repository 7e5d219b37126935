//! A key in a file: PKCS#12 (old and new encryption), PKCS#8 (clear or encrypted), PKCS#1, SEC 1, Java key stores; PEM or DER;
//! the certificates in the same file or in another.

use std::fmt;

use ring::rand::SystemRandom;
use ring::rsa::KeyPair as RsaKeyPair;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding,
};

use super::{Credential, Error, Hash, Nature, Scheme};
use crate::secret::Secret;
use crate::store::{self, KeyIdentity, PrivateKey, SecretKey, StoreError};
use crate::x509::{Certificate, Environment, PublicKey, oid};

/// A key that was read from a file, with its certificates. Nothing of it is shown, logged or written.
pub struct FileCredential {
    key: Key,
    chain: Vec<Certificate>,
}

/// Why a file gives no credential.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The private key is not that of any certificate.
    #[error(
        "the private key is not that of {}",
        if *.certificates == 1 { "the certificate".to_owned() } else { format!("any of the {} certificates", .certificates) }
    )]
    Mismatch {
        /// How many certificates were tried.
        certificates: usize,
    },
    /// There is no certificate.
    #[error("there is a private key, but no certificate for it")]
    NoCertificate,
    /// There is no private key.
    #[error("there is no private key")]
    NoKey,
    /// Several private keys: none is chosen for the user.
    #[error("there are {} private keys: {}", .keys.len(), .keys.join(", "))]
    SeveralKeys {
        /// Each by what it is, with the subject of its certificate where there is one.
        keys: Vec<String>,
    },
    /// The file, or a part of it that is needed, cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key that is encrypted by the means of RFC 1421 (`Proc-Type: 4,ENCRYPTED`), which are too weak to be read.
    #[error(
        "the private key is encrypted in the traditional form of PEM (Proc-Type), which is not supported"
    )]
    Traditional,
    /// A key that is not used: too small, too large, of another algorithm or curve.
    #[error(
        "keys like this one ({kind}) are not used: RSA of 2048 to 4096 bits, P-256, P-384 and Ed25519 are"
    )]
    Unsupported {
        /// What it is.
        kind: &'static str,
    },
}

impl FileCredential {
    /// Reads the key and its certificates. They may stand in one file, or the certificates in `certificates` and the key in
    /// `key`. Of several certificates the key's own comes first, then its issuers as far as the file has them.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn read(
        certificates: &[u8],
        key: Option<&[u8]>,
        password: Option<&Secret<String>>,
    ) -> Result<Self, FileError> {
        let (contents, mut keys) = store::read_with_keys(certificates, password)?;
        let mut is_traditional = contents.is_traditional();
        let mut found = contents.keys;
        if let Some(key) = key {
            let (of_key, own) = store::read_with_keys(key, password)?;
            is_traditional = of_key.is_traditional();
            (keys, found) = (own, of_key.keys);
        }
        let certificates = contents.certificates;
        let key = match keys.as_slice() {
            [] if is_traditional => return Err(FileError::Traditional),
            [] if found.iter().any(is_sealed) => {
                return Err(FileError::Store(match password {
                    None => StoreError::PasswordNeeded,
                    Some(_) => StoreError::PasswordWrong,
                }));
            }
            [] => return Err(FileError::NoKey),
            [key] => key,
            several => {
                let keys = several.iter().map(|key| told(key, &certificates)).collect();
                return Err(FileError::SeveralKeys { keys });
            }
        };
        if certificates.is_empty() {
            return Err(FileError::NoCertificate);
        }
        let opened = certificates.iter().find_map(|leaf| match Key::of(key, leaf) {
            Ok(key) => key.map(|key| Ok((key, leaf))),
            Err(error) => Some(Err(error)),
        });
        let Some(opened) = opened else {
            return Err(FileError::Mismatch { certificates: certificates.len() });
        };
        let (key, leaf) = opened?;
        let chain = chain(leaf, &certificates);
        Ok(Self { key, chain })
    }
}

fn is_sealed(key: &PrivateKey) -> bool {
    matches!(key.identity, KeyIdentity::Sealed(_))
}

/// What a key is, and whose.
fn told(key: &SecretKey, certificates: &[Certificate]) -> String {
    let kind = kind(key);
    let of = certificates.iter().find(|found| matches!(Key::of(key, found), Ok(Some(_))));
    match of {
        Some(certificate) => format!("{kind} of {}", certificate.subject()),
        None => format!("{kind} without a certificate"),
    }
}

fn kind(key: &SecretKey) -> &'static str {
    match key {
        SecretKey::Ec(_) => "elliptic curve",
        SecretKey::Ed25519(_) => "Ed25519",
        SecretKey::Rsa(_) => "RSA",
        _ => "of another algorithm",
    }
}

/// The certificate, then its issuers as far as they are there.
fn chain(leaf: &Certificate, certificates: &[Certificate]) -> Vec<Certificate> {
    let mut chain = vec![leaf.clone()];
    while let Some(last) = chain.last() {
        let issuer = last.issuer().raw();
        let next = certificates.iter().find(|found| {
            found.subject().raw() == issuer && !chain.iter().any(|known| known == *found)
        });
        match next {
            Some(next) => chain.push(next.clone()),
            None => break,
        }
    }
    chain
}

impl fmt::Debug for FileCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = self.chain.first().map(|leaf| leaf.subject().to_string());
        f.debug_struct("FileCredential").field("subject", &subject).finish_non_exhaustive()
    }
}

impl Credential for FileCredential {
    fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    fn schemes(&self) -> &[Scheme] {
        match self.key {
            Key::Rsa(_) => &[
                Scheme::RsaPss(Hash::Sha256),
                Scheme::RsaPss(Hash::Sha384),
                Scheme::RsaPss(Hash::Sha512),
                Scheme::RsaPkcs1(Hash::Sha256),
                Scheme::RsaPkcs1(Hash::Sha384),
                Scheme::RsaPkcs1(Hash::Sha512),
            ],
            Key::P256(_) => &[Scheme::EcdsaP256Sha256],
            Key::P384(_) => &[Scheme::EcdsaP384Sha384],
            Key::Ed25519(_) => &[Scheme::Ed25519],
        }
    }

    /// The key was compared with the certificate when it was read, and ring verifies what it signs with RSA.
    fn sign(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, Error> {
        let random = SystemRandom::new();
        let signed = match (&self.key, scheme) {
            (Key::Rsa(pair), scheme) => {
                let padding = padding(scheme).ok_or(Error::Scheme(scheme))?;
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(padding, &random, message, &mut signature).map(|()| signature)
            }
            (Key::P256(pair), Scheme::EcdsaP256Sha256)
            | (Key::P384(pair), Scheme::EcdsaP384Sha384) => {
                pair.sign(&random, message).map(|signature| signature.as_ref().to_vec())
            }
            (Key::Ed25519(pair), Scheme::Ed25519) => Ok(pair.sign(message).as_ref().to_vec()),
            (_, scheme) => return Err(Error::Scheme(scheme)),
        };
        signed.map_err(|_| Error::Key)
    }

    fn nature(&self) -> Nature {
        let leaf = self.chain.first();
        match leaf.and_then(Certificate::environment) {
            Some(Environment::Emulated) => Nature::Emulated,
            _ => Nature::Real,
        }
    }
}

/// SHA-1 is not signed with a key in a file.
fn padding(scheme: Scheme) -> Option<&'static dyn RsaEncoding> {
    Some(match scheme {
        Scheme::RsaPkcs1(Hash::Sha256) => &RSA_PKCS1_SHA256,
        Scheme::RsaPkcs1(Hash::Sha384) => &RSA_PKCS1_SHA384,
        Scheme::RsaPkcs1(Hash::Sha512) => &RSA_PKCS1_SHA512,
        Scheme::RsaPss(Hash::Sha256) => &RSA_PSS_SHA256,
        Scheme::RsaPss(Hash::Sha384) => &RSA_PSS_SHA384,
        Scheme::RsaPss(Hash::Sha512) => &RSA_PSS_SHA512,
        _ => return None,
    })
}

/// A key, ready to sign.
enum Key {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Rsa(Box<RsaKeyPair>),
}

impl Key {
    /// The key, if it is that of the certificate; [`FileError::Unsupported`] when it is none that is used.
    fn of(key: &SecretKey, certificate: &Certificate) -> Result<Option<Self>, FileError> {
        let unsupported = FileError::Unsupported { kind: kind(key) };
        let Ok(public) = certificate.public_key() else { return Ok(None) };
        match (key, public) {
            (SecretKey::Rsa(der), PublicKey::Rsa { .. }) => {
                let pair = RsaKeyPair::from_der(der.expose()).map_err(|_| unsupported)?;
                let theirs = PublicKey::bits(certificate.spki());
                let is_own = theirs.is_ok_and(|theirs| pair.public().as_ref() == theirs);
                Ok(is_own.then(|| Self::Rsa(Box::new(pair))))
            }
            (SecretKey::Ec(scalar), PublicKey::Other { algorithm, key: point }) => {
                let curve = algorithm.named_curve();
                let pair = |algorithm: &'static EcdsaSigningAlgorithm, length| {
                    elliptic(algorithm, scalar, &point, length)
                };
                match curve {
                    Some(curve) if curve == oid::P256 => {
                        Ok(pair(&ECDSA_P256_SHA256_ASN1_SIGNING, 32).map(Self::P256))
                    }
                    Some(curve) if curve == oid::P384 => {
                        Ok(pair(&ECDSA_P384_SHA384_ASN1_SIGNING, 48).map(Self::P384))
                    }
                    Some(_) if algorithm.oid == oid::EC_PUBLIC_KEY => Err(unsupported),
                    _ => Ok(None),
                }
            }
            (SecretKey::Ed25519(seed), PublicKey::Other { algorithm, key })
                if algorithm.oid == oid::ED25519 =>
            {
                let pair = Ed25519KeyPair::from_seed_and_public_key(seed.expose(), &key);
                Ok(pair.ok().map(Self::Ed25519))
            }
            (SecretKey::Ec(_) | SecretKey::Ed25519(_) | SecretKey::Rsa(_), _) => Ok(None),
            _ => Err(unsupported),
        }
    }
}

/// A multiplier and its point, if they belong together. Leading zeros, which some programs leave out, are put back.
fn elliptic(
    algorithm: &'static EcdsaSigningAlgorithm,
    scalar: &Secret<Vec<u8>>,
    point: &[u8],
    length: usize,
) -> Option<EcdsaKeyPair> {
    let short = scalar.expose();
    let missing = length.checked_sub(short.len())?;
    let full = Secret::new([vec![0; missing], short.clone()].concat());
    let random = SystemRandom::new();
    let pair =
        EcdsaKeyPair::from_private_key_and_public_key(algorithm, full.expose(), point, &random);
    pair.ok().filter(|pair| pair.public_key().as_ref() == point)
}
