//! What is at hand for a judgement, as bytes; and the answer, in a form that tests compare whole.

use std::path::{Path, PathBuf};

use cpskit::pki::{
    Anchor, Candidate, List, ListRefusal, Options, Origin, Report, Revocation, Severity,
    SourceRefusal, Status, Validator, Verdict,
};
use cpskit::x509::{Certificate, Crl};
use jiff::Timestamp;

/// Anchors, candidates and lists; the last by name.
#[derive(Clone, Default)]
pub(crate) struct Scene {
    pub(crate) anchors: Vec<Vec<u8>>,
    pub(crate) candidates: Vec<Vec<u8>>,
    pub(crate) lists: Vec<(String, Vec<u8>)>,
}

impl Scene {
    /// Trusts one certificate.
    pub(crate) fn trusting(anchor: &[u8]) -> Self {
        Self { anchors: vec![anchor.to_vec()], ..Self::default() }
    }

    pub(crate) fn candidate(mut self, certificate: &[u8]) -> Self {
        self.candidates.push(certificate.to_vec());
        self
    }

    pub(crate) fn list(mut self, name: &str, list: &[u8]) -> Self {
        self.lists.push((name.to_owned(), list.to_vec()));
        self
    }

    /// Judges a certificate; candidates and lists that cannot be read are not there.
    pub(crate) fn judge(&self, leaf: &[u8], options: &Options) -> Report {
        let origin = |name: &str| Origin(name.to_owned());
        let anchors = self.anchors.iter().map(|der| {
            Anchor::from_certificate(Certificate::parse(der).expect("read"), origin("anchor"))
        });
        let candidates = self.candidates.iter().filter_map(|der| {
            Some(Candidate {
                certificate: Certificate::parse(der).ok()?,
                origin: origin("at hand"),
            })
        });
        let lists = self.lists.iter().filter_map(|(name, der)| {
            Some(List { crl: Crl::parse(der).ok()?, origin: origin(name) })
        });
        let validator = Validator::new(anchors.collect(), candidates.collect(), lists.collect());
        let leaf = Certificate::parse(leaf).expect("read");
        validator.validate(&leaf, &origin("leaf"), options)
    }

    /// The verdict, and the codes of what is graver than a warning.
    pub(crate) fn answer(&self, leaf: &[u8], options: &Options) -> (Verdict, Vec<&'static str>) {
        answer(&self.judge(leaf, options))
    }
}

/// The verdict, and the codes of what is graver than a warning.
pub(crate) fn answer(report: &Report) -> (Verdict, Vec<&'static str>) {
    let grave = report.findings.iter().filter(|finding| finding.severity > Severity::Warning);
    (report.verdict(), grave.map(|finding| finding.code()).collect())
}

/// The status of the subject, and each list that does not count with its reason.
pub(crate) fn status(report: &Report) -> (Status, Vec<(String, ListRefusal)>) {
    let status = report.revocation.first().expect("the subject was asked about");
    let refused = status.refused.iter().map(|fate| match &fate.refusal {
        SourceRefusal::List(refusal) => (fate.origin.0.clone(), refusal.clone()),
        other => panic!("not about a list: {other:?}"),
    });
    (status.status, refused.collect())
}

/// Without revocation, at an instant.
pub(crate) fn path_only(at: &str) -> Options {
    Options { revocation: Revocation::Off, ..Options::at(instant(at)) }
}

/// A file of `certs-test`.
pub(crate) fn fixture(path: impl AsRef<Path>) -> Vec<u8> {
    let path = folder().join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of `certs-test` with this extension, in the order of their paths.
pub(crate) fn fixtures(extension: &str) -> Vec<PathBuf> {
    let mut folders = vec![folder()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of certs-test") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

pub(crate) fn instant(text: &str) -> Timestamp {
    text.parse().expect(text)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("certs-test")
}
