//! What the authorities publish: complete and delta lists on a schedule, OCSP at once (platform fact sheet §8).

use std::time::Duration;

use data_encoding::HEXLOWER;
use der::Decode;
use jiff::civil::Time;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp, ToSpan};
use ring::digest::{self, digest};
use x509_cert::Certificate;

use super::state::State;
use super::wire::Motif;
use crate::emulate::igc::{
    Answer, Authority, ListRequest, MintError, NamedBy, Question, Reason, Responder, Revoked,
    Single, Standing, World, ocsp_error, ocsp_response, product_key, responder_certificate,
};

/// When lists are published.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Schedule {
    /// Each morning at 07:00, UTC.
    #[default]
    Morning,
    /// Every so often, counted from 1970; at least a second.
    Every(Duration),
}

impl Schedule {
    /// The publication that is in force, and the one before.
    fn around(self, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        match self {
            Self::Morning => {
                let today = Offset::UTC.to_datetime(now).date();
                let morning = today.to_datetime(Time::constant(7, 0, 0, 0));
                let morning = Offset::UTC.to_timestamp(morning).ok()?;
                let day = SignedDuration::from_hours(24);
                let last = if morning <= now { morning } else { morning.checked_sub(day).ok()? };
                Some((last, last.checked_sub(day).ok()?))
            }
            Self::Every(period) => {
                let period = i64::try_from(period.as_secs()).ok()?.max(1);
                let last = now.as_second().div_euclid(period) * period;
                let instant = |second| Timestamp::from_second(second).ok();
                Some((instant(last)?, instant(last - period)?))
            }
        }
    }
}

/// Whether lists are signed with the right key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Signer {
    Issuer,
    Foreign,
}

/// What is published of an authority.
pub(super) struct Published<'p> {
    pub(super) state: &'p State,
    pub(super) schedule: Schedule,
    pub(super) now: Timestamp,
    pub(super) signer: Signer,
}

