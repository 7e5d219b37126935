//! Public keys that are none: no signature holds under them, and whoever has them is not valid.

use cpskit::pki::Verdict;

use super::super::scene::Scene;
use super::super::support::mint::{KEYS, Template, p256, rsa};
use super::{at, leaf, root};

/// What is said of a certificate below an authority with this key.
fn below(spki: Vec<u8>, leaf: &[u8]) -> (Verdict, Vec<&'static str>) {
    let ca = Template { spki, ..Template::authority("root", "ca", &KEYS[1]) }.sign(&KEYS[0]);
    Scene::trusting(&root()).candidate(&ca).answer(leaf, &at())
}

#[test]
fn nothing_is_signed_by_a_key_that_cannot_be() {
    let point = KEYS[1].spki();
    let point = &point[point.len() - 65..];
    let mut off_curve = point.to_vec();
    off_curve[64] ^= 1;
    let modulus = |octets: usize| [vec![0, 0x80], vec![1; octets - 1]].concat();
    for (name, spki) in [
        ("a point off the curve", p256(&off_curve)),
        ("the point at infinity", p256(&[0])),
        ("no point", p256(&[])),
        ("a point cut", p256(&point[..40])),
        ("a compressed point", p256(&[&[2], &point[1..33]].concat())),
        ("exponent 0", rsa(&modulus(256), &[0])),
        ("exponent 1", rsa(&modulus(256), &[1])),
        ("exponent 3", rsa(&modulus(256), &[3])),
        ("a negative exponent", rsa(&modulus(256), &[0x80])),
        ("an exponent of 2048 bits", rsa(&modulus(256), &modulus(256))),
        ("a modulus of 16384 bits", rsa(&modulus(2_048), &[1, 0, 1])),
        ("a modulus of 8 million bits", rsa(&modulus(1_000_000), &[1, 0, 1])),
        ("modulus 0", rsa(&[0], &[1, 0, 1])),
        ("a negative modulus", rsa(&[0xFF; 256], &[1, 0, 1])),
    ] {
        for leaf in [leaf().sign(&KEYS[1]), leaf().forge_rsa()] {
            let (verdict, codes) = below(spki.clone(), &leaf);
            assert_ne!(verdict, Verdict::Valid, "{name}: {codes:?}");
            assert!(!codes.is_empty(), "{name}");
        }
    }
}
