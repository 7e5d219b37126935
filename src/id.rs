//! National identifiers of persons and structures, and numbers of cards and chips.
//!
//! They are read as they come, from a card or from a certificate, and kept whole: test cards, retired registers
//! and types yet unknown must pass through. What is doubtful about one (a shape that does not fit its type, a
//! wrong Luhn key) is a fact beside it, for the caller to warn about, and never a refusal.

use std::fmt;

pub mod luhn;
mod number;
mod person;
mod structure;

pub use number::{CardNumber, ChipSerial};
pub use person::{IdKind, NationalId};
pub use structure::{StructureId, StructureKind};

/// Whether the Luhn key of an identifier is the one its digits give.
///
/// A wrong key is no proof of forgery: placeholders in documents often have one (IGC-Santé fact sheet §7).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum LuhnKey {
    /// The key fits the digits.
    Right,
    /// It does not.
    Wrong,
}

/// Whether the length and the alphabet of an identifier fit its type.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Shape {
    /// They do.
    Fits,
    /// They do not: the text is kept, but should not be taken for such an identifier.
    Off,
    /// Nothing is published about the shape of this type.
    Unpublished,
}

/// Why a text cannot be an identifier at all.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// A control character, which no register issues and a terminal would obey.
    #[error("control character at byte {position} of an identifier")]
    Control {
        /// Offset in bytes.
        position: usize,
    },
    /// No text.
    #[error("empty identifier")]
    Empty,
    /// A number that must be so many ASCII digits is not.
    #[error("not a number of {expected} digits")]
    NotDigits {
        /// How many digits it has.
        expected: usize,
    },
    /// More text than a card or a certificate can carry.
    #[error("identifier of {length} bytes, at most {max}")]
    TooLong {
        /// Length found, in bytes.
        length: usize,
        /// Greatest length accepted, in bytes.
        max: usize,
    },
}

/// The text of an identifier: not empty, no control character, at most [`Text::MAX`] bytes.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
struct Text(String);

impl Text {
    /// `ub-common-name` of RFC 5280 is 64 characters; a card gives 31 bytes at most (CPx fact sheet §8.5).
    const MAX: usize = 128;

    fn parse(text: &str) -> Result<Self, IdError> {
        if text.is_empty() {
            return Err(IdError::Empty);
        }
        if text.len() > Self::MAX {
            return Err(IdError::TooLong { length: text.len(), max: Self::MAX });
        }
        if let Some(position) = text.find(char::is_control) {
            return Err(IdError::Control { position });
        }
        Ok(Self(text.to_owned()))
    }

    /// The first character, which tells the type, and the rest.
    fn split(&self) -> (char, &str) {
        let mut characters = self.0.chars();
        let first = characters.next().expect("not empty, by construction");
        (first, characters.as_str())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Digits and nothing else, so many of them.
fn is_digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// ASCII letters and digits, so many of them: the alphabet of ADELI and FINESS numbers (Corsica, test ranges).
fn is_alphanumeric(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The Luhn key of a number that carries one, if it is the run of digits it should be.
fn luhn_key(text: &str, length: usize) -> Option<LuhnKey> {
    is_digits(text, length).then(|| match luhn::is_valid(text) {
        true => LuhnKey::Right,
        false => LuhnKey::Wrong,
    })
}

fn shape(fits: bool) -> Shape {
    if fits { Shape::Fits } else { Shape::Off }
}
