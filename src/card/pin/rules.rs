//! How the digits of a PIN become the bytes that the card takes.

use super::UNBLOCKING;
use crate::card::error::{Error, File, PinName};
use crate::card::known::Model;
use crate::card::pkcs15::Common;
use crate::card::pkcs15::aod::{PinCoding, PinFlags, PinObject};
use crate::secret::{Pin, Secret};

impl PinObject {
    /// What a card without a readable EF.AOD has: four digits, eight to unblock, ASCII (CPx fact sheet §6.1).
    pub(super) fn usual(name: PinName, model: &Model) -> Self {
        let (reference, digits) = match name {
            PinName::User => (model.user_pin, 4),
            PinName::Unblocking => (UNBLOCKING, 8),
        };
        Self {
            common: Common::default(),
            auth_id: vec![reference],
            flags: PinFlags::default(),
            coding: PinCoding::Ascii,
            min: digits,
            max: digits,
            stored: digits,
            reference,
            pad: None,
            path: None,
        }
    }

    /// Whether the card can take the PIN: what it cannot would be a try lost.
    pub(super) fn check(&self, name: PinName, pin: &Pin) -> Result<(), Error> {
        let (min, max) = (self.min, self.max);
        match self.coding {
            PinCoding::Other(_) => Err(Error::Malformed { file: File::Aod }),
            _ if !(min..=max).contains(&pin.digits().len()) => {
                Err(Error::PinLength { pin: name, min, max })
            }
            _ => Ok(()),
        }
    }

    /// The data field of VERIFY.
    pub(super) fn block(&self, pin: &Pin) -> Secret<Vec<u8>> {
        let digits = pin.digits();
        // Room for all that follows: a vector that grows leaves its digits behind.
        let mut block = Vec::with_capacity(64.max(digits.len()));
        match self.coding {
            PinCoding::Bcd => block.extend(packed(digits)),
            PinCoding::Ascii | PinCoding::Utf8 | PinCoding::Other(_) => block.extend(digits),
        }
        if self.flags.needs_padding() && block.len() < self.stored && self.stored <= 64 {
            block.resize(self.stored, self.pad.unwrap_or(0xFF));
        }
        Secret::new(block)
    }
}

/// Two ASCII digits a byte; an odd one is followed by F.
fn packed(digits: &[u8]) -> impl Iterator<Item = u8> {
    let nibble = |digit: Option<&u8>| digit.map_or(0x0F, |digit| digit & 0x0F);
    digits.chunks(2).map(move |pair| nibble(pair.first()) << 4 | nibble(pair.get(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::pkcs15::aod;

    #[test]
    fn a_pin_is_coded_and_filled_up_as_ef_aod_says() {
        let pin = |flags: u8| {
            let attributes = [3, 2, 2, flags, 10, 1, 1, 2, 1, 4, 2, 1, 8, 2, 1, 8, 4, 1, 0xF0];
            let mut entry = vec![0x30, 27, 0x30, 0, 0x30, 0, 0xA1, 21, 0x30, 19];
            entry.extend(attributes);
            let listing = aod::read(&entry);
            aod::user_pin(&listing).cloned().expect("one PIN")
        };
        let typed = Pin::parse("1234".to_owned()).expect("digits");
        let block = |pin: PinObject| pin.block(&typed).expose().clone();
        assert_eq!(block(pin(0x48)), b"1234");
        let coding = PinCoding::Bcd;
        assert_eq!(block(PinObject { coding, ..pin(0x48) }), [0x12, 0x34]);
        assert_eq!(packed(b"12345").collect::<Vec<_>>(), [0x12, 0x34, 0x5F]);
        assert_eq!(block(pin(0x4C)), b"1234\xF0\xF0\xF0\xF0");
        let long = Pin::parse("123456789".to_owned()).expect("digits");
        let refused = pin(0x48).check(PinName::User, &long).map_err(|error| error.to_string());
        let message = "the PIN (code porteur) has 4 to 8 digits; no try was spent";
        assert_eq!(refused, Err(message.to_owned()));
    }
}