impl Published<'_> {
    /// The answer to `GET path`: media type and content.
    pub(super) fn get(&self, path: &str) -> Option<(&'static str, Vec<u8>)> {
        let (folder, file) = path.trim_start_matches('/').split_once('/')?;
        match folder {
            "AC" => {
                let authority = Authority::by_code(file.strip_suffix(".cer")?)?;
                Some(("application/pkix-cert", authority.certificate().to_vec()))
            }
            "CRL" => {
                let code = file.strip_suffix(".crl")?;
                let list = match code.strip_suffix("-delta") {
                    Some(code) => self.delta(Authority::by_code(code)?),
                    None => self.complete(Authority::by_code(code)?),
                };
                Some(("application/pkix-crl", list?.ok()?))
            }
            _ => None,
        }
    }

    /// The publication in force and the one before it.
    fn dates(&self) -> Option<(Timestamp, Timestamp)> {
        let (last, before) = self.schedule.around(self.now)?;
        match self.state.published {
            Some(forced) if forced > last => Some((forced, last)),
            _ => Some((last, before)),
        }
    }

    fn complete(&self, authority: Authority) -> Option<Result<Vec<u8>, MintError>> {
        let (last, _) = self.dates()?;
        let list = self.list(authority, last);
        let list = self.revoked(authority, Timestamp::MIN, last).fold(list, ListRequest::revoking);
        Some(list.der())
    }

    /// Amends the complete list that was published before.
    fn delta(&self, authority: Authority) -> Option<Result<Vec<u8>, MintError>> {
        let (last, before) = self.dates()?;
        let list = self.list(authority, last).delta_of(number(before));
        let list = self.revoked(authority, before, last).fold(list, ListRequest::revoking);
        Some(list.der())
    }

    fn list(&self, authority: Authority, at: Timestamp) -> ListRequest {
        let list = ListRequest::new(authority, at).number(number(at));
        match (self.signer, product_key("org-conf")) {
            (Signer::Foreign, Some(key)) => list.signed_by(key),
            _ => list,
        }
    }

    /// What was revoked after one instant, up to another.
    fn revoked(
        &self,
        authority: Authority,
        after: Timestamp,
        until: Timestamp,
    ) -> impl Iterator<Item = Revoked> {
        let code = authority.code();
        self.state.certificates.iter().filter(move |found| found.authority == code).filter_map(
            move |found| {
                let revoked =
                    found.revoked.filter(|revoked| after < revoked.at && revoked.at <= until)?;
                let serial = HEXLOWER.decode(found.serial.as_bytes()).ok()?;
                Some(Revoked { serial, at: revoked.at, reason: reason(revoked.motif) })
            },
        )
    }

    /// The answer to an OCSP request in DER.
    pub(super) fn ocsp(&self, der: &[u8]) -> Vec<u8> {
        // malformedRequest (1), internalError (2).
        let Some(question) = Question::read(der) else { return ocsp_error(1) };
        self.answer(question).unwrap_or_else(|| ocsp_error(2))
    }

    fn answer(&self, question: Question) -> Option<Vec<u8>> {
        let tests = || Authority::all().filter(|found| found.world() == World::Test);
        let asked = question.certificates.first().map(|(id, _)| id.as_slice())?;
        let Some(authority) = tests().find(|authority| is_of(asked, *authority)) else {
            // unauthorized (6): of an authority that is not ours.
            return Some(ocsp_error(6));
        };
        let key = product_key("ps-sign")?;
        let day = SignedDuration::from_hours(24);
        let (from, to) = (self.now.checked_sub(day).ok()?, self.now.checked_add(day).ok()?);
        let certificate = responder_certificate(authority, &key.public().ok()?, from, to).ok()?;
        let single = |(cert_id, serial): (Vec<u8>, Vec<u8>)| Single {
            standing: match is_of(&cert_id, authority) {
                true => self.standing(authority, &serial),
                false => Standing::Unknown,
            },
            cert_id,
            this_update: self.now,
            next_update: self.now.checked_add(1.hour()).ok(),
        };
        let answer = Answer {
            authority,
            responder: Responder::Delegated { certificate: &certificate, key },
            named_by: NamedBy::Key,
            produced_at: self.now,
            singles: question.certificates.into_iter().map(single).collect(),
            nonce: question.nonce,
        };
        ocsp_response(&answer).ok()
    }

    fn standing(&self, authority: Authority, serial: &[u8]) -> Standing {
        let serial = HEXLOWER.encode(serial);
        let code = authority.code();
        let mut issued = self.state.certificates.iter();
        match issued.find(|found| found.authority == code && found.serial == serial) {
            Some(found) => match found.revoked {
                Some(revoked) => {
                    Standing::Revoked { at: revoked.at, reason: reason(revoked.motif) }
                }
                None => Standing::Good,
            },
            // Of the authorities that are not the platform's own it is said that all is well: cards, intermediates.
            None if !code.starts_with("ACI-EL") => Standing::Good,
            None => Standing::Unknown,
        }
    }
}

/// `cRLNumber`: the second of its publication, so that it grows.
fn number(at: Timestamp) -> u64 {
    u64::try_from(at.as_second()).unwrap_or_default()
}

/// RFC 5280 §5.3.1; the mapping is proposed (platform fact sheet §8).
fn reason(motif: Motif) -> Option<Reason> {
    match motif {
        Motif::Perte | Motif::Vol | Motif::Compromission => Some(Reason::KeyCompromise),
        Motif::ChangementDonnee => Some(Reason::AffiliationChanged),
        Motif::Remplacement => Some(Reason::Superseded),
        Motif::CessationActivite => Some(Reason::CessationOfOperation),
        // unspecified should be absent.
        Motif::Autre => None,
    }
}

/// Whether a CertID names the key of this authority, by SHA-1 or SHA-256 (RFC 6960 §4.1.1).
fn is_of(cert_id: &[u8], authority: Authority) -> bool {
    let Ok(certificate) = Certificate::from_der(authority.certificate()) else { return false };
    let key =
        certificate.tbs_certificate().subject_public_key_info().subject_public_key.raw_bytes();
    [&digest::SHA1_FOR_LEGACY_USE_ONLY, &digest::SHA256].into_iter().any(|algorithm| {
        let hash = digest(algorithm, key);
        cert_id.windows(hash.as_ref().len()).any(|window| window == hash.as_ref())
    })
}
