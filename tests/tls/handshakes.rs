//! Handshakes with a server of the TLS library's own: what they come to, what they cost, how they fail.

use std::sync::Arc;

use cpskit::credential::{Hash, Padding, Scheme};
use cpskit::pki::Fact;
use cpskit::tls::{
    Alert, Client, ClientAuth, Error, Handshake, Host, IssuerHint, Stream, Version, VersionLimit,
    Versions, Withheld,
};
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::scene::{Counting, Judging, Wants, authority, server, tcp};
use crate::support::mint::{KEYS, Template, entry};

fn host() -> Host {
    Host::parse("localhost").expect("a name")
}

/// Sends a byte and has it back: only then are the tickets of TLS 1.3 here, or the refusal.
async fn echo(stream: &mut Stream) -> std::io::Result<()> {
    stream.write_all(b"x").await?;
    let mut back = [0];
    stream.read_exact(&mut back).await?;
    stream.shutdown().await
}

fn client(credential: &Arc<Counting>, versions: Versions) -> Client {
    Client::new(Some(credential.clone()), Judging::trusting(), versions).expect("a client")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_costs_one_signature_and_a_resumed_one_none() {
    for (version, name) in [(&TLS12, Version::Tls12), (&TLS13, Version::Tls13)] {
        let port = server(&[version], Wants::Certificate, &authority()).await;
        let credential = Counting::new(|_| true);
        let client = client(&credential, Versions::Both);
        let shown =
            ClientAuth::Shown { scheme: Scheme::RsaPss(Hash::Sha256), hint: IssuerHint::Named };
        let mut met = Vec::new();
        for turn in 0..4 {
            if turn == 3 {
                client.forget();
            }
            let mut stream = client.over(tcp(port).await, &host(), &[]).await.expect("stands");
            echo(&mut stream).await.expect("goes through");
            let facts = stream.facts();
            assert_eq!((facts.version, facts.alpn), (name, None));
            met.push((facts.handshake, facts.client, credential.signatures()));
        }
        assert_eq!(
            met,
            [
                (Handshake::Full, shown, 1),
                (Handshake::Resumed, ClientAuth::Resumed, 1),
                (Handshake::Resumed, ClientAuth::Resumed, 1),
                (Handshake::Full, shown, 2),
            ]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_pss_goes_by_tls_1_2_and_says_why() {
    let pkcs1 = |scheme: &Scheme| scheme.padding() == Some(Padding::Pkcs1);
    let credential = Counting::new(pkcs1);
    let port = server(&[&TLS13, &TLS12], Wants::Certificate, &authority()).await;
    let client = client(&credential, Versions::Both);
    let mut stream = client.over(tcp(port).await, &host(), &[]).await.expect("stands");
    echo(&mut stream).await.expect("goes through");
    assert_eq!(client.limit(), Some(VersionLimit::NoPss));
    let scheme = Scheme::RsaPkcs1(Hash::Sha256);
    assert_eq!(
        (stream.facts().version, stream.facts().client),
        (Version::Tls12, ClientAuth::Shown { scheme, hint: IssuerHint::Named })
    );

    let only = Versions::Only(Version::Tls13);
    let refused = Client::new(Some(credential), Judging::trusting(), only);
    assert!(matches!(refused, Err(Error::Version(VersionLimit::NoPss))));
    let only_new = server(&[&TLS13], Wants::Certificate, &authority()).await;
    let refused = client.over(tcp(only_new).await, &host(), &[]).await;
    assert!(matches!(refused, Err(Error::Refused(Alert(70)))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_signed_for_a_server_that_asks_for_nothing() {
    let credential = Counting::new(|_| true);
    let port = server(&[&TLS13, &TLS12], Wants::Nothing, &authority()).await;
    let client = client(&credential, Versions::Both);
    let stream = client.over(tcp(port).await, &host(), &[]).await.expect("stands");
    assert_eq!((stream.facts().client, credential.signatures()), (ClientAuth::NotAsked, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_a_certificate_is_told_that_one_is_required() {
    for (version, alert) in [(&TLS12, 40), (&TLS13, 116)] {
        let port = server(&[version], Wants::Certificate, &authority()).await;
        let client = Client::new(None, Judging::trusting(), Versions::Both).expect("a client");
        let refused = match client.over(tcp(port).await, &host(), &[]).await {
            Err(error) => error,
            Ok(mut stream) => {
                let none = ClientAuth::Withheld(Withheld::NoCredential);
                assert_eq!(stream.facts().client, none);
                let error = echo(&mut stream).await.expect_err("refused");
                Error::within(&error).expect("one of TLS")
            }
        };
        // The server of TLS 1.2 has no better word than handshake_failure or certificate_required.
        let Error::Refused(found) = refused else { panic!("{refused:?}") };
        assert!([alert, 116].contains(&found.0), "{found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_trust_the_authority_says_so() {
    let other = Template::authority("Other", "Other", &KEYS[1]).sign(&KEYS[1]);
    let other = cpskit::x509::Certificate::parse(&other).expect("minted");
    for version in [&TLS12, &TLS13] {
        let port = server(&[version], Wants::Certificate, &other).await;
        let credential = Counting::new(|_| true);
        let client = client(&credential, Versions::Both);
        let refused = match client.over(tcp(port).await, &host(), &[]).await {
            Err(error) => error,
            Ok(mut stream) => {
                let shown = ClientAuth::Shown {
                    scheme: Scheme::RsaPss(Hash::Sha256),
                    hint: IssuerHint::NotNamed,
                };
                assert_eq!(stream.facts().client, shown);
                let error = echo(&mut stream).await.expect_err("refused");
                Error::within(&error).expect("one of TLS")
            }
        };
        assert!(matches!(refused, Error::Refused(Alert(48))), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_trusted_gets_no_signature_and_leaves_its_report() {
    let credential = Counting::new(|_| true);
    for version in [&TLS12, &TLS13] {
        let port = server(&[version], Wants::Certificate, &authority()).await;
        let client = client(&credential, Versions::Both);
        let elsewhere = Host::parse("elsewhere.example").expect("a name");
        let refused = client.over(tcp(port).await, &elsewhere, &[]).await.expect_err("refused");
        let untrusted = refused.untrusted().expect("the report");
        let facts: Vec<&Fact> = untrusted.reasons().map(|finding| &finding.fact).collect();
        assert_eq!(facts, [&Fact::PeerName { name: "elsewhere.example".to_owned() }]);

        let late = Judging {
            at: "2045-01-01T00:00:00Z".parse().expect("an instant"),
            anchors: Judging::trusting().anchors.clone(),
            lists: Vec::new(),
        };
        let client = Client::new(Some(credential.clone()), Arc::new(late), Versions::Both);
        let client = client.expect("a client");
        let refused = client.over(tcp(port).await, &host(), &[]).await.expect_err("refused");
        let untrusted = refused.untrusted().expect("the report");
        assert!(untrusted.reasons().any(|finding| matches!(finding.fact, Fact::Expired { .. })));
    }
    assert_eq!(credential.signatures(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_revoked_gets_no_signature() {
    for version in [&TLS12, &TLS13] {
        let port = server(&[version], Wants::Certificate, &authority()).await;
        for (serial, signatures) in [(8, 1), (7, 0)] {
            let credential = Counting::new(|_| true);
            let judge = Judging::listing(&[entry(&[serial], "251231000000Z")]);
            let client = Client::new(Some(credential.clone()), judge, Versions::Both);
            let client = client.expect("a client");
            let ended = client.over(tcp(port).await, &host(), &[]).await;
            assert_eq!((ended.is_ok(), credential.signatures()), (serial == 8, signatures));
            if let Err(refused) = ended {
                let untrusted = refused.untrusted().expect("the report");
                let facts: Vec<&Fact> = untrusted.reasons().map(|finding| &finding.fact).collect();
                assert!(matches!(facts[..], [Fact::Revoked { .. }]), "{facts:?}");
            }
        }
    }
}

/// Leads to a server, and closes after so many bytes of its.
async fn cutting(port: u16, after: u64) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let own = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let Ok((client, _)) = listener.accept().await else { return };
        let (mut from_client, mut to_client) = client.into_split();
        let (from_server, mut to_server) = tcp(port).await.into_split();
        tokio::spawn(async move {
            // It ends when either side does.
            let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
        });
        let mut from_server = from_server.take(after);
        let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
    });
    own
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_closes_in_the_middle_of_the_handshake_is_told_as_that() {
    for version in [&TLS12, &TLS13] {
        let port = server(&[version], Wants::Certificate, &authority()).await;
        let credential = Counting::new(|_| true);
        let client = client(&credential, Versions::Both);
        for after in (0..700).step_by(50) {
            let cut = cutting(port, after).await;
            let ended = client.over(tcp(cut).await, &host(), &[]).await;
            assert!(matches!(ended, Err(Error::Closed)), "{version:?} {after}: {ended:?}");
        }
        assert_eq!(credential.signatures(), 0);
    }
}
