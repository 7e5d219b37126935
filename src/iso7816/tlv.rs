//! BER-TLV, ISO/IEC 7816-4 §5.2.2: tags of one to three bytes, definite lengths up to three bytes after `8x`.
//!
//! Card files are read from cards that pad, cut and misspell. So reading is an iterator that gives every whole
//! object and ends with either nothing, or one error that says where; padding (`00`, `FF` where a tag is due)
//! ends it silently, as ISO/IEC 7816-4 §5.2.2 allows.

use std::fmt;

/// A tag, its bytes as they stand: `0x61`, `0x5F50`, `0xBF8101`.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Tag(pub u32);

impl Tag {
    /// Whether the value is itself a run of TLVs (bit 6 of the first byte).
    pub fn is_constructed(self) -> bool {
        self.bytes().first().is_some_and(|byte| byte & 0x20 != 0)
    }

    /// The one to three bytes of the tag.
    pub fn bytes(self) -> Vec<u8> {
        let all = self.0.to_be_bytes();
        let start = all.iter().position(|byte| *byte != 0).unwrap_or(all.len() - 1);
        all[start..].to_vec()
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes().iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({self})")
    }
}

/// One data object, borrowed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Tlv<'a> {
    /// The tag.
    pub tag: Tag,
    /// The value field.
    pub value: &'a [u8],
    /// Tag, length and value as they stand.
    pub raw: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// The objects inside this one.
    pub fn children(&self) -> Objects<'a> {
        objects(self.value)
    }

    /// The first object inside this one that has this tag. What follows a broken object is not searched.
    pub fn child(&self, tag: u32) -> Option<Tlv<'a>> {
        self.children().map_while(Result::ok).find(|tlv| tlv.tag == Tag(tag))
    }
}

/// Why a run of TLVs ends before its bytes do.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{kind} at byte {position}")]
pub struct TlvError {
    /// Offset of the object that cannot be read.
    pub position: usize,
    /// What is wrong with it.
    pub kind: TlvErrorKind,
}

/// What is wrong with a TLV.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TlvErrorKind {
    /// The length field is of a form BER-TLV on cards does not have.
    #[error("length form {0:02X} is not definite or over three bytes")]
    LengthForm(u8),
    /// The tag has more than three bytes.
    #[error("tag longer than three bytes")]
    LongTag,
    /// Fewer bytes than announced.
    #[error("object of {announced} bytes cut after {present}")]
    Truncated {
        /// Bytes the length field announces; 0 when the cut is in the tag or the length itself.
        announced: usize,
        /// Bytes present from the same place.
        present: usize,
    },
}

/// Reads a run of TLVs; see the module for what ends it.
pub fn objects(bytes: &[u8]) -> Objects<'_> {
    Objects { bytes, position: 0 }
}

/// The total size, header included, that the first bytes of an object announce.
///
/// `None` when they are too few to tell, or not the start of an object.
pub fn announced_size(bytes: &[u8]) -> Option<usize> {
    let header = Header::read(bytes).ok()??;
    Some(header.size + header.length)
}

/// Iterator of [`objects`].
#[derive(Clone, Debug)]
pub struct Objects<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Objects<'_> {
    /// Offset of the next object.
    pub fn position(&self) -> usize {
        self.position
    }
}

impl<'a> Iterator for Objects<'a> {
    type Item = Result<Tlv<'a>, TlvError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.position..)?;
        let fail = |kind| Some(Err(TlvError { position: self.position, kind }));
        let header = match Header::read(rest) {
            Ok(Some(header)) => header,
            Ok(None) => {
                self.position = self.bytes.len();
                return None;
            }
            Err(kind) => {
                let error = fail(kind);
                self.position = self.bytes.len();
                return error;
            }
        };
        let body = &rest[header.size..];
        let Some(value) = body.get(..header.length) else {
            let error =
                fail(TlvErrorKind::Truncated { announced: header.length, present: body.len() });
            self.position = self.bytes.len();
            return error;
        };
        let size = header.size + header.length;
        self.position += size;
        Some(Ok(Tlv { tag: header.tag, value, raw: &rest[..size] }))
    }
}

struct Header {
    tag: Tag,
    length: usize,
    /// Bytes of tag and length.
    size: usize,
}

