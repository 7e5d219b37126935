//! `crl show` and `crl check`, on lists of the emulation authorities made on the spot.

use std::fs;
use std::path::PathBuf;

use cpskit::emulate::igc::{self, Authority, Domain, Gamme, Reason, Revoked, World};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::cli::{Run, run};
use crate::support::schema;

const ROOT: Authority = Authority::root(World::Test, Gamme::Fort);
const ISSUER: Authority = Authority::builtin(World::Test, Gamme::Fort, Domain::Personnes);
const AT: &str = "2026-03-02T00:00:00Z";

/// A folder with a list of the issuer, which revokes one certificate on hold and one for good, and its certificate.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        let revoked = |serial: &[u8], reason| Revoked {
            serial: serial.to_vec(),
            at: instant("2026-02-11T08:00:00Z"),
            reason,
        };
        let entries = [revoked(&[0x7F, 1], None), revoked(&[0x99, 2], Some(Reason::KeyCompromise))];
        let (this, next) = (instant("2026-03-01T22:00:00Z"), instant("2026-03-07T22:00:00Z"));
        let list = igc::crl(ISSUER, this, next, 1287, &entries).expect("minted");
        folder.write("list.crl", &list);
        folder.write("issuer.cer", ISSUER.certificate());
        folder.write("root.cer", ROOT.certificate());
        folder
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).expect("written");
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).expect("there")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn check(&self, subject: &str, more: &[&str]) -> Run {
        let list = self.path("list.crl").display().to_string();
        run([&["crl", "check", subject, "--crl", &list, "--at", AT, "--format", "json"], more]
            .concat())
    }

    /// The status of a serial number by the issuer's list, with its reason.
    fn status(&self, subject: &str, more: &[&str]) -> (Value, Value, i32) {
        let issuer = self.path("issuer.cer").display().to_string();
        let run = self.check(subject, &[&["--issuer", &issuer], more].concat());
        let document = run.document();
        let result = &document["results"][0];
        (result["status"].clone(), result["reason"].clone(), run.code)
    }

    fn show(&self, name: &str, more: &[&str]) -> Run {
        let list = self.path(name).display().to_string();
        run([&["crl", "show", &list], more].concat())
    }
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn indeterminate(codes: &[&str], run: &Run) {
    let document = run.document();
    let result = &document["results"][0];
    let findings = result["findings"].as_array().expect("an array");
    let found: Vec<&str> = findings.iter().filter_map(|row| row["code"].as_str()).collect();
    assert_eq!((&result["status"], &found[..], run.code), (&json!("indeterminate"), codes, 3));
}

#[test]
fn a_serial_number_is_good_or_revoked_for_its_reason() {
    let folder = Folder::new();
    assert_eq!(folder.status("0a", &[]), (json!("good"), Value::Null, 0));
    assert_eq!(folder.status("7f01", &[]), (json!("revoked"), json!("unspecified"), 1));
}

#[test]
fn a_serial_number_is_taken_with_or_without_sign_octet_separators_and_capitals() {
    let folder = Folder::new();
    for typed in ["9902", "00:99:02", "0x9902", "009902", "99 02"] {
        let expected = (json!("revoked"), json!("keyCompromise"), 1);
        assert_eq!(folder.status(typed, &[]), expected, "{typed}");
    }
}

#[test]
fn a_certificate_is_asked_about_by_its_file() {
    let folder = Folder::new();
    let card = igc::committed("medecin-cps3").expect("a persona of ours");
    folder.write("card.cer", &card.signature.as_ref().expect("it signs").der);
    let card = folder.path("card.cer").display().to_string();
    assert_eq!(folder.status(&card, &[]), (json!("good"), Value::Null, 0));
}

#[test]
fn a_certificate_of_another_issuer_is_no_business_of_the_list() {
    let folder = Folder::new();
    let root = folder.path("root.cer").display().to_string();
    let issuer = folder.path("issuer.cer").display().to_string();
    indeterminate(&["pki.revocation.unknown"], &folder.check(&root, &["--issuer", &issuer]));
}

#[test]
fn a_list_that_nobody_trusted_signed_says_nothing() {
    let folder = Folder::new();
    let root = folder.path("root.cer").display().to_string();
    let unknown = ["pki.revocation.unknown", "pki.crl.no_signer"];
    indeterminate(&unknown, &folder.check("7f01", &["--trust", &root]));
}

#[test]
fn the_anchors_of_an_environment_know_who_signed_a_list() {
    let folder = Folder::new();
    let issuer = folder.path("issuer.cer").display().to_string();
    let run = folder.check("7f01", &["--trust", &issuer]);
    assert_eq!((&run.document()["results"][0]["status"], run.code), (&json!("revoked"), 1));
}

#[test]
fn a_list_that_was_changed_says_nothing() {
    let folder = Folder::new();
    let mut list = folder.read("list.crl");
    let entry = list.windows(4).position(|window| window == [2, 2, 0x7F, 1]).expect("listed");
    list[entry + 3] = 2;
    folder.write("list.crl", &list);
    let issuer = folder.path("issuer.cer").display().to_string();
    let run = folder.check("7f01", &["--issuer", &issuer]);
    indeterminate(&["pki.revocation.unknown", "pki.crl.signature"], &run);
}

