//! Bodies on their way: never gathered, passed on frame by frame.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::sync::OwnedSemaphorePermit;

use super::Body;

/// None.
pub(super) fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// The body, once its first frame was received.
pub(super) async fn looked_into(mut body: Incoming) -> Result<Body, hyper::Error> {
    let first = body.frame().await.transpose()?;
    Ok(LookedInto { first, rest: body }.map_err(Into::into).boxed_unsync())
}

/// The body, which holds its place among the requests until it is through or nobody wants it any more.
pub(super) fn with_room(body: Incoming, room: OwnedSemaphorePermit) -> Body {
    WithRoom { body, _room: room }.map_err(Into::into).boxed_unsync()
}

struct LookedInto {
    first: Option<Frame<Bytes>>,
    rest: Incoming,
}

impl HttpBody for LookedInto {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(first))),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_end_stream()
    }
}

struct WithRoom {
    body: Incoming,
    _room: OwnedSemaphorePermit,
}

impl HttpBody for WithRoom {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
