//! TCP to a service, directly or through an HTTP proxy (`CONNECT`, RFC 9110 §9.3.6).

use std::io;
use std::net::IpAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Where a service is, and how to get there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Route {
    /// Its host, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The proxy to go through.
    pub via: Option<Via>,
}

/// An HTTP proxy.
#[derive(Clone, Eq, PartialEq)]
pub struct Via {
    /// Its host, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The value of `Proxy-Authorization`: a secret.
    pub authorization: Option<String>,
}

/// Without what the proxy is told.
impl std::fmt::Debug for Via {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Via({}:{})", self.host, self.port)
    }
}

/// Why a service is not reached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DialError {
    /// Nothing answers there.
    #[error("{host}:{port}: {cause}")]
    Connect {
        /// The host of the service, or of the proxy.
        host: String,
        /// Its port.
        port: u16,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The proxy does not lead there.
    #[error("the proxy {proxy} answers {answer}")]
    Proxy {
        /// Its host and port.
        proxy: String,
        /// Its status line, or what stands in its place.
        answer: String,
    },
}

/// More than this is no answer of a proxy to `CONNECT`.
const LARGEST_ANSWER: usize = 16 << 10;

impl Route {
    /// Whether the service is on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// Opens the connection.
    ///
    /// # Errors
    /// [`DialError`].
    pub async fn dial(&self) -> Result<TcpStream, DialError> {
        let Some(via) = &self.via else { return connect(&self.host, self.port).await };
        let mut tcp = connect(&via.host, via.port).await?;
        let refused =
            |answer| DialError::Proxy { proxy: format!("{}:{}", via.host, via.port), answer };
        match self.tunnel(&mut tcp, via).await {
            Ok(Ok(())) => Ok(tcp),
            Ok(Err(answer)) => Err(refused(answer)),
            Err(cause) => Err(refused(cause.to_string())),
        }
    }

    /// Asks for a tunnel; the inner error is the answer of a proxy that gives none.
    async fn tunnel(&self, tcp: &mut TcpStream, via: &Via) -> io::Result<Result<(), String>> {
        let bare = self.host.contains(':');
        let host = if bare { format!("[{}]", self.host) } else { self.host.clone() };
        let target = format!("{host}:{}", self.port);
        let mut ask = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
        if let Some(authorization) = &via.authorization {
            ask.push_str(&format!("Proxy-Authorization: {authorization}\r\n"));
        }
        ask.push_str("\r\n");
        tcp.write_all(ask.as_bytes()).await?;
        // One octet at a time: what follows the answer is TLS already.
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") && answer.len() < LARGEST_ANSWER {
            answer.push(tcp.read_u8().await?);
        }
        let text = String::from_utf8_lossy(&answer);
        let line = text.lines().next().unwrap_or_default();
        let status = line.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5));
        Ok(match status {
            Some(status) if status.starts_with('2') => Ok(()),
            _ => Err(line.to_owned()),
        })
    }
}

fn is_loopback(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    }
}

/// A name of this machine is not looked up: no name server is asked, and none can lead elsewhere (RFC 6761 §6.3).
async fn connect(host: &str, port: u16) -> Result<TcpStream, DialError> {
    let tried = match host.parse::<IpAddr>() {
        Err(_) if is_loopback(host) => match TcpStream::connect(("127.0.0.1", port)).await {
            Ok(tcp) => Ok(tcp),
            Err(first) => TcpStream::connect(("::1", port)).await.map_err(|_| first),
        },
        Ok(address) => TcpStream::connect((address, port)).await,
        Err(_) => TcpStream::connect((host, port)).await,
    };
    let tcp = tried.map_err(|cause| DialError::Connect { host: host.to_owned(), port, cause })?;
    // Requests are small, and each waits for its answer; without it they are only slower.
    let _ = tcp.set_nodelay(true);
    Ok(tcp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_told_from_all_others() {
        for host in ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "::1"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.fr", "notlocalhost", "10.0.0.1", "::2", "127.0.0.1.fr", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn what_a_proxy_is_told_is_not_shown() {
        let authorization = Some("Basic c2VjcmV0".to_owned());
        let via = Via { host: "proxy".to_owned(), port: 3128, authorization };
        assert_eq!(format!("{via:?}"), "Via(proxy:3128)");
    }
}
