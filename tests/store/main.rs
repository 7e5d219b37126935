//! Containers as other programs write them: `openssl` and Java's `keytool`.
#![cfg(feature = "store")]

mod damage;
mod fixtures;
mod live;
#[path = "../support/support.rs"]
mod support;

use std::collections::BTreeSet;
use std::fs;

use cpskit::secret::Secret;
use cpskit::store::{self, Contents, KeyIdentity, PrivateKey, Protection, StoreError};
use cpskit::x509::Certificate;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The password of all containers here.
const PASSWORD: &str = "changeit";

/// A container of `fixtures/`.
fn fixture(name: &str) -> Vec<u8> {
    fs::read(format!("{ROOT}/tests/store/fixtures/{name}")).expect("a fixture")
}

/// Reads with a password, or without.
fn read(bytes: &[u8], password: Option<&str>) -> Result<Contents, StoreError> {
    let password = password.map(|password| Secret::new(password.to_owned()));
    store::read(bytes, password.as_ref())
}

/// The DER of a certificate of the TEST world.
fn der(name: &str) -> Vec<u8> {
    fs::read(format!("{ROOT}/certs-test/igc/test/{name}.der")).expect("a certificate")
}

/// The PEM of a private key.
fn key(name: &str) -> Vec<u8> {
    fs::read(format!("{ROOT}/certs-test/keys/{name}.pem")).expect("a key")
}

/// What was read, told by names.
#[derive(Debug, Default, Eq, PartialEq)]
struct Told {
    /// Of the files of `certs-test/igc/test`.
    certificates: Vec<String>,
    trusted: BTreeSet<usize>,
    keys: Vec<PrivateKey>,
    lists: usize,
    problems: Vec<String>,
}

impl Told {
    fn of(contents: &Contents) -> Self {
        let names = ["ACR-EL-TEST", "ACI-EL-ORG-TEST", "org-auth-cli"];
        let name = |certificate: &Certificate| {
            let known = names.into_iter().find(|name| der(name) == certificate.der());
            known.expect("one of ours").to_owned()
        };
        Self {
            certificates: contents.certificates.iter().map(name).collect(),
            trusted: contents.trusted.clone(),
            keys: contents.keys.clone(),
            lists: contents.lists.len(),
            problems: contents.problems.iter().map(ToString::to_string).collect(),
        }
    }
}

/// The key of a certificate of the TEST world.
fn private(name: &str, protection: Protection) -> PrivateKey {
    let certificate = Certificate::parse(&der(name)).expect("a certificate");
    PrivateKey { identity: KeyIdentity::Public(certificate.spki_sha256()), protection }
}
