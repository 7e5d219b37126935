//! Fixtures cut short, and with bits flipped.

use std::sync::LazyLock;

use cpskit::emulate::igc::{Authority, World};
use cpskit::pki::{Options, Verdict};
use cpskit::x509::{Certificate, Crl};
use proptest::prelude::*;

use super::super::scene::{Scene, fixture, fixtures, instant};

#[test]
fn a_certificate_cut_anywhere_is_no_certificate() {
    for path in fixtures("der") {
        let der = std::fs::read(&path).expect("readable");
        assert!(Certificate::parse(&der).is_ok(), "{}", path.display());
        let read = (0..der.len()).find(|end| Certificate::parse(&der[..*end]).is_ok());
        assert_eq!(read, None, "{}", path.display());
    }
}

#[test]
fn a_list_cut_anywhere_is_no_list() {
    for path in fixtures("crl") {
        let der = std::fs::read(&path).expect("readable");
        assert!(Crl::parse(&der).is_ok(), "{}", path.display());
        let read = (0..der.len()).find(|end| Crl::parse(&der[..*end]).is_ok());
        assert_eq!(read, None, "{}", path.display());
    }
}

/// A certificate and the two lists it needs, and who is at hand.
static WHOLE: LazyLock<(Scene, Vec<u8>)> = LazyLock::new(|| {
    let mut scene = Scene::default();
    for authority in Authority::all().filter(|authority| authority.world() == World::Test) {
        match authority.domain() {
            None => scene.anchors.push(authority.certificate().to_vec()),
            Some(_) => scene.candidates.push(authority.certificate().to_vec()),
        }
    }
    let scene = scene
        .list("root.crl", &fixture("lists/root.crl"))
        .list("current.crl", &fixture("lists/current.crl"));
    (scene, fixture("igc/test/org-auth-cli.der"))
});

fn verdict(scene: &Scene, leaf: &[u8]) -> Verdict {
    scene.judge(leaf, &Options::at(instant("2026-03-03T12:00:00Z"))).verdict()
}

#[test]
fn what_the_properties_below_change_is_valid() {
    let (scene, leaf) = &*WHOLE;
    assert_eq!(verdict(scene, leaf), Verdict::Valid);
}

fn flip(bytes: &mut [u8], at: prop::sample::Index) {
    let bit = at.index(bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
}

proptest! {
    #[test]
    fn a_certificate_with_a_bit_flipped_is_never_valid(at: prop::sample::Index) {
        let (scene, leaf) = &*WHOLE;
        let mut leaf = leaf.clone();
        flip(&mut leaf, at);
        if Certificate::parse(&leaf).is_ok() {
            prop_assert_ne!(verdict(scene, &leaf), Verdict::Valid);
        }
    }

    #[test]
    fn a_list_with_a_bit_flipped_never_says_good(at: prop::sample::Index, which in 0_usize..2) {
        let (scene, leaf) = &*WHOLE;
        let mut scene = scene.clone();
        flip(&mut scene.lists[which].1, at);
        prop_assert_eq!(verdict(&scene, leaf), Verdict::Indeterminate);
    }

    #[test]
    fn an_authority_with_a_bit_flipped_never_makes_a_path(at: prop::sample::Index) {
        let (scene, leaf) = &*WHOLE;
        let mut scene = scene.clone();
        for candidate in &mut scene.candidates {
            flip(candidate, at);
        }
        prop_assert_ne!(verdict(&scene, leaf), Verdict::Valid);
    }

    #[test]
    fn any_fixture_with_bits_flipped_is_judged_without_a_panic(
        which: prop::sample::Index,
        flips in prop::collection::vec(any::<prop::sample::Index>(), 1..20),
    ) {
        let paths = fixtures("der");
        let mut der = std::fs::read(which.get(&paths)).expect("readable");
        for at in flips {
            flip(&mut der, at);
        }
        if Certificate::parse(&der).is_ok() {
            let (scene, _) = &*WHOLE;
            prop_assert_ne!(verdict(scene, &der), Verdict::Valid);
        }
    }
}
