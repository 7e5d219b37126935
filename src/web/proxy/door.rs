//! Who may come in: only who knows the token, and no web page but those of the service itself.
//!
//! Other users of this machine can connect, and any page in the user's browser can send requests here. Neither must borrow
//! the card.

use std::net::{IpAddr, SocketAddr};

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, Response, StatusCode};

use super::Body;
use super::cookie;
use super::keys::{Keys, NoRandom, random};
use super::refusal::{Refusal, page};

/// Carries the token where the service wants `Authorization` for itself.
pub(super) const TOKEN: HeaderName = HeaderName::from_static("x-cpskit-token");

/// What the door answers by itself stands below this path.
pub(super) const OWN: &str = "/.cpskit/";

/// By which browsers say that they fetch what nobody asked for yet.
const PURPOSES: [HeaderName; 2] =
    [HeaderName::from_static("purpose"), HeaderName::from_static("sec-purpose")];

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The door: under which names it is known, and what opens it.
#[derive(Debug)]
pub(super) struct Door {
    /// As `Host` writes it: the address; the name `localhost`; a random name under it.
    hosts: [String; 3],
    /// With the port in it: cookies are shared by all the ports of a host.
    pub(super) cookie: String,
    pub(super) keys: Keys,
}

impl Door {
    pub(super) fn new(address: SocketAddr) -> Result<Self, NoRandom> {
        let port = address.port();
        // The port of HTTP is not written.
        let suffix = if port == 80 { String::new() } else { format!(":{port}") };
        let host = match address.ip() {
            IpAddr::V4(host) => host.to_string(),
            IpAddr::V6(host) => format!("[{host}]"),
        };
        // Browsers send the cookies of a host to all its ports, hence to servers of other users of this machine. They cannot
        // know this name, and so are sent none.
        let name = format!("cpskit-{}.localhost{suffix}", random::<8>()?);
        let keys = Keys::generate()?;
        let hosts = [format!("{host}{suffix}"), format!("localhost{suffix}"), name];
        Ok(Self { hosts, cookie: format!("cpskit-{port}"), keys })
    }

    /// An address that lets a browser in, once.
    pub(super) fn once(&self) -> Result<String, NoRandom> {
        let [_, _, name] = &self.hosts;
        Ok(format!("http://{name}{OWN}open?once={}", self.keys.once()?))
    }

    /// The name under which the door was called, one of its own.
    ///
    /// A page of another site whose name was made to lead here (DNS rebinding) calls it by that name.
    pub(super) fn called(&self, head: &Parts) -> Result<String, Refusal> {
        let other = || {
            Refusal::new(
                StatusCode::MISDIRECTED_REQUEST,
                "proxy.host",
                "this door leads to one service only, and was asked for another host",
            )
            .hint(format!("call it as http://{}/", self.hosts[0]))
        };
        if head.method == Method::CONNECT {
            return Err(other());
        }
        let named: Vec<&str> = head
            .headers
            .get_all(header::HOST)
            .iter()
            .map(|host| host.to_str().unwrap_or_default())
            .chain(head.uri.authority().map(|authority| authority.as_str()))
            .collect();
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let host = self
            .hosts
            .iter()
            .find(|host| !named.is_empty() && named.iter().all(|named| same(named, host)));
        // HTTP/1.1 wants exactly one; HTTP/2 has it in the address, and may repeat it.
        let one = head.headers.get_all(header::HOST).iter().count() <= 1;
        let http = head.uri.scheme_str().is_none_or(|scheme| scheme == "http");
        host.filter(|_| one && http).cloned().ok_or_else(other)
    }

    /// Refuses the requests of pages that are not the service's own, cookie or not.
    pub(super) fn no_other_page(&self, head: &Parts, called: &str) -> Result<(), Refusal> {
        let refused = |what: &str| {
            Refusal::new(StatusCode::FORBIDDEN, "proxy.origin", what.to_owned()).hint(
                "type the address in the browser, or follow the links of the service itself; other pages may not use the card",
            )
        };
        if head.method == Method::OPTIONS
            && head.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        {
            return Err(refused("pages of other sites may send nothing here"));
        }
        let all =
            |name: HeaderName| head.headers.get_all(name).iter().map(|value| value.as_bytes());
        let own = format!("http://{called}");
        if !all(header::ORIGIN).all(|origin| origin.eq_ignore_ascii_case(own.as_bytes())) {
            return Err(refused("the request comes from a page of another site"));
        }
        if !all(FETCH_SITE).all(|site| [&b"same-origin"[..], b"none"].contains(&site)) {
            return Err(refused("the request was made by a page of another site"));
        }
        Ok(())
    }

