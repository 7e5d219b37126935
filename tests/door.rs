//! Who is let in by a TLS server of ours, who is not, and what both sides are told. The client is ours with keys of
//! `certs-test`; `openssl s_client` is an outside one.

#![cfg(all(feature = "web", feature = "emulate"))]

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use cpskit::credential::{self, Credential, Hash, Nature, Scheme};
use cpskit::emulate::igc::{self, Authority, Revoked, TestKey};
use cpskit::pki::{
    Anchor, Candidate, Fact, Finding, List, Options, Origin, Purpose, Report, Revocation, Severity,
    Validator,
};
use cpskit::tls::{
    AcceptError, Accepted, Admission, Alert, Alpn, Client, Error, Family, Handshake, Host, Judge,
    Refusing, Server, Shown, Version, Versions, Visitor,
};
use cpskit::x509::{Certificate, Crl, Environment};
use jiff::{Timestamp, ToSpan};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const NOW: &str = "2026-03-01T12:00:00Z";

/// A judge of clients that trusts the roots of the emulation, and has a list of every authority.
#[derive(Debug, Default)]
struct Anteroom {
    anchors: Vec<Certificate>,
    revoked: Option<Vec<u8>>,
    /// Refuses everybody, from now on.
    closed: AtomicBool,
    judged: Mutex<usize>,
}

impl Anteroom {
    fn trusting(authorities: impl Iterator<Item = Authority>) -> Self {
        let parse = |authority: Authority| Certificate::parse(authority.certificate());
        let anchors = authorities.filter(|found| found.domain().is_none()).map(parse);
        Self { anchors: anchors.collect::<Result<_, _>>().expect("ours"), ..Self::default() }
    }

    fn open() -> Self {
        Self::trusting(Authority::all())
    }
}

impl Judge for Anteroom {
    fn judge(&self, shown: &Shown<'_>) -> Report {
        *self.judged.lock().expect("no panic") += 1;
        let at: Timestamp = NOW.parse().expect("an instant");
        let origin = |name: &str| Origin(name.to_owned());
        let anchors = self.anchors.iter().cloned();
        let anchors = anchors.map(|found| Anchor::from_certificate(found, origin("anchor")));
        let revoked: Vec<Revoked> = self
            .revoked
            .iter()
            .map(|serial| Revoked { serial: serial.clone(), at: at - 1.hour(), reason: None })
            .collect();
        let lists: Vec<Vec<u8>> = Authority::all()
            .map(|found| igc::crl(found, at - 1.hour(), at + 24.hours(), 1, &revoked))
            .collect::<Result<_, _>>()
            .expect("minted");
        let lists = lists
            .iter()
            .map(|list| List { crl: Crl::parse(list).expect("a list"), origin: origin("list") });
        let candidates = shown.others.iter().cloned();
        let candidates =
            candidates.map(|certificate| Candidate { certificate, origin: origin("shown") });
        let validator = Validator::new(anchors.collect(), candidates.collect(), lists.collect());
        let options = Options { purpose: Purpose::Client, ..Options::at(at) };
        let mut report = validator.validate(shown.leaf, &origin("shown"), &options);
        if self.closed.load(Ordering::SeqCst) {
            let (severity, fact) = (Severity::Error, Fact::RevocationUnknown);
            report.findings.push(Finding { severity, subject: report.subject.clone(), fact });
        }
        report
    }
}

/// A judge of servers that finds nothing against any.
#[derive(Debug)]
struct Trusting;

impl Judge for Trusting {
    fn judge(&self, shown: &Shown<'_>) -> Report {
        let options = Options { revocation: Revocation::Off, ..Options::at(Timestamp::UNIX_EPOCH) };
        let validator = Validator::new(Vec::new(), Vec::new(), Vec::new());
        let mut report = validator.validate(shown.leaf, &Origin("server".to_owned()), &options);
        report.findings.clear();
        report
    }
}

/// A certificate and a key, which need not be its own.
#[derive(Debug)]
struct Badge {
    chain: Vec<Certificate>,
    pair: RsaKeyPair,
}

impl Badge {
    fn new(leaf: &[u8], key: TestKey) -> Arc<Self> {
        let mut chain = vec![Certificate::parse(leaf).expect("a certificate")];
        let issuer = Authority::all()
            .map(|authority| Certificate::parse(authority.certificate()).expect("ours"))
            .find(|found| found.subject().raw() == chain[0].issuer().raw());
        chain.extend(issuer);
        let pair = RsaKeyPair::from_pkcs8(&key.pkcs8().expect("PEM")).expect("RSA");
        Arc::new(Self { chain, pair })
    }

