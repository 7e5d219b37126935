//! What a report lacks, and fetching it: issuers that are not at hand, answers and lists that are. One source is asked
//! after another, in the order asked for, until the status is known or nothing is left to ask.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rayon::prelude::*;
use ring::rand::{SecureRandom, SystemRandom};

use crate::cli::args::cert as args;
use crate::cli::indexes::Indexed;
use crate::cli::lists::ListFile;
use crate::net::Cache;
use crate::pki::source::{
    Fetch, FetchError, FetchProblem, Question, Request, Source, What, of_issuers, of_status,
};
use crate::pki::{Anchor, Candidate, Fact, Origin, Report, Response, Status};
use crate::store;
use crate::x509::{CertIdHash, Certificate, Nonce, OcspRequest, OcspResponse};

/// Who asks, and what was asked already.
pub(in crate::cli) struct Gatherer<'g> {
    fetch: &'g dyn Fetch,
    kept: Option<Kept<'g>>,
    sources: Vec<Source>,
    nonce: Option<Nonce>,
    asked: BTreeSet<Key>,
    failures: BTreeMap<String, FetchError>,
}

/// How statuses are asked.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Ask {
    /// In which order.
    pub(in crate::cli) sources: Vec<args::Source>,
    /// Whether OCSP responders get a nonce.
    pub(in crate::cli) nonce: bool,
}

/// Lists that were fetched before, and looked up by their index without being read.
pub(in crate::cli) struct Kept<'g> {
    pub(in crate::cli) cache: &'g Cache,
    /// The instant at which they must still be fresh; `None` takes them whatever their age, as a run without network
    /// does.
    pub(in crate::cli) fresh_at: Option<Timestamp>,
}

impl Kept<'_> {
    fn indexed(&self, request: &Request) -> Option<Indexed> {
        if !matches!(request.what, What::List | What::DeltaList) {
            return None;
        }
        let entry = self.cache.lookup(&request.url)?;
        let fresh = self.fresh_at.is_none_or(|now| entry.is_fresh(now));
        fresh.then(|| Indexed::fetched(entry.path(), &request.url)).flatten()
    }
}

/// What tells two requests apart: the same certificate asked about twice is one, whatever the nonce.
type Key = (String, Vec<u8>);

/// What is at hand, by the SHA-256 that paths give.
pub(in crate::cli) struct Known<'k> {
    certificates: BTreeMap<[u8; 32], &'k Certificate>,
    /// SubjectPublicKeyInfos of anchors without a certificate.
    keys: BTreeMap<[u8; 32], &'k [u8]>,
}

impl<'k> Known<'k> {
    pub(in crate::cli) fn new(
        certificates: impl Iterator<Item = &'k Certificate>,
        anchors: &'k [Anchor],
    ) -> Self {
        let of_anchors = anchors.iter().filter_map(Anchor::certificate);
        let certificates = certificates.chain(of_anchors);
        let keys = anchors.iter().filter(|anchor| anchor.certificate().is_none());
        Self {
            certificates: certificates.map(|found| (found.sha256(), found)).collect(),
            keys: keys.map(|anchor| (crate::cli::sha256(anchor.spki()), anchor.spki())).collect(),
        }
    }

    fn certificate(&self, report: &Report, place: usize) -> Option<&'k Certificate> {
        self.certificates.get(&report.path.get(place)?.sha256).copied()
    }

    fn spki(&self, report: &Report, place: usize) -> Option<&'k [u8]> {
        let of_anchor = || self.keys.get(&report.path.get(place)?.sha256).copied();
        self.certificate(report, place).map(Certificate::spki).or_else(of_anchor)
    }
}

/// What was fetched in one round.
#[derive(Default)]
pub(in crate::cli) struct Gathered {
    pub(in crate::cli) candidates: Vec<Candidate>,
    pub(in crate::cli) lists: Vec<ListFile>,
    pub(in crate::cli) indexed: Vec<Indexed>,
    pub(in crate::cli) responses: Vec<Response>,
}

