//! `cpskit cert verify`: whether certificates are good, and why.

use std::path::PathBuf;

use jiff::Timestamp;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde_json::Map;

use super::subject::{self, Subject};
use crate::cli::anchors::Trusted;
use crate::cli::args::cert::{self as args, CertVerify};
use crate::cli::checked::{Checked, Checks, Row, Unread};
use crate::cli::context::{Context, Network};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::indexes::Indexed;
use crate::cli::inputs::{self, Inputs};
use crate::cli::judging::{Ask, Bench, Evidence, Judged, Sources, is_emulated};
use crate::cli::lists::ListFile;
use crate::cli::output::Outcome;
use crate::cli::thresholds::Life;
use crate::id::NationalId;
use crate::pki::profile;
use crate::pki::{
    Candidate, Conformance, ExplicitPolicy, Legacy, Options, Origin, Peer, PolicyInputs, PolicyUse,
    Purpose, Report, Response, RevocationScope, Verdict,
};
use crate::x509::{OcspResponse, Oid};

pub(super) fn run(args: &CertVerify, context: &Context) -> Result<Outcome, Failure> {
    let at = args.instant.at.unwrap_or_else(|| context.now());
    let options = options(args, at)?;
    let password = args.password.given()?;
    let inputs = Inputs::read(&args.files, password.as_ref());
    let mut remarks = subject::left_out(&inputs);
    let (subjects, mut candidates) = sort(inputs.files, args.each);
    if subjects.is_empty() && inputs.unread.is_empty() {
        return Err(Failure::arguments("no certificate in what was named"));
    }
    let unread: Vec<Unread> = inputs.unread;
    candidates.extend(untrusted(args)?);
    let trusted = Trusted::resolve(&args.trust, &candidates)?;
    candidates.extend(trusted.candidates.iter().cloned());
    let mut lists = args.evidence.crl.clone();
    let indexed = Indexed::take(&mut lists);
    let evidence = Evidence {
        candidates,
        lists: ListFile::read(&lists)?,
        indexed,
        responses: responses(&args.evidence.ocsp)?,
    };
    let pool = pool(subjects.len(), args.jobs)?;
    let bench = Bench { options: &options, trusted: &trusted, evidence, from: "file", pool };
    let results = Run { bench, args, context }.all(&subjects)?;

    let mut head = Map::new();
    head.insert("at".to_owned(), at.to_string().into());
    remarks.extend(trusted.remarks.iter().cloned());
    let emulated = subjects.iter().any(|subject| is_emulated(&subject.certificate));
    let command = "cert.verify";
    Ok(Checks { command, emulated, head, results, unread, remarks }.outcome(context))
}

/// The first certificate of each file is a subject, or each one; every one is a candidate too.
fn sort(files: Vec<inputs::Input>, each: bool) -> (Vec<Subject>, Vec<Candidate>) {
    let mut subjects = subject::each(files);
    let candidate = |found: &Subject| Candidate {
        certificate: found.certificate.clone(),
        origin: origin(found),
    };
    let candidates = subjects.iter().map(candidate).collect();
    if !each {
        subjects.retain(|subject| subject.place == 1);
        for subject in &mut subjects {
            // The one subject of its file: its place in it says nothing.
            subject.input = subject.file.clone().unwrap_or_else(|| "-".to_owned());
        }
    }
    (subjects, candidates)
}

fn origin(subject: &Subject) -> Origin {
    Origin(format!("file:{}", subject.input))
}

fn untrusted(args: &CertVerify) -> Result<Vec<Candidate>, Failure> {
    let found = Inputs::certificates(&args.untrusted)?.into_iter();
    let candidate = |(name, certificate)| Candidate {
        certificate,
        origin: Origin(format!("untrusted:{name}")),
    };
    Ok(found.map(candidate).collect())
}

/// The OCSP responses of these files.
fn responses(paths: &[PathBuf]) -> Result<Vec<Response>, Failure> {
    let read = |path: &PathBuf| {
        let name = path.display();
        let response = OcspResponse::parse(&inputs::bytes(path)?).map_err(|error| {
            Failure::new("ocsp.unreadable", Exit::Usage, format!("`{name}`: {error}"))
                .causes(&error)
        })?;
        Ok(Response { response, origin: Origin(format!("ocsp:{name}")), request: None })
    };
    paths.iter().map(read).collect()
}

/// What is judged, and for whom.
struct Run<'r> {
    bench: Bench<'r>,
    args: &'r CertVerify,
    context: &'r Context,
}

