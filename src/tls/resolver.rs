//! The client's certificate and its signature, from a [`Credential`].

use std::fmt;
use std::sync::Arc;

use rustls::client::ResolvesClientCert;
use rustls::pki_types::CertificateDer;
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{SignatureAlgorithm, SignatureScheme};

use super::blocking;
use super::error::Error;
use crate::credential::{Credential, Hash, Scheme};
use crate::x509::Certificate;

/// Answers the server's request for a certificate, in any rustls client. The key signs when a server asks for it and at no
/// other time: once a full handshake, never in a resumed one.
///
/// A credential may leave TLS 1.2 only: see [`Versions::left_by`](super::Versions::left_by).
pub struct Resolver {
    credential: Arc<dyn Credential>,
    key: Arc<CertifiedKey>,
    observer: fn(ClientAuth),
}

/// What became of the client's certificate in a handshake.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClientAuth {
    /// The server did not ask for one.
    #[default]
    NotAsked,
    /// The session is resumed: who the client is was told in an earlier handshake.
    Resumed,
    /// It was shown, and the possession of its key proven.
    Shown {
        /// How the handshake was signed.
        scheme: Scheme,
        /// Whether the server names the authority of the certificate among those it takes.
        hint: IssuerHint,
    },
    /// The server asked for one, and none was shown.
    Withheld(Withheld),
}

/// What a server says of the authorities it takes (certificate_authorities).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IssuerHint {
    /// It names an authority of our chain.
    Named,
    /// It names authorities, and none of our chain: it will likely refuse.
    NotNamed,
    /// It names none.
    Silent,
}

/// Why no certificate was shown to a server that asked for one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Withheld {
    /// There is none.
    NoCredential,
    /// The key makes no signature that the server takes.
    NoScheme,
}

impl Resolver {
    /// Answers with this credential.
    pub fn new(credential: Arc<dyn Credential>) -> Self {
        Self::observed(credential, |_| {})
    }

    /// Also tells what becomes of each request.
    pub(super) fn observed(credential: Arc<dyn Credential>, observer: fn(ClientAuth)) -> Self {
        let key = Arc::new(certified(Arc::clone(&credential)));
        Self { credential, key, observer }
    }

    fn hint(&self, named: &[&[u8]]) -> IssuerHint {
        if named.is_empty() {
            return IssuerHint::Silent;
        }
        let is_named = |found: &Certificate| named.contains(&found.issuer().raw());
        match self.credential.chain().iter().any(is_named) {
            true => IssuerHint::Named,
            false => IssuerHint::NotNamed,
        }
    }
}

/// The chain and the key of a credential, as the TLS library has them on either side.
pub(super) fn certified(credential: Arc<dyn Credential>) -> CertifiedKey {
    let chain = credential.chain().iter();
    // A root is at the other side's already, or is no use to it (RFC 8446 §4.4.2).
    let shown = chain.enumerate().filter(|(place, found)| *place == 0 || !is_root(found));
    let cert = shown.map(|(_, found)| CertificateDer::from(found.der().to_vec())).collect();
    CertifiedKey::new(cert, Arc::new(Key { credential }))
}

fn is_root(certificate: &Certificate) -> bool {
    certificate.subject().raw() == certificate.issuer().raw()
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").field("credential", &self.credential).finish_non_exhaustive()
    }
}

impl ResolvesClientCert for Resolver {
    /// The certificate is shown whatever authorities the server names: many lists are incomplete.
    fn resolve(
        &self,
        root_hint_subjects: &[&[u8]],
        sigschemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        let scheme = choose(self.credential.as_ref(), sigschemes);
        (self.observer)(match scheme {
            Some(scheme) => ClientAuth::Shown { scheme, hint: self.hint(root_hint_subjects) },
            None => ClientAuth::Withheld(Withheld::NoScheme),
        });
        scheme.map(|_| Arc::clone(&self.key))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// The key as the TLS library sees it.
#[derive(Debug)]
struct Key {
    credential: Arc<dyn Credential>,
}

impl SigningKey for Key {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let scheme = choose(self.credential.as_ref(), offered)?;
        let credential = Arc::clone(&self.credential);
        Some(Box::new(Once { credential, scheme, name: name(scheme)? }))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        match self.credential.schemes().first() {
            Some(Scheme::EcdsaP256Sha256 | Scheme::EcdsaP384Sha384) => SignatureAlgorithm::ECDSA,
            Some(Scheme::Ed25519) => SignatureAlgorithm::ED25519,
            _ => SignatureAlgorithm::RSA,
        }
    }
}

/// One signature.
#[derive(Debug)]
struct Once {
    credential: Arc<dyn Credential>,
    scheme: Scheme,
    name: SignatureScheme,
}

impl Signer for Once {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let signed = blocking(|| self.credential.sign(self.scheme, message));
        signed.map_err(|error| Error::Credential(Arc::new(error)).carried())
    }

    fn scheme(&self) -> SignatureScheme {
        self.name
    }
}

/// The credential's most preferred scheme of those offered.
fn choose(credential: &dyn Credential, offered: &[SignatureScheme]) -> Option<Scheme> {
    let taken = |scheme: &&Scheme| name(**scheme).is_some_and(|name| offered.contains(&name));
    credential.schemes().iter().find(taken).copied()
}

/// Its number in TLS (RFC 8446 §4.2.3); none for those that are never offered: SHA-1.
fn name(scheme: Scheme) -> Option<SignatureScheme> {
    Some(match scheme {
        Scheme::EcdsaP256Sha256 => SignatureScheme::ECDSA_NISTP256_SHA256,
        Scheme::EcdsaP384Sha384 => SignatureScheme::ECDSA_NISTP384_SHA384,
        Scheme::Ed25519 => SignatureScheme::ED25519,
        Scheme::RsaPkcs1(Hash::Sha256) => SignatureScheme::RSA_PKCS1_SHA256,
        Scheme::RsaPkcs1(Hash::Sha384) => SignatureScheme::RSA_PKCS1_SHA384,
        Scheme::RsaPkcs1(Hash::Sha512) => SignatureScheme::RSA_PKCS1_SHA512,
        Scheme::RsaPss(Hash::Sha256) => SignatureScheme::RSA_PSS_SHA256,
        Scheme::RsaPss(Hash::Sha384) => SignatureScheme::RSA_PSS_SHA384,
        Scheme::RsaPss(Hash::Sha512) => SignatureScheme::RSA_PSS_SHA512,
        Scheme::RsaPkcs1(Hash::Sha1) | Scheme::RsaPss(Hash::Sha1) => return None,
    })
}

/// Shows nothing, and notes whether it was asked to.
#[cfg(feature = "web")]
pub(super) struct Nothing(pub(super) fn(ClientAuth));

#[cfg(feature = "web")]
impl fmt::Debug for Nothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nothing")
    }
}

#[cfg(feature = "web")]
impl ResolvesClientCert for Nothing {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        (self.0)(ClientAuth::Withheld(Withheld::NoCredential));
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}
