//! An authority, a server and a client made for the run, and a server of the TLS library's own with its own verification.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use cpskit::credential::{Credential, Error, FileCredential, Nature, Scheme};
use cpskit::pki::{
    Anchor, Candidate, List, Options, Origin, Purpose, Report, Revocation, Validator,
};
use cpskit::tls::{Judge, Party, Shown};
use cpskit::x509::{Certificate, Crl};
use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::support::mint::{KEYS, Template, alternative_names, der, list};

pub(crate) const CLIENT_KEY: &str = include_str!("../../certs-test/keys/org-auth-cli.pem");
pub(crate) const SERVER_KEY: &str = include_str!("../../certs-test/keys/serv-ssl.pem");

fn spki(product: &[u8]) -> Vec<u8> {
    Certificate::parse(product).expect("committed").spki().to_vec()
}

/// The same each time: signatures of ECDSA are not.
static AUTHORITY: LazyLock<Certificate> = LazyLock::new(|| {
    let authority = Template::authority("Authority", "Authority", &KEYS[0]);
    Certificate::parse(&authority.sign(&KEYS[0])).expect("minted")
});

static CLIENT: LazyLock<Certificate> = LazyLock::new(|| {
    let spki = spki(include_bytes!("../../certs-test/igc/test/org-auth-cli.der"));
    let template = Template { spki, ..Template::new("Authority", "Client") };
    Certificate::parse(&template.sign(&KEYS[0])).expect("minted")
});

pub(crate) fn authority() -> Certificate {
    AUTHORITY.clone()
}

/// The client's certificate, for [`CLIENT_KEY`].
pub(crate) fn client_certificate() -> Certificate {
    CLIENT.clone()
}

pub(crate) fn server_certificate() -> Certificate {
    let spki = spki(include_bytes!("../../certs-test/igc/test/serv-ssl.der"));
    let template = Template { spki, ..Template::new("Authority", "Server") }
        .with(alternative_names(&[der(0x82, b"localhost")]));
    Certificate::parse(&template.sign(&KEYS[0])).expect("minted")
}

/// The key and the certificates of the client as one file.
pub(crate) fn bundle() -> String {
    [CLIENT_KEY, &authority().to_pem(), &client_certificate().to_pem()].concat()
}

/// Counts what it signs, and signs in some schemes only.
#[derive(Debug)]
pub(crate) struct Counting {
    inner: FileCredential,
    schemes: Vec<Scheme>,
    count: AtomicUsize,
}

impl Counting {
    pub(crate) fn new(keep: impl Fn(&Scheme) -> bool) -> Arc<Self> {
        let inner = FileCredential::read(bundle().as_bytes(), None, None).expect("a credential");
        let schemes = inner.schemes().iter().copied().filter(keep).collect();
        Arc::new(Self { inner, schemes, count: AtomicUsize::new(0) })
    }

    pub(crate) fn signatures(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

impl Credential for Counting {
    fn chain(&self) -> &[Certificate] {
        self.inner.chain()
    }

    fn schemes(&self) -> &[Scheme] {
        &self.schemes
    }

    fn sign(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.inner.sign(scheme, message)
    }

    fn nature(&self) -> Nature {
        self.inner.nature()
    }
}

/// Judges by our validation, with the authority of the scene, or with none. Revocation counts once there are lists.
#[derive(Debug)]
pub(crate) struct Judging {
    pub(crate) anchors: Vec<Anchor>,
    pub(crate) at: Timestamp,
    /// In DER.
    pub(crate) lists: Vec<Vec<u8>>,
}

impl Judging {
    pub(crate) fn trusting() -> Arc<Self> {
        let origin = Origin("test".to_owned());
        let anchors = vec![Anchor::from_certificate(authority(), origin)];
        let at = "2026-01-01T00:00:00Z".parse().expect("an instant");
        Arc::new(Self { anchors, at, lists: Vec::new() })
    }

    /// With the list of the authority of the scene, which has these entries.
    pub(crate) fn listing(entries: &[Vec<u8>]) -> Arc<Self> {
        let trusting = Self::trusting();
        let lists = vec![list("Authority", entries, &KEYS[0])];
        Arc::new(Self { anchors: trusting.anchors.clone(), at: trusting.at, lists })
    }
}

impl Judge for Judging {
    fn judge(&self, shown: &Shown<'_>) -> Report {
        let origin = Origin("handshake".to_owned());
        let others = shown.others.iter().map(|certificate| Candidate {
            certificate: certificate.clone(),
            origin: origin.clone(),
        });
        let (purpose, peers) = match &shown.party {
            Party::Client => (Purpose::Client, Vec::new()),
            Party::Server(peer) => (Purpose::Server, vec![peer.clone()]),
        };
        let revocation = match self.lists.is_empty() {
            true => Revocation::Off,
            false => Revocation::Require,
        };
        let options = Options { purpose, peers, revocation, ..Options::at(self.at) };
        let lists = self.lists.iter().map(|der| List {
            crl: Crl::parse(der).expect("minted"),
            origin: Origin("list".to_owned()),
        });
        let validator = Validator::new(self.anchors.clone(), others.collect(), lists.collect());
        validator.validate(shown.leaf, &origin, &options)
    }
}

/// Whether the server wants a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wants {
    Certificate,
    Nothing,
}

/// What a server sends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Says {
    /// Each byte that it gets.
    Echo,
    /// This, once a request has come.
    Answer(&'static [u8]),
}

/// A server that sends back what it gets, on a port of its own, for as long as the runtime lives.
pub(crate) async fn server(
    versions: &[&'static SupportedProtocolVersion],
    wants: Wants,
    trusted: &Certificate,
) -> u16 {
    serving(versions, wants, trusted, Says::Echo).await
}

/// A server that says this, on a port of its own, for as long as the runtime lives.
pub(crate) async fn serving(
    versions: &[&'static SupportedProtocolVersion],
    wants: Wants,
    trusted: &Certificate,
    says: Says,
) -> u16 {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(trusted.der().to_vec())).expect("a root");
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .expect("versions");
    let builder = match wants {
        Wants::Nothing => builder.with_no_client_auth(),
        Wants::Certificate => builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .expect("a verifier"),
        ),
    };
    let chain = vec![CertificateDer::from(server_certificate().der().to_vec())];
    let key = PrivateKeyDer::from_pem_slice(SERVER_KEY.as_bytes()).expect("a key");
    let config = builder.with_single_cert(chain, key).expect("a server");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(tcp).await else { return };
                let mut byte = [0];
                let mut got = Vec::new();
                while let Ok(1) = stream.read(&mut byte).await {
                    got.push(byte[0]);
                    let said = match says {
                        Says::Echo => &byte[..],
                        Says::Answer(answer) if got.ends_with(b"\r\n\r\n") => answer,
                        Says::Answer(_) => continue,
                    };
                    if stream.write_all(said).await.is_err() {
                        return;
                    }
                    if says != Says::Echo {
                        break;
                    }
                }
                // A client that is gone gets no goodbye.
                let _ = stream.shutdown().await;
            });
        }
    });
    port
}

pub(crate) async fn tcp(port: u16) -> TcpStream {
    TcpStream::connect(("127.0.0.1", port)).await.expect("a connection")
}
