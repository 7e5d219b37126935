//! The platform's screens in words, in their order (platform fact sheet §5). The names of tabs and buttons are the platform's own,
//! in French; what is not known of them is said.

use std::path::Path;

use super::ADDRESS;
use crate::platform::port::{Acceptance, Demand, DemandId, Instructions, KeyDemand, Reason};
use crate::platform::want::Names;
use crate::x509::Serial;

/// How to get in. With a TEST card only: Pro Santé Connect serves production.
pub(super) fn login() -> String {
    format!(
        "Put the TEST card into the reader, then open {ADDRESS} in a private window of Chrome or Firefox and choose « Carte CPS » \
         (not « Pro Santé Connect »: it serves production only)."
    )
}

pub(super) fn habilitations() -> Instructions {
    Instructions {
        steps: vec![
            login(),
            "Tab « Demander »: the offers and structures that you can choose are those the card is habilitated for.".to_owned(),
            "Write them into a file, as `docs/guide/against-the-real-platform.md` shows.".to_owned(),
        ],
        then: "cpskit platform habilitations --import FILE.toml".to_owned(),
    }
}

pub(super) fn request(demand: &Demand<'_>, requests: &Path) -> Instructions {
    let want = demand.want;
    let mut steps = vec![
        login(),
        format!("Tab « Demander »: choose the offer {}.", want.product.offer()),
        format!(
            "Choose the structure {} (by its raison sociale or by its identifier).",
            want.structure.as_str()
        ),
        format!("« Demander un nouveau produit », then the usage {}.", want.product.usage()),
    ];
    match &want.names {
        Names::Service(name) => steps.push(format!("Service applicatif: {name}")),
        Names::Server { fqdn, others } => {
            steps.push(format!("FQDN: {fqdn}"));
            if !others.is_empty() {
                steps.push(format!("Further DNS names: {}", others.join(", ")));
            }
        }
        Names::Mailbox(address) => steps.push(format!("E-mail address: {address}")),
        Names::Holder => {}
    }
    if let Some(contact) = demand.contact {
        steps.push(format!("E-mail for the notifications: {contact}"));
    }
    steps.push(match &demand.key {
        KeyDemand::Local { .. } => format!(
            "Give the CSR, from the file {} (nothing in it is secret; not every usage may offer this choice).",
            requests.join(format!("{}.csr.pem", demand.reference)).display()
        ),
        KeyDemand::Platform { .. } => {
            "Choose the password that will protect the key: the one you gave to cpskit. Lost, it cannot be recovered.".to_owned()
        }
    });
    steps.push("Submit, and wait for the e-mail with the link to the retrait.".to_owned());
    Instructions {
        steps,
        then: format!("cpskit platform track {} --record A_RETIRER", demand.reference),
    }
}

pub(super) fn follow(id: &DemandId) -> Instructions {
    Instructions {
        steps: vec![
            login(),
            "Tab « Suivre »: look at the state of the order (the names of the states are not published).".to_owned(),
        ],
        then: format!("cpskit platform track {} --record A_RETIRER|REFUSEE|RETIREE|ABANDONNEE", id.0),
    }
}

pub(super) fn retrieve(id: &DemandId, accepted: &Acceptance, code: Option<&Path>) -> Instructions {
    Instructions {
        steps: vec![
            login(),
            "Tab « Retirer »: search by offer, structure and usage, and select the order (or follow the link of the e-mail)."
                .to_owned(),
            match code {
                Some(file) => format!(
                    "Type the code de révocation twice. It is on disk already, in {}; nobody can tell it to you again.",
                    file.display()
                ),
                None => "Type the code de révocation twice.".to_owned(),
            },
            format!(
                "Read and accept the CGU (version {}) and the PC (version {}), if these are the versions that are shown.",
                accepted.cgu, accepted.pc
            ),
            "« Finaliser ».".to_owned(),
            "Give the password of the key, or nothing when the order was made with a CSR.".to_owned(),
            "« Télécharger », keep the file, then « Terminer ».".to_owned(),
        ],
        then: format!("cpskit platform retrieve {} --downloaded FILE", id.0),
    }
}

pub(super) fn download(id: &DemandId) -> Instructions {
    Instructions {
        steps: vec![
            login(),
            "Tab « Retirer »: select the order, « Télécharger », keep the file (whether it can be downloaded twice is not published)."
                .to_owned(),
        ],
        then: format!("cpskit platform retrieve {} --downloaded FILE", id.0),
    }
}

pub(super) fn revoke(serial: &Serial, reason: Reason) -> Instructions {
    let words = match reason {
        Reason::Lost => "perte",
        Reason::Stolen => "vol",
        Reason::Compromised => "compromission",
        Reason::Changed => "changement d'une donnée du certificat",
        Reason::Superseded => "remplacement",
        Reason::Ceased => "cessation d'activité",
        Reason::Other => "autre",
    };
    Instructions {
        steps: vec![
            login(),
            format!("Tab « Révoquer »: select the certificate with the serial number {serial}."),
            "Type the code de révocation set at the retrait; the file of one that cpskit set is shown above.".to_owned(),
            format!("Reason: {words} (the platform's own list is not published). It is for ever."),
        ],
        then: format!("cpskit platform revoke {serial} --reason {} --recorded", reason.name()),
    }
}

pub(super) fn certificate(serial: &Serial) -> Instructions {
    Instructions {
        steps: vec![
            login(),
            format!("Tab « Suivre »: look for the certificate with the serial number {serial}."),
        ],
        then: format!(
            "cpskit platform revoke {serial} --reason REASON --recorded, when it is revoked there"
        ),
    }
}
