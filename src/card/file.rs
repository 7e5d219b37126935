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

/// The size in an FCP (62) or FCI (6F): tag 80, at least two bytes, else tag 81 (CPx fact sheet §2.3).
pub(super) fn announced(template: &[u8]) -> Option<usize> {
    let template = objects(template).next()?.ok()?;
    let number = |bytes: &[u8]| {
        let value = bytes.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        usize::try_from(value).ok()
    };
    let field =
        |tag| template.child(tag).map(|tlv| tlv.value).filter(|v| (2..=4).contains(&v.len()));
    number(field(0x80).or_else(|| field(0x81))?)
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
    fn the_size_of_a_file_is_in_its_template() {
        // CPx fact sheet §2.4.
        let serial = [0x62, 0x0C, 0x80, 2, 0, 0x0C, 0x82, 1, 1, 0x83, 2, 0xD0, 3, 0];
        assert_eq!(announced(&serial), Some(12));
        assert_eq!(announced(&[0x6F, 4, 0x80, 2, 0x02, 0x23]), Some(0x223));
        // 80 needs two bytes; 81 stands in for it.
        assert_eq!(announced(&[0x62, 7, 0x80, 1, 9, 0x81, 2, 1, 0]), Some(256));
        for none in
            [&[][..], &[0x62, 0], &[0x62, 5, 0x80, 2, 0], &[0x62, 3, 0x83, 1, 7], &[0xFF; 9]]
        {
            assert_eq!(announced(none), None, "{none:02X?}");
        }
    }

    #[test]
    fn a_run_of_objects_ends_at_padding_or_with_the_file() {
        assert_eq!(Extent::Objects.next(&[0x30, 1, 7]), Next::IfAny);
        assert_eq!(Extent::Objects.next(&[0x30, 1, 7, 0]), Next::Enough);
        assert_eq!(Extent::Objects.next(&[0x30, 2, 7]), Next::More);
        assert_eq!(Extent::Objects.next(&[0x30, 0x80, 7]), Next::Enough);
    }
}
