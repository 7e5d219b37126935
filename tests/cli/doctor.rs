//! `doctor`

use serde_json::{Value, json};

use crate::support::cli::{Run, command, finish};
use crate::support::desk::{Desk, Slot};
use crate::support::pcscd::Pcscd;

fn check<'d>(document: &'d Value, name: &str) -> &'d Value {
    let checks = document["checks"].as_array().expect("an array");
    checks.iter().find(|check| check["check"] == name).expect("checked")
}

fn without_service(args: &[&str]) -> Run {
    let args = [&["doctor"], args].concat();
    finish(command(args).env("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd.comm"))
}

#[test]
fn without_a_service_there_is_something_to_mend_and_its_command() {
    let run = without_service(&["--format", "json"]);
    let document = run.document();
    assert_eq!((run.code, run.error()["code"].as_str()), (1, Some("doctor.problem")));
    let service = check(&document, "service");
    assert_eq!(service["status"], "problem");
    assert!(service["message"].as_str().expect("text").contains("SCARD_E_NO_SERVICE (0x8010001D)"));
    assert!(service["fix"].as_str().expect("a fix").contains("sudo"));
    assert_eq!(check(&document, "card")["status"], "skipped");
    assert_eq!(check(&document, "network")["status"], "skipped");
}

#[test]
fn without_a_reader_there_is_something_to_mend() {
    let Some(service) = Pcscd::without_reader_or_skip() else { return };
    let run = finish(service.env(&mut command(["doctor", "--format", "json"])));
    let document = run.document();
    assert_eq!((run.code, &check(&document, "service")["status"]), (1, &json!("ok")));
    assert_eq!(check(&document, "readers")["status"], "problem");
}

#[test]
fn with_a_card_in_its_reader_nothing_is_to_be_mended() {
    let Some(desk) = Desk::or_skip() else { return };
    let _card = desk.insert(Slot::First, "medecin-cps4");
    let run = desk.run(&["doctor", "--format", "json"]);
    let document = run.document();
    assert_eq!((run.code, &document["emulated"]), (0, &json!(true)), "{document:#}");
    let message = "CPS4 (contact) in Virtual PCD 00 00";
    assert_eq!(check(&document, "card")["message"], message);
}

#[test]
fn a_reader_without_a_card_is_no_fault_of_the_workstation() {
    let Some(desk) = Desk::or_skip() else { return };
    let run = desk.run(&["doctor", "--format", "json"]);
    assert_eq!((run.code, &check(&run.document(), "card")["status"]), (0, &json!("warning")));
}

#[test]
fn each_value_of_the_configuration_is_shown_with_where_it_came_from() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.toml");
    std::fs::write(&path, "reader = \"Gemalto\"\ncard_timeout = 5\n").expect("written");
    let path = path.to_str().expect("text");
    let origins = |command: &mut std::process::Command| {
        let document = finish(command.env("PCSCLITE_CSOCK_NAME", "/nonexistent")).document();
        document["config"].clone()
    };
    let args = ["doctor", "--config", path, "--format", "json"];
    let not_set = |key: &str| json!({"key": key, "value": null, "origin": "default"});
    let expected = json!([
        {"key": "file", "value": path, "origin": "read"},
        {"key": "card_timeout", "value": "5", "origin": path},
        not_set("color"),
        not_set("offline"),
        not_set("platform_ps"),
        {"key": "reader", "value": "Gemalto", "origin": path},
    ]);
    assert_eq!(origins(&mut command(args)), expected);
    let mut replaced = expected;
    replaced[1] = json!({
        "key": "card_timeout", "value": "7", "origin": "environment variable CPSKIT_CARD_TIMEOUT",
    });
    assert_eq!(origins(command(args).env("CPSKIT_CARD_TIMEOUT", "7")), replaced);
}
