//! `card read`

use serde_json::{Value, json};

use crate::support::cli::{command, finish, run};
use crate::support::desk::{Desk, Slot};
use crate::transcript::Transcript;

#[test]
fn each_persona_is_shown_for_people() {
    Transcript::default().on_each_persona(&["card", "read"]).is("card-read");
}

#[test]
fn with_a_pin_the_activities_are_shown_too() {
    Transcript::default()
        .run(&["card", "read", "--emulated", "--pin-env", "PIN"])
        .run(&["card", "read", "--emulated", "--pin-env", "PIN", "--activity", "2"])
        .run(&["card", "read", "--emulated=pin-bloque-cps3", "--pin-env", "PIN"])
        .run(&["card", "read", "--emulated=sans-contact-cps3", "--pin-env", "PIN"])
        .is("card-read-pin");
}

/// The names of the members of a document, in order.
fn members(document: &Value) -> Vec<&str> {
    document.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn only_the_fields_asked_for_are_in_the_document() {
    let always = ["schema", "emulated", "reader"];
    for (fields, parts) in [
        ("holder", &["holder"][..]),
        ("card", &["card"]),
        ("holder,card", &["card", "holder"]),
        ("certificates,pin", &["certificates", "pin"]),
        ("annuaire-sante", &["annuaire_sante"]),
    ] {
        let run = run(["card", "read", "--emulated", "--fields", fields, "--format", "json"]);
        let document = run.document();
        let expected = [&always, parts, &["warnings", "exchanges"]].concat();
        let mut found = members(&document);
        let mut expected = expected.clone();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{fields}");
    }
}

#[test]
fn fewer_fields_cost_fewer_exchanges() {
    let commands = |args: &[&str]| {
        let run = run([&["card", "read", "--emulated", "--format", "json"], args].concat());
        run.document()["exchanges"]["commands"].as_u64().expect("a count")
    };
    let all = commands(&[]);
    assert!(commands(&["--fields", "holder"]) < all);
    assert!(commands(&["--fields", "pin"]) < commands(&["--fields", "holder"]));
}

#[test]
fn an_activity_that_the_card_has_not_is_an_argument_out_of_place() {
    let args =
        ["card", "read", "--emulated", "--pin-env", "PIN", "--activity", "3", "--format", "json"];
    let run = finish(command(args).env("PIN", "1234"));
    let error = run.error();
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert_eq!(error["code"], "card.activity.unknown");
    assert_eq!(error["hint"], "its activities are: 1, 2, 4");
}

#[test]
fn an_activity_without_a_pin_names_the_flags_to_give() {
    let run = run(["card", "read", "--emulated", "--activity", "1", "--format", "json"]);
    let error = run.error();
    assert_eq!((run.code, &error["code"]), (2, &json!("card.pin.needed")));
    assert_eq!(error["hint"], "give it with `--pin-env VAR`, `--pin-file FILE` or `--pin-fd N`");
}

/// Through the service: the fault is in the card's file. The bit is in a digit of the identifier of CPS_INFO_PS.
#[test]
fn an_identity_that_disagrees_with_itself_is_printed_and_is_a_negative_answer() {
    let Some(desk) = Desk::or_skip() else { return };
    let _card = desk.emulate(Slot::First, &["--fault", "flip-bit=3F00/0001/D103:151"]);
    let run = desk.run(&["card", "read", "--format", "json"]);
    let (document, error) = (run.document(), run.error());
    assert_eq!((run.code, &error["code"]), (1, &json!("card.identity.mismatch")));
    assert_eq!(document["certificates"].as_array().map(Vec::len), Some(2));
    let text = desk.run(&["card", "read"]);
    assert_eq!((text.code, text.stdout.contains("signature certificate  ")), (1, true));
    let said = "warning: national identifier: the Luhn key of the RPPS number is wrong\n\
        error: the card does not agree with itself on its holder: 899700100001 in CPS_INFO_PS, \
        899700100011 in the signature certificate, 899700100011 in the authentication certificate\n\n\
        hint: the card is not to be relied on: have it replaced\n";
    assert_eq!(text.stderr, said);
}
