//! The service behind the door, and how its addresses look from this side.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

/// The service: `https://host[:port][/path]`. What is asked of the door below `/` is asked of it below its path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Service {
    host: String,
    port: u16,
    /// Host, and port when it is not that of HTTPS: as `Host` and `Origin` write it.
    authority: String,
    /// The path as typed, to which `/` leads.
    typed: String,
    /// The same without a slash at its end; empty for the whole service.
    base: String,
}

/// Why an address is not that of a service.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// No address, or none with a host.
    #[error("this is no address `https://host[:port][/path]`")]
    Malformed,
    /// Not HTTPS.
    #[error("the service must be reached by `https://`: a certificate can only be shown there")]
    NotHttps,
    /// A query or a fragment, which no address below it could have.
    #[error("the address of the service has no `?` and no `#`")]
    Query,
    /// A user's name, which no browser sends.
    #[error("the address of the service names no user; send `Authorization` with the requests")]
    User,
}

/// A path that leads out of the service's, or is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the path leads out of the service's")]
pub struct Outside;

impl Service {
    /// The name or address, IPv6 in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Host, and port when it is not 443.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The service's own `Origin`.
    pub(super) fn origin(&self) -> String {
        format!("https://{}", self.authority)
    }

    /// The address asked of the service for a path and query asked of the door.
    ///
    /// # Errors
    /// [`Outside`].
    pub fn uri(&self, asked: &PathAndQuery) -> Result<Uri, Outside> {
        let mut target = self.path(asked.path())?;
        if let Some(query) = asked.query() {
            target.push('?');
            target.push_str(query);
        }
        Uri::builder()
            .scheme(Scheme::HTTPS)
            .authority(self.authority.as_str())
            .path_and_query(target)
            .build()
            .map_err(|_| Outside)
    }

    /// Dot segments are resolved here, for the service must not resolve them to what lies beside its path. Those that climb
    /// out, or hide behind an encoded slash or a parameter (`..;x`, as some servers read it), are refused.
    fn path(&self, asked: &str) -> Result<String, Outside> {
        if asked == "/" {
            return Ok(self.typed.clone());
        }
        let mut kept: Vec<&str> = Vec::new();
        let mut ends_with_dots = false;
        for segment in asked.strip_prefix('/').ok_or(Outside)?.split('/') {
            let dots = Dots::of(segment);
            ends_with_dots = dots != Dots::None;
            match dots {
                Dots::None => kept.push(segment),
                Dots::Here => {}
                Dots::Up => {
                    // Empty segments count for nothing: servers merge slashes.
                    while kept.pop().ok_or(Outside)?.is_empty() {}
                }
                Dots::Hidden => return Err(Outside),
            }
        }
        if ends_with_dots {
            kept.push("");
        }
        Ok(format!("{}/{}", self.base, kept.join("/")))
    }

    /// An address that the service gave (`Location`, `Content-Location`, `Refresh`), as it is from this side of the door.
    /// Those of other hosts are left as they are; those of the service beside its path become absolute, and lead out.
    pub fn brought_inside(&self, address: &str) -> String {
        let rest = if address.starts_with('/') && !is_slash(address.as_bytes().get(1)) {
            address
        } else {
            let lower = address.to_ascii_lowercase();
            let scheme = ["https://", "//"].into_iter().find(|start| lower.starts_with(start));
            let Some(scheme) = scheme else { return address.to_owned() };
            let after = &address[scheme.len()..];
            let end = after.find(['/', '\\', '?', '#']).unwrap_or(after.len());
            let (authority, rest) = after.split_at(end);
            let authority = authority.to_ascii_lowercase();
            if authority.strip_suffix(":443").unwrap_or(&authority) != self.authority {
                return address.to_owned();
            }
            rest
        };
        match self.below(rest) {
            // `//host` would be another host.
            Some(below) if is_slash(below.as_bytes().get(1)) => format!("/.{below}"),
            Some(below) if below.starts_with('/') => below.to_owned(),
            Some(below) => format!("/{below}"),
            None => format!("{}{rest}", self.origin()),
        }
    }

    /// The path of a cookie as it is from this side; `None` when it holds for no address that the door leads to.
    pub(super) fn cookie_path(&self, path: &str) -> Option<String> {
        let cookie = path.trim_end_matches('/');
        if let Some(below) = self.below(path) {
            return Some(if below.starts_with('/') { below.to_owned() } else { "/".to_owned() });
        }
        let whole = self.base.strip_prefix(cookie).is_some_and(|rest| rest.starts_with('/'));
        whole.then(|| "/".to_owned())
    }

