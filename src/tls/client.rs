//! The client's side: connections with a credential, to servers that a judge admits.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::ClientConfig;
use rustls::client::danger::ServerCertVerifier;
use rustls::client::{ClientSessionMemoryCache, ResolvesClientCert, Resumption};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::facts::{NOTES, Notes};
use super::resolver::Nothing;
use super::{Alpn, Error, Host, Judge, Resolver, Stream, Verifier, VersionLimit, Versions};
use crate::credential::Credential;

/// Opens connections. It keeps the sessions of the servers it has met, so that the key signs once and not each time.
///
/// A handshake may take as long as a card and its holder do. In a runtime of several threads the other tasks go on
/// meanwhile; in one of a single thread they wait.
#[derive(Debug)]
pub struct Client {
    /// With the sessions; [`forget`](Self::forget) puts another in its place.
    config: Mutex<Arc<ClientConfig>>,
    verifier: Arc<Verifier>,
    limit: Option<VersionLimit>,
}

/// Servers whose sessions are kept.
const SERVERS: usize = 32;

impl Client {
    /// A client; without a credential it shows none.
    ///
    /// # Errors
    /// [`Error::Version`] when the only version asked for cannot be used with this key.
    pub fn new(
        credential: Option<Arc<dyn Credential>>,
        judge: Arc<dyn Judge>,
        versions: Versions,
    ) -> Result<Self, Error> {
        let (versions, limit) = match &credential {
            Some(credential) => versions.left_by(credential.as_ref())?,
            None => (versions, None),
        };
        let verifier = Arc::new(Verifier::observed(judge, Notes::server));
        let server: Arc<dyn ServerCertVerifier> = verifier.clone();
        let resolver: Arc<dyn ResolvesClientCert> = match credential {
            Some(credential) => Arc::new(Resolver::observed(credential, Notes::client)),
            None => Arc::new(Nothing(Notes::client)),
        };
        let mut config = ClientConfig::builder_with_provider(super::provider())
            .with_protocol_versions(&versions.supported())
            .expect("the provider has suites for both versions")
            .dangerous()
            .with_custom_certificate_verifier(server)
            .with_client_cert_resolver(resolver);
        config.resumption = no_sessions();
        Ok(Self { config: Mutex::new(Arc::new(config)), verifier, limit })
    }

    /// Why not all the versions asked for are offered.
    pub fn limit(&self) -> Option<VersionLimit> {
        self.limit
    }

    /// Goes through a handshake over this connection, which leads to the server of this name, directly or through a
    /// tunnel. The protocols are offered in this order.
    ///
    /// # Errors
    /// [`Error`]: the server is not trusted, it refuses, the key does not sign, or the network fails.
    pub async fn over(&self, tcp: TcpStream, host: &Host, alpn: &[Alpn]) -> Result<Stream, Error> {
        let mut config = ClientConfig::clone(&self.config());
        config.alpn_protocols = alpn.iter().map(|alpn| alpn.name().into()).collect();
        let handshake = async {
            let connector = TlsConnector::from(Arc::new(config));
            let stream = connector.connect(host.server_name(), tcp).await;
            let stream = stream.map_err(Error::of_handshake)?;
            self.judge_again(&stream, host)?;
            let notes = NOTES.with(RefCell::take);
            let facts = notes.facts(stream.get_ref().1);
            let facts = facts.expect("a handshake that is done has negotiated and judged");
            Ok(Stream::new(stream, facts))
        };
        NOTES.scope(RefCell::default(), handshake).await
    }

    /// Forgets all sessions: the next connection is a new one, signed. Connections that stand keep theirs to themselves.
    pub fn forget(&self) {
        let mut config = self.config.lock().unwrap_or_else(PoisonError::into_inner);
        let mut fresh = ClientConfig::clone(&config);
        fresh.resumption = no_sessions();
        *config = Arc::new(fresh);
    }

    fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The TLS library does not verify the server of a resumed session: its certificate may have ended since.
    fn judge_again(&self, stream: &TlsStream<TcpStream>, host: &Host) -> Result<(), Error> {
        if NOTES.with(|notes| notes.borrow().is_judged()) {
            return Ok(());
        }
        let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let Some((leaf, others)) = chain.split_first() else {
            return Err(Error::Protocol("a session without the server's certificate".to_owned()));
        };
        let judged = self.verifier.admit(leaf, others.iter(), &host.server_name(), None);
        if judged.is_err() {
            self.forget();
        }
        judged
    }
}

fn no_sessions() -> Resumption {
    Resumption::store(Arc::new(ClientSessionMemoryCache::new(SERVERS)))
}
