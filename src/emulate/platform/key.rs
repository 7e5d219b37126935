//! Keys that the platform makes: RSA, 2048 bits, one for each request, so that two certificates never share one.

use rsa::RsaPrivateKey;
use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey};
use rsa::rand_core::OsRng;

/// A key that was made.
pub(super) struct MadeKey {
    /// PKCS#8, DER.
    pub(super) pkcs8: Vec<u8>,
    /// SubjectPublicKeyInfo, DER.
    pub(super) spki: Vec<u8>,
}

impl MadeKey {
    /// Takes some tenths of a second. `None` where the system gives no randomness.
    pub(super) fn new() -> Option<Self> {
        let key = RsaPrivateKey::new(&mut OsRng, 2048).ok()?;
        Some(Self {
            pkcs8: key.to_pkcs8_der().ok()?.as_bytes().to_vec(),
            spki: key.to_public_key().to_public_key_der().ok()?.as_bytes().to_vec(),
        })
    }
}
