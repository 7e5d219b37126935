//! `cpskit platform` with `--binding manual`: what a person is told, what they record, what is refused.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use cpskit::emulate::igc;
use cpskit::x509::Certificate;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::cli::{Run, command, finish};

/// A state folder of the test's own.
struct State(TempDir);

impl State {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn folder(&self) -> String {
        self.0.path().join("state").display().to_string()
    }

    fn run(&self, args: &[&str]) -> Run {
        let folder = self.folder();
        let rest = ["--state", &folder, "--format", "json"];
        let args = ["platform"].iter().chain(args).chain(&rest).copied();
        finish(command(args).env_remove("DATABASE_URL"))
    }

    /// Orders, and gives the document.
    fn order(&self) -> Value {
        let run = self.run(&ORDER);
        assert_eq!(run.code, 0, "{run:?}");
        run.document()
    }
}

const ORDER: [&str; 9] = [
    "order",
    "--offer",
    "ORG",
    "--usage",
    "AUTH_CLI",
    "--structure",
    "10B0152872",
    "--service",
    "APPLI",
];

fn reference(document: &Value) -> String {
    document["order"]["reference"].as_str().expect("a reference").to_owned()
}

fn state(document: &Value) -> &Value {
    &document["order"]["state"]
}

#[test]
fn an_order_by_hand_prepares_key_and_request_and_says_what_to_click() {
    let state = State::new();
    let document = state.order();
    let reference = reference(&document);
    let then = format!("cpskit platform track {reference} --record A_RETIRER");
    assert_eq!(document["changed"], true);
    assert_eq!((&document["next"], &document["by_hand"]["then"]), (&json!(then), &json!(then)));
    let request = Path::new(&state.folder()).join(format!("requests/{reference}.csr.pem"));
    let text = fs::read_to_string(request).expect("a request");
    assert!(text.starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"), "{text}");
    let key = document["order"]["key"]["file"].as_str().expect("a key").to_owned();
    let mode = fs::metadata(key).expect("a key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn what_is_ordered_again_is_the_same_order() {
    let state = State::new();
    let first = state.order();
    let second = state.order();
    assert_eq!(reference(&first), reference(&second));
}

#[test]
fn what_was_not_looked_at_is_said() {
    let document = State::new().order();
    let said: Vec<&str> = document["not_checked"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|line| line.as_str()?.split(':').next())
        .collect();
    assert_eq!(said, ["card", "habilitation"]);
}

#[test]
fn an_order_goes_by_hand_to_the_code_that_is_on_disk_before_it_is_typed() {
    let state = State::new();
    let reference = reference(&state.order());
    let seen = state.run(&["track", &reference, "--record", "A_RETIRER"]);
    assert_eq!((seen.code, self::state(&seen.document())), (0, &json!("ready")));
    let told = state.run(&["retrieve", &reference, "--accept-cgu", "1", "--accept-pc", "2"]);
    assert_eq!((told.code, self::state(&told.document())), (0, &json!("finalising")));
    let file = Path::new(&state.folder()).join(format!("codes/{reference}.code"));
    let code = fs::read_to_string(&file).expect("a code");
    assert!((8..=32).contains(&code.len()));
    assert!(told.stdout.contains(&file.display().to_string()), "the file is named");
    assert!(!told.stdout.contains(&code) && !told.stderr.contains(&code), "the code is not shown");
}

#[test]
fn nothing_is_accepted_that_no_flag_names() {
    let state = State::new();
    let reference = reference(&state.order());
    assert_eq!(state.run(&["track", &reference, "--record", "A_RETIRER"]).code, 0);
    let run = state.run(&["retrieve", &reference, "--yes"]);
    assert_eq!((run.code, &run.error()["code"]), (2, &json!("platform.acceptance")));
}

#[test]
fn what_was_not_ordered_is_refused_and_not_installed() {
    let state = State::new();
    let reference = reference(&state.order());
    assert_eq!(state.run(&["track", &reference, "--record", "A_RETIRER"]).code, 0);
    let other = state.0.path().join("other.pem");
    let card = igc::committed("medecin-cps3").expect("a persona");
    let der = card.authentication.as_ref().expect("a certificate").der.as_ref();
    fs::write(&other, Certificate::parse(der).expect("minted").to_pem()).expect("written");
    let (other, out) = (other.display().to_string(), state.0.path().join("out"));
    let args = ["retrieve", &reference, "--accept-cgu", "1", "--accept-pc", "2"];
    let run = state
        .run(&[&args[..], &["--downloaded", &other, "--out", &out.display().to_string()]].concat());
    assert_eq!((run.code, self::state(&run.document())), (1, &json!("mismatched")));
    assert!(!out.exists());
}

#[test]
fn a_rule_that_is_broken_is_named_with_its_confidence_before_anything_is_made() {
    let state = State::new();
    let args = ["order", "--offer", "ORG", "--usage", "AUTH_CLI", "--structure", "10B0152872"];
    let run = state.run(&[&args[..], &["--service", "insi-auto"]].concat());
    let error = run.error();
    assert_eq!((run.code, &error["code"]), (2, &json!("platform.rule")));
    let message = error["message"].as_str().expect("words");
    assert!(message.ends_with("(rule platform.service.insi, third-party)"), "{message}");
    assert!(!Path::new(&state.folder()).exists());
}

#[test]
fn the_protocol_of_the_emulator_leads_to_this_machine_only() {
    let endpoint = ["--binding", "rest", "--endpoint", "https://pfc.eservices.esante.gouv.fr"];
    let run = State::new().run(&[&["habilitations"], &endpoint[..]].concat());
    assert_eq!((run.code, &run.error()["code"]), (2, &json!("platform.endpoint")));
}

#[test]
fn a_platform_that_is_not_there_is_a_matter_of_a_later_try() {
    let args =
        ["habilitations", "--binding", "rest", "--endpoint", "https://localhost:1", "--emulated"];
    let run = State::new().run(&args);
    assert_eq!((run.code, &run.error()["code"]), (75, &json!("platform.unreached")));
}

#[test]
fn habilitations_that_a_person_wrote_down_hold_an_order_to_their_perimeter() {
    let state = State::new();
    let file = state.0.path().join("habilitations.toml");
    let text = "[[habilitation]]\nprofile = \"P1\"\nstructure = \"10B0152872\"\nproducts = [\"SERV SSL_SERV\"]\ndomains = [\"domaine.fr\"]\n";
    fs::write(&file, text).expect("written");
    let kept = state.run(&["habilitations", "--import", &file.display().to_string()]);
    assert_eq!(kept.code, 0, "{kept:?}");
    let server =
        ["order", "--offer", "SERV", "--usage", "SSL_SERV", "--structure", "10B0152872", "--dns"];
    let outside = state.run(&[&server[..], &["a.evil-domaine.fr"]].concat());
    assert_eq!((outside.code, &outside.error()["code"]), (2, &json!("platform.rule")));
    let inside = state.run(&[&server[..], &["a.domaine.fr", "--dry-run"]].concat());
    let document = inside.document();
    assert_eq!((inside.code, &document["would"]["profile"]), (0, &json!("P1")));
    assert_eq!((&document["changed"], &document["dry_run"]), (&json!(false), &json!(true)));
}

#[test]
fn a_code_given_in_place_of_a_name_is_not_repeated() {
    let state = State::new();
    let reference = reference(&state.order());
    let run =
        state.run(&["revoke", &reference, "--reason", "other", "--code-env", "h4rd-to-guess"]);
    assert_eq!((run.code, &run.error()["code"]), (2, &json!("secret.source")));
    assert!(!run.stderr.contains("h4rd-to-guess"), "{run:?}");
}
