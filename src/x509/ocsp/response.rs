//! The answer (RFC 6960 §4.2).

use std::fmt;

use jiff::Timestamp;

use super::super::der::{DerError, Element, Reader, tag};
use super::super::key::key_octets;
use super::super::time::timestamp;
use super::super::{
    AlgorithmIdentifier, Certificate, Extension, Name, Oid, Reason, X509Error, oid,
};
use super::{CertId, CertIdHash, Nonce};

/// What a responder sends.
///
/// ```text
/// OCSPResponse ::= SEQUENCE { responseStatus OCSPResponseStatus, responseBytes [0] EXPLICIT ResponseBytes OPTIONAL }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum OcspResponse {
    /// An answer of the basic type.
    Answer(Box<OcspAnswer>),
    /// No answer: nobody signed this.
    Error(OcspError),
    /// An answer of another type, unread.
    Other(Oid),
}

impl OcspResponse {
    /// Reads a response.
    ///
    /// # Errors
    /// [`X509Error::OcspResponse`], also when a certificate that it carries cannot be read.
    pub fn parse(der: &[u8]) -> Result<Self, X509Error> {
        Self::read(der).map_err(X509Error::OcspResponse)
    }

    fn read(der: &[u8]) -> Result<Self, DerError> {
        let mut reader = Reader::new(der);
        let mut fields = reader.take(tag::SEQUENCE)?.inside();
        reader.end()?;
        let status = fields.take(tag::ENUMERATED)?;
        let bytes = fields.optional(tag::constructed(0))?;
        fields.end()?;
        let error = match status.number()? {
            0 => {
                let mut explicit = bytes.ok_or_else(|| status.unreadable())?.inside();
                let mut fields = explicit.take(tag::SEQUENCE)?.inside();
                explicit.end()?;
                let kind = Oid::from_content(fields.take(tag::OID)?.value);
                let answer = fields.take(tag::OCTET_STRING)?;
                fields.end()?;
                return match kind == oid::OCSP_BASIC {
                    true => Ok(Self::Answer(Box::new(OcspAnswer::read(&answer)?))),
                    false => Ok(Self::Other(kind)),
                };
            }
            1 => OcspError::MalformedRequest,
            2 => OcspError::InternalError,
            3 => OcspError::TryLater,
            5 => OcspError::SigRequired,
            6 => OcspError::Unauthorized,
            code => OcspError::Unassigned(code),
        };
        Ok(Self::Error(error))
    }
}

/// Why a responder gives no answer (OCSPResponseStatus, RFC 6960 §4.2.1).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum OcspError {
    /// malformedRequest (1): it could not read the request.
    MalformedRequest,
    /// internalError (2).
    InternalError,
    /// tryLater (3).
    TryLater,
    /// sigRequired (5): it answers signed requests only.
    SigRequired,
    /// unauthorized (6): it does not answer this client, or not about this certificate (RFC 5019 §2.2.3).
    Unauthorized,
    /// A code that has no meaning.
    Unassigned(u32),
}

impl fmt::Display for OcspError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MalformedRequest => f.write_str("malformedRequest"),
            Self::InternalError => f.write_str("internalError"),
            Self::TryLater => f.write_str("tryLater"),
            Self::SigRequired => f.write_str("sigRequired"),
            Self::Unauthorized => f.write_str("unauthorized"),
            Self::Unassigned(code) => write!(f, "the unassigned status {code}"),
        }
    }
}