#[test]
fn a_list_of_another_time_proves_no_absence() {
    let folder = Folder::new();
    let issuer = folder.path("issuer.cer").display().to_string();
    let list = folder.path("list.crl").display().to_string();
    let at = |at: &str| {
        run([
            "crl", "check", "0a", "--crl", &list, "--issuer", &issuer, "--at", at, "--format",
            "json",
        ])
    };
    indeterminate(&["pki.revocation.unknown", "pki.crl.stale"], &at("2026-03-08"));
    indeterminate(&["pki.revocation.unknown", "pki.crl.not_yet"], &at("2026-03-01"));
}

#[test]
fn a_list_that_ends_too_soon_fails_as_asked() {
    let folder = Folder::new();
    assert_eq!(folder.status("0a", &["--fail-before", "10d"]), (json!("good"), Value::Null, 1));
    assert_eq!(folder.status("0a", &["--warn-before", "10d"]), (json!("good"), Value::Null, 0));
}

#[test]
fn what_is_neither_file_nor_number_is_a_usage_error() {
    let folder = Folder::new();
    let run = folder.check("no-such.pem", &[]);
    assert_eq!((run.code, &run.error()["code"]), (2, &json!("usage")));
}

#[test]
fn each_line_of_check_keeps_to_its_schema() {
    let folder = Folder::new();
    let list = folder.path("list.crl").display().to_string();
    let issuer = folder.path("issuer.cer").display().to_string();
    let args = ["crl", "check", "7f01", "0a", "--crl", &list, "--issuer", &issuer, "--at", AT];
    let run = run([&args[..], &["--format", "ndjson"]].concat());
    let lines: Vec<Value> = run.stdout.lines().map(schema::checked).collect();
    let statuses: Vec<&Value> = lines.iter().map(|line| &line["status"]).collect();
    assert_eq!((statuses, run.code), (vec![&json!("revoked"), &json!("good")], 1));
}

#[test]
fn show_says_what_a_list_is() {
    let folder = Folder::new();
    let document = folder.show("list.crl", &["--format", "json"]).document();
    let list = &document["lists"][0];
    let said =
        ["this_update", "next_update", "number", "delta_base", "scope", "entries", "revoked"]
            .map(|field| list[field].clone());
    let dates = ["2026-03-01T22:00:00Z", "2026-03-07T22:00:00Z"].map(Value::from);
    let [this, next] = dates;
    let expected = [this, next, json!("0507"), Value::Null, Value::Null, json!(2), Value::Null];
    assert_eq!((said, &document["emulated"]), (expected, &json!(true)));
}

#[test]
fn the_entries_of_a_list_are_one_document_or_one_line_each() {
    let folder = Folder::new();
    let entry = |serial: &str, reason: Value| json!({ "serial": serial, "revoked_at": "2026-02-11T08:00:00Z", "reason": reason, "certificate_issuer": null });
    let entries = [entry("7f01", Value::Null), entry("9902", json!("keyCompromise"))];
    let document = folder.show("list.crl", &["--entries", "--format", "json"]).document();
    assert_eq!(document["lists"][0]["revoked"], json!(entries));
    let lines = folder.show("list.crl", &["--entries", "--format", "ndjson"]);
    let lines: Vec<Value> = lines.stdout.lines().map(schema::checked).collect();
    let serials: Vec<&Value> = lines.iter().map(|line| &line["serial"]).collect();
    assert_eq!(serials, [&json!("7f01"), &json!("9902")]);
    let text = folder.show("list.crl", &["--entries"]);
    let last: Vec<&str> = text.stdout.trim_end().lines().rev().take(2).collect();
    let expected = ["9902  2026-02-11T08:00:00Z  keyCompromise", "7f01  2026-02-11T08:00:00Z"];
    assert_eq!(last, expected);
}

#[test]
fn a_list_in_pem_is_the_same_list() {
    let folder = Folder::new();
    let der = folder.read("list.crl");
    let pem = pem_of(&der);
    folder.write("list.pem", format!("what stands around\n{pem}").as_bytes());
    let shown =
        |name| folder.show(name, &["--format", "json"]).document()["lists"][0]["sha256"].clone();
    assert_eq!(shown("list.pem"), shown("list.crl"));
}

fn pem_of(der: &[u8]) -> String {
    use base64ct::{Base64, Encoding};
    let text = Base64::encode_string(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN X509 CRL-----\n{}\n-----END X509 CRL-----\n", lines.join("\n"))
}

#[test]
fn an_entry_that_cannot_be_read_is_said_where_and_nothing_is_printed() {
    let folder = Folder::new();
    let mut list = folder.read("list.crl");
    let entry = list.windows(4).position(|window| window == [2, 2, 0x7F, 1]).expect("listed");
    list[entry] = 4;
    folder.write("broken.crl", &list);
    let run = folder.show("broken.crl", &["--entries", "--format", "json"]);
    assert_eq!((run.code, run.stdout.as_str(), &run.error()["code"]), (2, "", &json!("crl.entry")));
    let message = run.error()["message"].as_str().expect("a text").to_owned();
    assert!(
        message
            .ends_with(&format!("entry 1 cannot be read: tag 04 where 02 is due at byte {entry}"))
    );
}

#[test]
fn what_is_no_list_is_an_unreadable_input() {
    let folder = Folder::new();
    for bytes in [&b""[..], b"<html>", b"-----BEGIN X509 CRL-----\n", ISSUER.certificate()] {
        folder.write("none.crl", bytes);
        let run = folder.show("none.crl", &["--format", "json"]);
        assert_eq!((run.code, &run.error()["code"]), (2, &json!("crl.unreadable")));
    }
}
