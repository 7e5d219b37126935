//! CPS_NAME_PS, tag E4 (CPx fact sheet §8.3).

use super::field::{Fields, RawField, dec, txt};
use crate::nomenclature::{Code, Table};

/// The holder's names.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct HolderName {
    /// Civility, table G03.
    pub civility: Option<Code>,
    /// Family name.
    pub family_name: Option<String>,
    /// Second name, usage or marital (inferred).
    pub second_name: Option<String>,
    /// First names, at most three.
    pub given_names: Vec<String>,
    /// The first name in use.
    pub usual_name: Option<String>,
    /// Fields not known.
    pub unknown: Vec<RawField>,
}

impl HolderName {
    pub(super) fn of(fields: &mut Fields) -> Self {
        let civility = fields.take_as(0x80, dec).map(|code| Table::G03.code(code));
        let family_name = fields.take_as(0x81, txt);
        let second_name = fields.take_as(0x82, txt);
        let given = fields.take(0x83).unwrap_or_default();
        Self {
            civility,
            family_name,
            second_name,
            // FF stands between the names.
            given_names: given.split(|byte| *byte == 0xFF).filter_map(txt).collect(),
            usual_name: fields.take_as(0x84, txt),
            unknown: fields.rest(),
        }
    }
}