    /// The authentication certificate of a card of ours.
    fn of(slug: &str) -> Arc<Self> {
        let card = igc::committed(slug).and_then(|card| card.authentication.as_ref());
        let card = card.expect("a contact card");
        Self::new(&card.der, card.key)
    }

    fn software() -> Arc<Self> {
        Self::new(
            &fixture("igc/test/org-auth-cli.der"),
            igc::product_key("org-auth-cli").expect("ours"),
        )
    }
}

impl Credential for Badge {
    fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    fn schemes(&self) -> &[Scheme] {
        &[Scheme::RsaPss(Hash::Sha256), Scheme::RsaPkcs1(Hash::Sha256)]
    }

    fn sign(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, credential::Error> {
        let padding: &dyn ring::signature::RsaEncoding = match scheme {
            Scheme::RsaPss(Hash::Sha256) => &RSA_PSS_SHA256,
            Scheme::RsaPkcs1(Hash::Sha256) => &RSA_PKCS1_SHA256,
            other => return Err(credential::Error::Scheme(other)),
        };
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair.sign(padding, &SystemRandom::new(), message, &mut signature).expect("signed");
        Ok(signature)
    }

    fn nature(&self) -> Nature {
        Nature::Emulated
    }
}

fn fixture(path: &str) -> Vec<u8> {
    let path = format!("{}/certs-test/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn server(
    judge: &Arc<Anteroom>,
    admission: Admission,
    refusing: Refusing,
    versions: Versions,
) -> Server {
    let key = igc::product_key("serv-ssl").expect("ours");
    let badge = Badge::new(&fixture("igc/test/serv-ssl.der"), key);
    Server::new(badge, judge.clone(), admission, refusing, versions, &[Alpn::Http11])
}

fn client(badge: Option<Arc<Badge>>) -> Client {
    let credential = badge.map(|badge| -> Arc<dyn Credential> { badge });
    Client::new(credential, Arc::new(Trusting), Versions::Both).expect("both versions")
}

/// What each side came to. Once in, the server says one byte, and the client must get it.
async fn meet(
    server: &Server,
    client: &Client,
) -> (Result<(), Option<Error>>, Result<Accepted, AcceptError>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let inside = async {
        let (tcp, _) = listener.accept().await.expect("a client");
        let mut accepted = server.accept(tcp).await?;
        let _ = accepted.write_all(b".").await;
        let _ = accepted.flush().await;
        Ok(accepted)
    };
    let outside = async {
        let tcp = TcpStream::connect(address).await.expect("the server");
        let host = Host::parse("localhost").expect("a name");
        let mut stream = client.over(tcp, &host, &[Alpn::Http11]).await.map_err(Some)?;
        // In TLS 1.3 a refusal comes with the first read.
        match stream.read_exact(&mut [0]).await {
            Ok(_) => Ok(()),
            Err(error) => Err(Error::within(&error)),
        }
    };
    tokio::join!(outside, inside)
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

const TLS12: Versions = Versions::Only(Version::Tls12);
const TLS13: Versions = Versions::Only(Version::Tls13);

/// The codes of the refusals of who came in, or of who did not.
fn refusals(visitor: &Visitor) -> Vec<&'static str> {
    visitor.refusals.iter().map(|refusal| refusal.code()).collect()
}

/// The alert that the client gets, and why the server refused, for each version.
fn refused(
    judge: Anteroom,
    admission: &Admission,
    badge: Option<Arc<Badge>>,
) -> Vec<(Option<u8>, Vec<&'static str>)> {
    let judge = Arc::new(judge);
    let each = [TLS12, TLS13].map(|versions| {
        let server = server(&judge, admission.clone(), Refusing::InHandshake, versions);
        let (outside, inside) = run(meet(&server, &client(badge.clone())));
        let alert = match outside {
            Err(Some(Error::Refused(Alert(number)))) => Some(number),
            Err(other) => panic!("{other:?}"),
            Ok(()) => None,
        };
        let why = match inside {
            Err(AcceptError::Refused(visitor)) => refusals(&visitor),
            Err(_) => vec!["handshake"],
            Ok(_) => Vec::new(),
        };
        (alert, why)
    });
    each.to_vec()
}

fn families(families: &[Family]) -> Admission {
    Admission { families: families.to_vec(), environment: None }
}

#[test]
fn who_is_admitted_comes_in_and_is_named() {
    for (versions, version) in [(TLS12, Version::Tls12), (TLS13, Version::Tls13)] {
        let judge = Arc::new(Anteroom::open());
        let admission = families(&[Family::Cps]);
        let server = server(&judge, admission, Refusing::InHandshake, versions);
        let (outside, inside) = run(meet(&server, &client(Some(Badge::of("medecin-cps3")))));
        assert!(outside.is_ok(), "{outside:?}");
        let accepted = inside.expect("let in");
        assert_eq!((accepted.version(), accepted.handshake()), (version, Handshake::Full));
        let visitor = accepted.visitor().expect("a certificate was shown");
        let holder = &visitor.holder;
        assert!(visitor.is_admitted());
        assert_eq!(
            (
                holder.national_id.as_ref().map(|id| id.as_str().to_owned()),
                holder.card_number.as_ref().map(ToString::to_string),
                holder.family_name.as_deref(),
                visitor.family,
                visitor.environment,
            ),
            (
                Some("899700100011".to_owned()),
                Some("2900100001".to_owned()),
                Some("EMULATION"),
                Some(Family::Cps),
                Some(Environment::Emulated),
            )
        );
        // Judged once: the handshake's report is the connection's.
        assert_eq!(*judge.judged.lock().expect("no panic"), 1);
    }
}

#[test]
fn a_certificate_without_a_card_comes_in_where_software_is_admitted() {
    let software = || Some(Badge::software());
    let let_in = vec![(None, vec![]), (None, vec![])];
    assert_eq!(refused(Anteroom::open(), &families(&[Family::Software]), software()), let_in);
    let cards = families(&[Family::Cps, Family::Cpe]);
    let no_right = vec![(Some(49), vec!["tls.client.family"]); 2];
    assert_eq!(refused(Anteroom::open(), &cards, software()), no_right);
}

#[test]
fn another_family_or_environment_has_no_right_here() {
    let medecin = || Some(Badge::of("medecin-cps3"));
    let no_right = |code| vec![(Some(49), vec![code]); 2];
    let found = refused(Anteroom::open(), &families(&[Family::Cpe, Family::Cde]), medecin());
    assert_eq!(found, no_right("tls.client.family"));
    let admission = Admission { environment: Some(Environment::Prod), ..Admission::default() };
    assert_eq!(
        refused(Anteroom::open(), &admission, medecin()),
        no_right("tls.client.environment")
    );
}

#[test]
fn each_reason_of_a_verdict_has_its_alert() {
    let verdict = |alert| vec![(Some(alert), vec!["tls.client.verdict"]); 2];
    let all = &Admission::default();
    let expired = Some(Badge::of("opposee-cps3"));
    assert_eq!(refused(Anteroom::open(), all, expired), verdict(45));
    let medecin = Badge::of("medecin-cps3");
    let serial = medecin.chain[0].serial().content().to_vec();
    let revoking = Anteroom { revoked: Some(serial), ..Anteroom::open() };
    assert_eq!(refused(revoking, all, Some(medecin.clone())), verdict(44));
    assert_eq!(refused(Anteroom::default(), all, Some(medecin)), verdict(48));
    // An authority that shows its own certificate: self-signed, and trusted by nobody here.
    let root = Authority::all().find(|found| found.domain().is_none()).expect("a root");
    let own = Badge::new(root.certificate(), root.key());
    assert_eq!(refused(Anteroom::default(), all, Some(own)), verdict(48));
}

#[test]
fn who_shows_no_certificate_stays_outside() {
    let found = refused(Anteroom::open(), &Admission::default(), None);
    let [(tls12, why12), (tls13, why13)] = &found[..] else { panic!("two versions") };
    assert_eq!((tls13, why12, why13), (&Some(116), &vec!["handshake"], &vec!["handshake"]));
    assert!(matches!(tls12, Some(40 | 116)), "{tls12:?}");
}

#[test]
fn a_bench_lets_everybody_in_and_knows_why_a_service_would_not() {
    let judge = Arc::new(Anteroom::open());
    let admission = families(&[Family::Cpe]);
    let server = server(&judge, admission, Refusing::DangerLater, Versions::Both);
    for (badge, expected) in [
        (Some(Badge::of("cpe-cps3")), Some(vec![])),
        (Some(Badge::of("medecin-cps3")), Some(vec!["tls.client.family"])),
        (Some(Badge::of("opposee-cps3")), Some(vec!["tls.client.verdict", "tls.client.family"])),
        (None, None),
    ] {
        let (outside, inside) = run(meet(&server, &client(badge)));
        assert!(outside.is_ok(), "{outside:?}");
        assert_eq!(inside.expect("let in").visitor().map(refusals), expected);
    }
}

#[test]
fn who_has_not_the_key_of_the_certificate_never_comes_in() {
    let card = igc::committed("medecin-cps3").and_then(|card| card.authentication.as_ref());
    let stolen = card.expect("a contact card").der.to_vec();
    let badge = Badge::new(&stolen, igc::product_key("ps-auth").expect("ours"));
    for versions in [TLS12, TLS13] {
        let judge = Arc::new(Anteroom::open());
        let server = server(&judge, Admission::default(), Refusing::DangerLater, versions);
        let (_, inside) = run(meet(&server, &client(Some(badge.clone()))));
        assert!(matches!(inside, Err(AcceptError::Handshake(_))), "{inside:?}");
    }
}

#[test]
fn a_resumed_session_is_judged_again() {
    for versions in [TLS12, TLS13] {
        let judge = Arc::new(Anteroom::open());
        let server = server(&judge, Admission::default(), Refusing::InHandshake, versions);
        let client = client(Some(Badge::of("medecin-cps3")));
        run(async {
            let (_, first) = meet(&server, &client).await;
            assert_eq!(first.expect("let in").handshake(), Handshake::Full);
            let (_, second) = meet(&server, &client).await;
            let second = second.expect("let in");
            assert_eq!(second.handshake(), Handshake::Resumed);
            let id = second.visitor().and_then(|visitor| visitor.holder.national_id.clone());
            assert_eq!(id.map(|id| id.as_str().to_owned()), Some("899700100011".to_owned()));
            assert_eq!(*judge.judged.lock().expect("no panic"), 2);
            judge.closed.store(true, Ordering::SeqCst);
            let (_, third) = meet(&server, &client).await;
            let Err(AcceptError::Refused(visitor)) = third else { panic!("{third:?}") };
            assert_eq!(refusals(&visitor), ["tls.client.verdict"]);
        });
    }
}

#[test]
fn openssl_comes_in_with_a_key_file_and_is_told_when_it_may_not() {
    if Command::new("openssl").arg("version").stdout(Stdio::null()).status().is_err() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = folder.path().join("certificate.pem");
    let pem = Certificate::parse(&fixture("cards/medecin-cps4/authentication.der"));
    std::fs::write(&certificate, pem.expect("ours").to_pem()).expect("written");
    let key = format!(
        "{}/certs-test/cards/medecin-cps4/authentication.key.pem",
        env!("CARGO_MANIFEST_DIR")
    );
    let issuer = folder.path().join("issuer.pem");
    let authority = Badge::of("medecin-cps4").chain[1].to_pem();
    std::fs::write(&issuer, authority).expect("written");
    for (version, admission, expected) in [
        ("-tls1_2", families(&[Family::Cps]), None),
        ("-tls1_3", families(&[Family::Cps]), None),
        ("-tls1_3", families(&[Family::Cpe]), Some("alert access denied")),
    ] {
        let judge = Arc::new(Anteroom::open());
        let server = server(&judge, admission, Refusing::InHandshake, Versions::Both);
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("an address").to_string();
            let mut command = Command::new("openssl");
            command.args(["s_client", "-connect", &address, version, "-cert"]).arg(&certificate);
            command.args(["-key", &key, "-cert_chain"]).arg(&issuer);
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = command.spawn().expect("openssl");
            let (tcp, _) = listener.accept().await.expect("openssl");
            let found = server.accept(tcp).await;
            let admitted = found.is_ok();
            drop(found);
            drop(child.stdin.take());
            let said = tokio::task::block_in_place(|| child.wait_with_output()).expect("ended");
            let said = String::from_utf8_lossy(&said.stderr).into_owned();
            assert_eq!(admitted, expected.is_none(), "{version}: {said}");
            assert!(expected.is_none_or(|alert| said.contains(alert)), "{version}: {said}");
        });
    }
}
