//! `cpskit crl check`: whether certificates are revoked, according to the lists given and to no other.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Map, json};

use crate::cli::anchors::Trusted;
use crate::cli::args::crl::CrlCheck;
use crate::cli::checked::{Checked, Checks, Row, Unread};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::inputs::Inputs;
use crate::cli::lists::ListFile;
use crate::cli::output::Outcome;
use crate::cli::output::text::clean;
use crate::pki::{
    Anchor, Candidate, Legacy, List, Options, Origin, Question, SourceFate, Standing, Status,
    Validator,
};
use crate::x509::{Certificate, IssuedBy, Name, Serial};

pub(super) fn run(args: &CrlCheck, context: &Context) -> Result<Outcome, Failure> {
    let at = args.instant.at.unwrap_or_else(|| context.now());
    let files = ListFile::read(&args.crl)?;
    let lists: Vec<List<'_>> = files.iter().map(ListFile::list).collect::<Result<_, _>>()?;
    let issuers = certificates(&args.issuer)?;
    let issuer_of_numbers = match &issuers[..] {
        [] => distinct(lists.iter().map(|list| list.crl.issuer())),
        issuers => distinct(issuers.iter().map(|(certificate, _)| certificate.subject())),
    };

    let (subjects, unread) = Subject::all(args, &issuer_of_numbers)?;
    let mut candidates: Vec<Candidate> = subjects.iter().flat_map(Subject::candidates).collect();
    let mut remarks = Vec::new();
    let anchors = if issuers.is_empty() {
        let trusted = Trusted::resolve(&args.trust, &candidates, context)?;
        candidates.extend(trusted.candidates);
        remarks.extend(trusted.remarks);
        trusted.anchors
    } else {
        let anchor = |(certificate, origin)| Anchor::from_certificate(certificate, origin);
        issuers.into_iter().map(anchor).collect()
    };
    let emulated = lists.iter().any(|list| is_emulated(list.crl.issuer()))
        || subjects.iter().any(|subject| is_emulated(subject.issuer()));
    let validator = Validator::new(anchors, candidates, lists);
    let legacy = if args.danger_allow_legacy { Legacy::DangerAllowed } else { Legacy::Refused };
    let options = Options { legacy, ..Options::at(at) };
    let results = subjects.iter().map(|subject| subject.check(&validator, &options)).collect();
    let mut head = Map::new();
    head.insert("at".to_owned(), at.to_string().into());
    let checks = Checks { command: "crl.check", emulated, head, results, unread, remarks };
    Ok(checks.outcome(context))
}

fn distinct<'n>(names: impl Iterator<Item = &'n Name>) -> Vec<Name> {
    let mut seen = BTreeSet::new();
    names.filter(|name| seen.insert(name.raw())).cloned().collect()
}

fn is_emulated(issuer: &Name) -> bool {
    IssuedBy::named(issuer) == IssuedBy::Emulation
}

/// The certificates of files that must be readable.
fn certificates(paths: &[PathBuf]) -> Result<Vec<(Certificate, Origin)>, Failure> {
    let mut inputs = Inputs::read(paths, None);
    if let Some(unread) = inputs.unread.pop() {
        return Err(unread.failure);
    }
    let of_file = |name: &str| Origin(format!("file:{name}"));
    let files = inputs.files.into_iter().flat_map(|file| {
        let origin = of_file(&file.name);
        file.contents.certificates.into_iter().map(move |found| (found, origin.clone()))
    });
    Ok(files.collect())
}

/// What is asked about.
enum Subject {
    /// The certificates of a file: the first is the subject, the others may have signed a list.
    Certificate { input: String, certificate: Box<Certificate>, others: Vec<Certificate> },
    /// A serial number, in each form in which a certificate may have it.
    Number { input: String, issuer: Name, forms: Vec<Serial> },
}

impl Subject {
    /// The subjects as typed, and the files among them that cannot be read.
    fn all(args: &CrlCheck, issuers: &[Name]) -> Result<(Vec<Self>, Vec<Unread>), Failure> {
        let mut subjects = Vec::new();
        let mut unread = Vec::new();
        for typed in &args.subjects {
            let path = Path::new(typed);
            if typed == "-" || path.exists() {
                let mut inputs = Inputs::read(&[path.to_owned()], None);
                unread.append(&mut inputs.unread);
                for file in inputs.files {
                    let mut certificates = file.contents.certificates.into_iter();
                    let Some(certificate) = certificates.next() else { continue };
                    let (input, certificate) = (file.name, Box::new(certificate));
                    subjects.push(Self::Certificate {
                        input,
                        certificate,
                        others: certificates.collect(),
                    });
                }
                continue;
            }
            let forms = serials(typed).ok_or_else(|| {
                Failure::arguments(format!(
                    "`{typed}` is neither a file nor a serial number in hexadecimal"
                ))
            })?;
            let [issuer] = issuers else {
                let names: Vec<String> = issuers.iter().map(ToString::to_string).collect();
                let message = format!(
                    "a serial number alone is ambiguous, of the issuers {}",
                    names.join(" and ")
                );
                return Err(Failure::arguments(message)
                    .hint("give the certificate itself, or one issuer with `--issuer`"));
            };
            subjects.push(Self::Number { input: typed.clone(), issuer: issuer.clone(), forms });
        }
        Ok((subjects, unread))
    }

