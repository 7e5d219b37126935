//! The objects in the older CPS2ter form (CPx fact sheet §8.8): plain data objects on CPS4, files of the CPS2ter volume on
//! CPS3.

use jiff::civil::Date;

use super::field::{Fields, RawField, byte, date, dec, dec_first, txt};
use super::info::CardType;
use crate::nomenclature::{Code, Table};

/// CPS2TER_INFO_PS, tag E6.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Info2ter {
    /// Type of the card, table G02.
    pub card_type: Option<CardType>,
    /// National identifier as written.
    pub national_id: Option<String>,
    /// Profession, table G15.
    pub profession: Option<Code>,
    /// Trade code.
    pub trade: Option<String>,
    /// Field 84: its table (G14) is not published.
    pub g14: Option<String>,
    /// Nom d'exercice.
    pub practice_name: Option<String>,
    /// Fields not known.
    pub unknown: Vec<RawField>,
}

impl Info2ter {
    pub(super) fn of(fields: &mut Fields) -> Self {
        // 84 and 85 mean other things here than in ED; 80 to 83 are the same.
        let g14 = fields.take_as(0x84, dec);
        let practice_name = fields.take_as(0x85, txt);
        let info = super::Info::of(fields);
        Self {
            card_type: info.card_type,
            national_id: info.national_id,
            profession: info.profession,
            trade: info.trade,
            g14,
            practice_name,
            unknown: info.unknown,
        }
    }
}

/// CPS2TER_QUALIF_PS, tag E7.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Qualification2ter {
    /// Specialities (table G12), each with its nature (table G11), in order.
    pub specialities: Vec<(Code, Option<Code>)>,
    /// Orientations particulières, table G13.
    pub orientations: Vec<Code>,
    /// Specialisation, table G20.
    pub specialisation: Option<Code>,
    /// Attributions complémentaires, table G18.
    pub attributions: Vec<Code>,
    /// Fields not known.
    pub unknown: Vec<RawField>,
}

impl Qualification2ter {
    pub(super) fn of(fields: &mut Fields) -> Self {
        let mut specialities = Vec::new();
        if let Some(speciality) = fields.take_as(0x80, dec) {
            let nature = fields.take_as(0x84, dec).map(|code| Table::G11.code(code));
            specialities.push((Table::G12.code(speciality), nature));
        }
        let four = |value: &[u8]| <[u8; 4]>::try_from(value).ok();
        if let Some([s2, n2, s3, n3]) = fields.take_as(0x85, four) {
            for (speciality, nature) in [(s2, n2), (s3, n3)] {
                let nature = Table::G11.code(format!("{nature:02}"));
                specialities.push((Table::G12.code(format!("{speciality:02}")), Some(nature)));
            }
        }
        let list = |value: Option<Vec<u8>>, table: Table| -> Vec<Code> {
            let bytes = value.unwrap_or_default();
            bytes.iter().map(|code| table.code(format!("{code:02}"))).collect()
        };
        let orientations = list(fields.take(0x81), Table::G13);
        let mut attributions = list(fields.take(0x83), Table::G18);
        attributions.extend(list(fields.take(0x86), Table::G18));
        Self {
            specialities,
            orientations,
            specialisation: fields.take_as(0x82, dec).map(|code| Table::G20.code(code)),
            attributions,
            unknown: fields.rest(),
        }
    }
}

/// CPS2TER_ACTIVITY_nn_PS, tag E8.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Activity2ter {
    /// Mode d'exercice, table G17.
    pub mode: Option<Code>,
    /// Second byte of the mode, raw.
    pub mode_status: Option<u8>,
    /// Sector, table G19.
    pub sector: Option<Code>,
    /// Second byte of field 81, whose meaning is not published.
    pub sector_extra: Option<u8>,
    /// Structure identifier, type first (table G07).
    pub structure_id: Option<String>,
    /// Speciality, table G12, and its nature, table G11.
    pub speciality: Option<(Code, Option<Code>)>,
    /// Section of the pharmacists' register, table G05.
    pub section: Option<Code>,
    /// Joins the billing data.
    pub link: Option<u8>,
    /// Identifier of the replaced or replacing professional, type first.
    pub replacement: Option<String>,
    /// Start date (inferred).
    pub start: Option<Date>,
    /// End date.
    pub end: Option<Date>,
    /// Structure name.
    pub structure_name: Option<String>,
    /// Fields not known.
    pub unknown: Vec<RawField>,
}

impl Activity2ter {
    pub(super) fn of(fields: &mut Fields) -> Self {
        let mode = fields.take(0x80).unwrap_or_default();
        let sector = fields.take(0x81).unwrap_or_default();
        let speciality = fields.take(0x82).unwrap_or_default();
        // FF stands for "none".
        let present = |byte: Option<&u8>| byte.copied().filter(|byte| *byte != 0xFF);
        let nature = present(speciality.get(1)).map(|code| Table::G11.code(format!("{code:02}")));
        Self {
            mode: dec_first(&mode).map(|code| Table::G17.code(code)),
            mode_status: mode.get(1).copied(),
            sector: present(sector.first()).map(|code| Table::G19.code(format!("{code:02}"))),
            sector_extra: present(sector.get(1)),
            structure_id: sector.get(2..).and_then(nibbles),
            speciality: present(speciality.first())
                .map(|code| (Table::G12.code(format!("{code:02}")), nature)),
            section: fields.take_as(0x83, txt).map(|code| Table::G05.code(code)),
            link: fields.take_as(0x84, byte),
            replacement: fields.take_as(0x85, nibbles),
            start: fields.take_as(0x86, date),
            end: fields.take_as(0x87, date),
            structure_name: fields.take_as(0x88, txt),
            unknown: fields.rest(),
        }
    }
}

/// An identifier as nibbles: type, digits, filler F; other nibbles are shown as hexadecimal (Corsican departments).
fn nibbles(value: &[u8]) -> Option<String> {
    let nibbles = value.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]);
    let text: String =
        nibbles.take_while(|nibble| *nibble != 0x0F).map(|nibble| format!("{nibble:X}")).collect();
    (!text.is_empty()).then_some(text)
}
