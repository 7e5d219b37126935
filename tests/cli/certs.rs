//! `card certs`

use std::fs;

use crate::support::cli::{command, finish, run};
use crate::transcript::Transcript;

#[test]
fn each_persona_shows_its_certificates() {
    Transcript::default().on_each_persona(&["card", "certs"]).is("card-certs");
}

#[test]
fn each_certificate_is_written_as_pem_and_as_der() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = ["card", "certs", "--emulated", "--export", "deep/er", "--format", "json"];
    let run = finish(command(args).current_dir(&folder));
    let files = &run.document()["certificates"][1]["files"];
    assert_eq!(files["pem"], "deep/er/authentication.pem");
    assert_eq!(files["der"], "deep/er/authentication.der");
    let mut written: Vec<String> = fs::read_dir(folder.path().join("deep/er"))
        .expect("made")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    written.sort();
    let expected = ["authentication.der", "authentication.pem", "signature.der", "signature.pem"];
    assert_eq!(written, expected);
}

#[test]
fn a_folder_that_cannot_be_made_is_an_argument_out_of_place() {
    let run = run(["card", "certs", "--emulated", "--export", "/dev/null/x", "--format", "json"]);
    assert_eq!((run.code, run.error()["code"].as_str()), (2, Some("input")));
}
