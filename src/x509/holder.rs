//! Who a certificate is about: a health professional, an employee, or a structure.

use super::{Certificate, IssuedBy, oid};
use crate::id::{CardNumber, NationalId, Shape, StructureId};
use crate::nomenclature::Code;

/// What the subject and the private extensions say of the holder.
///
/// Attributes are looked up by type, in any relative name. What is absent is `None`, and so is what cannot be read:
/// the methods of [`Certificate`] tell these apart.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Holder {
    /// The person's identifier: CN of a certificate that is about a person.
    pub national_id: Option<NationalId>,
    /// SN.
    pub family_name: Option<String>,
    /// GN.
    pub given_name: Option<String>,
    /// In place of the names, on a card that names nobody (carte de service).
    pub pseudonym: Option<String>,
    /// `title`: the profession, or what staff are; OU in the PKIs before IGC-Santé.
    pub title: Option<String>,
    /// Profession, table G15.
    pub profession: Option<Code>,
    /// Profession the holder of a CPF studies for, table G16.
    pub future_profession: Option<Code>,
    /// Specialities (savoir-faire), table R01.
    pub specialities: Vec<Code>,
    /// Sectors of activity, table R02.
    pub sectors: Vec<Code>,
    /// Level of responsibility, table G04.
    pub responsibility: Option<Code>,
    /// The structure's name: O.
    pub structure_name: Option<String>,
    /// The structure's identifier: OU.
    pub structure_id: Option<StructureId>,
    /// The structure's département, `Paris (75)`: ST; L in the PKIs before IGC-Santé.
    pub department: Option<String>,
    /// Who issued the card, by number: what stands before the number of the card.
    pub card_issuer: Option<String>,
    /// The number of the card.
    pub card_number: Option<CardNumber>,
    /// The type of card, table G02.
    pub card_type: Option<Code>,
    /// What the certificate was put in, table G01.
    pub category: Option<Code>,
    /// The user principal name, for Windows logon.
    pub user_principal_name: Option<String>,
}

