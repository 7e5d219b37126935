//! What is said when a request is not passed on: a short page, or an object where the program asks for JSON.

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Full};

use super::Body;

/// Why a request is not passed on, and what its sender can do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// What the client is answered.
    pub status: StatusCode,
    /// Stable, `proxy.token`.
    pub code: &'static str,
    /// What happened.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Refusal {
    /// A refusal.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), hint: None }
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The answer to a request with these fields.
    pub(super) fn answer(&self, asked: &HeaderMap) -> Response<Body> {
        let accept = asked.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        let json = accept.is_some_and(|accept| {
            let first = accept.split([',', ';']).next().unwrap_or_default().trim();
            first == "application/json" || first.ends_with("+json")
        });
        let (kind, text) = if json {
            ("application/json", self.json())
        } else {
            ("text/plain; charset=utf-8", self.text())
        };
        let mut response = page(self.status, kind, text);
        if self.status == StatusCode::UNAUTHORIZED {
            let realm = HeaderValue::from_static("Bearer realm=\"cpskit\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, realm);
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }

    /// The answer to a connection of which nothing was read, after which it is closed.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let text = self.text();
        let mut bytes = format!("HTTP/1.1 {}\r\n", self.status).into_bytes();
        for (name, value) in self.answer(&HeaderMap::new()).headers() {
            bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        let end = format!("connection: close\r\ncontent-length: {}\r\n\r\n{text}", text.len());
        bytes.extend(end.as_bytes());
        bytes
    }

    fn text(&self) -> String {
        let hint = self.hint.as_ref().map(|hint| format!("\n{hint}\n")).unwrap_or_default();
        format!("cpskit: {}\n{hint}", self.message)
    }

    /// `cpskit.error/1`, as the command line writes errors.
    fn json(&self) -> String {
        let hint = self.hint.as_deref().map_or("null".to_owned(), quoted);
        format!(
            "{{\"schema\":\"cpskit.error/1\",\"code\":{},\"message\":{},\"hint\":{hint},\"causes\":[]}}\n",
            quoted(self.code),
            quoted(&self.message)
        )
    }
}

/// A page of ours: no script, kept by nobody.
pub(super) fn page(status: StatusCode, kind: &'static str, text: String) -> Response<Body> {
    let body = Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A JSON string (RFC 8259 §7).
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c < ' ' => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_in_json_is_an_error_document() {
        let refusal =
            Refusal::new(StatusCode::FORBIDDEN, "proxy.origin", "a \"page\"\n\\").hint("h");
        let found: serde_json::Value = serde_json::from_str(&refusal.json()).expect("JSON");
        let expected = serde_json::json!({
            "schema": "cpskit.error/1", "code": "proxy.origin", "message": "a \"page\"\n\\",
            "hint": "h", "causes": [],
        });
        assert_eq!(found, expected);
    }
}
