//! What the emulated platform gives, read by others: PKCS#12 by `openssl pkcs12` and by Java's `keytool`, lists and OCSP by
//! `openssl`. The dates are those of the day, as the judges look at them.
//!
//! Tests pass with a message where a judge is not installed.
#![cfg(feature = "cli")]

#[path = "emulated_platform/client.rs"]
#[allow(dead_code)]
mod client;
#[path = "support/tool.rs"]
mod tool;

use std::fs;
use std::path::Path;

use client::{Client, demande, fetched};
use cpskit::emulate::igc::Authority;
use cpskit::emulate::platform::{Clock, Emulator, Pkcs12Encoding, Settings};
use cpskit::emulate::{Persona, igc};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;
use tool::{Tool, printed};

const PASSWORD: &str = "mot de passe";

/// A platform at the instant of the judges.
fn settings() -> Settings {
    Settings::new(Clock::stopped(Timestamp::now()))
}

/// The first persona with a card that begins yesterday, whatever the day.
fn card(emulator: &Emulator) -> Client {
    let persona = Persona::builtin("medecin-cps3").expect("a persona");
    let (now, day) = (emulator.clock().now(), SignedDuration::from_hours(24));
    let cards = igc::card_certificates(&persona, now - day, now + day * 300).expect("minted");
    let found = cards.authentication.expect("a contact card");
    Client::showing(emulator, vec![found.der.to_vec()], found.key.pkcs8().expect("PEM"))
}

