//! What is sent: JSON in memory that is zeroed, since a code or a password may be in it.

use bytes::Bytes;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::platform::port::{Demand, Finalisation, KeyDemand, Reason, Revocation};
use crate::platform::want::Names;
use crate::secret::Secret;

/// The bodies of the operations.
pub(super) struct Body;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Demande<'d> {
    ref_client: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    profil: Option<&'d str>,
    offre: &'static str,
    usage: &'static str,
    structure: &'d str,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_applicatif: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fqdn: Option<&'d str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    noms_dns: &'d [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'d str>,
    mode_cle: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    csr: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mot_de_passe_cle: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_email: Option<&'d str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finalise<'f> {
    code_revocation: &'f str,
    confirmation: &'f str,
    accepte_cgu: Accepte<'f>,
    accepte_certificat_et_pc: Accepte<'f>,
}

#[derive(Serialize)]
struct Accepte<'f> {
    version: &'f str,
    accepte: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Telechargement<'t> {
    #[serde(skip_serializing_if = "Option::is_none")]
    mot_de_passe_cle: Option<&'t str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Revoque<'r> {
    code_revocation: &'r str,
    motif: &'static str,
}

impl Body {
    pub(super) fn demand(demand: &Demand<'_>) -> Bytes {
        let want = demand.want;
        let (service, fqdn, others, email) = match &want.names {
            Names::Service(name) => (Some(name.as_str()), None, [].as_slice(), None),
            Names::Server { fqdn, others } => (None, Some(fqdn.as_str()), others.as_slice(), None),
            Names::Mailbox(address) => (None, None, [].as_slice(), Some(address.as_str())),
            Names::Holder => (None, None, [].as_slice(), None),
        };
        let (mode_cle, csr, password) = match &demand.key {
            KeyDemand::Local { csr } => ("csr", Some(pem(csr)), None),
            KeyDemand::Platform { password } => {
                ("plateforme", None, Some(password.expose().as_str()))
            }
        };
        json(&Demande {
            ref_client: demand.reference.to_string(),
            profil: demand.profile,
            offre: want.product.offer().name(),
            usage: want.product.usage().name(),
            structure: want.structure.as_str(),
            service_applicatif: service,
            fqdn,
            noms_dns: others,
            email,
            mode_cle,
            csr,
            mot_de_passe_cle: password,
            contact_email: demand.contact,
        })
    }

    pub(super) fn finalisation(finalisation: &Finalisation<'_>) -> Bytes {
        let code = finalisation.code.expose();
        let accepted = finalisation.acceptance;
        json(&Finalise {
            code_revocation: code,
            confirmation: code,
            accepte_cgu: Accepte { version: &accepted.cgu, accepte: true },
            accepte_certificat_et_pc: Accepte { version: &accepted.pc, accepte: true },
        })
    }

    pub(super) fn download(password: Option<&Secret<String>>) -> Bytes {
        json(&Telechargement {
            mot_de_passe_cle: password.map(|password| password.expose().as_str()),
        })
    }

    pub(super) fn revocation(revocation: &Revocation<'_>) -> Bytes {
        let motif = match revocation.reason {
            Reason::Lost => "PERTE",
            Reason::Stolen => "VOL",
            Reason::Compromised => "COMPROMISSION",
            Reason::Changed => "CHANGEMENT_DONNEE",
            Reason::Superseded => "REMPLACEMENT",
            Reason::Ceased => "CESSATION_ACTIVITE",
            Reason::Other => "AUTRE",
        };
        json(&Revoque { code_revocation: revocation.code.expose(), motif })
    }
}

fn json(value: &impl Serialize) -> Bytes {
    let text = serde_json::to_vec(value).expect("plain data");
    Bytes::from_owner(Zeroizing::new(text))
}

/// A certification request in PEM (RFC 7468 §7).
fn pem(csr: &[u8]) -> String {
    let ending = pem_rfc7468::LineEnding::LF;
    pem_rfc7468::encode_string("CERTIFICATE REQUEST", ending, csr).expect("the label is ASCII")
}
