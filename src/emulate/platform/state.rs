//! What the emulated platform remembers: requests and certificates. It is one document, which can be written to a file.

use std::num::NonZeroU32;

use jiff::Timestamp;
use ring::pbkdf2;
use serde::{Deserialize, Serialize};

use super::product::Product;
use super::refusal::Refusal;
use super::wire::{Certificat, DemandeRecue, ModeCle, Motif};
use crate::secret::Secret;

/// All of it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct State {
    pub(super) demands: Vec<Demand>,
    pub(super) certificates: Vec<Issued>,
    /// When lists were published out of turn.
    pub(super) published: Option<Timestamp>,
    pub(super) mails: usize,
}

/// A request.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Demand {
    pub(super) id: String,
    pub(super) reference: String,
    /// Who made it.
    pub(super) caller: String,
    pub(super) card: Option<String>,
    pub(super) profile: String,
    pub(super) structure: String,
    pub(super) product: Product,
    pub(super) service: Option<String>,
    pub(super) fqdn: Option<String>,
    pub(super) other_names: Option<Vec<String>>,
    pub(super) email: Option<String>,
    pub(super) contact: Option<String>,
    pub(super) key: Key,
    pub(super) stage: Stage,
    pub(super) refusal: Option<String>,
    pub(super) code: Option<Proof>,
    pub(super) acceptance: Option<[String; 2]>,
    pub(super) serial: Option<String>,
    pub(super) downloads: u32,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
}

/// The key of a request.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) enum Key {
    /// PKCS#10, and its SubjectPublicKeyInfo, hexadecimal.
    Csr { csr: String, spki: String },
    /// Made here: worthless, as all of it. PKCS#8 and SubjectPublicKeyInfo, hexadecimal.
    Platform { password: Proof, pkcs8: String, spki: String },
}

/// Where a request is (platform fact sheet §7.3).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) enum Stage {
    /// Looked at for so many more polls.
    Submitted {
        polls: u32,
    },
    Refused,
    Ready,
    Finalised,
    Collected,
    Abandoned,
    Expired,
}

impl Stage {
    /// `statut`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Submitted { .. } => "SOUMISE",
            Self::Refused => "REFUSEE",
            Self::Ready => "A_RETIRER",
            Self::Finalised => "FINALISEE",
            Self::Collected => "RETIREE",
            Self::Abandoned => "ABANDONNEE",
            Self::Expired => "EXPIREE",
        }
    }
}

/// A certificate that was issued.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Issued {
    /// Content octets of the INTEGER, lower-case hexadecimal.
    pub(super) serial: String,
    /// The certificate, hexadecimal.
    pub(super) der: String,
    /// The code of its authority.
    pub(super) authority: String,
    pub(super) subject: String,
    pub(super) issuer: String,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) product: Product,
    pub(super) demand: String,
    pub(super) structure: String,
    pub(super) wrong_codes: u8,
    pub(super) revoked: Option<Revoked>,
}

/// Since when, and why.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(super) struct Revoked {
    pub(super) at: Timestamp,
    pub(super) motif: Motif,
}

/// A secret that can be recognised, and not read back: PBKDF2 with HMAC-SHA-256, hexadecimal.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Proof {
    salt: String,
    derived: String,
}

impl Proof {
    pub(super) fn of(secret: &Secret<String>, salt: &str) -> Self {
        let mut derived = [0; 32];
        let salted = salt.as_bytes();
        pbkdf2::derive(
            pbkdf2::PBKDF2_HMAC_SHA256,
            ITERATIONS,
            salted,
            secret.expose().as_bytes(),
            &mut derived,
        );
        Self { salt: salt.to_owned(), derived: data_encoding::HEXLOWER.encode(&derived) }
    }

    pub(super) fn is_of(&self, secret: &Secret<String>) -> bool {
        Self::of(secret, &self.salt).derived == self.derived
    }
}

/// Few: what is protected is worthless, and tests are many.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(1000).expect("not zero");

impl State {
    /// The certificate with this serial number, which the caller sees.
    pub(super) fn certificate(
        &mut self,
        serial: &str,
        sees: impl Fn(&str) -> bool,
    ) -> Result<&mut Issued, Refusal> {
        let found = self.certificates.iter_mut().find(|found| found.serial == serial);
        found.filter(|found| sees(&found.structure)).ok_or(Refusal::UnknownCertificate)
    }
}

impl Demand {
    pub(super) fn written(&self, endpoint: &str) -> DemandeRecue<'_> {
        let (offre, usage) = self.product.name();
        let is_ready = matches!(self.stage, Stage::Ready | Stage::Finalised);
        DemandeRecue {
            id: &self.id,
            ref_client: &self.reference,
            statut: self.stage.name(),
            cree_le: self.created,
            maj_le: self.updated,
            url_retrait: is_ready.then(|| format!("{endpoint}/emu/v1/demandes/{}", self.id)),
            motif_refus: self.refusal.as_deref(),
            carte: self.card.as_deref(),
            profil: &self.profile,
            structure: &self.structure,
            offre,
            usage,
            service_applicatif: self.service.as_deref(),
            fqdn: self.fqdn.as_deref(),
            noms_dns: self.other_names.as_deref(),
            email: self.email.as_deref(),
            mode_cle: match self.key {
                Key::Csr { .. } => ModeCle::Csr,
                Key::Platform { .. } => ModeCle::Plateforme,
            },
            serie: self.serial.as_deref(),
        }
    }

    /// Subject `CN`.
    pub(super) fn common_name(&self) -> &str {
        let names = [&self.service, &self.fqdn, &self.email];
        names.into_iter().flatten().next().map_or("", String::as_str)
    }

    pub(super) fn spki(&self) -> &str {
        match &self.key {
            Key::Csr { spki, .. } | Key::Platform { spki, .. } => spki,
        }
    }
}

impl Issued {
    pub(super) fn written(&self, now: Timestamp) -> Certificat<'_> {
        let (offre, usage) = self.product.name();
        Certificat {
            serie: &self.serial,
            dn_sujet: self.subject.clone(),
            dn_emetteur: self.issuer.clone(),
            debut: self.from,
            fin: self.to,
            offre,
            usage,
            categorie: "83",
            statut: match self.revoked {
                Some(_) => "REVOQUE",
                None if self.to < now => "EXPIRE",
                None => "ACTIF",
            },
            revoque_le: self.revoked.map(|revoked| revoked.at),
            motif: self.revoked.map(|revoked| revoked.motif),
            demande: &self.demand,
        }
    }
}
