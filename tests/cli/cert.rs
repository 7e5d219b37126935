//! `cert show` and `cert lint`

use serde_json::{Value, json};

use crate::support::cli::run;
use crate::transcript::Transcript;

const CARD: &str = "certs-test/cards/medecin-cps3/signature.der";

#[test]
fn a_card_certificate_is_linted_for_people() {
    Transcript::default()
        .run(&["cert", "lint", CARD])
        .run(&["cert", "lint", CARD, "--at", "2028-12-31", "--warn-before", "30d"])
        .run(&["cert", "lint", CARD, "--at", "2028-12-31", "--fail-before", "1%"])
        .run(&["cert", "lint", "certs-test/igc", "README.md"])
        .is("cert-lint");
}

#[test]
fn what_cert_lint_prints_keeps_to_its_schemas() {
    let args = ["cert", "lint", "certs-test/cards", "--format", "json", "--at", "2027-01-01"];
    let run_of = run(args);
    let document = run_of.document();
    assert_eq!((run_of.code, &document["verdict"]), (0, &json!("valid")));
    let run = run(["cert", "lint", CARD, "README.md", "--format", "ndjson"]);
    assert_eq!(run.code, 2);
    let lines: Vec<Value> = run.stdout.lines().map(crate::support::schema::checked).collect();
    assert_eq!(
        (&lines[0]["product"], &lines[1]["input"]),
        (&json!("card signature"), &json!("README.md"))
    );
}

#[test]
fn what_cert_show_prints_keeps_to_its_schema() {
    let run = run(["cert", "show", "certs-test/cards", "certs-test/igc", "--format", "json"]);
    let document = run.document();
    assert_eq!((run.code, &document["emulated"]), (0, &json!(true)));
    let all = document["certificates"].as_array().expect("an array");
    let nameless: Vec<&Value> =
        all.iter().filter(|shown| shown["product"].is_null() && !is_list_signer(shown)).collect();
    assert_eq!(nameless, Vec::<&Value>::new());
}

/// The key that signs lists under an authority's name: IGC-Santé was never seen to have one.
fn is_list_signer(shown: &Value) -> bool {
    shown["input"].as_str().is_some_and(|input| input.ends_with("-lists.der"))
}

#[test]
fn a_certificate_is_shown_whole() {
    let run = run(["cert", "show", CARD]);
    let line = |name: &str| {
        let found = run.stdout.lines().find(|line| line.starts_with(name));
        found.map(|line| line[name.len()..].trim().to_owned()).unwrap_or_default()
    };
    assert_eq!(
        ["product", "environment", "authority", "RPPS", "profession", "key usage"].map(line),
        [
            "card signature",
            "emulated: worth nothing",
            "emulation FORT PERSONNES",
            "99700100011",
            "Médecin (10)",
            "nonRepudiation",
        ]
    );
}

#[test]
fn published_certificates_are_shown_and_linted() {
    let Some(folder) = std::env::var_os("CPSKIT_IGC_SANTE") else { return };
    let folder = folder.to_str().expect("text");
    let shown = run(["cert", "show", folder, "--format", "json"]);
    assert_eq!(shown.document()["certificates"].as_array().map(Vec::len), Some(57));
    let linted = run(["cert", "lint", folder, "--format", "json"]);
    assert_eq!((linted.code, &linted.document()["verdict"]), (0, &json!("valid")));
}
