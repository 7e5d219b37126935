//! EF.DIR: the applications of the card, ISO/IEC 7816-4 §12.2.1, ISO/IEC 7816-15 §7.3.

use super::{CardPath, Listing, ProblemKind};
use crate::iso7816::tlv::{Tag, Tlv};

/// `61 { 4F aid, [50 label], [51 path], [73 discretionary data] }`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Application {
    /// Application identifier, 5 to 16 bytes.
    pub aid: Vec<u8>,
    /// Label.
    pub label: Option<String>,
    /// Its DF, from the MF. Real cards may leave it out (CPx fact sheet §14, 1).
    pub path: Option<CardPath>,
    /// EF.ODF, when the discretionary data says where it is.
    pub odf: Option<CardPath>,
    /// EF.CIAInfo, likewise.
    pub cia_info: Option<CardPath>,
}

/// Reads the file.
pub fn read(bytes: &[u8]) -> Listing<Application> {
    Listing::read(bytes, |record| {
        if record.tag != Tag(0x61) {
            return Err(ProblemKind::Unknown(record.tag));
        }
        let path = |tlv: Tlv<'_>| CardPath::new(tlv.value);
        let ddo = record.child(0x73);
        let inner =
            |tag| ddo.and_then(|ddo| ddo.child(tag)).and_then(|at| at.child(0x04)).and_then(path);
        Ok(Application {
            aid: record.child(0x4F).ok_or(ProblemKind::Missing("AID"))?.value.to_vec(),
            label: record.child(0x50).map(|label| super::text(label.value)),
            path: record.child(0x51).and_then(path),
            odf: inner(0x30),
            cia_info: inner(0xA0),
        })
    })
}
