//! CPS_INFO_PS, tag ED: where the national identifier lives (CPx fact sheet §8.5).

use super::field::{Fields, RawField, dec, txt};
use crate::nomenclature::{Code, Table};

/// Card type and, where there is one, the second byte whose eight flags are not published.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CardType {
    /// Table G02: `00` CPS, `01` CPF, `02` CDE/CPE, `03` CDA/CPA.
    pub code: Code,
    /// Raw flags.
    pub flags: Option<u8>,
}

/// Who the holder is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Info {
    /// Type of the card.
    pub card_type: Option<CardType>,
    /// National identifier as written: type (table G08), then value.
    pub national_id: Option<String>,
    /// Profession, table G15; on a CPF the future one, table G16.
    pub profession: Option<Code>,
    /// Trade of a CPA holder; its table is not published.
    pub trade: Option<String>,
    /// Nom d'exercice.
    pub practice_name: Option<String>,
    /// Speciality, table R01.
    pub speciality: Option<Code>,
    /// Fields not known.
    pub unknown: Vec<RawField>,
}

/// Type code of a CPF in table G02.
const IN_TRAINING: &str = "01";

impl Info {
    pub(super) fn of(fields: &mut Fields) -> Self {
        let card_type = fields.take_as(0x80, |value| match value {
            [code] => Some(CardType { code: Table::G02.code(format!("{code:02X}")), flags: None }),
            [code, flags] => {
                Some(CardType { code: Table::G02.code(format!("{code:02X}")), flags: Some(*flags) })
            }
            _ => None,
        });
        let in_training = card_type.as_ref().is_some_and(|card| card.code.code == IN_TRAINING);
        let professions = if in_training { Table::G16 } else { Table::G15 };
        Self {
            card_type,
            national_id: fields.take_as(0x81, txt),
            profession: fields.take_as(0x82, dec).map(|code| professions.code(code)),
            trade: fields.take_as(0x83, dec),
            practice_name: fields.take_as(0x84, txt),
            speciality: fields.take_as(0x85, txt).map(|code| Table::R01.code(code)),
            unknown: fields.rest(),
        }
    }
}
