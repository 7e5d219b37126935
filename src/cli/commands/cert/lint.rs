//! `cpskit cert lint`: certificates against RFC 5280 section 4 and the IGC-Santé profiles.

use rayon::prelude::*;
use serde::Serialize;
use serde_json::Map;

use crate::cli::args::cert::{CertLint, ThresholdArgs};
use crate::cli::checked::{Checked, Checks, Row};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::inputs::Inputs;
use crate::cli::output::Outcome;
use crate::cli::output::json::hex;
use crate::cli::output::text::clean;
use crate::pki::profile::{self, Remark};
use crate::pki::{Severity, Verdict};
use crate::x509::{Certificate, Environment};

use super::subject::{self, Subject};

pub(super) fn run(args: &CertLint, context: &Context) -> Result<Outcome, Failure> {
    let at = args.instant.at.unwrap_or_else(|| context.now());
    let password = args.password.given()?;
    let inputs = Inputs::read(&args.files, password.as_ref());
    let remarks = subject::left_out(&inputs);
    let unread = inputs.unread;
    let subjects = subject::each(inputs.files);
    if subjects.is_empty() && unread.is_empty() {
        return Err(Failure::arguments("no certificate in what was named"));
    }
    let results: Vec<Checked> =
        subjects.par_iter().map(|subject| checked(subject, &args.thresholds, at)).collect();
    let emulated = subjects
        .iter()
        .any(|subject| subject.certificate.environment() == Some(Environment::Emulated));
    let mut head = Map::new();
    head.insert("at".to_owned(), at.to_string().into());
    let command = "cert.lint";
    Ok(Checks { command, emulated, head, results, unread, remarks }.outcome(context))
}

/// An element of `results`.
#[derive(Serialize)]
struct Document<'d> {
    input: &'d str,
    subject: String,
    serial: String,
    sha256: String,
    product: Option<&'static str>,
    environment: Option<&'static str>,
    verdict: &'static str,
    findings: Vec<Found<'d>>,
}

/// A finding, with what a rule of a profile rests on.
#[derive(Serialize)]
struct Found<'d> {
    #[serde(flatten)]
    row: &'d Row,
    confidence: Option<&'static str>,
    source: Option<String>,
}

fn checked(subject: &Subject, thresholds: &ThresholdArgs, at: jiff::Timestamp) -> Checked {
    let certificate = &subject.certificate;
    let name = certificate.subject().to_string();
    let remarks = profile::lint(certificate);
    let mut findings: Vec<Row> =
        remarks.iter().map(|remark| Row::of_remark(remark, &name)).collect();
    findings.extend(thresholds.certificate(certificate, at));
    let grave = findings.iter().any(|row| row.severity == Severity::Error.name());
    let verdict = if grave { Verdict::Invalid } else { Verdict::Valid };
    let sources = remarks.iter().map(Some).chain(std::iter::repeat(None));
    let found = findings.iter().zip(sources).map(|(row, remark)| Found {
        row,
        confidence: remark.and_then(Remark::confidence).map(|confidence| confidence.name()),
        source: remark.and_then(Remark::source),
    });
    let document = Document {
        input: &subject.input,
        subject: name.clone(),
        serial: certificate.serial().to_string(),
        sha256: hex(&certificate.sha256()),
        product: certificate.product().map(|product| product.name()),
        environment: certificate.environment().map(Environment::name),
        verdict: verdict.name(),
        findings: found.collect(),
    };
    let json = serde_json::to_value(&document).expect("documents are plain data");
    Checked {
        input: subject.input.clone(),
        file: subject.file.clone(),
        title: name,
        verdict,
        text: text(subject, verdict, &findings),
        json,
        findings,
        exit: None,
    }
}

/// `leaf.pem: valid: ORG AUTH_CLI, test`, then what was found.
fn text(subject: &Subject, verdict: Verdict, findings: &[Row]) -> String {
    let mut text = format!("{}: {}: {}", subject.input, verdict.name(), what(&subject.certificate));
    for row in findings {
        let Row { severity, code, message, rule, .. } = row;
        text.push_str(&format!("\n  {severity} {code}: {message} ({rule})"));
    }
    clean(&text)
}

/// The product and the environment, where they are known.
fn what(certificate: &Certificate) -> String {
    let product = certificate.product().map_or("no known product", |product| product.name());
    match certificate.environment() {
        Some(environment) => format!("{product}, {environment}"),
        None => product.to_owned(),
    }
}
