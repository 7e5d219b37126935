//! OCSP answers as evidence (RFC 6960): which certificate an answer is about, whether who signs it may answer for its
//! issuer, and when it counts.

use std::collections::{BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::entity::{Entity, Node};
use super::finding::{Fact, Severity};
use super::list::Word;
use super::name::NormalName;
use super::options::{Exhausted, Legacy, Meter, Options, Revocation};
use super::path::Goal;
use super::report::{Attempt, NotChecked, Origin, Verdict};
use super::revocation::{Chain, Dated, RevocationStatus, Signers, Status};
use super::search::Search;
use super::signature::{SignatureError, Weakness};
use crate::x509::{
    CertStatus, Certificate, Extension, KeyUse, OcspAnswer, OcspError, OcspRequest, OcspResponse,
    Oid, Reason, ResponderId, Serial, SingleResponse, X509Error, oid,
};

/// An OCSP response. It counts once its signature holds and its signer may answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// The response.
    pub response: OcspResponse,
    /// Where it comes from.
    pub origin: Origin,
    /// The request that it was fetched with, just now; `None` when there is none, as for a file. With it, the nonce is
    /// compared, and the clock of the responder may be [some minutes](CLOCK_AHEAD) ahead.
    pub request: Option<OcspRequest>,
}

/// How far ahead the clock may be of a responder that was asked just now.
pub const CLOCK_AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// How long an answer without nextUpdate counts after its thisUpdate. RFC 6960 §4.2.2.1 leaves it to the client.
pub const LONGEST_WITHOUT_NEXT_UPDATE: SignedDuration = SignedDuration::from_hours(24);

/// Why an OCSP response does not count for a certificate.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerRefusal {
    /// An extension that stands there twice.
    #[error("extension {0} appears more than once")]
    DuplicateExtension(Oid),
    /// The responder gives no answer.
    #[error("the responder gives no answer: {0}")]
    Error(OcspError),
    /// An extension that cannot be read.
    #[error("extension {0} cannot be read")]
    ExtensionUnreadable(Oid),
    /// No certificate at hand is that of the responder.
    #[error("the certificate of its responder is not at hand")]
    NoResponder,
    /// It repeats another nonce than that of the request.
    #[error("its nonce is not that of the request")]
    NonceDiffers,
    /// Without nextUpdate, it counts for [a day](LONGEST_WITHOUT_NEXT_UPDATE).
    #[error("of {this_update}, and does not say until when it counts")]
    NotRecent {
        /// thisUpdate.
        this_update: Timestamp,
    },
    /// thisUpdate or producedAt is after the instant.
    #[error("not made before {from}")]
    NotYet {
        /// The later of both.
        from: Timestamp,
    },
    /// It is about other certificates.
    #[error("about other certificates")]
    OtherCertificate,
    /// An answer of another type than the basic one.
    #[error("an answer of type {0}")]
    OtherType(Oid),
    /// Its signer is neither the issuer nor one to whom the issuer, with the same key, has delegated answering
    /// (RFC 6960 §4.2.2.2).
    #[error("{responder} may not answer for the issuer")]
    ResponderNotDelegated {
        /// The name of the signer.
        responder: String,
    },
    /// The certificate of the delegated responder is revoked.
    #[error("the certificate of its responder, {responder}, is revoked")]
    ResponderRevoked {
        /// The name of the responder.
        responder: String,
    },
    /// The certificate of the delegated responder has no valid path to the same anchor.
    #[error("the certificate of its responder, {responder}, has no valid path to the same anchor")]
    ResponderUntrusted {
        /// The name of the responder.
        responder: String,
    },
    /// A signature that this crate cannot verify.
    #[error("signature algorithm {0}, or its key or parameters, is not supported")]
    SignatureUnsupported(Oid),
    /// Its signature is not that of its responder.
    #[error("the signature is not that of its responder")]
    SignatureWrong,
    /// nextUpdate is before the instant.
    #[error("stale since {next_update}")]
    Stale {
        /// nextUpdate.
        next_update: Timestamp,
    },
    /// The responder does not know the certificate (certStatus unknown).
    #[error("the responder does not know the certificate")]
    Unknown,
    /// A critical extension that this crate does not process.
    #[error("critical extension {0} is not known")]
    UnknownCritical(Oid),
    /// A weak signature, where these are refused.
    #[error("weakly signed")]
    Weak,
}

