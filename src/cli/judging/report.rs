//! One subject's report as a row: JSON for scripts, a few lines for people.

use serde::Serialize;
use serde_json::Value;

use super::environment;
use crate::cli::anchors::{Basis, TrustScope, Trusted};
use crate::cli::args::Format;
use crate::cli::checked::{Checked, Row};
use crate::cli::commands::cert::Subject;
use crate::cli::exit::Exit;
use crate::cli::net::FailedFetch;
use crate::cli::output::json::hex;
use crate::cli::output::text::clean;
use crate::pki::source::FetchError;
use crate::pki::{
    Fact, Finding, NotChecked, PathElement, PathElementKind, Report, RevocationStatus, Severity,
    Status, Verdict,
};
use crate::x509::{Environment, Holder, Product};

/// A subject with its report.
pub(in crate::cli) struct Judged<'j> {
    pub(in crate::cli) subject: &'j Subject,
    pub(in crate::cli) report: Report,
    pub(in crate::cli) trusted: &'j Trusted,
    /// What else was found: thresholds, profile.
    pub(in crate::cli) further: Vec<Row>,
    /// What could not be fetched for it.
    pub(in crate::cli) failures: Vec<FetchError>,
    /// In which it is shown.
    pub(in crate::cli) format: Format,
}

#[derive(Serialize)]
struct Document<'d> {
    input: &'d str,
    subject: &'d str,
    serial: String,
    sha256: String,
    national_id: Option<&'d str>,
    product: Option<&'static str>,
    environment: Option<&'static str>,
    verdict: &'static str,
    path: Vec<Element<'d>>,
    findings: &'d [Row],
    revocation: Vec<Revocation<'d>>,
    not_checked: Vec<Unchecked<'d>>,
    fetches: Vec<FailedFetch>,
}

#[derive(Serialize)]
struct Element<'d> {
    subject: &'d str,
    sha256: String,
    kind: &'static str,
    origin: &'d str,
}

#[derive(Serialize)]
struct Revocation<'d> {
    subject: &'d str,
    status: &'static str,
    source: Option<&'d str>,
    reason: Option<&'static str>,
    revoked_at: Option<String>,
    this_update: Option<String>,
    next_update: Option<String>,
    refused: Vec<Refused<'d>>,
}

#[derive(Serialize)]
struct Refused<'d> {
    source: &'d str,
    code: &'static str,
    reason: String,
}

#[derive(Serialize)]
struct Unchecked<'d> {
    what: &'static str,
    subject: Option<&'d str>,
}

impl Judged<'_> {
    pub(in crate::cli) fn row(self) -> Checked {
        let findings = self.findings();
        let verdict = verdict(&findings);
        // Of thousands of certificates each form costs as much as what it is about.
        let (json, text) = match self.format {
            Format::Json | Format::Ndjson => (self.document(verdict, &findings), String::new()),
            _ => (Value::Null, self.text(verdict, &findings)),
        };
        // What is not known may be known later.
        let temporary =
            verdict == Verdict::Indeterminate && self.failures.iter().any(FetchError::is_temporary);
        Checked {
            input: self.subject.input.clone(),
            file: self.subject.file.clone(),
            title: self.report.subject.clone(),
            verdict,
            text,
            json,
            findings,
            exit: temporary.then_some(Exit::Temporary),
        }
    }

    fn document(&self, verdict: Verdict, findings: &[Row]) -> Value {
        let certificate = &self.subject.certificate;
        let holder = Holder::of(certificate);
        let document = Document {
            input: &self.subject.input,
            subject: &self.report.subject,
            serial: certificate.serial().to_string(),
            sha256: hex(&certificate.sha256()),
            national_id: holder.national_id.as_ref().map(|id| id.as_str()),
            product: certificate.product().map(Product::name),
            environment: certificate.environment().map(Environment::name),
            verdict: verdict.name(),
            path: self.report.path.iter().map(element).collect(),
            findings,
            revocation: self.report.revocation.iter().map(revocation).collect(),
            not_checked: self.report.not_checked.iter().map(unchecked).collect(),
            fetches: self.failures.iter().map(FailedFetch::from).collect(),
        };
        serde_json::to_value(&document).expect("documents are plain data")
    }

    fn findings(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = self.report.findings.iter().map(row).collect();
        let known = matches!(self.trusted.scope, TrustScope::Environment(_));
        for row in rows.iter_mut().filter(|row| known && row.code == "pki.path.no_anchor") {
            row.message.push_str(
                "; `cpskit trust update` fetches the published ones, `cpskit trust import` takes them from a file",
            );
        }
        rows.extend(self.basis());
        rows.extend(self.further.iter().cloned());
        rows
    }

    /// Said of a path that rests on something else than the published certificate of a root.
    fn basis(&self) -> Option<Row> {
        let anchor = self.report.path.last().filter(|element| {
            matches!(element.kind, PathElementKind::Anchor | PathElementKind::AnchorKey)
        })?;
        let (code, message) = match self.trusted.bases.get(&anchor.origin.0)? {
            Basis::Key => (
                "pki.anchor.key",
                "trusted by its pinned public key: the certificate of its root was never published",
            ),
            Basis::UserPin => ("pki.anchor.user_pin", "trusted by a pin of your own"),
        };
        Some(Row {
            code: code.to_owned(),
            severity: Severity::Warning.name(),
            rule: "RFC 5280 6.1.1(d)".to_owned(),
            subject: anchor.subject.clone(),
            message: message.to_owned(),
        })
    }

    /// `leaf.pem: invalid: revoked on … (RFC 5280 6.3.3)`, then what stands behind it.
    fn text(&self, verdict: Verdict, findings: &[Row]) -> String {
        let mut text = format!("{}: {}", self.subject.input, verdict.name());
        let first = findings.iter().find(|row| row.is_grave() && row.severity == worst(verdict));
        if let Some(row) = first {
            text.push_str(&format!(": {} ({})", row.message, row.rule));
        }
        let mut line = |line: String| {
            text.push_str("\n  ");
            text.push_str(&clean(&line));
        };
        line(self.report.subject.clone());
        if self.report.path.len() > 1 {
            let path: Vec<String> = self.report.path.iter().skip(1).map(short).collect();
            line(format!("path: {}", path.join(" < ")));
        }
        for row in findings.iter().filter(|row| Some(*row) != first) {
            let of = match row.subject == self.report.subject {
                true => String::new(),
                false => format!("{}: ", common_name(&row.subject)),
            };
            line(format!("{}: {of}{} ({})", row.severity, row.message, row.rule));
        }
        for status in &self.report.revocation {
            for said in said(status) {
                line(said);
            }
        }
        for failure in &self.failures {
            line(format!("not fetched: {failure}"));
        }
        let left: Vec<&str> = self.report.not_checked.iter().filter_map(unasked).collect();
        if !left.is_empty() {
            line(format!("not checked: revocation of {}", left.join(", ")));
        }
        text
    }
}

