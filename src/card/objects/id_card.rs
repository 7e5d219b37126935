//! CPS_ID_CARD, tag E3 (CPx fact sheet §8.2).

use jiff::civil::Date;

use super::field::{Fields, RawField, bcd, date, hex};
use crate::nomenclature::{Code, Table};

/// The plastic: number, category, dates.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct IdCard {
    /// Issuer number, `8025000001`.
    pub issuer: Option<String>,
    /// Card number, ten digits.
    pub number: Option<String>,
    /// Category, table G01: `00` real, `80` test.
    pub category: Option<Code>,
    /// Issue date.
    pub issued: Option<Date>,
    /// Expiry date.
    pub expires: Option<Date>,
    /// Fields not known.
    pub unknown: Vec<RawField>,
}

impl IdCard {
    pub(super) fn of(fields: &mut Fields) -> Self {
        Self {
            issuer: fields.take_as(0x80, bcd),
            number: fields.take_as(0x81, bcd),
            category: fields.take_as(0x82, hex).map(|code| Table::G01.code(code)),
            issued: fields.take_as(0x83, date),
            expires: fields.take_as(0x84, date),
            unknown: fields.rest(),
        }
    }
}
