//! What a client feels of the proxy: the same TLS server, which wants a certificate, reached directly by `tls::Client` and through
//! the door. Both sides take turns in one run, with a key in a file, since a card costs the same with and without the door.
//!
//! `--test` runs everything once and measures nothing.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cpskit::credential::FileCredential;
use cpskit::pki::{Anchor, Options, Origin, Purpose, Report, Revocation, Validator};
use cpskit::tls::{Alpn, Client, Handshake as Made, Host, Judge, Party, Shown, Versions};
use cpskit::web::proxy::{
    Duplex, Entry, Handshake, Journal, Listener, Opened, Opening, Protocol, Protocols, Proxy,
    Upstream,
};
use cpskit::x509::Certificate;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::time_provider::TimeProvider;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

const AUTHORITY: &[u8] = include_bytes!("../certs-test/igc/test/ACI-EL-ORG-TEST.der");
const SERVER: &[u8] = include_bytes!("../certs-test/igc/test/serv-ssl.der");
const SERVER_KEY: &str = include_str!("../certs-test/keys/serv-ssl.pem");
const CLIENT: &[u8] = include_bytes!("../certs-test/igc/test/org-auth-cli.der");
const CLIENT_KEY: &str = include_str!("../certs-test/keys/org-auth-cli.pem");
const NAME: &str = "serveur.emulation.invalid";

/// 2026-06-01, when all of these are valid.
const NOW: u64 = 1_780_272_000;

/// How often each thing is done.
struct Times {
    requests: usize,
    connections: usize,
    bodies: usize,
    /// Bytes of a body.
    large: usize,
}

/// The two sides of a row, in seconds.
#[derive(Default)]
struct Pair {
    direct: Vec<f64>,
    door: Vec<f64>,
}

#[allow(clippy::print_stdout)]
fn main() {
    let once = std::env::args().any(|argument| argument == "--test");
    let times = if once {
        Times { requests: 5, connections: 2, bodies: 1, large: 1 << 20 }
    } else {
        Times { requests: 5_000, connections: 200, bodies: 7, large: 256 << 20 }
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let [kept, full, resumed, bodies] = runtime.block_on(measure(&times));
    println!("| | directly | through the door | the door's part |\n|---|---|---|---|");
    for (name, pair) in [
        ("request on a kept connection", kept),
        ("first connection, full handshake, and a request", full),
        ("another connection, resumed session, and a request", resumed),
    ] {
        row(&format!("{name}, median"), &pair, 50);
        row(&format!("{name}, 95th percentile"), &pair, 95);
    }
    let bytes = f64::from(u32::try_from(times.large).expect("less than 4 GiB"));
    let [direct, door] =
        [&bodies.direct, &bodies.door].map(|side| bytes / percentile(side, 50) / 1_048_576.0);
    println!(
        "| download of {} MiB | {direct:.0} MiB/s | {door:.0} MiB/s | {:.0} % |",
        times.large >> 20,
        door / direct * 100.0
    );
}

#[allow(clippy::print_stdout)]
fn row(name: &str, pair: &Pair, part: usize) {
    let [direct, door] =
        [&pair.direct, &pair.door].map(|side| percentile(side, part) * 1_000_000.0);
    println!("| {name} | {direct:.0} µs | {door:.0} µs | {:+.0} µs |", door - direct);
}

fn percentile(side: &[f64], part: usize) -> f64 {
    let mut sorted = side.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() - 1) * part / 100]
}

/// Kept connections, first ones, resumed ones, large bodies.
async fn measure(times: &Times) -> [Pair; 4] {
    let service = serve().await;
    let direct = Arc::new(Secure::new(service));
    let behind = Arc::new(Secure::new(service));
    let (door, token) = open(Arc::clone(&behind)).await;
    let secure = async || Line::new(direct.connect().await.0, NAME, &token);
    let plain = async || Line::new(Box::new(tcp(door).await), &door.to_string(), &token);
    let [mut kept, mut full, mut resumed, mut bodies] = [(); 4].map(|()| Pair::default());
    for _ in 0..times.connections {
        direct.client.forget();
        full.direct.push(timed(async || secure().await.get("/close", 5).await).await);
        resumed.direct.push(timed(async || secure().await.get("/close", 5).await).await);
        behind.client.forget();
        full.door.push(timed(async || plain().await.get("/close", 5).await).await);
        resumed.door.push(timed(async || plain().await.get("/close", 5).await).await);
    }
    let (mut directly, mut through) = (secure().await, plain().await);
    for _ in 0..times.requests {
        kept.direct.push(timed(async || directly.get("/", 5).await).await);
        kept.door.push(timed(async || through.get("/", 5).await).await);
    }
    for _ in 0..times.bodies {
        bodies.direct.push(timed(async || directly.get("/", times.large).await).await);
        bodies.door.push(timed(async || through.get("/", times.large).await).await);
    }
    [kept, full, resumed, bodies]
}

async fn timed(work: impl AsyncFnOnce()) -> f64 {
    let start = Instant::now();
    work().await;
    start.elapsed().as_secs_f64()
}

/// A client's connection, in the clear or not.
struct Line {
    stream: BufReader<Box<dyn Duplex>>,
    head: String,
}

impl Line {
    fn new(stream: Box<dyn Duplex>, host: &str, token: &str) -> Self {
        // The token goes both ways, so that both send as much.
        let head = format!("HTTP/1.1\r\nHost: {host}\r\nX-Cpskit-Token: {token}\r\n\r\n");
        Self { stream: BufReader::with_capacity(1 << 16, stream), head }
    }

