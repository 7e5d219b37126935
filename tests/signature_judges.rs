//! What the cards sign, against openssl and GnuTLS: every key, scheme, hash and transport, at the lengths where hashes turn.
#![cfg(feature = "cli")]

#[path = "support/support.rs"]
mod support;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cpskit::card::{Card, Hash, Hashed, Hasher, Key, LastTry, Padding, PinRule, PinSource, Role};
use cpskit::emulate::persona::ProtocolSpec;
use cpskit::emulate::{Persona, VirtualReader, issue};
use cpskit::secret::Pin;
use support::cli::{Run, command, finish};
use support::gnutls::{Case, Gnutls};
use support::tool::{Tool, printed};
use tempfile::TempDir;

/// Around the block of SHA-1 and SHA-256, of 64 bytes, and that of the longer ones, of 128; and a message of many blocks.
const LENGTHS: [usize; 10] = [0, 1, 55, 56, 63, 64, 65, 119, 128, 1 << 20];

/// Every generation and interface, with each transport that it has.
const CARDS: [(&str, ProtocolSpec); 4] = [
    ("medecin-cps3", ProtocolSpec::T0),
    ("cpa-cps4", ProtocolSpec::T0),
    ("medecin-cps4", ProtocolSpec::T1),
    ("sans-contact-cps3", ProtocolSpec::T1),
];

fn message(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at % 251).expect("under 251")).collect()
}

/// A folder where the judges find what they judge.
struct Bench {
    folder: TempDir,
    openssl: Tool,
}

