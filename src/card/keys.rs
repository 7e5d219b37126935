//! The private keys of a card: which is for what, how it is used, and the certificate that says whose it is.

use super::error::{Error, File};
use super::file::Extent;
use super::known::{Deciphering, Generation, Interface, Signing};
use super::pkcs15::cd::{CertificateObject, Value};
use super::pkcs15::keys::PrivateKey;
use super::rsa::{RsaPublicKey, Verified, digest_info};
use super::{Hash, Hashed, Padding, Role, Session};
use crate::x509::Certificate;

/// A private key of the card, as EF.PrKD lists it, and its certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Key {
    role: Role,
    label: Option<String>,
    pub(super) reference: u8,
    pin: PinRule,
    generation: Generation,
    pub(super) signing: Option<Signing>,
    pub(super) deciphering: Option<Deciphering>,
    certificate: Certificate,
    pub(super) public: RsaPublicKey,
}

/// Whether a key is used only after the code porteur.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinRule {
    /// The code porteur must be verified in the same session.
    Needed,
    /// Whoever has the card in a reader may use it.
    NotNeeded,
}

impl Key {
    /// What it is for.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Its label on the card.
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// Whether it needs the code porteur.
    pub fn pin(&self) -> PinRule {
        self.pin
    }

    /// The certificate with the same identifier in EF.CD.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Bytes of a signature, and of a cryptogram.
    pub fn length(&self) -> usize {
        self.public.length()
    }

    /// Whether it deciphers.
    pub fn decrypts(&self) -> bool {
        self.deciphering.is_some()
    }

    /// How it signs, the preferred way first, SHA-1 last; empty when it does not.
    pub fn schemes(&self) -> Vec<(Padding, Hash)> {
        const HASHES: [Hash; 4] = [Hash::Sha256, Hash::Sha384, Hash::Sha512, Hash::Sha1];
        let pkcs1 = HASHES.map(|hash| (Padding::Pkcs1, hash));
        match self.signing {
            None => Vec::new(),
            Some(Signing::FinishesHash { algorithms, .. } | Signing::ReadyHash(algorithms)) => {
                algorithms.iter().map(|found| (found.padding, found.hash)).collect()
            }
            // PKCS#1 type 1 leaves to the data at most 40 % of the modulus (CPx fact sheet §7.5).
            Some(Signing::InternalAuthenticate { .. }) => {
                let most = self.length() * 2 / 5;
                let fits = |hash: Hash| {
                    let zeros = vec![0; hash.length()];
                    Hashed::ready(hash, &zeros).is_ok_and(|ready| digest_info(&ready).len() <= most)
                };
                pkcs1.into_iter().filter(|(_, hash)| fits(*hash)).collect()
            }
            Some(Signing::Raw) => {
                let pss = HASHES.map(|hash| (Padding::Pss, hash));
                let mut all = [pss, pkcs1].concat();
                all.sort_by_key(|(_, hash)| *hash == Hash::Sha1);
                all
            }
        }
    }

    /// Whether the salt of a PSS signature is the card's business, and its length not known beforehand (CPx fact sheet §7.7).
    pub fn chooses_salt(&self) -> bool {
        matches!(self.signing, Some(Signing::ReadyHash(_)))
    }

    /// Whether a signature is this key's, and how it is padded: the length of a PSS salt is read from it, which is not known
    /// beforehand where the card pads (CPS4).
    pub fn verify(&self, padding: Padding, hashed: &Hashed, signature: &[u8]) -> Option<Verified> {
        self.public.verify(padding, hashed, signature)
    }

    pub(super) fn file(&self) -> File {
        File::Key(self.role)
    }

    /// # Errors
    /// [`Error::Scheme`].
    pub(super) fn check_scheme(&self, padding: Padding, hash: Hash) -> Result<(), Error> {
        match self.schemes().contains(&(padding, hash)) {
            true => Ok(()),
            false => {
                let generation = self.generation;
                Err(Error::Scheme { file: self.file(), generation, padding, hash })
            }
        }
    }
}

impl Session<'_> {
    /// The key of a role, with its certificate; read once in a connection.
    ///
    /// # Errors
    /// [`Error::Absent`] when the card has no such key on this interface; [`Error::KeyUnusable`] when it has no RSA
    /// certificate; those of reading files; [`Error::Transport`].
    pub fn key(&mut self, role: Role) -> Result<Key, Error> {
        if let Some(key) = self.known.keys.iter().find(|key| key.role == role) {
            return Ok(key.clone());
        }
        let file = File::Key(role);
        let listed = self.private_keys()?.entries;
        let entry = listed.into_iter().find(|entry| self.role_of_key(entry) == role);
        let entry = entry.ok_or(Error::Absent { file: file.clone() })?;
        let reference = entry.reference.ok_or(Error::Malformed { file: File::PrKd })?;
        let certificate = self.certificate_of(&entry, &file)?;
        let public = certificate.public_key().ok().as_ref().and_then(RsaPublicKey::of);
        let public = public.ok_or(Error::KeyUnusable { file })?;
        let model = self.model;
        let key = Key {
            role,
            label: entry.common.label.clone(),
            reference,
            // There is no PIN to verify on the contactless interface (CPx fact sheet §10).
            pin: match entry.common.is_private() || entry.common.auth_id.is_some() {
                true if model.interface == Interface::Contact => PinRule::Needed,
                _ => PinRule::NotNeeded,
            },
            generation: model.generation,
            signing: match entry.usage {
                usage if usage.commits() => Some(model.commits),
                usage if usage.decrypts() && !usage.signs() => None,
                _ => Some(model.authenticates),
            },
            deciphering: entry.usage.decrypts().then_some(model.deciphers),
            certificate,
            public,
        };
        self.known.keys.push(key.clone());
        Ok(key)
    }

    fn role_of_key(&self, key: &PrivateKey) -> Role {
        if self.model.interface == Interface::Contactless {
            return Role::Technical;
        }
        let label = key.common.key();
        if label.contains("TECH") {
            Role::Technical
        } else if key.usage.commits() {
            Role::Signature
        } else if key.usage.signs() || key.usage.decrypts() || label.contains("AUT") {
            Role::Authentication
        } else if label.contains("SIG") {
            Role::Signature
        } else {
            Role::Other
        }
    }

    /// The certificate that shares the key's identifier.
    fn certificate_of(&mut self, key: &PrivateKey, file: &File) -> Result<Certificate, Error> {
        let listed = self.certificate_objects()?.entries;
        let same = |object: &CertificateObject| object.id == key.id;
        let unusable = || Error::KeyUnusable { file: file.clone() };
        let object = listed.into_iter().find(same).ok_or_else(unusable)?;
        let file = File::Certificate(object.common.label.unwrap_or_default());
        let content = match &object.value {
            Value::Direct(der) => der.clone(),
            Value::File(location) => self.content(file.clone(), location, Extent::Object, 0)?,
        };
        match Certificate::parse_padded(&content) {
            Ok((certificate, _padding)) => Ok(certificate),
            Err(cause) => Err(Error::X509 { file, cause }),
        }
    }
}
