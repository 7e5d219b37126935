//! What a credential of ours costs in a TLS handshake: the same key from the same files, once through our resolver and once as the
//! TLS library takes it by itself, in turns in one run.
//!
//! Full handshakes in memory, both ends on one thread, each side's certificate asked for and its signature verified, chains not
//! judged: they cost the same in both columns. A card would add its second. `--test` runs everything once and measures nothing.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cpskit::credential::FileCredential;
use cpskit::tls::Resolver;
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, DistinguishedName, Error, ServerConfig,
    ServerConnection, SignatureScheme, SupportedProtocolVersion,
};

const CLIENT: &[u8] = include_bytes!("../certs-test/igc/test/org-auth-cli.der");
const CLIENT_KEY: &[u8] = include_bytes!("../certs-test/keys/org-auth-cli.pem");
const SERVER: &[u8] = include_bytes!("../certs-test/igc/test/serv-ssl.der");
const SERVER_KEY: &[u8] = include_bytes!("../certs-test/keys/serv-ssl.pem");

#[allow(clippy::print_stdout)]
fn main() {
    let once = std::env::args().any(|argument| argument == "--test");
    let turns = if once { 1 } else { 2_000 };
    println!(
        "| median of {turns} handshakes | key of the TLS library | our resolver | ratio |\n|---|---|---|---|"
    );
    for (name, version) in [("TLS 1.2", &TLS12), ("TLS 1.3", &TLS13)] {
        let server = server(version);
        let sides = [theirs(version), ours(version)];
        let mut times = [Vec::new(), Vec::new()];
        for turn in 0..turns * 2 {
            let side = turn % 2;
            times[side].push(handshake(&sides[side], &server));
        }
        let [theirs, ours] = times.map(median);
        let ratio = ours / theirs;
        println!("| {name} | {theirs:.0} µs | {ours:.0} µs | {ratio:.3} |");
    }
}

/// In microseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e6
}

/// The time from the first byte until both sides are through.
fn handshake(client: &Arc<ClientConfig>, server: &Arc<ServerConfig>) -> Duration {
    let name = ServerName::try_from("service.example").expect("a name");
    let start = Instant::now();
    let mut client = ClientConnection::new(Arc::clone(client), name).expect("a client");
    let mut server = ServerConnection::new(Arc::clone(server)).expect("a server");
    let mut flight = Vec::with_capacity(1 << 14);
    while client.is_handshaking() || server.is_handshaking() {
        flight.clear();
        while client.wants_write() {
            client.write_tls(&mut flight).expect("memory");
        }
        let mut rest = flight.as_slice();
        while !rest.is_empty() {
            server.read_tls(&mut rest).expect("memory");
            server.process_new_packets().expect("the client's flight");
        }
        flight.clear();
        while server.wants_write() {
            server.write_tls(&mut flight).expect("memory");
        }
        let mut rest = flight.as_slice();
        while !rest.is_empty() {
            client.read_tls(&mut rest).expect("memory");
            client.process_new_packets().expect("the server's flight");
        }
    }
    let taken = start.elapsed();
    let shown = black_box(server.peer_certificates());
    assert_eq!(shown.map(|chain| chain[0].as_ref()), Some(CLIENT));
    taken
}

fn ours(version: &'static SupportedProtocolVersion) -> Arc<ClientConfig> {
    let credential = FileCredential::read(CLIENT, Some(CLIENT_KEY), None).expect("a credential");
    let resolver = Arc::new(Resolver::new(Arc::new(credential)));
    let config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[version])
        .expect("versions")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone))
        .with_client_cert_resolver(resolver);
    always_new(config)
}

fn theirs(version: &'static SupportedProtocolVersion) -> Arc<ClientConfig> {
    let key = PrivateKeyDer::from_pem_slice(CLIENT_KEY).expect("a key");
    let config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[version])
        .expect("versions")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone))
        .with_client_auth_cert(vec![CertificateDer::from(CLIENT)], key)
        .expect("a credential");
    always_new(config)
}

/// A resumed session would sign nothing.
fn always_new(mut config: ClientConfig) -> Arc<ClientConfig> {
    config.resumption = Resumption::disabled();
    Arc::new(config)
}

fn server(version: &'static SupportedProtocolVersion) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::from_pem_slice(SERVER_KEY).expect("a key");
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[version])
        .expect("versions")
        .with_client_cert_verifier(Arc::new(Anyone))
        .with_single_cert(vec![CertificateDer::from(SERVER)], key)
        .expect("a server");
    Arc::new(config)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Verifies signatures, and judges nobody.
#[derive(Debug)]
struct Anyone;

impl Anyone {
    fn tls12(
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &provider().signature_verification_algorithms)
    }

    fn tls13(
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &provider().signature_verification_algorithms)
    }

    fn schemes() -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Self::tls12(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Self::tls13(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        Self::schemes()
    }
}

impl ClientCertVerifier for Anyone {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Self::tls12(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Self::tls13(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        Self::schemes()
    }
}
