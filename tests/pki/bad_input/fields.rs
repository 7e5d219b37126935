//! Single fields that are wrong: serials, dates, extensions, names, lengths.

use cpskit::pki::{Conformance, Options, Verdict};
use cpskit::x509::{Certificate, DerErrorKind, X509Error};

use super::super::support::mint::{
    KEYS, Template, authority, critical, der, extension, key_usage, sequence, validity,
};
use super::{Answer, VALID, at, invalid, leaf, root, said, scene};

fn strict(leaf: &Template) -> Vec<&'static str> {
    let options = Options { conformance: Conformance::Strict, ..at() };
    scene().answer(&leaf.sign(&KEYS[1]), &options).1
}

fn refused(bytes: &[u8]) -> DerErrorKind {
    match Certificate::parse(bytes) {
        Err(X509Error::Structure(error)) => error.kind,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_negative_serial_number_is_invalid_and_other_odd_ones_only_when_strict() {
    let with = |content: &[u8]| Template { serial: der(2, content), ..leaf() };
    assert_eq!(said(&with(&[0x80])), invalid("pki.serial.negative"));
    assert_eq!(said(&with(&[0xFF; 40])), invalid("pki.serial.negative"));
    assert_eq!(said(&with(&[0x7F; 40])), VALID);
    assert_eq!(said(&with(&[0])), VALID);
    assert!(strict(&with(&[0x7F; 40])).contains(&"pki.strict.serial_length"));
    assert!(strict(&with(&[0])).contains(&"pki.strict.serial_zero"));
}

#[test]
fn a_serial_number_without_an_octet_is_no_serial_number() {
    let leaf = Template { serial: der(2, &[]), ..leaf() };
    assert_eq!(refused(&leaf.sign(&KEYS[1])), DerErrorKind::Content);
}

#[test]
fn a_date_is_kept_to_or_is_none() {
    let between = |start, end| said(&Template { validity: validity(start, end), ..leaf() });
    let (utc, general) = (0x17, 0x18);
    let (start, end) = ((utc, "200101000000Z"), (utc, "400101000000Z"));
    for (found, expected) in [
        (between((general, "00000101000000Z"), end), VALID),
        (between(start, (general, "99991231235959Z")), VALID),
        (between((general, "99991231235959Z"), end), invalid("pki.validity.not_yet")),
        (between(start, (general, "00000101000000Z")), invalid("pki.validity.expired")),
        (between(end, start), invalid("pki.validity.not_yet")),
    ] {
        assert_eq!(found, expected);
    }
    for text in ["", "Z", "2001010000Z", "200101000000", "200230000000Z", "20010100000\u{0}Z"] {
        let unreadable = invalid("pki.validity.unreadable");
        assert_eq!(between((utc, text), end), unreadable, "{text:?}");
        assert_eq!(between(start, (utc, text)), unreadable, "{text:?}");
    }
}

#[test]
fn an_extension_that_stands_there_twice_is_refused_wherever_it_is() {
    for (tag, value) in [(15, der(3, &[0, 0x80])), (14, der(4, &[1])), (99, vec![5, 0])] {
        let twice = extension(tag, &value);
        let leaf = leaf().with(twice.clone()).with(twice);
        assert_eq!(said(&leaf), invalid("pki.extension.duplicate"), "{tag}");
    }
    let ca = Template::authority("root", "ca", &KEYS[1]).with(authority()).sign(&KEYS[0]);
    let scene = super::Scene::trusting(&root()).candidate(&ca);
    let answer = scene.answer(&leaf().sign(&KEYS[1]), &at());
    assert_eq!(answer, invalid("pki.extension.duplicate"));
}

#[test]
fn an_extension_that_a_path_depends_on_must_be_readable() {
    for tag in [15, 19, 30, 32, 33, 36, 37, 54] {
        for value in [vec![], vec![0x30, 0x80, 0, 0], vec![0x30, 3, 1], vec![0xFF; 9]] {
            let (verdict, codes) = said(&leaf().with(critical(tag, &value)));
            // What only an authority needs is not asked of a leaf.
            let of_authority = matches!(tag, 19 | 30 | 33 | 54);
            let expected = if of_authority { verdict } else { Verdict::Invalid };
            assert_eq!(verdict, expected, "{tag} {value:02x?} {codes:?}");
            let ca = Template::authority("root", "ca", &KEYS[1]).with(critical(tag, &value));
            let scene = super::Scene::trusting(&root()).candidate(&ca.sign(&KEYS[0]));
            let (verdict, codes) = scene.answer(&leaf().sign(&KEYS[1]), &at());
            assert_eq!(verdict, Verdict::Invalid, "{tag} {value:02x?} {codes:?}");
        }
    }
}

#[test]
fn an_empty_name_is_a_name() {
    let unnamed = Template { subject: sequence(&[]), ..leaf() };
    assert_eq!(said(&unnamed), VALID);
    let from_nobody = Template { issuer: sequence(&[]), ..leaf() };
    assert_eq!(said(&from_nobody).0, Verdict::Indeterminate);
    let nobody = Template { subject: sequence(&[]), issuer: sequence(&[]), ..leaf() };
    let nobody = Template { spki: KEYS[1].spki(), extensions: leaf().extensions, ..nobody };
    let nobody = nobody.with(authority()).with(key_usage(4)).sign(&KEYS[1]);
    let answer = super::Scene::trusting(&nobody).answer(&from_nobody.sign(&KEYS[1]), &at());
    assert_eq!(answer, VALID);
}

#[test]
fn lengths_of_ber_are_refused() {
    let der = leaf().sign(&KEYS[1]);
    let content = &der[4..];
    let indefinite = [&[0x30, 0x80], content, &[0, 0]].concat();
    assert_eq!(refused(&indefinite), DerErrorKind::Length);
    let long = [&[0x30, 0x83, 0, der[2], der[3]], content].concat();
    assert_eq!(refused(&long), DerErrorKind::Length);
    let huge = [&[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], content].concat();
    assert!(matches!(refused(&huge), DerErrorKind::Truncated { .. }));
}

#[test]
fn nesting_of_any_depth_costs_no_stack() {
    let mut nested = vec![5, 0];
    for _ in 0..2_000 {
        nested = der(0x30, &nested);
    }
    assert!(Certificate::parse(&nested).is_err());
    let unread: Answer = said(&leaf().with(extension(99, &nested)));
    assert_eq!(unread, VALID);
    for tag in [17, 30, 31, 32, 35, 46] {
        let (verdict, _) = said(&leaf().with(critical(tag, &nested)));
        let ignored = matches!(tag, 17 | 30 | 31 | 35 | 46);
        assert_eq!(verdict == Verdict::Valid, ignored, "{tag}");
    }
    // A directoryName is a name in a name; its value may be anything.
    let name = der(0xA4, &sequence(&[der(0x31, &sequence(&[vec![0x06, 3, 0x55, 4, 3], nested]))]));
    assert_eq!(said(&leaf().with(extension(17, &sequence(&[name])))), VALID);
}
