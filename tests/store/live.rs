//! What `openssl`, `ssh-keygen` and `keytool` write today. Tests of a program that is missing say so and pass.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use cpskit::store::{KeyIdentity, PrivateKey, Protection};

use super::support::tool::Tool;
use super::{PASSWORD, ROOT, Told, der, private, read};

/// A program, and a folder for its files.
struct Bench {
    tool: Tool,
    folder: tempfile::TempDir,
}

impl Bench {
    /// `openssl`, which judges much else here: demanded where everything is.
    fn openssl() -> Option<Self> {
        Tool::or_skip("openssl", "openssl").map(Self::with)
    }

    /// A program that is welcome.
    #[allow(clippy::print_stderr)]
    fn optional(name: &'static str) -> Option<Self> {
        let tool = Tool::or_none(name);
        if tool.is_none() {
            eprintln!("skipped: {name} is missing");
        }
        tool.map(Self::with)
    }

    fn with(tool: Tool) -> Self {
        Self { tool, folder: tempfile::tempdir().expect("a folder") }
    }

    fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) {
        let mut command = self.tool.command(self.folder.path(), args);
        let output = command.current_dir(self.folder.path()).output().expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Runs a line of words, in the folder.
    fn line(&self, line: &str) {
        self.run(line.split_whitespace());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).expect("a file was made")
    }

    fn keys(&self, name: &str, password: Option<&str>) -> Vec<PrivateKey> {
        read(&self.read(name), password).expect("keys").keys
    }
}

fn test_key(name: &str) -> PathBuf {
    Path::new(ROOT).join(format!("certs-test/keys/{name}.pem"))
}

/// SHA-256 of the public half of a key, as `openssl` derives it.
fn public(openssl: &Bench, key: &str) -> KeyIdentity {
    openssl.line(&format!("pkey -in {key} -pubout -outform DER -out public.der"));
    let digest = ring::digest::digest(&ring::digest::SHA256, &openssl.read("public.der"));
    KeyIdentity::Public(digest.as_ref().try_into().expect("32 bytes"))
}

#[test]
fn the_public_half_of_a_key_is_that_of_openssl_in_every_format() {
    let Some(openssl) = Bench::openssl() else { return };
    for (kind, options) in [
        ("RSA", "rsa_keygen_bits:2048"),
        ("EC", "ec_paramgen_curve:P-256"),
        ("EC", "ec_paramgen_curve:P-384"),
        ("EC", "ec_paramgen_curve:secp521r1"),
        ("RSA-PSS", "rsa_keygen_bits:2048"),
    ] {
        openssl.line(&format!("genpkey -algorithm {kind} -pkeyopt {options} -out key.pem"));
        let clear =
            [PrivateKey { identity: public(&openssl, "key.pem"), protection: Protection::Clear }];
        assert_eq!(openssl.keys("key.pem", None), clear, "{options}");
        openssl.line("pkey -in key.pem -outform DER -out key.der");
        assert_eq!(openssl.keys("key.der", None), clear, "{options}");
        openssl.line("pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key.p8");
        assert_eq!(openssl.keys("key.p8", None), clear, "{options}");
        if kind != "RSA-PSS" {
            openssl.line("pkey -in key.pem -traditional -out traditional.pem");
            assert_eq!(openssl.keys("traditional.pem", None), clear, "{options}");
        }
    }
    openssl.line("genpkey -algorithm ED25519 -out key.pem");
    let clear = PrivateKey { identity: public(&openssl, "key.pem"), protection: Protection::Clear };
    assert_eq!(openssl.keys("key.pem", None), [clear]);
}

#[test]
fn an_encrypted_key_opens_with_its_password_and_is_known_as_encrypted_without() {
    let Some(openssl) = Bench::openssl() else { return };
    let key = test_key("org-auth-cli");
    for cipher in [
        "-v2 aes-256-cbc",
        "-v2 des3 -v2prf hmacWithSHA1",
        "-v1 PBE-SHA1-3DES",
        "-scrypt",
        "-v2 aes128 -iter 100000",
    ] {
        let key = key.display();
        openssl.line(&format!(
            "pkcs8 -topk8 {cipher} -passout pass:{PASSWORD} -in {key} -out key.pem"
        ));
        let opened = private("org-auth-cli", Protection::Encrypted);
        assert_eq!(openssl.keys("key.pem", Some(PASSWORD)), [opened], "{cipher}");
        for password in [None, Some("another")] {
            let keys = openssl.keys("key.pem", password);
            assert!(matches!(keys[0].identity, KeyIdentity::Sealed(_)), "{cipher} {password:?}");
            assert_eq!(keys[0].protection, Protection::Encrypted);
        }
    }
}

#[test]
fn an_old_pem_key_with_dek_info_is_known_as_encrypted() {
    let Some(openssl) = Bench::openssl() else { return };
    let key = test_key("org-auth-cli");
    let key = key.display();
    openssl
        .line(&format!("rsa -in {key} -traditional -aes128 -passout pass:{PASSWORD} -out key.pem"));
    let [found] = openssl.keys("key.pem", Some(PASSWORD))[..] else { panic!("one key") };
    assert!(matches!(found.identity, KeyIdentity::Sealed(_)));
    assert_eq!(found.protection, Protection::Encrypted);
}

