//! The BER of LDAP: one-octet tags and definite lengths (RFC 4511 §5.1). Nothing here recurses.

/// Elements that follow each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    /// The next element, tag and content.
    pub(super) fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7F => (usize::from(first), rest),
            0x81..=0x88 => {
                let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
                let length =
                    octets.iter().fold(0, |length, octet| (length << 8) | u64::from(*octet));
                (usize::try_from(length).ok()?, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// The content of the next element, which has this tag.
    pub(super) fn value(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, content) = self.next()?;
        (found == tag).then_some(content)
    }

    /// The elements inside the next one, which has this tag.
    pub(super) fn inside(&mut self, tag: u8) -> Option<Self> {
        self.value(tag).map(Reader)
    }
}

/// A number that is not negative.
pub(super) fn integer(content: &[u8]) -> Option<u32> {
    match content {
        [first, rest @ ..] if *first < 0x80 && rest.len() < 4 => {
            Some(content.iter().fold(0, |number, octet| (number << 8) | u32::from(*octet)))
        }
        _ => None,
    }
}

/// An element, with the shortest length: some servers take no other.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut element = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short @ 0..=0x7F) => element.push(short),
        _ => {
            let octets = content.len().to_be_bytes().into_iter().skip_while(|octet| *octet == 0);
            let octets: Vec<u8> = octets.collect();
            let count = u8::try_from(octets.len()).expect("a length has at most sixteen octets");
            element.push(0x80 | count);
            element.extend(octets);
        }
    }
    element.extend_from_slice(content);
    element
}
