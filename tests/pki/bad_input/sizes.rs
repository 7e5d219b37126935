//! Certificates of ten million bytes.

use cpskit::pki::Verdict;

use super::super::scene::Scene;
use super::super::support::mint::{
    KEYS, Template, alternative_names, cn, critical, der, extension, oid, sequence,
};
use super::{VALID, at, indeterminate, leaf, root, said, scene};

const TEN_MILLION: usize = 10_000_000;

#[test]
fn an_extension_of_ten_million_bytes_is_passed_over() {
    assert_eq!(said(&leaf().with(extension(99, &vec![0; TEN_MILLION]))), VALID);
}

#[test]
fn a_name_of_ten_million_bytes_is_a_name() {
    let subject = cn(&"n".repeat(TEN_MILLION));
    assert_eq!(said(&Template { subject, ..leaf() }), VALID);
}

#[test]
fn a_name_of_a_million_attributes_is_a_name() {
    let attribute = der(0x31, &sequence(&[oid(&[0x55, 4, 3]), der(0x0C, b"n")]));
    let subject = der(0x30, &attribute.repeat(1_000_000));
    assert_eq!(said(&Template { subject, ..leaf() }), VALID);
}

#[test]
fn a_set_of_a_hundred_thousand_attributes_is_one_relative_name() {
    let attribute = sequence(&[oid(&[0x55, 4, 3]), der(0x0C, b"n")]);
    let subject = sequence(&[der(0x31, &attribute.repeat(100_000))]);
    assert_eq!(said(&Template { subject, ..leaf() }), VALID);
}

#[test]
fn a_million_alternative_names_are_names_until_they_are_constrained() {
    let names = vec![der(0x82, b"n.example"); 1_000_000];
    let leaf = leaf().with(alternative_names(&names)).sign(&KEYS[1]);
    assert_eq!(scene().answer(&leaf, &at()), VALID);
    let tree = sequence(&[der(0xA0, &sequence(&[der(0x82, b"example")]))]);
    let ca = Template::authority("root", "ca", &KEYS[1]).with(critical(30, &tree));
    let constrained = Scene::trusting(&root()).candidate(&ca.sign(&KEYS[0]));
    assert_eq!(constrained.answer(&leaf, &at()), indeterminate("pki.budget.names"));
}

#[test]
fn a_hundred_thousand_extensions_are_refused_as_duplicates() {
    let mut leaf = leaf();
    leaf.extensions = vec![extension(99, &[5, 0]); 100_000];
    assert_eq!(said(&leaf), (Verdict::Invalid, vec!["pki.extension.duplicate"]));
}

#[test]
fn of_a_hundred_thousand_different_extensions_that_are_wrong_a_few_are_said() {
    let each = |n: u32| {
        let arcs = [n >> 14 & 0x7F | 0x80, n >> 7 & 0x7F | 0x80, n & 0x7F];
        let arcs = arcs.map(|arc| u8::try_from(arc).expect("seven bits and one"));
        let content = [&[0x2B, 6, 1, 4, 1, 0x81, 0xFD, 0x59][..], &arcs].concat();
        sequence(&[oid(&content), der(1, &[0xFF]), der(4, &[5, 0])])
    };
    let once: Vec<Vec<u8>> = (0x4000..0x4000 + 50_000).map(each).collect();
    let leaf = Template { extensions: [once.clone(), once].concat(), ..leaf() };
    let (verdict, codes) = said(&leaf);
    assert_eq!((verdict, codes.len()), (Verdict::Invalid, 32));
}

#[test]
fn ten_million_bytes_of_nothing_are_no_certificate() {
    for byte in [0, 0x30, 0x80, 0xFF] {
        assert!(cpskit::x509::Certificate::parse(&vec![byte; TEN_MILLION]).is_err());
    }
}