    /// What follows the service's path, when this begins with it.
    fn below<'a>(&self, path: &'a str) -> Option<&'a str> {
        let below = path.strip_prefix(self.base.as_str())?;
        (below.is_empty() || below.starts_with(['/', '?', '#'])).then_some(below)
    }
}

fn is_slash(byte: Option<&u8>) -> bool {
    // Browsers read a backslash as a slash.
    matches!(byte, Some(b'/' | b'\\'))
}

/// What a segment of a path does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Dots {
    None,
    Here,
    Up,
    /// It would, for some servers.
    Hidden,
}

impl Dots {
    fn of(segment: &str) -> Self {
        if !segment.contains('.') && !segment.contains('%') {
            return Self::None;
        }
        let mut plain = segment.to_ascii_lowercase();
        for (coded, sign) in [("%2e", "."), ("%2f", "/"), ("%5c", "\\"), ("%3b", ";")] {
            plain = plain.replace(coded, sign);
        }
        match plain.as_str() {
            "." => Self::Here,
            ".." => Self::Up,
            _ => {
                let mut parts = plain.split(['/', '\\']);
                let climbs = |part: &str| part.split(';').next() == Some("..");
                if parts.any(climbs) { Self::Hidden } else { Self::None }
            }
        }
    }
}

impl FromStr for Service {
    type Err = ServiceError;

