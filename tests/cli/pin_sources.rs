//! Where a PIN comes from, and what is said when it cannot be had.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::cli::{Run, command, finish};

const ACTIVITIES: [&str; 5] = ["card", "activities", "--emulated", "--format", "json"];

fn with(flags: &[&str]) -> Command {
    command(ACTIVITIES.iter().chain(flags))
}

fn refused(run: &Run) -> (i32, String) {
    assert_eq!(run.stdout, "");
    (run.code, run.error()["code"].as_str().expect("a code").to_owned())
}

#[test]
fn without_a_pin_and_without_a_person_the_flags_are_named() {
    // Tests have no terminal: with or without `--no-input` there is nobody to ask.
    for flags in [&["--no-input"][..], &[]] {
        let run = finish(with(flags).stdin(Stdio::null()));
        assert_eq!(refused(&run), (2, "card.pin.needed".to_owned()));
        let hint = "give it with `--pin-env VAR`, `--pin-file FILE` or `--pin-fd N`";
        assert_eq!(run.error()["hint"], hint);
    }
}

#[test]
fn a_pin_comes_from_a_variable_a_file_or_a_descriptor() {
    assert_eq!(finish(with(&["--pin-env", "CODE"]).env("CODE", "1234")).code, 0);
    let folder = tempfile::tempdir().expect("a folder");
    for content in ["1234", "1234\n", "1234\r\n"] {
        let path = folder.path().join("pin");
        std::fs::write(&path, content).expect("written");
        assert_eq!(finish(&mut with(&["--pin-file", path.to_str().expect("text")])).code, 0);
    }
    let mut process = with(&["--pin-fd", "0"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("cpskit starts");
    let mut stdin = process.stdin.take().expect("a pipe");
    stdin.write_all(b"1234\n").expect("read");
    drop(stdin);
    assert_eq!(process.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_source_that_gives_nothing_is_an_argument_out_of_place() {
    let code = |flags: &[&str]| refused(&finish(&mut with(flags)));
    assert_eq!(code(&["--pin-env", "NOT_SET_AT_ALL"]), (2, "secret.source".to_owned()));
    assert_eq!(code(&["--pin-file", "/nonexistent/pin"]), (2, "input".to_owned()));
    assert_eq!(code(&["--pin-fd", "77"]), (2, "input".to_owned()));
}

#[test]
fn what_is_not_a_pin_is_refused_without_being_repeated_and_without_a_try() {
    for wrong in ["", "12", "12a4", "1234567890123", "12 34", "１２３４"] {
        let run = finish(with(&["--pin-env", "CODE"]).env("CODE", wrong));
        assert_eq!(refused(&run), (2, "card.pin.format".to_owned()), "{wrong}");
        let error = run.error();
        assert_eq!(error["message"], "a PIN is 4 to 12 digits");
        assert_eq!(error["hint"], "no try was spent");
    }
}

#[test]
fn a_pin_of_a_length_that_the_card_does_not_take_is_not_presented() {
    let run = finish(with(&["--pin-env", "CODE"]).env("CODE", "12345"));
    assert_eq!(refused(&run), (2, "card.pin.length".to_owned()));
}

#[test]
fn a_wrong_pin_a_blocked_one_and_a_card_without_one_have_codes_of_their_own() {
    let on = |persona: &str, pin: &str| {
        let emulated = format!("--emulated={persona}");
        let args = ["card", "activities", &emulated, "--format", "json", "--pin-env", "CODE"];
        refused(&finish(command(args).env("CODE", pin)))
    };
    assert_eq!(on("medecin-cps3", "9999"), (5, "card.pin.refused".to_owned()));
    assert_eq!(on("medecin-cps4", "9999"), (5, "card.pin.refused".to_owned()));
    assert_eq!(on("pin-bloque-cps3", "1234"), (6, "card.pin.blocked".to_owned()));
    assert_eq!(on("sans-contact-cps3", "1234"), (4, "card.pin.absent".to_owned()));
}

#[test]
fn a_pin_given_in_place_of_its_source_is_not_repeated() {
    for flag in ["--pin-env", "--pin-file"] {
        let run = finish(&mut with(&[flag, "7391"]));
        assert_eq!(refused(&run), (2, "secret.source".to_owned()), "{flag}");
        assert!(!run.stderr.contains("7391"), "{}", run.stderr);
    }
}
