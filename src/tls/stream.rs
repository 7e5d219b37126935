//! A connection that stands.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::{Error, Facts};

/// A connection that stands, to read and write through.
///
/// In TLS 1.3 a server may refuse the client's certificate after the handshake: the first read then fails with an
/// [`io::Error`] in which [`Error::within`] finds the refusal.
pub struct Stream {
    inner: TlsStream<TcpStream>,
    facts: Facts,
}

impl Stream {
    pub(super) fn new(inner: TlsStream<TcpStream>, facts: Facts) -> Self {
        Self { inner, facts }
    }

    /// What the handshake came to.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("facts", &self.facts).finish_non_exhaustive()
    }
}

/// What the TLS library says, in our words.
fn ours(error: io::Error) -> io::Error {
    match Error::within(&error) {
        Some(found) => io::Error::new(error.kind(), found),
        None => error,
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Ready(ready!(Pin::new(&mut self.inner).poll_read(cx, buf)).map_err(ours))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(ready!(Pin::new(&mut self.inner).poll_write(cx, buf)).map_err(ours))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(ready!(Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)).map_err(ours))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(ready!(Pin::new(&mut self.inner).poll_flush(cx)).map_err(ours))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(ready!(Pin::new(&mut self.inner).poll_shutdown(cx)).map_err(ours))
    }
}
