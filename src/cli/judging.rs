//! Judging certificates with what is at hand, and fetching what is not: shared by `cert verify` and the commands of TLS.

mod environment;
mod gather;
mod peer;
mod report;

use rayon::ThreadPool;
use rayon::prelude::*;

use super::anchors::Trusted;
use super::args::cert as args;
use super::commands::cert::Subject;
use super::context::{Network, now};
use super::failure::Failure;
use super::indexes::Indexed;
use super::lists::ListFile;
use super::net::{self, NamedBy};
use crate::net::Cache;
use crate::pki::source::Fetch;
use crate::pki::{
    Candidate, List, Options, Origin, Report, Response, Revocation, Validator, Verdict,
};

pub(super) use self::environment::is_emulated;
pub(super) use self::gather::{Ask, Gathered, Gatherer, Kept, Known};
pub(super) use self::peer::PeerJudge;
pub(super) use self::report::Judged;

/// What is at hand, and what is fetched on the way.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    pub(super) candidates: Vec<Candidate>,
    pub(super) lists: Vec<ListFile>,
    /// Lists that were verified before.
    pub(super) indexed: Vec<Indexed>,
    pub(super) responses: Vec<Response>,
}

/// What subjects are judged with.
pub(super) struct Bench<'b> {
    pub(super) options: &'b Options,
    pub(super) trusted: &'b Trusted,
    pub(super) evidence: Evidence,
    /// Where the subjects come from: `file`.
    pub(super) from: &'static str,
    /// `None` where one thread is enough.
    pub(super) pool: Option<ThreadPool>,
}

/// More rounds than any path that is not hostile needs: one for each issuer, and one for each source of each status.
const ROUNDS: usize = 64;

impl Bench<'_> {
    /// Judges all subjects; what their reports lack is fetched, and they are judged again. `step` is told of each
    /// certificate judged.
    pub(super) fn settle(
        &mut self,
        subjects: &[Subject],
        gatherer: Option<&mut Gatherer<'_>>,
        step: &(dyn Fn() + Sync),
    ) -> Result<Vec<Report>, Failure> {
        let mut reports = self.reports(subjects, step)?;
        let Some(gatherer) = gatherer else { return Ok(reports) };
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
            reports = self.reports(subjects, step)?;
        }
        Ok(reports)
    }

    /// Every certificate at hand.
    pub(super) fn known<'k>(&'k self, subjects: &'k [Subject]) -> Known<'k> {
        let subjects = subjects.iter().map(|subject| &subject.certificate);
        let candidates = self.evidence.candidates.iter().map(|candidate| &candidate.certificate);
        Known::new(subjects.chain(candidates), &self.trusted.anchors)
    }

    fn reports(
        &self,
        subjects: &[Subject],
        step: &(dyn Fn() + Sync),
    ) -> Result<Vec<Report>, Failure> {
        let Evidence { candidates, lists, indexed, responses } = &self.evidence;
        let lists = lists.iter().map(ListFile::list).collect::<Result<Vec<List<'_>>, _>>()?;
        let validator = Validator::new(self.trusted.anchors.clone(), candidates.clone(), lists)
            .with_indexed(indexed.iter().map(Indexed::list))
            .with_responses(responses.clone());
        let judge = |subject: &Subject| {
            let certificate = &subject.certificate;
            let origin = Origin(format!("{}:{}", self.from, subject.input));
            let mut report = validator.validate(certificate, &origin, self.options);
            report.findings.extend(environment::refusal(certificate, self.trusted.scope));
            step();
            report
        };
        Ok(match &self.pool {
            None => subjects.iter().map(judge).collect(),
            Some(pool) => pool.install(|| subjects.par_iter().map(judge).collect()),
        })
    }
}

/// Where what is lacking is fetched from.
pub(super) struct Sources {
    fetch: Option<Box<dyn Fetch>>,
    cache: Option<Cache>,
    ask: Ask,
}

impl Sources {
    pub(super) fn new(args: &args::FetchArgs, ask: Ask, network: Network) -> Result<Self, Failure> {
        let fetch = net::fetcher(args, NamedBy::Certificates, network)?;
        Ok(Self { fetch, cache: net::cache(args), ask })
    }

    /// Who fetches in one judgement; `None` where nothing can be had.
    pub(super) fn gatherer(&self, network: Network) -> Option<Gatherer<'_>> {
        let kept = self.cache.as_ref().map(|cache| Kept {
            cache,
            // Without network, what was kept is all there is.
            fresh_at: (network == Network::Allowed).then(now),
        });
        self.fetch.as_deref().map(|fetch| Gatherer::new(fetch, kept, &self.ask))
    }
}

impl From<args::Revocation> for Revocation {
    fn from(asked: args::Revocation) -> Self {
        match asked {
            args::Revocation::Off => Self::Off,
            args::Revocation::Prefer => Self::Prefer,
            args::Revocation::Require => Self::Require,
        }
    }
}
