//! Shapes of paths that multiply: long chains, loops, cross-certification, policies.

use cpskit::pki::{ExplicitPolicy, Options, PolicyInputs, Verdict};

use super::super::scene::Scene;
use super::super::support::mint::{
    KEYS, Template, cn, critical, der, extension, policy_oid, sequence,
};
use super::{VALID, at, indeterminate, invalid, leaf, root, scene};

fn named(n: usize) -> String {
    format!("ca {n}")
}

#[test]
fn a_chain_of_a_thousand_ends_at_the_limit_of_the_budget() {
    let mut scene = Scene::trusting(&root());
    scene = scene.candidate(&Template::authority("root", "ca 0", &KEYS[1]).sign(&KEYS[0]));
    for n in 1..1_000 {
        // Two keys by turns, so that no certificate can stand for the one below.
        let (subject, issuer) = (&KEYS[1 + n % 2], &KEYS[1 + (n + 1) % 2]);
        let ca = Template::authority(&named(n - 1), &named(n), subject).sign(issuer);
        scene = scene.candidate(&ca);
    }
    let leaf = Template::new("ca 999", "leaf").sign(&KEYS[2]);
    assert_eq!(scene.answer(&leaf, &at()), indeterminate("pki.budget.depth"));
}

#[test]
fn a_chain_within_the_budget_is_valid_whatever_the_order_of_its_certificates() {
    let mut scene = Scene::trusting(&root());
    for n in (1..60).rev() {
        let (subject, issuer) = (&KEYS[1 + n % 2], &KEYS[1 + (n + 1) % 2]);
        scene =
            scene.candidate(&Template::authority(&named(n - 1), &named(n), subject).sign(issuer));
    }
    scene = scene.candidate(&Template::authority("root", "ca 0", &KEYS[1]).sign(&KEYS[0]));
    let leaf = Template::new("ca 59", "leaf").sign(&KEYS[2]);
    assert_eq!(scene.answer(&leaf, &at()), VALID);
}

#[test]
fn a_thousand_authorities_that_certify_one_another_end_at_the_limit_of_the_budget() {
    // All bear one name, each its own key; none leads to the root but by that name.
    let mut scene = Scene::trusting(&root());
    for n in 0..1_000_usize {
        let (subject, issuer) = (&KEYS[1 + n % 6], &KEYS[1 + (n / 6) % 6]);
        let serial = u16::try_from(n).expect("small").to_be_bytes();
        let ca = Template::authority("ca", "ca", subject);
        let ca = Template { serial: der(2, &[1, serial[0], serial[1]]), ..ca };
        scene = scene.candidate(&ca.sign(issuer));
    }
    // A certificate of the root for a key that signed nothing.
    scene = scene.candidate(&Template::authority("root", "ca", &KEYS[7]).sign(&KEYS[0]));
    let (verdict, codes) = scene.answer(&leaf().sign(&KEYS[1]), &at());
    assert_ne!(verdict, Verdict::Valid);
    assert_eq!(codes.len(), 1, "{codes:?}");
}

#[test]
fn a_mesh_of_names_is_searched_within_the_budget_and_a_path_in_it_is_found() {
    // Forty authorities, each certified by each other, the root certifies the last only.
    let mut scene = Scene::trusting(&root());
    let key = |n: usize| &KEYS[1 + n % 6];
    for subject in 0..32 {
        for issuer in 0..32 {
            if subject != issuer {
                let ca = Template::authority(&named(issuer), &named(subject), key(subject));
                scene = scene.candidate(&ca.sign(key(issuer)));
            }
        }
    }
    let lost = Template::new("ca 0", "leaf").sign(key(0));
    let (verdict, _) = scene.answer(&lost, &at());
    assert_ne!(verdict, Verdict::Valid);
    let way = Template::authority("root", "ca 0", key(0)).sign(&KEYS[0]);
    assert_eq!(scene.candidate(&way).answer(&lost, &at()), VALID);
}

