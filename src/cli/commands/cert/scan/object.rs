//! What is wrong with one certificate or one key. The rules stand in `docs/reference/finding-codes.md`.

use jiff::Timestamp;
use serde::Serialize;

use super::place::{Access, Purpose};
use super::survey::{Found, Kind, Object, Standing, Survey};
use crate::cli::args::cert::ThresholdArgs;
use crate::cli::checked::{Checked, Row};
use crate::cli::output::json::hex;
use crate::cli::output::text::clean;
use crate::pki::{Severity, Verdict};
use crate::store::{KeyIdentity, PrivateKey, Protection};
use crate::x509::{Certificate, Environment, oid};

/// What objects are judged with.
pub(super) struct Judge<'j> {
    pub(super) at: Timestamp,
    pub(super) thresholds: &'j ThresholdArgs,
    pub(super) survey: &'j Survey<'j>,
}

/// An element of `results` of `cpskit.cert.scan/1`.
#[derive(Serialize)]
struct Document<'d> {
    input: &'d str,
    kind: &'static str,
    container: &'static str,
    index: usize,
    subject: Option<String>,
    serial: Option<String>,
    sha256: Option<String>,
    spki_sha256: Option<String>,
    environment: Option<&'static str>,
    product: Option<&'static str>,
    not_after: Option<Timestamp>,
    verdict: &'static str,
    findings: &'d [Row],
}

impl Judge<'_> {
    pub(super) fn row(&self, object: &Object<'_>) -> Checked {
        let title = match &object.kind {
            Kind::Certificate(found) => found.certificate.subject().to_string(),
            Kind::Key(_) => "private key".to_owned(),
        };
        let mut findings = Findings { subject: &title, rows: Vec::new() };
        match &object.kind {
            Kind::Certificate(found) => self.certificate(object, found, &mut findings),
            Kind::Key(key) => self.key(object, key, &mut findings),
        }
        let findings = findings.rows;
        let verdict = match findings.iter().any(Row::is_grave) {
            true => Verdict::Invalid,
            false => Verdict::Valid,
        };
        let input = name(object);
        let name = &object.file.name;
        Checked {
            file: (name != "-").then(|| name.clone()),
            text: text(&input, &title, verdict, &findings),
            json: document(object, verdict, &findings),
            input,
            title,
            verdict,
            findings,
            exit: None,
        }
    }

    fn certificate(&self, object: &Object<'_>, found: &Found<'_>, findings: &mut Findings<'_>) {
        let certificate = found.certificate;
        self.environment(object, found, findings);
        self.validity(certificate, findings);
        strength(certificate, findings);
    }

    /// Worlds where they should not be (IGC-Santé fact sheet §1 and §9).
    fn environment(&self, object: &Object<'_>, found: &Found<'_>, findings: &mut Findings<'_>) {
        const WORLDS: &str = "IGC-Santé fact sheet 1";
        const LEGACY: &str = "IGC-Santé fact sheet 9";
        let purpose = Purpose::of(&object.file.name);
        let Some(environment) = found.certificate.environment() else { return };
        if environment == Environment::Legacy {
            let (code, severity, message) = if found.standing == Standing::Trusted {
                let message = "a PKI that ended in 2021 (IGC-CPS) is still trusted";
                ("scan.legacy.trusted", Severity::Error, message)
            } else if self.survey.is_used(found, object.file) {
                let message = "a certificate of a PKI that ended in 2021 (IGC-CPS), with its key";
                ("scan.legacy.used", Severity::Error, message)
            } else {
                let message = "a certificate of a PKI that ended in 2021 (IGC-CPS)";
                ("scan.legacy.found", Severity::Warning, message)
            };
            findings.add(code, severity, LEGACY, message);
        }
        let misplaced = match (environment, purpose) {
            (Environment::Test, Purpose::Production) => Some("TEST"),
            (Environment::Recette, Purpose::Production) => Some("RECETTE"),
            (Environment::Emulated, Purpose::Production) => Some("the emulation"),
            _ => None,
        };
        if let Some(world) = misplaced {
            let message = format!("a certificate of {world} in a place that says production");
            findings.add("scan.environment.test_in_production", Severity::Error, WORLDS, message);
        }
        if (environment, purpose) == (Environment::Prod, Purpose::Test) {
            let message = "a certificate of production in a place that says test";
            findings.add("scan.environment.production_in_test", Severity::Warning, WORLDS, message);
        }
        match environment {
            Environment::Recette => {
                let message = "a certificate of RECETTE, which is neither production nor TEST";
                findings.add("scan.environment.recette", Severity::Warning, WORLDS, message);
            }
            Environment::Emulated => {
                let (severity, message) = match found.standing {
                    Standing::Trusted => (
                        Severity::Error,
                        "the emulation authority is trusted: anybody can sign in its name",
                    ),
                    Standing::Plain => (
                        Severity::Warning,
                        "a certificate of the emulation authority, which is worth nothing",
                    ),
                };
                findings.add("scan.environment.emulated", severity, WORLDS, message);
            }
            _ => {}
        }
    }

    fn validity(&self, certificate: &Certificate, findings: &mut Findings<'_>) {
        const RULE: &str = "RFC 5280 6.1.3(a)(2)";
        let (Ok(start), Ok(end)) = (certificate.not_before(), certificate.not_after()) else {
            let message = "a date of its validity cannot be read";
            let rule = "RFC 5280 4.1.2.5";
            return findings.add("scan.validity.unreadable", Severity::Error, rule, message);
        };
        if self.at < start {
            let message = format!("not valid before {start}");
            findings.add("scan.validity.not_yet", Severity::Warning, RULE, message);
        }
        if self.at > end {
            let message = format!("expired on {end}");
            findings.add("scan.validity.expired", Severity::Error, RULE, message);
        } else if let Some(row) = self.thresholds.certificate(certificate, self.at) {
            findings.rows.push(Row { code: "scan.validity.expiring".to_owned(), ..row });
        }
    }

    fn key(&self, object: &Object<'_>, key: &PrivateKey, findings: &mut Findings<'_>) {
        // R-13 of the certificate policies: limited access, no copy, not on several machines.
        const PLATFORM: &str = "IGC-Santé platform R-13";
        if let Access::Others(mode) = Access::of(&object.file.name) {
            let severity = match key.protection {
                Protection::Clear => Severity::Error,
                // Only the password keeps it.
                Protection::Encrypted => Severity::Warning,
            };
            let message =
                format!("others than its owner can reach the private key (mode {mode:04o})");
            findings.add("scan.key.readable", severity, PLATFORM, message);
        }
        if key.protection == Protection::Clear {
            let message = "the private key is not encrypted";
            findings.add("scan.key.unencrypted", Severity::Warning, "CWE-312", message);
        }
        let elsewhere = self.survey.elsewhere(key, object.file);
        if !elsewhere.is_empty() {
            let message = format!("the same private key is also in {}", listed(&elsewhere));
            findings.add("scan.key.duplicated", Severity::Error, PLATFORM, message);
        }
        if self.survey.is_certified(key) == Some(false) {
            let message = "no certificate for this private key was found";
            findings.add("scan.key.alone", Severity::Warning, PLATFORM, message);
        }
    }
}

