//! CPS_ACTIVITY_nn_PS, tag EE: one situation d'exercice (CPx fact sheet §8.6).

use jiff::civil::Date;

use super::field::{Fields, RawField, byte, date, dec_first, hex, txt};
use crate::nomenclature::{Code, Table};

/// One situation d'exercice.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Activity {
    /// Mode d'exercice, table G17.
    pub mode: Option<Code>,
    /// Second byte of the mode, raw.
    pub mode_status: Option<u8>,
    /// Status, two hexadecimal digits (table G10, not published).
    pub status: Option<String>,
    /// Section of the pharmacists' register, table G05.
    pub section: Option<Code>,
    /// Joins [`BillingLink::link`](super::BillingLink::link).
    pub link: Option<u8>,
    /// Structure name.
    pub structure_name: Option<String>,
    /// Structure identifier, type first (table G07).
    pub structure_id: Option<String>,
    /// Sector, table R02.
    pub sector: Option<Code>,
    /// A date, of the end of the activity (inferred).
    pub date: Option<Date>,
    /// Fields not known.
    pub unknown: Vec<RawField>,
}

impl Activity {
    pub(super) fn of(fields: &mut Fields) -> Self {
        let mode = fields.take(0x80).unwrap_or_default();
        Self {
            mode: dec_first(&mode).map(|code| Table::G17.code(code)),
            mode_status: mode.get(1).copied(),
            status: fields.take_as(0x81, hex),
            section: fields.take_as(0x82, txt).map(|code| Table::G05.code(code)),
            link: fields.take_as(0x83, byte),
            structure_name: fields.take_as(0x84, txt),
            structure_id: fields.take_as(0x85, txt),
            sector: fields.take_as(0x86, txt).map(sector),
            date: fields.take_as(0x87, date),
            unknown: fields.rest(),
        }
    }
}

/// Codes of table R02 begin with S; the card may write another first letter (CPx fact sheet §8.6).
fn sector(code: String) -> Code {
    let known = Table::R02.code(code);
    if known.label.is_some() {
        return known;
    }
    let forced = known.code.char_indices().nth(1).map(|(at, _)| format!("S{}", &known.code[at..]));
    match forced.map(|code| Table::R02.code(code)) {
        Some(forced) if forced.label.is_some() => forced,
        _ => known,
    }
}
