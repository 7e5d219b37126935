//! What the commands print on the virtual card in process: every document against its schema.
#![cfg(feature = "cli")]

use serde_json::Value;

#[path = "support/support.rs"]
mod support;

use support::cli::{command, finish, run};

/// The personas, as the binary lists them.
fn personas() -> Vec<String> {
    let document = run(["emulate", "card", "--list", "--format", "json"]).document();
    let listed = document["personas"].as_array().cloned().unwrap_or_default();
    listed.iter().filter_map(|line| line["persona"].as_str().map(str::to_owned)).collect()
}

/// The documents of a command on each persona: that of the result, or that of the error, and both where a negative
/// answer comes with its document.
fn on_each_persona(verb: &[&str]) -> Vec<Value> {
    let personas = personas();
    assert!(!personas.is_empty());
    personas.iter().flat_map(|persona| on(persona, verb)).collect()
}

fn on(persona: &str, verb: &[&str]) -> Vec<Value> {
    let emulated = format!("--emulated={persona}");
    let rest = [emulated.as_str(), "--format", "json"];
    let args = ["card"].iter().chain(verb).chain(&rest).copied();
    let run = finish(command(args).env("PIN", "1234").env("NEW", "2468").env("CODE", "12345678"));
    let mut documents = Vec::new();
    if !run.stdout.is_empty() {
        documents.push(run.document());
    }
    if run.code != 0 {
        documents.push(run.error());
    }
    assert!(!documents.is_empty(), "{run:?}");
    documents
}

#[test]
fn what_card_read_prints_keeps_to_its_schema() {
    on_each_persona(&["read"]);
    on_each_persona(&["read", "--pin-env", "PIN"]);
    on_each_persona(&["read", "--fields", "holder"]);
}

#[test]
fn what_card_id_prints_keeps_to_its_schema() {
    on_each_persona(&["id"]);
}

#[test]
fn what_card_list_prints_keeps_to_its_schema() {
    on_each_persona(&["list"]);
}

#[test]
fn what_card_certs_prints_keeps_to_its_schema() {
    on_each_persona(&["certs"]);
    let folder = tempfile::tempdir().expect("a folder");
    let export = folder.path().to_str().expect("its name is text");
    let documents = on("medecin-cps3", &["certs", "--export", export]);
    assert!(documents[0]["certificates"][0]["files"]["pem"].is_string());
}

#[test]
fn what_card_activities_prints_keeps_to_its_schema() {
    on_each_persona(&["activities", "--pin-env", "PIN"]);
}

#[test]
fn what_the_commands_that_use_keys_and_data_print_keeps_to_their_schemas() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, out) = (folder.path().join("file"), folder.path().join("out"));
    std::fs::write(&file, "content").expect("written");
    let (file, out) = (file.to_str().expect("text"), out.to_str().expect("text"));
    let pin = ["--pin-env", "PIN"];
    for args in [
        &["sign", file][..],
        &["sign", file, "--key", "technical"],
        &["sign", file, "--detached-cms", "--out", out],
        &["sign", file, "--scheme", "pss", "--key", "authentication"],
        &["decrypt", file, "--out", out],
        &["data", "read"],
        &["data", "write", file, "--yes", "--backup", out],
    ] {
        on_each_persona(&[args, &pin].concat());
    }
    on_each_persona(&["pin", "change", "--pin-env", "PIN", "--new-pin-env", "NEW"]);
    on_each_persona(&["pin", "unblock", "--unblock-code-env", "CODE", "--new-pin-env", "NEW"]);
}

#[test]
fn what_card_pin_status_prints_keeps_to_its_schema() {
    on_each_persona(&["pin", "status"]);
}

#[test]
fn what_card_apdu_prints_keeps_to_its_schema() {
    on_each_persona(&["apdu", "00A4090C023F00"]);
}

#[test]
fn each_line_of_card_watch_keeps_to_its_schema() {
    let run = run(["card", "watch", "--emulated", "--format", "ndjson"]);
    let events: Vec<Value> = run.stdout.lines().map(support::schema::checked).collect();
    let names: Vec<&Value> = events.iter().map(|event| &event["event"]).collect();
    assert_eq!(names, ["reader-added", "card-inserted"]);
}

#[test]
fn what_demo_and_doctor_print_keeps_to_their_schemas() {
    run(["demo", "--format", "json"]).document();
    run(["doctor", "--format", "json"]).document();
}

#[test]
fn a_usage_error_keeps_to_the_schema_of_errors() {
    let run = run(["card", "read", "--no-such-flag", "--format", "json"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert_eq!(run.error()["code"], "usage");
}

#[test]
fn the_readme_shows_what_card_read_prints() {
    let readme = include_str!("../README.md");
    let shown = readme.split("```text\n").nth(1).and_then(|rest| rest.split("```").next());
    assert_eq!(shown, Some(run(["card", "read", "--emulated"]).stdout.as_str()));
}
