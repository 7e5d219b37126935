//! DER (ITU-T X.690), as far as certificates need it: one-byte tags, shortest definite lengths, any content.

/// Universal tags, and the few others of a certificate.
pub(super) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const ENUMERATED: u8 = 0x0A;
    pub(crate) const UTF8_STRING: u8 = 0x0C;
    pub(crate) const NUMERIC_STRING: u8 = 0x12;
    pub(crate) const PRINTABLE_STRING: u8 = 0x13;
    pub(crate) const TELETEX_STRING: u8 = 0x14;
    pub(crate) const IA5_STRING: u8 = 0x16;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const VISIBLE_STRING: u8 = 0x1A;
    pub(crate) const UNIVERSAL_STRING: u8 = 0x1C;
    pub(crate) const BMP_STRING: u8 = 0x1E;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;
    /// `[n]`, primitive (IMPLICIT of a primitive type).
    pub(crate) const fn context(number: u8) -> u8 {
        0x80 | number
    }
    /// `[n]`, constructed (EXPLICIT, or IMPLICIT of a constructed type).
    pub(crate) const fn constructed(number: u8) -> u8 {
        0xA0 | number
    }
}

/// Why bytes cannot be followed as DER.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{kind} at byte {position}")]
pub struct DerError {
    /// Offset of the element that is wrong.
    pub position: usize,
    /// What is wrong with it.
    pub kind: DerErrorKind,
}

/// What is wrong with an element.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DerErrorKind {
    /// The content is not one its type can have.
    #[error("unreadable content")]
    Content,
    /// No tag and length where an element is due, or not all of them.
    #[error("tag and length missing or cut")]
    Header,
    /// A length that is indefinite, not the shortest, or over four bytes.
    #[error("length that is not the shortest definite form")]
    Length,
    /// A tag of several bytes.
    #[error("tag longer than one byte")]
    LongTag,
    /// Another type than the one due.
    #[error("tag {found:02x} where {expected:02x} is due")]
    Tag {
        /// The tag due.
        expected: u8,
        /// The tag found.
        found: u8,
    },
    /// Bytes after the last element.
    #[error("{count} bytes too many")]
    Trailing {
        /// How many.
        count: usize,
    },
    /// Fewer bytes than announced.
    #[error("element of {announced} bytes cut after {present}")]
    Truncated {
        /// Bytes announced.
        announced: usize,
        /// Bytes present from the same place.
        present: usize,
    },
}

/// One element, borrowed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    /// The tag.
    pub(super) tag: u8,
    /// The content octets.
    pub(super) value: &'a [u8],
    /// Tag, length and content.
    pub(super) raw: &'a [u8],
    /// Offset of the tag.
    pub(super) position: usize,
}

impl<'a> Element<'a> {
    /// A reader of the elements inside.
    pub(super) fn inside(&self) -> Reader<'a> {
        let header = self.raw.len() - self.value.len();
        Reader { bytes: self.value, position: self.position + header }
    }

    /// The error that says this element's content cannot be read.
    pub(super) fn unreadable(&self) -> DerError {
        DerError { position: self.position, kind: DerErrorKind::Content }
    }

    /// The octets of a BIT STRING, without the one that counts the unused bits.
    pub(super) fn bits(&self) -> Result<&'a [u8], DerError> {
        match self.value {
            [0..=7, octets @ ..] => Ok(octets),
            _ => Err(self.unreadable()),
        }
    }

    /// The octets of a BIT STRING that has no unused bits, as those of signatures have none.
    pub(super) fn whole_octets(&self) -> Result<&'a [u8], DerError> {
        match self.value {
            [0, octets @ ..] => Ok(octets),
            _ => Err(self.unreadable()),
        }
    }

    /// The octets of an INTEGER that is not negative, without its sign octet.
    pub(super) fn magnitude(&self) -> Result<&'a [u8], DerError> {
        match self.value {
            [] | [0x80..=0xFF, ..] => Err(self.unreadable()),
            [0, magnitude @ ..] => Ok(magnitude),
            magnitude => Ok(magnitude),
        }
    }

    /// An INTEGER, not negative, under 2^32.
    pub(super) fn number(&self) -> Result<u32, DerError> {
        self.magnitude()?.iter().try_fold(0_u32, |number, octet| {
            let number = number.checked_mul(0x100).ok_or_else(|| self.unreadable())?;
            Ok(number | u32::from(*octet))
        })
    }
}

