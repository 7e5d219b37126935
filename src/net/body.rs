//! Bodies: bounded, and of the kind that was asked for.

use std::io::{self, Read, Write};

use crate::pki::source::{FetchProblem, What};

/// Reads a body to its end and writes what it holds, in DER.
///
/// DER is copied as it comes, and its own length is compared with what came; PEM is decoded. `problem` says what an error of
/// the reader is, with the number of bytes that came before it.
///
/// # Errors
/// [`FetchProblem::Unexpected`], [`FetchProblem::TooLarge`], [`FetchProblem::Truncated`], and what `problem` gives.
pub(super) fn receive(
    reader: &mut dyn Read,
    what: &What,
    limit: u64,
    sink: &mut dyn Write,
    problem: &dyn Fn(io::Error, u64) -> FetchProblem,
) -> Result<(), FetchProblem> {
    let kind = Kind::of(what);
    let mut source = Source { reader, limit, received: 0, problem };
    let mut buffer = vec![0; BUFFER];
    let start = source.fill(&mut buffer)?;
    let start = buffer.get(..start).unwrap_or_default();
    if start.first() != Some(&SEQUENCE) {
        return match start.trim_ascii_start() {
            text if text.starts_with(b"-----BEGIN ") => {
                let der = kind.decode(source.rest(start.to_vec())?)?;
                sink.write_all(&der).map_err(unwritable)
            }
            _ => Err(kind.unexpected()),
        };
    }
    let length = declared_length(start).ok_or_else(|| match start.len() {
        0..=5 => FetchProblem::Truncated { received: source.received },
        _ => kind.unexpected(),
    })?;
    if let Length::Of(length) = length
        && length > limit
    {
        return Err(FetchProblem::TooLarge { limit });
    }
    sink.write_all(start).map_err(unwritable)?;
    loop {
        match source.read(&mut buffer)? {
            0 => break,
            count => sink.write_all(buffer.get(..count).unwrap_or_default()).map_err(unwritable)?,
        }
    }
    match length {
        Length::Of(length) if source.received < length => {
            Err(FetchProblem::Truncated { received: source.received })
        }
        Length::Of(length) if source.received > length => Err(kind.unexpected()),
        _ => Ok(()),
    }
}

/// As much as is read at once.
const BUFFER: usize = 64 << 10;

/// The tag that lists, certificates and OCSP responses begin with.
const SEQUENCE: u8 = 0x30;

pub(super) fn unwritable(error: io::Error) -> FetchProblem {
    FetchProblem::Storage { detail: error.to_string() }
}

/// What is due, and what it is called.
#[derive(Clone, Copy)]
struct Kind {
    name: &'static str,
    labels: &'static [&'static str],
}

impl Kind {
    fn of(what: &What) -> Self {
        match what {
            What::Issuers => Self {
                name: "a certificate",
                labels: &["CERTIFICATE", "X509 CERTIFICATE", "PKCS7", "CMS"],
            },
            What::List | What::DeltaList => {
                Self { name: "a revocation list", labels: &["X509 CRL"] }
            }
            What::Status { .. } => Self { name: "an OCSP response", labels: &[] },
        }
    }

    fn unexpected(self) -> FetchProblem {
        FetchProblem::Unexpected { expected: self.name }
    }

    /// Decodes PEM: one block, of a label that fits.
    fn decode(self, text: Vec<u8>) -> Result<Vec<u8>, FetchProblem> {
        let (label, der) =
            pem_rfc7468::decode_vec(text.trim_ascii()).map_err(|_| self.unexpected())?;
        if self.labels.contains(&label) { Ok(der) } else { Err(self.unexpected()) }
    }
}

/// The length that a SEQUENCE says it has, header included.
enum Length {
    Of(u64),
    /// BER allows not to say it, and PKCS#7 is sometimes written so.
    Indefinite,
}

/// `None` where the header is cut or is no header.
fn declared_length(start: &[u8]) -> Option<Length> {
    let first = *start.get(1)?;
    match first {
        0..=0x7F => Some(Length::Of(2 + u64::from(first))),
        0x80 => Some(Length::Indefinite),
        0x81..=0x84 => {
            let octets = usize::from(first & 0x7F);
            let length = start.get(2..2 + octets)?;
            let length = length.iter().fold(0, |length, octet| (length << 8) | u64::from(*octet));
            Some(Length::Of(length + 2 + u64::from(first & 0x7F)))
        }
        _ => None,
    }
}

/// A reader that counts, and stops at the limit.
struct Source<'a> {
    reader: &'a mut dyn Read,
    limit: u64,
    received: u64,
    problem: &'a dyn Fn(io::Error, u64) -> FetchProblem,
}

impl Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, FetchProblem> {
        let count = loop {
            match self.reader.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other.map_err(|error| (self.problem)(error, self.received))?,
            }
        };
        self.received += u64::try_from(count).unwrap_or(u64::MAX);
        if self.received > self.limit {
            return Err(FetchProblem::TooLarge { limit: self.limit });
        }
        Ok(count)
    }

    /// Reads until there is enough to tell what it is, or the end.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, FetchProblem> {
        let mut filled = 0;
        while filled < ENOUGH {
            match self.read(buffer.get_mut(filled..).unwrap_or_default())? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(filled)
    }

    fn rest(&mut self, mut start: Vec<u8>) -> Result<Vec<u8>, FetchProblem> {
        let mut buffer = vec![0; BUFFER];
        loop {
            match self.read(&mut buffer)? {
                0 => return Ok(start),
                count => start.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            }
        }
    }
}

/// Enough for the longest header, and for the beginning of PEM after a byte order mark or blank lines.
const ENOUGH: usize = 32;

#[cfg(test)]
mod tests;
