//! BER (ITU-T X.690) as containers are written in it: DER, and the indefinite lengths and strings in pieces that Windows,
//! Firefox and older OpenSSL leave in PKCS#7 and PKCS#12. Certificates inside are given as they stand, for
//! [`x509`](crate::x509) to read.

use std::borrow::Cow;

use crate::x509::{DerError, DerErrorKind, Oid};

/// Tags.
pub(super) mod tag {
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const ENUMERATED: u8 = 0x0A;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;
    /// The bit of what is made of other elements.
    pub(crate) const CONSTRUCTED: u8 = 0x20;
    /// `[n]`, primitive.
    pub(crate) const fn context(number: u8) -> u8 {
        0x80 | number
    }
    /// `[n]`, constructed.
    pub(crate) const fn constructed(number: u8) -> u8 {
        0xA0 | number
    }
}

/// Indefinite lengths inside each other beyond this are refused: each level is walked once more.
const DEEPEST: usize = 32;

/// One element, borrowed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    /// The tag.
    pub(super) tag: u8,
    /// The content octets, without the end-of-contents of an indefinite length.
    pub(super) content: &'a [u8],
    /// All of it.
    pub(super) raw: &'a [u8],
    /// Offset of the tag.
    pub(super) position: usize,
    /// Offset of the content.
    start: usize,
    depth: usize,
}

impl<'a> Element<'a> {
    /// A reader of the elements inside.
    pub(super) fn inside(&self) -> Reader<'a> {
        Reader { bytes: self.content, position: self.start, depth: self.depth + 1 }
    }

    /// The error that says this element's content cannot be read.
    pub(super) fn unreadable(&self) -> DerError {
        DerError { position: self.position, kind: DerErrorKind::Content }
    }

    /// The octets of an OCTET STRING, whole or in pieces, whatever its own tag.
    pub(super) fn octets(&self) -> Result<Cow<'a, [u8]>, DerError> {
        if self.tag & tag::CONSTRUCTED == 0 {
            return Ok(Cow::Borrowed(self.content));
        }
        let mut whole = Vec::with_capacity(self.content.len());
        let mut open = vec![self.inside()];
        while let Some(pieces) = open.last_mut() {
            if pieces.is_empty() {
                open.pop();
                continue;
            }
            let piece = pieces.any()?;
            match piece.tag {
                tag::OCTET_STRING => whole.extend_from_slice(piece.content),
                _ if piece.tag == tag::OCTET_STRING | tag::CONSTRUCTED => {
                    if open.len() > DEEPEST {
                        return Err(piece.unreadable());
                    }
                    open.push(piece.inside());
                }
                found => {
                    let kind = DerErrorKind::Tag { expected: tag::OCTET_STRING, found };
                    return Err(DerError { position: piece.position, kind });
                }
            }
        }
        Ok(Cow::Owned(whole))
    }

    /// An INTEGER that is not negative, under 2^64.
    pub(super) fn number(&self) -> Result<u64, DerError> {
        if self.content.is_empty() || self.content[0] >= 0x80 {
            return Err(self.unreadable());
        }
        self.content.iter().try_fold(0_u64, |number, octet| {
            let number = number.checked_mul(0x100).ok_or_else(|| self.unreadable())?;
            Ok(number | u64::from(*octet))
        })
    }
}

/// Reads elements one after the other.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0, depth: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The next element, whatever it is.
    pub(super) fn any(&mut self) -> Result<Element<'a>, DerError> {
        let position = self.position;
        let fail = |kind| DerError { position, kind };
        let (tag, header, length) = header(self.bytes).map_err(fail)?;
        let present = self.bytes.len() - header;
        let (length, whole) = match length {
            Length::Definite(announced) if present < announced => {
                return Err(fail(DerErrorKind::Truncated { announced, present }));
            }
            Length::Definite(announced) => (announced, header + announced),
            Length::Indefinite if self.depth >= DEEPEST => return Err(fail(DerErrorKind::Length)),
            Length::Indefinite => {
                let length = indefinite(&self.bytes[header..], position + header)?;
                (length, header + length + END_OF_CONTENTS.len())
            }
        };
        let (raw, rest) = self.bytes.split_at(whole);
        let content = &raw[header..header + length];
        *self = Self { bytes: rest, position: position + whole, depth: self.depth };
        Ok(Element { tag, content, raw, position, start: position + header, depth: self.depth })
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

    /// The next element, an OBJECT IDENTIFIER.
    pub(super) fn oid(&mut self) -> Result<Oid, DerError> {
        Ok(Oid::from_content(self.take(tag::OID)?.content))
    }

    /// The next element if it has this tag.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, DerError> {
        if self.bytes.first() == Some(&tag) { self.any().map(Some) } else { Ok(None) }
    }
}

