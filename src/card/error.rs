//! Why a card could not be read, or would not.

use std::fmt;

use super::known::OtherCard;
use super::{Generation, Hash, Padding, Role};
use crate::iso7816::apdu::Hex;
use crate::iso7816::status::{Meaning, StatusWord};
use crate::{transport, x509};

/// A file or an object of the card, as messages name it.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum File {
    /// The PKCS#15 application.
    Application,
    /// EF.AOD, the PINs.
    Aod,
    /// EF.CD, the certificates.
    Cd,
    /// A certificate, by its label.
    Certificate(String),
    /// EF.CIAInfo.
    CiaInfo,
    /// EF.DCOD, the data objects.
    Dcod,
    /// EF.DIR, the applications.
    Dir,
    /// A private key, by what it is for.
    Key(Role),
    /// A data object, by its label.
    Object(String),
    /// EF.ODF, the directory of directories.
    Odf,
    /// A PIN.
    Pin(PinName),
    /// EF.PrKD, the private keys.
    PrKd,
    /// EF.PuKD, the public keys.
    PuKd,
    /// EF.SN, the chip serial.
    Serial,
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Application => f.write_str("the PKCS#15 application"),
            Self::Aod => f.write_str("EF.AOD"),
            Self::Cd => f.write_str("EF.CD"),
            Self::Certificate(label) => write!(f, "certificate `{label}`"),
            Self::CiaInfo => f.write_str("EF.CIAInfo"),
            Self::Dcod => f.write_str("EF.DCOD"),
            Self::Dir => f.write_str("EF.DIR"),
            Self::Key(role) => write!(f, "the {role} key"),
            Self::Object(label) => write!(f, "data object `{label}`"),
            Self::Odf => f.write_str("EF.ODF"),
            Self::Pin(pin) => write!(f, "the {pin}"),
            Self::PrKd => f.write_str("EF.PrKD"),
            Self::PuKd => f.write_str("EF.PuKD"),
            Self::Serial => f.write_str("EF.SN"),
        }
    }
}

