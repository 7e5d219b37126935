//! Every persona is read back as its file says, and nothing is noted.

use cpskit::card::objects::{Activity, BillingLink, CardType, HolderName, IdCard, Info, Info2ter};
use cpskit::card::{
    CardCertificate, Certainty, Family, Holder, Identity, PinStatus, Role, SerialNumber, Situation,
    Tries,
};
use cpskit::emulate::persona::{ActivitySpec, BillingSpec, Generation, Interface};
use cpskit::emulate::{Persona, VirtualCard, VirtualReader};
use cpskit::id::{ChipSerial, NationalId};
use cpskit::nomenclature::{Code, Table, tariff_zone};
use cpskit::x509::Certificate;
use jiff::civil::{Date, date};

use crate::support::{PIN, Reading, activities, open, read, virtual_card};

fn persona(slug: &str) -> Persona {
    Persona::builtin(slug).expect("a builtin persona")
}

fn day(text: &str) -> Option<Date> {
    Some(text.parse().expect("a date"))
}

fn code(table: Table, code: Option<&String>) -> Option<Code> {
    code.map(|code| table.code(code.as_str()))
}

/// What the files of a card must be read as, from the persona and from the certificates as they stand.
fn expected(persona: &Persona, card: &VirtualCard) -> Identity {
    let Persona { card: plastic, holder, .. } = persona;
    let serial = ChipSerial::parse(&plastic.chip_serial).expect("eight digits");
    let mut identity = Identity {
        serial: Some(SerialNumber { serial, luhn: true }),
        certificates: certificates(persona, card),
        ..Identity::default()
    };
    if plastic.interface == Interface::Contactless {
        identity.label = Some("CPS3v3_CL".to_owned());
        return identity;
    }
    let version = match plastic.generation {
        Generation::Cps3 => "CPS3v3",
        Generation::Cps4 => "CPS4v1",
    };
    identity.label = Some(format!("{version}-{}", plastic.number));
    identity.id_card = Some(IdCard {
        issuer: Some("8025000001".to_owned()),
        number: Some(plastic.number.clone()),
        category: Some(Table::G01.code(plastic.category.as_str())),
        issued: day(&plastic.issued),
        expires: day(&plastic.expires),
        unknown: vec![],
    });
    let professions = if plastic.card_type == "01" { Table::G16 } else { Table::G15 };
    let card_type = CardType { code: Table::G02.code(plastic.card_type.as_str()), flags: Some(0) };
    let info = Info {
        card_type: Some(card_type),
        national_id: holder.national_id.clone(),
        profession: code(professions, holder.profession.as_ref()),
        trade: None,
        practice_name: holder.practice_name.clone(),
        speciality: code(Table::R01, holder.speciality.as_ref()),
        unknown: vec![],
    };
    identity.info_2ter = (plastic.generation == Generation::Cps4).then(|| Info2ter {
        card_type: info.card_type.clone(),
        national_id: info.national_id.clone(),
        profession: info.profession.clone(),
        practice_name: info.practice_name.clone(),
        ..Info2ter::default()
    });
    identity.info = Some(info);
    identity.name = Some(HolderName {
        civility: code(Table::G03, holder.civility.as_ref()),
        family_name: holder.family_name.clone(),
        second_name: holder.second_name.clone(),
        given_names: holder.given_names.clone(),
        usual_name: holder.usual_name.clone(),
        unknown: vec![],
    });
    let tries = match persona.pin.tries_left {
        0 => Tries::Blocked,
        left => Tries::Left(left),
    };
    identity.pin = Some(PinStatus { tries, max: Some(3), uses_left: None });
    identity
}

