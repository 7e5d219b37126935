//! The data objects of a CPx card, decoded field by field (CPx fact sheet §8).
//!
//! An object is an outer tag and a run of one-byte tags, padded with zeros. What is not known is kept raw, what is cut is
//! named, and everything else is decoded all the same.

mod activity;
mod cps2ter;
mod field;
mod id_card;
mod info;
mod lang;
mod name;
mod sit_fact;

pub use activity::Activity;
pub use cps2ter::{Activity2ter, Info2ter, Qualification2ter};
pub use field::RawField;
pub use id_card::IdCard;
pub use info::{CardType, Info};
pub use lang::Languages;
pub use name::HolderName;
pub use sit_fact::{Billing, BillingLink};

use self::field::Fields;
use super::pkcs15::{Common, label_key};
use crate::iso7816::tlv::{Tag, TlvErrorKind, objects};

/// A decoded data object.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Object {
    /// CPS_ACTIVITY_nn_PS, tag EE.
    Activity(Activity),
    /// CPS2TER_ACTIVITY_nn_PS, tag E8.
    Activity2ter(Activity2ter),
    /// CPS_SIT_FACT, tag E0.
    Billing(Billing),
    /// CPS_ID_CARD, tag E3.
    IdCard(IdCard),
    /// CPS_INFO_PS, tag ED.
    Info(Info),
    /// CPS2TER_INFO_PS, tag E6.
    Info2ter(Info2ter),
    /// CPS_LANG_PS.
    Languages(Languages),
    /// CPS_NAME_PS, tag E4.
    Name(HolderName),
    /// CPS2TER_QUALIF_PS, tag E7.
    Qualification2ter(Qualification2ter),
    /// Any other content, as it is.
    Unknown(Vec<u8>),
}

/// An object and what of it could not be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decoded {
    /// What could be read.
    pub object: Object,
    /// Why the rest could not; the object holds what came before.
    pub cut: Option<TlvErrorKind>,
}

impl Object {
    /// Decodes the content of a file by its outer tag, which is what the card says it is whatever its label.
    pub fn decode(content: &[u8]) -> Decoded {
        let first = objects(content).next();
        let outer_cut = first.and_then(Result::err).map(|error| error.kind);
        let (tag, mut fields) = match first {
            Some(Ok(outer)) => (outer.tag, Fields::read(outer.value)),
            Some(Err(error)) => {
                let (tag, rest) = open_cut(content);
                let mut fields = Fields::read(rest);
                fields.cut.get_or_insert(error.kind);
                (tag, fields)
            }
            // CPS_SIT_FACT may have an outer tag 00 (CPx fact sheet §8.7).
            None => match sit_fact::under_tag_zero(content) {
                Some(fields) => (Tag(0xE0), fields),
                None => return Decoded { object: Self::Unknown(content.to_vec()), cut: None },
            },
        };
        let object = match tag.0 {
            0xE0 => Self::Billing(Billing::of(&mut fields)),
            0xE3 => Self::IdCard(IdCard::of(&mut fields)),
            0xE4 => Self::Name(HolderName::of(&mut fields)),
            // Inferred (CPx fact sheet §8.4): no decoder of this object was found.
            0xE5 => Self::Languages(Languages::of(content)),
            0xE6 => Self::Info2ter(Info2ter::of(&mut fields)),
            0xE7 => Self::Qualification2ter(Qualification2ter::of(&mut fields)),
            0xE8 => Self::Activity2ter(Activity2ter::of(&mut fields)),
            0xED => Self::Info(Info::of(&mut fields)),
            0xEE => Self::Activity(Activity::of(&mut fields)),
            // Whether what is in it is fields is not known either.
            _ => return Decoded { object: Self::Unknown(content.to_vec()), cut: outer_cut },
        };
        Decoded { object, cut: fields.cut }
    }
}

/// The tag and what follows the length of an object that announces more than there is.
fn open_cut(content: &[u8]) -> (Tag, &[u8]) {
    let tag = Tag(u32::from(content.first().copied().unwrap_or_default()));
    let form = content.get(1).copied().unwrap_or_default();
    let length_bytes = if form < 0x80 { 0 } else { usize::from(form & 0x7F) };
    (tag, content.get(2 + length_bytes..).unwrap_or_default())
}

/// What the label of a data object says it holds. A hint: [`Object::decode`] looks at the content.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Kind {
    /// CPS_ACTIVITY_nn_PS, with its number.
    Activity(u8),
    /// CPS2TER_ACTIVITY_nn_PS, with its number.
    Activity2ter(u8),
    /// CPS_SIT_FACT or CPS2TER_SIT_FACT.
    Billing,
    /// CPS_DATA, free use.
    Data,
    /// CPS2TER_ATR, CPS2TER_ICC, CPS2TER_DIRAMO: nothing of the holder.
    Chip2ter,
    /// CPS_ID_CARD.
    IdCard,
    /// CPS2TER_ID_CARD or CPS2TER_ID, as CPS_ID_CARD.
    IdCard2ter,
    /// CPS_INFO_PS.
    Info,
    /// CPS2TER_INFO_PS.
    Info2ter,
    /// CPS_LANG_PS.
    Languages,
    /// CPS_NAME_PS.
    Name,
    /// CPS2TER_NAME, as CPS_NAME_PS.
    Name2ter,
    /// CPS2TER_QUALIF_PS.
    Qualification2ter,
    /// Any other label, or none.
    Unknown,
}

impl Kind {
    /// What the label of an entry of EF.DCOD says; [`Kind::Unknown`] without one.
    pub fn of(entry: &Common) -> Self {
        entry.label.as_deref().map_or(Self::Unknown, Self::of_label)
    }

    /// Reads a label; blanks, case and separators do not count.
    pub fn of_label(label: &str) -> Self {
        let key = label_key(label);
        let number = |rest: &str| {
            rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
        };
        if let Some(rest) = key.strip_prefix("CPS2TERACTIVITY") {
            return number(rest).map_or(Self::Unknown, Self::Activity2ter);
        }
        if let Some(rest) = key.strip_prefix("CPSACTIVITY") {
            return number(rest).map_or(Self::Unknown, Self::Activity);
        }
        match key.as_str() {
            "CPSDATA" => Self::Data,
            "CPSIDCARD" => Self::IdCard,
            "CPSNAMEPS" => Self::Name,
            "CPSLANGPS" | "CPS2TERLANG" => Self::Languages,
            "CPS2TERATR" | "CPS2TERICC" | "CPS2TERDIRAMO" => Self::Chip2ter,
            "CPS2TERIDCARD" | "CPS2TERID" => Self::IdCard2ter,
            "CPS2TERNAME" => Self::Name2ter,
            "CPSINFOPS" => Self::Info,
            "CPSSITFACT" | "CPS2TERSITFACT" => Self::Billing,
            // Two spellings are published (CPx fact sheet §8.1 and §8.8).
            "CPS2TERINFOPS" | "CPS2TERPSINFO" => Self::Info2ter,
            "CPS2TERQUALIFPS" => Self::Qualification2ter,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests;