    /// Lets in who has the token or the cookie, and takes both off the request.
    pub(super) fn let_in(&self, headers: &mut HeaderMap) -> Result<(), Refusal> {
        let by_header =
            headers.get_all(&TOKEN).iter().any(|given| self.keys.token.is(given.as_bytes()));
        let bearers =
            headers.get_all(header::AUTHORIZATION).iter().map(|value| bearer(value.as_bytes()));
        let by_bearer = bearers.flatten().any(|given| self.keys.token.is(given));
        let by_cookie =
            cookie::values(headers, &self.cookie).any(|given| self.keys.cookie.is(given));
        headers.remove(&TOKEN);
        if by_bearer {
            // Whatever else stands beside our token was not for the service.
            headers.remove(header::AUTHORIZATION);
        }
        cookie::strip(headers, &self.cookie);
        if by_header || by_bearer || by_cookie {
            return Ok(());
        }
        let has_authorization = headers.contains_key(header::AUTHORIZATION);
        let hint = if has_authorization {
            "send the token in `X-Cpskit-Token`; `Authorization` then goes to the service"
        } else {
            "send `Authorization: Bearer TOKEN`, with the token that `cpskit tls proxy` gave; a browser opens the one-time address"
        };
        Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            "proxy.token",
            "this door opens with its token only",
        )
        .hint(hint))
    }

    /// What the door answers by itself: the address that lets a browser in, and one more of them for who has the token.
    pub(super) fn own(&self, mut head: Parts) -> Result<Response<Body>, Refusal> {
        let path = head.uri.path().strip_prefix(OWN).unwrap_or_default();
        match (&head.method, path) {
            (&Method::GET, "open") => self.open(&head),
            (&Method::POST, "once") => {
                // A page of the service has the cookie, and needs no other.
                cookie::strip(&mut head.headers, &self.cookie);
                self.let_in(&mut head.headers)?;
                let address = self.once().map_err(|error| {
                    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "proxy.random", error.to_string())
                })?;
                Ok(page(StatusCode::OK, "text/plain; charset=utf-8", format!("{address}\n")))
            }
            _ => Err(Refusal::new(
                StatusCode::NOT_FOUND,
                "proxy.own",
                "the door itself has no such page",
            )
            .hint("`GET /.cpskit/open?once=…` lets a browser in; `POST /.cpskit/once` gives such an address")),
        }
    }

    fn open(&self, head: &Parts) -> Result<Response<Body>, Refusal> {
        let refused = |what: &str| {
            Refusal::new(StatusCode::FORBIDDEN, "proxy.once", what.to_owned())
                .hint("`POST /.cpskit/once` with the token gives another address")
        };
        let mut purposes = PURPOSES.into_iter().filter_map(|name| head.headers.get(&name));
        if purposes.any(|purpose| purpose.as_bytes().starts_with(b"prefetch")) {
            return Err(refused("this address is not for looking ahead"));
        }
        let query = head.uri.query().unwrap_or_default();
        let mut values = query.split('&').filter_map(|part| part.strip_prefix("once="));
        if !values.any(|value| self.keys.spend(value.as_bytes())) {
            return Err(refused("this address opens once, and was used"));
        }
        let mut response = page(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", String::new());
        let value = self.keys.cookie.expose();
        let set = format!("{}={value}; Path=/; HttpOnly; SameSite=Strict", self.cookie);
        let mut set = HeaderValue::from_str(&set).expect("hexadecimal digits");
        set.set_sensitive(true);
        response.headers_mut().insert(header::SET_COOKIE, set);
        response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/"));
        Ok(response)
    }
}

/// The token of `Authorization: Bearer …` (RFC 6750 §2.1).
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}
