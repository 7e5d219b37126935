//! `cpskit crl check`: whether certificates are revoked, according to the lists given and to no other.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Map, json};

use crate::cli::anchors::Trusted;
use crate::cli::args::crl::CrlCheck;
use crate::cli::checked::{Checked, Checks, Row, Unread};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::indexes::Indexed;
use crate::cli::inputs::Inputs;
use crate::cli::lists::ListFile;
use crate::cli::output::Outcome;
use crate::cli::output::text::clean;
use crate::cli::thresholds::Life;
use crate::pki::{
    Anchor, Candidate, IndexedList, Legacy, List, Options, Origin, Question, Severity, SourceFate,
    Standing, Status, Validator, Verdict,
};
use crate::x509::{Certificate, Crl, IssuedBy, Name, Serial};

pub(super) fn run(args: &CrlCheck, context: &Context) -> Result<Outcome, Failure> {
    let at = args.instant.at.unwrap_or_else(|| context.now());
    let mut paths = args.crl.clone();
    let indexed = Indexed::take(&mut paths);
    let files = ListFile::read(&paths)?;
    let lists: Vec<List<'_>> = files.iter().map(ListFile::list).collect::<Result<_, _>>()?;
    let indexed: Vec<IndexedList<'_>> = indexed.iter().map(Indexed::list).collect();
    let frames =
        || lists.iter().map(|list| &list.crl).chain(indexed.iter().map(|list| &list.frame));
    let issuers = certificates(&args.issuer)?;
    let issuer_of_numbers = match &issuers[..] {
        [] => distinct(frames().map(Crl::issuer)),
        issuers => distinct(issuers.iter().map(|(certificate, _)| certificate.subject())),
    };

    let (subjects, unread) = Subject::all(args, &issuer_of_numbers)?;
    let mut candidates: Vec<Candidate> = subjects.iter().flat_map(Subject::candidates).collect();
    let mut remarks = Vec::new();
    let anchors = if issuers.is_empty() {
        let trusted = Trusted::resolve(&args.trust, &candidates)?;
        candidates.extend(trusted.candidates);
        remarks.extend(trusted.remarks);
        trusted.anchors
    } else {
        let anchor = |(certificate, origin)| Anchor::from_certificate(certificate, origin);
        issuers.into_iter().map(anchor).collect()
    };
    let emulated = frames().any(|list| is_emulated(list.issuer()))
        || subjects.iter().any(|subject| is_emulated(subject.issuer()));
    let lives: Vec<(Origin, String, Option<Life>)> = lists
        .iter()
        .map(|list| (&list.origin, &list.crl))
        .chain(indexed.iter().map(|list| (&list.origin, &list.frame)))
        .map(|(origin, crl)| (origin.clone(), crl.issuer().to_string(), life(crl)))
        .collect();
    let validator = Validator::new(anchors, candidates, lists).with_indexed(indexed);
    let legacy = if args.danger_allow_legacy { Legacy::DangerAllowed } else { Legacy::Refused };
    let options = Options { legacy, ..Options::at(at) };
    // Lists that end soon are told of with the answers that rest on them.
    let expiring = |source: &Origin| {
        let (_, issuer, life) = lives.iter().find(|(origin, ..)| origin == source)?;
        args.thresholds.list(issuer.clone(), (*life)?, at)
    };
    let results = subjects.iter().map(|subject| subject.check(&validator, &options, &expiring));
    let results = results.collect();
    let mut head = Map::new();
    head.insert("at".to_owned(), at.to_string().into());
    let checks = Checks { command: "crl.check", emulated, head, results, unread, remarks };
    Ok(checks.outcome(context))
}

fn life(crl: &Crl<'_>) -> Option<Life> {
    Some(Life { start: crl.this_update().instant, end: crl.next_update()?.instant })
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
    let certificates = Inputs::certificates(paths)?.into_iter();
    Ok(certificates.map(|(name, found)| (found, Origin(format!("file:{name}")))).collect())
}

/// What is asked about.
enum Subject {
    /// The certificates of a file: the first is the subject, the others may have signed a list.
    Certificate {
        input: String,
        file: PathBuf,
        certificate: Box<Certificate>,
        others: Vec<Certificate>,
    },
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
                    if args.each {
                        subjects.extend(Self::each(&file.name, certificates.collect()));
                    } else if let Some(certificate) = certificates.next() {
                        let (input, certificate) = (file.name, Box::new(certificate));
                        let others = certificates.collect();
                        subjects.push(Self::Certificate {
                            input,
                            file: path.to_owned(),
                            certificate,
                            others,
                        });
                    }
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

    /// Every certificate of a file: each may have signed a list too.
    fn each(name: &str, certificates: Vec<Certificate>) -> Vec<Self> {
        let several = certificates.len() > 1;
        let subject = |(place, certificate): (usize, &Certificate)| Self::Certificate {
            input: if several { format!("{name}#{}", place + 1) } else { name.to_owned() },
            file: PathBuf::from(name),
            certificate: Box::new(certificate.clone()),
            // Said once.
            others: if place == 0 { certificates.clone() } else { Vec::new() },
        };
        certificates.iter().enumerate().map(subject).collect()
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

    fn check(
        &self,
        validator: &Validator<'_>,
        options: &Options,
        expiring: &dyn Fn(&Origin) -> Option<Row>,
    ) -> Checked {
        match self {
            Self::Certificate { input, file, certificate, .. } => {
                let standing = validator.status_of(Question::Certificate(certificate), options);
                let title = certificate.subject().to_string();
                let serial = certificate.serial().to_string();
                let of_list = standing.status.source.as_ref().and_then(expiring);
                let file = (input != "-").then(|| file.display().to_string());
                checked(input, file, title, &serial, certificate.issuer(), &standing, of_list)
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
                let of_list = standing.status.source.as_ref().and_then(expiring);
                checked(input, None, serial.clone(), &serial, issuer, &standing, of_list)
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
    file: Option<String>,
    title: String,
    serial: &str,
    issuer: &Name,
    standing: &Standing,
    of_list: Option<Row>,
) -> Checked {
    let status = &standing.status;
    let expired = of_list.as_ref().is_some_and(|row| row.severity == Severity::Error.name());
    let verdict = if expired { Verdict::Invalid } else { standing.verdict() };
    let (name, revoked) = match status.status {
        Status::Good => ("good", None),
        Status::Revoked { at, reason } => ("revoked", Some((at, reason))),
        Status::Unknown => ("indeterminate", None),
    };
    let unknown = status.status == Status::Unknown;
    let fates = status.refused.iter().map(|fate| row(fate, unknown));
    let findings: Vec<Row> =
        standing.findings.iter().map(Row::from).chain(fates).chain(of_list).collect();
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
    let told = |row: &&Row| row.code != "pki.revoked" && !row.code.starts_with("pki.crl.");
    for row in findings.iter().filter(told).filter(|row| row.code != "pki.revocation.unknown") {
        text.push_str(&format!("\n  {}: {} ({})", row.severity, row.message, row.rule));
    }
    Checked {
        input: input.to_owned(),
        file,
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