impl AnswerRefusal {
    /// The stable code: `pki.ocsp.…`.
    pub fn code(&self) -> &'static str {
        self.table().0
    }

    /// The rule, by its clause.
    pub fn rule(&self) -> &'static str {
        self.table().1
    }

    fn table(&self) -> (&'static str, &'static str) {
        match self {
            Self::DuplicateExtension(_) => ("pki.ocsp.duplicate", "RFC 5280 4.2"),
            Self::Error(_) => ("pki.ocsp.error", "RFC 6960 4.2.1"),
            Self::ExtensionUnreadable(_) => ("pki.ocsp.unreadable", "RFC 6960 4.4"),
            Self::NoResponder => ("pki.ocsp.no_responder", "RFC 6960 4.2.2.2"),
            Self::NonceDiffers => ("pki.ocsp.nonce", "RFC 9654 2.1"),
            Self::NotRecent { .. } => ("pki.ocsp.not_recent", "RFC 6960 4.2.2.1"),
            Self::NotYet { .. } => ("pki.ocsp.not_yet", "RFC 6960 3.2(5)"),
            Self::OtherCertificate => ("pki.ocsp.other_certificate", "RFC 6960 3.2(1)"),
            Self::OtherType(_) => ("pki.ocsp.type", "RFC 6960 4.2.1"),
            Self::ResponderNotDelegated { .. } => ("pki.ocsp.not_delegated", "RFC 6960 4.2.2.2"),
            Self::ResponderRevoked { .. } => ("pki.ocsp.responder_revoked", "RFC 6960 4.2.2.2.1"),
            Self::ResponderUntrusted { .. } => ("pki.ocsp.responder_untrusted", "RFC 6960 4.2.2.2"),
            Self::SignatureUnsupported(_) => ("pki.ocsp.signature_unsupported", "RFC 6960 3.2(2)"),
            Self::SignatureWrong => ("pki.ocsp.signature", "RFC 6960 3.2(2)"),
            Self::Stale { .. } => ("pki.ocsp.stale", "RFC 6960 3.2(6)"),
            Self::Unknown => ("pki.ocsp.unknown", "RFC 6960 2.2"),
            Self::UnknownCritical(_) => ("pki.ocsp.unknown_critical", "RFC 6960 4.4"),
            Self::Weak => ("pki.ocsp.weak", "NIST SP 800-131A 9"),
        }
    }
}

/// The responses at hand, found by the certificates they are about.
#[derive(Debug, Default)]
pub(super) struct Responses {
    pub(super) nodes: Vec<ResponseNode>,
    by_serial: HashMap<Serial, Vec<usize>>,
    /// Those that name no certificate, not even by their request: errors in files.
    about_any: Vec<usize>,
}

/// A response, with the certificates that it carries made ready.
#[derive(Debug)]
pub(super) struct ResponseNode {
    response: OcspResponse,
    pub(super) origin: Origin,
    request: Option<OcspRequest>,
    carried: Vec<Node>,
}

/// What an authentic answer says of a certificate.
pub(super) struct Heard {
    pub(super) word: Word,
    pub(super) source: Dated,
    /// Whether it counts at the instant.
    pub(super) current: Result<(), AnswerRefusal>,
}

impl Responses {
    pub(super) fn new(responses: Vec<Response>) -> Self {
        let mut all = Self::default();
        for (place, Response { response, origin, request }) in responses.into_iter().enumerate() {
            let (answered, carried) = match &response {
                OcspResponse::Answer(answer) => (&answer.responses[..], &answer.certificates[..]),
                _ => (&[][..], &[][..]),
            };
            let asked = request.iter().flat_map(|request| &request.certificates);
            let serials: BTreeSet<&Serial> = answered
                .iter()
                .map(|single| &single.certificate.serial)
                .chain(asked.map(|id| &id.serial))
                .collect();
            if serials.is_empty() {
                all.about_any.push(place);
            }
            for serial in serials {
                all.by_serial.entry(serial.clone()).or_default().push(place);
            }
            let carried = carried.iter().map(|found| Node::new(found.clone(), origin.clone()));
            let carried = carried.collect();
            all.nodes.push(ResponseNode { response, origin, request, carried });
        }
        all
    }