/// BasicOCSPResponse (RFC 6960 §4.2.1).
///
/// ```text
/// BasicOCSPResponse ::= SEQUENCE { tbsResponseData ResponseData, signatureAlgorithm AlgorithmIdentifier,
///                                  signature BIT STRING, certs [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL }
/// ResponseData ::= SEQUENCE { version [0] EXPLICIT Version DEFAULT v1, responderID ResponderID,
///                             producedAt GeneralizedTime, responses SEQUENCE OF SingleResponse,
///                             responseExtensions [1] EXPLICIT Extensions OPTIONAL }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OcspAnswer {
    /// Who signs.
    pub responder: ResponderId,
    /// When it was signed.
    pub produced_at: Timestamp,
    /// One for each certificate.
    pub responses: Vec<SingleResponse>,
    /// The extensions of the whole answer, in the order of the encoding.
    pub extensions: Vec<Extension>,
    /// The algorithm of the signature.
    pub signature_algorithm: AlgorithmIdentifier,
    /// The octets of the signature.
    pub signature: Vec<u8>,
    /// Certificates that help to verify it; they are trusted for nothing.
    pub certificates: Vec<Certificate>,
    /// The signed part, as it was read.
    tbs: Vec<u8>,
}

impl OcspAnswer {
    fn read(octets: &Element<'_>) -> Result<Self, DerError> {
        let mut reader = octets.inside();
        let mut outer = reader.take(tag::SEQUENCE)?.inside();
        reader.end()?;
        let tbs = outer.take(tag::SEQUENCE)?;
        let signature_algorithm = AlgorithmIdentifier::read(&mut outer)?;
        let signature = outer.take(tag::BIT_STRING)?.whole_octets()?.to_vec();
        let certificates = match outer.optional(tag::constructed(0))? {
            None => Vec::new(),
            Some(explicit) => {
                let mut explicit = explicit.inside();
                let list = explicit.take(tag::SEQUENCE)?;
                explicit.end()?;
                list.inside().all(|list| Certificate::read(&list.take(tag::SEQUENCE)?))?
            }
        };
        outer.end()?;

        let mut fields = tbs.inside();
        version(&mut fields)?;
        let responder = ResponderId::read(&fields.any()?)?;
        let produced_at = instant(&mut fields)?;
        let responses = fields.take(tag::SEQUENCE)?.inside().all(SingleResponse::read)?;
        let extensions = Extension::read_all(fields.optional(tag::constructed(1))?)?;
        fields.end()?;
        Ok(Self {
            responder,
            produced_at,
            responses,
            extensions,
            signature_algorithm,
            signature,
            certificates,
            tbs: tbs.raw.to_vec(),
        })
    }

    /// The signed part (ResponseData), as it was read.
    pub fn tbs(&self) -> &[u8] {
        &self.tbs
    }

    /// The nonce that it repeats.
    ///
    /// # Errors
    /// [`X509Error::Extension`], also for one that is empty or longer than 128 octets.
    pub fn nonce(&self) -> Result<Option<Nonce>, X509Error> {
        let Some(extension) = self.extensions.iter().find(|found| found.oid == oid::OCSP_NONCE)
        else {
            return Ok(None);
        };
        let mut reader = Reader::new(&extension.value);
        let nonce = Nonce::read(&mut reader).and_then(|nonce| reader.end().map(|()| nonce));
        nonce.map(Some).map_err(|cause| X509Error::Extension { oid: extension.oid.clone(), cause })
    }
}

/// Who signs an answer (RFC 6960 §4.2.1).
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum ResponderId {
    /// byName: the subject of its certificate.
    Name(Name),
    /// byKey: SHA-1 of its public key, without its algorithm.
    Key(Vec<u8>),
}

impl ResponderId {
    /// Whether it is this public key, a SubjectPublicKeyInfo in DER, by its hash.
    pub fn is_key(&self, spki: &[u8]) -> bool {
        let Self::Key(hash) = self else { return false };
        key_octets(spki).is_ok_and(|key| *hash == CertIdHash::Sha1.digest(key))
    }

    fn read(element: &Element<'_>) -> Result<Self, DerError> {
        const NAME: u8 = tag::constructed(1);
        const KEY: u8 = tag::constructed(2);
        let mut inside = element.inside();
        let id = match element.tag {
            NAME => Self::Name(Name::read(&inside.take(tag::SEQUENCE)?)?),
            KEY => Self::Key(inside.take(tag::OCTET_STRING)?.value.to_vec()),
            _ => return Err(element.unreadable()),
        };
        inside.end()?;
        Ok(id)
    }
}

