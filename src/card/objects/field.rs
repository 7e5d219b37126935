//! The codings of the fields (CPx fact sheet §8.1): `dec`, `BCD`, `hex`, `txt`.

use jiff::civil::Date;

use crate::iso7816::apdu::Hex;
use crate::iso7816::tlv::{Tag, TlvErrorKind, objects};

/// A field that this version does not know, or that does not decode, as it stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RawField {
    /// Its tag.
    pub tag: Tag,
    /// Its bytes.
    pub value: Vec<u8>,
}

/// The fields of one object, taken one by one; what is left is unknown.
#[derive(Debug)]
pub(super) struct Fields {
    found: Vec<RawField>,
    pub(super) cut: Option<TlvErrorKind>,
}

impl Fields {
    pub(super) fn read(content: &[u8]) -> Self {
        let mut fields = Self { found: Vec::new(), cut: None };
        for tlv in objects(content) {
            match tlv {
                Ok(tlv) => fields.found.push(RawField { tag: tlv.tag, value: tlv.value.to_vec() }),
                Err(error) => fields.cut = Some(error.kind),
            }
        }
        fields
    }

    /// The first field with this tag, removed.
    pub(super) fn take(&mut self, tag: u32) -> Option<Vec<u8>> {
        let index = self.found.iter().position(|field| field.tag == Tag(tag))?;
        Some(self.found.remove(index).value)
    }

    /// The field decoded; one that does not decode stays among the unknown.
    pub(super) fn take_as<T>(
        &mut self,
        tag: u32,
        decode: impl Fn(&[u8]) -> Option<T>,
    ) -> Option<T> {
        let index = self.found.iter().position(|field| field.tag == Tag(tag))?;
        let value = decode(&self.found[index].value)?;
        self.found.remove(index);
        Some(value)
    }

    /// What was not taken.
    pub(super) fn rest(&mut self) -> Vec<RawField> {
        std::mem::take(&mut self.found)
    }
}

/// `dec`: one binary byte printed as two decimal digits, 0A is `10`.
pub(super) fn dec(value: &[u8]) -> Option<String> {
    match value {
        [byte] => Some(format!("{byte:02}")),
        _ => None,
    }
}

/// The first byte as [`dec`], whatever follows.
pub(super) fn dec_first(value: &[u8]) -> Option<String> {
    dec(value.get(..1)?)
}

/// `hex`: one byte printed as two hexadecimal digits.
pub(super) fn hex(value: &[u8]) -> Option<String> {
    match value {
        [_] => Some(Hex(value).to_string()),
        _ => None,
    }
}

/// `BCD`: packed digits; nibbles above 9 are filler.
pub(super) fn bcd(value: &[u8]) -> Option<String> {
    let nibbles = value.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]);
    let digits: String =
        nibbles.filter(|nibble| *nibble <= 9).map(|digit| char::from(b'0' + digit)).collect();
    (!digits.is_empty()).then_some(digits)
}

/// `BCD` YYYYMMDD.
pub(super) fn date(value: &[u8]) -> Option<Date> {
    let digits = bcd(value).filter(|digits| digits.len() == 8)?;
    let year = digits.get(..4)?.parse().ok()?;
    let month = digits.get(4..6)?.parse().ok()?;
    let day = digits.get(6..)?.parse().ok()?;
    Date::new(year, month, day).ok()
}

/// `txt`: ISO-8859-1 (inferred, CPx fact sheet §8.1), but UTF-8 where the bytes are; outer blanks dropped.
pub(super) fn txt(value: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().copied().map(char::from).collect(),
    };
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    (!text.is_empty()).then(|| text.to_owned())
}

/// One byte.
pub(super) fn byte(value: &[u8]) -> Option<u8> {
    match value {
        [byte] => Some(*byte),
        _ => None,
    }
}
