//! A reader's own keypad: PC/SC part 10 (v2.02.09), FEATURE_VERIFY_PIN_DIRECT. The PIN goes from the reader to the card
//! and never reaches the computer.

use std::time::Duration;

use super::Error;
use crate::iso7816::apdu::Response;
use crate::iso7816::status::StatusWord;

/// FEATURE_VERIFY_PIN_DIRECT, PC/SC part 10 §2.3.
const VERIFY_PIN_DIRECT: u8 = 0x06;

/// A command to the reader itself, as `SCardControl` sends it.
pub trait Control {
    /// Sends CM_IOCTL_GET_FEATURE_REQUEST; the answer is a run of `tag 04 control-code(4, big-endian)`.
    ///
    /// # Errors
    /// What the service refuses; a reader without features may refuse.
    fn features(&mut self) -> Result<Vec<u8>, Error>;

    /// Sends `data` under one of the control codes that [`features`](Self::features) gave.
    ///
    /// # Errors
    /// What the service refuses.
    fn control(&mut self, code: u32, data: &[u8]) -> Result<Vec<u8>, Error>;
}

/// What a keypad must know to present a PIN: the header of the command and the bounds of the PIN.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PinEntry {
    /// CLA, INS, P1, P2 of the command to complete.
    pub header: [u8; 4],
    /// Least number of digits.
    pub min: u8,
    /// Greatest number of digits.
    pub max: u8,
    /// How long the holder may take between two keys; whole seconds, at most 255.
    pub patience: Duration,
}

/// A keypad that was found.
pub struct Keypad<'a> {
    reader: &'a mut dyn Control,
    verify_code: u32,
}

impl<'a> Keypad<'a> {
    /// Asks the reader what it offers; `None` when it has no keypad that verifies a PIN by itself.
    pub fn discover(reader: &'a mut dyn Control) -> Option<Self> {
        // A reader that refuses the question has no feature to offer.
        let features = reader.features().ok()?;
        let verify_code = control_code(&features, VERIFY_PIN_DIRECT)?;
        Some(Self { reader, verify_code })
    }

    /// Asks the holder for the PIN on the reader and lets the reader send the command with it in place.
    ///
    /// # Errors
    /// [`Error::KeypadCancelled`], [`Error::KeypadTimeout`], [`Error::KeypadRefused`], and what the service says. A
    /// PIN that the card refuses is an answer, not an error.
    pub fn verify(&mut self, entry: &PinEntry) -> Result<StatusWord, Error> {
        let bytes = self.reader.control(self.verify_code, &verify_structure(entry))?;
        let length = bytes.len();
        let status = Response::parse(bytes).ok_or(Error::Garbled { length })?.status;
        // PC/SC part 10 §2.5.2: what the reader answers itself, in place of the card.
        match status {
            StatusWord(0x6400) => Err(Error::KeypadTimeout),
            StatusWord(0x6401) => Err(Error::KeypadCancelled),
            StatusWord(0x6402 | 0x6403 | 0x6B80) => Err(Error::KeypadRefused { status }),
            status => Ok(status),
        }
    }
}

/// Looks a feature up in the answer to CM_IOCTL_GET_FEATURE_REQUEST.
fn control_code(features: &[u8], feature: u8) -> Option<u32> {
    features.chunks_exact(6).find_map(|tlv| match *tlv {
        [tag, 4, a, b, c, d] if tag == feature => Some(u32::from_be_bytes([a, b, c, d])),
        _ => None,
    })
}

