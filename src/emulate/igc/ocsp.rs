//! OCSP: responders, their answers and the questions they read (RFC 6960; RFC 9654 for the nonce).
//!
//! IGC-Santé answers through responders to which each intermediate authority delegates (IGC-Santé fact sheet §8): their
//! names and extensions were never seen, and are ours.

use der::Encode;
use der::asn1::GeneralizedTime;
use jiff::Timestamp;
use x509_cert::ext::pkix::CrlReason;

use super::certificate;
use super::crl::Reason;
use super::key::Scheme;
use super::period::{Period, date_time};
use super::{Authority, MintError, PublicKey, TestKey};
use crate::iso7816::tlv::{self, Tag, Tlv};

/// Who signs an answer.
#[derive(Clone, Debug)]
pub enum Responder<'a> {
    /// A responder to which the authority delegates, which sends its certificate along.
    Delegated {
        /// As [`responder_certificate`] makes it.
        certificate: &'a [u8],
        /// Its key.
        key: TestKey,
    },
    /// The authority itself, which sends no certificate.
    Issuer,
}

/// How an answer names who signs it (RFC 6960 §4.2.1, ResponderID).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NamedBy {
    /// SHA-1 of the public key.
    Key,
    /// The subject.
    Name,
}

/// What a responder knows of a certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It is not revoked.
    Good,
    /// It is.
    Revoked {
        /// `revocationTime`.
        at: Timestamp,
        /// `revocationReason`.
        reason: Option<Reason>,
    },
    /// The responder does not know it.
    Unknown,
}

/// What is said of one certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Single {
    /// The CertID in DER, as the request has it.
    pub cert_id: Vec<u8>,
    /// The status.
    pub standing: Standing,
    /// `thisUpdate`.
    pub this_update: Timestamp,
    /// `nextUpdate`.
    pub next_update: Option<Timestamp>,
}

/// An answer to make.
#[derive(Clone, Debug)]
pub struct Answer<'a> {
    /// Whose certificates it is about.
    pub authority: Authority,
    /// Who signs it.
    pub responder: Responder<'a>,
    /// How it names who signs it.
    pub named_by: NamedBy,
    /// `producedAt`.
    pub produced_at: Timestamp,
    /// One for each certificate.
    pub singles: Vec<Single>,
    /// The nonce to repeat.
    pub nonce: Option<Vec<u8>>,
}

/// A question, as a responder reads it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Question {
    /// The certificates asked about: each CertID in DER, and the content octets of its serial number.
    pub certificates: Vec<(Vec<u8>, Vec<u8>)>,
    /// The nonce.
    pub nonce: Option<Vec<u8>>,
}

impl Question {
    /// Reads a request (RFC 6960 §4.1.1); `None` when it is malformed.
    pub fn read(der: &[u8]) -> Option<Self> {
        let tbs = only(der, SEQUENCE)?.child(SEQUENCE)?;
        let requests = tbs.child(SEQUENCE)?;
        let certificates: Option<Vec<_>> = requests
            .children()
            .map(|request| {
                let id = request.ok()?.child(SEQUENCE)?;
                Some((id.raw.to_vec(), id.child(INTEGER)?.value.to_vec()))
            })
            .collect();
        let extensions = tbs.child(0xA2).and_then(|explicit| explicit.child(SEQUENCE));
        let nonce = extensions.and_then(|extensions| {
            let mut extensions = extensions.children().map_while(Result::ok);
            let nonce =
                extensions.find(|found| found.child(OID).is_some_and(|o| o.value == NONCE))?;
            Some(only(nonce.child(OCTET_STRING)?.value, OCTET_STRING)?.value.to_vec())
        });
        Some(Self { certificates: certificates?, nonce })
    }
}

/// Makes the certificate of a responder to which an authority delegates (RFC 6960 §4.2.2.2): id-kp-OCSPSigning, and
/// id-pkix-ocsp-nocheck, so that nobody need ask about the responder itself.
///
/// # Errors
/// [`MintError::Period`] and [`MintError::Instant`] refuse the dates.
pub fn responder_certificate(
    authority: Authority,
    key: &PublicKey,
    not_before: Timestamp,
    not_after: Timestamp,
) -> Result<Vec<u8>, MintError> {
    certificate::responder(authority, key, Period::new(not_before, not_after)?)
}

/// Makes a response with an answer, in DER.
///
/// # Errors
/// [`MintError::Instant`] refuses the dates, [`MintError::Key`] and [`MintError::Signature`] the key of the responder.
pub fn ocsp_response(answer: &Answer<'_>) -> Result<Vec<u8>, MintError> {
    let (key, subject, carried) = match answer.responder {
        Responder::Issuer => (answer.authority.key(), answer.authority.subject()?, Vec::new()),
        Responder::Delegated { certificate, key } => {
            let carried = tlv::encode(0xA0, &sequence(&[certificate.to_vec()]));
            (key, certificate::responder_name(answer.authority)?, carried)
        }
    };
    let signer = key.load(Scheme::Sha256)?;
    let responder = match answer.named_by {
        NamedBy::Name => tlv::encode(0xA1, &subject.to_der()?),
        NamedBy::Key => {
            tlv::encode(0xA2, &tlv::encode(OCTET_STRING, &signer.public()?.identifier()))
        }
    };
    let singles: Result<Vec<_>, _> = answer.singles.iter().map(Single::der).collect();
    let nonce = answer.nonce.as_ref().map(|nonce| {
        let value = tlv::encode(OCTET_STRING, &tlv::encode(OCTET_STRING, nonce));
        let extension = sequence(&[tlv::encode(OID, NONCE), value]);
        tlv::encode(0xA1, &sequence(&[extension]))
    });
    let data = sequence(&[
        responder,
        generalized(answer.produced_at)?,
        sequence(&singles?),
        nonce.unwrap_or_default(),
    ]);
    let algorithm = signer.algorithm().to_der()?;
    let signature = signer.sign(&data)?.to_der()?;
    let basic = sequence(&[data, algorithm, signature, carried]);
    let bytes = sequence(&[tlv::encode(OID, BASIC), tlv::encode(OCTET_STRING, &basic)]);
    Ok(sequence(&[tlv::encode(ENUMERATED, &[0]), tlv::encode(0xA0, &bytes)]))
}

