//! The fields of F414 as data: where they stand, what they are called in the PDF, of what type (platform fact sheet §4).

use super::catalogue::{self, Generation};
use crate::form::acroform::Kind;

/// A field, by what it holds.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[allow(missing_docs, reason = "each is described by its line of the table")]
pub enum Slot {
    StructureName,
    StructureComplement,
    StructureFiness,
    StructureSiret,
    StructureNumber,
    StructureStreetType,
    StructureStreet,
    StructurePostcode,
    StructureTown,
    ApplicantName,
    ApplicantGivenNames,
    ApplicantTelephone,
    ApplicantEmail,
    CardsUsage,
    CardsProject,
    Kits,
    KitQuantity,
    Singles,
    Sets,
    /// How many of the card or set at this place of the catalogue.
    Quantity(Generation, u8),
    DeliveryName,
    DeliveryComplement,
    DeliveryNumber,
    DeliveryStreetType,
    DeliveryStreet,
    DeliveryPostcode,
    DeliveryTown,
    DeliveryCountry,
    CertificatesUsage,
    CertificatesProject,
    Org,
    Server,
    ServerDomain,
    ServerName,
    Mail,
    MailDomain,
    Person,
    PersonDomain,
    HaveCards,
    /// The number of the card of an administrateur technique, 1 to 6.
    AdministratorCard(u8),
    AcceptConditions,
    Certify,
    Date,
    Signature,
    Stamp,
}

/// What a field is called in the PDF. The fact sheet cuts some names short: these are told by what is known of them.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Name {
    /// The whole name.
    Exact(String),
    /// How it begins, and how it ends.
    Around(&'static str, &'static str),
}

impl Name {
    /// Whether a field of a PDF is called so.
    pub fn is_of(&self, found: &str) -> bool {
        match self {
            Self::Exact(name) => name == found,
            Self::Around(start, end) => {
                found.strip_prefix(start).is_some_and(|rest| rest.ends_with(end))
            }
        }
    }

    /// As it is written in lists and in the fingerprint: `…` for what is not known of it.
    pub fn shown(&self) -> String {
        match self {
            Self::Exact(name) => name.clone(),
            Self::Around(start, end) => format!("{start}…{end}"),
        }
    }
}

/// Whether a form without it is sent back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Need {
    /// It must be filled.
    Required,
    /// It must be filled when its part of the form is used, or one of two.
    Conditional,
    /// It may be left empty.
    Optional,
    /// A person fills it, by hand.
    Hand,
}

/// A line of the table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Field {
    /// What it holds.
    pub slot: Slot,
    /// Which part of the form it stands in.
    pub section: &'static str,
    /// What the form calls it, for people.
    pub label: String,
    /// What the PDF calls it.
    pub name: Name,
    /// Its type; `None` where the fact sheet does not tell and nothing of ours goes.
    pub kind: Option<Kind>,
    /// The most characters it takes. The fact sheet tells it of none.
    pub limit: Option<u32>,
    /// Whether it must be filled.
    pub need: Need,
}

/// Every field, in the form's order.
pub fn fields() -> Vec<Field> {
    let mut fields = Vec::new();
    for (slot, section, label, name, kind, need) in TABLE {
        let exact = |name: &str| Name::Exact(name.to_owned());
        let name = match name.split_once('…') {
            Some((start, end)) => Name::Around(start, end),
            None => exact(name),
        };
        let label = (*label).to_owned();
        fields.push(Field {
            slot: *slot,
            section,
            label,
            name,
            kind: *kind,
            limit: None,
            need: *need,
        });
        match slot {
            Slot::Singles => fields.extend(catalogue::cards().flat_map(quantities)),
            Slot::Sets => fields.extend(catalogue::sets().flat_map(quantities)),
            Slot::HaveCards => fields.extend((1..=MOST_ADMINISTRATORS).map(|row| Field {
                slot: Slot::AdministratorCard(row),
                section: "5.3",
                label: format!("N° de carte {row}"),
                name: Name::Exact(format!("N de carteRow{row}")),
                kind: Some(Kind::Text),
                limit: None,
                need: Need::Conditional,
            })),
            _ => {}
        }
    }
    fields
}

