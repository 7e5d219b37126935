//! `DATABASE_URL`: where the database is, and how the way to it is protected.
//!
//! A server on another machine is spoken to over TLS only, with a certificate that is verified whatever `sslmode` asks for less.

use std::fmt;
use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use postgres::config::{Host, SslMode};
use postgres::{Client, Config, NoTls};

use super::super::JournalError;
use crate::tls;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the database is. It may hold a password: it is neither shown nor repeated in an error.
pub struct Address {
    config: Box<Config>,
    /// The file of `sslrootcert`, in place of the system's anchors.
    anchors: Option<PathBuf>,
}

/// Why the address of a journal is not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// It is not read.
    #[error("it is not of the form `postgres://user:password@host:port/database`")]
    Unreadable,
    /// `sslmode` is none that is known.
    #[error("its `sslmode` is none of disable, prefer, require, verify-ca, verify-full")]
    Mode,
    /// `sslmode=disable`, and the server is on another machine.
    #[error("`sslmode=disable` is for a server on this machine; this one is elsewhere")]
    Unprotected,
    /// The file of `sslrootcert`.
    #[error("the file {path} of `sslrootcert`: {cause}")]
    Anchors {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// Nothing can be verified with the anchors.
    #[error(transparent)]
    Trust(#[from] tls::DatabaseTlsError),
}

impl Address {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`JournalError::Address`].
    pub fn parse(url: &str) -> Result<Self, JournalError> {
        Self::read(url).map_err(JournalError::Address)
    }

    fn read(url: &str) -> Result<Self, AddressError> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(AddressError::Unreadable);
        }
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut anchors) = (None, None);
        let mut rest = Vec::new();
        // What the library does not know, or knows in another sense, is taken out.
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", value)) => anchors = Some(PathBuf::from(value)),
                _ => rest.push(pair),
            }
        }
        let url = format!("{base}?{}", rest.join("&"));
        let mut config: Config = url.parse().map_err(|_| AddressError::Unreadable)?;
        let asked = match mode {
            None | Some("allow" | "prefer") => None,
            Some("disable") => Some(SslMode::Disable),
            Some("require" | "verify-ca" | "verify-full") => Some(SslMode::Require),
            Some(_) => return Err(AddressError::Mode),
        };
        config.ssl_mode(match (is_local(&config), asked) {
            (true, asked) => asked.unwrap_or(SslMode::Disable),
            (false, Some(SslMode::Disable)) => return Err(AddressError::Unprotected),
            (false, _) => SslMode::Require,
        });
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(PATIENCE);
        }
        Ok(Self { config: Box::new(config), anchors })
    }

    /// Connects.
    pub(super) fn connect(&self) -> Result<Client, JournalError> {
        let connected = match self.config.get_ssl_mode() {
            SslMode::Disable => self.config.connect(NoTls),
            _ => self.config.connect(self.trust().map_err(JournalError::Address)?),
        };
        connected.map_err(|error| JournalError::Postgres(Box::new(error)))
    }

    fn trust(&self) -> Result<tls::DatabaseTls, AddressError> {
        let anchors = match &self.anchors {
            None => return Ok(tls::database(tls::DatabaseAnchors::System)?),
            Some(path) => fs::read(path)
                .map_err(|cause| AddressError::Anchors { path: path.clone(), cause })?,
        };
        Ok(tls::database(tls::DatabaseAnchors::These(&anchors))?)
    }
}

/// What hosts, ports and passwords there are is not shown.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address")
    }
}

/// Whether what is said to the server stays on this machine: a socket of the file system, or loopback by its address. A name
/// other than `localhost` is not looked up for this. Without a host there is no connection.
fn is_local(config: &Config) -> bool {
    let host = |host: &Host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    config.get_hosts().iter().all(host) && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}
