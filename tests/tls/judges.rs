//! Servers of others take the card: nginx and openssl, with each version; and what happens on the way there.

use std::fs;
use std::sync::Arc;

use bytes::Bytes;
use cpskit::card::{Card, LastTry, Role};
use cpskit::credential::{
    AskPin, CardCredential, Credential, FileCredential, Given, Hash, Keypad, PinUnavailable, Scheme,
};
use cpskit::emulate::igc::Authority;
use cpskit::emulate::{VirtualReader, issue};
use cpskit::secret::Pin;
use cpskit::tls::{
    Alert, Alpn, Client, ClientAuth, Error, Handshake, Host, Stream, Version, Versions, Withheld,
};
use cpskit::web::dial::{Route, Via};
use cpskit::web::request::{Ask, send};
use cpskit::x509::Certificate;
use rustls::version::{TLS12, TLS13};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::scene::{
    Counting, Judging, SERVER_KEY, Wants, authority, bundle, server, server_certificate, tcp,
};
use crate::support::daemon::Daemon;
use crate::support::tool::Tool;

/// Types the PIN of the virtual cards.
struct Holder;

impl AskPin for Holder {
    fn ask(&self, _: Keypad) -> Result<Given, PinUnavailable> {
        Ok(Given::Typed(Arc::new(Pin::parse("1234".to_owned())?)))
    }
}

fn card(persona: &str) -> Arc<dyn Credential> {
    let reader = VirtualReader::insert(issue::builtin(persona).expect("a persona"));
    let card = Card::open(Box::new(reader)).expect("a card");
    let card = CardCredential::open(card, Role::Authentication, Box::new(Holder), LastTry::Keep);
    let card = card.expect("a key");
    let known: Vec<Certificate> = Authority::all()
        .map(|found| Certificate::parse(found.certificate()).expect("committed"))
        .collect();
    let issuer = card.key().certificate().issuer().raw();
    let issuer = known.iter().find(|found| found.subject().raw() == issuer).cloned();
    Arc::new(card.with_issuers(issuer))
}

fn file() -> Arc<dyn Credential> {
    Arc::new(FileCredential::read(bundle().as_bytes(), None, None).expect("a credential"))
}

fn host() -> Host {
    Host::parse("localhost").expect("a name")
}

/// The files of a server that takes the cards and the client of the scene.
fn home() -> TempDir {
    let home = tempfile::tempdir().expect("a folder");
    let roots = Authority::all().filter(|found| found.domain().is_none());
    let roots = roots.map(|root| Certificate::parse(root.certificate()).expect("committed"));
    let taken: String = roots.chain([authority()]).map(|root| root.to_pem()).collect();
    fs::write(home.path().join("ca.pem"), taken).expect("written");
    fs::write(home.path().join("key.pem"), SERVER_KEY).expect("written");
    fs::write(home.path().join("cert.pem"), server_certificate().to_pem()).expect("written");
    home
}