/// Makes a response without an answer: OCSPResponseStatus 1 malformedRequest, 2 internalError, 3 tryLater,
/// 5 sigRequired, 6 unauthorized (RFC 6960 §4.2.1).
pub fn ocsp_error(status: u8) -> Vec<u8> {
    sequence(&[tlv::encode(ENUMERATED, &[status])])
}

impl Single {
    fn der(&self) -> Result<Vec<u8>, MintError> {
        let status = match &self.standing {
            Standing::Good => tlv::encode(0x80, &[]),
            Standing::Unknown => tlv::encode(0x82, &[]),
            Standing::Revoked { at, reason } => {
                let reason = reason.map(|reason| CrlReason::from(reason).to_der()).transpose()?;
                let reason = reason.map_or(Vec::new(), |reason| tlv::encode(0xA0, &reason));
                tlv::encode(0xA1, &[generalized(*at)?, reason].concat())
            }
        };
        let next = match self.next_update {
            None => Vec::new(),
            Some(next) => tlv::encode(0xA0, &generalized(next)?),
        };
        Ok(sequence(&[self.cert_id.clone(), status, generalized(self.this_update)?, next]))
    }
}

fn generalized(instant: Timestamp) -> Result<Vec<u8>, MintError> {
    Ok(GeneralizedTime::from_date_time(date_time(instant)?).to_der()?)
}

fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    tlv::encode(SEQUENCE, &elements.concat())
}

/// The one object of these bytes, if it has this tag.
fn only(bytes: &[u8], tag: u32) -> Option<Tlv<'_>> {
    let mut objects = tlv::objects(bytes);
    let object = objects.next()?.ok()?;
    (object.tag == Tag(tag) && object.raw.len() == bytes.len()).then_some(object)
}

const INTEGER: u32 = 0x02;
const OCTET_STRING: u32 = 0x04;
const OID: u32 = 0x06;
const ENUMERATED: u32 = 0x0A;
const SEQUENCE: u32 = 0x30;
/// id-pkix-ocsp-basic, content octets.
const BASIC: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 0x30, 1, 1];
/// id-pkix-ocsp-nonce, content octets.
const NONCE: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 0x30, 1, 2];

#[cfg(test)]
mod tests {
    use super::super::{Domain, Gamme, World, product_key};
    use super::*;

    const ISSUER: Authority =
        Authority::builtin(World::Test, Gamme::Elementaire, Domain::Organisations);

    /// A request about one serial number, as RFC 6960 §4.1.1 has it.
    fn request(nonce: &[u8]) -> Vec<u8> {
        let sha1 = sequence(&[tlv::encode(OID, &[0x2B, 0x0E, 3, 2, 0x1A]), vec![5, 0]]);
        let hash = || tlv::encode(OCTET_STRING, &[1; 20]);
        let id = sequence(&[sha1, hash(), hash(), tlv::encode(INTEGER, &[7])]);
        let value = tlv::encode(OCTET_STRING, &tlv::encode(OCTET_STRING, nonce));
        let extension = sequence(&[tlv::encode(OID, NONCE), value]);
        let extensions = tlv::encode(0xA2, &sequence(&[extension]));
        sequence(&[sequence(&[sequence(&[sequence(&[id])]), extensions])])
    }

    fn instant(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn a_question_is_read_and_a_malformed_one_is_none() {
        let der = request(&[9; 32]);
        let question = Question::read(&der).expect("whole");
        assert_eq!(question.nonce, Some(vec![9; 32]));
        let serials: Vec<_> = question.certificates.iter().map(|(_, serial)| &serial[..]).collect();
        assert_eq!(serials, [[7]]);
        assert!((0..der.len()).all(|end| Question::read(&der[..end]).is_none()));
    }

    #[test]
    fn the_same_answer_has_the_same_bytes_and_carries_its_responder() {
        let key = product_key("serv-ssl").expect("embedded");
        let (from, to) = (instant("2026-01-01T00:00:00Z"), instant("2027-01-01T00:00:00Z"));
        let public = key.public().expect("RSA");
        let certificate = responder_certificate(ISSUER, &public, from, to).expect("minted");
        let question = Question::read(&request(&[9; 32])).expect("whole");
        let single = |(cert_id, _)| Single {
            cert_id,
            standing: Standing::Revoked { at: from, reason: Some(Reason::KeyCompromise) },
            this_update: from,
            next_update: Some(to),
        };
        let answer = Answer {
            authority: ISSUER,
            responder: Responder::Delegated { certificate: &certificate, key },
            named_by: NamedBy::Key,
            produced_at: from,
            singles: question.certificates.into_iter().map(single).collect(),
            nonce: question.nonce,
        };
        let der = ocsp_response(&answer).expect("minted");
        assert_eq!(der, ocsp_response(&answer).expect("minted"));
        assert!(der.windows(certificate.len()).any(|window| window == certificate));
        assert_eq!(ocsp_error(3), [0x30, 3, 10, 1, 3]);
    }
}