/// PIN_VERIFY_STRUCTURE, PC/SC part 10 §2.5.2, little-endian: ASCII digits, left justified, no padding.
fn verify_structure(entry: &PinEntry) -> Vec<u8> {
    let PinEntry { header, min, max, patience } = *entry;
    let seconds = u8::try_from(patience.as_secs()).unwrap_or(u8::MAX);
    // A PIN of one possible length is placed in a block of that size; otherwise the reader sets Lc itself.
    let block = if min == max { max } else { 0 };
    let mut template = header.to_vec();
    template.push(block);
    template.extend(std::iter::repeat_n(0xFF, usize::from(block)));
    let mut out = vec![
        seconds, seconds, // bTimerOut, bTimerOut2
        0x82,    // bmFormatString: ASCII, left justified, position 0 counted in bytes
        block,   // bmPINBlockString: no length field, block size
        0x00,    // bmPINLengthFormat: none
        max, min,  // wPINMaxExtraDigit
        0x02, // bEntryValidationCondition: the validation key
        0x01, // bNumberMessage: one
        0x0C, 0x04, // wLangId: French (France)
        0x00, // bMsgIndex
        0x00, 0x00, 0x00, // bTeoPrologue
    ];
    let length = u32::try_from(template.len()).expect("a header and at most 255 bytes");
    out.extend(length.to_le_bytes());
    out.extend(template);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iso7816::apdu::Hex;

    /// A reader that answers from a script and keeps what it was sent.
    struct StandIn {
        features: Result<Vec<u8>, Error>,
        answer: Vec<u8>,
        sent: Vec<(u32, String)>,
    }

    impl StandIn {
        fn answering(answer: [u8; 2]) -> Self {
            let features = vec![0x12, 4, 0x42, 0x33, 0, 0x12, 0x06, 4, 0x42, 0x33, 0, 6];
            Self { features: Ok(features), answer: answer.to_vec(), sent: Vec::new() }
        }
    }

    impl Control for StandIn {
        fn features(&mut self) -> Result<Vec<u8>, Error> {
            self.features.clone()
        }

        fn control(&mut self, code: u32, data: &[u8]) -> Result<Vec<u8>, Error> {
            self.sent.push((code, Hex(data).to_string()));
            Ok(self.answer.clone())
        }
    }

    const ENTRY: PinEntry =
        PinEntry { header: [0, 0x20, 0, 1], min: 4, max: 4, patience: Duration::from_secs(30) };

    fn verify(reader: &mut StandIn, entry: PinEntry) -> Result<StatusWord, Error> {
        Keypad::discover(reader).expect("a keypad").verify(&entry)
    }

    #[test]
    fn a_reader_without_the_feature_has_no_keypad() {
        let mut reader = StandIn::answering([0x90, 0]);
        reader.features = Ok(vec![0x12, 4, 0x42, 0x33, 0, 0x12, 0x06]);
        assert!(Keypad::discover(&mut reader).is_none());
        reader.features = Err(Error::NoReader);
        assert!(Keypad::discover(&mut reader).is_none());
    }

    #[test]
    fn a_pin_of_fixed_length_is_placed_in_a_block() {
        let mut reader = StandIn::answering([0x90, 0]);
        assert_eq!(verify(&mut reader, ENTRY), Ok(StatusWord::OK));
        let structure =
            "1E1E8204000404020 10C0400000000 09000000 0020000104FFFFFFFF".replace(' ', "");
        assert_eq!(reader.sent, [(0x4233_0006, structure)]);
    }

    #[test]
    fn a_pin_of_variable_length_leaves_the_length_to_the_reader() {
        let mut reader = StandIn::answering([0x63, 0xC2]);
        let entry = PinEntry { max: 8, ..ENTRY };
        assert_eq!(verify(&mut reader, entry), Ok(StatusWord(0x63C2)));
        let structure = "1E1E8200000804020 10C0400000000 05000000 0020000100".replace(' ', "");
        assert_eq!(reader.sent, [(0x4233_0006, structure)]);
    }

    #[test]
    fn what_the_reader_answers_in_place_of_the_card_is_told_from_what_the_card_says() {
        let outcome = |answer| verify(&mut StandIn::answering(answer), ENTRY);
        assert_eq!(outcome([0x64, 0x00]), Err(Error::KeypadTimeout));
        assert_eq!(outcome([0x64, 0x01]), Err(Error::KeypadCancelled));
        let status = StatusWord(0x6B80);
        assert_eq!(outcome([0x6B, 0x80]), Err(Error::KeypadRefused { status }));
        assert_eq!(outcome([0x69, 0x83]), Ok(StatusWord::BLOCKED));
    }
}
