//! The framing of HTTP/1.1 as it comes in, read strictly before anything else reads it (RFC 9112): whatever two programs
//! could read in two ways is refused, so that no request hides in another.
//!
//! The HTTP library already lets `Transfer-Encoding` win over `Content-Length`, as the standard allows; we refuse both
//! together, as it advises (§6.3). The bytes pass through unchanged up to the first fault. A head is ended there by a field that the door
//! refuses, in words and in its log; elsewhere comes a byte that no request may hold, and the library answers 400. Either way what
//! follows is dropped.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The longest line.
const LONGEST_LINE: usize = 1 << 16;

/// The longest head, and the longest trailer section.
const LONGEST_HEAD: usize = 1 << 17;

/// The longest line before a chunk.
const LONGEST_CHUNK_LINE: usize = 256;

/// The most digits of a size that fits 64 bits.
const SIZE_DIGITS: usize = 15;

/// What stands in place of a fault: neither a request line, a field nor a chunk may hold it.
const FAULT: &[u8] = b"\0\r\n\r\n";

/// The field that ends a head at a fault. A request that has it must be refused, whoever wrote it.
pub(super) const FAULTY: &str = "cpskit-framing";

/// The same with the end of the head.
const FAULTY_HEAD: &[u8] = b"cpskit-framing: faulty\r\n\r\n";

/// Reads the framing of requests as their bytes go by.
#[derive(Debug)]
pub struct Framing {
    state: State,
    line: Vec<u8>,
    head: Head,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// In the request line.
    Start,
    /// In the fields of a head.
    Fields,
    /// In a body, this many bytes before its end.
    Body(u64),
    /// In the line before a chunk.
    Size,
    /// In a chunk, this many bytes before its end.
    Chunk(u64),
    /// After a chunk.
    ChunkEnd,
    /// In the trailer section.
    Trailers,
    /// After a request to upgrade: no longer ours to read. When the answer is not to upgrade, the connection is closed.
    Blind,
    /// At a fault.
    Faulty,
}

/// What a head says of the body.
#[derive(Debug, Default)]
struct Head {
    bytes: usize,
    length: Option<u64>,
    coding: Coding,
    upgrade: bool,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Coding {
    Chunked,
    #[default]
    None,
}

/// The framing can be read in two ways, or in none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Fault;

impl Default for Framing {
    fn default() -> Self {
        Self { state: State::Start, line: Vec::new(), head: Head::default() }
    }
}

impl Framing {
    /// Reads on, and appends to `out` what may be passed on: complete lines of heads, and bodies as they come. After a
    /// fault nothing passes any more.
    pub fn read(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) {
        while !bytes.is_empty() && self.state != State::Faulty {
            let result = match self.state {
                State::Blind => {
                    out.extend_from_slice(bytes);
                    return;
                }
                State::Body(left) | State::Chunk(left) => {
                    let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    let (passed, rest) = bytes.split_at(here);
                    out.extend_from_slice(passed);
                    bytes = rest;
                    self.passed(here);
                    Ok(())
                }
                _ => self.line(&mut bytes, out),
            };
            if result == Err(Fault) {
                let of_head = self.state == State::Fields;
                out.extend_from_slice(if of_head { FAULTY_HEAD } else { FAULT });
                self.state = State::Faulty;
            }
        }
    }

    /// Whether a fault was met.
    pub fn is_faulty(&self) -> bool {
        self.state == State::Faulty
    }

    /// How many bytes need no reading here, 0 when the next one does.
    fn plain(&self) -> usize {
        match self.state {
            State::Body(left) | State::Chunk(left) => usize::try_from(left).unwrap_or(usize::MAX),
            State::Blind => usize::MAX,
            _ => 0,
        }
    }

    /// That many of them went by.
    fn passed(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.state = match self.state {
            State::Body(left) => match left.saturating_sub(bytes) {
                0 => State::Start,
                left => State::Body(left),
            },
            State::Chunk(left) => match left.saturating_sub(bytes) {
                0 => State::ChunkEnd,
                left => State::Chunk(left),
            },
            state => state,
        };
    }

