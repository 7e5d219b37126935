//! Proxies, and what is reached without them.

use std::fmt;
use std::net::IpAddr;

use base64ct::{Base64, Encoding};
use ureq::ProxyProtocol;

use super::address::{Address, Host, Scheme};

/// The proxies of a run: the values of `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, which the caller has read.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    http: Option<Proxy>,
    https: Option<Proxy>,
    without: Vec<Exception>,
}

/// A value that names no proxy that can be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the proxy is not `http://[USER:PASSWORD@]HOST[:PORT]`")]
pub struct ProxyFormatError;

/// A proxy, with what it is to be told.
#[derive(Clone)]
pub(super) struct Proxy {
    pub(super) address: Address,
    /// As the HTTP client knows it, for `CONNECT`.
    pub(super) tunnel: ureq::Proxy,
}

/// What is reached without a proxy.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Exception {
    /// Everything, `*`.
    All,
    /// A name and all under it, at one port or at all.
    Name { suffix: String, port: Option<u16> },
    /// An address or a network, with the number of leading bits.
    Network { address: IpAddr, bits: u32 },
}

impl Proxies {
    /// Reads the values; an empty one is none. `without` is `NO_PROXY`: names, which hold for all under them,
    /// addresses, networks (`10.0.0.0/8`), or `*`, with commas or spaces between.
    ///
    /// # Errors
    /// [`ProxyFormatError`]. The value is not repeated: it may hold a password.
    pub fn parse(
        http: Option<&str>,
        https: Option<&str>,
        without: Option<&str>,
    ) -> Result<Self, ProxyFormatError> {
        let proxy = |value: Option<&str>| {
            value.filter(|value| !value.is_empty()).map(Proxy::parse).transpose()
        };
        let without = without.unwrap_or_default().split([',', ' ']);
        Ok(Self {
            http: proxy(http)?,
            https: proxy(https)?,
            without: without.filter_map(Exception::parse).collect(),
        })
    }

    /// The proxy for an HTTPS service: host, port, and the value of `Proxy-Authorization`.
    pub fn of_https(&self, host: &str, port: u16) -> Option<(String, u16, Option<String>)> {
        let literal = host.parse().map(Host::Ip);
        let host = literal.or_else(|_| Host::parse(host)).ok()?;
        let address = Address { scheme: Scheme::Https, host, port, path: "/".to_owned() };
        let proxy = self.of(&address)?;
        let tunnel = &proxy.tunnel;
        Some((tunnel.host().to_owned(), tunnel.port(), proxy.authorization()))
    }

    /// The proxy for an address, which is never one of this machine.
    pub(super) fn of(&self, address: &Address) -> Option<&Proxy> {
        if address.host.is_loopback() || self.without.iter().any(|without| without.holds(address)) {
            return None;
        }
        match address.scheme {
            Scheme::Http => self.http.as_ref(),
            Scheme::Https => self.https.as_ref(),
            Scheme::Ldap => None,
        }
    }
}

impl Proxy {
    fn parse(value: &str) -> Result<Self, ProxyFormatError> {
        let tunnel = ureq::Proxy::new(value).map_err(|_| ProxyFormatError)?;
        if tunnel.protocol() != ProxyProtocol::Http {
            return Err(ProxyFormatError);
        }
        let host = Host::parse(tunnel.host()).map_err(|_| ProxyFormatError)?;
        let port = tunnel.port();
        let address = Address { scheme: Scheme::Http, host, port, path: "/".to_owned() };
        Ok(Self { address, tunnel })
    }

    /// The value of `Proxy-Authorization` (RFC 7617 §2).
    pub(super) fn authorization(&self) -> Option<String> {
        let user = self.tunnel.username()?;
        let password = self.tunnel.password().unwrap_or_default();
        Some(format!("Basic {}", Base64::encode_string(format!("{user}:{password}").as_bytes())))
    }
}

