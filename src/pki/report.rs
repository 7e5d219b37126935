//! The answer: a path, what was found along it, and a verdict that follows from the findings alone.

use std::fmt;

use jiff::Timestamp;

use super::finding::{Fact, Finding, Severity};
use super::revocation::RevocationStatus;
use super::signature::Weakness;

/// Where a certificate or a list comes from, as the caller says it: `file:leaf.pem`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Origin(pub String);

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a validation says about one certificate.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The name of its subject (RFC 4514).
    pub subject: String,
    /// The instant judged.
    pub at: Timestamp,
    /// From the subject to the anchor: the path that is valid, or of those that are not the most telling.
    pub path: Vec<PathElement>,
    /// What was found along this path, subject first.
    pub findings: Vec<Finding>,
    /// The revocation status of each certificate of the path that was asked about, subject first.
    pub revocation: Vec<RevocationStatus>,
    /// What was not checked.
    pub not_checked: Vec<NotChecked>,
}

impl Report {
    /// Whether the certificate is good: what its worst finding says.
    pub fn verdict(&self) -> Verdict {
        Verdict::of(&self.findings)
    }
}

/// Whether a certificate is good.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Verdict {
    /// It is.
    Valid,
    /// It is not.
    Invalid,
    /// There is not enough to tell.
    Indeterminate,
}

impl Verdict {
    pub(super) fn of(findings: &[Finding]) -> Self {
        match findings.iter().map(|finding| finding.severity).max() {
            Some(Severity::Error) => Self::Invalid,
            Some(Severity::Indeterminate) => Self::Indeterminate,
            Some(Severity::Warning) | None => Self::Valid,
        }
    }

    /// As reports spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Indeterminate => "indeterminate",
        }
    }
}

/// A certificate, or a key that is trusted without one, on a path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PathElement {
    /// The name of its subject (RFC 4514).
    pub subject: String,
    /// SHA-256 of the certificate; of the SubjectPublicKeyInfo where [`kind`](Self::kind) says so.
    pub sha256: [u8; 32],
    /// What the hash is of.
    pub kind: PathElementKind,
    /// Where it comes from.
    pub origin: Origin,
}

/// What stands on a path.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PathElementKind {
    /// The certificate of an anchor.
    Anchor,
    /// A public key that is an anchor without a certificate.
    AnchorKey,
    /// A certificate that was verified.
    Certificate,
}

/// What a validation left out.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum NotChecked {
    /// The revocation status of a certificate, by its subject's name: it was not asked for, or the path was invalid
    /// without it.
    Revocation {
        /// The name.
        subject: String,
    },
    /// The revocation status of an OCSP responder, by its name: nothing at hand tells it, and its issuer does not say
    /// that it need not be asked (RFC 6960 §4.2.2.2.1).
    ResponderRevocation {
        /// The name.
        subject: String,
    },
    /// The dates of the anchor: an anchor is trusted whatever they are.
    AnchorValidity,
}

/// A report in the making: what one way to an anchor, or a way that ends before, has given.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempt {
    pub(super) path: Vec<PathElement>,
    pub(super) findings: Vec<Finding>,
    pub(super) revocation: Vec<RevocationStatus>,
    /// What was left out on the way, but for what [`NotChecked`] can be told from the path.
    pub(super) left_out: Vec<NotChecked>,
}

impl Attempt {
    /// A path about which nothing has been found yet.
    pub(super) fn of(path: Vec<PathElement>) -> Self {
        Self { path, findings: Vec::new(), revocation: Vec::new(), left_out: Vec::new() }
    }

    pub(super) fn verdict(&self) -> Verdict {
        Verdict::of(&self.findings)
    }

    /// Whether it is to be reported rather than `other`.
    pub(super) fn tells_more_than(&self, other: &Self) -> bool {
        self.rank() > other.rank()
    }

    /// Verdict first; then what the worst finding tells; then the fewest of them.
    fn rank(&self) -> (u8, u8, usize) {
        let verdict = match self.verdict() {
            Verdict::Valid => 2,
            Verdict::Indeterminate => 1,
            Verdict::Invalid => 0,
        };
        let grave = self.findings.iter().filter(|finding| finding.severity > Severity::Warning);
        let telling = grave.clone().map(|finding| finding.fact.telling()).max().unwrap_or(0);
        (verdict, telling, usize::MAX - grave.count())
    }

    /// Adds an error.
    pub(super) fn error(&mut self, subject: &str, fact: Fact) {
        self.add(Severity::Error, subject, fact);
    }

    /// Adds what is weak about the signature of a source of status.
    pub(super) fn weak_source(&mut self, subject: &str, weaknesses: &[Weakness]) {
        for weakness in weaknesses {
            self.add(Severity::Warning, subject, Fact::WeakSource(*weakness));
        }
    }

    /// Adds what is left out, once.
    pub(super) fn leave(&mut self, left_out: NotChecked) {
        if !self.left_out.contains(&left_out) {
            self.left_out.push(left_out);
        }
    }

    /// Adds a finding, once.
    pub(super) fn add(&mut self, severity: Severity, subject: &str, fact: Fact) {
        let finding = Finding { severity, subject: subject.to_owned(), fact };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }
}
