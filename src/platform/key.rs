//! Keys made here: RSA 2048, PKCS#8, and the certification request (PKCS#10, RFC 2986) that proves their possession.

use std::fmt;

use der::asn1::{
    Any, BitString, Null, OctetStringRef, PrintableStringRef, SetOfVec, Utf8StringRef,
};
use der::oid::db::{rfc4519, rfc5912};
use der::{Decode, Encode, Sequence};
use pkcs5::{EncryptionScheme, pbes2};
use ring::digest::{self, digest};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{
    KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::request::{CertReq, CertReqInfo, Version};
use x509_cert::spki::{
    AlgorithmIdentifierOwned, AlgorithmIdentifierRef, SubjectPublicKeyInfoOwned,
};
use zeroize::Zeroizing;

use super::journal::KeyHash;
use super::want::{Names, Want};
use crate::secret::Secret;
use crate::store::{self, SecretKey};

/// Its size in bits: that of the certificates of IGC-Santé (platform fact sheet §6.1).
const BITS: usize = 2048;
/// Rounds of PBKDF2: as many as OWASP asks for with HMAC-SHA-256.
const ROUNDS: u32 = 600_000;
/// `ub-common-name` of RFC 5280, in characters.
const LONGEST_COMMON_NAME: usize = 64;

/// A private key, in memory that is zeroed.
pub struct LocalKey {
    /// RSAPrivateKey in DER (RFC 8017 §A.1.2).
    private: Zeroizing<Vec<u8>>,
    /// SubjectPublicKeyInfo.
    public: SubjectPublicKeyInfoOwned,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    Randomness,
    /// The file holds no key of ours, or another password protects it.
    #[error("the file holds no private key that can be read with this password")]
    Unreadable,
    /// What was made does not work when it is tried: it is not used.
    #[error("the key or the certification request that was made does not verify")]
    SelfCheck,
}

impl LocalKey {
    /// Makes one: RSA, 2048 bits, public exponent 65537. It takes a second or so.
    ///
    /// # Errors
    /// [`KeyError::Randomness`], [`KeyError::SelfCheck`].
    pub fn generate() -> Result<Self, KeyError> {
        // The generator of `rsa` ends the process when there is no randomness: asked before, it is an error.
        random::<1>()?;
        let made = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, BITS);
        let made = made.map_err(|_| KeyError::Randomness)?;
        let private = made.to_pkcs1_der().map_err(|_| KeyError::SelfCheck)?;
        Self::from_pkcs1(private.as_bytes()).ok_or(KeyError::SelfCheck)
    }

    /// Reads what [`to_pem`](Self::to_pem) wrote, or any file with one RSA key of 2048 bits or more.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`].
    pub fn from_pem(pem: &[u8], password: Option<&Secret<String>>) -> Result<Self, KeyError> {
        let read = store::read_with_keys(pem, password).map_err(|_| KeyError::Unreadable)?;
        match &read.1[..] {
            [SecretKey::Rsa(key)] => Self::from_pkcs1(key.expose()).ok_or(KeyError::Unreadable),
            _ => Err(KeyError::Unreadable),
        }
    }

    /// PKCS#8 in PEM, encrypted (PBES2, PBKDF2 with HMAC-SHA-256, AES-256-CBC) when there is a password.
    ///
    /// # Errors
    /// [`KeyError::Randomness`].
    pub fn to_pem(&self, password: Option<&Secret<String>>) -> Result<Zeroizing<String>, KeyError> {
        let clear = encoded(&PrivateKeyInfo {
            version: 0,
            algorithm: AlgorithmIdentifierRef {
                oid: rfc5912::RSA_ENCRYPTION,
                parameters: Some(Null.into()),
            },
            key: OctetStringRef::new(&self.private).expect("a key is far shorter than 256 MiB"),
        });
        let Some(password) = password else { return Ok(pem("PRIVATE KEY", &clear)) };
        let scheme = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(
            ROUNDS,
            &random::<16>()?,
            random()?,
        )
        .expect("rounds and lengths are in range");
        // As long as the clear text, and padded to whole blocks of 16 octets.
        let mut buffer = Zeroizing::new(clear.to_vec());
        buffer.resize(clear.len() + 16, 0);
        let sealed = scheme
            .encrypt_in_place(password.expose(), &mut buffer, clear.len())
            .expect("the padding has room");
        let sealed = encoded(&EncryptedPrivateKeyInfo {
            scheme: EncryptionScheme::Pbes2(scheme),
            sealed: OctetStringRef::new(sealed).expect("a key is far shorter than 256 MiB"),
        });
        Ok(pem("ENCRYPTED PRIVATE KEY", &sealed))
    }

    /// SHA-256 of its SubjectPublicKeyInfo.
    pub fn hash(&self) -> KeyHash {
        let found = digest(&digest::SHA256, &encoded(&self.public));
        found.as_ref().try_into().expect("SHA-256 is 32 octets")
    }

    /// The request for a certificate, in DER, signed with SHA-256, read back and verified. The platform ignores its subject,
    /// which is there for people: country, structure, and the name as far as a CN holds it.
    ///
    /// # Errors
    /// [`KeyError::SelfCheck`].
    pub fn csr(&self, want: &Want) -> Result<Vec<u8>, KeyError> {
        self.request(want).ok_or(KeyError::SelfCheck)
    }

    fn request(&self, want: &Want) -> Option<Vec<u8>> {
        let info = CertReqInfo {
            version: Version::V1,
            subject: subject(want).ok()?,
            public_key: self.public.clone(),
            attributes: SetOfVec::default(),
        };
        let signed = info.to_der().ok()?;
        let pair = RsaKeyPair::from_der(&self.private).ok()?;
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &signed, &mut signature).ok()?;
        let request = CertReq {
            info,
            algorithm: AlgorithmIdentifierOwned {
                oid: rfc5912::SHA_256_WITH_RSA_ENCRYPTION,
                parameters: Some(Any::null()),
            },
            signature: BitString::from_bytes(&signature).ok()?,
        };
        let written = request.to_der().ok()?;
        let read = CertReq::from_der(&written).ok().filter(|read| *read == request)?;
        let public = read.info.public_key.subject_public_key.as_bytes()?;
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public)
            .verify(&read.info.to_der().ok()?, read.signature.as_bytes()?)
            .ok()?;
        Some(written)
    }

    /// `None` for a key that ring does not take: too small, or inconsistent.
    fn from_pkcs1(der: &[u8]) -> Option<Self> {
        let pair = RsaKeyPair::from_der(der).ok()?;
        let public = SubjectPublicKeyInfoOwned {
            algorithm: AlgorithmIdentifierOwned {
                oid: rfc5912::RSA_ENCRYPTION,
                parameters: Some(Any::null()),
            },
            subject_public_key: BitString::from_bytes(pair.public_key().as_ref()).ok()?,
        };
        Some(Self { private: Zeroizing::new(der.to_vec()), public })
    }
}