fn certificates(persona: &Persona, card: &VirtualCard) -> Vec<CardCertificate> {
    let found = |role, label: &str, file: [u16; 3], id: [u8; 2]| {
        let der = card.file(&file).expect("a certificate");
        let issuer = [0xE8, 0x28, 0xBD, 0x08, 0x0F, 0x80, 0x25, 0, 0, 1, 0xFF, 0];
        CardCertificate {
            role,
            label: Some(label.to_owned()),
            id: [issuer.as_slice(), &id].concat(),
            certificate: Certificate::parse(der).expect("a certificate"),
        }
    };
    if persona.card.interface == Interface::Contactless {
        let file = [0x3F00, 0x0002, 0xA003];
        return vec![found(Role::Technical, "Certificat Technique CPS", file, [0x20, 0x03])];
    }
    let (first, second) = match persona.card.generation {
        Generation::Cps3 => (0x01, 0x02),
        Generation::Cps4 => (0x10, 0x20),
    };
    let file = |id| [0x3F00, 0x0001, id];
    vec![
        found(Role::Signature, "Certificat de Signature CPS", file(0xA001), [0x10, first]),
        found(
            Role::Authentication,
            "Certificat d'Authentification CPS",
            file(0xA002),
            [0x10, second],
        ),
    ]
}

#[test]
fn every_persona_is_read_whole() {
    for slug in Persona::list() {
        let card = virtual_card(slug);
        let identity = expected(&persona(slug), &card);
        let reading = read(&mut open(VirtualReader::insert(card)));
        assert_eq!(reading, Ok(Reading { identity, notes: vec![] }), "{slug}");
    }
}

#[test]
fn the_holder_is_the_person_of_the_persona() {
    for slug in Persona::list() {
        let persona = persona(slug);
        let reading = read(&mut open(VirtualReader::insert(virtual_card(slug)))).expect("read");
        let holder = &persona.holder;
        let professions = if persona.card.card_type == "01" { Table::G16 } else { Table::G15 };
        let expected = Holder {
            national_id: holder.national_id.as_deref().map(|id| NationalId::parse(id).expect(id)),
            civility: code(Table::G03, holder.civility.as_ref()),
            family_name: holder.family_name.clone(),
            given_name: holder.usual_name.clone(),
            profession: code(professions, holder.profession.as_ref()),
            speciality: code(Table::R01, holder.speciality.as_ref()),
            practice_name: holder.practice_name.clone(),
        };
        assert_eq!(reading.identity.holder(), expected, "{slug}");
        assert_eq!(reading.identity.mismatch(), None, "{slug}");
    }
}

#[test]
fn every_code_of_a_persona_has_its_label() {
    let reading = read(&mut open(VirtualReader::insert(virtual_card("medecin-cps3"))));
    let holder = reading.expect("read").identity.holder();
    let labels = [holder.civility, holder.profession, holder.speciality]
        .map(|code| code.and_then(|code| code.label));
    let speciality = Some("Qualifié en Médecine Générale (SM)");
    assert_eq!(labels, [Some("Madame"), Some("Médecin"), speciality]);
}

#[test]
fn the_family_the_category_and_the_opposition_of_every_persona_are_told() {
    let certain = |family| Some((family, Certainty::Certain));
    let uncertain = |family| Some((family, Certainty::Uncertain));
    let usual = Some(date(2029, 1, 5));
    let found: Vec<_> = Persona::list()
        .iter()
        .map(|slug| {
            let reading = read(&mut open(VirtualReader::insert(virtual_card(slug))));
            let identity = reading.expect("read").identity;
            let category = identity.category().map(|category| category.code);
            (*slug, identity.family(), category, identity.number(), identity.opposition())
        })
        .collect();
    let row = |slug, family, number: &str, opposition| {
        (slug, family, Some("80".to_owned()), Some(number.to_owned()), opposition)
    };
    let expected = vec![
        row("medecin-cps3", certain(Family::Cps), "2900100001", usual),
        row("pharmacien-cps4", certain(Family::Cps), "2900100002", usual),
        row("infirmier-adeli-cps3", certain(Family::Cps), "2900100003", usual),
        row("cpe-cps3", uncertain(Family::Cpe), "2900100004", usual),
        row("cde-cps3", certain(Family::Cde), "2900100005", usual),
        row("cpa-cps4", uncertain(Family::Cpa), "2900100006", usual),
        row("cpf-cps3", certain(Family::Cpf), "2900100007", usual),
        row("pin-bloque-cps3", certain(Family::Cps), "2900100008", usual),
        row("opposee-cps3", certain(Family::Cps), "2900100009", Some(date(2025, 1, 5))),
        row("medecin-cps4", certain(Family::Cps), "2900100010", usual),
        row("sans-contact-cps3", certain(Family::Cps), "2900100011", None),
    ];
    assert_eq!(found, expected);
}