#[test]
fn a_key_of_openssh_is_told_by_its_public_half_even_encrypted() {
    let Some(ssh) = Bench::optional("ssh-keygen") else { return };
    let Some(openssl) = Bench::openssl() else { return };
    for kind in ["rsa -b 2048", "ecdsa -b 256", "ecdsa -b 384", "ed25519"] {
        for name in ["clear", "sealed"] {
            let _ = fs::remove_file(ssh.path(name));
        }
        let words = format!("-q -t {kind} -f clear -N");
        ssh.run(words.split_whitespace().chain([""]));
        let [clear] = ssh.keys("clear", None)[..] else { panic!("one key") };
        assert_eq!(clear.protection, Protection::Clear, "{kind}");
        fs::copy(ssh.path("clear"), ssh.path("sealed")).expect("copied");
        ssh.run(["-q", "-p", "-f", "sealed", "-P", "", "-N", PASSWORD]);
        let sealed = PrivateKey { protection: Protection::Encrypted, ..clear };
        assert_eq!(ssh.keys("sealed", None), [sealed], "{kind}");
        if kind != "ed25519" {
            ssh.run(["-q", "-p", "-m", "PEM", "-f", "clear", "-P", "", "-N", ""]);
            fs::copy(ssh.path("clear"), openssl.path("key.pem")).expect("copied");
            assert_eq!(public(&openssl, "key.pem"), clear.identity, "{kind}");
        }
    }
}

#[test]
fn pkcs12_of_the_openssl_at_hand_is_read() {
    let Some(openssl) = Bench::openssl() else { return };
    fs::write(openssl.path("leaf.der"), der("org-auth-cli")).expect("written");
    openssl.line("x509 -inform DER -in leaf.der -out leaf.pem");
    let key = test_key("org-auth-cli");
    let key = key.display();
    let expected = Told {
        certificates: vec!["org-auth-cli".to_owned()],
        keys: vec![private("org-auth-cli", Protection::Encrypted)],
        ..Told::default()
    };
    for options in [
        "",
        "-macalg sha512 -maciter",
        "-macalg sha1 -iter 1",
        "-keypbe AES-128-CBC -certpbe AES-192-CBC -macalg sha384",
        "-keypbe PBE-SHA1-2DES -certpbe PBE-SHA1-3DES",
    ] {
        openssl.line(&format!(
            "pkcs12 -export -inkey {key} -in leaf.pem {options} -passout pass:été -out out.p12"
        ));
        let contents = read(&openssl.read("out.p12"), Some("été")).expect(options);
        assert_eq!(Told::of(&contents), expected, "{options}");
    }
}

#[test]
fn pkcs7_is_read_in_der_in_pem_and_with_indefinite_lengths() {
    let Some(openssl) = Bench::openssl() else { return };
    fs::write(openssl.path("leaf.der"), der("org-auth-cli")).expect("written");
    openssl.line("x509 -inform DER -in leaf.der -out leaf.pem");
    fs::write(openssl.path("text"), "text").expect("written");
    let key = test_key("org-auth-cli");
    let key = key.display();
    let expected = Told { certificates: vec!["org-auth-cli".to_owned()], ..Told::default() };
    for line in [
        "crl2pkcs7 -nocrl -certfile leaf.pem -out out",
        "crl2pkcs7 -nocrl -certfile leaf.pem -outform DER -out out",
        &format!(
            "smime -sign -signer leaf.pem -inkey {key} -in text -outform DER -nodetach -out out"
        ),
        &format!("cms -sign -signer leaf.pem -inkey {key} -in text -outform DER -out out"),
        &format!(
            "cms -sign -stream -signer leaf.pem -inkey {key} -in text -outform DER -nodetach -out out"
        ),
        &format!(
            "cms -sign -stream -signer leaf.pem -inkey {key} -in text -outform PEM -nodetach -out out"
        ),
    ] {
        openssl.line(line);
        let contents = read(&openssl.read("out"), None).expect(line);
        assert_eq!(Told::of(&contents), expected, "{line}");
    }
}

#[test]
fn a_trusted_certificate_of_openssl_says_that_it_is_trusted() {
    let Some(openssl) = Bench::openssl() else { return };
    fs::write(openssl.path("leaf.der"), der("ACR-EL-TEST")).expect("written");
    openssl.line("x509 -inform DER -in leaf.der -trustout -addtrust clientAuth -out trusted.pem");
    let expected = Told {
        certificates: vec!["ACR-EL-TEST".to_owned()],
        trusted: [0].into(),
        ..Told::default()
    };
    let contents = read(&openssl.read("trusted.pem"), None).expect("a certificate");
    assert_eq!(Told::of(&contents), expected);
}

#[test]
fn a_key_store_of_the_java_at_hand_is_read_with_a_key_of_either_kind() {
    let Some(keytool) = Bench::optional("keytool") else { return };
    for kind in ["PKCS12", "JKS", "JCEKS"] {
        let store = format!("store.{kind}");
        keytool.line(&format!(
            "-genkeypair -alias a -keyalg RSA -keysize 2048 -dname CN=a -keystore {store} -storetype {kind} \
             -storepass {PASSWORD} -keypass {PASSWORD}"
        ));
        let contents = read(&keytool.read(&store), Some(PASSWORD)).expect(kind);
        let [certificate] = &contents.certificates[..] else { panic!("one certificate") };
        let [key] = contents.keys[..] else { panic!("one key") };
        assert_eq!(key.protection, Protection::Encrypted);
        if kind != "JCEKS" {
            assert_eq!(key.identity, KeyIdentity::Public(certificate.spki_sha256()), "{kind}");
        }
    }
}
