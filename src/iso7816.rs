//! ISO/IEC 7816 as bytes: commands and answers, status words, BER-TLV, ATR. No I/O.

pub mod apdu;
pub mod atr;
pub mod status;
pub mod tlv;
