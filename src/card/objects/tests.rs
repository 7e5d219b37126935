//! Examples are those of CPx fact sheet §8, with invented holders.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::nomenclature::{Code, Table, tariff_zone};

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).expect("a byte")).collect()
}

const ID_CARD: &str = "E31E 80068025000001FF 81052800000001 820180 830420240115 840420270131";
const INFO: &str =
    "ED28 80020000 810C383939373030323138383936 82010A 840B5350454349414C49535445 8504534D3236";
const NAME: &str = "E41D 800116 810A444F433030303030303183074B4954FF4D4158 84034B4954";
const ACTIVITY: &str = "EE36 80020001 810100 830101 840D434142494E4554204D20444F43 850F343939373030323138383936303038 860458413037 8704 20271231";
const BILLING: &str = "E018 A016 800101 81059912345678 8203011240 83020102 840111";

fn whole(hex: &str) -> Object {
    let Decoded { object, cut } = Object::decode(&bytes(hex));
    assert_eq!(cut, None);
    object
}

#[test]
fn id_card_gives_number_category_and_dates() {
    assert_eq!(
        whole(ID_CARD),
        Object::IdCard(IdCard {
            issuer: Some("8025000001".to_owned()),
            number: Some("2800000001".to_owned()),
            category: Some(Table::G01.code("80")),
            issued: Some(date(2024, 1, 15)),
            expires: Some(date(2027, 1, 31)),
            unknown: vec![],
        })
    );
}

#[test]
fn info_gives_the_national_identifier() {
    let profession = Code { code: "10".to_owned(), label: Some("Médecin") };
    assert_eq!(
        whole(INFO),
        Object::Info(Info {
            card_type: Some(CardType { code: Table::G02.code("00"), flags: Some(0) }),
            national_id: Some("899700218896".to_owned()),
            profession: Some(profession),
            trade: None,
            practice_name: Some("SPECIALISTE".to_owned()),
            speciality: Some(Table::R01.code("SM26")),
            unknown: vec![],
        })
    );
}

#[test]
fn the_profession_of_a_student_is_the_future_one() {
    let Object::Info(info) = whole("ED06 800101 82010A") else { panic!("not an INFO") };
    assert_eq!(info.profession.and_then(|code| code.label), Some("Médecin en formation"));
    assert_eq!(info.unknown, []);
}

#[test]
fn names_are_split_and_read_as_latin_1() {
    let Object::Name(name) = whole(NAME) else { panic!("not a NAME") };
    assert_eq!(name.given_names, ["KIT", "MAX"]);
    assert_eq!(name.civility.and_then(|code| code.label), Some("Madame"));
    let Object::Name(name) = whole("E406 81045245 4EC9") else { panic!("not a NAME") };
    assert_eq!(name.family_name.as_deref(), Some("RENÉ"));
}

#[test]
fn the_sector_of_an_activity_is_known_whatever_its_first_letter() {
    let Object::Activity(activity) = whole(ACTIVITY) else { panic!("not an ACTIVITY") };
    assert_eq!(activity.sector, Some(Table::R02.code("SA07")));
    assert_eq!(activity.mode, Some(Table::G17.code("00")));
    assert_eq!((activity.mode_status, activity.link), (Some(1), Some(1)));
    assert_eq!(activity.structure_id.as_deref(), Some("499700218896008"));
    assert_eq!(activity.date, Some(date(2027, 12, 31)));
}

#[test]
fn billing_splits_its_six_digits_by_table() {
    let expected = BillingLink {
        link: Some(1),
        id: Some("9912345678".to_owned()),
        speciality: Some(Table::G100.code("01")),
        convention: Some(Table::G101.code("1")),
        zone: Some(Code { code: "24".to_owned(), label: tariff_zone("24", "1") }),
        travel: Some(Table::G103.code("0")),
        approvals: vec![Table::G104.code("01"), Table::G104.code("02")],
        signs: Some(0x11),
        unknown: vec![],
    };
    let expected = Object::Billing(Billing { links: vec![expected], unknown: vec![] });
    assert_eq!(whole(BILLING), expected);
    let under_zero = BILLING.replacen("E0", "00", 1);
    assert_eq!(whole(&under_zero), expected);
}

#[test]
fn the_older_activity_packs_identifiers_in_nibbles() {
    let hex = "E820 80020100 8108 0AFF 1750 1234 56FF 82020A01 840103 86042020 0101 8803414243";
    let Object::Activity2ter(activity) = whole(hex) else { panic!("not an E8") };
    assert_eq!(activity.sector, Some(Table::G19.code("10")));
    assert_eq!(activity.structure_id.as_deref(), Some("1750123456"));
    assert_eq!(activity.speciality, Some((Table::G12.code("10"), Some(Table::G11.code("01")))));
    assert_eq!((activity.link, activity.start), (Some(3), Some(date(2020, 1, 1))));
}

#[test]
fn what_is_not_known_is_kept() {
    let Object::IdCard(card) = whole("E307 81 02 1234 8A01 07") else { panic!("not an ID_CARD") };
    let field = RawField { tag: Tag(0x8A), value: vec![7] };
    assert_eq!((card.number.as_deref(), card.unknown), (Some("1234"), vec![field]));
    assert_eq!(whole("F0 01 07"), Object::Unknown(vec![0xF0, 1, 7]));
    assert_eq!(whole("00 00 00"), Object::Unknown(vec![0, 0, 0]));
}

#[test]
fn a_cut_object_gives_what_came_before_the_cut() {
    let content = bytes(INFO);
    for length in 20..content.len() {
        let Decoded { object, cut } = Object::decode(&content[..length]);
        let Object::Info(info) = object else { panic!("not an INFO at {length}") };
        assert_eq!(info.national_id.as_deref(), Some("899700218896"), "{length}");
        assert!(cut.is_some(), "{length}");
    }
}

#[test]
fn labels_are_read_whatever_their_case_and_separators() {
    for (label, kind) in [
        ("CPS_INFO_PS", Kind::Info),
        ("cps-info ps", Kind::Info),
        ("CPS_ACTIVITY_07_PS", Kind::Activity(7)),
        ("CPS2TER_ACTIVITY_16_PS", Kind::Activity2ter(16)),
        ("CPS2TER_PSINFO", Kind::Info2ter),
        ("CPS_ACTIVITY_xx_PS", Kind::Unknown),
        ("", Kind::Unknown),
    ] {
        assert_eq!(Kind::of_label(label), kind, "{label}");
    }
}

proptest! {
    #[test]
    fn no_content_makes_a_decoder_panic(
        tag in prop_oneof![Just(0_u8), 0xE0_u8..=0xEE],
        rest in proptest::collection::vec(any::<u8>(), 0..120),
    ) {
        let mut content = vec![tag];
        content.extend(rest);
        Object::decode(&content);
    }

    #[test]
    fn a_flipped_bit_never_makes_a_decoder_panic(index in 0_usize..57, bit in 0_u8..8) {
        for sample in [ID_CARD, INFO, NAME, ACTIVITY, BILLING] {
            let mut content = bytes(sample);
            if let Some(byte) = content.get_mut(index) {
                *byte ^= 1 << bit;
            }
            Object::decode(&content);
        }
    }
}
