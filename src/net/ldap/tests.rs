use proptest::prelude::*;

use super::*;
use crate::pki::source::AddressProblem;

const IGC: &str = "ldap://annuaire-igc.esante.gouv.fr/cn=AC%20IGC-SANTE%20FORT,ou=AC%20RACINE,ou=IGC-SANTE,ou=0002%20187512751,o=ASIP-SANTE,c=FR";

fn query(url: &str, what: &What) -> Result<Query, AddressProblem> {
    Query::parse(&Address::parse(url).expect("an address"), what)
}

fn asked(url: &str) -> Result<Query, AddressProblem> {
    query(url, &What::List)
}

fn of(attribute: &'static str) -> Query {
    let dn = "cn=AC IGC-SANTE FORT,ou=AC RACINE,ou=IGC-SANTE,ou=0002 187512751,o=ASIP-SANTE,c=FR";
    Query { dn: dn.to_owned(), attribute }
}

#[test]
fn the_addresses_of_igc_sante_name_an_entry_and_its_list() {
    for (rest, attribute) in [
        (
            "?certificaterevocationlist;binary?base?objectClass=pkiCA",
            "certificateRevocationList;binary",
        ),
        ("?deltarevocationlist;binary?base?objectclass=pkiCa", "deltaRevocationList;binary"),
        ("?CertificateRevocationList", "certificateRevocationList;binary"),
        ("?description,authorityRevocationList", "authorityRevocationList;binary"),
        ("?cACertificate;binary?BASE?(objectClass=*)?x=y", "cACertificate;binary"),
    ] {
        assert_eq!(asked(&format!("{IGC}{rest}")), Ok(of(attribute)), "{rest}");
    }
}

#[test]
fn where_no_attribute_is_named_it_is_the_one_that_holds_what_is_due() {
    for (what, attribute) in [
        (What::List, "certificateRevocationList;binary"),
        (What::DeltaList, "deltaRevocationList;binary"),
        (What::Issuers, "cACertificate;binary"),
    ] {
        assert_eq!(query(IGC, &what), Ok(of(attribute)), "{what:?}");
    }
}

#[test]
fn nothing_but_lists_and_certificates_of_one_entry_is_asked_for() {
    for (rest, part) in [
        ("?userPassword", "userPassword"),
        ("?*", "*"),
        ("?certificateRevocationList?sub", "sub"),
        ("?certificateRevocationList?one", "one"),
        ("?certificateRevocationList?base??!bindname=cn=x", "!bindname=cn=x"),
    ] {
        let refused = AddressProblem::Directory { part: part.to_owned() };
        assert_eq!(asked(&format!("{IGC}{rest}")), Err(refused), "{rest}");
    }
    for rest in ["%", "%4", "%zz", "%ff"] {
        assert_eq!(
            asked(&format!("ldap://a.fr/cn={rest}")),
            Err(AddressProblem::Malformed),
            "{rest}"
        );
    }
}

#[test]
fn the_request_is_one_search_of_one_entry() {
    let query = Query { dn: "c=FR".to_owned(), attribute: "cACertificate;binary" };
    let expected = [
        &[0x30, 0x40, 0x02, 1, 1, 0x63, 0x3B, 0x04, 4][..],
        b"c=FR",
        &[0x0A, 1, 0, 0x0A, 1, 0, 0x02, 1, 0, 0x02, 1, 0, 0x01, 1, 0, 0x87, 11],
        b"objectClass",
        &[0x30, 22, 0x04, 20],
        b"cACertificate;binary",
    ];
    assert_eq!(search(&query), expected.concat());
}

/// A `SearchResultEntry` with one attribute.
fn entry(name: &[u8], values: &[&[u8]]) -> Vec<u8> {
    let values: Vec<u8> = values.iter().flat_map(|value| element(OCTET_STRING, value)).collect();
    let attribute = [element(OCTET_STRING, name), element(SET, &values)].concat();
    let attributes = element(SEQUENCE, &element(SEQUENCE, &attribute));
    let entry = [element(OCTET_STRING, b"c=FR"), attributes].concat();
    element(SEQUENCE, &[element(INTEGER, &[1]), element(0x64, &entry)].concat())
}

fn value(message: &[u8]) -> Result<Option<Vec<u8>>, FetchProblem> {
    let query = Query { dn: String::new(), attribute: "certificateRevocationList;binary" };
    Answer::parse(message, &query).map(|answer| match answer {
        Answer::Value(value) => Some(value.to_vec()),
        _ => None,
    })
}

#[test]
fn the_value_is_that_of_the_attribute_whatever_its_case_and_options() {
    for name in [&b"certificateRevocationList;binary"[..], b"CERTIFICATEREVOCATIONLIST"] {
        assert_eq!(value(&entry(name, &[b"list", b"other"])), Ok(Some(b"list".to_vec())));
    }
    assert_eq!(value(&entry(b"cACertificate;binary", &[b"list"])), Ok(None));
    assert_eq!(value(&entry(b"certificateRevocationList;binary", &[])), Ok(None));
}

#[test]
fn a_message_that_is_cut_anywhere_is_not_ldap() {
    let message = entry(b"certificateRevocationList;binary", &[b"list"]);
    for length in 0..message.len() {
        assert_eq!(value(&message[..length]), Err(NOT_LDAP), "{length}");
    }
}

#[test]
fn nesting_without_end_is_refused_and_not_followed() {
    let mut nested = Vec::new();
    for _ in 0..20 {
        nested = element(SEQUENCE, &nested);
    }
    assert_eq!(value(&nested), Err(NOT_LDAP));
}

proptest! {
    #[test]
    fn an_element_reads_back(tag: u8, content: Vec<u8>) {
        let written = element(tag, &content);
        let mut reader = Reader(&written);
        prop_assert_eq!(reader.next(), Some((tag, content.as_slice())));
        prop_assert_eq!(reader.next(), None);
    }

    #[test]
    fn any_message_is_an_answer_or_is_not_ldap(message: Vec<u8>) {
        prop_assert!(matches!(value(&message), Ok(_) | Err(NOT_LDAP)));
    }
}
