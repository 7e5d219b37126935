//! `cert verify` and `crl fetch` with a network: a proxy on loopback stands for all of it, since the names in the
//! certificates of the emulation authority never resolve.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use cpskit::emulate::igc::{
    self, Answer, Authority, Domain, Gamme, NamedBy, Question, Reason, Responder, Revoked, Single,
    Standing, World,
};
use cpskit::x509::Certificate;
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::cli::{Run, command, finish};

const ISSUER: Authority = Authority::builtin(World::Test, Gamme::Fort, Domain::Personnes);
const ROOT: Authority = Authority::root(World::Test, Gamme::Fort);
const AT: &str = "2026-03-03T12:00:00Z";

/// A proxy that answers from a table, by the end of the address, and keeps what it was asked.
struct Proxy {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn serving(pages: BTreeMap<&'static str, Vec<u8>>) -> Self {
        Self::with_responder(pages, Standing::Unknown)
    }

    /// Also answers OCSP requests, with this standing for every certificate; unknown is no answer at all.
    fn with_responder(pages: BTreeMap<&'static str, Vec<u8>>, standing: Standing) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (mut pages, log) = (pages.clone(), Arc::clone(&log));
                let standing = standing.clone();
                thread::spawn(move || answer(stream, &mut pages, &standing, &log));
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no test panicked").clone()
    }
}

fn answer(
    stream: TcpStream,
    pages: &mut BTreeMap<&str, Vec<u8>>,
    standing: &Standing,
    log: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let url = line.split(' ').nth(1)?.to_owned();
    if let Some(answer) = respond(&body, standing) {
        pages.insert("/OCSP", answer);
    }
    let page = pages.iter().find(|(end, _)| url.ends_with(*end)).map(|(_, page)| page);
    log.lock().ok()?.push(url);
    let (status, page) = page.map_or(("404 Not Found", &[][..]), |page| ("200 OK", &page[..]));
    let mut stream = stream;
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", page.len());
    stream.write_all(&[head.as_bytes(), page].concat()).ok()
}

/// The answer of the issuer itself to an OCSP request.
fn respond(request: &[u8], standing: &Standing) -> Option<Vec<u8>> {
    let question = Question::read(request).filter(|_| *standing != Standing::Unknown)?;
    let (this_update, next_update) = (instant("2026-03-03T11:00:00Z"), instant(AT));
    let single = |(cert_id, _)| Single {
        cert_id,
        standing: standing.clone(),
        this_update,
        next_update: Some(next_update),
    };
    let answer = Answer {
        authority: ISSUER,
        responder: Responder::Issuer,
        named_by: NamedBy::Name,
        produced_at: this_update,
        singles: question.certificates.into_iter().map(single).collect(),
        nonce: question.nonce,
    };
    igc::ocsp_response(&answer).ok()
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect(text)
}

fn list(issuer: Authority, revoked: &[Revoked]) -> Vec<u8> {
    let (from, until) = (instant("2026-03-03T00:00:00Z"), instant("2026-03-09T00:00:00Z"));
    igc::crl(issuer, from, until, 7, revoked).expect("minted")
}

struct Scene {
    folder: TempDir,
    leaf: Certificate,
}

impl Scene {
    fn new() -> Self {
        let card = igc::committed("medecin-cps3").expect("a persona");
        let der = card.authentication.as_ref().expect("a certificate").der.as_ref();
        let leaf = Certificate::parse(der).expect("minted");
        let folder = TempDir::new().expect("a folder");
        std::fs::write(folder.path().join("leaf.pem"), leaf.to_pem()).expect("written");
        std::fs::write(folder.path().join("root.der"), ROOT.certificate()).expect("written");
        Self { folder, leaf }
    }

    fn run(&self, proxy: &Proxy, words: &[&str]) -> Run {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let words = words.iter().map(|word| match *word {
            "leaf.pem" | "root.der" => path(word),
            word => word.to_owned(),
        });
        let common = ["--cache".to_owned(), path("cache"), "--at".to_owned(), AT.to_owned()];
        let common = common.into_iter().chain(["--format".to_owned(), "json".to_owned()]);
        let args: Vec<String> = words.chain(common).collect();
        let mut command = command(args);
        command.env("HTTP_PROXY", &proxy.address).env("XDG_STATE_HOME", path("state"));
        finish(&mut command)
    }

    fn verify(&self, proxy: &Proxy, more: &[&str]) -> (Value, i32) {
        let words = ["cert", "verify", "leaf.pem", "--trust", "root.der"];
        let run = self.run(proxy, &[&words[..], more].concat());
        (run.document()["results"][0].clone(), run.code)
    }
}

