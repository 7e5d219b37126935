//! `cpskit cert verify`: whether certificates are good, and why.

mod environment;
mod gather;
mod report;

use std::path::PathBuf;

use jiff::Timestamp;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde_json::Map;

use self::gather::{Gathered, Gatherer, Kept, Known};
use self::report::Judged;
use super::subject::{self, Subject};
use crate::cli::anchors::Trusted;
use crate::cli::args::cert::{self as args, CertVerify};
use crate::cli::checked::{Checked, Checks, Row, Unread};
use crate::cli::context::{Context, Network};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::indexes::Indexed;
use crate::cli::inputs::{self, Inputs};
use crate::cli::lists::ListFile;
use crate::cli::net::{self, NamedBy};
use crate::cli::output::Outcome;
use crate::cli::thresholds::Life;
use crate::id::NationalId;
use crate::pki::profile;
use crate::pki::{
    Candidate, Conformance, ExplicitPolicy, Legacy, List, Options, Origin, Peer, PolicyInputs,
    PolicyUse, Purpose, Report, Response, Revocation, RevocationScope, Validator, Verdict,
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
    let judge = Judge { options: &options, trusted: &trusted, evidence, pool };
    let results = judge.all(&subjects, args, context)?;

    let mut head = Map::new();
    head.insert("at".to_owned(), at.to_string().into());
    remarks.extend(trusted.remarks.iter().cloned());
    let emulated = subjects.iter().any(|subject| environment::is_emulated(&subject.certificate));
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

/// What is at hand, and what is fetched on the way.
struct Evidence {
    candidates: Vec<Candidate>,
    lists: Vec<ListFile>,
    /// Lists that were verified before.
    indexed: Vec<Indexed>,
    responses: Vec<Response>,
}

/// What subjects are judged with.
struct Judge<'j> {
    options: &'j Options,
    trusted: &'j Trusted,
    evidence: Evidence,
    /// `None` where one thread is enough.
    pool: Option<ThreadPool>,
}

/// More rounds than any path that is not hostile needs: one for each issuer, and one for each source of each status.
const ROUNDS: usize = 64;

impl Judge<'_> {
    /// Judges all subjects; what their reports lack is fetched, if it may be, and they are judged again.
    fn all(
        mut self,
        subjects: &[Subject],
        args: &CertVerify,
        context: &Context,
    ) -> Result<Vec<Checked>, Failure> {
        let mut reports = self.reports(subjects, context)?;
        let fetch = net::fetcher(&args.evidence.fetch, NamedBy::Certificates, context)?;
        let cache = net::cache(&args.evidence.fetch);
        let kept = cache.as_ref().map(|cache| Kept {
            cache,
            // Without network, what was kept is all there is.
            fresh_at: (context.network == Network::Allowed).then(|| context.now()),
        });
        let mut gatherer = fetch.as_deref().map(|fetch| Gatherer::new(fetch, kept, &args.evidence));
        if let Some(gatherer) = &mut gatherer {
            for _ in 0..ROUNDS {
                if reports.iter().all(|report| report.verdict() != Verdict::Indeterminate) {
                    break;
                }
                let known = self.known(subjects);
                let Some(found) = gatherer.round(&reports, &known) else { break };
                if found.is_empty() {
                    continue;
                }
                let Gathered { candidates, lists, indexed, responses } = found;
                self.evidence.indexed.extend(indexed);
                self.evidence.candidates.extend(candidates);
                self.evidence.lists.extend(lists);
                self.evidence.responses.extend(responses);
                reports = self.reports(subjects, context)?;
            }
        }
        let undecided = reports.iter().any(|report| report.verdict() == Verdict::Indeterminate);
        let online = undecided && context.network == Network::Allowed;
        let gatherer = gatherer.filter(|_| online).map(|found| (found, self.known(subjects)));
        let row = |(subject, report): (&Subject, Report)| {
            let failures = match &gatherer {
                Some((gatherer, known)) if report.verdict() == Verdict::Indeterminate => {
                    gatherer.failures(&report, known)
                }
                _ => Vec::new(),
            };
            let further = self.further(subject, &report, args);
            let format = context.printer.format;
            Judged { subject, report, trusted: self.trusted, further, failures, format }.row()
        };
        Ok(match &self.pool {
            None => subjects.iter().zip(reports).map(row).collect(),
            Some(pool) => pool.install(|| subjects.par_iter().zip(reports).map(row).collect()),
        })
    }

    /// What is found beside the path: thresholds of the subject and of the lists that answered, the profile.
    fn further(&self, subject: &Subject, report: &Report, args: &CertVerify) -> Vec<Row> {
        let at = self.options.at;
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

    /// Every certificate at hand.
    fn known<'k>(&'k self, subjects: &'k [Subject]) -> Known<'k> {
        let subjects = subjects.iter().map(|subject| &subject.certificate);
        let candidates = self.evidence.candidates.iter().map(|candidate| &candidate.certificate);
        Known::new(subjects.chain(candidates), &self.trusted.anchors)
    }

    fn reports(&self, subjects: &[Subject], context: &Context) -> Result<Vec<Report>, Failure> {
        let Evidence { candidates, lists, indexed, responses } = &self.evidence;
        let lists = lists.iter().map(ListFile::list).collect::<Result<Vec<List<'_>>, _>>()?;
        let validator = Validator::new(self.trusted.anchors.clone(), candidates.clone(), lists)
            .with_indexed(indexed.iter().map(Indexed::list))
            .with_responses(responses.clone());
        let progress = context.printer.progress(subjects.len());
        let judge = |subject: &Subject| {
            let report = validator.validate(&subject.certificate, &origin(subject), self.options);
            progress.step();
            report
        };
        Ok(match &self.pool {
            None => subjects.iter().map(judge).collect(),
            Some(pool) => pool.install(|| subjects.par_iter().map(judge).collect()),
        })
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
        revocation: match args.evidence.revocation {
            args::Revocation::Off => Revocation::Off,
            args::Revocation::Prefer => Revocation::Prefer,
            args::Revocation::Require => Revocation::Require,
        },
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