/// Cards of administrateurs techniques that the form has lines for.
pub const MOST_ADMINISTRATORS: u8 = 6;

fn quantities(article: catalogue::Article) -> impl Iterator<Item = Field> {
    Generation::ALL.into_iter().map(move |generation| Field {
        slot: Slot::Quantity(generation, article.place),
        section: "4.2",
        label: format!("{}, {}", article.label, generation.name()),
        name: Name::Exact(format!("{}-{}", generation.name(), article.place)),
        kind: Some(Kind::Text),
        limit: None,
        need: Need::Optional,
    })
}

type Row = (Slot, &'static str, &'static str, &'static str, Option<Kind>, Need);

const TEXT: Option<Kind> = Some(Kind::Text);
const BOX: Option<Kind> = Some(Kind::CheckBox);

const TABLE: &[Row] = &[
    (
        Slot::StructureName,
        "2",
        "Dénomination de la structure",
        "Dénomination de la structure",
        TEXT,
        Need::Required,
    ),
    (
        Slot::StructureComplement,
        "2",
        "Mention complémentaire",
        "Mention complémentaire",
        TEXT,
        Need::Optional,
    ),
    (
        Slot::StructureFiness,
        "2",
        "N° FINESS",
        "(uniquement pour les structures prenant en charge des patients/usagers)",
        TEXT,
        Need::Conditional,
    ),
    (Slot::StructureSiret, "2", "N° SIRET", "N SIRET", TEXT, Need::Conditional),
    (Slot::StructureNumber, "2", "N°", "N", TEXT, Need::Required),
    (
        Slot::StructureStreetType,
        "2",
        "Type de voie",
        "Type de voie avenue rue",
        TEXT,
        Need::Required,
    ),
    (Slot::StructureStreet, "2", "Libellé de la voie", "Libellé de la voie", TEXT, Need::Required),
    (Slot::StructurePostcode, "2", "Code postal", "Code postal_2", TEXT, Need::Required),
    (Slot::StructureTown, "2", "Commune", "Commune", TEXT, Need::Required),
    (Slot::ApplicantName, "3", "Nom", "Nom", TEXT, Need::Required),
    (Slot::ApplicantGivenNames, "3", "Prénom(s)", "Prénoms", TEXT, Need::Required),
    (Slot::ApplicantTelephone, "3", "Téléphone", "Téléphone", TEXT, Need::Required),
    (
        Slot::ApplicantEmail,
        "3",
        "E-mail professionnel",
        "Email professionnel",
        TEXT,
        Need::Required,
    ),
    (
        Slot::CardsUsage,
        "4.1",
        "Précisions sur l'usage des cartes",
        "Précisions sur l'usage",
        TEXT,
        Need::Conditional,
    ),
    (
        Slot::CardsProject,
        "4.1",
        "Précisions sur le projet",
        "Précisions sur le projet",
        TEXT,
        Need::Conditional,
    ),
    (Slot::Kits, "4.2", "Kit d'intégration CPS", "Check Box2", BOX, Need::Optional),
    (Slot::KitQuantity, "4.2", "Quantité de kits", "Quantité", TEXT, Need::Conditional),
    (Slot::Singles, "4.2", "Cartes de test à l'unité", "Check Box3", BOX, Need::Optional),
    (Slot::Sets, "4.2", "Jeux de cartes de test", "Check Box4", BOX, Need::Optional),
    (
        Slot::DeliveryName,
        "4.2",
        "Livraison : dénomination",
        "Dénomination de la structure_32",
        TEXT,
        Need::Optional,
    ),
    (
        Slot::DeliveryComplement,
        "4.2",
        "Livraison : mention complémentaire",
        "Mention complémentaire2",
        TEXT,
        Need::Optional,
    ),
    (Slot::DeliveryNumber, "4.2", "Livraison : n°", "N2", TEXT, Need::Optional),
    (
        Slot::DeliveryStreetType,
        "4.2",
        "Livraison : type de voie",
        "Type de voie avenue rue2",
        TEXT,
        Need::Optional,
    ),
    (
        Slot::DeliveryStreet,
        "4.2",
        "Livraison : libellé de la voie",
        "Libellé de la voie2",
        TEXT,
        Need::Optional,
    ),
    (
        Slot::DeliveryPostcode,
        "4.2",
        "Livraison : code postal",
        "Code postal2",
        TEXT,
        Need::Optional,
    ),
    (Slot::DeliveryTown, "4.2", "Livraison : commune", "Commune2", TEXT, Need::Optional),
    (Slot::DeliveryCountry, "4.2", "Livraison : pays", "Pays2", TEXT, Need::Optional),
    (
        Slot::CertificatesUsage,
        "5.1",
        "Précisions sur l'usage des certificats",
        "Précisions sur l'usage2",
        TEXT,
        Need::Optional,
    ),
    (
        Slot::CertificatesProject,
        "5.1",
        "Précisions sur le projet",
        "Précisions sur le projet2",
        TEXT,
        Need::Optional,
    ),
    (Slot::Org, "5.2", "ORG : AUTH_CLI, SIGN, CONF", "Check Box9", BOX, Need::Optional),
    (Slot::Server, "5.2", "SERVEUR : SSL_SERVEUR", "Check Box10", BOX, Need::Optional),
    (
        Slot::ServerDomain,
        "5.2",
        "SSL_SERVEUR : nom de domaine",
        "Certificat pour le nom de domaine suivant…",
        TEXT,
        Need::Conditional,
    ),
    (
        Slot::ServerName,
        "5.2",
        "SSL_SERVEUR : serveur",
        "OU certificat restreint au serveur suivant…",
        TEXT,
        Need::Conditional,
    ),
    (Slot::Mail, "5.2", "SERVEUR : SMIME, SIGN, CONF", "Check Box11", BOX, Need::Optional),
    (
        Slot::MailDomain,
        "5.2",
        "SMIME, SIGN, CONF : domaine de messagerie",
        "Certificat pour le nom de domaine de messagerie suivant…domainefr",
        TEXT,
        Need::Conditional,
    ),
    (Slot::Person, "5.2", "PRO : AUTH, SIGN, CONF", "Check Box12", BOX, Need::Optional),
    (
        Slot::PersonDomain,
        "5.2",
        "PRO : domaine de messagerie",
        "Certificat pour le nom de domaine de messagerie suivant…domainefr_2",
        TEXT,
        Need::Conditional,
    ),
    (
        Slot::HaveCards,
        "5.3",
        "Cartes de test valides déjà détenues",
        "Group8",
        Some(Kind::Radio),
        Need::Required,
    ),
    (Slot::AcceptConditions, "fin", "Acceptation des CGU", "Check Box13", BOX, Need::Hand),
    (Slot::Certify, "fin", "Exactitude certifiée", "Check Box14", BOX, Need::Hand),
    (Slot::Date, "fin", "Date", "Date_2", None, Need::Hand),
    (
        Slot::Signature,
        "fin",
        "Signature",
        "Signature du représentant légal ou du mandataire",
        None,
        Need::Hand,
    ),
    (Slot::Stamp, "fin", "Cachet de la structure", "Cachet de la structure", None, Need::Hand),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_field_has_two_lines_and_no_name_two_fields() {
        let fields = fields();
        let slots: BTreeSet<Slot> = fields.iter().map(|field| field.slot).collect();
        let names: BTreeSet<&Name> = fields.iter().map(|field| &field.name).collect();
        assert_eq!((slots.len(), names.len()), (fields.len(), fields.len()));
        assert_eq!(fields.len(), TABLE.len() + 2 * 42 + 6);
    }

    #[test]
    fn a_name_that_the_sheet_cuts_short_is_told_by_its_two_ends() {
        let mail = "Certificat pour le nom de domaine de messagerie suivant exemple domainefr";
        let person = format!("{mail}_2");
        let of = |found: &str| {
            let fields = fields().into_iter().filter(|field| field.name.is_of(found));
            fields.map(|field| field.slot).collect::<Vec<_>>()
        };
        assert_eq!(of(mail), [Slot::MailDomain]);
        assert_eq!(of(&person), [Slot::PersonDomain]);
    }
}