    async fn get(&mut self, path: &str, bytes: usize) {
        let head = format!("GET {path}?{bytes} {}", self.head);
        self.stream.write_all(head.as_bytes()).await.expect("it reads");
        self.stream.flush().await.expect("it reads");
        let first = read_head(&mut self.stream).await.expect("an answer");
        assert_eq!(first.trim_end(), "HTTP/1.1 200 OK");
        let wanted = u64::try_from(bytes).expect("it fits");
        let mut body = (&mut self.stream).take(wanted);
        let read = tokio::io::copy_buf(&mut body, &mut tokio::io::sink()).await;
        assert_eq!(read.expect("a body"), wanted);
    }
}

/// The first line of a head.
async fn read_head(stream: &mut (impl AsyncBufReadExt + Unpin)) -> Option<String> {
    let mut first = String::new();
    stream.read_line(&mut first).await.ok().filter(|read| *read > 0)?;
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
    }
    Some(first)
}

/// The way to the service: the client's own, or the door's.
#[derive(Debug)]
struct Secure {
    client: Client,
    service: SocketAddr,
}

impl Secure {
    fn new(service: SocketAddr) -> Self {
        let certificate = Certificate::parse(CLIENT).expect("committed").to_pem();
        let bundle = [CLIENT_KEY, &certificate].concat();
        let credential = FileCredential::read(bundle.as_bytes(), None, None).expect("a key");
        let client = Client::new(Some(Arc::new(credential)), Arc::new(Judging), Versions::Both);
        Self { client: client.expect("both versions"), service }
    }

    async fn connect(&self) -> (Box<dyn Duplex>, Handshake) {
        let host = Host::parse(NAME).expect("a name");
        let stream = self.client.over(tcp(self.service).await, &host, &[Alpn::Http11]).await;
        let stream = stream.expect("a connection");
        let handshake = match stream.facts().handshake {
            Made::Full => Handshake::Full,
            Made::Resumed => Handshake::Resumed,
        };
        (Box::new(stream), handshake)
    }
}

impl Upstream for Secure {
    fn open(&self, _: Protocols) -> Opening<'_> {
        Box::pin(async {
            let (stream, handshake) = self.connect().await;
            Ok(Opened { stream, protocol: Protocol::Http1, handshake })
        })
    }

    fn forget(&self) {
        self.client.forget();
    }
}

#[derive(Debug)]
struct Judging;

impl Judge for Judging {
    fn judge(&self, shown: &Shown<'_>) -> Report {
        let origin = Origin("committed".to_owned());
        let authority = Certificate::parse(AUTHORITY).expect("committed");
        let anchors = vec![Anchor::from_certificate(authority, origin.clone())];
        let peers = match &shown.party {
            Party::Client => Vec::new(),
            Party::Server(peer) => vec![peer.clone()],
        };
        let at = jiff::Timestamp::from_second(NOW.cast_signed()).expect("an instant");
        let options = Options {
            purpose: Purpose::Server,
            peers,
            revocation: Revocation::Off,
            ..Options::at(at)
        };
        Validator::new(anchors, Vec::new(), Vec::new()).validate(shown.leaf, &origin, &options)
    }
}

#[derive(Debug)]
struct Silent;

impl Journal for Silent {
    fn answered(&self, _: &Entry) {}
}

async fn open(behind: Arc<Secure>) -> (SocketAddr, String) {
    let listener = Listener::bind("127.0.0.1:0".parse().expect("an address")).await;
    let listener = listener.expect("loopback");
    let address = listener.address();
    let to = format!("https://{NAME}/").parse().expect("a service");
    let proxy = Proxy::new(listener, to, behind, Arc::new(Silent), Duration::from_secs(60));
    let proxy = proxy.expect("random bits");
    let token = proxy.token().expose().to_owned();
    tokio::spawn(proxy.serve(pending::<()>()));
    (address, token)
}

async fn tcp(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).await.expect("it listens");
    stream.set_nodelay(true).expect("an option");
    stream
}

/// The library's own clock would end with the certificates.
#[derive(Debug)]
struct Fixed;

impl TimeProvider for Fixed {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(NOW)))
    }
}

/// Answers as many bytes as the query says; closes after it where the path says so.
async fn serve() -> SocketAddr {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(AUTHORITY)).expect("a root");
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let key = PrivateKeyDer::from_pem_slice(SERVER_KEY.as_bytes()).expect("a key");
    let config = ServerConfig::builder_with_details(provider, Arc::new(Fixed))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_client_cert_verifier(verifier.build().expect("a verifier"))
        .with_single_cert(vec![CertificateDer::from(SERVER)], key)
        .expect("a server");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            tokio::spawn(answer(tcp, acceptor.clone()));
        }
    });
    address
}

async fn answer(tcp: TcpStream, acceptor: TlsAcceptor) -> Option<()> {
    tcp.set_nodelay(true).ok()?;
    let stream = acceptor.accept(tcp).await.ok()?;
    let mut stream = BufReader::with_capacity(1 << 16, stream);
    let block = vec![b'x'; 1 << 16];
    loop {
        let line = read_head(&mut stream).await?;
        let mut left: usize = line.split(['?', ' ']).nth(2)?.parse().ok()?;
        let close = line.starts_with("GET /close");
        let more = if close { "Connection: close\r\n" } else { "" };
        let head = format!("HTTP/1.1 200 OK\r\n{more}Content-Length: {left}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.ok()?;
        while left > 0 {
            let now = left.min(block.len());
            stream.write_all(&block[..now]).await.ok()?;
            left -= now;
        }
        stream.flush().await.ok()?;
        if close {
            return stream.shutdown().await.ok();
        }
    }
}
