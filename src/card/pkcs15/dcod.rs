//! EF.DCOD: the data objects, PKCS#15 v1.1 §6.7, ISO/IEC 7816-15 §8.8.

use super::{Common, Listing, Location, ProblemKind, class};
use crate::iso7816::tlv::Tag;

/// A data object of the card.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DataObject {
    /// Label, flags, PIN.
    pub common: Common,
    /// Application it belongs to, `CPS`.
    pub application: Option<String>,
    /// Where its content is.
    pub location: Location,
}

/// Reads the file.
pub fn read(bytes: &[u8]) -> Listing<DataObject> {
    Listing::read(bytes, |entry| {
        // External (A0) and OID (A1) data objects are not used on CPx cards.
        if entry.tag != Tag(0x30) {
            return Err(ProblemKind::Unknown(entry.tag));
        }
        let application = class(entry)?.child(0x0C).map(|name| super::text(name.value));
        Ok(DataObject {
            common: Common::read(entry)?,
            application,
            location: Location::in_type(entry)?,
        })
    })
}
