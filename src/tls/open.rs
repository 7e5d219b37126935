//! A server that lets anybody in, and says what they showed: for emulated services, which answer in HTTP what real ones answer in the
//! handshake.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error as Library, ServerConfig, SignatureScheme,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::Alpn;

/// Lets in whoever shows no certificate, and whoever proves to have the key of the one they show, whatever it says.
///
/// No session is resumed: each connection shows its certificate.
pub struct OpenServer {
    acceptor: TlsAcceptor,
}

/// The server's own key or certificate is refused by the TLS library.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the server's key or certificate cannot be used: {0}")]
pub struct Unusable(String);

impl OpenServer {
    /// A server with this chain, its own certificate first, in DER, and this key, PKCS#8 in DER.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn new(chain: Vec<Vec<u8>>, pkcs8: Vec<u8>, alpn: &[Alpn]) -> Result<Self, Unusable> {
        let provider = super::provider();
        let chain = chain.into_iter().map(CertificateDer::from).collect();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(pkcs8));
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(rustls::ALL_VERSIONS)
            .expect("the provider has suites for both versions")
            .with_client_cert_verifier(Arc::new(AnyClient(provider)))
            .with_single_cert(chain, key)
            .map_err(|error| Unusable(error.to_string()))?;
        config.alpn_protocols = alpn.iter().map(|alpn| alpn.name().into()).collect();
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)) })
    }

    /// Goes through a handshake.
    ///
    /// # Errors
    /// The handshake failed: the other side gave up, or did not prove that it has the key.
    pub async fn accept(&self, tcp: TcpStream) -> io::Result<Entered> {
        let stream = self.acceptor.accept(tcp).await?;
        let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let shown = shown.iter().map(|certificate| certificate.to_vec()).collect();
        Ok(Entered { stream, shown })
    }
}

impl fmt::Debug for OpenServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenServer").finish_non_exhaustive()
    }
}

/// A connection of whoever came in.
pub struct Entered {
    stream: TlsStream<TcpStream>,
    shown: Vec<Vec<u8>>,
}

impl Entered {
    /// The certificates they showed, their own first, in DER; none when they showed none.
    pub fn shown(&self) -> &[Vec<u8>] {
        &self.shown
    }

    /// The connection below, to break it off without the farewell of TLS.
    pub fn tcp(&self) -> &TcpStream {
        self.stream.get_ref().0
    }
}

impl fmt::Debug for Entered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entered").field("shown", &self.shown.len()).finish_non_exhaustive()
    }
}

impl AsyncRead for Entered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Entered {
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

/// Asks for a certificate, and takes any; the signature with its key is verified all the same.
#[derive(Debug)]
struct AnyClient(Arc<CryptoProvider>);

impl ClientCertVerifier for AnyClient {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Library> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, Library> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, Library> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