    /// The places of those that may be about a certificate.
    fn about(&self, serial: &Serial) -> impl Iterator<Item = usize> {
        let named = self.by_serial.get(serial).into_iter().flatten();
        named.chain(&self.about_any).copied()
    }
}

impl ResponseNode {
    /// The answer, if there is one and it may be used for the certificate, but for its signature and its dates; `None`
    /// when it is not about the certificate and was not to be.
    fn usable(
        &self,
        certificate: &Certificate,
        issuer: &Entity,
    ) -> Option<Result<(&OcspAnswer, Vec<&SingleResponse>), AnswerRefusal>> {
        let asked = self.request.as_ref().is_none_or(|request| {
            request.certificates.iter().any(|id| id.names(certificate, &issuer.spki))
        });
        let answer = match &self.response {
            OcspResponse::Answer(answer) => answer,
            OcspResponse::Error(error) => {
                return asked.then_some(Err(AnswerRefusal::Error(*error)));
            }
            OcspResponse::Other(kind) => {
                return asked.then(|| Err(AnswerRefusal::OtherType(kind.clone())));
            }
        };
        let singles = answer.responses.iter();
        let singles: Vec<_> =
            singles.filter(|single| single.certificate.names(certificate, &issuer.spki)).collect();
        if singles.is_empty() {
            return asked.then_some(Err(AnswerRefusal::OtherCertificate));
        }
        let form = processed(&answer.extensions)
            .and_then(|()| singles.iter().try_for_each(|single| processed(&single.extensions)));
        Some(form.map(|()| (&**answer, singles)))
    }

    /// Whether the nonce of the request, where there is one, is in the answer.
    fn nonce(&self, answer: &OcspAnswer) -> Result<Echo, AnswerRefusal> {
        let Some(asked) = self.request.as_ref().and_then(|request| request.nonce.as_ref()) else {
            return Ok(Echo::NotAsked);
        };
        match answer.nonce() {
            Ok(None) => Ok(Echo::Absent),
            Ok(Some(nonce)) if nonce == *asked => Ok(Echo::Same),
            Ok(Some(_)) => Err(AnswerRefusal::NonceDiffers),
            Err(X509Error::Extension { oid, .. }) => Err(AnswerRefusal::ExtensionUnreadable(oid)),
            Err(_) => Err(AnswerRefusal::NonceDiffers),
        }
    }

    /// Whether the instant is within the dates of an answer (RFC 6960 §3.2(5), (6) and §4.2.2.1).
    fn is_current(
        &self,
        answer: &OcspAnswer,
        single: &SingleResponse,
        at: Timestamp,
    ) -> Result<(), AnswerRefusal> {
        let ahead = if self.request.is_some() { CLOCK_AHEAD } else { SignedDuration::ZERO };
        let from = single.this_update.max(answer.produced_at);
        if from.duration_since(at) > ahead {
            return Err(AnswerRefusal::NotYet { from });
        }
        let this_update = single.this_update;
        match single.next_update {
            Some(next_update) if next_update < at => Err(AnswerRefusal::Stale { next_update }),
            None if at.duration_since(this_update) > LONGEST_WITHOUT_NEXT_UPDATE => {
                Err(AnswerRefusal::NotRecent { this_update })
            }
            _ => Ok(()),
        }
    }
}

/// What became of the nonce of the request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Echo {
    Absent,
    NotAsked,
    Same,
}

