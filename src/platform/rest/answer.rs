//! What comes back. Fields that are not known are passed over; an unknown state is kept as it is said.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::Lost;
use crate::id::StructureId;
use crate::platform::habilitation::{Habilitation, Perimeter};
use crate::platform::port::{
    CertificateStatus, DemandId, Issued, PortError, Progress, Refusal, Status,
};
use crate::platform::product::Product;
use crate::x509::Serial;

#[derive(Deserialize)]
struct Elements<T> {
    elements: Vec<T>,
    #[serde(default = "one")]
    pages: u32,
}

fn one() -> u32 {
    1
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DemandeRecue {
    id: String,
    ref_client: Option<String>,
    statut: String,
    cree_le: Option<String>,
    maj_le: Option<String>,
    url_retrait: Option<String>,
    motif_refus: Option<String>,
    carte: Option<String>,
    profil: Option<String>,
    structure: Option<String>,
    offre: Option<String>,
    usage: Option<String>,
    serie: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Certificat {
    serie: String,
    #[serde(default)]
    dn_sujet: String,
    statut: String,
    revoque_le: Option<String>,
    demande: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HabilitationRecue {
    profil: String,
    structure: Structure,
    #[serde(default)]
    offres: Vec<Offre>,
    #[serde(default)]
    perimetres: Perimetres,
    carte: Option<String>,
    valide_depuis: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Structure {
    id_nat: String,
    raison_sociale: Option<String>,
}

#[derive(Deserialize)]
struct Offre {
    offre: String,
    #[serde(default)]
    usages: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Perimetres {
    domaines: Vec<String>,
    serveurs: Vec<String>,
    domaines_mail: Vec<String>,
}

#[derive(Deserialize)]
struct Enveloppe {
    message: Message,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    code: String,
    #[serde(default)]
    libelle: String,
    revoque_le: Option<String>,
}

/// Longer words of a platform are cut.
const WORDS: usize = 500;

pub(super) fn habilitations(body: &[u8]) -> Result<Vec<Habilitation>, PortError> {
    let found: Elements<HabilitationRecue> = read(body)?;
    found.elements.into_iter().map(habilitation).collect()
}

/// The orders of a page, and how many pages there are.
pub(super) fn page(body: &[u8]) -> Result<(Vec<Progress>, u32), PortError> {
    let found: Elements<DemandeRecue> = read(body)?;
    let orders = found.elements.into_iter().map(|order| order.progress(None));
    Ok((orders.collect::<Result<_, _>>()?, found.pages))
}

pub(super) fn progress(body: &[u8], retry_after: Option<Duration>) -> Result<Progress, PortError> {
    read::<DemandeRecue>(body)?.progress(retry_after)
}

/// What is said of a certificate; that it is the one that was asked about.
pub(super) fn issued(body: &[u8], asked: &Serial) -> Result<Issued, PortError> {
    let found: Certificat = read(body)?;
    let serial = serial(&found.serie)?;
    if serial.to_string() != asked.to_string() {
        return Err(PortError::Misspoken(format!("it is about certificate {serial}")));
    }
    Ok(Issued {
        // As it was asked about, with the sign octet that its text lacks.
        serial: asked.clone(),
        subject: found.dn_sujet,
        status: match found.statut.as_str() {
            "ACTIF" => CertificateStatus::Actif,
            "REVOQUE" => CertificateStatus::Revoque,
            "EXPIRE" => CertificateStatus::Expire,
            _ => CertificateStatus::Autre(found.statut),
        },
        revoked_at: instant(found.revoque_le.as_deref()),
        demand: found.demande.map(DemandId),
    })
}

/// What an answer that is no yes says.
pub(super) fn refusal(
    status: u16,
    body: &[u8],
    correlation: Option<String>,
    after: Option<Duration>,
) -> PortError {
    let said = serde_json::from_slice::<Enveloppe>(body).ok();
    let (code, label, revoked_at) = match said {
        Some(Enveloppe { message }) => {
            let label = message.libelle.chars().take(WORDS).collect();
            let code = message.code.chars().take(64).collect();
            (code, label, instant(message.revoque_le.as_deref()))
        }
        None => (format!("HTTP {status}"), String::new(), None),
    };
    match status {
        429 | 503 => PortError::Later { after, code, label },
        400..=499 if code.starts_with("HTTP ") => {
            PortError::Misspoken(format!("HTTP status {status} without a code of the protocol"))
        }
        400..=499 => {
            let refusal = match code.as_str() {
                "EMU-409-DOUBLON" => Refusal::Duplicate,
                "EMU-409-ETAT" => Refusal::State,
                "EMU-409-DEJA-REVOQUE" => Refusal::AlreadyRevoked(revoked_at),
                "EMU-410-TELECHARGE" => Refusal::Downloaded,
                "EMU-403-CODE" => Refusal::Code,
                "EMU-404-DEMANDE" | "EMU-404-CERTIFICAT" => Refusal::Unknown,
                _ => Refusal::Other,
            };
            PortError::Refused { refusal, code, label, correlation }
        }
        500..=599 => PortError::Unanswered(Box::new(Lost::Unexpected { status, code, label })),
        _ => PortError::Misspoken(format!("HTTP status {status}")),
    }
}

impl DemandeRecue {
    fn progress(self, retry_after: Option<Duration>) -> Result<Progress, PortError> {
        let product = self
            .offre
            .zip(self.usage)
            .and_then(|(offer, usage)| Product::new(offer.parse().ok()?, usage.parse().ok()?).ok());
        Ok(Progress {
            id: DemandId(self.id),
            reference: match self.ref_client {
                None => None,
                Some(text) => Some(
                    Uuid::parse_str(&text)
                        .map_err(|_| PortError::Misspoken("its refClient is no UUID".to_owned()))?,
                ),
            },
            status: Status::from(self.statut),
            retry_after,
            product,
            structure: self.structure,
            profile: self.profil,
            card: self.carte,
            created: instant(self.cree_le.as_deref()),
            updated: instant(self.maj_le.as_deref()),
            url: self.url_retrait,
            refusal: self.motif_refus.map(|words| words.chars().take(WORDS).collect()),
            serial: self.serie.as_deref().map(serial).transpose()?,
        })
    }
}

fn habilitation(found: HabilitationRecue) -> Result<Habilitation, PortError> {
    let HabilitationRecue { profil, structure, offres, perimetres, carte, valide_depuis } = found;
    let id = StructureId::parse(&structure.id_nat)
        .map_err(|error| PortError::Misspoken(format!("a structure: {error}")))?;
    // Products that this version does not know cannot be ordered with it.
    let products = offres.iter().flat_map(|offre| {
        let usages = offre.usages.iter();
        usages.filter_map(|usage| Product::new(offre.offre.parse().ok()?, usage.parse().ok()?).ok())
    });
    Ok(Habilitation {
        profile: profil,
        structure: id,
        name: structure.raison_sociale,
        products: products.collect(),
        perimeter: Perimeter {
            domains: perimetres.domaines,
            servers: perimetres.serveurs,
            mail_domains: perimetres.domaines_mail,
        },
        card: carte,
        since: valide_depuis.as_deref().and_then(day),
    })
}

/// A day, or that of an instant.
fn day(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, PortError> {
    serde_json::from_slice(body).map_err(|error| {
        // The error of the reader may repeat what stands there; where it stands is enough.
        let (line, column) = (error.line(), error.column());
        PortError::Misspoken(format!("not the JSON of the protocol (line {line}, column {column})"))
    })
}

/// Lower-case hexadecimal; the sign octet of a number whose first bit is set is put back.
fn serial(text: &str) -> Result<Serial, PortError> {
    let wrong = || PortError::Misspoken("a serial number that is not hexadecimal".to_owned());
    let mut octets =
        data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| wrong())?;
    if octets.len() > 64 {
        return Err(wrong());
    }
    if octets.first() >= Some(&0x80) {
        octets.insert(0, 0);
    }
    Serial::from_content(&octets).ok_or_else(wrong)
}

fn instant(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}
