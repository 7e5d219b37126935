//! `cpskit tls connect`: what it prints where, and what it ends with.

use std::fs;
use std::path::{Path, PathBuf};

use rustls::version::{TLS12, TLS13};
use tempfile::TempDir;

use crate::scene::{CLIENT_KEY, Says, Wants, authority, bundle, client_certificate, serving};
use crate::support::cli::{Run, command, finish};

const ANSWER: &[u8] = b"HTTP/1.1 403 Forbidden\r\nX-One: 1\r\nContent-Length: 4\r\n\r\n\x00\xffa\n";

struct Files {
    folder: TempDir,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("client.pem"), bundle()).expect("written");
        fs::write(folder.path().join("trust.pem"), authority().to_pem()).expect("written");
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the command, apart from the thread of the server.
    async fn connect(&self, url: String, more: &[&str]) -> Run {
        let mut command = command(["tls", "connect", &url]);
        command.arg("--trust").arg(self.path("trust.pem"));
        command.args(more).current_dir(self.folder.path()).env("CPSKIT_CACHE", self.path("cache"));
        for proxy in ["HTTPS_PROXY", "https_proxy"] {
            command.env(proxy, "http://192.0.2.1:1");
        }
        tokio::task::spawn_blocking(move || finish(&mut command)).await.expect("it ends")
    }
}

