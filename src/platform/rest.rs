//! The protocol of `cpskit emulate platform` (`docs/reference/platform-protocol.md`): JSON over HTTPS, the client shown by its
//! certificate. No real platform speaks it, so it leads to this machine only.
//!
//! Reading is lenient about what is not known and strict about what decides: identifiers, references, serial numbers.

mod answer;
mod body;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, RETRY_AFTER, USER_AGENT};
use http::uri::{Authority, PathAndQuery, Uri};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use zeroize::Zeroizing;

use self::body::Body;
use super::habilitation::Habilitation;
use super::port::{
    Delivered, Demand, DemandId, Filter, Finalisation, Issued, Nature, Port, PortError, Progress,
    Reply, Revocation,
};
use crate::credential::Credential;
use crate::secret::Secret;
use crate::tls::{Alpn, Client, Error as TlsError, Host, HostError, Judge, Versions};
use crate::web::dial::Route;
use crate::web::request::{self, Answer, Ask, RequestError};
use crate::x509::Serial;

/// A platform that speaks the protocol.
pub struct RestPort {
    runtime: Runtime,
    client: Client,
    host: Host,
    route: Route,
    authority: Authority,
    endpoint: String,
}

/// Why there is no port.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Not an address `https://host[:port]`. It is not repeated: what stands before `@` may be a password.
    #[error("the endpoint is not an address `https://host[:port]`")]
    Address,
    /// Another machine.
    #[error(
        "`{0}` is not on this machine, and this protocol is that of the emulator: no real platform speaks it"
    )]
    Elsewhere(String),
    /// Its name cannot stand in a certificate.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The client's key suits no version of TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The system gives no threads.
    #[error("no threads: {0}")]
    Threads(#[from] std::io::Error),
}

/// Why nothing of use came back, or nothing went out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Lost {
    /// In so many seconds.
    #[error("no answer within {} seconds", .0.as_secs())]
    Late(Duration),
    /// More than any answer of the protocol has.
    #[error("the answer has more than {0} bytes")]
    Endless(usize),
    /// The platform does not know either.
    #[error("the platform answers {status}: {label} ({code})")]
    Unexpected {
        /// The status of HTTP.
        status: u16,
        /// The platform's code.
        code: String,
        /// The platform's words.
        label: String,
    },
}

/// Whether an operation that was perhaps done may be asked for again without a look.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Get,
    Post,
}

/// An answer that was read to its end.
struct Whole {
    status: StatusCode,
    headers: HeaderMap,
    body: Zeroizing<Vec<u8>>,
}

/// What a connection on this machine takes at most.
const CONNECT: Duration = Duration::from_secs(10);

/// What the holder of a card may take to type a PIN, and the card to sign.
const HOLDER: Duration = Duration::from_secs(120);

/// What an answer may take, and each part of it.
const ANSWER: Duration = Duration::from_secs(60);

/// No answer of the protocol has as many bytes.
const LARGEST: usize = 4 << 20;

/// Pages of a search that are followed.
const PAGES: u32 = 1000;

impl RestPort {
    /// The platform at this address, spoken to with this key, and judged.
    ///
    /// # Errors
    /// [`EndpointError`]; nothing is opened before an operation.
    pub fn new(
        endpoint: &str,
        credential: Option<Arc<dyn Credential>>,
        judge: Arc<dyn Judge>,
    ) -> Result<Self, EndpointError> {
        let (authority, endpoint) = address(endpoint)?;
        let route = route(&authority, &endpoint)?;
        let host = Host::parse(&route.host)?;
        // Two threads: one signs while the other keeps the time.
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let client = Client::new(credential, judge, Versions::Both)?;
        Ok(Self { runtime, client, host, route, authority, endpoint })
    }

    /// The host of an endpoint, for what must know it before there is a port: a card is not touched for one elsewhere.
    ///
    /// # Errors
    /// [`EndpointError::Address`], [`EndpointError::Elsewhere`].
    pub fn host(endpoint: &str) -> Result<String, EndpointError> {
        let (authority, endpoint) = address(endpoint)?;
        Ok(route(&authority, &endpoint)?.host)
    }

    fn get(&self, path: &str) -> Result<Whole, PortError> {
        self.call(Kind::Get, path, Bytes::new())
    }

    fn post(&self, path: &str, body: Bytes) -> Result<Whole, PortError> {
        self.call(Kind::Post, path, body)
    }

