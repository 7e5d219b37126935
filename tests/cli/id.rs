//! `card id`

use crate::support::cli::{Run, run};
use crate::transcript::Transcript;

#[test]
fn each_persona_gives_its_identifier_or_says_why_not() {
    Transcript::default().on_each_persona(&["card", "id"]).is("card-id");
}

#[test]
fn the_identifier_and_a_newline_are_all_there_is_on_standard_output() {
    let Run { code, stdout, stderr } = run(["card", "id", "--emulated"]);
    assert_eq!((code, stdout.as_str()), (0, "899700100011\n"));
    assert_eq!(stderr, "emulated: this is a virtual card, and its holder does not exist\n");
}

#[test]
fn a_card_without_an_identifier_is_a_failure_of_the_card() {
    let run = run(["card", "id", "--emulated=sans-contact-cps3", "--format", "json"]);
    assert_eq!((run.code, run.stdout.as_str()), (4, ""));
    assert_eq!(run.error()["code"], "card.identifier.absent");
}

#[test]
fn the_card_asked_for_is_the_only_one_that_answers() {
    for id in ["99100001", "2900100001", "899700100011"] {
        let run = run(["card", "id", "--emulated", "--card", id]);
        assert_eq!((run.code, run.stdout.as_str()), (0, "899700100011\n"), "{id}");
    }
    let run = run(["card", "id", "--emulated", "--card", "99100002", "--format", "json"]);
    assert_eq!((run.code, run.error()["code"].as_str()), (2, Some("card.no_match")));
}