/// A finding, with what the user can do about it.
fn row(finding: &Finding) -> Row {
    let mut row = Row::from(finding);
    if let Fact::OtherEnvironment { found, .. } = finding.fact {
        row.message.push_str("; ");
        row.message.push_str(&environment::advice(found));
    }
    row
}

/// What the worst row says.
fn verdict(rows: &[Row]) -> Verdict {
    let any = |severity: Severity| rows.iter().any(|row| row.severity == severity.name());
    if any(Severity::Error) {
        Verdict::Invalid
    } else if any(Severity::Indeterminate) {
        Verdict::Indeterminate
    } else {
        Verdict::Valid
    }
}

fn worst(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Invalid => Severity::Error.name(),
        _ => Severity::Indeterminate.name(),
    }
}

/// A name as people say it: its CN, which RFC 4514 writes first.
fn common_name(name: &str) -> &str {
    let first = name.split(",O").next().unwrap_or(name);
    first.strip_prefix("CN=").unwrap_or(name)
}

/// The certificate whose revocation was not asked about.
fn unasked(left: &NotChecked) -> Option<&str> {
    match left {
        NotChecked::Revocation { subject } => Some(common_name(subject)),
        NotChecked::ResponderRevocation { subject } => Some(common_name(subject)),
        _ => None,
    }
}

fn short(element: &PathElement) -> String {
    let name = common_name(&element.subject);
    match element.kind {
        PathElementKind::Certificate => name.to_owned(),
        _ => format!("{name} ({})", element.origin),
    }
}

fn said(status: &RevocationStatus) -> Vec<String> {
    let source = status.source.as_ref().map_or(String::new(), |source| format!(", says {source}"));
    let until = status.next_update.map_or(String::new(), |next| format!(", until {next}"));
    let answer = match status.status {
        Status::Good => format!("good{source}{until}"),
        Status::Revoked { at, reason } => format!("revoked on {at} ({reason}){source}"),
        Status::Unknown => "unknown".to_owned(),
    };
    let mut lines = vec![format!("revocation: {}: {answer}", common_name(&status.subject))];
    if status.status == Status::Unknown {
        lines.extend(
            status.refused.iter().map(|fate| format!("  {}: {}", fate.origin, fate.refusal)),
        );
    }
    lines
}

fn element(element: &PathElement) -> Element<'_> {
    Element {
        subject: &element.subject,
        sha256: hex(&element.sha256),
        kind: match element.kind {
            PathElementKind::Anchor => "anchor",
            PathElementKind::AnchorKey => "key",
            PathElementKind::Certificate => "certificate",
        },
        origin: &element.origin.0,
    }
}

fn revocation(status: &RevocationStatus) -> Revocation<'_> {
    let (name, at, reason) = match status.status {
        Status::Good => ("good", None, None),
        Status::Revoked { at, reason } => ("revoked", Some(at), Some(reason)),
        Status::Unknown => ("unknown", None, None),
    };
    Revocation {
        subject: &status.subject,
        status: name,
        source: status.source.as_ref().map(|source| source.0.as_str()),
        reason: reason.map(|reason| reason.name()),
        revoked_at: at.map(|at| at.to_string()),
        this_update: status.this_update.map(|at| at.to_string()),
        next_update: status.next_update.map(|at| at.to_string()),
        refused: status
            .refused
            .iter()
            .map(|fate| Refused {
                source: &fate.origin.0,
                code: fate.refusal.code(),
                reason: fate.refusal.to_string(),
            })
            .collect(),
    }
}

fn unchecked(left: &NotChecked) -> Unchecked<'_> {
    match left {
        NotChecked::AnchorValidity => Unchecked { what: "anchor_validity", subject: None },
        NotChecked::ResponderRevocation { subject } => {
            Unchecked { what: "responder_revocation", subject: Some(subject) }
        }
        NotChecked::Revocation { subject } => {
            Unchecked { what: "revocation", subject: Some(subject) }
        }
    }
}