/// Why an operation on a card ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file is not there.
    #[error("{file} is not on the card")]
    Absent {
        /// Which.
        file: File,
    },
    /// Neither the data objects nor the certificates name a holder.
    #[error("no national identifier can be read on this card")]
    IdentifierAbsent,
    /// Another program resets the card each time it is used.
    #[error("another program reset the card{} while it was read", repeated(*times))]
    KeepsResetting {
        /// How often it was tried.
        times: u32,
    },
    /// One try is left, and the caller did not say to spend it.
    #[error("one try is left for the {pin}; it was not spent")]
    LastTry {
        /// The PIN.
        pin: PinName,
    },
    /// The key has no certificate on the card, or one of another kind than RSA: nothing it does could be checked.
    #[error("{file} has no certificate on the card that its signatures can be checked with")]
    KeyUnusable {
        /// Which.
        file: File,
    },
    /// The file does not hold what it should.
    #[error("{file} cannot be decoded")]
    Malformed {
        /// Which.
        file: File,
    },
    /// There is no PIN on this interface.
    #[error("this card has no PIN on its {0} interface")]
    NoPin(super::Interface),
    /// The answer to reset, or EF.SN, is not that of a CPx card.
    #[error("the card in the reader is {other} (ATR {})", Hex(atr))]
    NotCpx {
        /// Answer to reset.
        atr: Vec<u8>,
        /// What it is, as far as can be told.
        other: OtherCard,
    },
    /// The PIN is blocked.
    #[error("the {pin} is blocked")]
    PinBlocked {
        /// The PIN.
        pin: PinName,
    },
    /// The tries left cannot be read, so none was spent.
    #[error("the tries left for the {pin} cannot be read ({status}); none was spent")]
    PinCounterUnreadable {
        /// The PIN.
        pin: PinName,
        /// What the card answered.
        status: StatusWord,
    },
    /// The PIN cannot be right: the card takes other lengths. No try was spent.
    #[error("the {pin} has {min} to {max} digits; no try was spent")]
    PinLength {
        /// The PIN.
        pin: PinName,
        /// Fewest digits.
        min: usize,
        /// Most digits.
        max: usize,
    },
    /// The object is behind the PIN.
    #[error("{file} can be read only with the PIN")]
    PinNeeded {
        /// Which.
        file: File,
    },
    /// The card closed the PIN between its verification and the use of the key, each time.
    #[error("the card closed the PIN again before {file} could be used")]
    PinLost {
        /// What was to be used.
        file: File,
    },
    /// The PIN was wrong.
    #[error("wrong {pin}: {}", tries(*left))]
    PinRefused {
        /// The PIN.
        pin: PinName,
        /// Tries left.
        left: u8,
    },
    /// The card refused for another reason.
    #[error("the card refused {file} ({status})")]
    Refused {
        /// What was asked for.
        file: File,
        /// What it answered.
        status: StatusWord,
    },
    /// The key does not sign in this way.
    #[error("{file} of a {generation} does not sign with {padding} and {hash}")]
    Scheme {
        /// Which key.
        file: File,
        /// The card's generation.
        generation: Generation,
        /// The padding asked for.
        padding: Padding,
        /// The hash asked for.
        hash: Hash,
    },
    /// What is to be written is longer than the file.
    #[error("{file} holds {size} bytes, and {length} were given; nothing was written")]
    TooLong {
        /// Which file.
        file: File,
        /// Its size in bytes.
        size: usize,
        /// Bytes given.
        length: usize,
    },
    /// The reader or the service.
    #[error(transparent)]
    Transport(#[from] transport::Error),
    /// What is no cryptogram for this key: nothing more is said of it, so that nobody learns from trying.
    #[error("this is not a message for {file}")]
    Undecipherable {
        /// Which key.
        file: File,
    },
    /// What was written reads differently.
    #[error("{file} does not read as it was written")]
    WrittenDiffers {
        /// Which file.
        file: File,
    },
    /// The card returned a signature that the certificate does not confirm; it was not handed out.
    #[error("the card returned a wrong signature with {file}; it was thrown away")]
    WrongSignature {
        /// Which key.
        file: File,
    },
    /// A certificate on the card is not one.
    #[error("{file} is not a certificate")]
    X509 {
        /// Which.
        file: File,
        /// What is wrong with it.
        #[source]
        cause: x509::X509Error,
    },
}

impl Error {
    /// Whether the code porteur that was given must not be used again: it is wrong, or its card is gone.
    pub fn ends_pin(&self) -> bool {
        match self {
            Self::PinRefused { pin, .. } | Self::PinBlocked { pin } => *pin == PinName::User,
            Self::PinLength { .. } => true,
            Self::Transport(error) => matches!(
                error,
                transport::Error::Removed { .. }
                    | transport::Error::NoCard { .. }
                    | transport::Error::UnknownReader { .. }
                    | transport::Error::Mute { .. }
            ),
            _ => false,
        }
    }

    /// What a status word that refuses a file says.
    pub(super) fn of_status(file: &File, status: StatusWord) -> Self {
        let file = file.clone();
        match status.meaning() {
            Meaning::NotFound => Self::Absent { file },
            Meaning::PinNeeded => Self::PinNeeded { file },
            _ => Self::Refused { file, status },
        }
    }
}

/// Which PIN a message is about.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum PinName {
    /// Code porteur.
    User,
    /// Code de déblocage.
    Unblocking,
}

impl fmt::Display for PinName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "PIN (code porteur)",
            Self::Unblocking => "unblocking code (code de déblocage)",
        })
    }
}

fn repeated(times: u32) -> String {
    if times == 1 { String::new() } else { format!(" {times} times") }
}

fn tries(left: u8) -> String {
    match left {
        1 => "1 try left".to_owned(),
        left => format!("{left} tries left"),
    }
}