impl Bench {
    fn or_skip() -> Option<Self> {
        let openssl = Tool::or_skip("openssl", "openssl")?;
        Some(Self { folder: TempDir::new().expect("a folder"), openssl })
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn put(&self, name: &str, bytes: &[u8]) -> String {
        fs::write(self.path(name), bytes).expect("written");
        self.path(name)
    }

    fn openssl(&self, args: &[&str]) -> (i32, String, String) {
        printed(&mut self.openssl.command(self.folder.path(), args))
    }

    /// The public key of a certificate in PEM.
    fn public_key(&self, pem: &str) -> String {
        let key = self.path("key.pem");
        let made = self.openssl(&["x509", "-in", pem, "-noout", "-pubkey", "-out", &key]);
        assert_eq!(made.0, 0, "{made:?}");
        key
    }

    /// `openssl dgst -verify`: the salt is as long as it is.
    fn holds(
        &self,
        key: &str,
        padding: Padding,
        hash: Hash,
        message: &str,
        signature: &str,
    ) -> bool {
        let hash = format!("-{}", hash.name());
        let mut args = vec!["dgst", &hash, "-verify", key, "-signature", signature];
        if padding == Padding::Pss {
            args.extend(["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:-2"]);
        }
        let (code, stdout, _) = self.openssl(&[&args[..], &[message]].concat());
        code == 0 && stdout.trim() == "Verified OK"
    }

    /// `openssl pkeyutl -verify`, of a digest.
    fn holds_of_digest(
        &self,
        key: &str,
        padding: Padding,
        hash: Hash,
        digest: &str,
        signature: &str,
    ) -> bool {
        let hash = format!("digest:{}", hash.name());
        let mut args = vec![
            "pkeyutl", "-verify", "-pubin", "-inkey", key, "-in", digest, "-sigfile", signature,
            "-pkeyopt", &hash,
        ];
        if padding == Padding::Pss {
            args.extend(["-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:-2"]);
        }
        self.openssl(&args).0 == 0
    }
}

fn card(slug: &str, protocol: ProtocolSpec) -> Card {
    let mut persona = Persona::builtin(slug).expect("a persona");
    persona.card.protocol = protocol;
    let card = issue::dated(&persona).expect("a card");
    Card::open(Box::new(VirtualReader::insert(card))).expect("a CPx card")
}

fn keys(card: &mut Card) -> Vec<Key> {
    [Role::Signature, Role::Authentication, Role::Technical]
        .into_iter()
        .filter_map(|role| card.session(|session| session.key(role)).ok())
        .collect()
}

fn sign(card: &mut Card, key: &Key, padding: Padding, hashed: &Hashed) -> Vec<u8> {
    let pin = Pin::parse("1234".to_owned()).expect("digits");
    let signature = card.session(|session| match key.pin() {
        PinRule::NotNeeded => session.sign_without_pin(key, padding, hashed),
        PinRule::Needed => {
            let mut unlocked = session.unlock(PinSource::Typed(&pin), LastTry::Keep)?;
            unlocked.sign(key, padding, hashed)
        }
    });
    signature.expect("a signature")
}

#[test]
fn openssl_confirms_what_every_key_signs_at_every_length() {
    let Some(bench) = Bench::or_skip() else { return };
    let messages: Vec<(Vec<u8>, String)> = LENGTHS
        .into_iter()
        .map(|length| (message(length), bench.put(&format!("message-{length}"), &message(length))))
        .collect();
    let mut judged = 0;
    for (slug, protocol) in CARDS {
        let mut card = card(slug, protocol);
        for key in keys(&mut card) {
            let pem = bench.put("certificate.pem", key.certificate().to_pem().as_bytes());
            let public = bench.public_key(&pem);
            for (padding, hash) in key.schemes() {
                for (content, path) in &messages {
                    let mut hasher = Hasher::new(hash);
                    content.chunks(100).for_each(|chunk| hasher.update(chunk));
                    let signature = sign(&mut card, &key, padding, &hasher.finish());
                    let signature = bench.put("signature", &signature);
                    let what =
                        format!("{slug} {protocol:?} {} {padding:?} {hash:?} {path}", key.role());
                    assert!(bench.holds(&public, padding, hash, path, &signature), "{what}");
                    judged += 1;
                }
                let digest = Hashed::of(hash, b"a digest made elsewhere").digest().to_vec();
                let ready = Hashed::ready(hash, &digest).expect("its length");
                let signature = bench.put("signature", &sign(&mut card, &key, padding, &ready));
                let digest = bench.put("digest", &digest);
                let what = format!("{slug} {protocol:?} {} {padding:?} {hash:?} ready", key.role());
                assert!(
                    bench.holds_of_digest(&public, padding, hash, &digest, &signature),
                    "{what}"
                );
            }
        }
    }
    assert!(judged > 300, "{judged}");
}

/// As GnuTLS names it. It knows no PSS with SHA-1: of those openssl is the only judge.
fn gnutls_name(padding: Padding, hash: Hash) -> Option<String> {
    let hash_name = hash.name().to_uppercase();
    match padding {
        Padding::Pkcs1 => Some(format!("RSA-{hash_name}")),
        Padding::Pss if hash == Hash::Sha1 => None,
        Padding::Pss => Some(format!("RSA-PSS-{hash_name}")),
    }
}

#[test]
fn gnutls_confirms_what_every_key_signs_and_no_other_message() {
    let Some(bench) = Bench::or_skip() else { return };
    let Some(gnutls) = Gnutls::or_skip() else { return };
    let messages = [0, 1, 64, 119].map(|length| bench.put(&format!("{length}"), &message(length)));
    let other = bench.put("other", b"another message");
    let (mut cases, mut not_known) = (Vec::new(), Vec::new());
    for (slug, protocol) in CARDS {
        let mut card = card(slug, protocol);
        for key in keys(&mut card) {
            let name = format!("{slug}-{}", key.role());
            let pem = bench.put(&format!("{name}.pem"), key.certificate().to_pem().as_bytes());
            for (padding, hash) in key.schemes() {
                let Some(algorithm) = gnutls_name(padding, hash) else {
                    not_known.push((slug, key.role(), padding, hash));
                    continue;
                };
                for path in &messages {
                    let hashed = Hashed::of(hash, &fs::read(path).expect("written"));
                    let signature = sign(&mut card, &key, padding, &hashed);
                    let signature = bench.put(&format!("signature-{}", cases.len()), &signature);
                    let case = |message: &String| Case {
                        algorithm: algorithm.clone(),
                        salt: hash.length(),
                        files: [pem.clone(), message.clone(), signature.clone()],
                    };
                    cases.extend([(case(path), true), (case(&other), false)]);
                }
            }
        }
    }
    let (cases, expected): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
    for ((case, expected), holds) in
        cases.iter().zip(expected).zip(gnutls.judge(bench.folder.path(), &cases))
    {
        assert_eq!(holds, expected, "{case:?}");
    }
    assert!(cases.len() > 200, "{}", cases.len());
    assert!(
        not_known
            .iter()
            .all(|(_, _, padding, hash)| { (*padding, *hash) == (Padding::Pss, Hash::Sha1) })
    );
}

/// `cpskit` on a card in process, with its PIN.
fn cpskit(bench: &Bench, args: &[&str]) -> Run {
    finish(command(args).env("PIN", "1234").env("XDG_STATE_HOME", bench.folder.path()))
}

/// The certificates of a persona's card, as they are exported.
fn export(bench: &Bench, emulated: &str) -> PathBuf {
    let folder = bench.folder.path().join("certificates");
    let path = folder.display().to_string();
    assert_eq!(cpskit(bench, &["card", "certs", emulated, "--export", &path]).code, 0);
    folder
}

#[test]
fn what_the_command_signs_is_confirmed_with_the_certificate_it_exports() {
    let Some(bench) = Bench::or_skip() else { return };
    let file = bench.put("letter", &message(1 << 20));
    let out = bench.path("letter.sig");
    for (slug, key, padding, hash) in [
        ("medecin-cps3", Role::Signature, Padding::Pkcs1, Hash::Sha256),
        ("medecin-cps3", Role::Signature, Padding::Pkcs1, Hash::Sha1),
        ("medecin-cps3", Role::Authentication, Padding::Pkcs1, Hash::Sha512),
        ("medecin-cps4", Role::Signature, Padding::Pss, Hash::Sha256),
        ("medecin-cps4", Role::Authentication, Padding::Pss, Hash::Sha384),
        ("sans-contact-cps3", Role::Technical, Padding::Pkcs1, Hash::Sha256),
    ] {
        let emulated = format!("--emulated={slug}");
        let certificates = export(&bench, &emulated);
        let role = key.to_string();
        let pem = certificates.join(format!("{role}.pem")).display().to_string();
        let public = bench.public_key(&pem);
        let args = ["card", "sign", &file, "--key", &role, "--hash", hash.name()];
        let rest = ["--scheme", padding.name(), "--out", &out, "--pin-env", "PIN", &emulated];
        let run = cpskit(&bench, &[&args[..], &rest].concat());
        assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:?}");
        assert!(bench.holds(&public, padding, hash, &file, &out), "{slug} {role}");
    }
}

