//! PEM (RFC 7468), and what came before it: blocks found in any text, with the headers of RFC 1421, any line ends,
//! indented, or with the line ends of a JSON string.

use data_encoding::{BASE64, DecodeKind};
use memchr::memmem;
use zeroize::Zeroizing;

/// A block, not decoded yet.
#[derive(Debug)]
pub(super) struct Block<'a> {
    /// Which of the file, from 1.
    pub(super) number: usize,
    /// `CERTIFICATE`.
    pub(super) label: &'a str,
    /// Whether headers say that it is encrypted (`Proc-Type: 4,ENCRYPTED`).
    pub(super) sealed: Sealed,
    /// The lines of base64, when the block has an end.
    base64: Result<&'a [u8], Fault>,
}

impl Block<'_> {
    /// The content, or why there is none. Zeroed, since it may be a key.
    pub(super) fn content(&self) -> Result<Zeroizing<Vec<u8>>, Fault> {
        decode(self.base64?)
    }
}

/// Whether the content is encrypted by the means of RFC 1421.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Sealed {
    No,
    Yes,
}

/// Why a block has no content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fault {
    /// It has no end.
    Cut,
    /// It is not base64.
    Base64,
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
const LONGEST_LABEL: usize = 64;

/// Whether there is a block in the file.
pub(super) fn is_pem(file: &[u8]) -> bool {
    blocks(file).next().is_some()
}

/// The blocks of a file, in order; text around them is passed over.
pub(super) fn blocks(file: &[u8]) -> impl Iterator<Item = Block<'_>> {
    let begin = memmem::Finder::new(BEGIN);
    let mut rest = file;
    let mut number = 0;
    std::iter::from_fn(move || {
        loop {
            let at = begin.find(rest)?;
            rest = &rest[at + BEGIN.len()..];
            let Some(label) = label(rest) else { continue };
            rest = &rest[label.len() + DASHES.len()..];
            number += 1;
            let (sealed, base64, after) = body(rest, label);
            rest = after;
            return Some(Block { number, label, sealed, base64 });
        }
    })
}

/// The label at the start, when dashes follow it.
fn label(rest: &[u8]) -> Option<&str> {
    let window = &rest[..rest.len().min(LONGEST_LABEL + DASHES.len())];
    let label = &window[..memmem::find(window, DASHES)?];
    let text = std::str::from_utf8(label).ok()?;
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte)).then_some(text)
}

type Body<'a> = (Sealed, Result<&'a [u8], Fault>, &'a [u8]);

/// What follows the first line of a block, and what follows the block.
fn body<'a>(rest: &'a [u8], label: &str) -> Body<'a> {
    // Dashes stand in no base64: they begin the end of this block, or another block.
    let Some(end) = memmem::find(rest, DASHES) else { return (Sealed::No, Err(Fault::Cut), &[]) };
    let (body, mark) = rest.split_at(end);
    let ending = mark.strip_prefix(END).and_then(|ending| ending.strip_prefix(label.as_bytes()));
    let Some(after) = ending.and_then(|ending| ending.strip_prefix(DASHES)) else {
        return (Sealed::No, Err(Fault::Cut), mark);
    };
    let (sealed, base64) = headers(body);
    (sealed, Ok(base64), after)
}

/// Passes over the headers of RFC 1421 §4.6, when there are any.
fn headers(body: &[u8]) -> (Sealed, &[u8]) {
    let (mut sealed, mut rest) = (Sealed::No, body);
    // Base64 has no colon; a header has one, in its first line.
    if !body.contains(&b':') {
        return (sealed, body);
    }
    let mut in_headers = false;
    while let Some(end) = memchr::memchr(b'\n', rest) {
        let line = rest[..end].trim_ascii();
        let continues = in_headers && rest[0].is_ascii_whitespace() && !line.is_empty();
        let is_header = line.contains(&b':');
        if !(line.is_empty() || is_header || continues) {
            break;
        }
        in_headers |= is_header;
        if line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED") {
            sealed = Sealed::Yes;
        }
        rest = &rest[end + 1..];
    }
    (sealed, rest)
}

fn decode(base64: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let mut packed = Zeroizing::new(Vec::with_capacity(base64.len()));
    for line in base64.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        if line.contains(&b'\\') || line.iter().any(u8::is_ascii_whitespace) {
            loose(line, &mut packed);
        } else {
            packed.extend_from_slice(line);
        }
    }
    let room = BASE64.decode_len(packed.len()).map_err(|_| Fault::Base64)?;
    let mut content = Zeroizing::new(vec![0; room]);
    match BASE64.decode_mut(&packed, &mut content) {
        Ok(length) => content.truncate(length),
        // Bits that should be zero and are not: read, as every other reader does.
        Err(partial) if partial.error.kind == DecodeKind::Trailing => return lax(&packed),
        Err(_) => return Err(Fault::Base64),
    }
    Ok(content)
}

/// Base64 whose last bits are not zero.
fn lax(packed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let mut specification = BASE64.specification();
    specification.check_trailing_bits = false;
    let encoding = specification.encoding().map_err(|_| Fault::Base64)?;
    encoding.decode(packed).map(Zeroizing::new).map_err(|_| Fault::Base64)
}

/// A line with white space inside, or with the line ends of a JSON string.
fn loose(line: &[u8], packed: &mut Vec<u8>) {
    let mut bytes = line.iter().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' if matches!(bytes.peek(), Some(b'n' | b'r' | b't' | b'/')) => {
                if bytes.next() == Some(&b'/') {
                    packed.push(b'/');
                }
            }
            byte if byte.is_ascii_whitespace() => {}
            byte => packed.push(*byte),
        }
    }
}
