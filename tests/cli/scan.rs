//! `cert scan`: what is found below paths, and what is wrong with it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::cli::{Run, command, finish};
use crate::support::schema;
use crate::support::tool::{Tool, printed};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const PASSWORD: &str = "changeit";
/// Inside the validity of the certificates of `certs-test/igc/test`.
const AT: &str = "2026-03-01";

/// A folder of files, scanned from inside.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// Puts a file there, for its owner only.
    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(&path, bytes).expect("written");
        mode(&path, 0o600);
        self
    }

    fn scan(&self, args: &[&str]) -> Run {
        let args = ["cert", "scan", "--at", AT].iter().chain(args);
        finish(command(args).current_dir(self.0.path()).env("PASSWORD", PASSWORD))
    }

    fn document(&self, args: &[&str]) -> Value {
        self.scan(&[args, &["--format", "json"]].concat()).document()
    }

    /// Input, kind and codes of each result.
    fn codes(&self, args: &[&str]) -> Vec<(String, String, Vec<String>)> {
        let document = self.document(args);
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let results = document["results"].as_array().expect("results").iter();
        let codes = |result: &Value| {
            let findings = result["findings"].as_array().expect("findings").iter();
            findings.map(|row| text(&row["code"])).collect()
        };
        results.map(|found| (text(&found["input"]), text(&found["kind"]), codes(found))).collect()
    }
}

#[cfg(unix)]
fn mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a file of ours");
}

#[cfg(not(unix))]
fn mode(_path: &Path, _mode: u32) {}

fn ours(path: &str) -> Vec<u8> {
    fs::read(PathBuf::from(ROOT).join(path)).expect("a file of the repository")
}

fn der(name: &str) -> Vec<u8> {
    ours(&format!("certs-test/igc/test/{name}.der"))
}

fn key(name: &str) -> Vec<u8> {
    ours(&format!("certs-test/keys/{name}.pem"))
}

fn store(name: &str) -> Vec<u8> {
    ours(&format!("tests/store/fixtures/{name}"))
}

fn row(input: &str, kind: &str, codes: &[&str]) -> (String, String, Vec<String>) {
    (input.to_owned(), kind.to_owned(), codes.iter().map(|&code| code.to_owned()).collect())
}

const EMULATED: &str = "scan.environment.emulated";
const CLEAR: &str = "scan.key.unencrypted";

#[test]
fn every_certificate_and_key_is_found_whatever_its_container() {
    let desk = Desk::new();
    desk.put("a.der", der("org-auth-cli"))
        .put("b.p12", store("aes.p12"))
        .put("c.jks", store("trust.jks"))
        .put("d/notes.txt", "nothing here")
        .put("d/e.pem", key("serv-ssl"));
    let expected = [
        row("./a.der", "certificate", &[EMULATED]),
        row("./b.p12", "certificate", &[EMULATED]),
        row("./b.p12", "certificate", &[EMULATED]),
        row("./b.p12", "certificate", &[EMULATED]),
        row("./b.p12", "key", &[]),
        row("./c.jks", "certificate", &[EMULATED]),
        row("./c.jks", "certificate", &[EMULATED]),
        row("./d/e.pem", "key", &[CLEAR, "scan.key.alone"]),
    ];
    assert_eq!(desk.codes(&[".", "--password-env", "PASSWORD"]), expected);
    let document = desk.document(&[".", "--password-env", "PASSWORD"]);
    assert_eq!((&document["skipped"], &document["emulated"]), (&1.into(), &true.into()));
    // Trusted by its store: anybody has its key.
    assert_eq!(document["verdict"], "invalid");
}

#[test]
fn a_key_that_others_can_read_is_an_error() {
    let desk = Desk::new();
    desk.put("k.pem", key("org-auth-cli")).put("c.der", der("org-auth-cli"));
    assert_eq!(desk.scan(&["k.pem", "c.der"]).code, 0);
    mode(&desk.0.path().join("k.pem"), 0o640);
    let run = desk.scan(&["k.pem", "c.der"]);
    if cfg!(unix) {
        assert_eq!(run.code, 1);
        let expected = row("k.pem", "key", &["scan.key.readable", CLEAR]);
        assert_eq!(desk.codes(&["k.pem", "c.der"])[0], expected);
    }
}

#[test]
fn the_same_key_in_two_files_is_an_error_and_in_one_file_is_none() {
    let desk = Desk::new();
    let twice = [key("org-auth-cli"), key("org-auth-cli"), b"\n".to_vec()].concat();
    desk.put("a.pem", twice).put("c.der", der("org-auth-cli"));
    assert_eq!(desk.scan(&["."]).code, 0);
    assert_eq!(desk.scan(&[".", "a.pem"]).code, 0, "one file, named twice");
    desk.put("b.p12", store("key-java.p12"));
    let run = desk.scan(&[".", "--password-env", "PASSWORD"]);
    assert_eq!(run.code, 1);
    let codes = desk.codes(&[".", "--password-env", "PASSWORD"]);
    assert_eq!(codes[0], row("./a.pem", "key", &[CLEAR, "scan.key.duplicated"]));
    assert_eq!(
        codes.iter().filter(|row| row.2.contains(&"scan.key.duplicated".to_owned())).count(),
        3
    );
}