/// Reads elements one after the other.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Passes over this many bytes, which the caller has looked at; at most all.
    pub(super) fn skip(&mut self, count: usize) {
        let skipped = count.min(self.bytes.len());
        *self = Self { bytes: &self.bytes[skipped..], position: self.position + skipped };
    }

    /// The next element, whatever it is.
    pub(super) fn any(&mut self) -> Result<Element<'a>, DerError> {
        let position = self.position;
        let fail = |kind| DerError { position, kind };
        let (tag, header, announced) = header(self.bytes).map_err(fail)?;
        let present = self.bytes.len() - header;
        if present < announced {
            return Err(fail(DerErrorKind::Truncated { announced, present }));
        }
        let (raw, rest) = self.bytes.split_at(header + announced);
        *self = Self { bytes: rest, position: position + raw.len() };
        Ok(Element { tag, value: &raw[header..], raw, position })
    }

    /// The next element, which must have this tag.
    pub(super) fn take(&mut self, expected: u8) -> Result<Element<'a>, DerError> {
        let element = self.any()?;
        if element.tag != expected {
            let kind = DerErrorKind::Tag { expected, found: element.tag };
            return Err(DerError { position: element.position, kind });
        }
        Ok(element)
    }

    /// The next element if it has this tag.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, DerError> {
        if self.bytes.first() == Some(&tag) { self.any().map(Some) } else { Ok(None) }
    }

    /// Every element left, as `read` makes it.
    pub(super) fn all<T>(
        mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, DerError>,
    ) -> Result<Vec<T>, DerError> {
        let mut found = Vec::new();
        while !self.is_empty() {
            found.push(read(&mut self)?);
        }
        Ok(found)
    }

    /// Nothing may be left.
    pub(super) fn end(&self) -> Result<(), DerError> {
        match self.bytes.len() {
            0 => Ok(()),
            count => {
                let kind = DerErrorKind::Trailing { count };
                Err(DerError { position: self.position, kind })
            }
        }
    }
}

/// Tag, size of tag and length, length.
fn header(bytes: &[u8]) -> Result<(u8, usize, usize), DerErrorKind> {
    let [tag, form, rest @ ..] = bytes else { return Err(DerErrorKind::Header) };
    if tag & 0x1F == 0x1F {
        return Err(DerErrorKind::LongTag);
    }
    let count = match form {
        0..=0x7F => return Ok((*tag, 2, usize::from(*form))),
        0x81..=0x84 => usize::from(form & 0x7F),
        _ => return Err(DerErrorKind::Length),
    };
    let octets = rest.get(..count).ok_or(DerErrorKind::Header)?;
    let length = octets.iter().fold(0_u32, |length, octet| length << 8 | u32::from(*octet));
    if length < 0x80 || octets.first() == Some(&0) {
        return Err(DerErrorKind::Length);
    }
    let length = usize::try_from(length).map_err(|_| DerErrorKind::Length)?;
    Ok((*tag, 2 + count, length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::iso7816::tlv::encode;

    fn kind(bytes: &[u8]) -> Result<(u8, Vec<u8>), DerErrorKind> {
        let element = Reader::new(bytes).any().map_err(|error| error.kind)?;
        Ok((element.tag, element.value.to_vec()))
    }

    #[test]
    fn lengths_have_one_form_only() {
        assert_eq!(kind(&[4, 1, 7]), Ok((4, vec![7])));
        for bytes in [&[4, 0x80, 0, 0][..], &[4, 0x81, 1, 7], &[4, 0x82, 0, 0x80], &[4, 0x85]] {
            assert_eq!(kind(bytes), Err(DerErrorKind::Length), "{bytes:02x?}");
        }
        assert_eq!(kind(&[0x1F, 1, 7]), Err(DerErrorKind::LongTag));
    }

    #[test]
    fn an_error_says_where() {
        let outer = [0x30, 4, 2, 1, 9, 4];
        let mut reader = Reader::new(&outer).take(tag::SEQUENCE).expect("whole").inside();
        assert_eq!(reader.take(tag::INTEGER).expect("whole").number(), Ok(9));
        let error = reader.any().expect_err("cut");
        assert_eq!(error, DerError { position: 5, kind: DerErrorKind::Header });
        assert_eq!(
            reader.end(),
            Err(DerError { position: 5, kind: DerErrorKind::Trailing { count: 1 } })
        );
    }

    #[test]
    fn a_number_is_not_negative_and_fits_in_four_octets() {
        let number = |value: &[u8]| {
            let bytes = encode(2, value);
            Reader::new(&bytes).any().expect("whole").number().ok()
        };
        assert_eq!(number(&[0, 0xFF, 0xFF, 0xFF, 0xFF]), Some(u32::MAX));
        assert_eq!((number(&[]), number(&[0x80]), number(&[1, 0, 0, 0, 0])), (None, None, None));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(value in proptest::collection::vec(any::<u8>(), 0..70_000)) {
            prop_assert_eq!(kind(&encode(4, &value)), Ok((4, value)));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Reader::new(&bytes).all(Reader::any);
        }
    }
}
