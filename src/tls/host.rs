//! The name of a server, as TLS checks it: a DNS name or an address.

use std::fmt;
use std::net::IpAddr;

use rustls::pki_types::ServerName;

use crate::pki::Peer;

/// The name of a server.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Host(ServerName<'static>);

/// Neither a DNS name nor an IP address.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{text:?} is neither a host name nor an IP address")]
pub struct HostError {
    /// What was given.
    pub text: String,
}

impl Host {
    /// Reads a DNS name, or an IP address with or without the brackets that a URL puts around one.
    ///
    /// # Errors
    /// [`HostError`].
    pub fn parse(text: &str) -> Result<Self, HostError> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        match ServerName::try_from(bare.to_owned()) {
            Ok(name) => Ok(Self(name)),
            Err(_) => Err(HostError { text: text.to_owned() }),
        }
    }

    /// As the TLS library has it.
    #[cfg(feature = "web")]
    pub(super) fn server_name(&self) -> ServerName<'static> {
        self.0.clone()
    }

    /// The name that the server's certificate must carry.
    pub(super) fn peer(name: &ServerName<'_>) -> Peer {
        match name {
            ServerName::IpAddress(address) => Peer::Ip(IpAddr::from(*address)),
            name => Peer::Dns(name.to_str().into_owned()),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_and_nothing_else() {
        for (text, name) in [
            ("service.esante.gouv.fr", "service.esante.gouv.fr"),
            ("127.0.0.1", "127.0.0.1"),
            ("[::1]", "::1"),
            ("::1", "::1"),
        ] {
            assert_eq!(Host::parse(text).map(|host| host.to_string()), Ok(name.to_owned()));
        }
        for text in ["", "a b", "a..b", "http://a", "[::1", "é.fr"] {
            assert_eq!(Host::parse(text), Err(HostError { text: text.to_owned() }));
        }
    }
}
