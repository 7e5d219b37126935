//! Keys that are made here: what their files and their requests are, as we and others read them.

use std::fs;
use std::path::Path;

use cpskit::platform::key::{KeyError, LocalKey};
use cpskit::platform::want::{Ps, Typed, Want};
use cpskit::secret::Secret;
use cpskit::x509::PublicKey;

use super::support::tool::{Tool, printed};

const PASSWORD: &str = "phrase de passe é";

fn password() -> Secret<String> {
    Secret::new(PASSWORD.to_owned())
}

fn key() -> LocalKey {
    LocalKey::generate().expect("a key is made")
}

fn want(offer: &str, usage: &str, name: &str) -> Want {
    let mut typed = Typed {
        offer: offer.to_owned(),
        usage: usage.to_owned(),
        structure: "10B0152872".to_owned(),
        ..Typed::default()
    };
    match (offer, usage) {
        ("ORG", _) => typed.service = Some(name.to_owned()),
        (_, "SSL_SERV") => typed.dns = vec![name.to_owned()],
        ("PS", _) => {}
        _ => typed.email = Some(name.to_owned()),
    }
    Want::parse(&typed, Ps::On).expect("a want")
}

fn openssl() -> Option<Tool> {
    Tool::or_skip("openssl", "openssl")
}

fn write(folder: &Path, name: &str, content: &[u8]) -> String {
    let file = folder.join(name);
    fs::write(&file, content).expect("written");
    file.to_str().expect("UTF-8").to_owned()
}

fn pem_of(csr: &[u8]) -> String {
    pem_rfc7468::encode_string("CERTIFICATE REQUEST", pem_rfc7468::LineEnding::LF, csr)
        .expect("a request is encoded")
}

#[test]
fn a_key_is_read_back_with_its_password_and_with_no_other() {
    let key = key();
    let clear = key.to_pem(None).expect("written");
    let sealed = key.to_pem(Some(&password())).expect("written");
    assert!(clear.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert!(sealed.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));

    let read = |pem: &str, password: Option<&Secret<String>>| {
        LocalKey::from_pem(pem.as_bytes(), password)
            .map(|key| key.hash())
            .map_err(|e| e.to_string())
    };
    let unreadable = || Err(KeyError::Unreadable.to_string());
    assert_eq!(read(&clear, None), Ok(key.hash()));
    assert_eq!(read(&sealed, Some(&password())), Ok(key.hash()));
    assert_eq!(read(&sealed, None), unreadable());
    assert_eq!(read(&sealed, Some(&Secret::new("autre".to_owned()))), unreadable());
    assert_eq!(format!("{key:?}"), "LocalKey");
}

#[test]
fn a_file_that_is_cut_anywhere_is_no_key() {
    let clear = key().to_pem(None).expect("written");
    for cut in 0..clear.len() - 1 {
        let read = LocalKey::from_pem(&clear.as_bytes()[..cut], None);
        assert!(matches!(read, Err(KeyError::Unreadable)), "cut at {cut}");
    }
}

#[test]
fn a_file_with_two_keys_or_another_kind_of_key_is_no_key_of_ours() {
    let two = [key(), key()].map(|key| key.to_pem(None).expect("written").to_string()).concat();
    assert!(matches!(LocalKey::from_pem(two.as_bytes(), None), Err(KeyError::Unreadable)));
    for other in [&b""[..], b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"] {
        assert!(matches!(LocalKey::from_pem(other, None), Err(KeyError::Unreadable)));
    }
}

#[test]
fn two_keys_differ_and_a_password_gives_another_file_each_time() {
    let (one, two) = (key(), key());
    assert_ne!(one.hash(), two.hash());
    let sealed = || one.to_pem(Some(&password())).expect("written").to_string();
    assert_ne!(sealed(), sealed());
}

#[test]
fn openssl_reads_the_key_with_and_without_a_password() {
    let Some(openssl) = openssl() else { return };
    let home = tempfile::tempdir().expect("a folder");
    let key = key();
    let clear = write(home.path(), "clear.pem", key.to_pem(None).expect("written").as_bytes());
    let sealed = key.to_pem(Some(&password())).expect("written");
    let sealed = write(home.path(), "sealed.pem", sealed.as_bytes());
    let read = |args: &[&str]| {
        let args = ["pkey", "-check", "-noout", "-text_pub", "-in"].iter().chain(args);
        printed(&mut openssl.command(home.path(), args))
    };
    let (code, text, _) = read(&[&clear]);
    assert_eq!(code, 0);
    assert!(text.contains("Key is valid"), "{text}");
    assert!(text.contains("Public-Key: (2048 bit)"), "{text}");
    assert!(text.contains("Exponent: 65537 (0x10001)"), "{text}");
    let password = format!("pass:{PASSWORD}");
    assert_eq!(read(&[&sealed, "-passin", &password]), (0, text, String::new()));
    assert_ne!(read(&[&sealed, "-passin", "pass:autre"]).0, 0);

    let args = ["asn1parse", "-in", &sealed];
    let (_, structure, _) = printed(&mut openssl.command(home.path(), args));
    for algorithm in ["PBES2", "PBKDF2", "hmacWithSHA256", "aes-256-cbc", ":0927C0"] {
        assert!(structure.contains(algorithm), "{algorithm}: {structure}");
    }
}

