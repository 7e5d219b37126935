//! EF.CD: the certificates, PKCS#15 v1.1 §6.6, ISO/IEC 7816-15 §8.7.

use super::{Common, Listing, Location, ProblemKind, class};
use crate::iso7816::tlv::Tag;

/// An X.509 certificate of the card.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateObject {
    /// Label, flags.
    pub common: Common,
    /// What the keys share with it.
    pub id: Vec<u8>,
    /// Where the certificate is.
    pub value: Value,
}

/// Where a certificate is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// In the entry itself, DER.
    Direct(Vec<u8>),
    /// In a file.
    File(Location),
}

/// Reads the file.
pub fn read(bytes: &[u8]) -> Listing<CertificateObject> {
    Listing::read(bytes, |entry| {
        // Other kinds of certificates (X9.68, PGP, CVC…) are tagged A0 and up.
        if entry.tag != Tag(0x30) {
            return Err(ProblemKind::Unknown(entry.tag));
        }
        let type_field = entry.child(0xA1).ok_or(ProblemKind::Missing("certificate"))?;
        let value = match type_field.child(0x30).and_then(|attributes| attributes.child(0xA0)) {
            Some(direct) => Value::Direct(direct.value.to_vec()),
            None => Value::File(Location::in_type(entry)?),
        };
        Ok(CertificateObject {
            common: Common::read(entry)?,
            id: class(entry)?.child(0x04).map(|id| id.value.to_vec()).unwrap_or_default(),
            value,
        })
    })
}
