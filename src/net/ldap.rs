//! LDAP: one anonymous search of one entry for one attribute, the way lists are published. No referral is followed.
//!
//! Of the protocol (RFC 4511) only that is spoken, over a connection of our own: `docs/design` says why no library is used.

mod ber;
mod url;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use self::ber::{Reader, element, integer};
use self::url::Query;
use super::address::{Address, Addresses};
use super::deadline::Deadline;
use crate::pki::source::{FetchProblem, What};

/// Fetches the value of the attribute that an address names: the first one, when there are several.
pub(super) fn fetch(
    address: &Address,
    what: &What,
    addresses: Addresses,
    connect: Duration,
    limit: u64,
    deadline: &Deadline,
) -> Result<Vec<u8>, FetchProblem> {
    let query = Query::parse(address, what)?;
    let stream = connected(&address.resolve(addresses, deadline)?, connect, deadline)?;
    let mut stream = Bounded { stream, deadline: *deadline };
    stream.write_all(&search(&query)).map_err(|error| broken(&error, deadline))?;
    let mut value = None;
    let mut left = limit.saturating_add(ENVELOPE);
    loop {
        let message = receive(&mut stream, &mut left, deadline)?;
        let message = message.ok_or(FetchProblem::TooLarge { limit })?;
        match Answer::parse(&message, &query)? {
            Answer::Value(found) => value = value.or(Some(found.to_vec())),
            Answer::Nothing => {}
            Answer::Done { code: 0 } => break,
            // noSuchAttribute, noSuchObject.
            Answer::Done { code: 16 | 32 } => return Err(FetchProblem::Absent),
            Answer::Done { code } => return Err(FetchProblem::Directory { code }),
        }
    }
    // Politeness only: the answer is here.
    let _ = stream.write_all(UNBIND);
    value.ok_or(FetchProblem::Absent)
}

/// The only search of the connection.
const MESSAGE_ID: u8 = 1;

/// `UnbindRequest` in a message numbered 2.
const UNBIND: &[u8] = &[0x30, 5, 0x02, 1, 2, 0x42, 0];

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const ENUMERATED: u8 = 0x0A;
const SET: u8 = 0x31;

/// `LDAPMessage` with a `SearchRequest` (RFC 4511 §4.5.1): scope base, no alias followed, every entry will do.
fn search(query: &Query) -> Vec<u8> {
    let request = [
        element(OCTET_STRING, query.dn.as_bytes()),
        element(ENUMERATED, &[0]),
        element(ENUMERATED, &[0]),
        element(INTEGER, &[0]),
        element(INTEGER, &[0]),
        element(0x01, &[0]),
        element(0x87, b"objectClass"),
        element(SEQUENCE, &element(OCTET_STRING, query.attribute.as_bytes())),
    ];
    let request = element(0x63, &request.concat());
    element(SEQUENCE, &[element(INTEGER, &[MESSAGE_ID]), request].concat())
}

/// What one message says.
enum Answer<'a> {
    Value(&'a [u8]),
    Done { code: u32 },
    Nothing,
}

impl<'a> Answer<'a> {
    fn parse(message: &'a [u8], query: &Query) -> Result<Self, FetchProblem> {
        Self::parsed(message, query).ok_or(NOT_LDAP)
    }

