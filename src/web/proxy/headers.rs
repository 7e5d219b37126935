//! Heads on their way through the door: what belongs to one connection stays there, and addresses are made to fit the other side.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::uri::Uri;

use super::cookie;
use super::service::Service;

/// Fields that belong to one connection (RFC 9110 §7.6.1), beside those that `Connection` names and all of `Proxy-…`.
///
/// Not `Trailer`, which announces fields to the end of the way, and without which none would be sent on.
const OF_ONE_CONNECTION: [HeaderName; 6] = [
    header::CONNECTION,
    HeaderName::from_static("http2-settings"),
    HeaderName::from_static("keep-alive"),
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// What would make a browser leave, or never come back: the door is plain HTTP, at one address.
const ABOUT_THE_HOST: [HeaderName; 4] = [
    HeaderName::from_static("alt-svc"),
    HeaderName::from_static("expect-ct"),
    HeaderName::from_static("public-key-pins"),
    header::STRICT_TRANSPORT_SECURITY,
];

/// Makes the fields of a request those that the service is sent. Token and cookie are off already.
pub(super) fn outwards(headers: &mut HeaderMap, service: &Service, called: &str) {
    strip(headers);
    // Answered here, when the service takes the body.
    headers.remove(header::EXPECT);
    headers.remove(header::HOST);
    if headers.contains_key(header::ORIGIN) {
        set(headers, header::ORIGIN, &service.origin());
    }
    let referer = headers.get(header::REFERER).and_then(|value| value.to_str().ok());
    let referer = referer.and_then(|referer| outside(referer, service, called));
    match referer {
        Some(referer) => set(headers, header::REFERER, &referer),
        None => {
            headers.remove(header::REFERER);
        }
    }
    headers.append(header::VIA, HeaderValue::from_static("1.1 cpskit"));
}

/// The page of the service that a page behind the door is; `None` for any other.
fn outside(referer: &str, service: &Service, called: &str) -> Option<String> {
    let uri: Uri = referer.parse().ok()?;
    let ours = uri.authority()?.as_str().eq_ignore_ascii_case(called);
    // The page that let the browser in is no page of the service.
    if !ours || uri.path().starts_with(super::door::OWN) {
        return None;
    }
    service.uri(uri.path_and_query()?).ok().map(|uri| uri.to_string())
}

/// Makes the fields of an answer those that the client is given. `ours` is the name of the door's cookie.
pub(super) fn inwards(headers: &mut HeaderMap, service: &Service, ours: &str) {
    if headers.contains_key(header::TRANSFER_ENCODING) {
        // Of the two, the one that was believed (RFC 9112 §6.3).
        headers.remove(header::CONTENT_LENGTH);
    }
    strip(headers);
    for name in ABOUT_THE_HOST {
        headers.remove(name);
    }
    // The name of the door is for this browser alone, and a referrer would tell it to others.
    let policy = headers.get(header::REFERRER_POLICY).map(HeaderValue::as_bytes);
    if policy != Some(b"no-referrer") {
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    }
    for name in [header::LOCATION, header::CONTENT_LOCATION] {
        map(headers, name, |value| Some(service.brought_inside(value)));
    }
    map(headers, header::REFRESH, |value| refresh(value, service));
    if headers.contains_key(header::SET_COOKIE) {
        let set: Vec<HeaderValue> = headers
            .get_all(header::SET_COOKIE)
            .iter()
            .filter_map(|value| cookie::inside(service, ours, value.as_bytes()))
            .filter_map(|value| HeaderValue::from_bytes(&value).ok())
            .collect();
        headers.remove(header::SET_COOKIE);
        for value in set {
            headers.append(header::SET_COOKIE, value);
        }
    }
}

/// Takes off what belongs to one connection.
fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let proxy = headers.keys().filter(|name| name.as_str().starts_with("proxy-")).cloned();
    let proxy: Vec<HeaderName> = proxy.collect();
    for name in named.iter().chain(&OF_ONE_CONNECTION).chain(&proxy) {
        headers.remove(name);
    }
}

