//! Input that no authority would make and an adversary would: each ends in a finding or a clear error, within a budget,
//! and never in a panic. No test here asserts a time: budgets bound the work, and findings say which was reached.

#[cfg(feature = "cli")]
mod binary;
mod fields;
mod graphs;
mod keys;
mod lists;
mod mutations;
mod names;
mod sizes;

use cpskit::pki::{Options, Verdict};

use super::scene::{Scene, path_only};
use super::support::mint::{KEYS, Template};

/// A verdict, and the codes of what is graver than a warning.
type Answer = (Verdict, Vec<&'static str>);

const VALID: Answer = (Verdict::Valid, Vec::new());

fn invalid(code: &'static str) -> Answer {
    (Verdict::Invalid, vec![code])
}

fn indeterminate(code: &'static str) -> Answer {
    (Verdict::Indeterminate, vec![code])
}

/// A root with key 0, and an authority `ca` below it with key 1.
fn scene() -> Scene {
    Scene::trusting(&root()).candidate(&Template::authority("root", "ca", &KEYS[1]).sign(&KEYS[0]))
}

fn root() -> Vec<u8> {
    Template::authority("root", "root", &KEYS[0]).sign(&KEYS[0])
}

/// Of an end entity, to be signed with key 1.
fn leaf() -> Template {
    Template::new("ca", "leaf")
}

/// In the middle of January 2026, without revocation.
fn at() -> Options {
    path_only("2026-01-15T00:00:00Z")
}

/// What is said of a leaf below `ca`.
fn said(leaf: &Template) -> Answer {
    scene().answer(&leaf.sign(&KEYS[1]), &at())
}

#[test]
fn the_leaf_that_the_tests_spoil_is_valid() {
    assert_eq!(said(&leaf()), VALID);
}