    /// One request and its whole answer. Nothing of the body is logged: it may hold a code or a password.
    fn call(&self, kind: Kind, path: &str, body: Bytes) -> Result<Whole, PortError> {
        let path: PathAndQuery = path
            .parse()
            .map_err(|_| PortError::Misspoken(format!("`{path}` cannot be asked for")))?;
        tracing::debug!(?kind, path = path.path(), "asking the platform");
        let mut headers = HeaderMap::new();
        let agent = concat!("cpskit/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        let method = match kind {
            Kind::Get => Method::GET,
            Kind::Post => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                Method::POST
            }
        };
        let ask = Ask { method, authority: self.authority.clone(), path, headers, body };
        let whole = self.runtime.block_on(self.exchange(ask))?;
        tracing::debug!(
            status = whole.status.as_u16(),
            correlation = whole.correlation().as_deref(),
            "the platform answers"
        );
        whole.checked()
    }

    async fn exchange(&self, ask: Ask) -> Result<Whole, PortError> {
        let late = |limit| move |_| PortError::Unreached(Box::new(Lost::Late(limit)));
        let tcp = timeout(CONNECT, self.route.dial()).await.map_err(late(CONNECT))?;
        let tcp = tcp.map_err(|error| PortError::Unreached(Box::new(error)))?;
        let opened = self.client.over(tcp, &self.host, &[Alpn::Http2, Alpn::Http11]);
        let stream = timeout(HOLDER, opened).await.map_err(late(HOLDER))?;
        let stream = stream.map_err(of_handshake)?;
        // From here on the platform may have acted.
        let late = |_| PortError::Unanswered(Box::new(Lost::Late(ANSWER)));
        let answer = timeout(ANSWER, request::send(stream, ask)).await.map_err(late)?;
        let mut answer = answer.map_err(of_request)?;
        let mut body = Zeroizing::new(Vec::new());
        while let Some(piece) =
            timeout(ANSWER, answer.piece()).await.map_err(late)?.map_err(of_request)?
        {
            if body.len() + piece.len() > LARGEST {
                return Err(PortError::Unanswered(Box::new(Lost::Endless(LARGEST))));
            }
            body.extend_from_slice(&piece);
        }
        let Answer { status, headers, .. } = answer;
        Ok(Whole { status, headers, body })
    }
}

/// Reads `https://host[:port]`, and gives it back without a slash at its end.
fn address(endpoint: &str) -> Result<(Authority, String), EndpointError> {
    let uri: Uri = endpoint.parse().map_err(|_| EndpointError::Address)?;
    let bare = matches!(uri.path_and_query().map(PathAndQuery::as_str), None | Some("" | "/"));
    match (uri.scheme_str(), uri.authority()) {
        (Some("https"), Some(authority)) if bare && !authority.as_str().contains('@') => {
            Ok((authority.clone(), format!("https://{authority}")))
        }
        _ => Err(EndpointError::Address),
    }
}

/// The way to a platform of this machine.
fn route(authority: &Authority, endpoint: &str) -> Result<Route, EndpointError> {
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    let route = Route { host, port: authority.port_u16().unwrap_or(443), via: None };
    match route.is_loopback() {
        true => Ok(route),
        false => Err(EndpointError::Elsewhere(endpoint.to_owned())),
    }
}

/// A handshake that does not stand: the request was not sent.
fn of_handshake(error: TlsError) -> PortError {
    match error {
        TlsError::Credential(error) => PortError::Credential(error),
        error @ (TlsError::Closed | TlsError::Network(_)) => PortError::Unreached(Box::new(error)),
        error => PortError::Untrusted(Box::new(error)),
    }
}

/// An exchange that broke off: with TLS 1.3 a server that does not take the client's certificate says so only now.
fn of_request(error: RequestError) -> PortError {
    match error {
        RequestError::Tls(error @ TlsError::Refused(_)) => PortError::Untrusted(Box::new(error)),
        error => PortError::Unanswered(Box::new(error)),
    }
}

