//! A client in a page: TLS by the library, HTTP by hand, so that what is cut is seen as it is.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use cpskit::emulate::igc;
use cpskit::emulate::platform::{Clock, Emulator, Settings};
use der::{Decode, Encode, EncodePem};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};
use serde_json::{Value, json};
use x509_cert::request::{CertReq, CertReqInfo};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

/// Within the validity of the cards of the personas.
pub(crate) const DAY: &str = "2026-06-01T08:00:00Z";

pub(crate) fn settings() -> Settings {
    Settings::new(Clock::stopped(DAY.parse().expect("an instant")))
}

pub(crate) fn started() -> Emulator {
    Emulator::start(settings()).expect("started")
}

/// Whoever asks: certificates, their own first, and its key.
#[derive(Clone)]
pub(crate) struct Client {
    address: SocketAddr,
    shown: Option<(Vec<Vec<u8>>, Vec<u8>)>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The status, and the code of an error.
    pub(crate) fn row(&self) -> (u16, String) {
        let code = self.json()["message"]["code"].as_str().unwrap_or_default().to_owned();
        (self.status, code)
    }
}

impl Client {
    /// With the authentication certificate of a persona.
    pub(crate) fn persona(emulator: &Emulator, slug: &str) -> Self {
        let card = igc::committed(slug).expect("a persona");
        let found = card.authentication.as_ref().expect("a contact card");
        let key = found.key.pkcs8().expect("PEM");
        Self::showing(emulator, vec![found.der.to_vec()], key)
    }

    pub(crate) fn showing(emulator: &Emulator, chain: Vec<Vec<u8>>, pkcs8: Vec<u8>) -> Self {
        Self { address: emulator.address(), shown: Some((chain, pkcs8)) }
    }

    pub(crate) fn nobody(emulator: &Emulator) -> Self {
        Self { address: emulator.address(), shown: None }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        read(self.raw("GET", path, b"").expect("connected")).expect("a whole answer")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        let raw = self.raw("POST", path, body.to_string().as_bytes()).expect("connected");
        read(raw).expect("a whole answer")
    }

    /// Every byte that came back until the connection ended.
    pub(crate) fn raw(&self, method: &str, path: &str, body: &[u8]) -> io::Result<Vec<u8>> {
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("both versions")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody));
        let config = match &self.shown {
            None => config.with_no_client_auth(),
            Some((chain, key)) => {
                let chain = chain.iter().cloned().map(CertificateDer::from).collect();
                let key = PrivateKeyDer::try_from(key.clone()).expect("PKCS#8");
                config.with_client_auth_cert(chain, key).expect("a key and its certificate")
            }
        };
        let name = ServerName::try_from("localhost").expect("a name");
        let tls = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(tls, TcpStream::connect(self.address)?);
        let head = format!(
            "{method} /emu/v1/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        // What is cut may be cut before all is written.
        let _ = stream.write_all(&[head.as_bytes(), body].concat());
        let mut all = Vec::new();
        match stream.read_to_end(&mut all) {
            Err(error) if all.is_empty() && error.kind() == io::ErrorKind::InvalidData => {
                Err(error)
            }
            _ => Ok(all),
        }
    }

    /// Orders, and gives the number of the request.
    pub(crate) fn ordered(&self, demande: &Value) -> String {
        let answer = self.post("demandes", demande);
        assert_eq!(answer.status, 201, "{}", answer.json());
        answer.json()["id"].as_str().expect("a number").to_owned()
    }

    /// Orders and finalises: the number of the request, and the serial number.
    pub(crate) fn finalised(&self, demande: &Value) -> (String, String) {
        let id = self.ordered(demande);
        let answer = self.post(&format!("demandes/{id}/finalisation"), &finalisation("code-1234"));
        assert_eq!(answer.status, 200, "{}", answer.json());
        (id, answer.json()["serie"].as_str().expect("a serial number").to_owned())
    }
}

/// Reads an answer; `None` when it is cut.
pub(crate) fn read(raw: Vec<u8>) -> Option<Answer> {
    let end = raw.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8(raw[..end].to_vec()).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let answer = Answer { status, headers, body: raw[end + 4..].to_vec() };
    let length: usize = answer.header("content-length")?.parse().ok()?;
    (answer.body.len() == length).then_some(answer)
}

/// ORG AUTH_CLI for the hospital, under a reference that ends in this digit.
pub(crate) fn demande(reference: u8) -> Value {
    json!({
        "refClient": format!("00000000-0000-4000-8000-0000000000{reference:02}"),
        "offre": "ORG", "usage": "AUTH_CLI", "structure": "10B0990001",
        "serviceApplicatif": "APPLI EMULEE", "modeCle": "csr", "csr": csr("org-auth-cli"),
    })
}

pub(crate) fn finalisation(code: &str) -> Value {
    json!({
        "codeRevocation": code, "confirmation": code,
        "accepteCgu": {"version": "1.0", "accepte": true},
        "accepteCertificatEtPc": {"version": "2.1", "accepte": true},
    })
}

/// A request signed with a committed key.
pub(crate) fn csr(key: &str) -> String {
    csr_of(key, |_| {})
}

/// The same, altered before it is encoded.
pub(crate) fn csr_of(key: &str, alter: impl Fn(&mut CertReq)) -> String {
    let key = igc::product_key(key).expect("a key");
    let spki = key.public().and_then(|public| public.to_der()).expect("RSA");
    let info = CertReqInfo {
        version: Default::default(),
        subject: Default::default(),
        public_key: SubjectPublicKeyInfoOwned::from_der(&spki).expect("ours"),
        attributes: Default::default(),
    };
    let pair = RsaKeyPair::from_pkcs8(&key.pkcs8().expect("PEM")).expect("RSA");
    let mut signature = vec![0; pair.public().modulus_len()];
    let content = info.to_der().expect("short");
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &content, &mut signature).expect("signed");
    let mut request = CertReq {
        info,
        algorithm: x509_cert::spki::AlgorithmIdentifierOwned {
            oid: const_oid::db::rfc5912::SHA_256_WITH_RSA_ENCRYPTION,
            parameters: Some(der::Any::null()),
        },
        signature: der::asn1::BitString::from_bytes(&signature).expect("short"),
    };
    alter(&mut request);
    request.to_pem(der::pem::LineEnding::LF).expect("short")
}

/// Plain HTTP, for what is published.
pub(crate) fn fetched(base: &str, method: &str, path: &str, body: &[u8]) -> Answer {
    let address = base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("it listens");
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat()).expect("written");
    let mut all = Vec::new();
    stream.read_to_end(&mut all).expect("read");
    read(all).expect("a whole answer")
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Takes any server: the clock of the test is not that of the world.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
