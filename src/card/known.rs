//! The card models: how each is recognised and driven. One row a model; code only where a card truly differs.

use std::fmt;

use super::{Hash, Padding};
use crate::iso7816::atr::Atr;

/// Card generation.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Generation {
    /// IAS-ECC applet.
    Cps3,
    /// ChipDoc applet, driven on logical channel 1.
    Cps4,
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cps3 => "CPS3",
            Self::Cps4 => "CPS4",
        })
    }
}

/// Which side of the card answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Interface {
    /// ISO/IEC 7816.
    Contact,
    /// ISO/IEC 14443-4.
    Contactless,
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contact => "contact",
            Self::Contactless => "contactless",
        })
    }
}

/// How the tries left of a PIN are read (CPx fact sheet §6.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinCounter {
    /// VERIFY without data: `63Cx`.
    EmptyVerify,
    /// GET DATA on the PIN object, in the MF.
    GetData,
    /// There is no PIN on this interface.
    NoPin,
}

/// How a file is selected by its path (CPx fact sheet §2.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SelectByPath {
    /// P1=08, from the MF, without `3F00`; P2=00.
    FromMf,
    /// P1=09, from the MF when the path begins with `3F00`, else from the current DF; P2=0C or 04.
    FromMfOrCurrentDf,
}

/// What the driver must know of a model before it asks the card anything.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Model {
    /// Generation.
    pub generation: Generation,
    /// Interface.
    pub interface: Interface,
    /// Class byte of every command.
    pub cla: u8,
    /// AID of the PKCS#15 application on this interface.
    pub application: [u8; 13],
    /// Where that application is when EF.DIR does not say (file identifiers under the MF).
    pub application_df: u16,
    /// Most bytes read at once.
    pub chunk: u16,
    /// SELECT by path.
    pub select: SelectByPath,
    /// Tries left.
    pub pin_counter: PinCounter,
    /// Reference of the code porteur when EF.AOD does not say.
    pub user_pin: u8,
    /// Whether the CPS2ter volume (CLA A0) is there.
    pub cps2ter_volume: Cps2terVolume,
    /// How a key for signatures signs.
    pub commits: Signing,
    /// How a key for authentication signs.
    pub authenticates: Signing,
    /// How a key deciphers.
    pub deciphers: Deciphering,
    /// How the code porteur is changed, and set anew.
    pub new_pin: NewPin,
}

/// What the card computes, and which number it has for it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Algorithm {
    /// Padding of the signature.
    pub padding: Padding,
    /// Its hash.
    pub hash: Hash,
    /// Algorithm reference in MSE.
    pub id: u8,
}

const fn algorithm(padding: Padding, hash: Hash, id: u8) -> Algorithm {
    Algorithm { padding, hash, id }
}

/// How a key signs (CPx fact sheet §7).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signing {
    /// MSE AA, PSO HASH with the state and the last block, MSE B6, PSO CDS without data; a ready hash goes with PSO CDS.
    FinishesHash {
        /// The hash alone, for MSE AA.
        hashes: &'static [(Hash, u8)],
        /// The signature, for MSE B6.
        algorithms: &'static [Algorithm],
    },
    /// MSE B6 by `91`, the key with its highest bit, and PSO CDS on the hash.
    ReadyHash(&'static [Algorithm]),
    /// MSE A4 and INTERNAL AUTHENTICATE on a DigestInfo, which the card pads as PKCS#1 does.
    InternalAuthenticate {
        /// Algorithm reference.
        id: u8,
    },
    /// The private operation on a block that is padded here.
    Raw,
}

/// How a key deciphers (CPx fact sheet §7.6, §7.7).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Deciphering {
    /// PSO DECIPHER on `81` and the cryptogram: the card takes the padding off.
    Unpadded {
        /// Algorithm reference.
        id: u8,
    },
    /// PSO DECIPHER gives the padded block.
    Raw,
}

/// How a new code porteur is set (CPx fact sheet §6.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NewPin {
    /// CHANGE with old and new in one command; RESET RETRY COUNTER with the new one.
    OneCommand,
    /// CHANGE with the new one alone, after VERIFY of the old, or after RESET RETRY COUNTER without data.
    Afterwards,
}

/// Presence of the CPS2ter volume, reached with CLA A0 (CPx fact sheet §3.4).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cps2terVolume {
    /// Not on this model.
    Absent,
    /// Inside the card.
    Present,
}