#[test]
fn the_same_encrypted_file_twice_is_the_same_key_twice() {
    let desk = Desk::new();
    desk.put("a.jks", store("key.jks")).put("b.jks", store("key.jks"));
    let codes = desk.codes(&["."]);
    let keys: Vec<_> = codes.into_iter().filter(|row| row.1 == "key").collect();
    let codes = &["scan.key.duplicated"];
    assert_eq!(keys, [row("./a.jks", "key", codes), row("./b.jks", "key", codes)]);
}

#[test]
fn test_in_a_place_that_says_production_is_an_error() {
    let desk = Desk::new();
    desk.put("conf/prod/server.der", der("serv-ssl")).put("product/server.der", der("serv-ssl"));
    let misplaced = "scan.environment.test_in_production";
    let expected = [
        row("./conf/prod/server.der", "certificate", &[misplaced, EMULATED]),
        row("./product/server.der", "certificate", &[EMULATED]),
    ];
    assert_eq!(desk.codes(&["."]), expected);
    assert_eq!(desk.scan(&["."]).code, 1);
    assert_eq!(desk.scan(&["product"]).code, 0);
}

/// Makes `c.pem` and `k.pem` in a folder: a certificate of today that bears this name, and its key.
fn mint(openssl: Tool, folder: &Path, subject: &str, size: &str) {
    let words =
        format!("req -x509 -newkey rsa:{size} -nodes -days 30 -keyout k.pem -out c.pem -subj");
    let args = words.split_whitespace().chain([subject]);
    let (code, _, stderr) = printed(openssl.command(folder, args).current_dir(folder));
    assert_eq!(code, 0, "{stderr}");
}

/// The codes on what openssl makes with this name, put at a path, with its key or without.
fn codes_of(openssl: Tool, subject: &str, size: &str, path: &str, beside: &str) -> Vec<String> {
    let desk = Desk::new();
    let workshop = Desk::new();
    let folder = workshop.0.path();
    mint(openssl, folder, subject, size);
    desk.put(path, fs::read(folder.join("c.pem")).expect("made"));
    if !beside.is_empty() {
        desk.put(beside, fs::read(folder.join("k.pem")).expect("made"));
    }
    // At today's date: openssl dates certificates from now.
    let args = ["cert", "scan", ".", "--format", "json"];
    let run = finish(command(args).current_dir(desk.0.path()));
    let document = run.document();
    let results = document["results"].as_array().expect("results");
    let certificate = results.iter().find(|row| row["kind"] == "certificate").expect("one");
    let findings = certificate["findings"].as_array().expect("findings").iter();
    findings.map(|row| format!("{} {}", row["severity"], row["code"]).replace('"', "")).collect()
}

#[test]
fn worlds_are_told_from_each_other_and_from_their_places() {
    let Some(openssl) = Tool::or_skip("openssl", "openssl") else { return };
    let legacy = "/C=FR/O=GIP-CPS";
    let asip = "/C=FR/O=ASIP-SANTE/OU=0002 187512751";
    let prod = format!("{asip}/OU=IGC-SANTE/CN=AC RACINE IGC-SANTE ELEMENTAIRE");
    let test = format!("{asip}/OU=IGC-SANTE TEST/CN=TEST AC RACINE IGC-SANTE ELEMENTAIRE");
    let recette = test.replace("/CN", "/OU=RECETTE/CN");
    for (subject, path, beside, expected) in [
        (legacy, "ca.pem", "", &["error scan.legacy.trusted"][..]),
        (legacy, "x.pem", "k.pem", &["error scan.legacy.used"]),
        (legacy, "x.pem", "", &["warning scan.legacy.found"]),
        (&prod, "x.pem", "", &[]),
        (&prod, "recette/x.pem", "", &["warning scan.environment.production_in_test"]),
        (&test, "x.pem", "", &[]),
        (&test, "x-prod.pem", "", &["error scan.environment.test_in_production"]),
        (&recette, "x.pem", "", &["warning scan.environment.recette"]),
        ("/CN=server", "prod/x.pem", "", &[]),
    ] {
        assert_eq!(codes_of(openssl, subject, "2048", path, beside), expected, "{subject} {path}");
    }
    assert_eq!(codes_of(openssl, "/CN=server", "1024", "x.pem", ""), ["error scan.weak.rsa_key"]);
}

