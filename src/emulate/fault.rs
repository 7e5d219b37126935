//! The faults a virtual card or its reader can be given, by name: one menu for tests and for the command line.

use std::fmt;
use std::str::FromStr;

use super::card::{FilePath, Flaw, NoSuchFile, VirtualCard};

/// A fault. Counts are of exchanges that succeed before it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// One bit of a file is inverted; bits are numbered from the first byte's highest, from 0.
    FlipBit {
        /// The file.
        file: FilePath,
        /// The bit; counted again from the start past the end of the file.
        bit: usize,
    },
    /// Every signature is made with the key of another card.
    ForeignSignature,
    /// The card falls silent, until it is taken out.
    MuteAfter(u32),
    /// SELECT announces 32 KiB for a file.
    Oversize {
        /// The file.
        file: FilePath,
    },
    /// The card is taken out.
    PullAfter(u32),
    /// Another program resets the card, once.
    ResetAfter(u32),
    /// A file keeps its first bytes only.
    Truncate {
        /// The file.
        file: FilePath,
        /// Bytes kept.
        length: usize,
    },
    /// After so many signatures that are right, the last bit of each is inverted. `wrong-signature` is that of all.
    WrongSignatureAfter(u32),
}

/// One line of the menu of faults.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FaultHelp {
    /// What to write: `pull-after=K`.
    pub form: &'static str,
    /// In French.
    pub french: &'static str,
    /// In English.
    pub english: &'static str,
}

/// The size that [`Fault::Oversize`] announces.
const OVERSIZE: u16 = 0x8000;

const MENU: &[FaultHelp] = &[
    FaultHelp {
        form: "flip-bit=FILE:N",
        french: "le bit N du fichier est inversé",
        english: "bit N of the file is inverted",
    },
    FaultHelp {
        form: "foreign-signature",
        french: "chaque signature est faite avec la clé d'une autre carte",
        english: "every signature is made with the key of another card",
    },
    FaultHelp {
        form: "mute-after=K",
        french: "la carte ne répond plus après K échanges",
        english: "the card falls silent after K exchanges",
    },
    FaultHelp {
        form: "oversize=FILE",
        french: "la taille annoncée du fichier est de 32 Kio",
        english: "the announced size of the file is 32 KiB",
    },
    FaultHelp {
        form: "pull-after=K",
        french: "la carte est retirée après K échanges",
        english: "the card is taken out after K exchanges",
    },
    FaultHelp {
        form: "reset-after=K",
        french: "un autre programme réinitialise la carte après K échanges",
        english: "another program resets the card after K exchanges",
    },
    FaultHelp {
        form: "truncate=FILE:N",
        french: "le fichier est coupé après N octets",
        english: "the file is cut after N bytes",
    },
    FaultHelp {
        form: "wrong-signature",
        french: "un bit de chaque signature est inversé",
        english: "one bit of every signature is inverted",
    },
    FaultHelp {
        form: "wrong-signature-after=K",
        french: "un bit de chaque signature est inversé, après K signatures justes",
        english: "one bit of every signature is inverted, after K right ones",
    },
];

impl Fault {
    /// What can be asked for, in alphabetical order. `FILE` is a path from the MF, as in `3F00/0001/A001`.
    pub fn menu() -> &'static [FaultHelp] {
        MENU
    }

    /// Alters a card, for the faults that are in the card itself; the others are left to the reader.
    ///
    /// # Errors
    /// [`NoSuchFile`].
    pub fn alter(&self, card: &mut VirtualCard) -> Result<(), NoSuchFile> {
        let missing = |file: &FilePath| NoSuchFile(file.clone());
        match self {
            Self::FlipBit { file, bit } => {
                let content = card.file_mut(file).ok_or_else(|| missing(file))?;
                let bits = content.len() * 8;
                if let Some(position) = bit.checked_rem(bits) {
                    content[position / 8] ^= 0x80 >> (position % 8);
                }
                Ok(())
            }
            Self::ForeignSignature => {
                card.spoil(Flaw::Foreign);
                Ok(())
            }
            Self::Oversize { file } => card.announce(file, OVERSIZE),
            Self::Truncate { file, length } => {
                card.file_mut(file).ok_or_else(|| missing(file))?.truncate(*length);
                Ok(())
            }
            Self::WrongSignatureAfter(right) => {
                card.spoil(Flaw::InvertedAfter(*right));
                Ok(())
            }
            Self::MuteAfter(_) | Self::PullAfter(_) | Self::ResetAfter(_) => Ok(()),
        }
    }
}