#[test]
fn the_issuer_and_the_lists_are_fetched_and_later_found_without_network() {
    let scene = Scene::new();
    let proxy = Proxy::serving(BTreeMap::from([
        ("ACI-FO-PP-TEST.cer", ISSUER.certificate().to_vec()),
        ("ACI-FO-PP-TEST.crl", list(ISSUER, &[])),
        ("ACR-FO-TEST.crl", list(ROOT, &[])),
    ]));
    let (result, code) = scene.verify(&proxy, &["--sources", "crl"]);
    assert_eq!((&result["verdict"], code), (&json!("valid"), 0), "{result:#}");
    assert_eq!(
        result["revocation"][0]["source"],
        "crl:http://igc.emulation.invalid/CRL/ACI-FO-PP-TEST.crl"
    );
    let before = proxy.asked().len();
    let (offline, code) = scene.verify(&proxy, &["--sources", "crl", "--offline"]);
    assert_eq!((&offline["verdict"], code), (&json!("valid"), 0), "{offline:#}");
    assert_eq!(proxy.asked().len(), before, "offline asks nobody");
}

#[test]
fn a_fetched_list_revokes() {
    let scene = Scene::new();
    let serial = scene.leaf.serial().content().to_vec();
    let at = instant("2026-03-02T08:00:00Z");
    let revoked = Revoked { serial, at, reason: Some(Reason::KeyCompromise) };
    let proxy = Proxy::serving(BTreeMap::from([
        ("ACI-FO-PP-TEST.cer", ISSUER.certificate().to_vec()),
        ("ACI-FO-PP-TEST.crl", list(ISSUER, &[revoked])),
        ("ACR-FO-TEST.crl", list(ROOT, &[])),
    ]));
    let (result, code) = scene.verify(&proxy, &[]);
    assert_eq!((&result["verdict"], code), (&json!("invalid"), 1), "{result:#}");
    assert!(proxy.asked().iter().any(|url| url.ends_with("/OCSP")), "{:#?}", proxy.asked());
}

#[test]
fn an_answer_of_the_responder_tells_the_status_with_and_without_a_nonce() {
    let scene = Scene::new();
    let pages = || {
        BTreeMap::from([
            ("ACI-FO-PP-TEST.cer", ISSUER.certificate().to_vec()),
            ("ACR-FO-TEST.crl", list(ROOT, &[])),
        ])
    };
    let good = Proxy::with_responder(pages(), Standing::Good);
    for more in [&[][..], &["--ocsp-nonce"]] {
        let (result, code) = scene.verify(&good, more);
        assert_eq!((&result["verdict"], code), (&json!("valid"), 0), "{result:#}");
        assert_eq!(result["revocation"][0]["source"], "ocsp:http://igc.emulation.invalid/OCSP");
    }
    let at = instant("2026-03-02T08:00:00Z");
    let standing = Standing::Revoked { at, reason: Some(Reason::Superseded) };
    let (result, code) = scene.verify(&Proxy::with_responder(pages(), standing), &[]);
    assert_eq!((&result["revocation"][0]["reason"], code), (&json!("superseded"), 1));
}

#[test]
fn a_list_of_another_key_does_not_count_and_is_said() {
    let scene = Scene::new();
    let forged = list(Authority::builtin(World::Test, Gamme::Standard, Domain::Personnes), &[]);
    let proxy = Proxy::serving(BTreeMap::from([
        ("ACI-FO-PP-TEST.cer", ISSUER.certificate().to_vec()),
        ("ACI-FO-PP-TEST.crl", forged),
        ("ACR-FO-TEST.crl", b"<html>not found</html>".to_vec()),
    ]));
    let (result, code) = scene.verify(&proxy, &["--sources", "crl"]);
    assert_eq!(result["verdict"], "indeterminate", "{result:#}");
    assert!(code == 3 || code == 75, "{code}");
    let failed = result["fetches"].as_array().cloned().unwrap_or_default();
    let html =
        failed.iter().find(|f| f["url"].as_str().is_some_and(|u| u.ends_with("ACR-FO-TEST.crl")));
    assert_eq!(html.map(|failed| failed["temporary"].clone()), Some(json!(false)), "{result:#}");
}

#[test]
fn lists_that_a_certificate_names_are_fetched_into_the_cache() {
    let scene = Scene::new();
    let proxy = Proxy::serving(BTreeMap::from([("ACI-FO-PP-TEST.crl", list(ISSUER, &[]))]));
    let words = ["crl", "fetch", "leaf.pem", "--environment", "emulated"];
    let run = scene.run(&proxy, &words);
    let document = run.document();
    let result = &document["results"][0];
    assert_eq!((run.code, &result["signature"]), (0, &json!("verified")), "{document:#}");
    assert!(result["file"].as_str().is_some_and(|file| std::path::Path::new(file).is_file()));
}
