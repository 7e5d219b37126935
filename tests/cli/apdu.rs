//! `card apdu`

use std::io::Write;
use std::process::Stdio;

use serde_json::json;

use crate::support::cli::{command, finish, run};
use crate::transcript::Transcript;

/// SELECT of the PKCS#15 application of a CPS3.
const SELECT: &str = "00A4040C0DE828BD080F8025000001FF0010";

#[test]
fn commands_and_answers_are_shown_in_order_with_the_pin_masked() {
    Transcript::default()
        .run(&["card", "apdu", "--emulated", SELECT, "00A4090C025031", "00B0000028"])
        .run(&[
            "card",
            "apdu",
            "--emulated",
            "--pin-env",
            "PIN",
            "0020000104{PIN}",
            "00840000 08 00",
        ])
        .run(&["card", "apdu", "--emulated", "--pin-env", "PIN", "002000010431323334"])
        .run(&["card", "apdu", "--emulated", "--pin-env", "PIN", "0020000105{PIN}"])
        .run(&["card", "apdu", "--emulated", "00A4"])
        .run(&["card", "apdu", "--emulated"])
        .run(&["card", "apdu", "--emulated=pin-bloque-cps3", "--pin-env", "PIN", "0020000104{PIN}"])
        .is("card-apdu");
}

#[test]
fn a_script_is_read_from_a_file_or_from_standard_input() {
    let script = "# the directory of directories\n00A4040C0DE828BD080F8025000001FF0010\n\n  00A4090C02 5031 # by path\n";
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("script");
    std::fs::write(&path, script).expect("written");
    let args = ["card", "apdu", "--emulated", "--format", "json", "--script"];
    let from_file = run(args.iter().copied().chain([path.to_str().expect("text")]));
    let mut process = command(args.iter().chain(&["-"]))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("cpskit starts");
    let mut stdin = process.stdin.take().expect("a pipe");
    stdin.write_all(script.as_bytes()).expect("read");
    drop(stdin);
    let output = process.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8(output.stdout).expect("text"), from_file.stdout);
    let document = from_file.document();
    let lines = document["exchanges"].as_array().expect("an array");
    let commands: Vec<_> = lines.iter().map(|line| &line["command"]).collect();
    assert_eq!(commands, [&json!(SELECT.to_lowercase()), &json!("00a4090c025031")]);
}

#[test]
fn a_pin_in_clear_is_refused_before_the_card_is_looked_for() {
    let args = ["card", "apdu", "002000010431323334", "--format", "json"];
    let run = finish(command(args).env("PCSCLITE_CSOCK_NAME", "/nonexistent"));
    assert_eq!((run.code, run.error()["code"].as_str()), (2, Some("card.pin.placeholder")));
}

#[test]
fn the_placeholder_without_a_pin_names_the_flags_to_give() {
    let run =
        run(["card", "apdu", "--emulated", "0020000104{PIN}", "--no-input", "--format", "json"]);
    assert_eq!((run.code, run.error()["code"].as_str()), (2, Some("card.pin.needed")));
}