impl Header {
    /// `Ok(None)` on padding and at the end.
    fn read(bytes: &[u8]) -> Result<Option<Self>, TlvErrorKind> {
        let cut = TlvErrorKind::Truncated { announced: 0, present: bytes.len() };
        let first = match bytes.first() {
            None | Some(0x00 | 0xFF) => return Ok(None),
            Some(first) => *first,
        };
        let mut tag = u32::from(first);
        let mut size = 1;
        if first & 0x1F == 0x1F {
            loop {
                if size == 3 {
                    return Err(TlvErrorKind::LongTag);
                }
                let byte = *bytes.get(size).ok_or(cut)?;
                tag = tag << 8 | u32::from(byte);
                size += 1;
                if byte & 0x80 == 0 {
                    break;
                }
            }
        }
        let form = *bytes.get(size).ok_or(cut)?;
        size += 1;
        let length = match form {
            0..=0x7F => usize::from(form),
            0x81..=0x83 => {
                let count = usize::from(form & 0x7F);
                let field = bytes.get(size..size + count).ok_or(cut)?;
                size += count;
                field.iter().fold(0, |length, byte| length << 8 | usize::from(*byte))
            }
            _ => return Err(TlvErrorKind::LengthForm(form)),
        };
        Ok(Some(Self { tag: Tag(tag), length, size }))
    }
}

/// Writes one object with the shortest length form (at most 16,777,215 bytes of value).
pub fn encode(tag: u32, value: &[u8]) -> Vec<u8> {
    let mut out = Tag(tag).bytes();
    let length = value.len().to_be_bytes();
    match value.len() {
        0..=0x7F => out.extend(&length[7..]),
        0x80..=0xFF => out.extend([&[0x81], &length[7..]].concat()),
        0x100..=0xFFFF => out.extend([&[0x82], &length[6..]].concat()),
        _ => out.extend([&[0x83], &length[5..]].concat()),
    }
    out.extend(value);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Vec<Result<(Tag, Vec<u8>), TlvError>> {
        objects(bytes).map(|found| found.map(|tlv| (tlv.tag, tlv.value.to_vec()))).collect()
    }

    #[test]
    fn tags_of_up_to_three_bytes_are_read() {
        let bytes = [0x70, 1, 9, 0x5F, 0x50, 0, 0xBF, 0x81, 0x01, 1, 7];
        assert_eq!(
            read(&bytes),
            [Ok((Tag(0x70), vec![9])), Ok((Tag(0x5F50), vec![])), Ok((Tag(0xBF8101), vec![7]))]
        );
    }

    #[test]
    fn padding_ends_a_file_without_an_error() {
        assert_eq!(read(&[0x80, 1, 5, 0, 0, 0]), [Ok((Tag(0x80), vec![5]))]);
        assert_eq!(read(&[0x80, 1, 5, 0xFF, 0xFF]), [Ok((Tag(0x80), vec![5]))]);
        assert_eq!(read(&[]), []);
    }

    #[test]
    fn what_comes_before_a_broken_object_is_kept_and_its_place_is_said() {
        let kind = TlvErrorKind::Truncated { announced: 4, present: 1 };
        assert_eq!(
            read(&[0x80, 1, 5, 0x81, 4, 1]),
            [Ok((Tag(0x80), vec![5])), Err(TlvError { position: 3, kind })]
        );
        let kind = TlvErrorKind::LengthForm(0x80);
        assert_eq!(read(&[0x30, 0x80, 0, 0]), [Err(TlvError { position: 0, kind })]);
    }

    #[test]
    fn the_size_of_an_object_is_known_from_its_first_bytes() {
        assert_eq!(announced_size(&[0x30, 0x82, 0x03, 0x31, 0x30]), Some(0x335));
        assert_eq!(announced_size(&[0x30, 0x82, 0x03]), None);
        assert_eq!(announced_size(&[0x00]), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            tag in prop_oneof![1_u32..0x1E, Just(0x5F50), Just(0xBF8101)],
            value in proptest::collection::vec(any::<u8>(), 0..70_000),
        ) {
            let bytes = encode(tag, &value);
            prop_assert_eq!(announced_size(&bytes), Some(bytes.len()));
            prop_assert_eq!(read(&bytes), [Ok((Tag(tag), value))]);
        }

        #[test]
        fn no_bytes_make_the_reader_panic_or_loop(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(read(&bytes).len() <= bytes.len());
        }
    }
}