/// AID of the root application, which is the name of the MF: IAS on CPS3, ChipDoc on CPS4 (CPx fact sheet §3.1).
pub const ROOT_AID: [u8; 8] = [0x80, 0x25, 0x00, 0x00, 0x01, 0xFF, 0x01, 0x00];

/// Issuer number of the agency, ISO/IEC 7812: health, France, issuer 1 (CPx fact sheet §3.1).
pub const ISSUER: [u8; 5] = [0x80, 0x25, 0x00, 0x00, 0x01];

const fn application(last: u8) -> [u8; 13] {
    [0xE8, 0x28, 0xBD, 0x08, 0x0F, 0x80, 0x25, 0x00, 0x00, 0x01, 0xFF, 0x00, last]
}

/// CPS3 in a contact reader, T=0.
pub const CPS3_CONTACT: Model = Model {
    generation: Generation::Cps3,
    interface: Interface::Contact,
    cla: 0x00,
    application: application(0x10),
    application_df: 0x0001,
    chunk: 0xE7,
    select: SelectByPath::FromMfOrCurrentDf,
    pin_counter: PinCounter::GetData,
    user_pin: 0x01,
    cps2ter_volume: Cps2terVolume::Present,
    // CPx fact sheet §7.2.
    commits: Signing::FinishesHash {
        hashes: &[(Hash::Sha256, 0x40), (Hash::Sha1, 0x10)],
        algorithms: &[
            algorithm(Padding::Pkcs1, Hash::Sha256, 0x42),
            algorithm(Padding::Pkcs1, Hash::Sha1, 0x12),
        ],
    },
    authenticates: Signing::InternalAuthenticate { id: 0x02 },
    deciphers: Deciphering::Unpadded { id: 0x1A },
    new_pin: NewPin::OneCommand,
};

/// CPS3 on a contactless reader, which shows it as T=1.
pub const CPS3_CONTACTLESS: Model = Model {
    interface: Interface::Contactless,
    application: application(0x20),
    application_df: 0x0002,
    pin_counter: PinCounter::NoPin,
    cps2ter_volume: Cps2terVolume::Absent,
    ..CPS3_CONTACT
};

/// CPS4 in a contact reader, T=0 or T=1.
pub const CPS4: Model = Model {
    generation: Generation::Cps4,
    interface: Interface::Contact,
    cla: 0x01,
    application: application(0x10),
    application_df: 0x0001,
    chunk: 256,
    select: SelectByPath::FromMf,
    pin_counter: PinCounter::EmptyVerify,
    user_pin: 0x01,
    cps2ter_volume: Cps2terVolume::Absent,
    // CPx fact sheet §7.7.
    commits: Signing::ReadyHash(&[
        algorithm(Padding::Pkcs1, Hash::Sha256, 0x28),
        algorithm(Padding::Pss, Hash::Sha256, 0x2C),
        algorithm(Padding::Pkcs1, Hash::Sha1, 0x0A),
        algorithm(Padding::Pss, Hash::Sha1, 0x15),
    ]),
    authenticates: Signing::Raw,
    deciphers: Deciphering::Raw,
    new_pin: NewPin::Afterwards,
};

/// What an answer to reset tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Recognised {
    /// A model the driver knows; EF.SN or the application confirms it.
    Model(Model),
    /// Something else, as far as the ATR tells.
    Other(OtherCard),
}

/// Cards that are not ours to read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum OtherCard {
    /// A card before CPS3, which has no PKCS#15 application (its ATR is *inferred*, CPx fact sheet §1.1).
    Cps2ter,
    /// The agency's ATR with a generation that is not known here.
    FutureCpx(u8),
    /// The chip of a contactless CPS3 in another organisation's card.
    SameChip,
    /// Nothing that is known.
    Unknown,
}

impl fmt::Display for OtherCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cps2ter => f.write_str("a CPS2ter, older than the cards cpskit reads"),
            Self::FutureCpx(generation) => {
                write!(f, "a CPx card of an unknown generation ({generation:02X})")
            }
            Self::SameChip => f.write_str(
                "another organisation's card on the chip that contactless CPS3 cards use",
            ),
            Self::Unknown => f.write_str("not a CPx card"),
        }
    }
}

/// Category, country (France), and the tag of the pre-issuing data with its first byte.
const CONTACT: [u8; 6] = [0x00, 0x12, 0x25, 0x00, 0x64, 0x80];