impl Port for RestPort {
    fn binding(&self) -> &'static str {
        "rest"
    }

    fn endpoint(&self) -> &str {
        &self.endpoint
    }

    fn nature(&self) -> Nature {
        Nature::Emulated
    }

    fn habilitations(&self) -> Result<Reply<Vec<Habilitation>>, PortError> {
        answer::habilitations(&self.get("/emu/v1/habilitations")?.body).map(Reply::Done)
    }

    fn request(&self, demand: &Demand<'_>) -> Result<Reply<Progress>, PortError> {
        let found = self.post("/emu/v1/demandes", Body::demand(demand))?;
        let progress = found.progress()?;
        if progress.reference.is_some_and(|reference| reference != demand.reference) {
            return Err(PortError::Misspoken("it is about another order".to_owned()));
        }
        Ok(Reply::Done(progress))
    }

    fn follow(&self, id: &DemandId) -> Result<Reply<Progress>, PortError> {
        let found = self.get(&format!("/emu/v1/demandes/{}", segment(id)?))?;
        found.progress_of(id).map(Reply::Done)
    }

    fn search(&self, filter: &Filter) -> Result<Reply<Vec<Progress>>, PortError> {
        let mut found = Vec::new();
        for page in 1..=PAGES {
            let query = query(filter, page);
            let answer = self.get(&format!("/emu/v1/demandes?{query}"))?;
            let (elements, pages) = answer::page(&answer.body)?;
            found.extend(elements);
            if page >= pages {
                return Ok(Reply::Done(found));
            }
        }
        Err(PortError::Misspoken(format!("more than {PAGES} pages")))
    }

    fn finalise(
        &self,
        id: &DemandId,
        finalisation: &Finalisation<'_>,
    ) -> Result<Reply<Progress>, PortError> {
        let path = format!("/emu/v1/demandes/{}/finalisation", segment(id)?);
        self.post(&path, Body::finalisation(finalisation))?.progress_of(id).map(Reply::Done)
    }

    fn download(
        &self,
        id: &DemandId,
        password: Option<&Secret<String>>,
    ) -> Result<Reply<Delivered>, PortError> {
        let path = format!("/emu/v1/demandes/{}/telechargement", segment(id)?);
        let Whole { headers, body, .. } = self.post(&path, Body::download(password))?;
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        match kind.and_then(|kind| kind.split(';').next()).map(str::trim) {
            Some("application/x-pkcs12") => Ok(Reply::Done(Delivered::Pkcs12(body))),
            Some("application/pkix-cert") => Ok(Reply::Done(Delivered::Certificate(body.to_vec()))),
            other => Err(PortError::Misspoken(format!(
                "`{}` is neither a certificate nor a PKCS#12",
                other.unwrap_or("content without a type")
            ))),
        }
    }

    fn revoke(
        &self,
        serial: &Serial,
        revocation: &Revocation<'_>,
    ) -> Result<Reply<Issued>, PortError> {
        let path = format!("/emu/v1/certificats/{serial}/revocation");
        answer::issued(&self.post(&path, Body::revocation(revocation))?.body, serial)
            .map(Reply::Done)
    }

    fn certificate(&self, serial: &Serial) -> Result<Reply<Issued>, PortError> {
        let found = self.get(&format!("/emu/v1/certificats/{serial}"))?;
        answer::issued(&found.body, serial).map(Reply::Done)
    }
}

/// A platform's number in a path: what could lead elsewhere is none.
fn segment(id: &DemandId) -> Result<&str, PortError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~');
    match !id.0.is_empty() && id.0.len() <= 128 && id.0.bytes().all(plain) {
        true => Ok(&id.0),
        false => Err(PortError::Misspoken(format!("`{}` is no number of an order", id.0))),
    }
}

/// Its values are codes, digits and hexadecimal: nothing has to be escaped.
fn query(filter: &Filter, page: u32) -> String {
    let mut query = format!("page={page}");
    if let Some(product) = filter.product {
        query.push_str(&format!("&offre={}&usage={}", product.offer(), product.usage()));
    }
    let plain = |text: &&String| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if let Some(structure) = filter.structure.as_ref().filter(plain) {
        query.push_str(&format!("&structure={structure}"));
    }
    if let Some(reference) = filter.reference {
        query.push_str(&format!("&refClient={reference}"));
    }
    query
}

impl Whole {
    fn header(&self, name: &HeaderName) -> Option<String> {
        self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    fn correlation(&self) -> Option<String> {
        self.header(&HeaderName::from_static("x-correlation-id"))
    }

    /// In seconds; the form with a date is not of the protocol.
    fn retry_after(&self) -> Option<Duration> {
        self.header(&RETRY_AFTER)?.trim().parse().ok().map(Duration::from_secs)
    }

    /// An answer that says yes, or what it says instead.
    fn checked(self) -> Result<Self, PortError> {
        match self.status.as_u16() {
            200..=202 => Ok(self),
            status => {
                Err(answer::refusal(status, &self.body, self.correlation(), self.retry_after()))
            }
        }
    }

    fn progress(&self) -> Result<Progress, PortError> {
        answer::progress(&self.body, self.retry_after())
    }

    fn progress_of(&self, id: &DemandId) -> Result<Progress, PortError> {
        let progress = self.progress()?;
        match progress.id == *id {
            true => Ok(progress),
            false => Err(PortError::Misspoken("it is about another order".to_owned())),
        }
    }
}

impl fmt::Debug for RestPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestPort").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}
