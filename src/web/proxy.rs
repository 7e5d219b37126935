//! A local door to one service: plain HTTP on loopback for programs that know no card, TLS with the card's certificate on the
//! other side. Threats and decisions are in `docs/design/0006-the-door.md`.
//!
//! A request comes in through [`framing`], is let in by `door`, has its head made to fit by `headers`, and goes out over a
//! connection of the `pool`. Bodies pass as they come, both ways.

mod body;
pub mod cookie;
mod cut;
mod door;
pub mod framing;
mod headers;
mod keys;
mod pool;
mod refusal;
mod service;
mod upgrade;
mod upstream;

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Request, Response, StatusCode, Version};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use self::cut::Cut;
use self::door::Door;
use self::framing::Framed;
pub use self::keys::{NoRandom, Token};
pub use self::pool::Connection;
use self::pool::{Answered, Kind, Pool};
pub use self::refusal::Refusal;
pub use self::service::{Outside, Service, ServiceError};
pub use self::upstream::{Duplex, Handshake, Opened, Opening, Protocol, Protocols, Upstream};

/// A body on its way.
type Body = UnsyncBoxBody<Bytes, Box<dyn StdError + Send + Sync>>;

/// Connections of clients at a time. One more is answered 503.
const MOST_CLIENTS: usize = 256;

/// Clients that are being told so at a time. One more is closed at once.
const MOST_TURNED_AWAY: usize = 64;

/// How long a client may take to read it.
const AWAY_WITHIN: Duration = Duration::from_secs(2);

/// Requests on their way at a time. One more is answered 503.
const MOST_REQUESTS: usize = 128;

/// Streams of one client's connection of HTTP/2.
const MOST_STREAMS: u32 = 128;

/// Heads of requests, in bytes.
const LARGEST_HEAD: usize = 1 << 16;

/// Fields of a head.
const MOST_FIELDS: usize = 128;

/// How long a client may take to send a head, and may be idle.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// What a connection of HTTP/2 begins with (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Told of every request, for a log. No body, no query and no field is ever in it.
pub trait Journal: fmt::Debug + Send + Sync + 'static {
    /// A request was answered: its head, that is, for the body may still be on its way.
    fn answered(&self, entry: &Entry);
}

/// A request, as a log may tell it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Its method.
    pub method: Method,
    /// Its path. The query is left out: tokens and identifiers of patients stand there.
    pub path: String,
    /// What the client was answered.
    pub status: StatusCode,
    /// How it went.
    pub end: End,
}

/// How a request went.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum End {
    /// The service answered, over such a connection.
    Passed(Connection),
    /// The door answered by itself.
    Own,
    /// It was refused, or the service could not be asked.
    Refused(Refusal),
}

/// Where a door listens: loopback, and nowhere else.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    address: SocketAddr,
}

/// Why a door cannot listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The system refuses.
    #[error("cannot listen at {address}")]
    Io {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Other machines would reach it.
    #[error("{0} is no loopback address: other machines would use the card")]
    NotLoopback(SocketAddr),
}

