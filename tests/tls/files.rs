//! Keys in files: what is read, what is refused, what they sign.

use cpskit::credential::{Credential, Error, FileCredential, FileError, Hash, Nature, Scheme};
use cpskit::secret::Secret;
use cpskit::store::StoreError;
use cpskit::x509::PublicKey;
use proptest::prelude::*;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, UnparsedPublicKey, VerificationAlgorithm,
};
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
    for end in 0..file.len() {
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

/// Whether what the credential signs is verified by its own certificate; an error when it does not sign.
fn signs(credential: &FileCredential) -> Result<bool, Error> {
    let certificate = &credential.chain()[0];
    let key = PublicKey::bits(certificate.spki()).expect("a key");
    let each = credential.schemes().iter().map(|scheme| {
        let by: &dyn VerificationAlgorithm = match scheme {
            Scheme::EcdsaP256Sha256 => &ECDSA_P256_SHA256_ASN1,
            Scheme::EcdsaP384Sha384 => &ECDSA_P384_SHA384_ASN1,
            Scheme::Ed25519 => &ED25519,
            Scheme::RsaPkcs1(Hash::Sha256) => &RSA_PKCS1_2048_8192_SHA256,
            Scheme::RsaPss(Hash::Sha384) => &RSA_PSS_2048_8192_SHA384,
            _ => return Ok(true),
        };
        let signature = credential.sign(*scheme, b"message")?;
        Ok(UnparsedPublicKey::new(by, key).verify(b"message", &signature).is_ok())
    });
    each.reduce(|all, one| Ok(all? && one?)).expect("a scheme")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_file_with_a_byte_changed_gives_an_error_or_a_key_that_is_its_certificates(
        place in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut file = bundle().into_bytes();
        let place = place.index(file.len());
        file[place] = byte;
        if let Ok(credential) = read(&file, None) {
            // A broken key may not sign; it never signs what is wrong.
            prop_assert!(signs(&credential).unwrap_or(true));
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(
        certificates in any::<Vec<u8>>(), key in any::<Option<Vec<u8>>>(), secret in any::<Option<String>>(),
    ) {
        let password = secret.map(Secret::new);
        let read = FileCredential::read(&certificates, key.as_deref(), password.as_ref());
        prop_assert!(read.is_err());
    }
}

#[test]
fn keys_of_elliptic_curves_of_openssl_sign_and_are_told_from_those_that_are_not_used() {
    let Some(openssl) = Tool::or_skip("openssl", "openssl") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    let path = |name: &str| home.join(name).display().to_string();
    for (algorithm, schemes) in [
        (&["ec", "-pkeyopt", "ec_paramgen_curve:P-256"][..], Ok(Scheme::EcdsaP256Sha256)),
        (&["ec", "-pkeyopt", "ec_paramgen_curve:P-384"], Ok(Scheme::EcdsaP384Sha384)),
        (&["ed25519"], Ok(Scheme::Ed25519)),
        (
            &["ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
            Err(FileError::Unsupported { kind: "elliptic curve" }),
        ),
    ] {
        let (key, cert) = (path("key.pem"), path("cert.pem"));
        let named =
            ["req", "-x509", "-nodes", "-subj", "/CN=Other", "-keyout", &key, "-out", &cert];
        let args = [&named[..], &["-newkey"], algorithm].concat();
        let (code, _, stderr) = printed(&mut openssl.command(home, args));
        assert_eq!(code, 0, "{stderr}");
        let [key, cert] = [key, cert].map(|name| fs::read(name).expect("written"));
        let read = FileCredential::read(&cert, Some(&key), None);
        let found = read.as_ref().map(|credential| {
            assert!(signs(credential).expect("signs"), "{algorithm:?}");
            credential.schemes()[0]
        });
        assert_eq!(found.map_err(Clone::clone), schemes);
    }
}

#[test]
fn what_keytool_keeps_is_read_and_cut_anywhere_it_gives_an_error() {
    let Some(keytool) = Tool::or_skip("keytool", "default-jre-headless") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    for kind in ["JKS", "PKCS12"] {
        let store = home.join(kind);
        let named = ["-genkeypair", "-alias", "a", "-keyalg", "RSA", "-keysize", "2048"];
        let kept = ["-dname", "CN=Java", "-storepass", "changeit", "-storetype", kind, "-keystore"];
        let mut command = keytool.command(home, [&named[..], &kept].concat());
        let (code, stdout, stderr) = printed(command.arg(&store));
        assert_eq!(code, 0, "{stdout}{stderr}");
        let file = fs::read(&store).expect("written");
        let credential = read(&file, Some("changeit")).expect("a credential");
        assert_eq!(credential.chain()[0].subject().to_string(), "CN=Java");
        assert!(signs(&credential).expect("signs"));
        assert_eq!(
            read(&file, Some("other")).expect_err("closed"),
            FileError::Store(StoreError::PasswordWrong)
        );
        for end in 0..file.len() {
            assert!(read(&file[..end], Some("changeit")).is_err(), "{kind} {end}");
        }
    }
}