#[test]
fn expired_is_an_error_and_expiring_is_what_the_thresholds_say() {
    let desk = Desk::new();
    desk.put("c.der", der("org-auth-cli"));
    let run = |args: &[&str]| {
        let args = [&["cert", "scan", "c.der", "--format", "json"], args].concat();
        let run = finish(command(args).current_dir(desk.0.path()));
        let document = run.document();
        let rows = document["results"][0]["findings"].as_array().expect("findings").clone();
        let told = |row: &Value| format!("{} {}", row["severity"], row["code"]).replace('"', "");
        let rows = rows.iter().filter(|row| row["code"] != EMULATED).map(told);
        (run.code, rows.collect::<Vec<_>>())
    };
    assert_eq!(run(&["--at", AT]), (0, vec![]));
    let expired = vec!["error scan.validity.expired".to_owned()];
    assert_eq!(run(&["--at", "2090-01-01"]), (1, expired));
    let early = vec!["warning scan.validity.not_yet".to_owned()];
    assert_eq!(run(&["--at", "2000-01-01"]), (0, early));
    let soon = vec!["warning scan.validity.expiring".to_owned()];
    assert_eq!(run(&["--at", AT, "--warn-before", "100%"]), (0, soon));
    let soon = vec!["error scan.validity.expiring".to_owned()];
    assert_eq!(run(&["--at", AT, "--fail-before", "100%"]), (1, soon));
}

#[test]
fn a_container_that_stays_closed_is_an_error_when_named_and_said_when_met() {
    let desk = Desk::new();
    desk.put("d/trust.p12", store("trust-java.p12")).put("d/c.der", der("org-auth-cli"));
    let named = desk.scan(&["d/trust.p12", "--format", "json"]);
    assert_eq!(named.code, 2);
    assert_eq!(named.document()["unread"][0]["error"]["code"], "cert.password");
    let met = desk.scan(&["d", "--format", "json"]);
    assert_eq!(met.code, 0);
    let document = met.document();
    assert_eq!(document["notes"][0]["error"]["code"], "cert.password");
    assert_eq!((&document["skipped"], &document["unread"]), (&1.into(), &Value::Array(vec![])));
    assert_eq!(
        desk.scan(&["d"]).stderr.lines().next(),
        Some("note: `d/trust.p12`: a password is needed")
    );
}

#[test]
fn nothing_found_is_not_a_clean_scan() {
    let desk = Desk::new();
    desk.put("d/notes.txt", "nothing");
    for args in [&["d"][..], &["absent"]] {
        let run = desk.scan(&[args, &["--format", "json"]].concat());
        assert_eq!(run.code, 2, "{args:?}");
    }
    assert_eq!(desk.scan(&["d", "--format", "json"]).error()["code"], "cert.none");
}

#[test]
fn each_line_of_ndjson_is_an_object_found() {
    let desk = Desk::new();
    desk.put("a.der", der("org-auth-cli"))
        .put("k.pem", key("org-auth-cli"))
        .put("x.pem", "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n");
    let run = desk.scan(&["a.der", "k.pem", "x.pem", "--format", "ndjson"]);
    assert_eq!((run.code, run.stdout.lines().count()), (2, 3));
    for line in run.stdout.lines() {
        schema::checked(line);
    }
}

#[test]
fn no_line_of_a_key_is_ever_printed() {
    let desk = Desk::new();
    let pem = String::from_utf8(key("org-auth-cli")).expect("text");
    desk.put("k.pem", &pem)
        .put("b.p12", store("aes.p12"))
        .put("broken.pem", pem.replace("MII", "M*I"));
    let lines: Vec<&str> = pem.lines().filter(|line| line.len() == 64).collect();
    assert!(lines.len() > 20);
    for format in ["text", "json", "ndjson", "junit", "sarif", "github"] {
        let run = desk.scan(&[
            ".",
            "broken.pem",
            "-vvv",
            "--format",
            format,
            "--password-env",
            "PASSWORD",
        ]);
        let all = run.stdout + &run.stderr;
        assert!(!lines.iter().any(|line| all.contains(line)), "{format}");
        assert!(!all.contains(PASSWORD), "{format}");
    }
}

#[test]
#[cfg(unix)]
fn links_are_not_followed_and_what_is_no_file_is_not_opened() {
    let desk = Desk::new();
    desk.put("out/c.der", der("org-auth-cli")).put("in/a.der", der("org-auth-cli"));
    let folder = desk.0.path();
    std::os::unix::fs::symlink(folder.join("out"), folder.join("in/link")).expect("made");
    std::os::unix::fs::symlink(folder.join("in"), folder.join("in/loop")).expect("made");
    let socket = std::os::unix::net::UnixListener::bind(folder.join("in/socket"));
    assert!(socket.is_ok());
    let document = desk.document(&["in"]);
    assert_eq!(document["results"].as_array().map(Vec::len), Some(1));
    assert_eq!(document["skipped"], 3);
}
