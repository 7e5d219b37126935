//! Profiles: what a certificate should look like, beyond what makes a path valid.
//!
//! [`lint`] holds one certificate against RFC 5280 section 4 and, when IGC-Santé or its emulation issued it, against
//! the IGC-Santé profiles; [`igc_sante`] is the second part alone. Nothing published gives these profiles whole: each
//! [`Rule`] has a source and a [`Confidence`], and one that rests on an inference or on the word of a third party
//! warns and never fails.

mod igc_sante;
mod rfc5280;
mod rule;
#[cfg(test)]
mod tests;

use std::fmt;

pub use rule::Rule;

use super::finding::{Finding, Severity};
use crate::x509::Certificate;

/// Holds a certificate against every profile that applies to it.
pub fn lint(certificate: &Certificate) -> Vec<Remark> {
    let standard = rfc5280::lint(certificate).into_iter().map(Remark::Standard);
    standard.chain(igc_sante(certificate)).collect()
}

/// Holds a certificate against the IGC-Santé profile of its product. One of another PKI gets one remark that says so.
pub fn igc_sante(certificate: &Certificate) -> impl Iterator<Item = Remark> {
    igc_sante::lint(certificate).into_iter().map(Remark::Profile)
}

/// Something to say about a certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Remark {
    /// It breaks RFC 5280 section 4.
    Standard(Finding),
    /// It breaks a rule of a profile.
    Profile(Breach),
}

impl Remark {
    /// The stable code: `igc.…`, or `pki.…`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Standard(finding) => finding.code(),
            Self::Profile(breach) => breach.rule.code(),
        }
    }

    /// What it means for the verdict.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Standard(finding) => finding.severity,
            Self::Profile(breach) => breach.severity(),
        }
    }

    /// The rule, by its clause: `RFC 5280 4.1.2.2`, `IGC-Santé 5.1`.
    pub fn rule(&self) -> String {
        match self {
            Self::Standard(finding) => finding.rule().to_owned(),
            Self::Profile(breach) => format!("IGC-Santé {}", breach.rule.section()),
        }
    }

    /// Where the rule comes from, when it is not a standard: `IGC-Santé fact sheet 5.1 [R]`.
    pub fn source(&self) -> Option<String> {
        let Self::Profile(breach) = self else { return None };
        let (section, tag) = (breach.rule.section(), breach.confidence.tag());
        Some(format!("IGC-Santé fact sheet {section} [{tag}]"))
    }

    /// How sure the rule is, when it is not a standard.
    pub fn confidence(&self) -> Option<Confidence> {
        let Self::Profile(breach) = self else { return None };
        Some(breach.confidence)
    }

    /// A sentence for people.
    pub fn message(&self) -> String {
        match self {
            Self::Standard(finding) => finding.message(),
            Self::Profile(breach) => breach.to_string(),
        }
    }
}

/// A rule of a profile that is not kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Breach {
    /// Which rule.
    pub rule: Rule,
    /// How sure it is here: as sure as the rule, or less where the rule is applied to what was never seen.
    pub confidence: Confidence,
    /// What stands there instead, for people; empty when the rule says it all.
    pub found: String,
}

impl Breach {
    /// What it means for the verdict: what the rule says, and never more than a warning for what is not known for sure.
    pub fn severity(&self) -> Severity {
        match self.confidence {
            Confidence::Read | Confidence::Official => self.rule.severity(),
            Confidence::ThirdParty | Confidence::Inferred => Severity::Warning,
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.rule)?;
        if self.found.is_empty() { Ok(()) } else { write!(f, ": {}", self.found) }
    }
}

/// What a rule rests on, surest first.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Confidence {
    /// Read in real certificates.
    Read,
    /// Said by an official document.
    Official,
    /// Said by the code or the text of a third party.
    ThirdParty,
    /// Inferred.
    Inferred,
}

impl Confidence {
    /// As documents spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Official => "official",
            Self::ThirdParty => "third-party",
            Self::Inferred => "inferred",
        }
    }

    /// The letter that stands beside a source.
    pub fn tag(self) -> char {
        match self {
            Self::Read => 'R',
            Self::Official => 'O',
            Self::ThirdParty => 'T',
            Self::Inferred => 'I',
        }
    }
}
