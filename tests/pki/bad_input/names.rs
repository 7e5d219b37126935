//! Name constraints that are odd, or too many.

use cpskit::pki::Verdict;

use super::super::scene::Scene;
use super::super::support::mint::{KEYS, Template, alternative_names, critical, der, sequence};
use super::{Answer, VALID, at, indeterminate, leaf, root};

/// What is said of a leaf with these alternative names below an authority that permits or excludes subtrees.
fn said(permitted: &[Vec<u8>], excluded: &[Vec<u8>], names: &[Vec<u8>]) -> Answer {
    let subtrees = |tag, names: &[Vec<u8>]| match names.is_empty() {
        true => Vec::new(),
        false => {
            let trees: Vec<_> =
                names.iter().map(|name| sequence(std::slice::from_ref(name))).collect();
            der(tag, &trees.concat())
        }
    };
    let constraints = sequence(&[subtrees(0xA0, permitted), subtrees(0xA1, excluded)]);
    let ca = Template::authority("root", "ca", &KEYS[1]).with(critical(30, &constraints));
    let scene = Scene::trusting(&root()).candidate(&ca.sign(&KEYS[0]));
    scene.answer(&leaf().with(alternative_names(names)).sign(&KEYS[1]), &at())
}

fn dns(text: &str) -> Vec<u8> {
    der(0x82, text.as_bytes())
}

fn uri(text: &str) -> Vec<u8> {
    der(0x86, text.as_bytes())
}

fn ip(octets: &[u8]) -> Vec<u8> {
    der(0x87, octets)
}

#[test]
fn thousands_of_names_against_thousands_of_constraints_end_at_the_limit_of_the_budget() {
    let many = |tail: &str| (0..3_000).map(|n| dns(&format!("n{n}.{tail}"))).collect::<Vec<_>>();
    let excluded = said(&[], &many("excluded.example"), &many("example"));
    assert_eq!(excluded, indeterminate("pki.budget.names"));
    let permitted = said(&many("example"), &[], &many("example"));
    assert_eq!(permitted, indeterminate("pki.budget.names"));
}

#[test]
fn masks_that_are_none_admit_nothing() {
    let v6 = [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let prefix: Vec<u8> = [&v6[..], &[0xFF; 4], &[0; 12]].concat();
    assert_eq!(said(&[ip(&prefix)], &[], &[ip(&v6)]), VALID);
    let holes: Vec<u8> =
        [&v6[..], &[0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF]].concat();
    for constraint in [&holes[..], &prefix[..31], &[prefix.clone(), vec![0]].concat(), &[], &[0xFF]]
    {
        let (verdict, codes) = said(&[ip(constraint)], &[], &[ip(&v6)]);
        assert_eq!(verdict, Verdict::Invalid, "{constraint:02x?} {codes:?}");
        let (verdict, codes) = said(&[], &[ip(constraint)], &[ip(&v6)]);
        assert_eq!(verdict, Verdict::Invalid, "{constraint:02x?} {codes:?}");
    }
    // An address of no length is in no subtree of addresses.
    for address in [&[][..], &v6[..15], &[1; 5]] {
        assert_eq!(said(&[ip(&prefix)], &[], &[ip(address)]).0, Verdict::Invalid, "{address:02x?}");
    }
}

#[test]
fn uris_whose_host_is_odd_are_never_inside_a_permitted_subtree() {
    let permitted = [uri("example.org")];
    assert_eq!(said(&permitted, &[], &[uri("https://example.org/path")]), VALID);
    for text in [
        "",
        "example.org",
        "https:",
        "https://",
        "https:///path",
        "https://@/",
        "https://:443/",
        "https://example.org.evil.test/",
        "https://example.org@evil.test/",
        "https://evil.test#@example.org",
        "https://evil.test?@example.org/",
        "https://evil.test\\@example.org/",
        "https://[::1]/",
        "https://192.0.2.1/",
        "https://[example.org]/",
        "https://example.org%2eevil.test/",
        "urn:example.org",
        "https://[",
        "https://]:1",
        "//example.org@",
        "https://example.org:port:80/",
    ] {
        let (verdict, codes) = said(&permitted, &[], &[uri(text)]);
        assert_eq!(verdict, Verdict::Invalid, "{text:?} {codes:?}");
    }
}

#[test]
fn uris_that_have_an_excluded_host_are_excluded_however_they_are_written() {
    let excluded = [uri("evil.test")];
    for text in [
        "https://evil.test/",
        "https://EVIL.test",
        "https://user@evil.test:80/x",
        "https://evil.test./",
        "ldap://evil.test",
        "https://evil.test?x",
        "https://evil.test#x",
        "https://evil%2etest/",
        "https://a@b@evil.test/",
    ] {
        let (verdict, codes) = said(&[], &excluded, &[uri(text)]);
        assert_eq!(verdict, Verdict::Invalid, "{text:?} {codes:?}");
    }
}