    fn parsed(message: &'a [u8], query: &Query) -> Option<Self> {
        let mut message = Reader(message).inside(SEQUENCE)?;
        let id = integer(message.value(INTEGER)?)?;
        let (operation, content) = message.next()?;
        let mut content = Reader(content);
        match operation {
            // SearchResultEntry.
            0x64 if id == u32::from(MESSAGE_ID) => {
                content.value(OCTET_STRING)?;
                let mut attributes = content.inside(SEQUENCE)?;
                while !attributes.0.is_empty() {
                    let mut attribute = attributes.inside(SEQUENCE)?;
                    let name = attribute.value(OCTET_STRING)?;
                    let mut values = attribute.inside(SET)?;
                    if query.is_answered_by(name) && !values.0.is_empty() {
                        return Some(Self::Value(values.value(OCTET_STRING)?));
                    }
                }
                Some(Self::Nothing)
            }
            // SearchResultReference: leads elsewhere.
            0x73 if id == u32::from(MESSAGE_ID) => Some(Self::Nothing),
            // SearchResultDone.
            0x65 if id == u32::from(MESSAGE_ID) => {
                Some(Self::Done { code: integer(content.value(ENUMERATED)?)? })
            }
            // ExtendedResponse to nothing: the notice of disconnection (RFC 4511 §4.4.1).
            0x78 if id == 0 => Some(Self::Done { code: integer(content.value(ENUMERATED)?)? }),
            _ => None,
        }
    }
}

const NOT_LDAP: FetchProblem = FetchProblem::Unexpected { expected: "LDAP" };

/// What the messages may hold beside the value.
const ENVELOPE: u64 = 64 << 10;

/// Reads one message whole, and counts it. Its length is known from its first bytes; of one that is longer than what is left
/// nothing more is read, and it is `None`.
fn receive(
    stream: &mut Bounded,
    left: &mut u64,
    deadline: &Deadline,
) -> Result<Option<Vec<u8>>, FetchProblem> {
    let broken = |error: &io::Error, received| match error.kind() {
        io::ErrorKind::UnexpectedEof => FetchProblem::Truncated { received },
        _ => broken(error, deadline),
    };
    let mut message = vec![0; 2];
    stream.read_exact(&mut message).map_err(|error| broken(&error, 0))?;
    let length = match (message.first(), message.get(1)) {
        (Some(&SEQUENCE), Some(&short @ 0..=0x7F)) => u64::from(short),
        (Some(&SEQUENCE), Some(&long @ 0x81..=0x88)) => {
            let mut octets = [0; 8];
            let count = usize::from(long & 0x7F);
            let octets = octets.get_mut(..count).ok_or(NOT_LDAP)?;
            stream.read_exact(octets).map_err(|error| broken(&error, 2))?;
            message.extend_from_slice(octets);
            octets.iter().fold(0, |length, octet| (length << 8) | u64::from(*octet))
        }
        _ => return Err(NOT_LDAP),
    };
    match left.checked_sub(length.saturating_add(2)) {
        Some(after) => *left = after,
        None => return Ok(None),
    }
    let read = stream.take(length).read_to_end(&mut message).map_err(|error| broken(&error, 2))?;
    let received = u64::try_from(read).unwrap_or(u64::MAX);
    if received < length {
        return Err(FetchProblem::Truncated { received });
    }
    Ok(Some(message))
}

/// The first of the addresses that takes the connection.
fn connected(
    addresses: &[SocketAddr],
    connect: Duration,
    deadline: &Deadline,
) -> Result<TcpStream, FetchProblem> {
    let mut last = FetchProblem::Connection { detail: "no address to connect to".to_owned() };
    for address in addresses {
        match TcpStream::connect_timeout(address, connect.min(deadline.left()?)) {
            Ok(stream) => return Ok(stream),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                last = FetchProblem::TimedOut { limit: connect };
            }
            Err(error) => last = FetchProblem::Connection { detail: error.to_string() },
        }
    }
    Err(last)
}

fn broken(error: &io::Error, deadline: &Deadline) -> FetchProblem {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => deadline.passed(),
        _ => FetchProblem::Connection { detail: error.to_string() },
    }
}

/// A connection none of whose waits outlasts the deadline.
struct Bounded {
    stream: TcpStream,
    deadline: Deadline,
}

impl Bounded {
    fn left(&self) -> io::Result<Option<Duration>> {
        self.deadline.left().map(Some).map_err(|_| io::ErrorKind::TimedOut.into())
    }
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(buffer)
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

#[cfg(test)]
mod tests;
