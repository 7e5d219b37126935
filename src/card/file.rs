//! How much of a file to read: known only as its bytes come, since the short way asks for no size.

use crate::iso7816::tlv::{TlvErrorKind, announced_size, objects};

/// READ BINARY addresses 15 bits (ISO/IEC 7816-4 §7.2.3), so no file of a card is longer.
pub(super) const LIMIT: usize = 0x8000;

/// When a file has been read enough.
#[derive(Clone, Copy)]
pub(super) enum Extent {
    /// All of it.
    All,
    /// One TLV: its header says how long.
    Object,
    /// A run of TLVs: up to padding, or the end.
    Objects,
}

/// What to do after the bytes that came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Next {
    /// Nothing more is needed.
    Enough,
    /// At most so many bytes more.
    Exactly(usize),
    /// More, if there is more; the bytes so far end where a file may end.
    IfAny,
    /// More: the bytes so far are cut.
    More,
}

impl Extent {
    pub(super) fn next(self, content: &[u8]) -> Next {
        match self {
            Self::All => Next::IfAny,
            _ if content.is_empty() => Next::More,
            Self::Object => match announced_size(content) {
                Some(size) if size <= content.len() => Next::Enough,
                Some(size) => Next::Exactly(size - content.len()),
                // A header that is cut, or padding: no object at all.
                None if content.len() < 5 && !matches!(content[0], 0x00 | 0xFF) => Next::More,
                None => Next::Enough,
            },
            Self::Objects => {
                let mut found = objects(content);
                let mut at = 0;
                loop {
                    match found.next() {
                        Some(Ok(tlv)) => at += tlv.raw.len(),
                        Some(Err(error)) => {
                            return match error.kind {
                                TlvErrorKind::Truncated { .. } => Next::More,
                                _ => Next::Enough,
                            };
                        }
                        None if at < content.len() => return Next::Enough,
                        None => return Next::IfAny,
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_object_is_as_long_as_its_header_says() {
        assert_eq!(Extent::Object.next(&[0x30, 0x82, 0x03]), Next::More);
        assert_eq!(Extent::Object.next(&[0x30, 0x82, 0x03, 0x31, 0x30]), Next::Exactly(0x330));
        assert_eq!(Extent::Object.next(&[0xE3, 1, 7, 0, 0]), Next::Enough);
        assert_eq!(Extent::Object.next(&[0, 0]), Next::Enough);
    }

    #[test]
    fn a_run_of_objects_ends_at_padding_or_with_the_file() {
        assert_eq!(Extent::Objects.next(&[0x30, 1, 7]), Next::IfAny);
        assert_eq!(Extent::Objects.next(&[0x30, 1, 7, 0]), Next::Enough);
        assert_eq!(Extent::Objects.next(&[0x30, 2, 7]), Next::More);
        assert_eq!(Extent::Objects.next(&[0x30, 0x80, 7]), Next::Enough);
    }
}
