//! The other side of a TLS connection, judged as `cert verify` judges a file.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Ask, Bench, Evidence, Judged, Sources};
use crate::cli::anchors::Trusted;
use crate::cli::args::Format;
use crate::cli::args::cert::{Revocation, Source};
use crate::cli::args::tls::JudgeArgs;
use crate::cli::checked::Checked;
use crate::cli::commands::cert::Subject;
use crate::cli::context::{Context, Network, now};
use crate::cli::failure::Failure;
use crate::cli::inputs::Inputs;
use crate::cli::lists::ListFile;
use crate::cli::net;
use crate::pki::source::FetchError;
use crate::pki::{Candidate, Options, Origin, Peer, Purpose, Report, Response, Verdict};
use crate::tls::{Judge, Party, Shown};
use crate::x509::{Certificate, OcspResponse};

/// Judges servers and clients with the anchors, lists and network of a run, at the instant of each judgement.
pub(in crate::cli) struct PeerJudge {
    args: JudgeArgs,
    network: Network,
    trusted: Trusted,
    evidence: Mutex<Evidence>,
    /// How much of the evidence was there from the start.
    base: Size,
    met: Mutex<BTreeMap<[u8; 32], Met>>,
}

/// Whom a report was about.
struct Met {
    certificate: Certificate,
    failures: Vec<FetchError>,
}

#[derive(Clone, Copy)]
struct Size {
    candidates: usize,
    lists: usize,
    indexed: usize,
    responses: usize,
}

/// What was fetched is kept up to this many of each; more is fetched again.
const MOST: usize = 64;

impl PeerJudge {
    /// Reads what the flags name.
    pub(in crate::cli) fn new(args: &JudgeArgs, context: &Context) -> Result<Self, Failure> {
        let untrusted = Inputs::certificates(&args.untrusted)?.into_iter();
        let mut candidates: Vec<Candidate> = untrusted
            .map(|(name, certificate)| Candidate {
                certificate,
                origin: Origin(format!("untrusted:{name}")),
            })
            .collect();
        let trusted = Trusted::resolve(&args.trust, &candidates)?;
        trusted.remarks.iter().for_each(|remark| context.printer.remark(remark));
        candidates.extend(trusted.candidates.iter().cloned());
        let lists = ListFile::read(&args.crl)?;
        // What is wrong with the proxies is said before anything is opened.
        net::proxies()?;
        let evidence = Evidence { candidates, lists, ..Evidence::default() };
        let base = Size::of(&evidence);
        Ok(Self {
            args: args.clone(),
            network: context.network,
            trusted,
            evidence: Mutex::new(evidence),
            base,
            met: Mutex::default(),
        })
    }

    /// A report of this judge, as `cert verify` shows it; `None` when it is not of this judge, or too long ago.
    pub(in crate::cli) fn row(
        &self,
        input: &str,
        report: &Report,
        format: Format,
    ) -> Option<Checked> {
        let met = lock(&self.met);
        let Met { certificate, failures } = met.get(&report.path.first()?.sha256)?;
        let subject = subject(input, certificate);
        let (report, failures) = (report.clone(), failures.clone());
        let trusted = &self.trusted;
        let judged =
            Judged { subject: &subject, report, trusted, further: Vec::new(), failures, format };
        Some(judged.row())
    }

    /// Judges a certificate that is to serve any purpose; `others` help with its path. Lists and OCSP are asked whether it is
    /// revoked; where they do not say, that is indeterminate, unless the flags turn revocation off.
    pub(in crate::cli) fn assess(&self, leaf: &Certificate, others: &[Certificate]) -> Report {
        let shown = Shown { leaf, others, ocsp: None, party: Party::Client };
        self.settled(&shown, Purpose::Any, Vec::new(), "certificate")
    }

