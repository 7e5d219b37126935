//! EF.AOD: the PINs, PKCS#15 v1.1 §6.8, ISO/IEC 7816-15 §8.9 (field by field: CPx fact sheet §4.5).

use super::{Bits, CardPath, Common, Listing, ProblemKind, class, text, unsigned};
use crate::iso7816::tlv::Tag;

/// One PIN of the card.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PinObject {
    /// Label and flags.
    pub common: Common,
    /// What other objects name it by.
    pub auth_id: Vec<u8>,
    /// What it is for and how it is sent.
    pub flags: PinFlags,
    /// Coding of the digits.
    pub coding: PinCoding,
    /// Fewest characters.
    pub min: usize,
    /// Most characters.
    pub max: usize,
    /// Bytes on the card, when [`PinFlags::needs_padding`].
    pub stored: usize,
    /// Reference in P2 of VERIFY.
    pub reference: u8,
    /// Byte that fills up to `stored`.
    pub pad: Option<u8>,
    /// File to select before VERIFY.
    pub path: Option<CardPath>,
}

/// `PinFlags`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PinFlags(Bits);

impl PinFlags {
    /// The digits are filled up to the stored length.
    pub fn needs_padding(self) -> bool {
        self.0.has(5)
    }

    /// It is the code de déblocage: it opens nothing but a new PIN.
    pub fn is_unblocking(self) -> bool {
        self.0.has(6) || self.0.has(7)
    }
}

/// `PinType`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PinCoding {
    /// One ASCII character a digit.
    Ascii,
    /// Two digits a byte.
    Bcd,
    /// Any other value.
    Other(usize),
    /// UTF-8.
    Utf8,
}

/// Reads the file.
pub fn read(bytes: &[u8]) -> Listing<PinObject> {
    Listing::read(bytes, |entry| {
        if entry.tag != Tag(0x30) {
            return Err(ProblemKind::Unknown(entry.tag));
        }
        let attributes = entry
            .child(0xA1)
            .and_then(|type_field| type_field.child(0x30))
            .ok_or(ProblemKind::Missing("PIN attributes"))?;
        let mut integers = Vec::new();
        let mut pin = PinObject {
            common: Common::read(entry)?,
            auth_id: class(entry)?.child(0x04).map(|id| id.value.to_vec()).unwrap_or_default(),
            flags: PinFlags::default(),
            coding: PinCoding::Ascii,
            min: 0,
            max: 0,
            stored: 0,
            // `pinReference [0] DEFAULT 0`
            reference: 0,
            pad: None,
            path: None,
        };
        for field in attributes.children().map_while(Result::ok) {
            match field.tag.0 {
                0x03 => pin.flags = PinFlags(Bits::read(field)),
                0x0A => {
                    pin.coding = match unsigned(field) {
                        Some(0) => PinCoding::Bcd,
                        Some(1) => PinCoding::Ascii,
                        Some(2) => PinCoding::Utf8,
                        other => PinCoding::Other(other.unwrap_or(usize::MAX)),
                    }
                }
                0x02 => integers.push(unsigned(field).unwrap_or_default()),
                0x80 => pin.reference = field.value.last().copied().unwrap_or_default(),
                0x04 => pin.pad = field.value.first().copied(),
                0x30 => pin.path = field.child(0x04).and_then(|path| CardPath::new(path.value)),
                _ => {}
            }
        }
        let mut integers = integers.into_iter();
        pin.min = integers.next().ok_or(ProblemKind::Missing("PIN length"))?;
        pin.stored = integers.next().unwrap_or(pin.min);
        pin.max = integers.next().unwrap_or_else(|| pin.stored.max(pin.min));
        Ok(pin)
    })
}

/// The code porteur: the first PIN that is not for unblocking.
pub fn user_pin(listing: &Listing<PinObject>) -> Option<&PinObject> {
    listing.entries.iter().find(|pin| !pin.flags.is_unblocking())
}

/// The code de déblocage: the first PIN that is for unblocking.
pub fn unblocking_code(listing: &Listing<PinObject>) -> Option<&PinObject> {
    listing.entries.iter().find(|pin| pin.flags.is_unblocking())
}

impl PinObject {
    /// The name people know it by.
    pub fn name(&self) -> String {
        self.common.label.clone().unwrap_or_else(|| text(b"code porteur"))
    }
}
