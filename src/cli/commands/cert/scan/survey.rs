//! All that was found, and what can be told only from all of it: the places of a key, and its certificates.

use std::collections::{BTreeMap, BTreeSet};

use super::place;
use crate::cli::inputs::Input;
use crate::store::{KeyIdentity, PrivateKey};
use crate::x509::{Certificate, Environment, Role};

/// All that was found.
pub(super) struct Survey<'s> {
    /// In the order of the files; in a file, certificates before keys.
    pub(super) objects: Vec<Object<'s>>,
    /// The files each key stands in.
    places: BTreeMap<KeyIdentity, BTreeSet<&'s str>>,
    /// The keys that certificates are for.
    certified: BTreeSet<[u8; 32]>,
}

/// A certificate or a key, and where it stands.
pub(super) struct Object<'s> {
    pub(super) file: &'s Input,
    /// Among those of its kind in the file, from 1.
    pub(super) index: usize,
    pub(super) kind: Kind<'s>,
}

pub(super) enum Kind<'s> {
    Certificate(Found<'s>),
    Key(&'s PrivateKey),
}

/// A certificate.
pub(super) struct Found<'s> {
    pub(super) certificate: &'s Certificate,
    /// SHA-256 of its public key.
    pub(super) key: [u8; 32],
    pub(super) standing: Standing,
}

/// What a certificate is there for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Standing {
    /// To be trusted: the file, its name, or its company says so.
    Trusted,
    /// To be used, or nothing says what.
    Plain,
}

impl<'s> Survey<'s> {
    pub(super) fn of(files: &'s [Input]) -> Self {
        let mut survey =
            Self { objects: Vec::new(), places: BTreeMap::new(), certified: BTreeSet::new() };
        for file in files {
            let contents = &file.contents;
            for (place, certificate) in contents.certificates.iter().enumerate() {
                let key = certificate.spki_sha256();
                survey.certified.insert(key);
                let standing = standing(file, place, certificate);
                let kind = Kind::Certificate(Found { certificate, key, standing });
                survey.objects.push(Object { file, index: place + 1, kind });
            }
            for (place, key) in contents.keys.iter().enumerate() {
                if key.identity != KeyIdentity::Unknown {
                    survey.places.entry(key.identity).or_default().insert(&file.name);
                }
                survey.objects.push(Object { file, index: place + 1, kind: Kind::Key(key) });
            }
        }
        survey
    }

    /// The other files that a key stands in.
    pub(super) fn elsewhere(&self, key: &PrivateKey, file: &Input) -> Vec<&'s str> {
        let places = self.places.get(&key.identity).into_iter().flatten();
        places.copied().filter(|place| *place != file.name).collect()
    }

    /// Whether a certificate is for this key; `None` when that cannot be told.
    pub(super) fn is_certified(&self, key: &PrivateKey) -> Option<bool> {
        match key.identity {
            KeyIdentity::Public(hash) => Some(self.certified.contains(&hash)),
            KeyIdentity::Sealed(_) | KeyIdentity::Unknown => None,
        }
    }

    /// Whether the private key of a certificate was found, or stands closed in the same file.
    pub(super) fn is_used(&self, found: &Found<'_>, file: &Input) -> bool {
        let sealed = |key: &PrivateKey| matches!(key.identity, KeyIdentity::Sealed(_));
        self.places.contains_key(&KeyIdentity::Public(found.key))
            || file.contents.keys.iter().any(sealed)
    }

    /// Whether anything comes from the emulation authority.
    pub(super) fn is_emulated(&self) -> bool {
        self.objects.iter().any(|object| match &object.kind {
            Kind::Certificate(found) => {
                found.certificate.environment() == Some(Environment::Emulated)
            }
            Kind::Key(_) => false,
        })
    }
}

fn standing(file: &Input, place: usize, certificate: &Certificate) -> Standing {
    let contents = &file.contents;
    let is_bundle = contents.certificates.len() > 1
        && contents.keys.is_empty()
        && contents.certificates.iter().all(is_authority);
    let by_company = is_authority(certificate) && (place::is_of_trust(&file.name) || is_bundle);
    if contents.trusted.contains(&place) || by_company {
        Standing::Trusted
    } else {
        Standing::Plain
    }
}

/// What may sign certificates, or says of itself that it is a root, as those of version 1 do.
fn is_authority(certificate: &Certificate) -> bool {
    match certificate.basic_constraints() {
        Ok(Some(constraints)) => constraints.role == Role::Authority,
        _ => certificate.subject().raw() == certificate.issuer().raw(),
    }
}
