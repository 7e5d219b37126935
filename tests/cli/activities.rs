//! `card activities`

use crate::support::cli::{command, finish};
use crate::transcript::Transcript;

#[test]
fn each_persona_gives_its_activities_or_says_why_not() {
    Transcript::default()
        .on_each_persona(&["card", "activities", "--pin-env", "PIN"])
        .is("card-activities");
}

#[test]
fn one_activity_is_chosen_by_its_number() {
    let numbers = |number: &str| {
        let args = ["card", "activities", "--emulated", "--pin-env", "PIN", "--activity", number];
        let run = finish(command(args.iter().chain(&["--format", "json"])).env("PIN", "1234"));
        let document = run.document();
        let activities = document["activities"].as_array().expect("an array").clone();
        activities.iter().map(|found| found["number"].as_u64()).collect::<Vec<_>>()
    };
    assert_eq!(numbers("1"), [Some(1)]);
    assert_eq!(numbers("4"), [Some(4)]);
}

#[test]
fn an_activity_that_the_card_has_not_is_an_argument_out_of_place() {
    let args = ["card", "activities", "--emulated", "--pin-env", "PIN", "--activity", "3"];
    let run = finish(command(args.iter().chain(&["--format", "json"])).env("PIN", "1234"));
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert_eq!(run.error()["code"], "card.activity.unknown");
}