impl Holder {
    /// Reads what a certificate says of its holder.
    pub fn of(certificate: &Certificate) -> Self {
        let subject = certificate.subject();
        let text = |oid| subject.first(oid).map(str::to_owned);
        let legacy = matches!(certificate.issued_by(), IssuedBy::Legacy { .. });

        let mut structure_id = None;
        let mut unit = None;
        for value in subject.all(oid::ORGANIZATIONAL_UNIT_NAME) {
            match StructureId::parse(value) {
                Ok(id) if id.is_shaped() == Shape::Fits => structure_id = structure_id.or(Some(id)),
                _ => unit = unit.or(Some(value.to_owned())),
            }
        }

        let (family_name, given_name) = (text(oid::SURNAME), text(oid::GIVEN_NAME));
        let pseudonym = text(oid::PSEUDONYM);
        let title = text(oid::TITLE).or(unit.filter(|_| legacy));
        let parts = [&family_name, &given_name, &pseudonym, &title];
        // Elsewhere CN is the name of a server or of a service.
        let person = parts.into_iter().any(Option::is_some);

        let card = certificate.card_identifier().unwrap_or_default();
        let card_issuer = card.as_deref().and_then(|text| text.split_once('/'));

        Self {
            national_id: subject
                .all(oid::COMMON_NAME)
                .filter(|_| person)
                .filter_map(|name| NationalId::parse(name).ok())
                .find(|id| id.type_code().is_ascii_digit()),
            family_name,
            given_name,
            pseudonym,
            title,
            profession: certificate.profession().unwrap_or_default(),
            future_profession: certificate.future_profession().unwrap_or_default(),
            specialities: certificate.specialities().unwrap_or_default(),
            sectors: certificate.sectors().unwrap_or_default(),
            responsibility: certificate.responsibility().unwrap_or_default(),
            // There, O is the name of the PKI.
            structure_name: text(oid::ORGANIZATION_NAME).filter(|_| !legacy),
            structure_id,
            department: text(oid::STATE_OR_PROVINCE_NAME)
                .or_else(|| text(oid::LOCALITY_NAME).filter(|_| legacy)),
            card_issuer: card_issuer.map(|(issuer, _)| issuer.to_owned()),
            card_number: certificate.card_number().unwrap_or_default(),
            card_type: certificate.card_type().unwrap_or_default(),
            category: certificate.category().unwrap_or_default(),
            user_principal_name: certificate.user_principal_name().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, attribute, name};
    use super::*;
    use crate::nomenclature::Table;

    const OID: fn(u8) -> [u8; 3] = |last| [0x55, 4, last];

    fn utf8(last: u8, value: &str) -> Vec<u8> {
        attribute(&OID(last), 0x0C, value.as_bytes())
    }

    fn holder(subject: Vec<u8>, issuer: Vec<u8>) -> Holder {
        let der = Sample { subject, issuer, ..Sample::default() }.der();
        Holder::of(&Certificate::parse(&der).expect("whole"))
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn a_card_of_a_professional_says_who_they_are_and_what_they_do() {
        let der = Sample::full().der();
        let expected = Holder {
            national_id: NationalId::parse("899700296140").ok(),
            family_name: some("MARTIN"),
            given_name: some("ANNE"),
            title: some("Médecin"),
            profession: Some(Table::G15.code("10")),
            specialities: vec![Table::R01.code("SM26")],
            card_issuer: some("8025000001"),
            card_number: CardNumber::parse("2800811112").ok(),
            card_type: Some(Table::G02.code("00")),
            category: Some(Table::G01.code("80")),
            user_principal_name: some("8.99700296140@carte-cps.fr"),
            ..Holder::default()
        };
        assert_eq!(Holder::of(&Certificate::parse(&der).expect("whole")), expected);
    }

    #[test]
    fn a_card_that_names_nobody_has_a_pseudonym_and_an_identifier() {
        let subject = name(&[
            &[utf8(6, "FR")],
            &[utf8(8, "Paris (75)")],
            &[utf8(10, "HOPITAL")],
            &[utf8(11, "10B0057881")],
            &[utf8(12, "Carte de service santé ou social")],
            &[utf8(65, "EMPLOYE000000018")],
            &[utf8(3, "30B0057881/000000018")],
        ]);
        let expected = Holder {
            national_id: NationalId::parse("30B0057881/000000018").ok(),
            pseudonym: some("EMPLOYE000000018"),
            title: some("Carte de service santé ou social"),
            structure_name: some("HOPITAL"),
            structure_id: StructureId::parse("10B0057881").ok(),
            department: some("Paris (75)"),
            ..Holder::default()
        };
        assert_eq!(holder(subject, Sample::default().issuer), expected);
    }

    #[test]
    fn the_name_of_a_server_is_no_identifier_of_a_person() {
        let subject = name(&[&[utf8(10, "ANS")], &[utf8(3, "8.example.org")]]);
        let expected = Holder { structure_name: some("ANS"), ..Holder::default() };
        assert_eq!(holder(subject, Sample::default().issuer), expected);
    }

    #[test]
    fn in_a_legacy_pki_the_profession_stands_in_ou_and_o_is_the_pki() {
        let subject = name(&[
            &[utf8(10, "TEST")],
            &[utf8(11, "Sage-Femme")],
            &[utf8(3, "00B1058110"), utf8(4, "MARTIN")],
        ]);
        let issuer = name(&[
            &[utf8(6, "FR")],
            &[utf8(10, "TEST")],
            &[utf8(11, "TEST PROFESSIONNEL")],
            &[utf8(3, "TEST CLASSE-1")],
        ]);
        let expected = Holder {
            national_id: NationalId::parse("00B1058110").ok(),
            family_name: some("MARTIN"),
            title: some("Sage-Femme"),
            ..Holder::default()
        };
        assert_eq!(holder(subject, issuer), expected);
    }
}
