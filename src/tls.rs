//! The one room that names the TLS library: rustls, with the cryptography of ring.
//!
//! [`Resolver`] and [`Verifier`] plug a [`Credential`](crate::credential::Credential) and our own validation into a rustls client
//! of one's own; `Client` (feature `web`) opens connections with both and says what was negotiated. A program that does so with a card
//! is in the guide, `docs/guide/use-the-card-from-rust.md`. With a key in a file:
//!
//! ```no_run
//! # #[cfg(all(feature = "store", feature = "web"))]
//! # mod example {
//! use std::sync::Arc;
//!
//! use cpskit::credential::FileCredential;
//! use cpskit::tls::{Alpn, Client, Host, Judge, Versions};
//! use tokio::net::TcpStream;
//!
//! async fn call(judge: Arc<dyn Judge>) -> Result<(), Box<dyn std::error::Error>> {
//!     let credential = FileCredential::read(&std::fs::read("client.pem")?, None, None)?;
//!     let client = Client::new(Some(Arc::new(credential)), judge, Versions::Both)?;
//!     let host = Host::parse("service.example")?;
//!     let tcp = TcpStream::connect(("service.example", 443)).await?;
//!     let stream = client.over(tcp, &host, &[Alpn::Http2, Alpn::Http11]).await?;
//!     let facts = stream.facts();
//!     println!("{}, {}, {:?}", facts.version, facts.suite, facts.client);
//!     Ok(())
//! }
//! # }
//! ```

#[cfg(feature = "web")]
mod client;
#[cfg(feature = "platform")]
mod database;
#[cfg(feature = "web")]
mod door;
mod error;
#[cfg(feature = "web")]
mod facts;
mod host;
mod judge;
#[cfg(feature = "web")]
mod open;
mod resolver;
mod server;
#[cfg(feature = "web")]
mod stream;
mod verifier;
mod version;
mod visitor;

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

#[cfg(feature = "web")]
pub use self::client::Client;
#[cfg(feature = "platform")]
pub use self::database::{DatabaseAnchors, DatabaseTls, DatabaseTlsError, database};
#[cfg(feature = "web")]
pub use self::door::{AcceptError, Accepted, Server};
pub use self::error::{Alert, Error, Untrusted};
#[cfg(feature = "web")]
pub use self::facts::{Alpn, Facts, Handshake};
pub use self::host::{Host, HostError};
pub use self::judge::{Judge, Party, Shown};
#[cfg(feature = "web")]
pub use self::open::{Entered, OpenServer, Unusable};
pub use self::resolver::{ClientAuth, IssuerHint, Resolver, Withheld};
pub use self::server::{ClientVerifier, Refusing, Unreadable};
#[cfg(feature = "web")]
pub use self::stream::Stream;
pub use self::verifier::Verifier;
pub use self::version::{Version, VersionLimit, Versions};
pub use self::visitor::{Admission, Family, FamilyError, Refusal, Visitor};

/// The cryptography of every TLS connection.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// What the TLS library has against the other side, when that is why this failed.
#[cfg(feature = "net")]
pub(crate) fn problem(error: &std::io::Error) -> Option<String> {
    use std::error::Error as StdError;
    use std::io;
    let mut cause: &(dyn StdError + 'static) = error.get_ref()?;
    loop {
        if let Some(problem) = cause.downcast_ref::<rustls::Error>() {
            return Some(problem.to_string());
        }
        cause = cause.downcast_ref::<io::Error>()?.get_ref()?;
    }
}

/// Runs what takes its time (a card signs in about a second, a PIN is typed, a list is fetched) where a handshake is polled,
/// without holding up the other tasks of a runtime that has several threads.
fn blocking<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(feature = "web")]
    {
        use tokio::runtime::{Handle, RuntimeFlavor};
        let flavor = Handle::try_current().map(|handle| handle.runtime_flavor());
        if flavor.is_ok_and(|flavor| flavor == RuntimeFlavor::MultiThread) {
            return tokio::task::block_in_place(work);
        }
    }
    work()
}
