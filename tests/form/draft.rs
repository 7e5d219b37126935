//! A request as a team would make it: cards and certificates, everything inside the limits.

use cpskit::form::f414::draft::{
    Draft, DraftAddress, DraftAdministrator, DraftApplicant, DraftCards, DraftCertificates,
};

pub(crate) fn complete() -> Draft {
    let text = |text: &str| Some(text.to_owned());
    Draft {
        structure: DraftAddress {
            name: text("Œuvres numériques de l’Ouest"),
            number: text("12 bis"),
            street_type: text("allée"),
            street: text("des Hêtres – bâtiment Ça"),
            postcode: text("35000"),
            town: text("Saint-Étienne-en-Coglès"),
            ..DraftAddress::default()
        },
        finess: None,
        siret: text("18751275100020"),
        applicant: DraftApplicant {
            family_name: text("Lefèvre"),
            given_names: text("Zoé, Anaïs"),
            phone: text("02 00 00 00 00"),
            email: text("zoe.lefevre@exemple.fr"),
        },
        delivery: Some(DraftAddress {
            name: text("Accueil du service des essais"),
            number: text("3"),
            street_type: text("rue"),
            street: text("du Cœur-Volant"),
            postcode: text("35000"),
            town: text("Rennes"),
            country: text("France"),
            ..DraftAddress::default()
        }),
        cards: Some(DraftCards {
            usage: text(
                "Essais de lecture des cartes et de signature par un logiciel de cabinet, avant la certification",
            ),
            project: text("DMP"),
            kits: 1,
            cps3: [("medecin-generaliste".to_owned(), 2)].into(),
            cps4: [("cabinet-medical".to_owned(), 1), ("orthophoniste".to_owned(), 1)].into(),
        }),
        certificates: Some(DraftCertificates {
            usage: text("Appels du DMP"),
            project: text("DMP"),
            org: true,
            server_domains: vec!["exemple.fr".to_owned()],
            mail_domains: vec!["@exemple.mssante.fr".to_owned()],
            ..DraftCertificates::default()
        }),
        administrators: vec![DraftAdministrator {
            number: "2600971845".to_owned(),
            family: Some("CPS".to_owned()),
        }],
        left_out: Vec::new(),
    }
}
