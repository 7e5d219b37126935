//! Cookies on both sides of the door: ours is never seen by the service, nor set by it; the service's live on a loopback host.

use http::header::{self, HeaderMap, HeaderValue};

use super::service::Service;

/// The values of a cookie of a request.
pub(super) fn values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    pairs(headers).filter_map(move |pair| value(pair, name))
}

/// Takes a cookie off a request, and leaves the others as one field.
pub(super) fn strip(headers: &mut HeaderMap, name: &str) {
    if !headers.contains_key(header::COOKIE) {
        return;
    }
    let kept: Vec<&[u8]> =
        pairs(headers).filter(|pair| !pair.is_empty() && value(pair, name).is_none()).collect();
    let joined = HeaderValue::from_bytes(&kept.join(&b"; "[..]));
    match joined {
        Ok(value) if !kept.is_empty() => {
            headers.insert(header::COOKIE, value);
        }
        _ => {
            headers.remove(header::COOKIE);
        }
    }
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let fields = headers.get_all(header::COOKIE).iter();
    fields.flat_map(|field| field.as_bytes().split(|byte| *byte == b';').map(<[u8]>::trim_ascii))
}

fn value<'a>(pair: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (found, value) = split(pair);
    (found == name.as_bytes()).then_some(value.unwrap_or_default())
}

/// At the first `=`, without the spaces around.
fn split(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|byte| *byte == b'=') {
        Some(at) => (text[..at].trim_ascii(), Some(text[at + 1..].trim_ascii())),
        None => (text.trim_ascii(), None),
    }
}

/// A `Set-Cookie` of the service as the browser is given it; `None` for one that would never come back, or that bears our
/// cookie's name.
///
/// `Domain` goes, for the browser knows the door under another name; `Secure` and what needs it go, for the door is plain
/// HTTP on loopback. A name that begins with `__Secure-` or `__Host-` is worth nothing without it, and keeps it: browsers that trust
/// loopback take it.
pub fn inside(service: &Service, ours: &str, set_cookie: &[u8]) -> Option<Vec<u8>> {
    let mut parts = set_cookie.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let cookie = parts.next()?;
    let (name, _) = split(cookie);
    if name.eq_ignore_ascii_case(ours.as_bytes()) {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    let needs_secure = lower.starts_with(b"__secure-") || lower.starts_with(b"__host-");
    let mut kept = vec![cookie.to_vec()];
    for part in parts {
        let (name, value) = split(part);
        let value = value.unwrap_or_default();
        match name.to_ascii_lowercase().as_slice() {
            b"domain" | b"partitioned" | b"" => {}
            b"secure" if !needs_secure => {}
            b"samesite" if value.eq_ignore_ascii_case(b"none") && !needs_secure => {}
            b"path" => match std::str::from_utf8(value) {
                Ok(path) if path.starts_with('/') => {
                    kept.push(format!("Path={}", service.cookie_path(path)?).into_bytes());
                }
                // Not a path: browsers take that of the address, and so do ours.
                _ => {}
            },
            _ => kept.push(part.to_vec()),
        }
    }
    Some(kept.join(&b"; "[..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(fields: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(header::COOKIE, field.parse().expect("a value"));
        }
        strip(&mut headers, "cpskit-1");
        assert!(headers.get_all(header::COOKIE).iter().count() <= 1);
        headers.get(header::COOKIE).map(|value| value.to_str().expect("text").to_owned())
    }

    #[test]
    fn our_cookie_is_taken_off_and_the_others_pass() {
        assert_eq!(stripped(&["a=1; cpskit-1=x; b=2"]).as_deref(), Some("a=1; b=2"));
        assert_eq!(stripped(&["cpskit-1=x", "b=\"2=3\";c"]).as_deref(), Some("b=\"2=3\"; c"));
        assert_eq!(stripped(&["cpskit-1 = x;cpskit-1=y; cpskit-1"]), None);
        assert_eq!(stripped(&["cpskit-11=x"]).as_deref(), Some("cpskit-11=x"));
        assert_eq!(stripped(&[]), None);
    }

    #[test]
    fn the_cookies_of_the_service_are_made_to_live_here() {
        let service: Service = "https://s.example/app".parse().expect("a service");
        for (given, expected) in [
            ("a=1", Some("a=1")),
            (
                "a=1; Domain=s.example; Path=/app/x; Secure; HttpOnly; SameSite=Lax; Max-Age=5",
                Some("a=1; Path=/x; HttpOnly; SameSite=Lax; Max-Age=5"),
            ),
            ("a=1;path=/;secure;samesite=none;Partitioned", Some("a=1; Path=/")),
            ("a=1; SameSite=Strict; Path=x", Some("a=1; SameSite=Strict")),
            ("a=1; Path=/other", None),
            ("cpskit-1=1; Path=/", None),
            ("CPSKIT-1 =1", None),
            (
                "__Host-a=1; Path=/; Secure; SameSite=None",
                Some("__Host-a=1; Path=/; Secure; SameSite=None"),
            ),
            (
                "a=\"x=y\"; Expires=Wed, 21 Oct 2026 07:28:00 GMT",
                Some("a=\"x=y\"; Expires=Wed, 21 Oct 2026 07:28:00 GMT"),
            ),
        ] {
            let found = inside(&service, "cpskit-1", given.as_bytes());
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{given}");
        }
    }
}