impl<'s> Chain<'_, 's, '_> {
    /// What the answers at hand say about the certificate at this place of the path. Those that do not count are added
    /// to `status`.
    pub(super) fn hear(
        &self,
        index: usize,
        signers: &Signers<'s>,
        meter: &mut Meter,
        attempt: &mut Attempt,
        status: &mut RevocationStatus,
    ) -> Result<Vec<Heard>, Exhausted> {
        let responses = &self.validator.responses;
        let certificate = &self.nodes[index].certificate;
        let mut heard = Vec::new();
        for place in responses.about(certificate.serial()) {
            let node = &responses.nodes[place];
            let (answer, singles) = match node.usable(certificate, self.issuer(index)) {
                None => continue,
                Some(Ok(usable)) => usable,
                Some(Err(refusal)) => {
                    status.refuse(&node.origin, refusal.into());
                    continue;
                }
            };
            let echo = node.nonce(answer);
            let signed = match &echo {
                Ok(_) => self.responder(index, place, answer, signers, meter, attempt)?,
                Err(refusal) => Err(refusal.clone()),
            };
            if let Err(refusal) = signed {
                status.refuse(&node.origin, refusal.into());
                continue;
            }
            if echo == Ok(Echo::Absent) {
                attempt.add(Severity::Warning, &status.subject, Fact::NonceAbsent);
            }
            for single in singles {
                let word = match single.status {
                    CertStatus::Good => Word::NotListed,
                    CertStatus::Revoked { at, reason } => {
                        Word::Listed(at, reason.unwrap_or(Reason::Unspecified))
                    }
                    CertStatus::Unknown => {
                        status.refuse(&node.origin, AnswerRefusal::Unknown.into());
                        continue;
                    }
                };
                let source = Dated {
                    origin: node.origin.clone(),
                    this_update: single.this_update,
                    next_update: single.next_update,
                };
                let current = node.is_current(answer, single, self.options.at);
                heard.push(Heard { word, source, current });
            }
        }
        Ok(heard)
    }

    /// Says that the answers at hand are about others, where nothing else told the status.
    pub(super) fn hear_of_others(&self, index: usize, status: &mut RevocationStatus) {
        /// As many as a person reads: a file may hold thousands.
        const MOST: usize = 8;
        let responses = &self.validator.responses;
        let serial = self.nodes[index].certificate.serial();
        if status.status != Status::Unknown || responses.about(serial).next().is_some() {
            return;
        }
        for node in responses.nodes.iter().filter(|node| node.request.is_none()).take(MOST) {
            status.refuse(&node.origin, AnswerRefusal::OtherCertificate.into());
        }
    }

