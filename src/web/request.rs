//! One request over a connection that stands, HTTP/1.1 or 2 as TLS agreed on.

use std::error::Error as StdError;

use bytes::Bytes;
use http::header::HOST;
use http::uri::{Authority, PathAndQuery, Scheme, Uri};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::task::JoinHandle;

use crate::tls::{Alpn, Error as TlsError, Stream};

/// A request, with all of its body.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Its method.
    pub method: Method,
    /// The host, with the port where it is not that of the scheme.
    pub authority: Authority,
    /// The path and the query.
    pub path: PathAndQuery,
    /// Its headers, without `Host`.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// The beginning of an answer; the body comes piece by piece.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The version of HTTP.
    pub version: &'static str,
    /// The headers, in the order that the map gives them.
    pub headers: HeaderMap,
    body: Incoming,
}

/// Why there is no answer, or not all of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The server ended the connection, or the network did.
    #[error("the connection ended: {0}")]
    Ended(#[source] hyper::Error),
    /// What came is no HTTP.
    #[error("the answer is not HTTP: {0}")]
    NotHttp(#[source] hyper::Error),
    /// TLS refused, after the handshake: a server of TLS 1.3 that does not take the client's certificate.
    #[error(transparent)]
    Tls(TlsError),
}

impl From<hyper::Error> for RequestError {
    fn from(error: hyper::Error) -> Self {
        let inner: &(dyn StdError + 'static) = &error;
        if let Some(tls) = TlsError::within(inner) {
            return Self::Tls(tls);
        }
        if error.is_parse() { Self::NotHttp(error) } else { Self::Ended(error) }
    }
}

/// Sends the request, and waits for the beginning of the answer.
///
/// # Errors
/// [`RequestError`].
pub async fn send(stream: Stream, ask: Ask) -> Result<Answer, RequestError> {
    let http2 = stream.facts().alpn == Some(Alpn::Http2);
    let io = TokioIo::new(stream);
    let Ask { method, authority, path, headers, body } = ask;
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.headers_mut() = headers;
    let response = if http2 {
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(Scheme::HTTPS);
        parts.authority = Some(authority);
        parts.path_and_query = Some(path);
        *request.uri_mut() = Uri::from_parts(parts).expect("scheme, authority and path stand");
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io).await?;
        let connection = tokio::spawn(connection);
        let sent = sender.send_request(request).await;
        drop(sender);
        told(sent, connection).await?
    } else {
        let host = HeaderValue::from_str(authority.as_str()).expect("an authority is ASCII");
        request.headers_mut().insert(HOST, host);
        *request.uri_mut() = Uri::from(path);
        let (mut sender, connection) = http1::handshake(io).await?;
        let connection = tokio::spawn(connection);
        let sent = sender.send_request(request).await;
        drop(sender);
        told(sent, connection).await?
    };
    let (parts, body) = response.into_parts();
    let version = if http2 { "HTTP/2" } else { "HTTP/1.1" };
    Ok(Answer { status: parts.status, version, headers: parts.headers, body })
}

/// What was sent, or why not: what ended the connection tells more than that it has ended.
async fn told<T>(
    sent: Result<T, hyper::Error>,
    connection: JoinHandle<Result<(), hyper::Error>>,
) -> Result<T, RequestError> {
    let error = match sent {
        Ok(sent) => return Ok(sent),
        Err(error) => error,
    };
    match connection.await {
        Ok(Err(cause)) => Err(cause.into()),
        _ => Err(error.into()),
    }
}

impl Answer {
    /// A header's value as text, what is not ASCII replaced.
    pub fn header(&self, name: &HeaderName) -> Option<String> {
        self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// [`RequestError`]: what came before is not all of it.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, RequestError> {
        while let Some(frame) = self.body.frame().await {
            if let Ok(data) = frame?.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    /// Whether all of the body has come.
    pub fn is_over(&self) -> bool {
        self.body.is_end_stream()
    }
}