impl Listener {
    /// Listens; port 0 for any free one.
    ///
    /// # Errors
    /// [`ListenError`].
    pub async fn bind(address: SocketAddr) -> Result<Self, ListenError> {
        if !address.ip().is_loopback() {
            return Err(ListenError::NotLoopback(address));
        }
        let failed = |source| ListenError::Io { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// Where, with the port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A door, and what is behind it.
#[derive(Debug)]
pub struct Proxy {
    listener: Listener,
    inside: Arc<Inside>,
}

#[derive(Debug)]
struct Inside {
    door: Door,
    service: Service,
    upstream: Arc<dyn Upstream>,
    pool: Arc<Pool>,
    journal: Arc<dyn Journal>,
    cut: Cut,
    requests: Arc<Semaphore>,
    answer_within: Duration,
}

impl Proxy {
    /// A door to a service, with a token of its own. The service must begin its answer within `answer_within`.
    ///
    /// # Errors
    /// [`NoRandom`].
    pub fn new(
        listener: Listener,
        service: Service,
        upstream: Arc<dyn Upstream>,
        journal: Arc<dyn Journal>,
        answer_within: Duration,
    ) -> Result<Self, NoRandom> {
        let cut = Cut::new();
        let inside = Arc::new(Inside {
            door: Door::new(listener.address)?,
            service,
            pool: Arc::new(Pool::new(Arc::clone(&upstream), cut.clone())),
            upstream,
            journal,
            cut,
            requests: Arc::new(Semaphore::new(MOST_REQUESTS)),
            answer_within,
        });
        Ok(Self { listener, inside })
    }

    /// What programs must know.
    pub fn token(&self) -> &Token {
        &self.inside.door.keys.token
    }

    /// An address that lets a browser in, once. It is as secret as the token.
    ///
    /// # Errors
    /// [`NoRandom`].
    pub fn once(&self) -> Result<String, NoRandom> {
        self.inside.door.once()
    }

    /// Serves until the future ends, then closes at once: listener, requests on their way, connections and sessions.
    pub async fn serve<T>(self, until: impl Future<Output = T>) -> T {
        let Self { listener: Listener { listener, .. }, inside } = self;
        let clients = Arc::new(Semaphore::new(MOST_CLIENTS));
        let others = Arc::new(Semaphore::new(MOST_TURNED_AWAY));
        let accepting = async {
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    // No descriptor is left: some will be closed.
                    sleep(Duration::from_millis(50)).await;
                    continue;
                };
                if let Ok(room) = Arc::clone(&clients).try_acquire_owned() {
                    inside.cut.spawn(client(Arc::clone(&inside), stream, room));
                } else if let Ok(room) = Arc::clone(&others).try_acquire_owned() {
                    inside.cut.spawn(turn_away(stream, room));
                }
            }
        };
        let ended = tokio::select! {
            biased;
            ended = until => ended,
            never = accepting => never,
        };
        drop(listener);
        inside.cut.close();
        inside.pool.clear();
        inside.upstream.forget();
        ended
    }
}

/// Tells a client that there is no room, whatever it asks. What it sends is read to the end: closing before would take the
/// answer back.
async fn turn_away(mut stream: TcpStream, _room: OwnedSemaphorePermit) {
    let telling = async {
        stream.write_all(&crowded().bytes()).await?;
        stream.shutdown().await?;
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
    };
    // Whether it listens is its own affair.
    let _ = timeout(AWAY_WITHIN, telling).await;
}

/// A connection of a client, in the version of HTTP it begins with.
async fn client(inside: Arc<Inside>, stream: TcpStream, _room: OwnedSemaphorePermit) {
    // Without it answers wait for acknowledgements.
    let _ = stream.set_nodelay(true);
    let Ok(Some(version)) = timeout(HEAD_WITHIN, version(&stream)).await else { return };
    let cut = inside.cut.clone();
    let service = service_fn(move |request| {
        let inside = Arc::clone(&inside);
        async move { Ok::<_, Infallible>(inside.answer(request).await) }
    });
    // How a client leaves is of no interest.
    if version == Version::HTTP_2 {
        let _ = http2::Builder::new(cut)
            .timer(TokioTimer::new())
            .max_concurrent_streams(MOST_STREAMS)
            .max_header_list_size(u32::try_from(LARGEST_HEAD).unwrap_or(u32::MAX))
            .keep_alive_interval(HEAD_WITHIN)
            .serve_connection(TokioIo::new(stream), service)
            .await;
    } else {
        let _ = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_WITHIN)
            .max_header_size(LARGEST_HEAD)
            .max_headers(MOST_FIELDS)
            .serve_connection(TokioIo::new(Framed::new(stream)), service)
            .with_upgrades()
            .await;
    }
}

/// What the client begins with; `None` when it leaves.
async fn version(stream: &TcpStream) -> Option<Version> {
    let mut first = [0; PREFACE.len()];
    loop {
        let read = stream.peek(&mut first).await.ok().filter(|read| *read > 0)?;
        match first.get(..read)? {
            preface if preface == PREFACE => return Some(Version::HTTP_2),
            part if PREFACE.starts_with(part) => sleep(Duration::from_millis(2)).await,
            _ => return Some(Version::HTTP_11),
        }
    }
}

/// An answer, and how it came about.
type Passed = (Response<Body>, End);

impl Inside {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Response<Body> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let http1 = request.version() != Version::HTTP_2;
        let upgrade = request.headers().contains_key(header::UPGRADE);
        let accept = request.headers().get(header::ACCEPT).cloned();
        let (mut response, end) = match self.pass(request).await {
            Ok(passed) => passed,
            Err(refusal) => {
                let mut asked = HeaderMap::new();
                asked.extend(accept.map(|accept| (header::ACCEPT, accept)));
                (refusal.answer(&asked), End::Refused(refusal))
            }
        };
        let switched = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        let refused = matches!(end, End::Refused(_));
        if http1 && !switched && (refused || upgrade) {
            // After a refusal nothing more is read; after a request to upgrade, nothing was.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let status = response.status();
        self.journal.answered(&Entry { method, path, status, end });
        response
    }