/// A CMS of a letter, and the certificates that its judges need.
struct Letter {
    file: String,
    cms: String,
    signer: String,
    root: String,
}

fn letter(bench: &Bench, slug: &str, padding: Padding, hash: Hash) -> Letter {
    use cpskit::emulate::igc::Authority;
    use cpskit::x509::Certificate;
    let file = bench.put("letter", &message(1000));
    let emulated = format!("--emulated={slug}");
    let signer = export(bench, &emulated).join("signature.pem").display().to_string();
    let leaf = Certificate::from_pem_or_der(&fs::read(&signer).expect("exported")).expect("one");
    let issuer = Authority::all()
        .find(|authority| {
            let certificate = Certificate::parse(authority.certificate()).expect("ours");
            certificate.subject() == leaf.issuer()
        })
        .expect("its issuer");
    let root = Certificate::parse(issuer.issuer().certificate()).expect("ours");
    let root = bench.put("root.pem", root.to_pem().as_bytes());
    let cms = bench.path("letter.p7s");
    let args = ["card", "sign", &file, "--detached-cms", "--out", &cms];
    let rest = ["--hash", hash.name(), "--scheme", padding.name(), "--pin-env", "PIN", &emulated];
    let run = cpskit(bench, &[&args[..], &rest].concat());
    assert_eq!(run.code, 0, "{run:?}");
    Letter { file, cms, signer, root }
}

const CMS: [(&str, Padding, Hash); 5] = [
    ("medecin-cps3", Padding::Pkcs1, Hash::Sha256),
    ("medecin-cps3", Padding::Pkcs1, Hash::Sha1),
    ("medecin-cps4", Padding::Pkcs1, Hash::Sha256),
    ("medecin-cps4", Padding::Pss, Hash::Sha256),
    ("medecin-cps4", Padding::Pss, Hash::Sha1),
];