#[test]
fn openssl_verifies_the_requests_of_every_offer() {
    let Some(openssl) = openssl() else { return };
    let home = tempfile::tempdir().expect("a folder");
    let key = key();
    for (offer, usage, name, subject) in [
        ("ORG", "AUTH_CLI", "INSI-AUTO", "C=FR,OU=10B0152872,CN=INSI-AUTO"),
        ("ORG", "SIGN", "Cachet é+=,\"x\"", r#"C=FR,OU=10B0152872,CN=Cachet é\+=\,\"x\""#),
        ("SERV", "SSL_SERV", "ws.domaine.fr", "C=FR,OU=10B0152872,CN=ws.domaine.fr"),
        ("PRO", "AUTH", "a@domaine.fr", "C=FR,OU=10B0152872,CN=a@domaine.fr"),
        ("PS", "AUTH", "", "C=FR,OU=10B0152872"),
    ] {
        let csr = pem_of(&key.csr(&want(offer, usage, name)).expect("made"));
        let file = write(home.path(), "request.pem", csr.as_bytes());
        let args =
            ["req", "-verify", "-noout", "-subject", "-nameopt", "sep_comma_plus,utf8,esc_2253"];
        let args = args.iter().copied().chain(["-in", &file]);
        let (code, told, verified) = printed(&mut openssl.command(home.path(), args));
        assert_eq!(code, 0, "{verified}");
        let all = format!("{told}{verified}");
        assert!(all.contains("self-signature verify OK"), "{all}");
        assert!(told.contains(&format!("subject={subject}\n")), "{told} {subject}");
    }
    let text = ["req", "-noout", "-text", "-in"];
    let file = home.path().join("request.pem");
    let args = text.iter().map(Path::new).chain([file.as_path()]);
    let (_, told, _) = printed(&mut openssl.command(home.path(), args));
    for fact in ["Version: 1 (0x0)", "Public-Key: (2048 bit)", "sha256WithRSAEncryption"] {
        assert!(told.contains(fact), "{fact}: {told}");
    }
}

#[test]
fn gnutls_verifies_a_request() {
    let Some(certtool) = Tool::or_skip("certtool", "gnutls-bin") else { return };
    let home = tempfile::tempdir().expect("a folder");
    let csr = pem_of(&key().csr(&want("ORG", "AUTH_CLI", "INSI-AUTO")).expect("made"));
    let file = write(home.path(), "request.pem", csr.as_bytes());
    let args = ["--crq-info", "--infile", &file];
    let (code, told, complaint) = printed(&mut certtool.command(home.path(), args));
    assert_eq!(code, 0, "{complaint}");
    for fact in ["Subject: CN=INSI-AUTO,OU=10B0152872,C=FR", "Self signature: verified"] {
        assert!(told.contains(fact), "{fact}: {told}");
    }
}

#[test]
fn the_request_is_for_the_key() {
    let Some(openssl) = openssl() else { return };
    let home = tempfile::tempdir().expect("a folder");
    let key = key();
    let csr = pem_of(&key.csr(&want("ORG", "AUTH_CLI", "a")).expect("made"));
    let file = write(home.path(), "request.pem", csr.as_bytes());
    let args = ["req", "-noout", "-pubkey", "-in", &file];
    let (_, public, _) = printed(&mut openssl.command(home.path(), args));
    let (_, spki) = pem_rfc7468::decode_vec(public.as_bytes()).expect("a public key");
    let hash = ring::digest::digest(&ring::digest::SHA256, &spki);
    assert_eq!(hash.as_ref(), key.hash());
    assert_eq!(PublicKey::from_spki(&spki).expect("a key").rsa_bits(), Some(2048));
}

#[test]
fn a_name_that_no_cn_holds_is_left_out_of_the_request() {
    let long = format!("{}@{}.fr", "a".repeat(64), "b".repeat(60));
    assert!(key().csr(&want("PRO", "SIGN", &long)).is_ok());
}
