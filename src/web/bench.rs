//! The same answer to every request of a connection: for a bench that says who connected.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::time::timeout;

use crate::tls::Accepted;

/// The answer, in each form that may be asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// For browsers: a whole page.
    pub html: String,
    /// For programs.
    pub json: String,
    /// For people at a terminal; the form of whoever asks for nothing else.
    pub text: String,
}

/// How long a connection may last, and a head may take.
const LONGEST: Duration = Duration::from_secs(60);
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// Bytes of a body that are waited for.
const LARGEST: usize = 64 << 10;

/// Answers each request of a connection, by HTTP/1.1 or 2, until the client goes or a minute has passed. Bodies are read
/// to be forgotten: who sends one over HTTP/2 may take an answer that comes before its end for a failure.
pub async fn serve(accepted: Accepted, answer: Answer) {
    let service = service_fn(|request: Request<Incoming>| {
        let answer = answer.response(request.headers());
        async {
            // One that is too long is cut off; so is its sender.
            let _ = Limited::new(request.into_body(), LARGEST).collect().await;
            Ok::<_, Infallible>(answer)
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
    builder.http2().timer(TokioTimer::new());
    let connection = builder.serve_connection(TokioIo::new(accepted), service);
    // A client that goes away in the middle has had its answer, or does not want it.
    let _ = timeout(LONGEST, connection).await;
}

impl Answer {
    fn response(&self, headers: &HeaderMap) -> Response<Full<Bytes>> {
        let accept: Vec<&str> =
            headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
        let asked = |media: &str| accept.iter().any(|accept| accept.contains(media));
        let (media, body) = if asked("text/html") {
            ("text/html; charset=utf-8", &self.html)
        } else if asked("application/json") {
            ("application/json", &self.json)
        } else {
            ("text/plain; charset=utf-8", &self.text)
        };
        let mut response = Response::new(Full::new(Bytes::from(body.clone())));
        *response.status_mut() = self.status;
        for (name, value) in [
            (CONTENT_TYPE, media),
            // Who connected is nobody else's business.
            (CACHE_CONTROL, "no-store"),
            (CONTENT_SECURITY_POLICY, "default-src 'none'"),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_gets_the_form_it_asks_for_and_text_is_for_the_rest() {
        let answer = Answer {
            status: StatusCode::FORBIDDEN,
            html: "h".to_owned(),
            json: "j".to_owned(),
            text: "t".to_owned(),
        };
        let media = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            let response = answer.response(&headers);
            assert_eq!(response.status(), StatusCode::FORBIDDEN);
            response.headers()[CONTENT_TYPE].to_str().expect("ASCII").to_owned()
        };
        assert_eq!(
            ["*/*", "application/json", "text/html,*/*;q=0.8", "image/png"].map(media),
            [
                "text/plain; charset=utf-8",
                "application/json",
                "text/html; charset=utf-8",
                "text/plain; charset=utf-8"
            ]
        );
    }
}
