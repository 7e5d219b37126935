//! Keys made here: RSA 2048, PKCS#8, and the certification request (PKCS#10, RFC 2986) that proves their possession.

use zeroize::Zeroizing;

use super::journal::KeyHash;
use super::want::Want;
use crate::secret::Secret;

/// A private key, in memory that is zeroed.
pub struct LocalKey {
    _pkcs8: Zeroizing<Vec<u8>>,
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
    /// The request that was made does not verify: it is not used.
    #[error("the certification request that was made does not verify")]
    SelfCheck,
}

impl LocalKey {
    /// Makes one: RSA, 2048 bits, public exponent 65537.
    ///
    /// # Errors
    /// [`KeyError::Randomness`].
    pub fn generate() -> Result<Self, KeyError> {
        todo!()
    }

    /// Reads what [`to_pem`](Self::to_pem) wrote.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`].
    pub fn from_pem(_pem: &[u8], _password: Option<&Secret<String>>) -> Result<Self, KeyError> {
        todo!()
    }

    /// PKCS#8 in PEM, encrypted (PBES2, PBKDF2 with HMAC-SHA-256, AES-256-CBC) when there is a password.
    ///
    /// # Errors
    /// [`KeyError::Randomness`].
    pub fn to_pem(
        &self,
        _password: Option<&Secret<String>>,
    ) -> Result<Zeroizing<String>, KeyError> {
        todo!()
    }

    /// SHA-256 of its SubjectPublicKeyInfo.
    pub fn hash(&self) -> KeyHash {
        todo!()
    }

    /// The request for a certificate, in DER, signed with SHA-256 and read back. The platform ignores its subject.
    ///
    /// # Errors
    /// [`KeyError::SelfCheck`].
    pub fn csr(&self, _want: &Want) -> Result<Vec<u8>, KeyError> {
        todo!()
    }
}

impl std::fmt::Debug for LocalKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LocalKey")
    }
}