    async fn pass(&self, mut request: Request<Incoming>) -> Result<Passed, Refusal> {
        let client = hyper::upgrade::on(&mut request);
        let (mut head, body) = request.into_parts();
        if head.headers.contains_key(framing::FAULTY) {
            return Err(two_readings());
        }
        let called = self.door.called(&head)?;
        self.door.no_other_page(&head, &called)?;
        if head.uri.path().starts_with(door::OWN) {
            return self.door.own(head).map(|response| (response, End::Own));
        }
        self.door.let_in(&mut head.headers)?;
        let room = Arc::clone(&self.requests).try_acquire_owned().map_err(|_| busy())?;
        let asked = head.uri.path_and_query().ok_or_else(outside)?;
        let uri = self.service.uri(asked).map_err(|Outside| outside())?;
        let websocket = upgrade::asked(&head);
        let trailers = asks_for_trailers(&head.headers);
        let chunked = head.headers.contains_key(header::TRANSFER_ENCODING);
        headers::outwards(&mut head.headers, &self.service, &called);
        if trailers {
            head.headers.insert(header::TE, HeaderValue::from_static("trailers"));
        }
        if let Some(key) = &websocket {
            upgrade::ask(&mut head.headers, key);
        }
        let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&head.method);
        let body = match (body.is_end_stream(), chunked) {
            (true, _) => body::empty(),
            // Whether chunks are chunks shows with the first, before anything is sent on.
            (false, true) => body::looked_into(body).await.map_err(|_| malformed())?,
            (false, false) => body.map_err(Into::into).boxed_unsync(),
        };
        let again = (safe && body.is_end_stream()).then(|| {
            let mut again = Request::new(body::empty());
            *again.method_mut() = head.method.clone();
            *again.uri_mut() = uri.clone();
            *again.headers_mut() = head.headers.clone();
            again
        });
        let mut request = Request::new(body);
        *request.method_mut() = head.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = head.headers;
        let kind = if websocket.is_some() { Kind::Upgrade } else { Kind::Plain };
        let sending = self.pool.send(request, kind, again);
        let answered = timeout(self.answer_within, sending).await.map_err(|_| late())??;
        let Answered { mut response, connection } = answered;
        headers::inwards(response.headers_mut(), &self.service, &self.door.cookie);
        *response.version_mut() = Version::HTTP_11;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            if websocket.is_none() {
                return Err(Refusal::new(
                    StatusCode::BAD_GATEWAY,
                    "proxy.upstream",
                    "the service changed the protocol without being asked",
                ));
            }
            let service = hyper::upgrade::on(&mut response);
            self.cut.spawn(upgrade::join(client, service, room));
            upgrade::accept(response.headers_mut());
            return Ok((response.map(|_| body::empty()), End::Passed(connection)));
        }
        Ok((response.map(|body| body::with_room(body, room)), End::Passed(connection)))
    }
}

fn asks_for_trailers(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::TE).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|part| part.trim().eq_ignore_ascii_case("trailers"))
}

fn busy() -> Refusal {
    let message = format!("{MOST_REQUESTS} requests are on their way already");
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "proxy.busy", message)
        .hint("try again in a moment")
}

fn crowded() -> Refusal {
    let message = format!("{MOST_CLIENTS} clients are connected already");
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "proxy.busy", message)
        .hint("close some, or try again in a moment")
}

fn late() -> Refusal {
    Refusal::new(StatusCode::GATEWAY_TIMEOUT, "proxy.timeout", "the service did not answer in time")
        .hint("try again later")
}

fn malformed() -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "proxy.request", "the body of the request is malformed")
}

fn two_readings() -> Refusal {
    let message = "the head of the request can be read in two ways, or in none";
    Refusal::new(StatusCode::BAD_REQUEST, "proxy.framing", message).hint(
        "send one `Content-Length` or `Transfer-Encoding: chunked`, never both; no folded lines, no spaces in names, CRLF at the ends",
    )
}

fn outside() -> Refusal {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        "proxy.path",
        "the path leads out of the service's, as `..` does",
    )
    .hint("the door leads below the address that `--to` names, and nowhere else")
}
