//! The revocation status of the certificates of a path (RFC 5280 §6.3): which lists count, who signs them, and what
//! they and the OCSP answers say together.

use jiff::Timestamp;

use super::entity::{Anchor, Entity, Node};
use super::finding::{Fact, Severity};
use super::list::{Asked, Frame, ListNode, ListRefusal, Number, Reasons, Word};
use super::ocsp::{AnswerRefusal, Heard};
use super::options::{Conformance, Exhausted, Legacy, Meter, Options, Revocation};
use super::path::Goal;
use super::report::{Attempt, Origin, Verdict};
use super::search::Search;
use super::signature::Weakness;
use super::validator::Validator;
use crate::x509::{KeyUse, Reason};

/// How many signers of lists may stand behind one another: each one's status may rest on the list of the next.
const DEEPEST: usize = 4;

/// What is known of the revocation of one certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevocationStatus {
    /// The name of its subject (RFC 4514).
    pub subject: String,
    /// The answer.
    pub status: Status,
    /// The list or the OCSP response that told it; of several, the first, answers before lists.
    pub source: Option<Origin>,
    /// thisUpdate of this source.
    pub this_update: Option<Timestamp>,
    /// nextUpdate of this source.
    pub next_update: Option<Timestamp>,
    /// The sources that might have told it and do not count, and why.
    pub refused: Vec<SourceFate>,
}

/// Whether a certificate is revoked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    /// It is not.
    Good,
    /// It is.
    Revoked {
        /// revocationDate.
        at: Timestamp,
        /// reasonCode; unspecified where there is none.
        reason: Reason,
    },
    /// There is not enough to tell.
    Unknown,
}

/// A source that does not count.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SourceFate {
    /// Where it comes from.
    pub origin: Origin,
    /// Why it does not count.
    pub refusal: SourceRefusal,
}

/// Why a source does not count for a certificate.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SourceRefusal {
    /// An OCSP response.
    #[error(transparent)]
    Answer(#[from] AnswerRefusal),
    /// A list.
    #[error(transparent)]
    List(#[from] ListRefusal),
}

impl SourceRefusal {
    /// The stable code: `pki.crl.…` or `pki.ocsp.…`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Answer(refusal) => refusal.code(),
            Self::List(refusal) => refusal.code(),
        }
    }

    /// The rule, by its clause.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Answer(refusal) => refusal.rule(),
            Self::List(refusal) => refusal.rule(),
        }
    }
}

/// A source, with its dates.
#[derive(Clone, Debug)]
pub(super) struct Dated {
    pub(super) origin: Origin,
    pub(super) this_update: Timestamp,
    pub(super) next_update: Option<Timestamp>,
}

/// The signers of lists and of answers whose own status is being asked: a list that one of them signs cannot be waited
/// for.
#[derive(Clone, Debug, Default)]
pub(super) struct Signers<'s>(Vec<&'s Node>);

impl<'s> Signers<'s> {
    /// These and one more, unless its status is being asked already, or too many stand behind one another.
    pub(super) fn and(&self, signer: &'s Node) -> Option<Self> {
        let one_more = self.0.len() < DEEPEST && !self.include(signer);
        one_more.then(|| Self([&self.0[..], &[signer]].concat()))
    }

    fn include(&self, signer: &Node) -> bool {
        self.0.iter().any(|known| known.id == signer.id)
    }
}

/// A path whose certificates are asked about.
pub(super) struct Chain<'c, 's, 'a> {
    pub(super) validator: &'s Validator<'a>,
    pub(super) options: &'s Options,
    pub(super) anchor: &'s Anchor,
    /// From the last certificate up.
    pub(super) nodes: &'c [&'s Node],
}

/// A list whose signature holds, with the reasons for which it speaks.
struct Authentic<'s, 'a> {
    list: &'s ListNode<'a>,
    frame: &'s Frame,
    reasons: Reasons,
    /// What it says, where it was asked while its signature was verified.
    word: Option<Result<Word, ListRefusal>>,
}

/// On what a list's signature rests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Basis {
    /// The key of a signer whose status does not hang on the list itself.
    Independent,
    /// The key of a signer whose status is being asked.
    OwnKey,
}

