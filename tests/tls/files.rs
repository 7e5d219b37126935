//! Keys in files: what is read, what is refused, what they sign.

use cpskit::credential::{Credential, FileCredential, FileError, Hash, Nature, Scheme};
use cpskit::secret::Secret;
use cpskit::store::StoreError;
use cpskit::x509::PublicKey;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, UnparsedPublicKey};
use std::fs;

use crate::scene::{CLIENT_KEY, authority, bundle, client_certificate};
use crate::support::tool::{Tool, printed};

fn read(file: &[u8], password: Option<&str>) -> Result<FileCredential, FileError> {
    let password = password.map(|password| Secret::new(password.to_owned()));
    FileCredential::read(file, None, password.as_ref())
}

#[test]
fn a_bundle_gives_the_certificate_of_the_key_then_its_issuers() {
    let credential = read(bundle().as_bytes(), None).expect("a credential");
    assert_eq!(credential.chain(), [client_certificate(), authority()]);
    assert_eq!(credential.nature(), Nature::Real);
    let shown = format!("{credential:?}");
    assert_eq!(shown, "FileCredential { subject: Some(\"CN=Client\"), .. }");
}

#[test]
fn the_key_may_stand_in_a_file_of_its_own() {
    let certificates = client_certificate().to_pem();
    let credential =
        FileCredential::read(certificates.as_bytes(), Some(CLIENT_KEY.as_bytes()), None);
    assert_eq!(credential.expect("a credential").chain(), [client_certificate()]);
}

#[test]
fn what_it_signs_is_verified_by_the_certificate_and_other_schemes_are_refused() {
    let credential = read(bundle().as_bytes(), None).expect("a credential");
    let certificate = client_certificate();
    let key = PublicKey::bits(certificate.spki()).expect("a key");
    for length in [0, 1, 64, 1 << 20] {
        let message = vec![7; length];
        let pkcs1 = credential.sign(Scheme::RsaPkcs1(Hash::Sha256), &message).expect("signs");
        let verified =
            UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(&message, &pkcs1);
        assert!(verified.is_ok());
        let pss = credential.sign(Scheme::RsaPss(Hash::Sha384), &message).expect("signs");
        let verified =
            UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA384, key).verify(&message, &pss);
        assert!(verified.is_ok());
    }
    for scheme in [Scheme::Ed25519, Scheme::EcdsaP256Sha256, Scheme::RsaPkcs1(Hash::Sha1)] {
        assert!(credential.sign(scheme, b"").is_err());
    }
}

#[test]
fn what_is_lacking_is_said() {
    let other = include_str!("../../certs-test/keys/ps-auth.pem");
    let certificate = client_certificate().to_pem();
    let refused = |file: String| read(file.as_bytes(), None).expect_err("no credential");
    assert_eq!(refused(certificate.clone()), FileError::NoKey);
    assert_eq!(refused(CLIENT_KEY.to_owned()), FileError::NoCertificate);
    assert_eq!(refused([other, &certificate].concat()), FileError::Mismatch { certificates: 1 });
    let keys = vec!["RSA of CN=Client".to_owned(), "RSA without a certificate".to_owned()];
    assert_eq!(
        refused([CLIENT_KEY, other, &certificate].concat()),
        FileError::SeveralKeys { keys }
    );
    // The same key twice is one key.
    assert!(read([CLIENT_KEY, CLIENT_KEY, &certificate].concat().as_bytes(), None).is_ok());
}

#[test]
fn a_file_that_is_cut_anywhere_gives_an_error_or_the_same_credential() {
    let file = bundle();
    for end in (0..file.len()).step_by(17) {
        if let Ok(credential) = read(&file.as_bytes()[..end], None) {
            assert_eq!(credential.chain()[0], client_certificate());
        }
    }
}

#[test]
fn what_openssl_writes_is_read_old_and_new_encryption() {
    let Some(openssl) = Tool::or_skip("openssl", "openssl") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    let (input, output) = (home.join("in.pem"), home.join("out"));
    fs::write(&input, bundle()).expect("written");
    let (input, output) = (input.display().to_string(), output.display().to_string());
    let forms: &[&[&str]] = &[
        &["pkcs12", "-export", "-passout", "pass:mot de passe é", "-in", &input, "-out", &output],
        &[
            "pkcs12",
            "-export",
            "-legacy",
            "-passout",
            "pass:mot de passe é",
            "-in",
            &input,
            "-out",
            &output,
        ],
    ];
    for form in forms {
        let (code, _, stderr) = printed(&mut openssl.command(home, *form));
        assert_eq!(code, 0, "{stderr}");
        let file = fs::read(&output).expect("written");
        let credential = read(&file, Some("mot de passe é")).expect("a credential");
        assert_eq!(credential.chain()[0], client_certificate());
        let wrong = read(&file, Some("autre")).expect_err("no credential");
        assert_eq!(wrong, FileError::Store(StoreError::PasswordWrong));
    }
    for cipher in ["aes-256-cbc", "des3"] {
        let args = [
            "pkcs8", "-topk8", "-v2", cipher, "-passout", "pass:p", "-in", &input, "-out", &output,
        ];
        let (code, _, stderr) = printed(&mut openssl.command(home, args));
        assert_eq!(code, 0, "{stderr}");
        let key = fs::read(&output).expect("written");
        let certificate = client_certificate().to_pem();
        let given = Secret::new("p".to_owned());
        let opened = FileCredential::read(certificate.as_bytes(), Some(&key), Some(&given));
        assert!(opened.is_ok(), "{opened:?}");
        let closed = FileCredential::read(certificate.as_bytes(), Some(&key), None);
        let needed = FileError::Store(StoreError::PasswordNeeded);
        assert_eq!(closed.expect_err("closed"), needed);
    }
}