    fn from_str(text: &str) -> Result<Self, ServiceError> {
        if text.contains(['?', '#']) {
            return Err(ServiceError::Query);
        }
        let uri: Uri = text.parse().map_err(|_| ServiceError::Malformed)?;
        match uri.scheme_str() {
            Some("https") => {}
            Some(_) => return Err(ServiceError::NotHttps),
            None => return Err(ServiceError::Malformed),
        }
        let authority: &Authority = uri.authority().ok_or(ServiceError::Malformed)?;
        if authority.as_str().contains('@') {
            return Err(ServiceError::User);
        }
        let host = authority.host().to_ascii_lowercase();
        let port = match authority.as_str()[authority.host().len()..].strip_prefix(':') {
            None => 443,
            Some(port) => {
                port.parse().ok().filter(|port| *port > 0).ok_or(ServiceError::Malformed)?
            }
        };
        if host.is_empty() {
            return Err(ServiceError::Malformed);
        }
        let authority = if port == 443 { host.clone() } else { format!("{host}:{port}") };
        let whole =
            Self { host, port, authority, typed: uri.path().to_owned(), base: String::new() };
        // The base itself has no dots to climb over.
        let path = whole.path(uri.path()).map_err(|Outside| ServiceError::Malformed)?;
        let base = path.trim_end_matches('/').to_owned();
        Ok(Self { typed: path, base, ..whole })
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}{}", self.authority, self.typed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn service(text: &str) -> Service {
        text.parse().expect("a service")
    }

    fn asked(service: &Service, target: &str) -> Result<String, Outside> {
        service.uri(&target.parse().expect("a target")).map(|uri| uri.to_string())
    }

    #[test]
    fn an_address_is_https_with_a_host_and_perhaps_a_port_and_a_path() {
        let found = service("https://Service.example:8443/fhir/v1");
        assert_eq!((found.host(), found.port()), ("service.example", 8443));
        assert_eq!(found.to_string(), "https://service.example:8443/fhir/v1");
        assert_eq!(service("https://a:443").to_string(), "https://a/");
        assert_eq!(service("https://[::1]:1/x/../y/").to_string(), "https://[::1]:1/y/");
        for (text, error) in [
            ("http://a/", ServiceError::NotHttps),
            ("https://a/?q", ServiceError::Query),
            ("https://a/#f", ServiceError::Query),
            ("https://u:p@a/", ServiceError::User),
            ("https://a:0/", ServiceError::Malformed),
            ("https://a:x/", ServiceError::Malformed),
            ("https://a/..", ServiceError::Malformed),
            ("https:///x", ServiceError::Malformed),
            ("a/b", ServiceError::Malformed),
            ("/b", ServiceError::Malformed),
            ("", ServiceError::Malformed),
        ] {
            assert_eq!(text.parse::<Service>(), Err(error), "{text}");
        }
    }

    #[test]
    fn what_is_asked_of_the_door_is_asked_below_the_path_of_the_service() {
        let base = service("https://s.example/fhir");
        for (target, expected) in [
            ("/", "https://s.example/fhir"),
            ("/?a=1", "https://s.example/fhir?a=1"),
            ("/Patient?a=../b", "https://s.example/fhir/Patient?a=../b"),
            ("/a/./b", "https://s.example/fhir/a/b"),
            ("/a/../b", "https://s.example/fhir/b"),
            ("/a/b/%2E%2e", "https://s.example/fhir/a/"),
            ("/a//b", "https://s.example/fhir/a//b"),
            ("/a%2fb/...", "https://s.example/fhir/a%2fb/..."),
        ] {
            assert_eq!(asked(&base, target).as_deref(), Ok(expected), "{target}");
        }
        assert_eq!(asked(&service("https://s/"), "/x").as_deref(), Ok("https://s/x"));
    }

    #[test]
    fn a_path_that_climbs_out_is_refused() {
        let base = service("https://s.example/fhir");
        for target in [
            "/..",
            "/../x",
            "/a/../../x",
            "/%2e%2e/x",
            "/.%2E/x",
            "/a//../../x",
            "/a/..%2f..%2fx",
            "/a/..%5cx",
            "/..;/x",
            "/a/..;v=1/x",
            "/%2e%2e%3bx/",
            "*",
        ] {
            assert_eq!(asked(&base, target), Err(Outside), "{target}");
        }
    }

    proptest! {
        #[test]
        fn no_path_leads_beside_that_of_the_service(path in "/[a./%2eEfF5c;\\\\]{0,20}") {
            if let Ok(found) = asked(&service("https://s.example/app"), &path) {
                let path = found.strip_prefix("https://s.example/app").expect("below it");
                prop_assert!(path.is_empty() || path.starts_with('/'), "{found}");
                prop_assert!(path.split('/').all(|segment| segment != ".." && segment != "."), "{found}");
            }
        }

        #[test]
        fn no_address_of_the_service_becomes_one_of_another_host(address in "(https:)?[/\\\\.a-z]{0,6}(s.example)?(/app)?[/\\\\.a]{0,6}") {
            let found = service("https://s.example/app").brought_inside(&address);
            let own = found.starts_with('/') && !is_slash(found.as_bytes().get(1));
            prop_assert!(found == address || own || found.starts_with("https://s.example"), "{found}");
        }
    }

    #[test]
    fn addresses_of_the_service_are_brought_inside_and_all_others_left() {
        let base = service("https://s.example/app");
        for (address, expected) in [
            ("https://s.example/app/x?y#z", "/x?y#z"),
            ("HTTPS://S.example:443/app", "/"),
            ("//s.example/app/x", "/x"),
            ("/app/x", "/x"),
            ("/app?q", "/?q"),
            ("/apple", "https://s.example/apple"),
            ("https://s.example/login", "https://s.example/login"),
            ("x/y", "x/y"),
            ("?q", "?q"),
            ("https://other.example/app/x", "https://other.example/app/x"),
            ("https://s.example.evil/app", "https://s.example.evil/app"),
            ("https://u@s.example/app", "https://u@s.example/app"),
            ("http://s.example/app", "http://s.example/app"),
            ("https://s.example:444/app", "https://s.example:444/app"),
            ("/app//evil.example", "/.//evil.example"),
            ("/app/\\evil.example", "/./\\evil.example"),
        ] {
            assert_eq!(base.brought_inside(address), expected, "{address}");
        }
        let whole = service("https://s.example:8443");
        assert_eq!(whole.brought_inside("https://s.example:8443//evil"), "/.//evil");
        assert_eq!(whole.brought_inside("/x"), "/x");
    }

    #[test]
    fn the_path_of_a_cookie_is_brought_inside() {
        let base = service("https://s.example/app/v1");
        for (path, expected) in [
            ("/", Some("/")),
            ("/app", Some("/")),
            ("/app/", Some("/")),
            ("/app/v1", Some("/")),
            ("/app/v1/", Some("/")),
            ("/app/v1/x", Some("/x")),
            ("/ap", None),
            ("/other", None),
        ] {
            assert_eq!(base.cookie_path(path).as_deref(), expected, "{path}");
        }
        assert_eq!(service("https://s").cookie_path("/x").as_deref(), Some("/x"));
    }
}
