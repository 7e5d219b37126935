//! The other side of the door, as the proxy needs it: connections to the service.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};

use super::refusal::Refusal;

/// Opens connections to the service, and shows it the certificate.
pub trait Upstream: fmt::Debug + Send + Sync + 'static {
    /// Opens one. Dropping the future gives up: nothing is signed after that.
    fn open(&self, protocols: Protocols) -> Opening<'_>;

    /// Forgets what would let a connection be opened without signing: sessions, tickets, the PIN.
    fn forget(&self);
}

/// A connection that is being opened; or what the client is told, and why in words for the log.
pub type Opening<'a> = Pin<Box<dyn Future<Output = Result<Opened, Refusal>> + Send + 'a>>;

/// Which versions of HTTP may be agreed on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocols {
    /// The service's choice.
    Any,
    /// HTTP/1.1, as a WebSocket needs it.
    Http1,
}

/// A connection to the service.
pub struct Opened {
    /// What to write to and read from.
    pub stream: Box<dyn Duplex>,
    /// What was agreed on.
    pub protocol: Protocol,
    /// What it cost.
    pub handshake: Handshake,
}

/// Bytes both ways.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A version of HTTP.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocol {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
}

/// How a connection was opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Handshake {
    /// From the start: the key has signed when the service asked for it.
    Full,
    /// As a continuation of an earlier one: no signature.
    Resumed,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opened({:?}, {:?})", self.protocol, self.handshake)
    }
}