fn pkcs12(encoding: Pkcs12Encoding, folder: &Path) -> String {
    let mut settings = settings();
    settings.rules.pkcs12 = encoding;
    let emulator = Emulator::start(settings).expect("started");
    let client = card(&emulator);
    let mut asked = demande(1);
    asked["modeCle"] = json!("plateforme");
    asked["csr"] = Value::Null;
    asked["motDePasseCle"] = json!(PASSWORD);
    let (id, _) = client.finalised(&asked);
    let path = format!("demandes/{id}/telechargement");
    let file = client.post(&path, &json!({"motDePasseCle": PASSWORD}));
    assert_eq!(file.status, 200);
    let path = folder.join("platform.p12");
    fs::write(&path, file.body).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

#[test]
fn openssl_reads_the_pkcs12_of_both_encodings() {
    let Some(openssl) = Tool::or_skip("openssl", "openssl") else { return };
    let modern = ["PBES2, PBKDF2, AES-256-CBC", "MAC: sha256"];
    let legacy = ["pbeWithSHA1And40BitRC2-CBC", "pbeWithSHA1And3-KeyTripleDES-CBC", "MAC: sha1"];
    for (encoding, algorithms) in
        [(Pkcs12Encoding::Modern, &modern[..]), (Pkcs12Encoding::Legacy, &legacy[..])]
    {
        let folder = TempDir::new().expect("a folder");
        let file = pkcs12(encoding, folder.path());
        let password = format!("pass:{PASSWORD}");
        let mut args = vec!["pkcs12", "-in", &file, "-passin", &password, "-nodes", "-info"];
        if encoding == Pkcs12Encoding::Legacy {
            args.push("-legacy");
        }
        let (code, out, told) = printed(&mut openssl.command(folder.path(), args));
        assert_eq!(code, 0, "{told}");
        for algorithm in algorithms {
            assert!(told.contains(algorithm), "{algorithm} in {told}");
        }
        let count = |mark: &str| out.matches(mark).count();
        assert_eq!((count("BEGIN PRIVATE KEY"), count("BEGIN CERTIFICATE")), (1, 3));
        assert!(out.contains("friendlyName: APPLI EMULEE"), "{out}");
        // The key is that of the certificate, which its authorities signed.
        let pem = folder.path().join("all.pem");
        fs::write(&pem, &out).expect("written");
        let pem = pem.to_str().expect("UTF-8");
        let public = |args: &[&str]| printed(&mut openssl.command(folder.path(), args)).1;
        let of_key = public(&["pkey", "-in", pem, "-pubout"]);
        assert_eq!(of_key, public(&["x509", "-in", pem, "-pubkey", "-noout"]));
        let verify = ["verify", "-CAfile", pem, "-untrusted", pem, "-purpose", "sslclient", pem];
        let (code, _, told) = printed(&mut openssl.command(folder.path(), verify));
        assert_eq!(code, 0, "{told}");
    }
}

#[test]
fn keytool_reads_the_pkcs12_of_both_encodings() {
    let Some(keytool) = Tool::or_skip("keytool", "default-jre-headless") else { return };
    for encoding in [Pkcs12Encoding::Modern, Pkcs12Encoding::Legacy] {
        let folder = TempDir::new().expect("a folder");
        let file = pkcs12(encoding, folder.path());
        let args =
            ["-list", "-v", "-storetype", "PKCS12", "-keystore", &file, "-storepass", PASSWORD];
        let (code, out, told) = printed(&mut keytool.command(folder.path(), args));
        assert_eq!(code, 0, "{out}{told}");
        assert!(out.contains("PrivateKeyEntry") && out.contains("chain length: 3"), "{out}");
        let wrong = ["-list", "-storetype", "PKCS12", "-keystore", &file, "-storepass", "un autre"];
        assert_ne!(printed(&mut keytool.command(folder.path(), wrong)).0, 0);
    }
}

/// A platform with a certificate that was ordered, in files of a folder.
struct Desk {
    openssl: Tool,
    emulator: Emulator,
    folder: TempDir,
    serie: String,
}

impl Desk {
    fn new() -> Option<Self> {
        let openssl = Tool::or_skip("openssl", "openssl")?;
        let emulator = Emulator::start(settings()).expect("started");
        let folder = TempDir::new().expect("a folder");
        let client = card(&emulator);
        let (id, serie) = client.finalised(&demande(1));
        let der = client.post(&format!("demandes/{id}/telechargement"), &json!({})).body;
        let desk = Self { openssl, emulator, folder, serie };
        desk.pem("leaf.pem", "x509", &der);
        let issuer = Authority::by_code("ACI-EL-ORG-TEST").expect("an authority");
        desk.pem("issuer.pem", "x509", issuer.certificate());
        desk.pem("root.pem", "x509", desk.emulator.anchor());
        Some(desk)
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("UTF-8").to_owned()
    }

    fn run(&self, args: &[&str]) -> (i32, String) {
        let (code, out, told) = printed(&mut self.openssl.command(self.folder.path(), args));
        (code, out + &told)
    }

    /// Has openssl write DER as PEM.
    fn pem(&self, name: &str, kind: &str, der: &[u8]) {
        let (from, to) = (self.path("in.der"), self.path(name));
        fs::write(&from, der).expect("written");
        let (code, told) = self.run(&[kind, "-inform", "DER", "-in", &from, "-out", &to]);
        assert_eq!(code, 0, "{told}");
    }

    fn list(&self, code: &str, name: &str) {
        let path = format!("/CRL/{code}.crl");
        self.pem(name, "crl", &fetched(self.emulator.publication(), "GET", &path, b"").body);
    }

    fn revoke(&self) {
        let path = format!("certificats/{}/revocation", self.serie);
        let asked = json!({"codeRevocation": "code-1234", "motif": "COMPROMISSION"});
        assert_eq!(card(&self.emulator).post(&path, &asked).status, 200);
    }

    /// `openssl crl`: whether the issuer signed a list.
    fn signed(&self, name: &str) -> bool {
        let (list, issuer) = (self.path(name), self.path("issuer.pem"));
        let (_, told) = self.run(&["crl", "-in", &list, "-noout", "-CAfile", &issuer]);
        told.contains("verify OK")
    }

    /// `openssl verify` with the lists.
    fn verified(&self, lists: &[&str]) -> (i32, String) {
        let bundle: String =
            lists.iter().map(|name| fs::read_to_string(self.path(name)).expect("a list")).collect();
        fs::write(self.path("lists.pem"), bundle).expect("written");
        let (lists, root) = (self.path("lists.pem"), self.path("root.pem"));
        let (issuer, leaf) = (self.path("issuer.pem"), self.path("leaf.pem"));
        let mut args = vec!["verify", "-crl_check", "-extended_crl", "-use_deltas"];
        args.extend(["-CRLfile", &lists, "-CAfile", &root, "-untrusted", &issuer, &leaf]);
        self.run(&args)
    }

    /// `openssl ocsp`.
    fn ocsp(&self) -> String {
        let (issuer, leaf, root) =
            (self.path("issuer.pem"), self.path("leaf.pem"), self.path("root.pem"));
        let url = format!("{}/OCSP", self.emulator.publication());
        let mut args = vec!["ocsp", "-issuer", &issuer, "-cert", &leaf, "-url", &url];
        args.extend(["-CAfile", &root, "-verify_other", &issuer]);
        self.run(&args).1
    }
}

#[test]
fn openssl_sees_a_revocation_in_the_complete_list_and_in_the_delta() {
    let Some(desk) = Desk::new() else { return };
    desk.emulator.publish().expect("published");
    desk.list("ACI-EL-ORG-TEST", "before.pem");
    assert!(desk.signed("before.pem"));
    let (code, told) = desk.verified(&["before.pem"]);
    assert_eq!(code, 0, "{told}");
    desk.revoke();
    desk.emulator.clock().advance(SignedDuration::from_secs(1));
    desk.emulator.publish().expect("published");
    desk.list("ACI-EL-ORG-TEST", "after.pem");
    desk.list("ACI-EL-ORG-TEST-delta", "delta.pem");
    assert!(desk.signed("after.pem") && desk.signed("delta.pem"));
    let (code, told) = desk.verified(&["after.pem"]);
    assert!(code != 0 && told.contains("certificate revoked"), "{told}");
    let (_, text) = desk.run(&["crl", "-in", &desk.path("delta.pem"), "-noout", "-text"]);
    for words in
        ["X509v3 Delta CRL Indicator: critical", &desk.serie.to_uppercase(), "Key Compromise"]
    {
        assert!(text.contains(words), "{words} in {text}");
    }
}

#[test]
fn openssl_refuses_a_list_that_is_signed_with_another_key() {
    let Some(desk) = Desk::new() else { return };
    desk.emulator.inject("foreign-list".parse().expect("a fault"));
    desk.list("ACI-EL-ORG-TEST", "foreign.pem");
    desk.list("ACI-EL-ORG-TEST-delta", "foreign-delta.pem");
    assert_eq!([desk.signed("foreign.pem"), desk.signed("foreign-delta.pem")], [false, false]);
    assert_ne!(desk.verified(&["foreign.pem"]).0, 0);
}

#[test]
fn openssl_asks_ocsp_and_is_told_of_a_revocation_at_once() {
    let Some(desk) = Desk::new() else { return };
    let told = desk.ocsp();
    assert!(told.contains("Response verify OK") && told.contains("leaf.pem: good"), "{told}");
    desk.revoke();
    let told = desk.ocsp();
    assert!(told.contains("Response verify OK") && told.contains("leaf.pem: revoked"), "{told}");
    assert!(told.contains("Reason: keyCompromise"), "{told}");
}
