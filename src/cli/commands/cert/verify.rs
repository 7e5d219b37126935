//! `cpskit cert verify`: whether certificates are good, and why.

mod environment;
mod report;

use std::num::NonZeroUsize;

use jiff::Timestamp;
use rayon::prelude::*;
use serde_json::Map;

use self::report::Judged;
use crate::cli::anchors::Trusted;
use crate::cli::args::cert::{self as args, CertVerify};
use crate::cli::checked::{Checks, Unread};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::indexes::Indexed;
use crate::cli::inputs::Inputs;
use crate::cli::lists::ListFile;
use crate::cli::output::Outcome;
use crate::id::NationalId;
use crate::pki::{
    Candidate, Conformance, ExplicitPolicy, Legacy, List, Options, Origin, Peer, PolicyInputs,
    PolicyUse, Purpose, Report, Revocation, RevocationScope, Validator,
};
use crate::x509::{Certificate, Oid};

/// A certificate that is judged.
#[derive(Debug)]
pub(super) struct Subject {
    /// The file, with the place in it when there are several: `bundle.pem#3`.
    pub(super) input: String,
    /// The file alone, `None` for standard input.
    pub(super) file: Option<String>,
    pub(super) certificate: Certificate,
}

impl Subject {
    fn origin(&self) -> Origin {
        Origin(format!("file:{}", self.input))
    }
}

pub(super) fn run(args: &CertVerify, context: &Context) -> Result<Outcome, Failure> {
    let at = args.instant.at.unwrap_or_else(|| context.now());
    let options = options(args, at)?;
    let inputs = Inputs::read(&args.files, None);
    let skipped = inputs.skipped;
    let (subjects, mut candidates) = sort(inputs.files, args.each);
    if subjects.is_empty() && inputs.unread.is_empty() {
        return Err(Failure::arguments("no certificate in what was named"));
    }
    let unread: Vec<Unread> = inputs.unread;
    candidates.extend(untrusted(args)?);
    let trusted = Trusted::resolve(&args.trust, &candidates, context)?;
    candidates.extend(trusted.candidates.iter().cloned());
    let mut paths = args.evidence.crl.clone();
    let indexed = Indexed::take(&mut paths);
    let lists = ListFile::read(&paths)?;

    let judge = Judge { options: &options, trusted: &trusted, candidates, lists, indexed };
    let reports = judge.all(&subjects, args.jobs)?;

    let head = {
        let mut head = Map::new();
        head.insert("at".to_owned(), at.to_string().into());
        head
    };
    let results: Vec<_> = subjects
        .par_iter()
        .zip(reports)
        .map(|(subject, report)| Judged { subject, report, trusted: &trusted }.row())
        .collect();
    let mut remarks = trusted.remarks.clone();
    if skipped > 0 {
        remarks.push(format!("{skipped} files hold no certificate and were passed over"));
    }
    let emulated = subjects.iter().any(|subject| environment::is_emulated(&subject.certificate));
    let command = "cert.verify";
    Ok(Checks { command, emulated, head, results, unread, remarks }.outcome(context))
}

/// The first certificate of each file is a subject, or each one; every one is a candidate too.
fn sort(files: Vec<crate::cli::inputs::Input>, each: bool) -> (Vec<Subject>, Vec<Candidate>) {
    let (mut subjects, mut candidates) = (Vec::new(), Vec::new());
    for file in files {
        let several = file.contents.certificates.len() > 1;
        for (place, certificate) in file.contents.certificates.into_iter().enumerate() {
            let input = match several && (each || place > 0) {
                true => format!("{}#{}", file.name, place + 1),
                false => file.name.clone(),
            };
            let origin = Origin(format!("file:{input}"));
            candidates.push(Candidate { certificate: certificate.clone(), origin });
            if each || place == 0 {
                let path = (file.name != "-").then(|| file.name.clone());
                subjects.push(Subject { input, file: path, certificate });
            }
        }
    }
    (subjects, candidates)
}

fn untrusted(args: &CertVerify) -> Result<Vec<Candidate>, Failure> {
    let read = Inputs::read(&args.untrusted, None);
    if let Some(unread) = read.unread.into_iter().next() {
        return Err(unread.failure);
    }
    let files = read.files.into_iter().flat_map(|file| {
        let origin = Origin(format!("untrusted:{}", file.name));
        let candidate = move |certificate| Candidate { certificate, origin: origin.clone() };
        file.contents.certificates.into_iter().map(candidate)
    });
    Ok(files.collect())
}

/// What subjects are judged with.
struct Judge<'j> {
    options: &'j Options,
    trusted: &'j Trusted,
    candidates: Vec<Candidate>,
    lists: Vec<ListFile>,
    /// Lists that were verified before.
    indexed: Vec<Indexed>,
}

impl Judge<'_> {
    /// Judges all subjects, several at a time; the order is theirs.
    fn all(&self, subjects: &[Subject], jobs: Option<u16>) -> Result<Vec<Report>, Failure> {
        let lists = self.lists.iter().map(ListFile::list).collect::<Result<Vec<List<'_>>, _>>()?;
        let validator =
            Validator::new(self.trusted.anchors.clone(), self.candidates.clone(), lists)
                .with_indexed(self.indexed.iter().map(Indexed::list));
        let judge = |subject: &Subject| {
            validator.validate(&subject.certificate, &subject.origin(), self.options)
        };
        // A pool of threads costs more than a few certificates do.
        if subjects.len() < 8 || jobs == Some(1) {
            return Ok(subjects.iter().map(judge).collect());
        }
        let jobs = jobs.map(usize::from).and_then(NonZeroUsize::new);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(jobs.map_or(0, NonZeroUsize::get))
            .build()
            .map_err(|error| Failure::arguments(format!("`--jobs`: {error}")))?;
        Ok(pool.install(|| subjects.par_iter().map(judge).collect()))
    }
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
