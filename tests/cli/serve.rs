//! `tls serve`: what the bench says of who connects, with `curl` as the client and certificates made for the day.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use cpskit::emulate::Persona;
use cpskit::emulate::igc::{self, Authority, Revoked};
use cpskit::x509::Certificate;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::cli::{command, run};
use crate::support::schema;
use crate::support::tool::{Tool, printed};

/// A bench that runs, and what clients have at hand.
struct Bench {
    child: Child,
    lines: BufReader<ChildStdout>,
    address: String,
    folder: TempDir,
    curl: Tool,
    /// When certificates are made: the same instant gives the same serial numbers.
    now: Timestamp,
}

/// What a client was told, and what the bench says of it.
struct Met {
    status: String,
    record: Value,
}

impl Bench {
    fn or_skip(args: &[&str]) -> Option<Self> {
        let curl = Tool::or_skip("curl", "curl")?;
        let folder = tempfile::tempdir().expect("a folder");
        let anchor = folder.path().join("anchor.pem");
        let lists = folder.path().join("lists");
        fs::create_dir(&lists).expect("made");
        let now = Timestamp::now();
        let revoked = Revoked {
            serial: badge(folder.path(), "medecin-cps4", now).1,
            at: now - 2.hours(),
            reason: None,
        };
        for authority in Authority::all() {
            let revoked = [revoked.clone()];
            let list = igc::crl(authority, now - 1.hour(), now + 24.hours(), 1, &revoked);
            let path = lists.join(format!("{}.crl", authority.code()));
            fs::write(path, list.expect("minted")).expect("written");
        }
        let mut bench = command(["tls", "serve", "--offline", "--format", "ndjson"]);
        bench.args(["--listen", "127.0.0.1:0", "--anchor"]).arg(&anchor).arg("--crl").arg(&lists);
        bench.args(args).stdout(Stdio::piped());
        let mut child = bench.spawn().expect("started");
        let lines = BufReader::new(child.stdout.take().expect("piped"));
        let mut bench = Self { child, lines, address: String::new(), folder, curl, now };
        let ready = bench.line();
        assert_eq!((&ready["event"], &ready["emulated"]), (&"ready".into(), &true.into()));
        bench.address = ready["address"].as_str().expect("an address").to_owned();
        let written = fs::read_to_string(anchor).expect("the anchor");
        assert_eq!(ready["anchor"].as_str(), Some(written.as_str()));
        Some(bench)
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        schema::checked(&line)
    }

    /// A request, with the authentication certificate of a persona.
    fn meet(&mut self, slug: Option<&str>, args: &[&str]) -> Met {
        let home = self.folder.path();
        let mut curl = self.curl.command(home, ["-sS", "--noproxy", "*", "-w", "%{http_code}"]);
        curl.arg("--cacert").arg(home.join("anchor.pem")).args(["-o", "body"]).current_dir(home);
        if let Some(slug) = slug {
            let certificate = badge(home, slug, self.now).0;
            curl.arg("--cert").arg(certificate).args(["--key", &key(slug)]);
        }
        let (_, status, stderr) = printed(curl.args(args).arg(&self.address));
        let status = if status == "000" { stderr } else { status };
        Met { status, record: self.line() }
    }

    fn body(&self) -> String {
        fs::read_to_string(self.folder.path().join("body")).expect("an answer")
    }