/// Writes one element, DER.
pub(super) fn encode(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut element = vec![tag];
    match u8::try_from(content.len()) {
        Ok(length @ 0..=0x7F) => element.push(length),
        _ => {
            let length = content.len().to_be_bytes();
            let octets = &length[length.iter().take_while(|octet| **octet == 0).count()..];
            element.push(0x80 | u8::try_from(octets.len()).expect("a length has 8 octets at most"));
            element.extend_from_slice(octets);
        }
    }
    element.extend_from_slice(content);
    element
}

const END_OF_CONTENTS: [u8; 2] = [0, 0];

enum Length {
    Definite(usize),
    Indefinite,
}

/// Tag, size of tag and length, length.
fn header(bytes: &[u8]) -> Result<(u8, usize, Length), DerErrorKind> {
    let [tag, form, rest @ ..] = bytes else { return Err(DerErrorKind::Header) };
    if tag & 0x1F == 0x1F {
        return Err(DerErrorKind::LongTag);
    }
    let count = match form {
        0..=0x7F => return Ok((*tag, 2, Length::Definite(usize::from(*form)))),
        0x80 if tag & tag::CONSTRUCTED != 0 => return Ok((*tag, 2, Length::Indefinite)),
        0x81..=0x88 => usize::from(form & 0x7F),
        _ => return Err(DerErrorKind::Length),
    };
    let octets = rest.get(..count).ok_or(DerErrorKind::Header)?;
    let length = octets.iter().fold(0_u64, |length, octet| length << 8 | u64::from(*octet));
    let length = usize::try_from(length).map_err(|_| DerErrorKind::Length)?;
    Ok((*tag, 2 + count, Length::Definite(length)))
}

/// The size of the content of an indefinite length, up to its end-of-contents.
fn indefinite(bytes: &[u8], position: usize) -> Result<usize, DerError> {
    let mut at = 0;
    let mut open = 1;
    loop {
        let rest = &bytes[at..];
        let fail = |kind| DerError { position: position + at, kind };
        if rest.starts_with(&END_OF_CONTENTS) {
            open -= 1;
            if open == 0 {
                return Ok(at);
            }
            at += END_OF_CONTENTS.len();
            continue;
        }
        let (_, header, length) = header(rest).map_err(fail)?;
        match length {
            Length::Definite(announced) => {
                let present = rest.len() - header;
                if present < announced {
                    return Err(fail(DerErrorKind::Truncated { announced, present }));
                }
                at += header + announced;
            }
            Length::Indefinite => {
                open += 1;
                if open > DEEPEST {
                    return Err(fail(DerErrorKind::Length));
                }
                at += header;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_indefinite_length_ends_at_its_own_end_of_contents() {
        let bytes = [0x30, 0x80, 0x24, 0x80, 4, 2, 0, 0, 4, 1, 7, 0, 0, 0, 0, 5, 0];
        let mut reader = Reader::new(&bytes);
        let outer = reader.any().expect("an element");
        assert_eq!(outer.content, &bytes[2..13]);
        let string = outer.inside().any().expect("a string in pieces");
        assert_eq!(string.octets().expect("pieces").as_ref(), [0, 0, 7]);
        assert_eq!(reader.any().expect("what follows").raw, [5, 0]);
    }

    #[test]
    fn lengths_inside_lengths_without_end_are_refused() {
        let bytes = [0x30, 0x80].repeat(100_000);
        let error = Reader::new(&bytes).any().expect_err("no end");
        assert_eq!(error.kind, DerErrorKind::Length);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(content in proptest::collection::vec(any::<u8>(), 0..70_000)) {
            let bytes = encode(tag::OCTET_STRING, &content);
            let element = Reader::new(&bytes).any().expect("whole");
            prop_assert_eq!((element.tag, element.content, element.raw), (4, &content[..], &bytes[..]));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut reader = Reader::new(&bytes);
            while let Ok(element) = reader.any() {
                let _ = (element.octets(), element.number());
            }
        }
    }
}