#[test]
fn a_thousand_certificates_for_two_keys_that_certify_each_other_end_at_the_limit_of_the_budget() {
    let mut scene = Scene::trusting(&root());
    for n in 0..1_000_u16 {
        let (subject, issuer) = (usize::from(n % 2), usize::from((n + 1) % 2));
        let ca = Template::authority(&named(issuer), &named(subject), &KEYS[1 + subject]);
        let serial = der(2, &[&[1][..], &n.to_be_bytes()].concat());
        scene = scene.candidate(&Template { serial, ..ca }.sign(&KEYS[1 + issuer]));
    }
    // By its name the root leads to them; its key signed none of them.
    scene = scene.candidate(&Template::authority("root", "ca 1", &KEYS[7]).sign(&KEYS[0]));
    let leaf = Template::new("ca 0", "leaf").sign(&KEYS[1]);
    let (verdict, codes) = scene.answer(&leaf, &at());
    assert_ne!(verdict, Verdict::Valid);
    assert_eq!(codes.len(), 1, "{codes:?}");
}

#[test]
fn loops_of_authorities_end() {
    for length in [2, 3] {
        let mut scene = Scene::trusting(&root());
        for n in 0..length {
            let issuer = (n + 1) % length;
            let ca = Template::authority(&named(issuer), &named(n), &KEYS[1 + n]);
            scene = scene.candidate(&ca.sign(&KEYS[1 + issuer]));
        }
        let leaf = Template::new("ca 0", "leaf").sign(&KEYS[1]);
        let (verdict, codes) = scene.answer(&leaf, &at());
        assert_ne!(verdict, Verdict::Valid, "{codes:?}");
        // The way out of the loop is found.
        let out = Template::authority("root", &named(length - 1), &KEYS[length]).sign(&KEYS[0]);
        assert_eq!(scene.candidate(&out).answer(&leaf, &at()), VALID);
    }
}

#[test]
fn a_self_signed_certificate_is_trusted_only_as_an_anchor() {
    let itself = Template { issuer: cn("leaf"), spki: KEYS[1].spki(), ..leaf() }.sign(&KEYS[1]);
    assert_eq!(scene().answer(&itself, &at()), invalid("pki.path.untrusted_root"));
    assert_eq!(Scene::trusting(&root()).answer(&root(), &at()), VALID);
}

#[test]
fn an_anchor_given_twice_is_one_anchor() {
    let once = scene();
    let mut twice = once.clone();
    twice.anchors.extend(once.anchors.clone());
    twice.candidates.extend(once.anchors.clone());
    let leaf = leaf().sign(&KEYS[1]);
    assert_eq!(twice.judge(&leaf, &at()), once.judge(&leaf, &at()));
}

#[test]
fn policies_that_multiply_at_each_level_end_in_an_answer() {
    // Each of 60 policies maps to each of 60, on each of 20 levels: 60^20 paths of a tree.
    let many = |n: u16| (0..n).map(policy_oid).collect::<Vec<_>>();
    let policies = |oids: &[Vec<u8>]| {
        let information: Vec<_> =
            oids.iter().map(|oid| sequence(std::slice::from_ref(oid))).collect();
        extension(32, &sequence(&information))
    };
    let mappings: Vec<Vec<u8>> = many(60)
        .iter()
        .flat_map(|from| many(60).into_iter().map(|to| sequence(&[from.clone(), to])))
        .collect();
    let mappings = critical(33, &sequence(&mappings));
    let mut scene = Scene::trusting(&root());
    for n in 0..20 {
        let issuer = if n == 0 { "root".to_owned() } else { named(n - 1) };
        let ca = Template::authority(&issuer, &named(n), &KEYS[1 + n % 2])
            .with(policies(&many(60)))
            .with(mappings.clone());
        let signer = if n == 0 { &KEYS[0] } else { &KEYS[1 + (n + 1) % 2] };
        scene = scene.candidate(&ca.sign(signer));
    }
    let leaf = Template::new("ca 19", "leaf").with(policies(&many(60))).sign(&KEYS[2]);
    let explicit = PolicyInputs { explicit: ExplicitPolicy::Required, ..PolicyInputs::default() };
    let (verdict, codes) = scene.answer(&leaf, &Options { policies: explicit, ..at() });
    assert!(
        (verdict, codes.clone()) == VALID
            || (verdict, codes.clone()) == indeterminate("pki.budget.policies"),
        "{verdict:?} {codes:?}"
    );
}
