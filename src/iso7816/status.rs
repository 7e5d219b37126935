//! Status words, ISO/IEC 7816-4 §5.6, and the ones the CPS2ter volume adds.

use std::fmt;

/// The two bytes that end every answer of a card, SW1 ‖ SW2.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct StatusWord(pub u16);

impl StatusWord {
    /// 9000: done.
    pub const OK: Self = Self(0x9000);
    /// 6282: the end of the file came before the number of bytes asked for.
    pub const END_OF_FILE: Self = Self(0x6282);
    /// 6700: wrong length.
    pub const WRONG_LENGTH: Self = Self(0x6700);
    /// 6881: this logical channel is not open.
    pub const CHANNEL_NOT_SUPPORTED: Self = Self(0x6881);
    /// 6981: the command does not fit the structure of the file.
    pub const INCOMPATIBLE_WITH_FILE: Self = Self(0x6981);
    /// 6982: the conditions of access are not met; a PIN is needed.
    pub const SECURITY_STATUS: Self = Self(0x6982);
    /// 6983: the authentication method is blocked.
    pub const BLOCKED: Self = Self(0x6983);
    /// 6984: the reference data cannot be used.
    pub const REFERENCE_DATA: Self = Self(0x6984);
    /// 6985: the conditions of use are not met.
    pub const CONDITIONS_OF_USE: Self = Self(0x6985);
    /// 6986: no current file.
    pub const NO_CURRENT_FILE: Self = Self(0x6986);
    /// 6A80: wrong data field.
    pub const WRONG_DATA: Self = Self(0x6A80);
    /// 6A82: file not found.
    pub const FILE_NOT_FOUND: Self = Self(0x6A82);
    /// 6A86: wrong P1 or P2.
    pub const WRONG_P1P2: Self = Self(0x6A86);
    /// 6A88: data object not found.
    pub const DATA_NOT_FOUND: Self = Self(0x6A88);
    /// 6B00: wrong offset.
    pub const WRONG_OFFSET: Self = Self(0x6B00);
    /// 6D00: instruction not supported.
    pub const INS_NOT_SUPPORTED: Self = Self(0x6D00);
    /// 6E00: class not supported.
    pub const CLA_NOT_SUPPORTED: Self = Self(0x6E00);

    /// First byte.
    pub const fn sw1(self) -> u8 {
        self.0.to_be_bytes()[0]
    }

    /// Second byte.
    pub const fn sw2(self) -> u8 {
        self.0.to_be_bytes()[1]
    }

    /// What the word asks or says, as the sheet of the card reads it.
    pub const fn meaning(self) -> Meaning {
        match self.0.to_be_bytes() {
            [0x90, 0x00] => Meaning::Done,
            [0x61, 0] | [0x9F, 0] => Meaning::MoreData(256),
            [0x61 | 0x9F, n] => Meaning::MoreData(widen(n)),
            [0x6C, 0] => Meaning::RepeatWithLe(256),
            [0x6C, n] => Meaning::RepeatWithLe(widen(n)),
            [0x63, n] if n & 0xF0 == 0xC0 => Meaning::TriesLeft(n & 0x0F),
            [0x62, 0x82] => Meaning::EndOfFile,
            [0x68, 0x81] => Meaning::ChannelClosed,
            [0x69, 0x82] => Meaning::PinNeeded,
            [0x69, 0x83] | [0x98, 0x40] => Meaning::Blocked,
            [0x69, 0x00 | 0x84 | 0x85 | 0x86] => Meaning::NotAllowed,
            [0x6A, 0x82 | 0x83 | 0x88] | [0x94, 0x04] => Meaning::NotFound,
            [0x67, 0x00] => Meaning::WrongLength,
            [0x6A, 0x80 | 0x86 | 0x87] | [0x6B, 0x00] => Meaning::WrongParameters,
            [0x6D, _] => Meaning::UnknownInstruction,
            [0x6E, _] => Meaning::UnknownClass,
            _ => Meaning::Other,
        }
    }
}

const fn widen(byte: u8) -> u16 {
    u16::from_be_bytes([0, byte])
}

impl fmt::Display for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Debug for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatusWord({self})")
    }
}

/// What a status word says to do, or why the command was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Meaning {
    /// The reference data is blocked (6983; 9840 on the CPS2ter volume).
    Blocked,
    /// The logical channel is not open (6881).
    ChannelClosed,
    /// 9000.
    Done,
    /// The file ended before the length asked for (6282); what came is good.
    EndOfFile,
    /// So many bytes wait for GET RESPONSE (61xx; 9Fxx on the CPS2ter volume); 1 to 256.
    MoreData(u16),
    /// Not allowed in this state (6900, 6984, 6985, 6986).
    NotAllowed,
    /// File, record or data object not found.
    NotFound,
    /// Anything else.
    Other,
    /// A PIN must be verified first (6982).
    PinNeeded,
    /// Send it again with this Le (6Cxx); 1 to 256.
    RepeatWithLe(u16),
    /// The reference data did not match; so many tries are left (63Cx).
    TriesLeft(u8),
    /// CLA not supported (6Exx).
    UnknownClass,
    /// INS not supported (6Dxx).
    UnknownInstruction,
    /// 6700.
    WrongLength,
    /// 6A80, 6A86, 6A87, 6B00.
    WrongParameters,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_length_in_a_status_word_means_256_bytes() {
        assert_eq!(StatusWord(0x6100).meaning(), Meaning::MoreData(256));
        assert_eq!(StatusWord(0x6C00).meaning(), Meaning::RepeatWithLe(256));
        assert_eq!(StatusWord(0x6119).meaning(), Meaning::MoreData(25));
    }

    #[test]
    fn tries_left_are_the_low_nibble_of_63cx_only() {
        assert_eq!(StatusWord(0x63C2).meaning(), Meaning::TriesLeft(2));
        assert_eq!(StatusWord(0x63C0).meaning(), Meaning::TriesLeft(0));
        assert_eq!(StatusWord(0x6382).meaning(), Meaning::Other);
    }
}