/// Algorithms that are too weak.
fn strength(certificate: &Certificate, findings: &mut Findings<'_>) {
    const SHA1: [&str; 3] = [oid::SHA1_WITH_RSA, "1.2.840.10045.4.1", "1.2.840.10040.4.3"];
    let bits = certificate.public_key().ok().and_then(|key| key.rsa_bits());
    if let Some(bits) = bits.filter(|bits| *bits < 2048) {
        let message = format!("an RSA key of {bits} bits");
        findings.add("scan.weak.rsa_key", Severity::Error, "NIST SP 800-131A 3", message);
    }
    // The signature of a root on itself proves nothing that its place does not.
    let own = certificate.subject().raw() == certificate.issuer().raw();
    if SHA1.contains(&certificate.signature_algorithm().oid.as_str()) {
        let severity = if own { Severity::Warning } else { Severity::Error };
        findings.add("scan.weak.sha1", severity, "NIST SP 800-131A 9", "signed with SHA-1");
    }
}

/// What was found about one object.
struct Findings<'f> {
    subject: &'f str,
    rows: Vec<Row>,
}

impl Findings<'_> {
    fn add(&mut self, code: &str, severity: Severity, rule: &str, message: impl Into<String>) {
        self.rows.push(Row {
            code: code.to_owned(),
            severity: severity.name(),
            rule: rule.to_owned(),
            subject: self.subject.to_owned(),
            message: message.into(),
        });
    }
}

/// `a`, `b` and 3 others.
fn listed(places: &[&str]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<String> = places.iter().take(SHOWN).map(|place| format!("`{place}`")).collect();
    match places.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The file, and what tells the object from the others in it.
fn name(object: &Object<'_>) -> String {
    let (file, contents) = (&object.file.name, &object.file.contents);
    match object.kind {
        Kind::Certificate(_) if contents.certificates.len() == 1 => file.clone(),
        Kind::Certificate(_) => format!("{file}#{}", object.index),
        Kind::Key(_) if contents.keys.len() == 1 && contents.certificates.is_empty() => {
            file.clone()
        }
        Kind::Key(_) if contents.keys.len() == 1 => format!("{file}#key"),
        Kind::Key(_) => format!("{file}#key{}", object.index),
    }
}

fn document(object: &Object<'_>, verdict: Verdict, findings: &[Row]) -> serde_json::Value {
    let certificate = match &object.kind {
        Kind::Certificate(found) => Some(found.certificate),
        Kind::Key(_) => None,
    };
    let key = match &object.kind {
        Kind::Certificate(found) => Some(found.key),
        Kind::Key(PrivateKey { identity: KeyIdentity::Public(hash), .. }) => Some(*hash),
        Kind::Key(_) => None,
    };
    let document = Document {
        input: &object.file.name,
        kind: if certificate.is_some() { "certificate" } else { "key" },
        container: object.file.contents.container.name(),
        index: object.index,
        subject: certificate.map(|certificate| certificate.subject().to_string()),
        serial: certificate.map(|certificate| certificate.serial().to_string()),
        sha256: certificate.map(|certificate| hex(&certificate.sha256())),
        spki_sha256: key.map(|hash| hex(&hash)),
        environment: certificate.and_then(Certificate::environment).map(Environment::name),
        product: certificate.and_then(Certificate::product).map(|product| product.name()),
        not_after: certificate.and_then(|certificate| certificate.not_after().ok()),
        verdict: verdict.name(),
        findings,
    };
    serde_json::to_value(&document).expect("documents are plain data")
}

/// `server.pem: invalid: expired on … (RFC 5280 …)`, then what it is, then the rest.
fn text(input: &str, title: &str, verdict: Verdict, findings: &[Row]) -> String {
    let first = findings.iter().find(|row| row.is_grave());
    let mut text = format!("{}: {}", clean(input), verdict.name());
    if let Some(row) = first {
        text.push_str(&format!(": {} ({})", clean(&row.message), row.rule));
    }
    text.push_str(&format!("\n  {}", clean(title)));
    for row in findings.iter().filter(|row| Some(*row) != first) {
        text.push_str(&format!("\n  {}: {} ({})", row.severity, clean(&row.message), row.rule));
    }
    text
}
