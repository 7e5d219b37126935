//! Connections from the server's side: a handshake, and who came through it.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::sign::SingleCertAndKey;
use rustls::{HandshakeKind, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::resolver::certified;
use super::server::{ClientVerifier, Refusing};
use super::visitor::{Admission, Visitor};
use super::{Alpn, Handshake, Judge, Version, Versions};
use crate::credential::Credential;

/// Lets people in over TLS 1.2 and 1.3, and says who they are.
///
/// Sessions may be resumed; whoever resumes one is judged again, by the certificate of the first handshake.
pub struct Server {
    acceptor: TlsAcceptor,
    verifier: Arc<ClientVerifier>,
}

/// Why somebody did not come in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcceptError {
    /// The handshake failed: the other side gave up, showed no certificate where one is required, or did not prove that it has
    /// the key.
    #[error("the handshake failed: {0}")]
    Handshake(#[source] io::Error),
    /// They are not admitted, and were told so.
    #[error("refused: {}", refused(.0))]
    Refused(Box<Visitor>),
}

fn refused(visitor: &Visitor) -> String {
    let each: Vec<String> = visitor.refusals.iter().map(ToString::to_string).collect();
    each.join("; ")
}

tokio::task_local! {
    /// Who was met in the handshake: the verifier is shared by all connections, and knows none.
    static MET: RefCell<Option<Visitor>>;
}

impl Server {
    /// A server with this key.
    pub fn new(
        credential: Arc<dyn Credential>,
        judge: Arc<dyn Judge>,
        admission: Admission,
        refusing: Refusing,
        versions: Versions,
        alpn: &[Alpn],
    ) -> Self {
        let met = |visitor: &Visitor| {
            // Outside a handshake of ours nobody asks.
            let _ = MET.try_with(|met| *met.borrow_mut() = Some(visitor.clone()));
        };
        let verifier = Arc::new(ClientVerifier::observed(judge, admission, refusing, met));
        let mut config = ServerConfig::builder_with_provider(super::provider())
            .with_protocol_versions(&versions.supported())
            .expect("the provider has suites for both versions")
            .with_client_cert_verifier(verifier.clone())
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified(credential))));
        config.alpn_protocols = alpn.iter().map(|alpn| alpn.name().into()).collect();
        Self { acceptor: TlsAcceptor::from(Arc::new(config)), verifier }
    }

    /// Goes through a handshake.
    ///
    /// # Errors
    /// [`AcceptError`].
    pub async fn accept(&self, tcp: TcpStream) -> Result<Accepted, AcceptError> {
        let handshake = async {
            let accepted = self.acceptor.accept(tcp).into_fallible().await;
            let accepted = match accepted {
                Ok(stream) => Ok(stream),
                Err((error, tcp)) => {
                    linger(tcp).await;
                    Err(error)
                }
            };
            let met = MET.with(RefCell::take);
            let stream = match (accepted, met) {
                (Ok(stream), Some(visitor)) => return Ok(Accepted::new(stream, Some(visitor))),
                (Ok(stream), None) => stream,
                (Err(_), Some(visitor)) if !visitor.is_admitted() => {
                    return Err(AcceptError::Refused(Box::new(visitor)));
                }
                (Err(error), _) => return Err(AcceptError::Handshake(error)),
            };
            // No certificate, or a session that is resumed: the library verified nothing.
            let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
            let visitor = self.verifier.visitor(shown).map_err(|error| {
                AcceptError::Handshake(io::Error::new(io::ErrorKind::InvalidData, error))
            })?;
            match (self.verifier.refusing(), visitor) {
                (Refusing::InHandshake, Some(visitor)) if !visitor.is_admitted() => {
                    Err(AcceptError::Refused(Box::new(visitor)))
                }
                (_, visitor) => Ok(Accepted::new(stream, visitor)),
            }
        };
        MET.scope(RefCell::default(), handshake).await
    }
}

/// Reads on for a moment after an alert: what the client sent meanwhile, left unread, would reset the connection, and the
/// alert that says why would be lost on the way.
async fn linger(mut tcp: TcpStream) {
    let read = async {
        tcp.shutdown().await?;
        let mut rest = [0; 1 << 12];
        for _ in 0..16 {
            if tcp.read(&mut rest).await? == 0 {
                break;
            }
        }
        Ok::<_, io::Error>(())
    };
    // A client that is gone wants no alert.
    let _ = timeout(LINGER, read).await;
}

/// How long a client is given to read its alert.
const LINGER: Duration = Duration::from_secs(1);

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

/// A connection that stands, to read and write through, and who is at its other end.
pub struct Accepted {
    stream: TlsStream<TcpStream>,
    visitor: Option<Visitor>,
}

impl Accepted {
    fn new(stream: TlsStream<TcpStream>, visitor: Option<Visitor>) -> Self {
        Self { stream, visitor }
    }

    /// Who it is; `None` when they showed no certificate, which only [`Refusing::DangerLater`] lets happen.
    pub fn visitor(&self) -> Option<&Visitor> {
        self.visitor.as_ref()
    }

    /// The version of TLS.
    pub fn version(&self) -> Version {
        let version = self.stream.get_ref().1.protocol_version();
        Version::of(version.expect("a handshake that is done has a version"))
    }

    /// The cipher suite, by its name at IANA.
    pub fn suite(&self) -> String {
        let suite = self.stream.get_ref().1.negotiated_cipher_suite();
        let suite = suite.expect("a handshake that is done has a suite").suite();
        format!("{suite:?}").replacen("TLS13_", "TLS_", 1)
    }

    /// The protocol above, when one was agreed on.
    pub fn alpn(&self) -> Option<Alpn> {
        self.stream.get_ref().1.alpn_protocol().and_then(Alpn::of)
    }

    /// Whether the session is new.
    pub fn handshake(&self) -> Handshake {
        match self.stream.get_ref().1.handshake_kind() {
            Some(HandshakeKind::Resumed) => Handshake::Resumed,
            _ => Handshake::Full,
        }
    }
}

impl fmt::Debug for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepted").field("visitor", &self.visitor).finish_non_exhaustive()
    }
}

impl AsyncRead for Accepted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Accepted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
