//! The question (RFC 6960 §4.1).

use super::super::der::{DerError, Reader, tag};
use super::super::{Extension, X509Error, oid};
use super::{CertId, Nonce};
use crate::iso7816::tlv::encode;

/// A request, unsigned, without the name of who asks.
///
/// ```text
/// TBSRequest ::= SEQUENCE { version [0] EXPLICIT Version DEFAULT v1, requestorName [1] EXPLICIT GeneralName OPTIONAL,
///                           requestList SEQUENCE OF Request, requestExtensions [2] EXPLICIT Extensions OPTIONAL }
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct OcspRequest {
    /// The certificates asked about.
    pub certificates: Vec<CertId>,
    /// What the answer is to repeat.
    pub nonce: Option<Nonce>,
}

impl OcspRequest {
    /// Reads a request. A signature, the name of who asks and other extensions are passed over.
    ///
    /// # Errors
    /// [`X509Error::OcspRequest`], also for a nonce that is none.
    pub fn parse(der: &[u8]) -> Result<Self, X509Error> {
        Self::read(der).map_err(X509Error::OcspRequest)
    }

    fn read(der: &[u8]) -> Result<Self, DerError> {
        let mut reader = Reader::new(der);
        let mut outer = reader.take(tag::SEQUENCE)?.inside();
        reader.end()?;
        let mut fields = outer.take(tag::SEQUENCE)?.inside();
        outer.optional(tag::constructed(0))?;
        outer.end()?;
        super::response::version(&mut fields)?;
        fields.optional(tag::constructed(1))?;
        let certificates = fields.take(tag::SEQUENCE)?.inside().all(|list| {
            let mut request = list.take(tag::SEQUENCE)?.inside();
            let id = CertId::read(&mut request)?;
            Extension::read_all(request.optional(tag::constructed(0))?)?;
            request.end()?;
            Ok(id)
        })?;
        let extensions = Extension::read_all(fields.optional(tag::constructed(2))?)?;
        fields.end()?;
        let nonce = extensions.iter().find(|extension| extension.oid == oid::OCSP_NONCE);
        let nonce = nonce.map(|nonce| {
            let mut reader = Reader::new(&nonce.value);
            let nonce = Nonce::read(&mut reader)?;
            reader.end()?;
            Ok(nonce)
        });
        Ok(Self { certificates, nonce: nonce.transpose()? })
    }

    /// The request in DER.
    pub fn to_der(&self) -> Vec<u8> {
        let requests: Vec<_> =
            self.certificates.iter().map(|id| sequence(&[cert_id(id)])).collect();
        let extensions = self.nonce.as_ref().map(|nonce| {
            let value = encode(u32::from(tag::OCTET_STRING), nonce.octets());
            let extension = sequence(&[
                encode(u32::from(tag::OID), NONCE),
                encode(u32::from(tag::OCTET_STRING), &value),
            ]);
            encode(u32::from(tag::constructed(2)), &sequence(&[extension]))
        });
        sequence(&[sequence(&[sequence(&requests), extensions.unwrap_or_default()])])
    }
}

fn cert_id(id: &CertId) -> Vec<u8> {
    let parameters = id.hash.parameters.clone().unwrap_or_default();
    let octets = |octets: &[u8]| encode(u32::from(tag::OCTET_STRING), octets);
    sequence(&[
        sequence(&[encode(u32::from(tag::OID), &id.hash.oid.to_content()), parameters]),
        octets(&id.issuer_name),
        octets(&id.issuer_key),
        encode(u32::from(tag::INTEGER), id.serial.content()),
    ])
}

fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    encode(u32::from(tag::SEQUENCE), &elements.concat())
}

/// id-pkix-ocsp-nonce, content octets.
const NONCE: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 0x30, 1, 2];
