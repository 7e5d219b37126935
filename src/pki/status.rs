//! Whether a certificate is revoked according to lists, without a path of its own: it may not even be at hand.

use jiff::Timestamp;

use super::entity::Node;
use super::entries::ListSigner;
use super::finding::{Fact, Finding, Severity};
use super::list::{Asked, ListRefusal};
use super::name::NormalName;
use super::options::{Exhausted, Meter, Options};
use super::report::{Attempt, Origin, Verdict};
use super::revocation::{Chain, RevocationStatus, Signers, SourceRefusal, Status};
use super::validator::Validator;
use crate::x509::{Certificate, Name, Serial};

/// A certificate whose status is asked.
#[derive(Clone, Copy, Debug)]
pub enum Question<'q> {
    /// It is at hand.
    Certificate(&'q Certificate),
    /// It is known by who issued it under which number. A list that is limited to some certificates may then say that
    /// it is revoked, and never that it is good.
    Number {
        /// The issuer's name.
        issuer: &'q Name,
        /// The serial number.
        serial: &'q Serial,
    },
}

/// What is known of the revocation of one certificate.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The instant judged.
    pub at: Timestamp,
    /// The answer.
    pub status: RevocationStatus,
    /// What it means, and what was found about the signers of lists.
    pub findings: Vec<Finding>,
}

impl Standing {
    /// Valid when it is good, invalid when it is revoked, else indeterminate.
    pub fn verdict(&self) -> Verdict {
        Verdict::of(&self.findings)
    }
}

impl Validator<'_> {
    /// Asks the lists about one certificate. A list counts when an anchor signed it, or a candidate that has a valid
    /// path to an anchor; the certificate asked about is verified for nothing.
    pub fn status_of(&self, question: Question<'_>, options: &Options) -> Standing {
        let origin = || Origin(String::new());
        let node = match question {
            Question::Certificate(certificate) => Some(Node::new(certificate.clone(), origin())),
            Question::Number { .. } => None,
        };
        let path: Vec<&Node> = node.iter().collect();
        let (asked_issuer, serial, subject) = match question {
            Question::Certificate(certificate) => (
                NormalName::of(certificate.issuer()),
                certificate.serial(),
                certificate.subject().to_string(),
            ),
            Question::Number { issuer, serial } => {
                (NormalName::of(issuer), serial, serial.to_string())
            }
        };
        let asked = match question {
            Question::Certificate(certificate) => Asked::about(certificate, &asked_issuer),
            Question::Number { .. } => Asked::by_number(&asked_issuer, serial),
        };
        let mut meter = Meter::new(options.budget);
        let mut best: Option<Attempt> = None;
        for anchor in &self.anchors {
            let chain = Chain { validator: self, options, anchor, nodes: &path };
            let mut attempt = Attempt::default();
            match chain.status_of(&asked, &subject, &mut meter, &mut attempt) {
                Ok(status) => chain.tell(status, &mut attempt),
                Err(Exhausted(limit)) => {
                    attempt.revocation.push(RevocationStatus::unknown(&subject));
                    attempt.add(Severity::Indeterminate, &subject, Fact::Budget(limit));
                }
            }
            if best.as_ref().is_none_or(|best| telling(&attempt) > telling(best)) {
                best = Some(attempt);
            }
        }
        let Attempt { findings, mut revocation, .. } =
            best.unwrap_or_else(|| self.without_anchor(&asked, &subject));
        let status = revocation.pop().unwrap_or_else(|| RevocationStatus::unknown(&subject));
        Standing { at: options.at, status, findings }
    }

    /// Finds who signed a list, by its place among those given: an anchor, or a candidate that has a valid path to one.
    ///
    /// # Errors
    /// Why it counts for nothing; its dates and its scope are not asked.
    pub fn authenticate(&self, place: usize, options: &Options) -> Result<ListSigner, ListRefusal> {
        let Some(list) = self.lists.get(place) else { return Err(ListRefusal::Scope) };
        let mut refusal = ListRefusal::NoSigner { issuer: list.crl.issuer().to_string() };
        let mut meter = Meter::new(options.budget);
        for anchor in &self.anchors {
            let chain = Chain { validator: self, options, anchor, nodes: &[] };
            let (signers, mut attempt) = (Signers::default(), Attempt::default());
            match chain.signer("", &[], place, &signers, &mut meter, &mut attempt) {
                Ok(Ok(_)) => break,
                Ok(Err(ListRefusal::NoSigner { .. })) => {}
                Ok(Err(why)) => refusal = why,
                Err(Exhausted(_)) => return Err(ListRefusal::SignerUntrusted),
            }
        }
        self.list_signer(place).ok_or(refusal)
    }

    /// With nobody to trust, no list counts.
    fn without_anchor(&self, asked: &Asked<'_>, subject: &str) -> Attempt {
        let mut attempt = Attempt::default();
        let mut status = RevocationStatus::unknown(subject);
        for list in self.lists.iter().filter(|list| list.may_be_about(asked)) {
            let issuer = list.crl.issuer().to_string();
            status.refuse(&list.origin, ListRefusal::NoSigner { issuer }.into());
        }
        attempt.add(Severity::Indeterminate, subject, Fact::RevocationUnknown);
        attempt.revocation.push(status);
        attempt
    }
}

/// Revoked under one anchor is revoked; good tells more than unknown; of what is unknown, the lists of a signer that
/// is at hand tell more than those of nobody.
fn telling(attempt: &Attempt) -> (u8, usize) {
    let Some(status) = attempt.revocation.last() else { return (0, 0) };
    let answer = match status.status {
        Status::Revoked { .. } => 2,
        Status::Good => 1,
        Status::Unknown => 0,
    };
    let nobody = |refusal: &SourceRefusal| {
        matches!(refusal, SourceRefusal::List(ListRefusal::NoSigner { .. }))
    };
    let by_somebody = status.refused.iter().filter(|fate| !nobody(&fate.refusal)).count();
    (answer, by_somebody)
}
