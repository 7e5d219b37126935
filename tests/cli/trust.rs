//! `trust list`, `trust import`: what pins admit. The published certificates are not part of the repository: where the
//! folder that holds them is absent, what needs them is skipped, and said.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use cpskit::emulate::igc::{Authority, Gamme, World};
use cpskit::x509::Certificate;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::cli::{Run, run};

fn trust(store: &TempDir, words: &[&str]) -> Run {
    let folder = store.path().join("trust").display().to_string();
    run(["trust"].iter().chain(words).chain(&["--trust-store", &folder, "--format", "json"]))
}

fn folder() -> TempDir {
    TempDir::new().expect("a folder")
}

/// The public certificates of IGC-Santé, where they are.
fn published() -> Option<PathBuf> {
    let named = std::env::var_os("CPSKIT_IGC_SANTE").map(PathBuf::from);
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/igc-sante"));
    let folder = named.unwrap_or_else(beside).join("ca");
    if !folder.is_dir() {
        let said = format!("skipped: no public certificates in {}", folder.display());
        let _ = writeln!(std::io::stdout(), "{said}");
        return None;
    }
    Some(folder)
}

fn results(run: &Run) -> Vec<Value> {
    run.document()["results"].as_array().cloned().unwrap_or_default()
}

#[test]
fn fifteen_authorities_are_pinned_and_an_empty_store_holds_none() {
    let document = trust(&folder(), &["list"]).document();
    let anchors = document["anchors"].as_array().cloned().unwrap_or_default();
    assert_eq!(anchors.len(), 15);
    assert!(anchors.iter().all(|anchor| anchor["file"].is_null()));
}

#[test]
fn what_matches_no_pin_is_refused_and_nothing_is_kept() {
    let store = folder();
    let file = store.path().join("root.der");
    fs::write(&file, Authority::root(World::Test, Gamme::Fort).certificate()).expect("written");
    let name = file.display().to_string();
    let run = trust(&store, &["import", &name]);
    assert_eq!((run.code, results(&run)[0]["result"].clone()), (1, json!("refused")));
    assert!(!store.path().join("trust").exists());
    let pin = Certificate::parse(Authority::root(World::Test, Gamme::Fort).certificate());
    let pin: String =
        pin.expect("minted").sha256().iter().map(|byte| format!("{byte:02x}")).collect();
    let run = trust(&store, &["import", &name, "--pin", &pin]);
    assert_eq!(run.code, 1, "an emulation authority is never admitted: {run:?}");
    assert_eq!(trust(&store, &["import", &name, "--pin", "abc"]).code, 2);
}

#[test]
fn a_published_certificate_is_admitted_once() {
    let (Some(published), store) = (published(), folder()) else { return };
    let root = published.join("prod/ACR-EL.pem").display().to_string();
    let states = || {
        let run = trust(&store, &["import", &root]);
        (run.code, results(&run)[0]["result"].clone(), run.document()["changed"].clone())
    };
    assert_eq!(states(), (0, json!("admitted"), json!(true)));
    assert_eq!(states(), (0, json!("already"), json!(false)));
}

#[test]
fn the_key_of_fort_personnes_test_may_be_imported_alone() {
    let (Some(published), store) = (published(), folder()) else { return };
    let key = published.join("test/ACI-FO-PP-TEST.recovered-spki.pem").display().to_string();
    let run = trust(&store, &["import", &key]);
    assert_eq!((run.code, results(&run)[0]["code"].clone()), (0, json!("ACI-FO-PP-TEST")));
}

#[test]
fn a_file_of_the_store_that_matches_no_pin_is_not_trusted_and_said() {
    let store = folder();
    let trusted = store.path().join("trust");
    fs::create_dir(&trusted).expect("made");
    let pem = Certificate::parse(Authority::root(World::Production, Gamme::Fort).certificate());
    let file = trusted.join("ACR-FO.pem");
    fs::write(&file, pem.expect("minted").to_pem()).expect("written");
    let document = trust(&store, &["list"]).document();
    assert_eq!(document["ignored"], json!([file.display().to_string()]));
}

#[test]
fn an_update_offline_is_refused_before_anything_is_done() {
    let store = folder();
    let run = trust(&store, &["update", "--offline"]);
    assert_eq!((run.code, run.error()["code"].clone()), (2, json!("net.offline")));
    assert!(!store.path().join("trust").exists());
}