    fn issuer(&self) -> &Name {
        match self {
            Self::Certificate { certificate, .. } => certificate.issuer(),
            Self::Number { issuer, .. } => issuer,
        }
    }

    fn candidates(&self) -> impl Iterator<Item = Candidate> {
        let (input, others) = match self {
            Self::Certificate { input, others, .. } => (input, others.as_slice()),
            Self::Number { input, .. } => (input, [].as_slice()),
        };
        let origin = Origin(format!("file:{input}"));
        others
            .iter()
            .cloned()
            .map(move |certificate| Candidate { certificate, origin: origin.clone() })
    }

    fn check(&self, validator: &Validator<'_>, options: &Options) -> Checked {
        match self {
            Self::Certificate { input, certificate, .. } => {
                let standing = validator.status_of(Question::Certificate(certificate), options);
                let title = certificate.subject().to_string();
                let serial = certificate.serial().to_string();
                checked(input, Some(input), title, &serial, certificate.issuer(), &standing)
            }
            Self::Number { input, issuer, forms } => {
                let ask =
                    |serial| validator.status_of(Question::Number { issuer, serial }, options);
                let answers = forms.iter().map(|serial| (serial, ask(serial)));
                let told = answers.reduce(|one, other| {
                    let revoked = |standing: &Standing| {
                        matches!(standing.status.status, Status::Revoked { .. })
                    };
                    if !revoked(&one.1) && revoked(&other.1) { other } else { one }
                });
                let (serial, standing) = told.expect("a serial number has a form at least");
                let serial = serial.to_string();
                checked(input, None, serial.clone(), &serial, issuer, &standing)
            }
        }
    }
}

/// The content octets that a serial number as typed may stand for: separators and `0x` are passed over. Tools print
/// the number without a sign octet that its INTEGER has, and a number that is negative without saying so.
fn serials(typed: &str) -> Option<Vec<Serial>> {
    let digits = typed.strip_prefix("0x").or(typed.strip_prefix("0X")).unwrap_or(typed);
    let mut digits: String =
        digits.chars().filter(|character| !matches!(character, ':' | ' ' | '-')).collect();
    if digits.is_empty() || !digits.chars().all(|character| character.is_ascii_hexdigit()) {
        return None;
    }
    if digits.len() % 2 == 1 {
        digits.insert(0, '0');
    }
    let octet = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16);
    let octets: Vec<u8> = (0..digits.len()).step_by(2).map(octet).collect::<Result<_, _>>().ok()?;
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    let magnitude = &octets[zeros.min(octets.len() - 1)..];
    let positive =
        if magnitude[0] < 0x80 { magnitude.to_vec() } else { [&[0], magnitude].concat() };
    let mut seen = BTreeSet::new();
    let forms = [positive, octets].into_iter().filter(|form| seen.insert(form.clone()));
    Some(forms.filter_map(|form| Serial::from_content(&form)).collect())
}

fn checked(
    input: &str,
    file: Option<&String>,
    title: String,
    serial: &str,
    issuer: &Name,
    standing: &Standing,
) -> Checked {
    let status = &standing.status;
    let verdict = standing.verdict();
    let (name, revoked) = match status.status {
        Status::Good => ("good", None),
        Status::Revoked { at, reason } => ("revoked", Some((at, reason))),
        Status::Unknown => ("indeterminate", None),
    };
    let unknown = status.status == Status::Unknown;
    let fates = status.refused.iter().map(|fate| row(fate, unknown));
    let findings: Vec<Row> = standing.findings.iter().map(Row::from).chain(fates).collect();
    let source = status.source.as_ref().filter(|_| !unknown).map(ToString::to_string);
    let of_source = |instant: Option<jiff::Timestamp>| instant.filter(|_| source.is_some());
    let (this_update, next_update) = (of_source(status.this_update), of_source(status.next_update));
    let json = json!({
        "input": input,
        "serial": serial,
        "issuer": issuer.to_string(),
        "status": name,
        "reason": revoked.map(|(_, reason)| reason.name()),
        "revoked_at": revoked.map(|(at, _)| at.to_string()),
        "source": source,
        "this_update": this_update.map(|instant| instant.to_string()),
        "next_update": next_update.map(|instant| instant.to_string()),
        "verdict": verdict.name(),
        "findings": findings,
    });
    let mut text = match revoked {
        Some((at, reason)) => format!("{input}: revoked on {at} ({reason})"),
        None => format!("{input}: {name}"),
    };
    if let Some(source) = &source {
        text.push_str(&format!(", says {source}"));
    }
    if let Some(next) = next_update.filter(|_| revoked.is_none()) {
        text.push_str(&format!(", next due {next}"));
    }
    if unknown && status.refused.is_empty() {
        text.push_str(&format!("\n  no list given is about what {issuer} issues"));
    }
    for fate in &status.refused {
        text.push_str(&format!("\n  {} does not count: {}", fate.origin, fate.refusal));
    }
    Checked {
        input: input.to_owned(),
        file: file.cloned(),
        title,
        verdict,
        findings,
        text: clean(&text),
        json,
        exit: None,
    }
}

/// A list that does not count: why there is no answer, or what was passed over on the way to one.
fn row(fate: &SourceFate, unknown: bool) -> Row {
    Row {
        code: fate.refusal.code().to_owned(),
        severity: if unknown { "indeterminate" } else { "warning" },
        rule: fate.refusal.rule().to_owned(),
        subject: fate.origin.to_string(),
        message: fate.refusal.to_string(),
    }
}
