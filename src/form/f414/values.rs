//! What goes into each field, in the form's order, and what is left to a person.

use super::catalogue;
use super::field::{Field, Need, Slot, fields};
use super::request::{Address, Request};
use crate::form::acroform::Value;

/// A field with what goes into it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// The field.
    pub field: Field,
    /// Its value.
    pub value: Value,
}

/// Button of `Group8` for cards that are ordered on the form, and for cards that there are already. That `0` is the first of
/// the two is inferred from the order of the fact sheet (§4).
const ORDERED_HERE: &str = "0";
const THERE_ALREADY: &str = "1";

/// Every field that has a value, in the form's order.
pub fn entries(request: &Request) -> Vec<Entry> {
    let values = values(request);
    let entry = |field: Field| {
        let value = values.iter().find(|(slot, _)| *slot == field.slot);
        value.map(|(_, value)| Entry { field, value: value.clone() })
    };
    fields().into_iter().filter_map(entry).collect()
}

/// What a person writes by hand: acceptance, date, signature, stamp.
pub fn by_hand() -> Vec<Field> {
    fields().into_iter().filter(|field| field.need == Need::Hand).collect()
}

fn values(request: &Request) -> Vec<(Slot, Value)> {
    let mut values = Values::default();
    let structure = &request.structure;
    values.address(&structure.address, STRUCTURE);
    values.some(Slot::StructureFiness, structure.finess.as_deref());
    values.some(Slot::StructureSiret, structure.siret.as_deref());
    let applicant = &request.applicant;
    values.text(Slot::ApplicantName, &applicant.family_name);
    values.text(Slot::ApplicantGivenNames, &applicant.given_names);
    values.text(Slot::ApplicantTelephone, &applicant.phone);
    values.text(Slot::ApplicantEmail, &applicant.email);
    if let Some(cards) = &request.cards {
        values.text(Slot::CardsUsage, &cards.usage);
        values.text(Slot::CardsProject, &cards.project);
        if cards.kits > 0 {
            values.tick(Slot::Kits);
            values.text(Slot::KitQuantity, &cards.kits.to_string());
        }
        for line in &cards.lines {
            let of_cards = catalogue::cards().any(|card| card.place == line.article.place);
            values.tick(if of_cards { Slot::Singles } else { Slot::Sets });
            let slot = Slot::Quantity(line.generation, line.article.place);
            values.text(slot, &line.quantity.to_string());
        }
    }
    if let Some(delivery) = &request.delivery {
        values.address(delivery, DELIVERY);
    }
    if let Some(certificates) = &request.certificates {
        values.some(Slot::CertificatesUsage, certificates.usage.as_deref());
        values.some(Slot::CertificatesProject, certificates.project.as_deref());
        let perimeters = &certificates.perimeters;
        if perimeters.org {
            values.tick(Slot::Org);
        }
        let named = [
            (Slot::Server, Slot::ServerDomain, perimeters.server_domain.as_ref()),
            (Slot::Server, Slot::ServerName, perimeters.server_name.as_ref()),
            (Slot::Mail, Slot::MailDomain, perimeters.mail_domain.as_ref()),
            (Slot::Person, Slot::PersonDomain, perimeters.person_domain.as_ref()),
        ];
        for (square, line, name) in named {
            if let Some(name) = name {
                values.tick(square);
                values.text(line, name);
            }
        }
    }
    let have = if request.administrators.is_empty() { ORDERED_HERE } else { THERE_ALREADY };
    values.0.push((Slot::HaveCards, Value::Choice(have.to_owned())));
    for (row, number) in (1u8..).zip(&request.administrators) {
        values.text(Slot::AdministratorCard(row), number.as_str());
    }
    values.0
}

/// The fields of an address, in the order of [`Address`]: name, complement, number, type of street, street, postcode, town,
/// country.
type Lines = [Option<Slot>; 8];

const STRUCTURE: Lines = [
    Some(Slot::StructureName),
    Some(Slot::StructureComplement),
    Some(Slot::StructureNumber),
    Some(Slot::StructureStreetType),
    Some(Slot::StructureStreet),
    Some(Slot::StructurePostcode),
    Some(Slot::StructureTown),
    None,
];

const DELIVERY: Lines = [
    Some(Slot::DeliveryName),
    Some(Slot::DeliveryComplement),
    Some(Slot::DeliveryNumber),
    Some(Slot::DeliveryStreetType),
    Some(Slot::DeliveryStreet),
    Some(Slot::DeliveryPostcode),
    Some(Slot::DeliveryTown),
    Some(Slot::DeliveryCountry),
];

#[derive(Default)]
struct Values(Vec<(Slot, Value)>);

impl Values {
    fn text(&mut self, slot: Slot, text: &str) {
        self.0.push((slot, Value::Text(text.to_owned())));
    }

    fn some(&mut self, slot: Slot, text: Option<&str>) {
        if let Some(text) = text {
            self.text(slot, text);
        }
    }

    fn tick(&mut self, slot: Slot) {
        if self.0.iter().all(|(ticked, _)| *ticked != slot) {
            self.0.push((slot, Value::Ticked));
        }
    }

    fn address(&mut self, address: &Address, lines: Lines) {
        let texts = [
            Some(&address.name),
            address.complement.as_ref(),
            Some(&address.number),
            Some(&address.street_type),
            Some(&address.street),
            Some(&address.postcode),
            Some(&address.town),
            address.country.as_ref(),
        ];
        for (slot, text) in lines.into_iter().zip(texts) {
            if let (Some(slot), Some(text)) = (slot, text) {
                self.text(slot, text);
            }
        }
    }
}