    /// Takes up to the end of a line; a complete one is read, then passed on.
    fn line(&mut self, bytes: &mut &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let (taken, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
        *bytes = rest;
        let longest = if self.state == State::Size { LONGEST_CHUNK_LINE } else { LONGEST_LINE };
        if self.line.len() + taken.len() > longest {
            return Err(Fault);
        }
        self.line.extend_from_slice(taken);
        if end.is_none() {
            return Ok(());
        }
        let line = std::mem::take(&mut self.line);
        let text = line.strip_suffix(b"\r\n").ok_or(Fault)?;
        if text.iter().any(|byte| matches!(byte, b'\r' | b'\0')) {
            return Err(Fault);
        }
        self.state = match self.state {
            State::Start => {
                if text.is_empty() {
                    return Err(Fault);
                }
                self.head = Head { bytes: line.len(), ..Head::default() };
                State::Fields
            }
            State::Fields if text.is_empty() => self.head.body(),
            State::Fields => {
                self.head.field(text)?;
                State::Fields
            }
            State::Size => match size(text)? {
                0 => {
                    self.head.bytes = 0;
                    State::Trailers
                }
                size => State::Chunk(size),
            },
            State::ChunkEnd if text.is_empty() => State::Size,
            State::Trailers if text.is_empty() => State::Start,
            State::Trailers => {
                let (name, _) = self.head.split(text)?;
                if [&b"content-length"[..], b"transfer-encoding"].contains(&name.as_slice()) {
                    return Err(Fault);
                }
                State::Trailers
            }
            _ => return Err(Fault),
        };
        out.extend_from_slice(&line);
        Ok(())
    }
}

impl Head {
    /// A field (RFC 9112 §5): no line that continues another, no space before the colon.
    fn split<'a>(&mut self, text: &'a [u8]) -> Result<(Vec<u8>, &'a [u8]), Fault> {
        self.bytes += text.len();
        if self.bytes > LONGEST_HEAD {
            return Err(Fault);
        }
        let colon = text.iter().position(|byte| *byte == b':').ok_or(Fault)?;
        let (name, value) = (&text[..colon], &text[colon + 1..]);
        if name.is_empty() || !name.iter().all(is_token) {
            return Err(Fault);
        }
        Ok((name.to_ascii_lowercase(), value.trim_ascii()))
    }

    fn field(&mut self, text: &[u8]) -> Result<(), Fault> {
        let (name, value) = self.split(text)?;
        match name.as_slice() {
            b"content-length" => {
                let length = number(value, 10)?;
                if self.coding == Coding::Chunked || self.length.is_some_and(|had| had != length) {
                    return Err(Fault);
                }
                self.length = Some(length);
            }
            b"transfer-encoding" => {
                let once = self.coding == Coding::None && self.length.is_none();
                if !once || !value.eq_ignore_ascii_case(b"chunked") {
                    return Err(Fault);
                }
                self.coding = Coding::Chunked;
            }
            b"upgrade" => self.upgrade = true,
            _ => {}
        }
        Ok(())
    }

    fn body(&self) -> State {
        match (self.upgrade, self.coding, self.length) {
            (true, ..) => State::Blind,
            (_, Coding::Chunked, _) => State::Size,
            (_, _, None | Some(0)) => State::Start,
            (_, _, Some(length)) => State::Body(length),
        }
    }
}

/// The size of a chunk, an extension after it passed over (RFC 9112 §7.1).
fn size(text: &[u8]) -> Result<u64, Fault> {
    let end = text.iter().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(text.len());
    let (digits, extension) = text.split_at(end);
    if !(extension.is_empty() || extension.starts_with(b";")) {
        return Err(Fault);
    }
    number(digits, 16)
}

fn number(digits: &[u8], radix: u32) -> Result<u64, Fault> {
    let text = std::str::from_utf8(digits).map_err(|_| Fault)?;
    let are_digits = text.chars().all(|c| c.is_digit(radix));
    if text.is_empty() || text.len() > SIZE_DIGITS || !are_digits {
        return Err(Fault);
    }
    u64::from_str_radix(text, radix).map_err(|_| Fault)
}

/// RFC 9110 §5.6.2.
fn is_token(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte)
}

/// A connection whose requests are read by [`Framing`] first.
#[derive(Debug)]
pub(super) struct Framed<S> {
    inner: S,
    framing: Framing,
    /// Read from the connection, checked, not yet handed on.
    pending: Vec<u8>,
    at: usize,
}

impl<S> Framed<S> {
    pub(super) fn new(inner: S) -> Self {
        Self { inner, framing: Framing::default(), pending: Vec::new(), at: 0 }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Framed<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.at < this.pending.len() {
                let rest = &this.pending[this.at..];
                let now = rest.len().min(buf.remaining());
                buf.put_slice(&rest[..now]);
                this.at += now;
                return Poll::Ready(Ok(()));
            }
            this.pending.clear();
            this.at = 0;
            if this.framing.is_faulty() {
                // Dropped up to the end: to the library an end is a client that is gone, to the system unread bytes are a reset, and
                // either would take the answer back.
                let mut room = [0; 4096];
                let mut part = ReadBuf::new(&mut room);
                ready!(Pin::new(&mut this.inner).poll_read(cx, &mut part))?;
                if part.filled().is_empty() {
                    return Poll::Ready(Ok(()));
                }
                continue;
            }
            let plain = this.framing.plain().min(buf.remaining());
            if plain > 0 {
                let mut part = ReadBuf::new(buf.initialize_unfilled_to(plain));
                ready!(Pin::new(&mut this.inner).poll_read(cx, &mut part))?;
                let read = part.filled().len();
                buf.advance(read);
                this.framing.passed(read);
                return Poll::Ready(Ok(()));
            }
            let mut room = [0; 4096];
            let mut part = ReadBuf::new(&mut room);
            ready!(Pin::new(&mut this.inner).poll_read(cx, &mut part))?;
            if part.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.framing.read(part.filled(), &mut this.pending);
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Framed<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What passes, and whether it ended at a fault.
    fn read(bytes: &[u8], piece: usize) -> (Vec<u8>, bool) {
        let mut framing = Framing::default();
        let mut out = Vec::new();
        bytes.chunks(piece).for_each(|bytes| framing.read(bytes, &mut out));
        (out, framing.is_faulty())
    }

    const GOOD: [&str; 6] = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 5\r\ncontent-length: 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n00\r\n\r\n",
        "HEAD /x HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
        "GET /w HTTP/1.1\r\nX-Empty:\r\nX: \"\r\n\r\n",
    ];

