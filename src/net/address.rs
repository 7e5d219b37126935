//! Addresses that may be followed. Those found in certificates are hostile until proven otherwise.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;

use super::deadline::Deadline;
use crate::pki::source::{AddressProblem, FetchProblem};

/// Which networks may be reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Addresses {
    /// The public one: addresses that every host of the Internet reads alike (RFC 6890, "Global").
    Public,
    /// Any, with loopback, private and link-local ones.
    Any,
}

/// An address that can be followed: `http`, `https` or `ldap`, a host, a port, no user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Address {
    pub(super) scheme: Scheme,
    pub(super) host: Host,
    pub(super) port: u16,
    /// Path and query as sent: it begins with `/`, and what may not stand in an address is percent-encoded.
    pub(super) path: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Scheme {
    Http,
    Https,
    Ldap,
}

/// The host of an address, in lower case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Host {
    Name(String),
    Ip(IpAddr),
}

impl Scheme {
    const ALL: [Self; 3] = [Self::Http, Self::Https, Self::Ldap];

    fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Ldap => "ldap",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
            Self::Ldap => 389,
        }
    }
}

impl Host {
    /// Parses the host part of an address.
    pub(super) fn parse(text: &str) -> Result<Self, AddressProblem> {
        if let Some(inside) = text.strip_prefix('[') {
            let literal = inside.strip_suffix(']').ok_or(AddressProblem::Malformed)?;
            let address: Ipv6Addr = literal.parse().map_err(|_| AddressProblem::Malformed)?;
            return Ok(Self::Ip(address.into()));
        }
        let host = text.to_ascii_lowercase();
        let name = host.strip_suffix('.').unwrap_or(&host);
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        if name.is_empty() || !name.chars().all(is_of_name) {
            return Err(AddressProblem::Malformed);
        }
        // `inet_aton` reads `2130706433`, `0x7f.1` and `0177.0.0.1` as 127.0.0.1; no honest address is written so.
        let last = name.rsplit('.').next().unwrap_or(name);
        let hexadecimal = last
            .strip_prefix("0x")
            .is_some_and(|digits| digits.chars().all(|c| c.is_ascii_hexdigit()));
        if hexadecimal || last.chars().all(|c| c.is_ascii_digit()) {
            return match name.parse::<Ipv4Addr>() {
                Ok(address) => Ok(Self::Ip(address.into())),
                Err(_) => Err(AddressProblem::NumericHost { host: name.to_owned() }),
            };
        }
        Ok(Self::Name(name.to_owned()))
    }