impl fmt::Debug for LocalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalKey")
    }
}

/// PrivateKeyInfo of RFC 5208 §5, which is version 1 of RFC 5958.
#[derive(Sequence)]
struct PrivateKeyInfo<'k> {
    version: u8,
    algorithm: AlgorithmIdentifierRef<'k>,
    key: &'k OctetStringRef,
}

/// EncryptedPrivateKeyInfo of RFC 5208 §6.
#[derive(Sequence)]
struct EncryptedPrivateKeyInfo<'k> {
    scheme: EncryptionScheme,
    sealed: &'k OctetStringRef,
}

fn encoded(value: &impl Encode) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(value.to_der().expect("what is made here can be encoded"))
}

fn pem(label: &'static str, der: &[u8]) -> Zeroizing<String> {
    let text = der::pem::encode_string(label, der::pem::LineEnding::LF, der);
    Zeroizing::new(text.expect("a label that PEM allows"))
}

fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| KeyError::Randomness)?;
    Ok(bytes)
}

/// `C=FR, OU=…, CN=…`, in the encoding of IGC-Santé: PrintableString for the country, UTF8String elsewhere.
fn subject(want: &Want) -> der::Result<Name> {
    let country = Any::encode_from(&PrintableStringRef::new("FR")?)?;
    let unit = Any::encode_from(&Utf8StringRef::new(want.structure.as_str())?)?;
    let mut names = vec![(rfc4519::COUNTRY_NAME, country), (rfc4519::OU, unit)];
    let common_name = match &want.names {
        Names::Service(name) | Names::Mailbox(name) | Names::Server { fqdn: name, .. } => name,
        Names::Holder => "",
    };
    if (1..=LONGEST_COMMON_NAME).contains(&common_name.chars().count()) {
        let value = Any::encode_from(&Utf8StringRef::new(common_name)?)?;
        names.push((rfc4519::COMMON_NAME, value));
    }
    let mut sequence = RdnSequence::default();
    for (oid, value) in names {
        let attribute = AttributeTypeAndValue { oid, value };
        sequence.push(RelativeDistinguishedName::from(SetOfVec::try_from([attribute])?));
    }
    Name::from_der(&sequence.to_der()?)
}
