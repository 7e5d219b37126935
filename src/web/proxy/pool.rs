//! Connections to the service, shared by all requests, so that the card signs rarely.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::{Notify, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{Instant, timeout};

use super::Body;
use super::cut::Cut;
use super::refusal::Refusal;
use super::upstream::{Handshake, Opened, Protocol, Protocols, Upstream};

/// Connections of HTTP/1.1 at a time, as a browser holds to one host, and those that were upgraded.
const MOST_CONNECTIONS: usize = 16;

/// How long a full handshake waits for what it hands out (TLS 1.3 sends tickets after it) before another may begin.
const TICKETS: Duration = Duration::from_millis(500);

/// Connections that were idle for longer are not trusted to be open still.
const IDLE: Duration = Duration::from_secs(60);

/// Larger heads of answers are refused.
const LARGEST_HEAD: usize = 1 << 18;

/// The connections to one service.
#[derive(Debug)]
pub(super) struct Pool {
    upstream: Arc<dyn Upstream>,
    cut: Cut,
    held: Mutex<Held>,
    /// One connection is opened at a time: signatures are never made side by side, and a second connection resumes the first.
    opening: Arc<tokio::sync::Mutex<()>>,
    room: Arc<Semaphore>,
    /// A connection became idle.
    returned: Notify,
}

#[derive(Debug, Default)]
struct Held {
    shared: Option<http2::SendRequest<Body>>,
    /// The one that came back last is taken first.
    idle: Vec<(Http1, Instant)>,
}

#[derive(Debug)]
struct Http1 {
    sender: http1::SendRequest<Body>,
    _room: OwnedSemaphorePermit,
}

/// Over what a request went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Connection {
    /// One that was open already.
    Kept,
    /// One opened for it.
    Opened(Handshake),
}

/// A connection for one request.
struct Lease {
    line: Line,
    connection: Connection,
    /// Dropped with the head of the answer: then the tickets are there.
    _answered: Option<oneshot::Sender<()>>,
}

enum Line {
    Http1(Http1),
    Http2(http2::SendRequest<Body>),
}

/// How a request is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Plain,
    /// A connection of its own, which is not shared after that.
    Upgrade,
}

/// An answer, and over what it came.
pub(super) struct Answered {
    pub(super) response: Response<Incoming>,
    pub(super) connection: Connection,
}

impl Pool {
    pub(super) fn new(upstream: Arc<dyn Upstream>, cut: Cut) -> Self {
        Self {
            upstream,
            cut,
            held: Mutex::default(),
            opening: Arc::default(),
            room: Arc::new(Semaphore::new(MOST_CONNECTIONS)),
            returned: Notify::new(),
        }
    }

    /// Sends a request, once: again on another connection only when nothing of it was sent, or when it is safe to repeat,
    /// has no body, and the connection had been kept (RFC 9110 §9.2.2).
    pub(super) async fn send(
        self: &Arc<Self>,
        mut request: Request<Body>,
        kind: Kind,
        mut again: Option<Request<Body>>,
    ) -> Result<Answered, Refusal> {
        let uri = request.uri().clone();
        loop {
            let mut lease = self.lease(kind).await?;
            let connection = lease.connection;
            match lease.send(request).await {
                Ok(response) => {
                    if let (Line::Http1(line), Kind::Plain) = (lease.line, kind) {
                        self.give_back(line);
                    }
                    return Ok(Answered { response, connection });
                }
                Err(problem) => {
                    let kept = connection == Connection::Kept;
                    match problem.unsent.or_else(|| again.take().filter(|_| kept)) {
                        Some(unsent) if kept => {
                            request = unsent;
                            *request.uri_mut() = uri.clone();
                        }
                        _ => return Err(broken(&problem.error)),
                    }
                }
            }
        }
    }

