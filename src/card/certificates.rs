//! The certificates of a card, and what each is for.

use std::fmt;

use super::error::{Error, File};
use super::file::Extent;
use super::pkcs15::cd::{CertificateObject, Value};
use super::session::NoteKind;
use super::{Interface, Session};
use crate::x509::{Certificate, KeyUse};

/// What a certificate of the card, or its key, is for.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Role {
    /// TLS client authentication and logon.
    Authentication,
    /// None of the others.
    Other,
    /// Non-repudiation.
    Signature,
    /// Presence of the card, without PIN, on the contactless interface.
    Technical,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authentication => "authentication",
            Self::Other => "other",
            Self::Signature => "signature",
            Self::Technical => "technical",
        })
    }
}

/// A certificate of the card.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CardCertificate {
    /// What it is for: its key usage, else its label.
    pub role: Role,
    /// Label on the card.
    pub label: Option<String>,
    /// What its key shares with it (CKA_ID).
    pub id: Vec<u8>,
    /// The certificate.
    pub certificate: Certificate,
}

impl Session<'_> {
    /// The certificates, in the order of EF.CD. One that cannot be read is left out and noted.
    ///
    /// # Errors
    /// [`Error::Transport`], [`Error::NotCpx`].
    pub fn certificates(&mut self) -> Result<Vec<CardCertificate>, Error> {
        let objects = self.certificate_objects();
        let objects = self.tolerate(File::Cd, objects)?.unwrap_or_default().entries;
        let mut certificates = Vec::new();
        let listed = objects.len();
        for object in objects {
            let label = object.common.label.clone();
            let file = File::Certificate(label.clone().unwrap_or_default());
            let content = match &object.value {
                Value::Direct(der) => Ok(der.clone()),
                Value::File(location) => self.content(file.clone(), location, Extent::Object, 0),
            };
            let Some(content) = self.tolerate(file.clone(), content)? else { continue };
            match Certificate::parse_padded(&content) {
                Ok((certificate, _padding)) => {
                    let role = self.role(&object, &certificate);
                    certificates.push(CardCertificate { role, label, id: object.id, certificate });
                }
                Err(_) => self.note(file, NoteKind::Malformed),
            }
        }
        // A directory cut between two entries looks whole: what every card has is named (CPx fact sheet §3.2).
        let usual: &[Role] = match self.model.interface {
            Interface::Contact => &[Role::Signature, Role::Authentication],
            Interface::Contactless => &[Role::Technical],
        };
        if listed < usual.len() {
            let roles: Vec<Role> = certificates.iter().map(|found| found.role).collect();
            for role in usual.iter().filter(|role| !roles.contains(role)) {
                self.note(File::Certificate(role.to_string()), NoteKind::Absent);
            }
        }
        Ok(certificates)
    }

    fn role(&self, object: &CertificateObject, certificate: &Certificate) -> Role {
        if self.model.interface == Interface::Contactless {
            return Role::Technical;
        }
        let usage = certificate.key_usage().ok().flatten().unwrap_or_default();
        let commits = usage.contains(&KeyUse::NonRepudiation);
        let key = object.common.key();
        if key.contains("TECHNIQUE") {
            Role::Technical
        } else if usage.contains(&KeyUse::DigitalSignature) && !commits {
            Role::Authentication
        } else if commits || key.contains("SIGN") {
            Role::Signature
        } else if key.contains("AUTH") {
            Role::Authentication
        } else {
            Role::Other
        }
    }
}
