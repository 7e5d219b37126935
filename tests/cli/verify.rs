//! `cert verify` on certificates of the emulation authority, at an instant inside their validity.

use std::fs;
use std::path::{Path, PathBuf};

use cpskit::emulate::igc::{self, Authority, Domain, Gamme, Reason, Revoked, World};
use cpskit::x509::Certificate;
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::cli::{Run, run};

/// A leaf, its issuer and its root, with lists, as files.
struct Scene {
    folder: TempDir,
    leaf: Certificate,
}

const AT: &str = "2026-03-03T12:00:00Z";
const ISSUER: Authority = Authority::builtin(World::Test, Gamme::Fort, Domain::Personnes);
const ROOT: Authority = Authority::root(World::Test, Gamme::Fort);

fn instant(text: &str) -> Timestamp {
    text.parse().expect(text)
}

impl Scene {
    fn new() -> Self {
        let card = igc::committed("medecin-cps3").expect("a persona");
        let der = card.authentication.as_ref().expect("a certificate").der.as_ref();
        let leaf = Certificate::parse(der).expect("minted");
        let scene = Self { folder: TempDir::new().expect("a folder"), leaf };
        scene.write("leaf.pem", scene.leaf.to_pem().as_bytes());
        scene.write("root.der", ROOT.certificate());
        scene.write("issuer.der", ISSUER.certificate());
        scene.list("good.crl", ISSUER, &[]);
        scene.list("root.crl", ROOT, &[]);
        let serial = scene.leaf.serial().content().to_vec();
        let at = instant("2026-03-02T08:00:00Z");
        let reason = Some(Reason::KeyCompromise);
        scene.list("revoking.crl", ISSUER, &[Revoked { serial, at, reason }]);
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).expect("written");
    }

    fn list(&self, name: &str, issuer: Authority, revoked: &[Revoked]) {
        let (from, until) = (instant("2026-03-03T00:00:00Z"), instant("2026-03-09T00:00:00Z"));
        self.write(name, &igc::crl(issuer, from, until, 7, revoked).expect("minted"));
    }

    /// Runs in the folder, offline, at the instant; words that name a file of it become its path.
    fn verify(&self, words: &[&str]) -> Run {
        let mut args: Vec<String> = ["cert", "verify", "--offline"].map(str::to_owned).into();
        let cache = self.path("cache").display().to_string();
        let store = self.path("trust").display().to_string();
        args.extend(["--cache".to_owned(), cache, "--trust-store".to_owned(), store]);
        if !words.contains(&"--at") {
            args.extend(["--at", AT].map(str::to_owned));
        }
        args.extend(words.iter().map(|word| match self.path(word) {
            path if path.exists() => path.display().to_string(),
            _ => (*word).to_owned(),
        }));
        run(&args)
    }

    /// Verdict, exit code and the codes of all that is no warning.
    fn answer(&self, words: &[&str]) -> (String, i32, Vec<String>) {
        let run = self.verify(&[words, &["--format", "json"]].concat());
        let document = run.document();
        let result = &document["results"][0];
        let findings = result["findings"].as_array().cloned().unwrap_or_default();
        let grave = findings.iter().filter(|finding| finding["severity"] != "warning");
        let codes = grave.map(|finding| text(&finding["code"])).collect();
        (text(&document["verdict"]), run.code, codes)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn answer(verdict: &str, code: i32, codes: &[&str]) -> (String, i32, Vec<String>) {
    (verdict.to_owned(), code, codes.iter().map(|code| (*code).to_owned()).collect())
}

const EMULATED: [&str; 2] = ["--environment", "emulated"];

#[test]
fn a_certificate_with_its_lists_is_valid() {
    let scene = Scene::new();
    let words = ["leaf.pem", "--crl", "good.crl", "--crl", "root.crl", EMULATED[0], EMULATED[1]];
    assert_eq!(scene.answer(&words), answer("valid", 0, &[]));
}

#[test]
fn a_revoked_certificate_is_invalid_and_says_when_and_why() {
    let scene = Scene::new();
    let words =
        ["leaf.pem", "--crl", "revoking.crl", "--crl", "root.crl", EMULATED[0], EMULATED[1]];
    assert_eq!(scene.answer(&words), answer("invalid", 1, &["pki.revoked"]));
    let document = scene.verify(&[&words[..], &["--format", "json"]].concat()).document();
    let source = format!("crl:{}", scene.path("revoking.crl").display());
    assert_eq!(
        document["results"][0]["revocation"][0],
        json!({
            "subject": scene.leaf.subject().to_string(),
            "status": "revoked",
            "source": source,
            "reason": "keyCompromise",
            "revoked_at": "2026-03-02T08:00:00Z",
            "this_update": "2026-03-03T00:00:00Z",
            "next_update": "2026-03-09T00:00:00Z",
            "refused": [],
        })
    );
}

#[test]
fn without_a_list_the_verdict_is_indeterminate_unless_revocation_is_not_required() {
    let scene = Scene::new();
    let with = |more: &[&str]| scene.answer(&[&["leaf.pem"], &EMULATED[..], more].concat());
    let unknown = ["pki.revocation.unknown", "pki.revocation.unknown"];
    assert_eq!(with(&[]), answer("indeterminate", 3, &unknown));
    assert_eq!(with(&["--revocation", "prefer"]), answer("valid", 0, &[]));
    assert_eq!(with(&["--revocation", "off"]), answer("valid", 0, &[]));
    let leaf = ["--revocation-scope", "leaf", "--crl", "good.crl"];
    assert_eq!(with(&leaf), answer("valid", 0, &[]));
}

#[test]
fn the_emulation_authority_is_trusted_in_its_own_environment_only() {
    let scene = Scene::new();
    let off = ["leaf.pem", "--revocation", "off", "--environment"];
    let codes = ["pki.path.no_anchor", "igc.environment"];
    for environment in ["prod", "test"] {
        let found = scene.answer(&[&off[..], &[environment]].concat());
        assert_eq!(found, answer("invalid", 1, &codes), "{environment}");
    }
    let auto = scene.answer(&[&off[..], &["auto"]].concat());
    assert_eq!(auto, answer("indeterminate", 3, &["pki.path.no_anchor"]));
    assert_eq!(scene.answer(&[&off[..], &["emulated"]].concat()), answer("valid", 0, &[]));
}

#[test]
fn a_root_that_the_user_names_is_trusted_whatever_its_dates() {
    let scene = Scene::new();
    let named = ["--trust", "root.der", "--revocation", "off"];
    let chain = [&["leaf.pem", "--untrusted", "issuer.der"], &named[..]].concat();
    assert_eq!(scene.answer(&chain), answer("valid", 0, &[]));
    let orphan = [&["leaf.pem"], &named[..]].concat();
    assert_eq!(scene.answer(&orphan), answer("indeterminate", 3, &["pki.path.no_issuer"]));
    let late = [&["root.der"], &named[..], &["--at", "2099-01-01"]].concat();
    assert_eq!(scene.answer(&late), answer("valid", 0, &[]));
}

#[test]
fn the_first_certificate_of_a_file_is_the_subject_unless_each_is() {
    let scene = Scene::new();
    let bundle = [ISSUER.certificate(), ROOT.certificate()]
        .map(|der| Certificate::parse(der).expect("minted").to_pem());
    scene.write("bundle.pem", [scene.leaf.to_pem(), bundle.concat()].concat().as_bytes());
    let words = ["bundle.pem", "--trust", "root.der", "--revocation", "off", "--format", "json"];
    let inputs = |words: &[&str]| -> Vec<String> {
        let document = scene.verify(words).document();
        let results = document["results"].as_array().cloned().unwrap_or_default();
        results.iter().map(|result| text(&result["input"])).collect()
    };
    let bundle = scene.path("bundle.pem").display().to_string();
    assert_eq!(inputs(&words), [bundle.as_str()]);
    let each = [1, 2, 3].map(|place| format!("{bundle}#{place}"));
    assert_eq!(inputs(&[&words[..], &["--each"]].concat()), each);
}

#[test]
fn an_input_that_is_no_certificate_is_a_usage_error_and_the_others_are_judged() {
    let scene = Scene::new();
    scene.write("page.pem", b"<html>not found</html>");
    let words = ["leaf.pem", "page.pem", EMULATED[0], EMULATED[1], "--revocation", "off"];
    let run = scene.verify(&[&words[..], &["--format", "json"]].concat());
    let document = run.document();
    assert_eq!((run.code, text(&document["verdict"])), (2, "valid".to_owned()));
    assert_eq!(document["unread"][0]["error"]["code"], "cert.unreadable");
    assert_eq!(scene.verify(&["no-such-file.pem"]).code, 2);
    assert_eq!(run_bare(&["cert", "verify"]), 2);
}

fn run_bare(args: &[&str]) -> i32 {
    run(args).code
}

#[test]
fn the_names_asked_for_must_be_carried() {
    let scene = Scene::new();
    let off = ["leaf.pem", EMULATED[0], EMULATED[1], "--revocation", "off"];
    let with = |more: &[&str]| scene.answer(&[&off[..], more].concat());
    assert_eq!(with(&["--national-id", "899700100011"]), answer("valid", 0, &[]));
    let mismatch = answer("invalid", 1, &["pki.name.mismatch"]);
    assert_eq!(with(&["--national-id", "899700100029"]), mismatch);
    assert_eq!(with(&["--dns", "example.org"]), mismatch);
    assert_eq!(with(&["--purpose", "client"]), answer("valid", 0, &[]));
    let server = answer("invalid", 1, &["pki.purpose"]);
    assert_eq!(with(&["--purpose", "server"]), server);
}

#[test]
fn what_is_left_of_a_validity_warns_then_fails() {
    let scene = Scene::new();
    let off = ["leaf.pem", EMULATED[0], EMULATED[1], "--revocation", "off"];
    let with = |more: &[&str]| scene.answer(&[&off[..], more].concat());
    assert_eq!(with(&["--warn-before", "9999d"]), answer("valid", 0, &[]));
    assert_eq!(with(&["--fail-before", "30d"]), answer("valid", 0, &[]));
    let expiring = answer("invalid", 1, &["pki.validity.expiring"]);
    assert_eq!(with(&["--fail-before", "9999d"]), expiring);
    assert_eq!(with(&["--fail-before", "100%"]), expiring);
    let list = ["--crl", "good.crl", "--crl", "root.crl", "--revocation", "require"];
    let list = [&["leaf.pem"], &EMULATED[..], &list[..], &["--fail-before", "7d"]].concat();
    let codes = ["pki.list.expiring", "pki.list.expiring"];
    assert_eq!(scene.answer(&list), answer("invalid", 1, &codes));
}

#[test]
fn the_same_run_prints_the_same_in_every_format() {
    let scene = Scene::new();
    let words = ["leaf.pem", "issuer.der", "root.der", EMULATED[0], EMULATED[1]];
    for format in ["text", "json", "ndjson", "junit", "sarif", "github"] {
        let once = scene.verify(&[&words[..], &["--format", format]].concat());
        let jobs = scene.verify(&[&words[..], &["--format", format, "--jobs", "1"]].concat());
        assert_eq!(once, jobs, "{format}");
        assert_eq!(once.code, 3, "{format}");
    }
}

#[test]
fn every_line_of_ndjson_is_a_document() {
    let scene = Scene::new();
    scene.write("page.pem", b"<html>not found</html>");
    let words = ["leaf.pem", "root.der", "page.pem", EMULATED[0], EMULATED[1]];
    let run = scene.verify(&[&words[..], &["--format", "ndjson"]].concat());
    let lines: Vec<Value> = run
        .stdout
        .lines()
        .map(|line| {
            let value: Value = serde_json::from_str(line).expect("a document");
            crate::support::schema::check(&value);
            value
        })
        .collect();
    let verdicts: Vec<&Value> = lines.iter().map(|line| &line["verdict"]).collect();
    assert_eq!(verdicts, [&json!("indeterminate"), &json!("valid"), &Value::Null]);
    assert_eq!(lines[2]["error"]["code"], "cert.unreadable");
}

#[test]
fn junit_counts_failures_and_errors() {
    let scene = Scene::new();
    let words = ["leaf.pem", "root.der", EMULATED[0], EMULATED[1]];
    let revoking = ["--crl", "revoking.crl", "--crl", "root.crl", "--format", "junit"];
    let run = scene.verify(&[&words[..], &revoking[..]].concat());
    let first = "<testsuites name=\"cpskit cert verify\" tests=\"2\" failures=\"1\" errors=\"0\">";
    assert!(run.stdout.contains(first), "{run:?}");
    assert!(run.stdout.contains("<failure type=\"pki.revoked\" message=\"revoked on"), "{run:?}");
}

#[test]
fn sarif_has_a_rule_for_each_result() {
    let scene = Scene::new();
    let words = ["leaf.pem", EMULATED[0], EMULATED[1], "--format", "sarif"];
    let sarif: Value = serde_json::from_str(&scene.verify(&words).stdout).expect("JSON");
    let run = &sarif["runs"][0];
    assert_eq!(
        (&sarif["version"], &run["properties"]["emulated"]),
        (&json!("2.1.0"), &json!(true))
    );
    for result in run["results"].as_array().expect("results") {
        let index = result["ruleIndex"].as_u64().and_then(|index| usize::try_from(index).ok());
        let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
        assert_eq!(rules[index.expect("an index")]["id"], result["ruleId"]);
    }
}

#[test]
fn a_command_refuses_a_format_that_it_has_not() {
    let run = run(["card", "list", "--emulated", "--format", "junit"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
}

#[test]
fn a_folder_is_walked_and_what_holds_no_certificate_is_counted() {
    let scene = Scene::new();
    let folder = scene.path("leaves");
    fs::create_dir_all(folder.join("deep")).expect("made");
    scene.write("leaves/deep/a.pem", scene.leaf.to_pem().as_bytes());
    scene.write("leaves/notes.txt", b"nothing here");
    let words = ["leaves", EMULATED[0], EMULATED[1], "--revocation", "off"];
    let run = scene.verify(&words);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.starts_with(&Path::new(&folder).join("deep/a.pem").display().to_string()));
    assert!(run.stderr.contains("1 file without a certificate passed over"), "{run:?}");
}