/// What is said of one certificate.
///
/// ```text
/// SingleResponse ::= SEQUENCE { certID CertID, certStatus CertStatus, thisUpdate GeneralizedTime,
///                               nextUpdate [0] EXPLICIT GeneralizedTime OPTIONAL,
///                               singleExtensions [1] EXPLICIT Extensions OPTIONAL }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SingleResponse {
    /// Which certificate.
    pub certificate: CertId,
    /// Its status.
    pub status: CertStatus,
    /// When the status was known to be so.
    pub this_update: Timestamp,
    /// When newer information is due at the latest; without it, it is always at hand.
    pub next_update: Option<Timestamp>,
    /// The extensions of this one, in the order of the encoding.
    pub extensions: Vec<Extension>,
}

impl SingleResponse {
    fn read(list: &mut Reader<'_>) -> Result<Self, DerError> {
        let mut fields = list.take(tag::SEQUENCE)?.inside();
        let certificate = CertId::read(&mut fields)?;
        let status = CertStatus::read(&fields.any()?)?;
        let this_update = instant(&mut fields)?;
        let next_update = match fields.optional(tag::constructed(0))? {
            None => None,
            Some(explicit) => {
                let mut explicit = explicit.inside();
                let next_update = instant(&mut explicit)?;
                explicit.end()?;
                Some(next_update)
            }
        };
        let extensions = Extension::read_all(fields.optional(tag::constructed(1))?)?;
        fields.end()?;
        Ok(Self { certificate, status, this_update, next_update, extensions })
    }
}

/// The status of a certificate, as a responder has it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CertStatus {
    /// Not revoked, as far as the responder knows.
    Good,
    /// Revoked, or never issued where the answer has the extension extendedRevoke (RFC 6960 §2.2).
    Revoked {
        /// revocationTime.
        at: Timestamp,
        /// revocationReason; none means unspecified.
        reason: Option<Reason>,
    },
    /// The responder does not know the certificate.
    Unknown,
}

impl CertStatus {
    fn read(element: &Element<'_>) -> Result<Self, DerError> {
        const GOOD: u8 = tag::context(0);
        const REVOKED: u8 = tag::constructed(1);
        const UNKNOWN: u8 = tag::context(2);
        match (element.tag, element.value) {
            (GOOD, []) => Ok(Self::Good),
            (UNKNOWN, []) => Ok(Self::Unknown),
            (REVOKED, _) => {
                let mut fields = element.inside();
                let at = instant(&mut fields)?;
                let reason = match fields.optional(tag::constructed(0))? {
                    None => None,
                    Some(explicit) => {
                        let mut explicit = explicit.inside();
                        let code = explicit.take(tag::ENUMERATED)?;
                        explicit.end()?;
                        let reason = Reason::from_code(code.number()?);
                        Some(reason.ok_or_else(|| code.unreadable())?)
                    }
                };
                fields.end()?;
                Ok(Self::Revoked { at, reason })
            }
            _ => Err(element.unreadable()),
        }
    }
}

/// `[0] EXPLICIT Version DEFAULT v1`: no other is known.
pub(super) fn version(fields: &mut Reader<'_>) -> Result<(), DerError> {
    let Some(explicit) = fields.optional(tag::constructed(0))? else { return Ok(()) };
    let mut explicit = explicit.inside();
    let number = explicit.take(tag::INTEGER)?;
    explicit.end()?;
    if number.value == [0] { Ok(()) } else { Err(number.unreadable()) }
}

fn instant(fields: &mut Reader<'_>) -> Result<Timestamp, DerError> {
    let element = fields.take(tag::GENERALIZED_TIME)?;
    timestamp(&element).map_err(|_| element.unreadable())
}
