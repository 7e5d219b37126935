//! What the test PKI makes, read and judged by other programs: `openssl` and `x509-parser`.
//!
//! Tests that need `openssl` pass with a message where it is not installed.
#![cfg(feature = "emulate")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cpskit::emulate::igc::{self, Authority, Reason, Revoked};
use cpskit::emulate::persona::Persona;
use jiff::{Timestamp, ToSpan};
use tempfile::TempDir;
use x509_parser::prelude::{FromDer, ParsedExtension, X509Certificate};

#[test]
fn x509_parser_reads_every_committed_certificate_whole() {
    for path in certificates() {
        let bytes = fs::read(&path).expect("readable");
        let (rest, certificate) = X509Certificate::from_der(&bytes).expect("a certificate");
        assert_eq!(rest, [0; 0], "{}", path.display());
        let unreadable: Vec<String> = certificate
            .extensions()
            .iter()
            .filter(|found| matches!(found.parsed_extension(), ParsedExtension::ParseError { .. }))
            .map(|found| found.oid.to_id_string())
            .collect();
        assert_eq!(unreadable, [""; 0], "{}", path.display());
    }
}

#[test]
fn openssl_reads_every_committed_certificate() {
    let Some(_) = openssl(&["version"]) else { return };
    for path in certificates() {
        for command in ["x509", "asn1parse"] {
            let path = path.to_str().expect("UTF-8");
            let run = openssl(&[command, "-inform", "DER", "-in", path]).expect("installed");
            assert!(run.status.success(), "{command} {path}: {run:?}");
        }
    }
}

#[test]
fn openssl_finds_every_committed_card_valid_up_to_its_root_with_every_list() {
    let Some(mut judge) = Judge::new() else { return };
    for slug in slugs() {
        let persona: Persona =
            toml::from_str(&read(&format!("cards/{slug}/persona.toml"))).expect("a persona");
        let (from, _) = igc::card_validity(&persona).expect("dates");
        let card = igc::committed(&slug).expect("embedded");
        for found in [&card.signature, &card.authentication, &card.technical].into_iter().flatten()
        {
            judge.at = from + 24.hours();
            assert_eq!(judge.verdict(&found.der, &[]), "OK", "{slug}");
        }
    }
}

#[test]
fn openssl_finds_every_committed_product_valid_up_to_its_root_with_every_list() {
    let Some(judge) = Judge::new() else { return };
    for product in ["org-auth-cli", "org-conf", "org-sign", "serv-ssl", "ps-auth", "ps-sign"] {
        let bytes = fs::read(folder().join(format!("igc/test/{product}.der"))).expect("readable");
        assert_eq!(judge.verdict(&bytes, &[]), "OK", "{product}");
    }
}

#[test]
fn openssl_finds_a_certificate_revoked_once_its_serial_number_is_on_the_list() {
    let Some(judge) = Judge::new() else { return };
    let card = igc::committed("medecin-cps3").expect("embedded");
    let certificate = &card.signature.as_ref().expect("a contact card").der;
    let (_, parsed) = X509Certificate::from_der(certificate).expect("a certificate");
    let revoked = Revoked {
        serial: parsed.raw_serial().to_vec(),
        at: judge.at - 24.hours(),
        reason: Some(Reason::KeyCompromise),
    };
    assert_eq!(judge.verdict(certificate, &[revoked]), "certificate revoked");
}

/// `openssl verify`, with every authority and every list, at a fixed instant.
struct Judge {
    folder: TempDir,
    at: Timestamp,
}

impl Judge {
    /// `None` where `openssl` is not installed.
    fn new() -> Option<Self> {
        openssl(&["version"])?;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (mut roots, mut intermediates) = (String::new(), String::new());
        for authority in Authority::all() {
            let file = match authority.domain() {
                None => &mut roots,
                Some(_) => &mut intermediates,
            };
            file.push_str(&pem("CERTIFICATE", authority.certificate()));
        }
        fs::write(folder.path().join("roots.pem"), roots).expect("writable");
        fs::write(folder.path().join("intermediates.pem"), intermediates).expect("writable");
        let at = "2026-03-01T12:00:00Z".parse().expect("an instant");
        Some(Self { folder, at })
    }

    /// `OK`, or the reason openssl gives. `revoked` goes on the list of every intermediate.
    fn verdict(&self, certificate: &[u8], revoked: &[Revoked]) -> String {
        let lists: String = Authority::all()
            .map(|authority| {
                let revoked = match authority.domain() {
                    None => &[],
                    Some(_) => revoked,
                };
                let (this, next) = (self.at - 1.hour(), self.at + 24.hours());
                pem("X509 CRL", &igc::crl(authority, this, next, 1, revoked).expect("minted"))
            })
            .collect();
        let path = |name: &str| self.folder.path().join(name).to_str().expect("UTF-8").to_owned();
        fs::write(path("lists.pem"), lists).expect("writable");
        fs::write(path("subject.pem"), pem("CERTIFICATE", certificate)).expect("writable");
        let run = openssl(&[
            "verify",
            "-crl_check_all",
            "-attime",
            &self.at.as_second().to_string(),
            "-no-CApath",
            "-no-CAstore",
            "-CAfile",
            &path("roots.pem"),
            "-untrusted",
            &path("intermediates.pem"),
            "-CRLfile",
            &path("lists.pem"),
            &path("subject.pem"),
        ])
        .expect("installed");
        match run.status.success() {
            true => "OK".to_owned(),
            false => {
                // `error 23 at 0 depth lookup: certificate revoked`
                let text = String::from_utf8_lossy(&run.stderr).into_owned();
                let reason = text.lines().find_map(|line| line.split_once(" lookup: "));
                reason.map_or(text.clone(), |(_, reason)| reason.to_owned())
            }
        }
    }
}

/// `None`, and a message, where `openssl` is not installed.
fn openssl(arguments: &[&str]) -> Option<Output> {
    let run = Command::new("openssl").args(arguments).output();
    #[expect(clippy::print_stderr, reason = "the only trace of a test that judged nothing")]
    if let Err(error) = &run {
        eprintln!("openssl is not judging: {error}");
    }
    run.ok()
}

fn pem(label: &'static str, bytes: &[u8]) -> String {
    use der::pem::{LineEnding, encode_string};
    encode_string(label, LineEnding::LF, bytes).expect("short")
}

/// Every committed certificate.
fn certificates() -> Vec<PathBuf> {
    let mut folders = vec!["igc/prod".to_owned(), "igc/test".to_owned()];
    folders.extend(slugs().iter().map(|slug| format!("cards/{slug}")));
    let files = folders.iter().flat_map(|folder| entries(folder));
    files.filter(|path| path.extension().is_some_and(|extension| extension == "der")).collect()
}

fn slugs() -> Vec<String> {
    let folders = entries("cards");
    let names = folders.iter().filter_map(|path| path.file_name()?.to_str());
    names.map(str::to_owned).collect()
}

fn entries(path: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder().join(path)).expect("a folder of certs-test");
    entries.map(|entry| entry.expect("readable").path()).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(folder().join(path)).expect("readable")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("certs-test")
}