impl Run<'_> {
    /// Judges all subjects; what their reports lack is fetched, if it may be, and they are judged again.
    fn all(mut self, subjects: &[Subject]) -> Result<Vec<Checked>, Failure> {
        let evidence = &self.args.evidence;
        let ask = Ask { sources: evidence.sources.clone(), nonce: evidence.ocsp_nonce };
        let sources = Sources::new(&evidence.fetch, ask, self.context.network)?;
        let mut gatherer = sources.gatherer(self.context.network);
        let progress = self.context.printer.progress(subjects.len());
        let step = || progress.step();
        let reports = self.bench.settle(subjects, gatherer.as_mut(), &step)?;
        let undecided = reports.iter().any(|report| report.verdict() == Verdict::Indeterminate);
        let online = undecided && self.context.network == Network::Allowed;
        let gatherer = gatherer.filter(|_| online).map(|found| (found, self.bench.known(subjects)));
        let row = |(subject, report): (&Subject, Report)| {
            let failures = match &gatherer {
                Some((gatherer, known)) if report.verdict() == Verdict::Indeterminate => {
                    gatherer.failures(&report, known)
                }
                _ => Vec::new(),
            };
            let further = self.further(subject, &report);
            let format = self.context.printer.format;
            let trusted = self.bench.trusted;
            Judged { subject, report, trusted, further, failures, format }.row()
        };
        Ok(match &self.bench.pool {
            None => subjects.iter().zip(reports).map(row).collect(),
            Some(pool) => pool.install(|| subjects.par_iter().zip(reports).map(row).collect()),
        })
    }

    /// What is found beside the path: thresholds of the subject and of the lists that answered, the profile.
    fn further(&self, subject: &Subject, report: &Report) -> Vec<Row> {
        let (at, args) = (self.bench.options.at, self.args);
        let mut rows: Vec<Row> =
            args.thresholds.certificate(&subject.certificate, at).into_iter().collect();
        for status in &report.revocation {
            let (Some(source), Some(start), Some(end)) =
                (&status.source, status.this_update, status.next_update)
            else {
                continue;
            };
            rows.extend(args.thresholds.list(source.to_string(), Life { start, end }, at));
        }
        if args.profile == Some(args::Profile::IgcSante) {
            let remarks = profile::igc_sante(&subject.certificate);
            rows.extend(remarks.map(|remark| Row::of_remark(&remark, &report.subject)));
        }
        rows
    }
}

/// The threads of a run; `None` where one is asked for, or the subjects are so few that threads cost more.
fn pool(subjects: usize, jobs: Option<u16>) -> Result<Option<ThreadPool>, Failure> {
    if subjects < 8 || jobs == Some(1) {
        return Ok(None);
    }
    let pool = ThreadPoolBuilder::new().num_threads(jobs.map_or(0, usize::from)).build();
    pool.map(Some).map_err(|error| Failure::arguments(format!("`--jobs`: {error}")))
}

fn options(args: &CertVerify, at: Timestamp) -> Result<Options, Failure> {
    let policies = &args.policies;
    let initial = policies.policy.iter().map(|text| {
        text.parse::<Oid>()
            .map_err(|error| Failure::arguments(format!("`--policy {text}`: {error}")))
    });
    let names = &args.names;
    let national = names.national_id.iter().map(|text| {
        let id = NationalId::parse(text)
            .map_err(|error| Failure::arguments(format!("`--national-id {text}`: {error}")));
        id.map(Peer::NationalId)
    });
    let dns = names.dns.iter().cloned().map(Peer::Dns);
    let email = names.email.iter().cloned().map(Peer::Email);
    let ip = names.ip.iter().copied().map(Peer::Ip);
    let peers =
        dns.chain(email).chain(ip).map(Ok).chain(national).collect::<Result<Vec<_>, _>>()?;
    let inhibited = |flag| if flag { PolicyUse::Inhibited } else { PolicyUse::Allowed };
    Ok(Options {
        purpose: purpose(args.purpose),
        policies: PolicyInputs {
            initial: initial.collect::<Result<_, _>>()?,
            explicit: match policies.require_explicit_policy {
                true => ExplicitPolicy::Required,
                false => ExplicitPolicy::NotRequired,
            },
            mapping: inhibited(policies.inhibit_policy_mapping),
            any_policy: inhibited(policies.inhibit_any_policy),
        },
        max_intermediates: args.max_intermediates,
        revocation: args.evidence.revocation.into(),
        scope: match args.evidence.revocation_scope {
            args::Scope::Chain => RevocationScope::Chain,
            args::Scope::Leaf => RevocationScope::Leaf,
        },
        conformance: if args.strict { Conformance::Strict } else { Conformance::Lenient },
        legacy: if args.danger_allow_legacy { Legacy::DangerAllowed } else { Legacy::Refused },
        peers,
        ..Options::at(at)
    })
}

fn purpose(purpose: args::Purpose) -> Purpose {
    match purpose {
        args::Purpose::Any => Purpose::Any,
        args::Purpose::Client => Purpose::Client,
        args::Purpose::Email => Purpose::Email,
        args::Purpose::Encryption => Purpose::Encryption,
        args::Purpose::Server => Purpose::Server,
        args::Purpose::Signature => Purpose::Signature,
    }
}