    fn try_judge(
        &self,
        shown: &Shown<'_>,
        purpose: Purpose,
        peers: Vec<Peer>,
        name: &str,
        mut evidence: Evidence,
    ) -> Result<Settled, Failure> {
        let at = now();
        let revocation = match (self.args.revocation, purpose) {
            // Only what is lacking is fetched: a status that is merely preferred would not be asked for.
            (Revocation::Prefer, Purpose::Any) => Revocation::Require,
            (asked, _) => asked,
        };
        let revocation = revocation.into();
        let options = Options { purpose, peers, revocation, ..Options::at(at) };
        let origin = Origin(format!("handshake:{name}"));
        evidence.candidates.extend(shown.others.iter().map(|certificate| Candidate {
            certificate: certificate.clone(),
            origin: origin.clone(),
        }));
        let stapled = shown.ocsp.and_then(|der| OcspResponse::parse(der).ok());
        evidence.responses.extend(stapled.map(|response| Response {
            response,
            origin: Origin("ocsp:stapled".to_owned()),
            request: None,
        }));
        let ask = Ask { sources: vec![Source::Ocsp, Source::Crl], nonce: false };
        let sources = Sources::new(&self.args.fetch, ask, self.network)?;
        let mut gatherer = sources.gatherer(self.network);
        let subjects = [subject(name, shown.leaf)];
        let from = "handshake";
        let mut bench =
            Bench { options: &options, trusted: &self.trusted, evidence, from, pool: None };
        let mut reports = bench.settle(&subjects, gatherer.as_mut(), &|| {})?;
        let report = reports.pop().expect("one subject, one report");
        let online = self.network == Network::Allowed;
        let failures = match gatherer.filter(|_| online) {
            Some(gatherer) if report.verdict() == Verdict::Indeterminate => {
                gatherer.failures(&report, &bench.known(&subjects))
            }
            _ => Vec::new(),
        };
        Ok(Settled { report, failures, evidence: bench.evidence })
    }
}

struct Settled {
    report: Report,
    failures: Vec<FetchError>,
    evidence: Evidence,
}

fn subject(name: &str, certificate: &Certificate) -> Subject {
    Subject { input: name.to_owned(), place: 1, file: None, certificate: certificate.clone() }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Judge for PeerJudge {
    fn judge(&self, shown: &Shown<'_>) -> Report {
        match &shown.party {
            Party::Client => self.settled(shown, Purpose::Client, Vec::new(), "client"),
            Party::Server(peer) => {
                self.settled(shown, Purpose::Server, vec![peer.clone()], &peer.to_string())
            }
        }
    }
}

impl PeerJudge {
    fn settled(&self, shown: &Shown<'_>, purpose: Purpose, peers: Vec<Peer>, name: &str) -> Report {
        let mut kept = lock(&self.evidence);
        let evidence = std::mem::take(&mut *kept);
        let Settled { report, failures, evidence } = self
            .try_judge(shown, purpose, peers, name, evidence)
            .expect("lists and proxies were read at the start, and what is fetched as it comes");
        *kept = evidence;
        // What the other side names or sends is kept only where it was good for something.
        if report.verdict() != Verdict::Valid || Size::of(&kept).exceeds(self.base) {
            self.base.restore(&mut kept);
        }
        let mut met = lock(&self.met);
        if met.len() >= MOST {
            met.clear();
        }
        met.insert(shown.leaf.sha256(), Met { certificate: shown.leaf.clone(), failures });
        report
    }
}

impl Size {
    fn of(evidence: &Evidence) -> Self {
        Self {
            candidates: evidence.candidates.len(),
            lists: evidence.lists.len(),
            indexed: evidence.indexed.len(),
            responses: evidence.responses.len(),
        }
    }

    fn exceeds(self, base: Self) -> bool {
        self.candidates > base.candidates + MOST
            || self.lists > base.lists + MOST
            || self.indexed > base.indexed + MOST
            || self.responses > base.responses + MOST
    }

    fn restore(self, evidence: &mut Evidence) {
        evidence.candidates.truncate(self.candidates);
        evidence.lists.truncate(self.lists);
        evidence.indexed.truncate(self.indexed);
        evidence.responses.truncate(self.responses);
    }
}

impl fmt::Debug for PeerJudge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerJudge").finish_non_exhaustive()
    }
}