#[test]
fn openssl_confirms_the_cms_and_its_signed_attributes() {
    let Some(bench) = Bench::or_skip() else { return };
    for (slug, padding, hash) in CMS {
        let letter = letter(&bench, slug, padding, hash);
        // From the root down: the issuer is in the CMS.
        let args = [
            "cms",
            "-verify",
            "-binary",
            "-inform",
            "DER",
            "-in",
            &letter.cms,
            "-content",
            &letter.file,
            "-CAfile",
            &letter.root,
            "-purpose",
            "any",
            "-no_check_time",
            "-cades",
        ];
        let (code, _, stderr) = bench.openssl(&args);
        assert_eq!(code, 0, "{slug} {padding:?} {hash:?}: {stderr}");
        let other = bench.put("other", b"another letter");
        let args: Vec<&str> =
            args.iter().map(|arg| if *arg == letter.file { other.as_str() } else { arg }).collect();
        assert_ne!(bench.openssl(&args).0, 0);
        let (_, shown, _) =
            bench.openssl(&["cms", "-cmsout", "-print", "-inform", "DER", "-in", &letter.cms]);
        for attribute in
            ["contentType", "messageDigest", "signingTime", "id-smime-aa-signingCertificateV2"]
        {
            assert!(shown.contains(attribute), "{attribute} in {shown}");
        }
    }
}

#[test]
fn gnutls_confirms_the_cms() {
    let Some(bench) = Bench::or_skip() else { return };
    let Some(certtool) = Tool::or_skip("certtool", "gnutls-bin") else { return };
    for (slug, padding, hash) in CMS {
        if gnutls_name(padding, hash).is_none() {
            continue;
        }
        let letter = letter(&bench, slug, padding, hash);
        let args = [
            "--p7-verify",
            "--inder",
            "--infile",
            &letter.cms,
            "--load-data",
            &letter.file,
            "--load-certificate",
            &letter.signer,
            // SHA-1.
            "--verify-allow-broken",
        ];
        let judged = printed(&mut certtool.command(bench.folder.path(), args));
        assert_eq!(judged.0, 0, "{slug} {padding:?} {hash:?}: {judged:?}");
    }
}

#[test]
fn what_openssl_encrypts_for_the_card_is_deciphered() {
    let Some(bench) = Bench::or_skip() else { return };
    for slug in ["medecin-cps3", "medecin-cps4", "cpa-cps4"] {
        let emulated = format!("--emulated={slug}");
        let pem = export(&bench, &emulated).join("authentication.pem").display().to_string();
        let public = bench.public_key(&pem);
        for length in [0, 1, 100, 245] {
            let plain = bench.put("plain", &message(length));
            let (sealed, out) = (bench.path("sealed"), bench.path("opened"));
            let args = [
                "pkeyutl", "-encrypt", "-pubin", "-inkey", &public, "-in", &plain, "-out", &sealed,
            ];
            assert_eq!(bench.openssl(&args).0, 0);
            let args = ["card", "decrypt", &sealed, "--out", &out, "--pin-env", "PIN", &emulated];
            let run = cpskit(&bench, &args);
            assert_eq!(run.code, 0, "{slug} {length}: {run:?}");
            assert_eq!(fs::read(&out).expect("written"), message(length), "{slug} {length}");
        }
    }
}

/// Bytes of memory that a process has had at most, and may.
#[cfg(target_os = "linux")]
const MOST: u64 = 64 << 20;

#[cfg(target_os = "linux")]
fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
    let kib = line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok());
    kib.expect("a number") << 10
}

/// Writes so many MiB of zeros.
fn pour(mut into: impl Write, mib: usize) {
    let block = vec![0; 1 << 20];
    for _ in 0..mib {
        into.write_all(&block).expect("read");
    }
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "1 GiB twice: `make judges`"]
fn a_gibibyte_is_signed_in_constant_memory_and_confirmed_by_openssl() {
    const MIB: usize = 1 << 10;
    let Some(bench) = Bench::or_skip() else { return };
    let pem = export(&bench, "--emulated").join("signature.pem").display().to_string();
    let public = bench.public_key(&pem);
    let out = bench.path("signature");
    for hash in ["sha1", "sha256"] {
        let args =
            ["card", "sign", "--emulated", "--hash", hash, "--out", &out, "--pin-env", "PIN"];
        let mut process =
            command(args).env("PIN", "1234").stdin(Stdio::piped()).spawn().expect("started");
        let mut stdin = process.stdin.take().expect("a pipe");
        pour(&mut stdin, MIB);
        let peak = peak(process.id());
        drop(stdin);
        assert!(process.wait().expect("it ends").success());
        assert!(peak < MOST, "{peak} bytes");
        let mut judge = Command::new("openssl")
            .args(["dgst", &format!("-{hash}"), "-verify", &public, "-signature", &out])
            .stdin(Stdio::piped())
            .spawn()
            .expect("started");
        pour(judge.stdin.take().expect("a pipe"), MIB);
        assert!(judge.wait().expect("it ends").success(), "{hash}");
    }
    assert!(Path::new(&out).exists());
}