#[test]
fn every_activity_is_read_with_its_billing() {
    for slug in Persona::list() {
        let persona = persona(slug);
        let expected = match (persona.card.interface, persona.pin.tries_left) {
            (Interface::Contactless, _) => {
                Err("this card has no PIN on its contactless interface".to_owned())
            }
            (_, 0) => Err("the PIN (code porteur) is blocked".to_owned()),
            _ => Ok(persona.activities.iter().map(situation).collect()),
        };
        let found = activities(&mut open(VirtualReader::insert(virtual_card(slug))), PIN);
        assert_eq!(found, expected, "{slug}");
    }
}

fn situation(spec: &ActivitySpec) -> Situation {
    let activity = Activity {
        mode: Some(Table::G17.code(spec.mode.as_str())),
        mode_status: None,
        status: spec.status.clone(),
        section: code(Table::G05, spec.section.as_ref()),
        link: Some(spec.number),
        structure_name: Some(spec.structure_name.clone()),
        structure_id: Some(spec.structure_id.clone()),
        sector: Some(Table::R02.code(spec.sector.as_str())),
        date: spec.end.as_deref().and_then(day),
        unknown: vec![],
    };
    let billing = spec.billing.iter().map(|billing| link(spec.number, billing)).collect();
    Situation { number: spec.number, activity, billing }
}

fn link(number: u8, spec: &BillingSpec) -> BillingLink {
    let zone = Code { code: spec.zone.clone(), label: tariff_zone(&spec.zone, &spec.convention) };
    let signs = |text: &String| u8::from_str_radix(text, 16).expect("a byte");
    BillingLink {
        link: Some(number),
        id: Some(spec.id.clone()),
        speciality: Some(Table::G100.code(spec.speciality.as_str())),
        convention: Some(Table::G101.code(spec.convention.as_str())),
        zone: Some(zone),
        travel: Some(Table::G103.code(spec.travel.as_str())),
        approvals: spec.approvals.iter().map(|code| Table::G104.code(code.as_str())).collect(),
        signs: spec.signs.as_ref().map(signs),
        unknown: vec![],
    }
}

/// What EF.PrKD and EF.PuKD list (CPx fact sheet §4.6, §7.1), and that certificates share their identifiers.
#[test]
fn the_keys_of_a_contact_card_are_listed_with_what_they_may_do() {
    for (slug, references) in [("medecin-cps3", [0x81, 0x82]), ("medecin-cps4", [0x10, 0x20])] {
        let mut card = open(VirtualReader::insert(virtual_card(slug)));
        let (private, public, certificates) = card
            .session(|session| {
                Ok((session.private_keys()?, session.public_keys()?, session.certificates()?))
            })
            .expect("three directories");
        let found: Vec<_> = private
            .entries
            .iter()
            .map(|key| {
                let usage = (key.usage.commits(), key.usage.signs(), key.usage.decrypts());
                (key.reference, usage, key.modulus_bits, key.common.is_private())
            })
            .collect();
        let [signature, authentication] = references;
        let expected = [
            (Some(signature), (true, false, false), Some(2048), true),
            (Some(authentication), (false, true, true), Some(2048), true),
        ];
        assert_eq!(found, expected, "{slug}");
        let ids: Vec<_> = private.entries.iter().map(|key| &key.id).collect();
        assert_eq!(public.entries.iter().map(|key| &key.id).collect::<Vec<_>>(), ids, "{slug}");
        assert_eq!(certificates.iter().map(|found| &found.id).collect::<Vec<_>>(), ids, "{slug}");
        assert!(public.entries.iter().all(|key| key.location.is_some()), "{slug}");
    }
}