    /// Drops all connections.
    pub(super) fn clear(&self) {
        *self.held() = Held::default();
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection that is open and can take a request now.
    fn kept(&self) -> Option<Line> {
        let mut held = self.held();
        held.idle.retain(|(line, since)| !line.sender.is_closed() && since.elapsed() < IDLE);
        if let Some((line, _)) = held.idle.pop() {
            return Some(Line::Http1(line));
        }
        if held.shared.as_ref().is_some_and(http2::SendRequest::is_closed) {
            held.shared = None;
        }
        held.shared.clone().map(Line::Http2)
    }

    async fn lease(self: &Arc<Self>, kind: Kind) -> Result<Lease, Refusal> {
        let kept = || {
            let line = self.kept().filter(|_| kind == Kind::Plain)?;
            Some(Lease { line, connection: Connection::Kept, _answered: None })
        };
        loop {
            // Before looking, so that none is missed that comes back while we look.
            let returned = self.returned.notified();
            if let Some(lease) = kept() {
                return Ok(lease);
            }
            let alone = async {
                let room = Arc::clone(&self.room).acquire_owned().await;
                (Arc::clone(&self.opening).lock_owned().await, room)
            };
            let (alone, room) = tokio::select! {
                alone = alone => alone,
                () = returned, if kind == Kind::Plain => continue,
            };
            let Ok(room) = room else { return Err(closed()) };
            if let Some(lease) = kept() {
                return Ok(lease);
            }
            return self.open(kind, alone, room).await;
        }
    }

    async fn open(
        self: &Arc<Self>,
        kind: Kind,
        alone: OwnedMutexGuard<()>,
        room: OwnedSemaphorePermit,
    ) -> Result<Lease, Refusal> {
        let protocols = match kind {
            Kind::Plain => Protocols::Any,
            Kind::Upgrade => Protocols::Http1,
        };
        let Opened { stream, protocol, handshake } = self.upstream.open(protocols).await?;
        let io = TokioIo::new(stream);
        let line = match protocol {
            Protocol::Http1 => {
                let (sender, connection) = http1::Builder::new()
                    .max_header_size(LARGEST_HEAD)
                    .handshake(io)
                    .await
                    .map_err(|error| broken(&error))?;
                self.cut.spawn(async move {
                    // Its end shows in the requests that it breaks.
                    let _ = connection.with_upgrades().await;
                });
                Line::Http1(Http1 { sender, _room: room })
            }
            Protocol::Http2 => {
                let (sender, connection) = http2::Builder::new(self.cut.clone())
                    .timer(TokioTimer::new())
                    .keep_alive_interval(IDLE)
                    .handshake(io)
                    .await
                    .map_err(|error| broken(&error))?;
                self.cut.spawn(async move {
                    let _ = connection.await;
                });
                self.held().shared = Some(sender.clone());
                self.returned.notify_waiters();
                Line::Http2(sender)
            }
        };
        let (answered, answer) = oneshot::channel();
        let answered = (handshake == Handshake::Full).then(|| {
            self.cut.spawn(async move {
                let _ = timeout(TICKETS, answer).await;
                drop(alone);
            });
            answered
        });
        Ok(Lease { line, connection: Connection::Opened(handshake), _answered: answered })
    }

    /// Once its answer is through, a connection serves the next request. One whose answer nobody wants any more is closed.
    fn give_back(self: &Arc<Self>, mut line: Http1) {
        let pool = Arc::clone(self);
        self.cut.spawn(async move {
            if line.sender.ready().await.is_err() {
                return;
            }
            pool.held().idle.push((line, Instant::now()));
            pool.returned.notify_one();
        });
    }
}

/// A request that brought no answer.
struct Problem {
    error: hyper::Error,
    /// The request, when nothing of it was sent.
    unsent: Option<Request<Body>>,
}

impl Lease {
    async fn send(&mut self, request: Request<Body>) -> Result<Response<Incoming>, Problem> {
        let sent = match &mut self.line {
            Line::Http1(line) => line.sender.try_send_request(for_http1(request)).await,
            Line::Http2(sender) => {
                if let Err(error) = sender.ready().await {
                    return Err(Problem { error, unsent: Some(request) });
                }
                sender.try_send_request(for_http2(request)).await
            }
        };
        sent.map_err(|mut problem| {
            let unsent = problem.take_message();
            Problem { unsent, error: problem.into_error() }
        })
    }
}

/// In HTTP/1.1 the host stands in a field, and cookies in one.
fn for_http1(mut request: Request<Body>) -> Request<Body> {
    use http::header::{COOKIE, HOST, HeaderValue, TE};
    request.headers_mut().remove(TE);
    *request.version_mut() = http::Version::HTTP_11;
    let uri = request.uri().clone();
    let authority = uri.authority().and_then(|found| HeaderValue::from_str(found.as_str()).ok());
    if let (Some(host), false) = (authority, request.headers().contains_key(HOST)) {
        request.headers_mut().insert(HOST, host);
    }
    if let Some(target) = uri.path_and_query() {
        *request.uri_mut() = target.as_str().parse().unwrap_or(uri);
    }
    let cookies: Vec<&[u8]> =
        request.headers().get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if cookies.len() > 1
        && let Ok(joined) = HeaderValue::from_bytes(&cookies.join(&b"; "[..]))
    {
        request.headers_mut().insert(COOKIE, joined);
    }
    request
}

/// In HTTP/2 it stands in the address alone.
fn for_http2(mut request: Request<Body>) -> Request<Body> {
    *request.version_mut() = http::Version::HTTP_2;
    request.headers_mut().remove(http::header::HOST);
    request
}

fn broken(error: &hyper::Error) -> Refusal {
    // In TLS 1.3 a server refuses a certificate after the handshake, in place of an answer.
    let message = match (crate::tls::Error::within(error), std::error::Error::source(error)) {
        (Some(found), _) => found.to_string(),
        // The words of the library name the problem; they hold nothing of what was sent.
        (None, Some(cause)) => format!("the service broke the connection: {error}: {cause}"),
        (None, None) => format!("the service broke the connection: {error}"),
    };
    Refusal::new(StatusCode::BAD_GATEWAY, "proxy.upstream", message)
        .hint("try again; when it stays so, ask the service's support")
}

fn closed() -> Refusal {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "proxy.closed", "the door is closed")
}