async fn server(wants: Wants) -> String {
    let port = serving(&[&TLS13, &TLS12], wants, &authority(), Says::Answer(ANSWER)).await;
    format!("https://localhost:{port}/a?b#c")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_tells_the_connection_the_client_the_server_and_the_answer() {
    let files = Files::new();
    let url = server(Wants::Certificate).await;
    let run = files.connect(url.clone(), &["--client", "client.pem", "--format", "json"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    let document = run.document();
    assert_eq!(document["url"], url);
    assert_eq!(document["connection"]["protocol"], "TLS 1.3");
    assert_eq!(document["client"]["certificate"], "shown");
    assert_eq!(document["client"]["subject"], "CN=Client");
    assert_eq!(document["server"]["verdict"], "valid");
    assert_eq!(document["response"]["status"], 403);
    let body = serde_json::json!({
        "length": 4, "encoding": "base64", "content": "AP9hCg==", "file": null
    });
    assert_eq!(document["response"]["body"], body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_body_goes_as_it_is_to_the_file_and_a_status_fails_only_when_asked() {
    let files = Files::new();
    let url = server(Wants::Nothing).await;
    let run = files.connect(url, &["--out", "body", "--fail", "--tls", "1.2"]).await;
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run:?}");
    assert_eq!(fs::read(files.path("body")).expect("written"), b"\x00\xffa\n");
    assert!(run.stderr.starts_with("TLS 1.2, "), "{run:?}");
    assert!(run.stderr.contains("\nclient: the server asked for no certificate\n"), "{run:?}");
    assert!(run.stderr.contains("\nHTTP/1.1 403 Forbidden\nx-one: 1\n"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_told_all_but_the_body_beside_it() {
    let files = Files::new();
    fs::write(files.path("pin"), "1234\n").expect("written");
    let root = emulated_root("ACR-FO-TEST");
    const TEXT: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbody\n";
    let port = serving(&[&TLS13, &TLS12], Wants::Certificate, &root, Says::Answer(TEXT)).await;
    let more = ["--client", "card", "--emulated", "--pin-file", "pin"];
    let run = files.connect(format!("https://localhost:{port}/"), &more).await;
    assert_eq!((run.code, run.stdout.as_str()), (0, "body\n"), "{run:?}");
    let told = run.stderr.replace(&files.folder.path().display().to_string(), "FOLDER");
    let expected = "\
TLS 1.2, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
TLS 1.3 is not offered: it takes no RSA signature but PSS (RFC 8446 §4.2.3), which this key does not make (a CPS3 has no PSS)
server: localhost: valid
  CN=Server
  path: Authority (trust:FOLDER/trust.pem)
  warning: authorityKeyIdentifier does not identify the issuer's key (RFC 5280 4.2.1.1)
  warning: Authority: an authority has no subjectKeyIdentifier (RFC 5280 4.2.1.2)
  warning: no usable revocation list or OCSP answer says whether it is revoked (RFC 5280 6.1.3(a)(3))
  revocation: Server: unknown
client: GN=AGATHE+SN=EMULATION+CN=899700100011,T=Médecin,C=FR, signed with rsa_pkcs1_sha256

HTTP/1.1 200 OK
content-length: 5

[emulated: the key or the server is]
";
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_of_either_side_are_1_and_the_network_is_75() {
    let files = Files::new();
    let json = ["--format", "json"];
    let refused = files.connect(server(Wants::Certificate).await, &json).await;
    assert_eq!((refused.code, &refused.error()["code"]), (1, &"tls.refused".into()));

    let url = server(Wants::Certificate).await.replace("localhost", "127.0.0.1");
    let untrusted = files.connect(url, &["--client", "client.pem", "--format", "json"]).await;
    assert_eq!((untrusted.code, &untrusted.error()["code"]), (1, &"tls.untrusted".into()));

    let nobody = files.connect("https://127.0.0.1:1/".to_owned(), &json).await;
    assert_eq!((nobody.code, &nobody.error()["code"]), (75, &"net.connect".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_the_traditional_form_of_pem_is_told_to_be_converted() {
    let files = Files::new();
    let sealed = CLIENT_KEY
        .replace("-----BEGIN PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n")
        .replace("END PRIVATE", "END RSA PRIVATE");
    fs::write(files.path("old.pem"), sealed + &client_certificate().to_pem()).expect("written");
    fs::write(files.path("password"), "secret").expect("written");
    for password in [&[][..], &["--password-file", "password"]] {
        let more = [&["--client", "old.pem", "--format", "json"], password].concat();
        let run = files.connect("https://localhost:1/".to_owned(), &more).await;
        let error = run.error();
        assert_eq!((run.code, &error["code"]), (2, &"client.key.unsupported".into()));
        assert_eq!(error["hint"], "convert the key: `openssl pkcs8 -topk8 -in KEY -out NEW`");
    }
}

/// A root of the emulation authority, which the server of a test trusts.
fn emulated_root(code: &str) -> cpskit::x509::Certificate {
    let root = cpskit::emulate::igc::Authority::by_code(code).expect("an authority");
    cpskit::x509::Certificate::parse(root.certificate()).expect("minted")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_authenticates_in_the_versions_that_its_generation_can() {
    let files = Files::new();
    fs::write(files.path("pin"), "1234\n").expect("written");
    for (persona, protocol, scheme) in [
        ("medecin-cps3", "TLS 1.2", "rsa_pkcs1_sha256"),
        ("medecin-cps4", "TLS 1.3", "rsa_pss_sha256"),
    ] {
        let root = emulated_root("ACR-FO-TEST");
        let port =
            serving(&[&TLS13, &TLS12], Wants::Certificate, &root, Says::Answer(ANSWER)).await;
        let emulated = format!("--emulated={persona}");
        let more = ["--client", "card", &emulated, "--pin-file", "pin", "--format", "json"];
        let run = files.connect(format!("https://localhost:{port}/"), &more).await;
        assert_eq!(run.code, 0, "{persona}: {run:?}");
        let document = run.document();
        assert_eq!(document["emulated"], true);
        assert_eq!(document["connection"]["protocol"], protocol, "{persona}");
        assert_eq!(document["connection"]["version_limit"].is_null(), protocol == "TLS 1.3");
        assert_eq!(document["client"]["scheme"], scheme, "{persona}");
    }
}

/// All roots of the emulation.
fn emulated_roots() -> String {
    let roots = cpskit::emulate::igc::Authority::all().filter(|found| found.domain().is_none());
    let parse = |bytes| cpskit::x509::Certificate::parse(bytes).expect("minted").to_pem();
    roots.map(|root| parse(root.certificate())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_requires_the_card_and_takes_it() {
    use crate::scene::{SERVER_KEY, server_certificate};
    use crate::support::daemon::Daemon;
    use crate::support::tool::Tool;
    let Some(openssl) = Tool::or_skip("openssl", "openssl") else { return };
    let files = Files::new();
    fs::write(files.path("pin"), "1234\n").expect("written");
    fs::write(files.path("server.key"), SERVER_KEY).expect("written");
    fs::write(files.path("server.pem"), server_certificate().to_pem()).expect("written");
    fs::write(files.path("ca.pem"), emulated_roots()).expect("written");
    let daemon = Daemon::start(|port| {
        let accept = format!("127.0.0.1:{port}");
        let args = ["s_server", "-www", "-Verify", "3", "-verify_return_error", "-accept", &accept];
        let mut command = openssl.command(files.folder.path(), args);
        command.args(["-cert", "server.pem", "-key", "server.key", "-CAfile", "ca.pem"]);
        command.current_dir(files.folder.path());
        command
    });
    let url = format!("https://localhost:{}/", daemon.port());
    for (persona, versions, protocol) in [
        ("medecin-cps3", &[][..], "TLS 1.2"),
        ("medecin-cps4", &["--tls", "1.2"], "TLS 1.2"),
        ("medecin-cps4", &[], "TLS 1.3"),
        ("sans-contact-cps3", &[], "TLS 1.2"),
    ] {
        let emulated = format!("--emulated={persona}");
        let more = ["--client", "card", &emulated, "--pin-file", "pin", "--format", "json"];
        let run = files.connect(url.clone(), &[&more, versions].concat()).await;
        assert_eq!(run.code, 0, "{persona}: {run:?}");
        let document = run.document();
        assert_eq!(document["connection"]["protocol"], protocol, "{persona}");
        assert_eq!(document["client"]["authority_named"], true, "{persona}");
    }
    let refused = files.connect(url, &["--client", "client.pem"]).await;
    assert_eq!(refused.code, 1, "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pin_is_asked_only_where_the_server_asks_and_its_failures_keep_their_codes() {
    let files = Files::new();
    fs::write(files.path("wrong"), "4321").expect("written");
    let card = ["--client", "card", "--emulated", "--no-input", "--format", "json"];
    let open = files.connect(server(Wants::Nothing).await, &card).await;
    assert_eq!(open.code, 0, "{open:?}");
    let asked = files.connect(server(Wants::Certificate).await, &card).await;
    assert_eq!((asked.code, &asked.error()["code"]), (2, &"card.pin.needed".into()));
    let wrong = [&card[..], &["--pin-file", "wrong"]].concat();
    let refused = files.connect(server(Wants::Certificate).await, &wrong).await;
    assert_eq!((refused.code, &refused.error()["code"]), (5, &"card.pin.refused".into()));
    let blocked = ["--client", "card", "--emulated=pin-bloque-cps3", "--pin-file", "wrong"];
    let blocked = files.connect(server(Wants::Certificate).await, &blocked).await;
    assert_eq!(blocked.code, 6, "{blocked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_call_is_told_before_anything_is_opened() {
    let files = Files::new();
    for (url, more) in [
        ("http://localhost/", vec![]),
        ("https://user:password@localhost/", vec![]),
        ("http://user:password@localhost/", vec![]),
        ("https://user:pass word@localhost/", vec![]),
        ("localhost", vec![]),
        ("https://localhost/", vec!["--header", "no colon"]),
        ("https://localhost/", vec!["--header", "Host: other"]),
        ("https://localhost/", vec!["--method", "a b"]),
        ("https://localhost/", vec!["--client", "trust.pem"]),
        ("https://localhost/", vec!["--client", "absent"]),
        ("https://example.org/", vec!["--offline"]),
    ] {
        let run = files.connect(url.to_owned(), &more).await;
        assert_eq!(run.code, 2, "{url} {more:?}: {run:?}");
        assert!(!run.stderr.contains("word@"), "{run:?}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn offline_opens_no_internet_socket_but_to_this_machine() {
    use crate::support::strace::{sockets, strace_or_skip};
    let Some(strace) = strace_or_skip() else { return };
    let files = Files::new();
    let trust: &Path = &files.path("trust.pem");
    let mut command = command(["tls", "connect", "https://example.org/", "--offline", "--trust"]);
    command.arg(trust);
    let run = tokio::task::spawn_blocking(move || sockets(strace, &command)).await;
    assert_eq!(run.expect("it ends"), (2, Vec::new()));
    let url = server(Wants::Nothing).await;
    let run = files.connect(url, &["--offline", "--out", "body"]).await;
    assert_eq!(run.code, 0, "{run:?}");
}
