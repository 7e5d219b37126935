//! The types of the protocol, as they are written (`docs/reference/platform-protocol.md`).

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What is asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Demande {
    pub(super) ref_client: String,
    pub(super) profil: Option<String>,
    pub(super) offre: String,
    pub(super) usage: String,
    pub(super) structure: String,
    pub(super) service_applicatif: Option<String>,
    pub(super) fqdn: Option<String>,
    pub(super) noms_dns: Option<Vec<String>>,
    pub(super) email: Option<String>,
    pub(super) mode_cle: ModeCle,
    pub(super) csr: Option<String>,
    pub(super) mot_de_passe_cle: Option<String>,
    pub(super) contact_email: Option<String>,
}

/// Who makes the key.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ModeCle {
    Csr,
    Plateforme,
}

/// What became of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DemandeRecue<'a> {
    pub(super) id: &'a str,
    pub(super) ref_client: &'a str,
    pub(super) statut: &'static str,
    pub(super) cree_le: Timestamp,
    pub(super) maj_le: Timestamp,
    pub(super) url_retrait: Option<String>,
    pub(super) motif_refus: Option<&'a str>,
    pub(super) carte: Option<&'a str>,
    pub(super) profil: &'a str,
    pub(super) structure: &'a str,
    pub(super) offre: &'static str,
    pub(super) usage: &'static str,
    pub(super) service_applicatif: Option<&'a str>,
    pub(super) fqdn: Option<&'a str>,
    pub(super) noms_dns: Option<&'a [String]>,
    pub(super) email: Option<&'a str>,
    pub(super) mode_cle: ModeCle,
    pub(super) serie: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Finalisation {
    pub(super) code_revocation: String,
    pub(super) confirmation: String,
    pub(super) accepte_cgu: Option<Acceptation>,
    pub(super) accepte_certificat_et_pc: Option<Acceptation>,
}

#[derive(Deserialize)]
pub(super) struct Acceptation {
    pub(super) version: String,
    pub(super) accepte: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Telechargement {
    pub(super) mot_de_passe_cle: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Revocation {
    pub(super) code_revocation: String,
    pub(super) motif: Motif,
}

/// Why a certificate is revoked (platform fact sheet §8).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Motif {
    Perte,
    Vol,
    Compromission,
    ChangementDonnee,
    Remplacement,
    CessationActivite,
    Autre,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Certificat<'a> {
    pub(super) serie: &'a str,
    pub(super) dn_sujet: String,
    pub(super) dn_emetteur: String,
    pub(super) debut: Timestamp,
    pub(super) fin: Timestamp,
    pub(super) offre: &'static str,
    pub(super) usage: &'static str,
    pub(super) categorie: &'static str,
    pub(super) statut: &'static str,
    pub(super) revoque_le: Option<Timestamp>,
    pub(super) motif: Option<Motif>,
    pub(super) demande: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HabilitationEcrite<'a> {
    pub(super) profil: &'a str,
    pub(super) structure: StructureEcrite<'a>,
    pub(super) offres: Vec<OffreEcrite>,
    pub(super) perimetres: Perimetres<'a>,
    pub(super) carte: Option<&'a str>,
    pub(super) valide_depuis: Option<Date>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StructureEcrite<'a> {
    pub(super) id_nat: &'a str,
    pub(super) raison_sociale: &'a str,
}

#[derive(Debug, Serialize)]
pub(super) struct OffreEcrite {
    pub(super) offre: &'static str,
    pub(super) usages: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Perimetres<'a> {
    pub(super) domaines: &'a [String],
    pub(super) serveurs: &'a [String],
    pub(super) domaines_mail: &'a [String],
}

/// A list of anything.
#[derive(Debug, Serialize)]
pub(super) struct Elements<T> {
    pub(super) elements: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) page: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pages: Option<usize>,
}