    /// The name and the key that issued the certificate at this place.
    fn issuer(&self, index: usize) -> &'s Entity {
        self.nodes.get(index + 1).map_or(&self.anchor.entity, |node| &node.entity)
    }

    /// Finds who signed an answer, and whether they may: the issuer of the certificate, one to whom it delegates, or an
    /// anchor that says it signs answers (RFC 6960 §2.2 and §4.2.2.2).
    fn responder(
        &self,
        index: usize,
        place: usize,
        answer: &OcspAnswer,
        signers: &Signers<'s>,
        meter: &mut Meter,
        attempt: &mut Attempt,
    ) -> Result<Result<(), AnswerRefusal>, Exhausted> {
        let validator = self.validator;
        let subject = &self.nodes[index].entity.display;
        let issuer = self.issuer(index);
        let mut refusal = AnswerRefusal::NoResponder;
        if is_named(issuer, &answer.responder) {
            match self.answered_by(place, answer, issuer, meter)? {
                Ok(weak) => {
                    attempt.weak_source(subject, &weak);
                    return Ok(Ok(()));
                }
                Err(why) => refusal = why,
            }
        }
        let carried = &validator.responses.nodes[place].carried;
        for delegate in carried.iter().chain(validator.responders()) {
            if !is_named(&delegate.entity, &answer.responder) || delegate.entity.is(issuer) {
                continue;
            }
            if !signs_answers(&delegate.certificate, &delegate.entity)
                || delegate.issuer != issuer.subject
                || validator.signature(delegate, issuer, meter)?.is_err()
            {
                let responder = delegate.entity.display.clone();
                refusal = AnswerRefusal::ResponderNotDelegated { responder };
                continue;
            }
            match self.answered_by(place, answer, &delegate.entity, meter)? {
                Err(why) => refusal = why,
                Ok(weak) => match self.delegates_to(delegate, signers, meter, attempt)? {
                    Err(why) => refusal = why,
                    Ok(()) => {
                        attempt.weak_source(subject, &weak);
                        return Ok(Ok(()));
                    }
                },
            }
        }
        for anchor in &validator.anchors {
            let says =
                anchor.certificate.as_ref().is_some_and(|c| signs_answers(c, &anchor.entity));
            if says && is_named(&anchor.entity, &answer.responder) {
                match self.answered_by(place, answer, &anchor.entity, meter)? {
                    Err(why) => refusal = why,
                    Ok(weak) => {
                        attempt.weak_source(subject, &weak);
                        return Ok(Ok(()));
                    }
                }
            }
        }
        Ok(Err(refusal))
    }

    fn answered_by(
        &self,
        place: usize,
        answer: &OcspAnswer,
        signer: &Entity,
        meter: &mut Meter,
    ) -> Result<Result<Vec<Weakness>, AnswerRefusal>, Exhausted> {
        let outcome = self.validator.answer_signature(place, answer, signer, meter)?;
        Ok(match outcome {
            Ok(weak) if weak.is_empty() || self.options.legacy == Legacy::DangerAllowed => Ok(weak),
            Ok(_) => Err(AnswerRefusal::Weak),
            Err(SignatureError::Unsupported(oid)) => Err(AnswerRefusal::SignatureUnsupported(oid)),
            Err(SignatureError::Wrong) => Err(AnswerRefusal::SignatureWrong),
        })
    }

    /// Whether the certificate of a delegated responder has a valid path to the anchor of this one. Its own status is
    /// asked of what is at hand; that it is not known is said, unless its issuer says that it need not be asked.
    fn delegates_to(
        &self,
        delegate: &'s Node,
        signers: &Signers<'s>,
        meter: &mut Meter,
        attempt: &mut Attempt,
    ) -> Result<Result<(), AnswerRefusal>, Exhausted> {
        let responder = delegate.entity.display.clone();
        let Some(signers) = signers.and(delegate) else {
            return Ok(Err(AnswerRefusal::ResponderUntrusted { responder }));
        };
        let options = Options { revocation: Revocation::Prefer, ..self.options.clone() };
        let search = Search::new(self.validator, &options, Goal::Responder);
        let found = search.under(self.anchor, signers).run(delegate, meter)?;
        if found.findings.iter().any(|found| matches!(found.fact, Fact::Revoked { .. })) {
            return Ok(Err(AnswerRefusal::ResponderRevoked { responder }));
        }
        if found.verdict() != Verdict::Valid {
            return Ok(Err(AnswerRefusal::ResponderUntrusted { responder }));
        }
        let known = found.revocation.iter().all(|status| status.status == Status::Good);
        if !known && delegate.certificate.extension(oid::OCSP_NO_CHECK).is_none() {
            attempt.leave(NotChecked::ResponderRevocation { subject: responder });
        }
        Ok(Ok(()))
    }
}

/// Whether a name or a key is that of the responder.
fn is_named(entity: &Entity, responder: &ResponderId) -> bool {
    match responder {
        ResponderId::Name(name) => NormalName::of(name) == entity.subject,
        ResponderId::Key(_) => responder.is_key(&entity.spki),
    }
}

/// Whether a certificate says that its key signs answers (RFC 6960 §4.2.2.2): id-kp-OCSPSigning, which no other purpose
/// stands for, and a keyUsage that agrees (RFC 5280 §4.2.1.12).
pub(super) fn signs_answers(certificate: &Certificate, entity: &Entity) -> bool {
    let purposes = certificate.extended_key_usage().ok().flatten().unwrap_or_default();
    purposes.iter().any(|purpose| *purpose == oid::OCSP_SIGNING)
        && (entity.may(KeyUse::DigitalSignature) || entity.may(KeyUse::NonRepudiation))
}

/// Whether every extension appears once, and is known where it is critical. The nonce is processed; the others of
/// RFC 6960 §4.4 change nothing in what an answer says.
fn processed(extensions: &[Extension]) -> Result<(), AnswerRefusal> {
    let mut seen = BTreeSet::new();
    for extension in extensions {
        if !seen.insert(&extension.oid) {
            return Err(AnswerRefusal::DuplicateExtension(extension.oid.clone()));
        }
        if extension.is_critical() && extension.oid != oid::OCSP_NONCE {
            return Err(AnswerRefusal::UnknownCritical(extension.oid.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