/// `5; url=https://…`: the address is brought inside.
fn refresh(value: &str, service: &Service) -> Option<String> {
    let at = value.to_ascii_lowercase().find("url=")? + "url=".len();
    let (before, address) = value.split_at(at);
    let bare = address.trim().trim_matches(['"', '\'']);
    Some(format!("{before}{}", service.brought_inside(bare)))
}

/// Replaces the value of a field. One that is no text is left as it is.
fn map(headers: &mut HeaderMap, name: HeaderName, new: impl Fn(&str) -> Option<String>) {
    let value = headers.get(&name).and_then(|value| value.to_str().ok());
    if let Some(value) = value.and_then(new) {
        set(headers, name, &value);
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    match HeaderValue::from_str(value) {
        Ok(value) => headers.insert(name, value),
        Err(_) => headers.remove(name),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            let name: HeaderName = name.parse().expect("a name");
            headers.append(name, value.parse().expect("a value"));
        }
        headers
    }

    fn fields(headers: &HeaderMap) -> Vec<(&str, &str)> {
        let text =
            headers.iter().map(|(name, value)| (name.as_str(), value.to_str().expect("text")));
        let mut found: Vec<(&str, &str)> = text.collect();
        found.sort_unstable();
        found
    }

    fn service() -> Service {
        "https://s.example/app".parse().expect("a service")
    }

    #[test]
    fn what_belongs_to_the_connection_of_the_client_is_not_passed_on() {
        let mut found = headers(&[
            ("connection", "close, X-Mine"),
            ("connection", "x-also"),
            ("x-mine", "1"),
            ("x-also", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("http2-settings", "AA"),
            ("proxy-authorization", "Basic x"),
            ("proxy-connection", "keep-alive"),
            ("expect", "100-continue"),
            ("host", "127.0.0.1:1"),
            ("trailer", "x-sum"),
            ("x-kept", "1"),
        ]);
        outwards(&mut found, &service(), "127.0.0.1:1");
        assert_eq!(fields(&found), [("trailer", "x-sum"), ("via", "1.1 cpskit"), ("x-kept", "1")]);
    }

    #[test]
    fn origin_and_referer_become_those_of_the_service() {
        let of = |referer: &str| {
            let mut found = headers(&[("referer", referer), ("origin", "http://127.0.0.1:1")]);
            outwards(&mut found, &service(), "127.0.0.1:1");
            assert_eq!(found[header::ORIGIN], "https://s.example");
            found.get(header::REFERER).map(|value| value.to_str().expect("text").to_owned())
        };
        let page = of("http://127.0.0.1:1/x?y");
        assert_eq!(page.as_deref(), Some("https://s.example/app/x?y"));
        assert_eq!(of("http://127.0.0.1:1/.cpskit/open?once=1"), None);
        assert_eq!(of("http://other.example/x"), None);
        assert_eq!(of("http://127.0.0.1:1/../x"), None);
        assert_eq!(of("x"), None);
    }

    #[test]
    fn an_answer_keeps_the_browser_inside() {
        let mut found = headers(&[
            ("location", "https://s.example/app/x"),
            ("content-location", "/app/y"),
            ("refresh", "5; URL='https://s.example/app/z'"),
            ("strict-transport-security", "max-age=1"),
            ("alt-svc", "h3=\":443\""),
            ("set-cookie", "a=1; Secure; Path=/app"),
            ("set-cookie", "cpskit-1=evil"),
            ("connection", "x-hop"),
            ("x-hop", "1"),
            ("transfer-encoding", "chunked"),
            ("content-length", "5"),
        ]);
        inwards(&mut found, &service(), "cpskit-1");
        assert_eq!(
            fields(&found),
            [
                ("content-location", "/y"),
                ("location", "/x"),
                ("referrer-policy", "same-origin"),
                ("refresh", "5; URL=/z"),
                ("set-cookie", "a=1; Path=/"),
            ]
        );
    }
}