/// Historical bytes of the contactless CPS3, with the bits that count (CPx fact sheet §1.1: two bytes free, one masked C0).
const CONTACTLESS: [(u8, u8); 15] = [
    (0x00, 0xFF),
    (0x31, 0xFF),
    (0xB8, 0xFF),
    (0x64, 0xFF),
    (0x04, 0x00),
    (0xB0, 0x00),
    (0xEC, 0xFF),
    (0xC1, 0xC0),
    (0x73, 0xFF),
    (0x94, 0xFF),
    (0x01, 0xFF),
    (0x80, 0xFF),
    (0x82, 0xFF),
    (0x90, 0xFF),
    (0x00, 0xFF),
];

/// Where the look-alike of CPx fact sheet §1.1 parts from [`CONTACTLESS`]: the status bytes.
const CHIP_BYTES: usize = 12;

/// Tells the model from the answer to reset, masked: the bytes that vary between batches are not looked at.
pub fn recognise(atr: &[u8]) -> Recognised {
    let historical = Atr::parse(atr).map(|atr| atr.historical).unwrap_or_default();
    if let Some([first, second, _, ..]) = historical.strip_prefix(&CONTACT) {
        // CPS3 writes `00 03 10`; CPS4 `04 01 00` or `00 04 01`.
        return match if *first == 0 { *second } else { *first } {
            3 => Recognised::Model(CPS3_CONTACT),
            4 => Recognised::Model(CPS4),
            0x82 => Recognised::Other(OtherCard::Cps2ter),
            generation => Recognised::Other(OtherCard::FutureCpx(generation)),
        };
    }
    let same = |count: usize| {
        historical.len() == CONTACTLESS.len()
            && historical
                .iter()
                .zip(CONTACTLESS)
                .take(count)
                .all(|(byte, (value, mask))| byte & mask == value & mask)
    };
    if same(CONTACTLESS.len()) {
        Recognised::Model(CPS3_CONTACTLESS)
    } else if same(CHIP_BYTES) {
        Recognised::Other(OtherCard::SameChip)
    } else {
        Recognised::Other(OtherCard::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atr(hex: &str) -> Vec<u8> {
        let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
        digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).expect("a byte")).collect()
    }

    #[test]
    fn the_five_published_atrs_are_recognised() {
        for (hex, model) in [
            ("3B AC 00 40 2A 00 12 25 00 64 80 00 03 10 00 90 00", CPS3_CONTACT),
            ("3B 8F 80 01 00 31 B8 64 04 B0 EC C1 73 94 01 80 82 90 00 0E", CPS3_CONTACTLESS),
            ("3B 9B 18 80 01 00 12 25 00 64 80 00 04 01 00 90 44", CPS4),
            ("3B 9B 18 80 01 00 12 25 00 64 80 04 01 00 00 90 44", CPS4),
            ("3B DC 18 FF 00 00 12 25 00 64 80 00 04 01 00 90 00", CPS4),
        ] {
            assert_eq!(recognise(&atr(hex)), Recognised::Model(model), "{hex}");
        }
    }

    #[test]
    fn bytes_that_vary_between_batches_are_not_looked_at() {
        let batch = atr("3B AC 00 40 2A 00 12 25 00 64 80 00 03 11 00 90 00");
        assert_eq!(recognise(&batch), Recognised::Model(CPS3_CONTACT));
        let batch = atr("3B 8F 80 01 00 31 B8 64 05 B1 EC C2 73 94 01 80 82 90 00 0E");
        assert_eq!(recognise(&batch), Recognised::Model(CPS3_CONTACTLESS));
    }

    #[test]
    fn other_cards_are_named() {
        for (hex, other) in [
            ("3B AC 00 40 2A 00 12 25 00 64 80 82 02 12 00 90 00", OtherCard::Cps2ter),
            ("3B 8F 80 01 00 31 B8 64 04 B0 EC C1 73 94 01 80 FF FF FF E3", OtherCard::SameChip),
            ("3B AC 00 40 2A 00 12 25 00 64 80 00 05 10 00 90 00", OtherCard::FutureCpx(5)),
            ("3B 75 13 00 00 9C 02 02 01 02", OtherCard::Unknown),
            ("", OtherCard::Unknown),
        ] {
            assert_eq!(recognise(&atr(hex)), Recognised::Other(other), "{hex}");
        }
    }
}
