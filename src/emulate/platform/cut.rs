//! A connection that can be cut at a chosen place of an answer, by HTTP/1.1.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::fault::CutPlace;

/// Where the answer that comes next is to be cut; shared by the connection and by what answers.
#[derive(Clone, Debug, Default)]
pub(super) struct Scissors(Arc<Mutex<Option<Plan>>>);

#[derive(Clone, Copy, Debug)]
struct Plan {
    place: CutPlace,
    /// Bytes of the body.
    body: usize,
}

impl Scissors {
    pub(super) fn open(&self, place: CutPlace, body: usize) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Plan { place, body });
    }

    fn plan(&self) -> Option<Plan> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection, and the bytes of the answer that were written since it is to be cut.
#[derive(Debug)]
pub(super) struct Cuttable<S> {
    stream: S,
    scissors: Scissors,
    written: Vec<u8>,
}

impl<S> Cuttable<S> {
    pub(super) fn new(stream: S, scissors: Scissors) -> Self {
        Self { stream, scissors, written: Vec::new() }
    }

    /// How much of what comes next may pass.
    fn allowed(&self, plan: Plan, next: &[u8]) -> usize {
        let seen = [&self.written[..], next].concat();
        let after = |mark: &[u8]| {
            seen.windows(mark.len()).position(|found| found == mark).map(|at| at + mark.len())
        };
        let end = match plan.place {
            CutPlace::BeforeRead | CutPlace::AfterRead => Some(0),
            CutPlace::StatusLine => Some(6),
            CutPlace::Headers => after(b"\r\n").map(|line| line + 6),
            CutPlace::Body => after(b"\r\n\r\n").map(|head| head + plan.body / 2),
            CutPlace::LastByte => {
                after(b"\r\n\r\n").map(|head| (head + plan.body).saturating_sub(1))
            }
        };
        end.map_or(next.len(), |end| end.saturating_sub(self.written.len()).min(next.len()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Cuttable<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Cuttable<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Some(plan) = self.scissors.plan() else {
            return Pin::new(&mut self.stream).poll_write(cx, buf);
        };
        let allowed = self.allowed(plan, buf);
        if allowed == 0 && !buf.is_empty() {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let count = ready!(Pin::new(&mut self.stream).poll_write(cx, &buf[..allowed]))?;
        self.written.extend(&buf[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Whoever cuts says no farewell.
        match self.scissors.plan() {
            Some(_) => Poll::Ready(Ok(())),
            None => Pin::new(&mut self.stream).poll_shutdown(cx),
        }
    }
}