impl<'g> Gatherer<'g> {
    pub(in crate::cli) fn new(fetch: &'g dyn Fetch, kept: Option<Kept<'g>>, ask: &Ask) -> Self {
        let mut sources = Vec::new();
        for source in &ask.sources {
            let source = match source {
                args::Source::Crl => Source::Crl,
                args::Source::Ocsp => Source::Ocsp,
            };
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        let nonce = ask.nonce.then(|| {
            let mut octets = [0; 32];
            SystemRandom::new().fill(&mut octets).ok()?;
            Nonce::new(&octets)
        });
        let (asked, failures) = (BTreeSet::new(), BTreeMap::new());
        Self { fetch, kept, sources, nonce: nonce.flatten(), asked, failures }
    }

    /// Fetches the next thing that each of these reports lacks; `None` when nothing is left to ask. The certificates
    /// of their paths are found by their SHA-256.
    pub(in crate::cli) fn round(
        &mut self,
        reports: &[Report],
        known: &Known<'_>,
    ) -> Option<Gathered> {
        let mut wanted = Vec::new();
        for report in reports {
            for request in self.lacking(report, known) {
                if self.asked.insert(key(&request)) {
                    wanted.push(request);
                }
            }
        }
        if wanted.is_empty() {
            return None;
        }
        let mut gathered = Gathered::default();
        wanted.retain(|request| {
            let indexed = self.kept.as_ref().and_then(|kept| kept.indexed(request));
            let is_to_fetch = indexed.is_none();
            gathered.indexed.extend(indexed);
            is_to_fetch
        });
        let fetch = self.fetch;
        let answers: Vec<_> =
            wanted.into_par_iter().map(|request| (fetch.fetch(&request), request)).collect();
        for (answer, request) in answers {
            let bytes = answer.map(|fetched| fetched.bytes);
            if let Err(error) = bytes.and_then(|bytes| gathered.take(&request, bytes)) {
                self.failures.insert(error.url.clone(), error);
            }
        }
        Some(gathered)
    }

    /// What could not be fetched for this report.
    pub(in crate::cli) fn failures(&self, report: &Report, known: &Known<'_>) -> Vec<FetchError> {
        let both = [Source::Crl, Source::Ocsp];
        let mut urls = BTreeSet::new();
        for place in 0..report.path.len() {
            let Some(certificate) = known.certificate(report, place) else { continue };
            let spki = known.spki(report, place + 1).unwrap_or_default();
            let requests = of_status(certificate, spki, &both, &Question::default());
            let requests = requests.into_iter().chain(of_issuers(certificate));
            urls.extend(requests.map(|request| request.url));
        }
        urls.iter().filter_map(|url| self.failures.get(url)).cloned().collect()
    }

    /// The next requests for one report: for its missing issuer, and for each status that is not known.
    fn lacking(&self, report: &Report, known: &Known<'_>) -> Vec<Request> {
        let mut requests = Vec::new();
        let orphan =
            report.findings.iter().any(|found| matches!(found.fact, Fact::NoIssuer { .. }));
        let top = known.certificate(report, report.path.len().saturating_sub(1));
        if let Some(top) = top.filter(|_| orphan) {
            requests.extend(self.next(of_issuers(top)));
        }
        for (place, status) in report.revocation.iter().enumerate() {
            let (Some(asked), Some(issuer)) =
                (known.certificate(report, place), known.spki(report, place + 1))
            else {
                continue;
            };
            if status.status == Status::Unknown {
                let question = Question { hash: CertIdHash::default(), nonce: self.nonce.clone() };
                let all = of_status(asked, issuer, &self.sources, &question);
                requests.extend(self.next(all));
            }
        }
        requests
    }

    /// The first that was not asked; a list brings its deltas.
    fn next(&self, all: Vec<Request>) -> Vec<Request> {
        let fresh = |request: &&Request| !self.asked.contains(&key(request));
        let main = all.iter().filter(fresh).find(|request| request.what != What::DeltaList);
        let deltas = all.iter().filter(fresh).filter(|request| request.what == What::DeltaList);
        let with_deltas = main.is_none_or(|request| request.what == What::List);
        let deltas = deltas.filter(|_| with_deltas);
        main.into_iter().chain(deltas).cloned().collect()
    }
}

impl Gathered {
    pub(in crate::cli) fn is_empty(&self) -> bool {
        self.candidates.is_empty()
            && self.lists.is_empty()
            && self.indexed.is_empty()
            && self.responses.is_empty()
    }

    /// Reads what came as what was asked for.
    fn take(&mut self, request: &Request, bytes: Vec<u8>) -> Result<(), FetchError> {
        let unexpected = |expected| FetchError {
            url: request.url.clone(),
            problem: FetchProblem::Unexpected { expected },
        };
        match &request.what {
            What::Issuers => {
                let contents =
                    store::read(&bytes, None).map_err(|_| unexpected("a certificate"))?;
                let origin = Origin(format!("aia:{}", request.url));
                let candidates = contents.certificates.into_iter();
                self.candidates.extend(
                    candidates.map(|certificate| Candidate { certificate, origin: origin.clone() }),
                );
            }
            What::List | What::DeltaList => {
                let list = ListFile { name: request.url.clone(), der: bytes };
                list.crl().map_err(|_| unexpected("a revocation list"))?;
                self.lists.push(list);
            }
            What::Status { request: asked } => {
                let response =
                    OcspResponse::parse(&bytes).map_err(|_| unexpected("an OCSP response"))?;
                let origin = Origin(format!("ocsp:{}", request.url));
                let request = OcspRequest::parse(asked).ok();
                self.responses.push(Response { response, origin, request });
            }
        }
        Ok(())
    }
}

fn key(request: &Request) -> Key {
    let asked = match &request.what {
        What::Status { request } => request.clone(),
        _ => Vec::new(),
    };
    (request.url.clone(), asked)
}
