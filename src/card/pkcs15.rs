//! The directory files of the card application: PKCS#15 v1.1, ISO/IEC 7816-15.
//!
//! Each is a run of entries, padded or not. A broken or unknown entry is left out and named, and those before and after it
//! are kept, so that a card with one bad entry is still read.

pub mod aod;
pub mod cd;
pub mod cia_info;
pub mod dcod;
pub mod dir;
pub mod keys;
pub mod odf;

use std::fmt;

use crate::iso7816::apdu::Hex;
use crate::iso7816::tlv::{Tag, Tlv, TlvError, objects};

/// The entries of a directory file, and what of it could not be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listing<T> {
    /// Entries in the order of the file.
    pub entries: Vec<T>,
    /// What was left out, in the order of the file.
    pub problems: Vec<Problem>,
}

// Not derived: an empty listing needs nothing of `T`.
impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), problems: Vec::new() }
    }
}

impl<T> Listing<T> {
    /// Reads a run of entries with one reader for all.
    fn read(bytes: &[u8], entry: impl Fn(Tlv<'_>) -> Result<T, ProblemKind>) -> Self {
        let mut listing = Self::default();
        let mut found = objects(bytes);
        loop {
            let position = found.position();
            match found.next() {
                None => return listing,
                Some(Ok(tlv)) => match entry(tlv) {
                    Ok(entry) => listing.entries.push(entry),
                    Err(kind) => listing.problems.push(Problem { position, kind }),
                },
                Some(Err(TlvError { position, kind })) => {
                    listing.problems.push(Problem { position, kind: ProblemKind::Tlv(kind) });
                }
            }
        }
    }
}

/// Something of a directory file that was left out.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{kind}, entry at byte {position}")]
pub struct Problem {
    /// Offset of the entry in the file.
    pub position: usize,
    /// Why it was left out.
    pub kind: ProblemKind,
}

/// Why an entry was left out.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemKind {
    /// A part that the entry cannot do without.
    #[error("no {0}")]
    Missing(&'static str),
    /// The bytes are not a TLV.
    #[error(transparent)]
    Tlv(crate::iso7816::tlv::TlvErrorKind),
    /// A kind of entry this version does not know.
    #[error("unknown entry {0}")]
    Unknown(Tag),
}

/// A path as the card writes it, 2 to 16 bytes: from the MF when it begins with `3F00`, else from the application.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CardPath(Vec<u8>);

impl CardPath {
    /// A path of file identifiers, two bytes each; `None` for a length no path has.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let whole = (2..=16).contains(&bytes.len()) && bytes.len().is_multiple_of(2);
        whole.then(|| Self(bytes.to_vec()))
    }

    /// From the MF, by file identifiers after `3F00`.
    pub fn from_mf(files: &[u16]) -> Self {
        Self([0x3F00].iter().chain(files).flat_map(|file| file.to_be_bytes()).collect())
    }

    /// One file of the application.
    pub fn in_application(file: u16) -> Self {
        Self(file.to_be_bytes().to_vec())
    }

    /// The same path from the MF, where only such a one makes sense; `None` when it is then too long.
    pub fn below_mf(self) -> Option<Self> {
        if self.is_absolute() {
            return Some(self);
        }
        Self::new(&[&[0x3F, 0x00], self.0.as_slice()].concat())
    }

    /// Whether it begins at the MF.
    pub fn is_absolute(&self) -> bool {
        self.0.starts_with(&[0x3F, 0x00])
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for CardPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

impl fmt::Debug for CardPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardPath({self})")
    }
}

/// `Path`: a file, or a window of it when both index and length are given.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Location {
    /// The file.
    pub path: CardPath,
    /// Offset and length in bytes of the part that counts.
    pub window: Option<(usize, usize)>,
}

impl Location {
    /// Reads `30 { 04 path, [02 index, 80 length] }`.
    fn read(path: Tlv<'_>) -> Result<Self, ProblemKind> {
        let missing = ProblemKind::Missing("path");
        let bytes = path.child(0x04).ok_or(missing)?.value;
        let window = path.child(0x02).and_then(unsigned).zip(path.child(0x80).and_then(unsigned));
        Ok(Self { path: CardPath::new(bytes).ok_or(missing)?, window })
    }

    /// Reads the type field `A1 { 30 { 30 { 04 path } … } }`, or with one level less.
    fn in_type(entry: Tlv<'_>) -> Result<Self, ProblemKind> {
        let missing = ProblemKind::Missing("path");
        let field = entry.child(0xA1).ok_or(missing)?.child(0x30).ok_or(missing)?;
        Self::read(field.child(0x30).unwrap_or(field))
    }
}

/// A non-negative INTEGER that fits; `None` otherwise.
fn unsigned(tlv: Tlv<'_>) -> Option<usize> {
    if tlv.value.is_empty() || tlv.value.len() > 5 {
        return None;
    }
    let value = tlv.value.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    usize::try_from(value).ok()
}

/// `CommonObjectAttributes`, PKCS#15 v1.1 §6.1.8: the first SEQUENCE of every entry.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Common {
    /// Label, as spelled by the card, outer blanks dropped.
    pub label: Option<String>,
    /// private(0), modifiable(1).
    pub flags: Bits,
    /// The PIN that opens it, by its `authId`.
    pub auth_id: Option<Vec<u8>>,
}

impl Common {
    fn read(entry: Tlv<'_>) -> Result<Self, ProblemKind> {
        let common = entry.child(0x30).ok_or(ProblemKind::Missing("common attributes"))?;
        Ok(Self {
            label: common
                .child(0x0C)
                .map(|label| text(label.value))
                .filter(|label| !label.is_empty()),
            flags: common.child(0x03).map(Bits::read).unwrap_or_default(),
            auth_id: common.child(0x04).map(|id| id.value.to_vec()),
        })
    }

    /// Whether a PIN must be verified first.
    pub fn is_private(&self) -> bool {
        self.flags.has(0)
    }

    /// The label reduced to upper-case ASCII letters and digits: cards differ in blanks, case and separators.
    pub fn key(&self) -> String {
        self.label.as_deref().map(label_key).unwrap_or_default()
    }
}

/// Letters and digits of a label, upper-case.
pub fn label_key(label: &str) -> String {
    label.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// The class attributes: the second SEQUENCE of every entry.
fn class(entry: Tlv<'_>) -> Result<Tlv<'_>, ProblemKind> {
    let mut sequences = entry.children().map_while(Result::ok).filter(|tlv| tlv.tag == Tag(0x30));
    sequences.nth(1).ok_or(ProblemKind::Missing("class attributes"))
}

/// Text of a label: UTF-8, else ISO-8859-1.
fn text(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    };
    text.trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned()
}

/// A BIT STRING of at most 32 bits; bit 0 is the first.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
pub struct Bits(u32);

impl Bits {
    fn read(tlv: Tlv<'_>) -> Self {
        let bytes = tlv.value.get(1..).unwrap_or_default();
        let bits =
            bytes.iter().take(4).enumerate().fold(0, |bits, (index, byte)| {
                bits | u32::from(byte.reverse_bits()) << (8 * index)
            });
        Self(bits)
    }

    /// Whether bit `n` is set.
    pub fn has(self, n: u32) -> bool {
        n < u32::BITS && self.0 >> n & 1 == 1
    }
}

impl fmt::Debug for Bits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries((0..u32::BITS).filter(|n| self.has(*n))).finish()
    }
}

#[cfg(test)]
mod tests;