    /// Whether it says by itself that it is this machine (RFC 6761 §6.3).
    pub(super) fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => name == "localhost" || name.ends_with(".localhost"),
            Self::Ip(IpAddr::V4(address)) => address.is_loopback(),
            Self::Ip(IpAddr::V6(address)) => {
                address.is_loopback() || address.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback())
            }
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Ip(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Ip(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

impl Address {
    /// Parses an address as it stands in a certificate or was typed. Spaces and the like are tolerated in path and query,
    /// as the lists of before 2010 have them, and a fragment is dropped.
    pub(super) fn parse(text: &str) -> Result<Self, AddressProblem> {
        if text.chars().any(char::is_control) {
            return Err(AddressProblem::Control);
        }
        let text = text.trim_matches(' ').split('#').next().unwrap_or_default();
        let (scheme, rest) = text.split_once(':').ok_or(AddressProblem::Malformed)?;
        let scheme = Self::scheme(scheme)?;
        let rest = rest.strip_prefix("//").ok_or(AddressProblem::Malformed)?;
        let (authority, path) = match rest.find(['/', '?']) {
            Some(end) => rest.split_at(end),
            None => (rest, ""),
        };
        if authority.contains('@') {
            return Err(AddressProblem::UserInfo);
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port),
            _ => (authority, ""),
        };
        let host = Host::parse(host)?;
        let port = match port {
            "" => scheme.default_port(),
            digits if digits.chars().all(|c| c.is_ascii_digit()) => {
                digits.parse().ok().filter(|port| *port > 0).ok_or(AddressProblem::Malformed)?
            }
            _ => return Err(AddressProblem::Malformed),
        };
        Ok(Self { scheme, host, port, path: sendable(path) })
    }

    fn scheme(text: &str) -> Result<Scheme, AddressProblem> {
        let mut schemes = Scheme::ALL.into_iter();
        schemes
            .find(|scheme| scheme.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| AddressProblem::Scheme { scheme: text.to_owned() })
    }

    /// Where a redirect from here leads (RFC 9110 §10.2.2, RFC 3986 §5.2, without dot segments, which the server resolves).
    pub(super) fn redirect(&self, location: &str) -> Result<Self, AddressProblem> {
        let before_path = location.split(['/', '?', '#']).next().unwrap_or_default();
        let next = if before_path.contains(':') {
            Self::parse(location)?
        } else if location.starts_with("//") {
            Self::parse(&format!("{}:{location}", self.scheme.name()))?
        } else if location.starts_with('/') {
            Self::parse(&format!("{}{location}", self.origin()))?
        } else {
            let path = self.path.split('?').next().unwrap_or_default();
            let folder = match path.rfind('/') {
                Some(end) if !location.starts_with('?') => &path[..=end],
                _ => path,
            };
            Self::parse(&format!("{}{folder}{location}", self.origin()))?
        };
        match next.scheme {
            Scheme::Http | Scheme::Https => Ok(next),
            Scheme::Ldap => Err(AddressProblem::Scheme { scheme: next.scheme.name().to_owned() }),
        }
    }

    fn origin(&self) -> String {
        format!("{}://{}", self.scheme.name(), self.authority())
    }

    /// Host and port as a request names them.
    pub(super) fn authority(&self) -> String {
        if self.port == self.scheme.default_port() {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Where to connect: what the host resolves to and may be reached, asked once.
    ///
    /// # Errors
    /// [`AddressProblem::NotPublic`] where nothing but what may not be reached is left.
    pub(super) fn resolve(
        &self,
        addresses: Addresses,
        deadline: &Deadline,
    ) -> Result<Vec<SocketAddr>, FetchProblem> {
        let all = match &self.host {
            Host::Ip(ip) => vec![SocketAddr::new(*ip, self.port)],
            Host::Name(name) => lookup(name, self.port, deadline)?,
        };
        let (public, others): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|address| addresses == Addresses::Any || is_public(address.ip()));
        match others.first() {
            Some(other) if public.is_empty() => {
                Err(AddressProblem::NotPublic { address: other.ip() }.into())
            }
            _ => Ok(public),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin(), self.path)
    }
}

/// Asks the system, which sets itself no bound: the thread that asks is left to it when the time is over.
fn lookup(name: &str, port: u16, deadline: &Deadline) -> Result<Vec<SocketAddr>, FetchProblem> {
    let (answer, answered) = sync_channel(1);
    let owned = name.to_owned();
    let ask = move || {
        // Nobody may be waiting any more.
        let _ = answer.send((owned.as_str(), port).to_socket_addrs().map(Iterator::collect));
    };
    let failed = |error: &io::Error| FetchProblem::Connection {
        detail: format!("the name `{name}` cannot be resolved: {error}"),
    };
    thread::Builder::new().spawn(ask).map_err(|error| failed(&error))?;
    match answered.recv_timeout(deadline.left()?) {
        Ok(found) => found.map_err(|error: io::Error| failed(&error)),
        Err(RecvTimeoutError::Timeout) => Err(deadline.passed()),
        Err(RecvTimeoutError::Disconnected) => Err(failed(&io::ErrorKind::Other.into())),
    }
}

/// Percent-encodes what may not stand in a request (RFC 3986 §2), and leaves what is encoded already.
fn sendable(path: &str) -> String {
    let mut sendable = String::with_capacity(path.len() + 1);
    if !path.starts_with('/') {
        sendable.push('/');
    }
    for byte in path.bytes() {
        match byte {
            b' ' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | 0x7F.. => {
                sendable.push_str(&format!("%{byte:02X}"));
            }
            _ => sendable.push(char::from(byte)),
        }
    }
    sendable
}

/// Whether every host of the Internet reads this address alike (the registries of RFC 6890). What embeds an IPv4 address is
/// what that one is.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || matches!(
            (a, b, c),
            // This network, shared by carriers, protocol assignments, 6to4 relays, benchmarks, multicast and above.
            (0, ..)
                | (100, 64..=127, _)
                | (192, 0, 0)
                | (192, 88, 99)
                | (198, 18..=19, _)
                | (224.., ..)
        ))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let embedded = |high: u16, low: u16| {
        is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
    };
    match address.segments() {
        // IPv4-mapped (RFC 4291 §2.5.5.2) and NAT64 (RFC 6052 §2.1).
        [0, 0, 0, 0, 0, 0xFFFF, high, low] | [0x64, 0xFF9B, 0, 0, 0, 0, high, low] => {
            embedded(high, low)
        }
        // 6to4 (RFC 3056 §2).
        [0x2002, high, low, ..] => embedded(high, low),
        // Protocol assignments, Teredo among them; documentation.
        [0x2001, 0..=0x1FF, ..] | [0x2001, 0xDB8, ..] | [0x3FFF, 0..=0xFFF, ..] => false,
        // An IPv4 address in the interface identifier (ISATAP, RFC 5214 §6.1).
        [first, _, _, _, 0 | 0x200, 0x5EFE, high, low] if first & 0xE000 == 0x2000 => {
            embedded(high, low)
        }
        // All else that is assigned is not for the public (RFC 4291 §2.4).
        [first, ..] => first & 0xE000 == 0x2000,
    }
}

#[cfg(test)]
mod tests;