/// What was written is not a fault of the [menu](Fault::menu).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not a fault: see the list of faults")]
pub struct FaultError(pub String);

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let wrong = || FaultError(text.to_owned());
        match text {
            "foreign-signature" => return Ok(Self::ForeignSignature),
            "wrong-signature" => return Ok(Self::WrongSignatureAfter(0)),
            _ => {}
        }
        let (name, value) = text.split_once('=').ok_or_else(wrong)?;
        let count = || value.parse().map_err(|_| wrong());
        let path = |text: &str| text.parse().map_err(|_| wrong());
        let file_and_number = || {
            let (file, number) = value.split_once(':').ok_or_else(wrong)?;
            Ok((path(file)?, number.parse().map_err(|_| wrong())?))
        };
        match name {
            "flip-bit" => file_and_number().map(|(file, bit)| Self::FlipBit { file, bit }),
            "mute-after" => count().map(Self::MuteAfter),
            "oversize" => path(value).map(|file| Self::Oversize { file }),
            "pull-after" => count().map(Self::PullAfter),
            "reset-after" => count().map(Self::ResetAfter),
            "truncate" => file_and_number().map(|(file, length)| Self::Truncate { file, length }),
            "wrong-signature-after" => count().map(Self::WrongSignatureAfter),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FlipBit { file, bit } => write!(f, "flip-bit={file}:{bit}"),
            Self::ForeignSignature => f.write_str("foreign-signature"),
            Self::MuteAfter(count) => write!(f, "mute-after={count}"),
            Self::Oversize { file } => write!(f, "oversize={file}"),
            Self::PullAfter(count) => write!(f, "pull-after={count}"),
            Self::ResetAfter(count) => write!(f, "reset-after={count}"),
            Self::Truncate { file, length } => write!(f, "truncate={file}:{length}"),
            Self::WrongSignatureAfter(0) => f.write_str("wrong-signature"),
            Self::WrongSignatureAfter(count) => write!(f, "wrong-signature-after={count}"),
        }
    }
}

/// The line between a card and its reader, which counts exchanges until it breaks.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    faults: Vec<Fault>,
    exchanges: u32,
}

/// What happens on the line instead of the next exchange.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Break {
    /// The card does not answer.
    Mute,
    /// The card is gone.
    Pulled,
    /// The card was just reset by another program.
    Reset,
}

impl Line {
    pub(super) fn new(faults: &[Fault]) -> Self {
        Self { faults: faults.to_vec(), exchanges: 0 }
    }

    /// Asked before each exchange; `None` lets it pass and counts it. A pulled card stays so, a mute one too.
    pub(super) fn next(&mut self) -> Option<Break> {
        let done = self.exchanges;
        if self.is_pulled() {
            return Some(Break::Pulled);
        }
        if self.faults.iter().any(|fault| matches!(fault, Fault::MuteAfter(k) if *k <= done)) {
            return Some(Break::Mute);
        }
        let due = |fault: &Fault| matches!(fault, Fault::ResetAfter(k) if *k <= done);
        if let Some(position) = self.faults.iter().position(due) {
            self.faults.remove(position);
            return Some(Break::Reset);
        }
        self.exchanges = done.saturating_add(1);
        None
    }

    pub(super) fn is_pulled(&self) -> bool {
        let done = self.exchanges;
        self.faults.iter().any(|fault| matches!(fault, Fault::PullAfter(k) if *k <= done))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_as_it_is_written_and_each_is_in_the_menu() {
        let texts = [
            "flip-bit=3F00/0001/A001:12",
            "foreign-signature",
            "mute-after=3",
            "oversize=3F00/D003",
            "pull-after=0",
            "reset-after=7",
            "truncate=3F00/2F00:5",
            "wrong-signature",
            "wrong-signature-after=2",
        ];
        let names = |text: &str| text.split('=').next().map(str::to_owned);
        for (text, help) in texts.iter().zip(Fault::menu()) {
            let fault: Fault = text.parse().expect("a fault");
            assert_eq!((fault.to_string().as_str(), names(text)), (*text, names(help.form)));
        }
        assert_eq!(texts.len(), Fault::menu().len());
    }

    #[test]
    fn what_is_not_in_the_menu_is_refused() {
        for wrong in
            ["", "pull-after", "pull-after=-1", "truncate=3F00/2F00", "flip-bit=A001:1", "x=1"]
        {
            assert_eq!(wrong.parse::<Fault>(), Err(FaultError(wrong.to_owned())));
        }
    }

    #[test]
    fn a_reset_happens_once_and_a_removal_for_ever() {
        let mut line = Line::new(&[Fault::ResetAfter(1), Fault::PullAfter(2)]);
        let seen: Vec<_> = (0..5).map(|_| line.next()).collect();
        let pulled = Some(Break::Pulled);
        assert_eq!(seen, [None, Some(Break::Reset), None, pulled, pulled]);
    }
}