    #[test]
    fn requests_pass_unchanged_one_after_the_other_in_pieces_of_any_size() {
        let all = GOOD.concat();
        for piece in 1..=all.len() {
            assert_eq!(read(all.as_bytes(), piece), (all.clone().into_bytes(), false), "{piece}");
        }
    }

    #[test]
    fn after_a_request_to_upgrade_everything_passes() {
        let text = "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n\x01\x02\0\n";
        assert_eq!(read(text.as_bytes(), 7), (text.as_bytes().to_vec(), false));
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_a_fault_and_its_line_does_not_pass() {
        for (before, fault) in [
            ("POST / HTTP/1.1\r\nContent-Length: 5\r\n", "Transfer-Encoding: chunked\r\n\r\n"),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 5\r\n\r\n"),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\n"),
            ("POST / HTTP/1.1\r\n", "Transfer-Encoding: gzip, chunked\r\n\r\n"),
            ("POST / HTTP/1.1\r\n", "Transfer-Encoding: xchunked\r\n\r\n"),
            ("POST / HTTP/1.1\r\nContent-Length: 5\r\n", "Content-Length: 6\r\n\r\n"),
            ("POST / HTTP/1.1\r\n", "Content-Length: 5, 5\r\n\r\n"),
            ("POST / HTTP/1.1\r\n", "Content-Length: +5\r\n\r\n"),
            ("POST / HTTP/1.1\r\n", "Content-Length: 1234567890123456\r\n\r\n"),
            ("POST / HTTP/1.1\r\n", "Content-Length:\r\n\r\n"),
            ("GET / HTTP/1.1\r\nX: a\r\n", " b\r\n\r\n"),
            ("GET / HTTP/1.1\r\nX: a\r\n", "\tb\r\n\r\n"),
            ("GET / HTTP/1.1\r\n", "Host : a\r\n\r\n"),
            ("GET / HTTP/1.1\r\n", "Ho st: a\r\n\r\n"),
            ("GET / HTTP/1.1\r\n", ": a\r\n\r\n"),
            ("GET / HTTP/1.1\r\n", "X\r\n\r\n"),
            ("GET / HTTP/1.1\r\n", "X: a\n\r\n"),
            ("GET / HTTP/1.1\r\n", "X: a\rb\r\n\r\n"),
            ("GET / HTTP/1.1\r\n", "X: a\0b\r\n\r\n"),
            ("", "\r\nGET / HTTP/1.1\r\n\r\n"),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "x\r\n"),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "5 \r\nhello\r\n"),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "0x5\r\nhello\r\n"),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "\r\n"),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "5\nhello\r\n"),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello", "!\r\n0\r\n\r\n"),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "Content-Length: 1\r\n"),
        ] {
            let text = [before, fault, "GET /smuggled HTTP/1.1\r\n\r\n"].concat();
            for piece in [1, 3, text.len()] {
                let in_head = !before.is_empty() && !before.contains("\r\n\r\n");
                let mark = if in_head { FAULTY_HEAD } else { FAULT };
                let expected = [before.as_bytes(), mark].concat();
                assert_eq!(read(text.as_bytes(), piece), (expected, true), "{text:?}");
            }
        }
    }

    #[test]
    fn lines_and_heads_without_end_are_a_fault() {
        let long = format!("GET /{} HTTP/1.1\r\n", "x".repeat(LONGEST_LINE));
        assert!(read(long.as_bytes(), 1000).1);
        let many = format!("GET / HTTP/1.1\r\n{}", "X: y\r\n".repeat(LONGEST_HEAD / 4));
        assert!(read(many.as_bytes(), 1000).1);
        let chunk = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;";
        assert!(read(format!("{chunk}{}", "x".repeat(300)).as_bytes(), 100).1);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_alike_in_one_piece_and_in_many(
            bytes in prop::collection::vec(prop::sample::select(b"GET /5:\r\n x;Content-Length".as_slice()), 0..200),
            piece in 1_usize..9,
        ) {
            prop_assert_eq!(read(&bytes, piece), read(&bytes, usize::MAX));
        }
    }
}