/// Without the user's name and password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({})", self.address)
    }
}

impl Exception {
    /// What cannot be understood excepts nothing, as with other programs.
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::All);
        }
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().ok()?)),
            None => (text, None),
        };
        let literal = address.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = literal.parse::<IpAddr>() {
            let all = if address.is_ipv4() { 32 } else { 128 };
            return Some(Self::Network { address, bits: bits.unwrap_or(all).min(all) });
        }
        let (name, port) = match address.split_once(':') {
            Some((name, port)) => (name, Some(port.parse().ok()?)),
            None => (address, None),
        };
        let suffix = name.trim_start_matches('*').trim_matches('.').to_ascii_lowercase();
        (!suffix.is_empty() && bits.is_none()).then_some(Self::Name { suffix, port })
    }

    fn holds(&self, target: &Address) -> bool {
        match (self, &target.host) {
            (Self::All, _) => true,
            (Self::Name { suffix, port }, Host::Name(name)) => {
                let under = name.strip_suffix(suffix.as_str());
                under.is_some_and(|under| under.is_empty() || under.ends_with('.'))
                    && port.is_none_or(|port| port == target.port)
            }
            (Self::Network { address: IpAddr::V4(network), bits }, Host::Ip(IpAddr::V4(host))) => {
                let differ = network.to_bits() ^ host.to_bits();
                differ.leading_zeros() >= *bits
            }
            (Self::Network { address: IpAddr::V6(network), bits }, Host::Ip(IpAddr::V6(host))) => {
                let differ = network.to_bits() ^ host.to_bits();
                differ.leading_zeros() >= *bits
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxied(without: &str, url: &str) -> bool {
        let proxies = Proxies::parse(Some("http://proxy:3128"), Some("proxy"), Some(without));
        let address = Address::parse(url).expect("an address");
        proxies.expect("proxies").of(&address).is_some()
    }

    #[test]
    fn a_proxy_is_used_for_all_but_this_machine_and_the_exceptions() {
        for url in ["http://example.fr/", "https://example.fr/", "http://192.0.2.1/"] {
            assert!(proxied("", url), "{url}");
            assert!(!proxied("*", url), "{url}");
        }
        for url in ["http://localhost/", "https://127.0.0.9/", "http://[::1]:8080/", "ldap://a.fr/"]
        {
            assert!(!proxied("", url), "{url}");
        }
        let without = "example.fr, .intra:8080 *.fr.example,10.0.0.0/8,[2001:db8::]/32 , a:b,1/x";
        for url in [
            "http://example.fr/",
            "http://CRL.example.fr/",
            "http://a.intra:8080/",
            "http://a.fr.example/",
            "http://10.200.0.1/",
            "http://[2001:db8::1]/",
        ] {
            assert!(!proxied(without, url), "{url}");
        }
        for url in ["http://notexample.fr/", "http://a.intra/", "http://11.0.0.1/", "http://a/"] {
            assert!(proxied(without, url), "{url}");
        }
    }

    #[test]
    fn what_is_no_http_proxy_is_an_error() {
        for value in ["socks5://proxy", "https://proxy", "http://", "http://a b", "ftp://x"] {
            assert!(Proxies::parse(Some(value), None, None).is_err(), "{value}");
        }
    }

    #[test]
    fn the_password_of_a_proxy_is_told_to_it_and_to_nobody_else() {
        let proxies = Proxies::parse(Some("http://user:p%40ss@proxy:3128/"), None, None);
        let proxies = proxies.expect("proxies");
        assert_eq!(
            format!("{proxies:?}"),
            "Proxies { http: Some(Proxy(http://proxy:3128/)), https: None, without: [] }"
        );
        let address = Address::parse("http://example.fr/").expect("an address");
        let told = proxies.of(&address).and_then(Proxy::authorization);
        assert_eq!(told.as_deref(), Some("Basic dXNlcjpwQHNz"));
    }
}