impl<'s, 'a> Chain<'_, 's, 'a> {
    /// Adds the status of the certificate at this place of the path.
    pub(super) fn ask(
        &self,
        index: usize,
        signers: &Signers<'s>,
        meter: &mut Meter,
        attempt: &mut Attempt,
    ) -> Result<(), Exhausted> {
        let status = self.status(index, signers, meter, attempt)?;
        self.tell(status, attempt);
        Ok(())
    }

    /// Adds a status, and what it means for a certificate.
    pub(super) fn tell(&self, status: RevocationStatus, attempt: &mut Attempt) {
        let subject = &status.subject;
        match status.status {
            Status::Good => {}
            Status::Revoked { at, reason } => {
                attempt.error(subject, Fact::Revoked { at, reason });
            }
            Status::Unknown => {
                let severity = match self.options.revocation {
                    Revocation::Require => Severity::Indeterminate,
                    Revocation::Off | Revocation::Prefer => Severity::Warning,
                };
                attempt.add(severity, subject, Fact::RevocationUnknown);
            }
        }
        attempt.revocation.push(status);
    }

    fn status(
        &self,
        index: usize,
        signers: &Signers<'s>,
        meter: &mut Meter,
        attempt: &mut Attempt,
    ) -> Result<RevocationStatus, Exhausted> {
        let node = self.nodes[index];
        let asked = Asked::about(&node.certificate, &node.issuer);
        let mut status = RevocationStatus::unknown(&node.entity.display);
        let path = &self.nodes[index..];
        let authentic = self.authentic(&asked, path, signers, meter, attempt, &mut status)?;
        let heard = self.hear(index, signers, meter, attempt, &mut status)?;
        self.decide(&asked, authentic, heard, &mut status);
        self.hear_of_others(index, &mut status);
        Ok(status)
    }

    /// What the lists alone say of a certificate that may be known by no more than its number: `nodes` holds it, or
    /// nothing.
    pub(super) fn status_of(
        &self,
        asked: &Asked<'_>,
        subject: &str,
        meter: &mut Meter,
        attempt: &mut Attempt,
    ) -> Result<RevocationStatus, Exhausted> {
        let mut status = RevocationStatus::unknown(subject);
        let (path, signers) = (self.nodes, Signers::default());
        let authentic = self.authentic(asked, path, &signers, meter, attempt, &mut status)?;
        self.decide(asked, authentic, Vec::new(), &mut status);
        Ok(status)
    }

    /// The lists about a certificate whose signatures hold; why the others do not count is added to `status`. `path`
    /// starts with the certificate, where it is at hand, and ends below the anchor.
    fn authentic(
        &self,
        asked: &Asked<'_>,
        path: &[&'s Node],
        signers: &Signers<'s>,
        meter: &mut Meter,
        attempt: &mut Attempt,
        status: &mut RevocationStatus,
    ) -> Result<Vec<Authentic<'s, 'a>>, Exhausted> {
        let mut authentic = Vec::new();
        for (place, list) in self.validator.lists.iter().enumerate() {
            if !list.may_be_about(asked) {
                continue;
            }
            let signed = match self.usable(list, asked) {
                Err(refusal) => Err(refusal),
                Ok((frame, reasons)) => {
                    let subject = &status.subject;
                    let (signer, word) = list.ask_during(asked, || {
                        self.signer(subject, path, place, signers, meter, attempt)
                    });
                    signer?.map(|basis| (Authentic { list, frame, reasons, word }, basis))
                }
            };
            match signed {
                Err(refusal) => status.refuse(&list.origin, refusal.into()),
                Ok((list, basis)) => {
                    if basis == Basis::OwnKey {
                        attempt.add(Severity::Warning, &status.subject, Fact::StatusBySelf);
                    }
                    authentic.push(list);
                }
            }
        }
        Ok(authentic)
    }

    /// Whether a list may be used for a certificate, but for its signature and its dates.
    fn usable(
        &self,
        list: &'s ListNode<'a>,
        asked: &Asked<'_>,
    ) -> Result<(&'s Frame, Reasons), ListRefusal> {
        let frame = list.frame()?;
        let reasons = list.reasons_for(asked)?;
        if self.options.conformance == Conformance::Strict {
            list.has_the_form_demanded()?;
        }
        Ok((frame, reasons))
    }

    /// Finds who signed a list: an authority above the certificate, or another certificate under the list's issuer's
    /// name that has a valid path to the same anchor (§6.3.3(f), (g)).
    pub(super) fn signer(
        &self,
        subject: &str,
        path: &[&'s Node],
        place: usize,
        signers: &Signers<'s>,
        meter: &mut Meter,
        attempt: &mut Attempt,
    ) -> Result<Result<Basis, ListRefusal>, Exhausted> {
        let list = &self.validator.lists[place];
        let above = path.iter().skip(1).map(|node| &node.entity);
        let mut refusal = ListRefusal::NoSigner { issuer: list.crl.issuer().to_string() };
        for entity in above.chain([&self.anchor.entity]) {
            if entity.subject == list.issuer && entity.may(KeyUse::CrlSign) {
                match self.signed_by(place, entity, meter)? {
                    Ok(weak) => {
                        attempt.weak_source(subject, &weak);
                        return Ok(Ok(Basis::Independent));
                    }
                    Err(why) => refusal = why,
                }
            }
        }
        let validator = self.validator;
        for node in validator.named(&list.issuer) {
            if !node.entity.may(KeyUse::CrlSign) {
                continue;
            }
            match self.signed_by(place, &node.entity, meter)? {
                Err(why) => refusal = why,
                Ok(weak) => {
                    let itself = path.first().is_some_and(|asked| asked.id == node.id);
                    if signers.include(node) || itself {
                        attempt.weak_source(subject, &weak);
                        return Ok(Ok(Basis::OwnKey));
                    }
                    if self.trusts(node, signers, meter, attempt)? {
                        attempt.weak_source(subject, &weak);
                        return Ok(Ok(Basis::Independent));
                    }
                    refusal = ListRefusal::SignerUntrusted;
                }
            }
        }
        Ok(Err(refusal))
    }

    fn signed_by(
        &self,
        place: usize,
        signer: &Entity,
        meter: &mut Meter,
    ) -> Result<Result<Vec<Weakness>, ListRefusal>, Exhausted> {
        let outcome = self.validator.list_signature(place, signer, meter)?;
        Ok(match outcome {
            Ok(weak) if weak.is_empty() || self.options.legacy == Legacy::DangerAllowed => Ok(weak),
            Ok(_) => Err(ListRefusal::Weak),
            Err(_) => Err(ListRefusal::SignatureWrong),
        })
    }

    /// Whether the signer of a list has a valid path to the anchor of this one. Of what is found there, only that its
    /// status rests on itself is told.
    fn trusts(
        &self,
        node: &'s Node,
        signers: &Signers<'s>,
        meter: &mut Meter,
        attempt: &mut Attempt,
    ) -> Result<bool, Exhausted> {
        let Some(signers) = signers.and(node) else { return Ok(false) };
        let search =
            Search::new(self.validator, self.options, Goal::ListSigner).under(self.anchor, signers);
        let found = search.run(node, meter)?;
        let trusted = found.verdict() == Verdict::Valid;
        for finding in found.findings {
            if trusted && finding.fact == Fact::StatusBySelf {
                attempt.add(finding.severity, &finding.subject, finding.fact);
            }
        }
        if trusted {
            found.left_out.into_iter().for_each(|left_out| attempt.leave(left_out));
        }
        Ok(trusted)
    }

    /// What authentic lists and answers say together: in each scope the newest list that is usable decides; revoked in
    /// one is revoked; good takes all reasons, or the answer of a responder, which is about all.
    fn decide(
        &self,
        asked: &Asked<'_>,
        authentic: Vec<Authentic<'s, 'a>>,
        heard: Vec<Heard>,
        status: &mut RevocationStatus,
    ) {
        let at = self.options.at;
        let mut answered = false;
        for Heard { word, source, current } in &heard {
            match current {
                Err(refusal) => status.refuse(&source.origin, refusal.clone().into()),
                Ok(()) => {
                    answered = true;
                    status.take(*word, source, at);
                }
            }
        }
        let (mut deltas, mut complete): (Vec<_>, Vec<_>) =
            authentic.into_iter().partition(|list| list.frame.base.is_some());
        // The newest first, so that the first that is usable decides.
        complete.sort_by(|one, other| other.age().cmp(&one.age()));
        deltas.sort_by(|one, other| other.age().cmp(&one.age()));
        let mut fates = vec![Some(ListRefusal::DeltaWithoutBase); deltas.len()];
        let mut decided: Vec<&Authentic<'_, '_>> = Vec::new();
        let mut reasons = Reasons::NONE;
        for list in &complete {
            if decided.iter().any(|newer| newer.replaces(list)) {
                status.refuse(&list.list.origin, ListRefusal::Superseded.into());
                continue;
            }
            let own = match list.word_on(asked) {
                Ok(word) => word,
                Err(refusal) => {
                    status.refuse(&list.list.origin, refusal.into());
                    continue;
                }
            };
            let mut amendment = None;
            for (delta, fate) in deltas.iter().zip(&mut fates) {
                let issued = list.list.crl.this_update().instant <= at;
                let fits = delta.list.issuer == list.list.issuer && delta.frame.amends(list.frame);
                if amendment.is_some() || !issued || !fits {
                    continue;
                }
                match delta.list.is_current(at).and_then(|()| delta.word_on(asked)) {
                    // Together they are the complete list of the delta's date (§5.2.4).
                    Ok(word) => {
                        *fate = None;
                        amendment = Some((amended(own, word), delta.list));
                    }
                    Err(refusal) => *fate = Some(refusal),
                }
            }
            let (word, source) = match (amendment, list.list.is_current(at)) {
                (Some((Some(word), delta)), _) => (word, delta),
                (Some((None, _)), _) | (None, Ok(())) => (own, list.list),
                (None, Err(refusal)) => {
                    status.refuse(&list.list.origin, refusal.into());
                    continue;
                }
            };
            decided.push(list);
            reasons = reasons.or(list.reasons);
            status.take(word, &source.dated(), at);
        }
        for (delta, fate) in deltas.iter().zip(fates) {
            if let Some(refusal) = fate {
                status.refuse(&delta.list.origin, refusal.into());
            }
        }
        if matches!(status.status, Status::Revoked { .. }) {
            return;
        }
        status.status = Status::Unknown;
        if answered || reasons == Reasons::ALL {
            status.status = Status::Good;
            return;
        }
        for list in complete.iter().filter(|list| list.reasons == Reasons::NONE) {
            status.refuse(&list.list.origin, ListRefusal::Scope.into());
        }
        // Sources of another time prove no absence, but a revocation that is not a hold is for ever.
        let lists = complete.iter().chain(&deltas);
        let lists = lists.filter_map(|list| Some((list.word_on(asked).ok()?, list.list.dated())));
        for (word, source) in heard.into_iter().map(|heard| (heard.word, heard.source)).chain(lists)
        {
            if let Word::Listed(date, reason) = word
                && date <= at
                && !matches!(reason, Reason::CertificateHold | Reason::RemoveFromCrl)
            {
                status.take(word, &source, at);
            }
        }
    }
}

impl Authentic<'_, '_> {
    fn word_on(&self, asked: &Asked<'_>) -> Result<Word, ListRefusal> {
        self.word.clone().unwrap_or_else(|| self.list.word_on(asked))
    }

    fn age(&self) -> (Timestamp, Option<&Number>) {
        (self.list.crl.this_update().instant, self.frame.number.as_ref())
    }

    /// Whether it is newer, about the same certificates for the same reasons, and by the same key: an authority that
    /// changes its key may speak of what each key signed in a list of its own.
    fn replaces(&self, other: &Self) -> bool {
        self.list.issuer == other.list.issuer
            && self.frame.scope == other.frame.scope
            && self.frame.authority_key == other.frame.authority_key
            && self.age() > other.age()
    }
}

impl RevocationStatus {
    pub(super) fn unknown(subject: &str) -> Self {
        Self {
            subject: subject.to_owned(),
            status: Status::Unknown,
            source: None,
            this_update: None,
            next_update: None,
            refused: Vec::new(),
        }
    }

    pub(super) fn refuse(&mut self, origin: &Origin, refusal: SourceRefusal) {
        self.refused.push(SourceFate { origin: origin.clone(), refusal });
    }

    /// Takes in what a source says. Revoked stays revoked; a revocation after the instant is none yet.
    fn take(&mut self, word: Word, source: &Dated, at: Timestamp) {
        let revoked = match word {
            Word::Listed(date, reason) if date <= at => Some(Status::Revoked { at: date, reason }),
            _ => None,
        };
        if matches!(self.status, Status::Revoked { .. })
            || (revoked.is_none() && self.source.is_some())
        {
            return;
        }
        self.status = revoked.unwrap_or(Status::Good);
        self.source = Some(source.origin.clone());
        self.this_update = Some(source.this_update);
        self.next_update = source.next_update;
    }
}

/// What a delta list makes of the word of a complete list; `None` when that word stands.
fn amended(complete: Word, delta: Word) -> Option<Word> {
    match (complete, delta) {
        (_, Word::Listed(_, Reason::RemoveFromCrl)) => Some(Word::NotListed),
        (_, listed @ Word::Listed(..)) => Some(listed),
        (Word::Listed(..), Word::NotListed) => None,
        (Word::NotListed, Word::NotListed) => Some(Word::NotListed),
    }
}
