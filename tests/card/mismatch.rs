//! A card that does not agree with itself on its holder.

use cpskit::card::{IdentityPlace, Mismatch, Role};
use cpskit::emulate::{VirtualCard, VirtualReader};
use cpskit::id::{LuhnKey, NationalId};

use crate::support::{Reading, id, open, read, virtual_card};

const INFO: [u16; 3] = [0x3F00, 0x0001, 0xD103];
const INFO_2TER: [u16; 3] = [0x3F00, 0x0001, 0xD143];
const CD: [u16; 3] = [0x3F00, 0x0001, 0x7005];
const AUTHENTICATION: [u16; 3] = [0x3F00, 0x0001, 0xA002];

/// Writes another identifier over that of an object, of the same length.
fn rename(card: &mut VirtualCard, file: &[u16], from: &str, to: &str) {
    let content = card.file_mut(file).expect("the file");
    let at = content.windows(from.len()).position(|part| part == from.as_bytes());
    let at = at.expect("the identifier");
    content[at..at + from.len()].copy_from_slice(to.as_bytes());
}

fn reading(card: &VirtualCard) -> Reading {
    read(&mut open(VirtualReader::insert(card.clone()))).expect("read")
}

fn national_id(text: &str) -> NationalId {
    NationalId::parse(text).expect(text)
}

/// Every place with what it says.
fn places(said: &[(IdentityPlace, &str)]) -> Vec<(IdentityPlace, NationalId)> {
    said.iter().map(|(place, id)| (place.clone(), national_id(id))).collect()
}

#[test]
fn an_identifier_that_the_certificates_contradict_is_told_with_every_place() {
    let mut card = virtual_card("medecin-cps3");
    rename(&mut card, &INFO, "899700100011", "899700218896");
    let Reading { identity, notes } = reading(&card);
    let places = places(&[
        (IdentityPlace::Info, "899700218896"),
        (IdentityPlace::Certificate(Role::Signature), "899700100011"),
        (IdentityPlace::Certificate(Role::Authentication), "899700100011"),
    ]);
    let mismatch = Mismatch { places };
    assert_eq!((identity.mismatch(), notes), (Some(mismatch.clone()), vec![]));
    assert_eq!(
        mismatch.to_string(),
        "the card does not agree with itself on its holder: 899700218896 in CPS_INFO_PS, 899700100011 in the signature \
         certificate, 899700100011 in the authentication certificate"
    );
}

#[test]
fn a_certificate_of_someone_else_is_told() {
    let mut card = virtual_card("medecin-cps3");
    let other = virtual_card("opposee-cps3");
    let der = other.file(&AUTHENTICATION).expect("a certificate").to_vec();
    card.replace_file(&AUTHENTICATION, der).expect("the file");
    let places = places(&[
        (IdentityPlace::Info, "899700100011"),
        (IdentityPlace::Certificate(Role::Signature), "899700100011"),
        (IdentityPlace::Certificate(Role::Authentication), "899700100094"),
    ]);
    assert_eq!(reading(&card).identity.mismatch(), Some(Mismatch { places }));
}

#[test]
fn the_older_object_of_a_cps4_is_a_place_too() {
    let mut card = virtual_card("medecin-cps4");
    rename(&mut card, &INFO_2TER, "899700100102", "899700218896");
    let places = places(&[
        (IdentityPlace::Info, "899700100102"),
        (IdentityPlace::Info2ter, "899700218896"),
        (IdentityPlace::Certificate(Role::Signature), "899700100102"),
        (IdentityPlace::Certificate(Role::Authentication), "899700100102"),
    ]);
    assert_eq!(reading(&card).identity.mismatch(), Some(Mismatch { places }));
}

#[test]
fn a_wrong_luhn_key_is_a_fact_beside_the_identifier_and_no_refusal() {
    let mut card = virtual_card("medecin-cps3");
    rename(&mut card, &INFO, "899700100011", "899700100012");
    let size = card.file(&CD).expect("EF.CD").len();
    card.replace_file(&CD, vec![0; size]).expect("EF.CD");
    let identity = reading(&card).identity;
    let found = identity.national_id().expect("it is there");
    assert_eq!((found.as_str(), found.luhn()), ("899700100012", Some(LuhnKey::Wrong)));
    assert_eq!(identity.mismatch(), None);
    assert_eq!(id(&mut open(VirtualReader::insert(card))), Ok("899700100012".to_owned()));
}

#[test]
fn an_identifier_that_does_not_look_like_one_gives_way_to_the_certificates() {
    let mut card = virtual_card("medecin-cps3");
    rename(&mut card, &INFO, "899700100011", "8997\0\0\0\0\0\0\0\0");
    assert_eq!(id(&mut open(VirtualReader::insert(card.clone()))), Ok("899700100011".to_owned()));
    let said = [
        (IdentityPlace::Info, "8997"),
        (IdentityPlace::Certificate(Role::Signature), "899700100011"),
        (IdentityPlace::Certificate(Role::Authentication), "899700100011"),
    ];
    let places = places(&said);
    assert_eq!(reading(&card).identity.mismatch(), Some(Mismatch { places }));
}

#[test]
fn a_card_that_names_nobody_contradicts_nobody() {
    let identity = reading(&virtual_card("sans-contact-cps3")).identity;
    assert_eq!((identity.places(), identity.mismatch()), (vec![], None));
}