    /// Ends as Ctrl-C does.
    fn end(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().expect("kill");
        assert!(sent.success());
        self.child.wait().expect("ended").code()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // Ended already, most of the time.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The authentication certificate of a persona, valid today, with its issuer's, and its serial number.
pub(super) fn badge(folder: &Path, slug: &str, now: Timestamp) -> (PathBuf, Vec<u8>) {
    let persona = Persona::builtin(slug).expect("ours");
    // The one that is past its term stays so.
    let (from, to) = match slug {
        "opposee-cps3" => (now - 48.hours(), now - 24.hours()),
        _ => (now - 24.hours(), now + 24.hours()),
    };
    let card = igc::card_certificates(&persona, from, to).expect("minted");
    let leaf = Certificate::parse(&card.authentication.expect("a contact card").der);
    let leaf = leaf.expect("ours");
    let issuers = Authority::all().filter_map(|found| Certificate::parse(found.certificate()).ok());
    let issuer = issuers.into_iter().find(|found| found.subject().raw() == leaf.issuer().raw());
    let path = folder.join(format!("{slug}.pem"));
    fs::write(&path, leaf.to_pem() + &issuer.expect("ours").to_pem()).expect("written");
    (path, leaf.serial().content().to_vec())
}

pub(super) fn key(slug: &str) -> String {
    format!("{}/certs-test/cards/{slug}/authentication.key.pem", env!("CARGO_MANIFEST_DIR"))
}

/// Outcome, verdict, codes of findings that are not warnings, and of refusals.
fn told(record: &Value) -> (String, Option<String>, Vec<String>, Vec<String>) {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let codes = |name: &str, all: bool| {
        let rows = record[name].as_array().expect("an array").iter();
        let rows = rows.filter(|row| all || row["severity"] != "warning");
        rows.filter_map(|row| text(&row["code"])).collect()
    };
    (
        text(&record["outcome"]).expect("an outcome"),
        text(&record["verdict"]),
        codes("findings", false),
        codes("refusals", true),
    )
}

fn expected(
    outcome: &str,
    verdict: &str,
    findings: &[&str],
    refusals: &[&str],
) -> (String, Option<String>, Vec<String>, Vec<String>) {
    let owned = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
    let verdict = Some(verdict.to_owned()).filter(|verdict| !verdict.is_empty());
    (outcome.to_owned(), verdict, owned(findings), owned(refusals))
}

#[test]
fn a_card_is_named_in_the_form_its_program_asks_for() {
    let args = ["--environment", "emulated", "--admit", "CPS,software", "--revocation", "require"];
    let Some(mut bench) = Bench::or_skip(&args) else { return };
    for (accept, start) in [
        ("*/*", "admitted [emulated]\nwho: AGATHE EMULATION\nnational identifier: 899700100011\n"),
        ("text/html", "<!doctype html>"),
    ] {
        let met = bench.meet(Some("medecin-cps3"), &["-H", &format!("Accept: {accept}")]);
        assert_eq!(met.status, "200");
        assert_eq!(told(&met.record), expected("admitted", "valid", &[], &[]));
        assert!(bench.body().starts_with(start), "{}", bench.body());
    }
    let met = bench.meet(Some("medecin-cps3"), &["-H", "Accept: application/json"]);
    assert_eq!(schema::checked(&bench.body()), met.record);
    let who = &met.record["visitor"];
    let found = ["national_id", "card_number", "family", "environment"].map(|name| &who[name]);
    assert_eq!(found, ["899700100011", "2900100001", "CPS", "emulated"]);
    let versions = ["--tlsv1.2", "--tlsv1.3"].map(|version| {
        let args = ["--tls-max", version.trim_start_matches("--tlsv"), version];
        bench.meet(Some("medecin-cps3"), &args).record["tls"]["version"].clone()
    });
    assert_eq!(versions, ["TLS 1.2", "TLS 1.3"]);
    assert_eq!(bench.end(), Some(0));
}

#[test]
fn a_bench_says_why_a_service_would_refuse() {
    let args = ["--environment", "emulated", "--admit", "CPS", "--revocation", "require"];
    let Some(mut bench) = Bench::or_skip(&args) else { return };
    for (slug, verdict, findings, refusals) in [
        ("cpe-cps3", "valid", &[][..], &["tls.client.family"][..]),
        ("opposee-cps3", "invalid", &["pki.validity.expired"], &["tls.client.verdict"]),
        ("medecin-cps4", "invalid", &["pki.revoked"], &["tls.client.verdict"]),
    ] {
        let met = bench.meet(Some(slug), &[]);
        assert_eq!(met.status, "403", "{slug}");
        assert_eq!(told(&met.record), expected("refused", verdict, findings, refusals), "{slug}");
    }
    let met = bench.meet(None, &[]);
    assert_eq!(met.status, "403");
    assert_eq!(told(&met.record), expected("anonymous", "", &[], &["tls.client.anonymous"]));
}

#[test]
fn an_emulated_card_is_worth_nothing_in_production() {
    let Some(mut bench) = Bench::or_skip(&["--revocation", "off"]) else { return };
    let met = bench.meet(Some("medecin-cps3"), &[]);
    let (outcome, verdict, findings, refusals) = told(&met.record);
    assert_eq!((met.status.as_str(), outcome.as_str()), ("403", "refused"));
    assert_eq!(
        (verdict.as_deref(), refusals),
        (Some("invalid"), vec!["tls.client.verdict".to_owned()])
    );
    assert!(findings.contains(&"igc.environment".to_owned()), "{findings:?}");
}

#[test]
fn a_service_refuses_in_the_handshake() {
    let args = ["--environment", "emulated", "--admit", "CPE", "--refuse-handshake"];
    let Some(mut bench) = Bench::or_skip(&args) else { return };
    let met = bench.meet(Some("medecin-cps3"), &[]);
    assert!(met.status.contains("alert access denied"), "{}", met.status);
    assert_eq!(told(&met.record), expected("refused", "valid", &[], &["tls.client.family"]));
    let met = bench.meet(None, &[]);
    assert!(met.status.contains("alert certificate required"), "{}", met.status);
    assert_eq!(met.record["outcome"], "failed");
    let met = bench.meet(Some("cpe-cps3"), &[]);
    assert_eq!((met.status.as_str(), &met.record["outcome"]), ("200", &"admitted".into()));
}

#[test]
fn a_bench_listens_on_this_machine_and_admits_families_that_exist() {
    for (args, why) in [
        (
            ["--listen", "192.0.2.1:8444"],
            "`--listen 192.0.2.1:8444` is not an address of this machine alone",
        ),
        (
            ["--admit", "CPS,CPX"],
            "`--admit`: `CPX` is not CPS, CPF, CDE, CPE, CDA, CPA or software",
        ),
    ] {
        let args = [&["tls", "serve", "--format", "json"][..], &args].concat();
        let run = run(args);
        assert_eq!((run.code, run.error()["message"].as_str()), (2, Some(why)));
    }
}