/// The version of HTTP and the body that a GET brings.
async fn get(stream: Stream) -> (&'static str, String) {
    let ask = Ask {
        method: http::Method::GET,
        authority: "localhost".parse().expect("a host"),
        path: "/".parse().expect("a path"),
        headers: http::HeaderMap::new(),
        body: Bytes::new(),
    };
    let mut answer = send(stream, ask).await.expect("an answer");
    let mut body = Vec::new();
    while let Some(piece) = answer.piece().await.expect("a body") {
        body.extend_from_slice(&piece);
    }
    (answer.version, String::from_utf8(body).expect("text"))
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_requires_the_card_takes_it_and_resumes_its_session() {
    let Some(nginx) = Tool::or_skip("nginx", "nginx-light") else { return };
    let home = home();
    let daemon = Daemon::start(|port| {
        let place = home.path().display();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|what| format!("{what}_temp_path {place}/{what};\n"))
            .concat();
        let config = format!(
            "daemon off;\nmaster_process off;\nerror_log stderr;\npid {place}/pid;\nevents {{}}\nhttp {{\n\
             access_log off;\n{temporary}server {{\nlisten 127.0.0.1:{port} ssl http2;\n\
             ssl_certificate {place}/cert.pem;\nssl_certificate_key {place}/key.pem;\n\
             ssl_protocols TLSv1.2 TLSv1.3;\nssl_verify_client on;\nssl_verify_depth 3;\n\
             ssl_client_certificate {place}/ca.pem;\nssl_session_cache shared:one:1m;\n\
             location / {{ return 200 \"$ssl_client_verify $ssl_protocol $ssl_session_reused\"; }}\n}}\n}}\n"
        );
        fs::write(home.path().join("nginx.conf"), config).expect("written");
        let mut command = nginx.command(home.path(), ["-e", "stderr", "-p"]);
        command.arg(home.path()).arg("-c").arg(home.path().join("nginx.conf"));
        command
    });
    let (old, new) = (Version::Tls12, Version::Tls13);
    for (credential, version) in [
        (card("medecin-cps3"), old),
        (card("medecin-cps4"), old),
        (card("medecin-cps4"), new),
        (file(), old),
        (file(), new),
    ] {
        let versions = Versions::Only(version);
        let client = Client::new(Some(credential), Judging::trusting(), versions);
        let client = client.expect("a client");
        let mut met = Vec::new();
        for alpn in [Alpn::Http2, Alpn::Http11] {
            let tcp = tcp(daemon.port()).await;
            let stream = client.over(tcp, &host(), &[alpn]).await.expect("stands");
            let handshake = stream.facts().handshake;
            let (http, said) = get(stream).await;
            met.push((handshake, http, said));
        }
        let name = version.name().replace("TLS ", "TLSv");
        assert_eq!(
            met,
            [
                (Handshake::Full, "HTTP/2", format!("SUCCESS {name} .")),
                (Handshake::Resumed, "HTTP/1.1", format!("SUCCESS {name} r")),
            ]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_makes_no_signature_of_those_openssl_takes_shows_no_certificate() {
    let Some(openssl) = Tool::or_skip("openssl", "openssl") else { return };
    let home = home();
    let daemon = Daemon::start(|port| {
        let accept = format!("127.0.0.1:{port}");
        let taken = ["-client_sigalgs", "rsa_pss_rsae_sha256"];
        let args = ["s_server", "-www", "-Verify", "3", "-accept", &accept];
        let mut command = openssl.command(home.path(), [&args[..], &taken].concat());
        command.args(["-cert", "cert.pem", "-key", "key.pem", "-CAfile", "ca.pem"]);
        command.current_dir(home.path());
        command
    });
    for (version, alert) in [(Version::Tls12, 40), (Version::Tls13, 116)] {
        let credential = Counting::new(|scheme| *scheme == Scheme::RsaPss(Hash::Sha384));
        let versions = Versions::Only(version);
        let client = Client::new(Some(credential.clone()), Judging::trusting(), versions);
        let client = client.expect("a client");
        let refused = match client.over(tcp(daemon.port()).await, &host(), &[]).await {
            Err(error) => error,
            Ok(mut stream) => {
                let none = ClientAuth::Withheld(Withheld::NoScheme);
                assert_eq!(stream.facts().client, none);
                let error = stream.read_u8().await.expect_err("refused");
                Error::within(&error).expect("one of TLS")
            }
        };
        let Error::Refused(Alert(found)) = refused else { panic!("{refused:?}") };
        assert_eq!((found, credential.signatures()), (alert, 0));
    }
}

/// Leads to a server until the client speaks a second time, which it does with its certificate and its signature; then
/// closes.
async fn closing_after_the_flight_of_the_client(port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let own = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let Ok((mut client, _)) = listener.accept().await else { return };
        let mut server = tcp(port).await;
        let (mut hello, mut flight) = (vec![0; 1 << 14], vec![0; 1 << 14]);
        let length = client.read(&mut hello).await.expect("a hello");
        server.write_all(&hello[..length]).await.expect("it reads");
        loop {
            tokio::select! {
                biased;
                _ = client.readable() => break,
                length = server.read(&mut flight) => {
                    let length = length.expect("a flight");
                    client.write_all(&flight[..length]).await.expect("it reads");
                }
            }
        }
        // All that the client says is taken, lest the end be a reset.
        while client.read(&mut flight).await.is_ok_and(|length| length == flight.len()) {}
    });
    own
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_closes_after_the_signature_is_told_as_that() {
    for version in [&TLS12, &TLS13] {
        let port = server(&[version], Wants::Certificate, &authority()).await;
        let credential = Counting::new(|_| true);
        let client = Client::new(Some(credential.clone()), Judging::trusting(), Versions::Both);
        let client = client.expect("a client");
        let cut = closing_after_the_flight_of_the_client(port).await;
        match client.over(tcp(cut).await, &host(), &[]).await {
            Err(error) => assert!(matches!(error, Error::Closed), "{error:?}"),
            // With TLS 1.3 the client is through when it has spoken.
            Ok(mut stream) => assert!(stream.read_u8().await.is_err()),
        }
        assert_eq!(credential.signatures(), 1);
    }
}

/// A proxy that makes one tunnel, and gives what it was asked.
async fn proxy() -> (u16, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let own = listener.local_addr().expect("an address").port();
    let asked = tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.expect("a client");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.read_u8().await.expect("a head"));
        }
        let head = String::from_utf8(head).expect("text");
        let target = head.split(' ').nth(1).expect("a target");
        let port = target.rsplit(':').next().and_then(|port| port.parse().ok());
        let mut server = tcp(port.expect("a port")).await;
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.expect("it reads");
        tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await });
        head
    });
    (own, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_card_is_shown_through_the_tunnel_of_a_proxy() {
    let root = Authority::by_code("ACR-FO-TEST").expect("an authority");
    let root = Certificate::parse(root.certificate()).expect("committed");
    let port = server(&[&TLS13], Wants::Certificate, &root).await;
    let (own, asked) = proxy().await;
    let via = Via { host: "127.0.0.1".to_owned(), port: own, authorization: None };
    let route = Route { host: "localhost".to_owned(), port, via: Some(via) };
    let tunnel = route.dial().await.expect("a tunnel");
    let client = Client::new(Some(card("medecin-cps4")), Judging::trusting(), Versions::Both);
    let mut stream = client.expect("a client").over(tunnel, &host(), &[]).await.expect("stands");
    stream.write_all(b"x").await.expect("it reads");
    assert_eq!(stream.read_u8().await.expect("it answers"), b'x');
    let head = format!("CONNECT localhost:{port} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    assert_eq!(asked.await.expect("it ends"), head);
}
