//! The look-alikes of the PKIs before IGC-Santé: refused, then admitted where the danger is accepted.

use cpskit::pki::{Legacy, Options, Verdict};

use super::scene::{Scene, answer, fixture, instant};

/// 2bis or 2ter: its root, the authority below, the signers of lists, the lists of March 2018.
fn scene(pki: &str, authority: &str) -> Scene {
    let file = |name: &str| fixture(format!("legacy/{name}.der"));
    let list = |name: &str| fixture(format!("lists/{name}.crl"));
    let mut scene = Scene::trusting(&file(&format!("{pki}-root")))
        .candidate(&file(&format!("{pki}-root-lists")))
        .candidate(&file(authority))
        .list("root", &list(&format!("{pki}-root")))
        .list("authority", &list(authority));
    if pki == "2ter" {
        scene = scene.candidate(&file("2ter-classe-1-lists"));
    }
    scene
}

fn options(legacy: Legacy) -> Options {
    Options { legacy, ..Options::at(instant("2018-03-10T00:00:00Z")) }
}

const PRODUCTS: [(&str, &str, &str); 3] = [
    ("2bis", "2bis-classe-4", "2bis-server"),
    ("2ter", "2ter-classe-1", "2ter-authentication"),
    ("2ter", "2ter-classe-1", "2ter-signature"),
];

#[test]
fn the_pkis_before_igc_sante_are_refused_for_their_signatures_and_keys() {
    for (pki, authority, product) in PRODUCTS {
        let leaf = fixture(format!("legacy/{product}.der"));
        let (verdict, codes) = scene(pki, authority).answer(&leaf, &options(Legacy::Refused));
        assert_eq!(verdict, Verdict::Invalid, "{product}");
        assert!(codes.iter().all(|code| code.starts_with("pki.weak.")), "{product}: {codes:?}");
    }
}

#[test]
fn the_pkis_before_igc_sante_are_admitted_where_the_danger_is_accepted_and_each_weakness_is_said() {
    let mut found = Vec::new();
    for (pki, authority, product) in PRODUCTS {
        let leaf = fixture(format!("legacy/{product}.der"));
        let report = scene(pki, authority).judge(&leaf, &options(Legacy::DangerAllowed));
        assert_eq!(answer(&report), (Verdict::Valid, vec![]), "{report:#?}");
        let mut weak: Vec<_> = report.findings.iter().map(|finding| finding.code()).collect();
        weak.retain(|code| code.starts_with("pki.weak."));
        weak.sort_unstable();
        found.push(weak);
    }
    let [key, rsa, sha1] = ["pki.weak.key", "pki.weak.rsa_key", "pki.weak.sha1"];
    // In 2bis the keys of server, authority and root are small; in 2ter that of the card only.
    let card = vec![key, sha1, sha1];
    assert_eq!(found, [vec![key, key, rsa, rsa, sha1, sha1], card.clone(), card]);
}

#[test]
fn a_root_whose_lists_have_a_key_of_their_own_does_not_sign_them_itself() {
    let leaf = fixture("legacy/2bis-server.der");
    let mut scene = scene("2bis", "2bis-classe-4");
    scene.candidates.retain(|der| *der != fixture("legacy/2bis-root-lists.der"));
    let unknown = (Verdict::Indeterminate, vec!["pki.revocation.unknown"]);
    assert_eq!(scene.answer(&leaf, &options(Legacy::DangerAllowed)), unknown);
}
