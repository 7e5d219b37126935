//! Keys, data and PINs on the real service: signatures against openssl, refusals, and several programs at once.

use std::fs;
use std::path::Path;
use std::thread;

use serde_json::json;
use tempfile::TempDir;

use crate::support::cli::{Run, finish};
use crate::support::desk::{Desk, Slot};
use crate::support::tool::{Tool, printed};

/// A desk, and a folder with a letter in it.
struct Bench {
    desk: Desk,
    folder: TempDir,
}

impl Bench {
    fn or_skip() -> Option<Self> {
        let folder = TempDir::new().expect("a folder");
        fs::write(folder.path().join("letter"), vec![0x5A; 100_000]).expect("written");
        Some(Self { desk: Desk::or_skip()?, folder })
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn run_with(&self, args: &[&str], secrets: [&str; 3]) -> Run {
        let mut command = self.desk.command(&[args, &["--format", "json"]].concat());
        command.current_dir(self.folder.path()).env("XDG_STATE_HOME", self.folder.path());
        for (name, value) in ["PIN", "NEW", "CODE"].into_iter().zip(secrets) {
            command.env(name, value);
        }
        finish(&mut command)
    }

    fn run(&self, args: &[&str]) -> Run {
        self.run_with(args, ["1234", "2468", "12345678"])
    }

    fn sign_with(&self, pin: &str) -> Run {
        self.run_with(&["card", "sign", "letter", "--pin-env", "PIN"], [pin, "", ""])
    }

    fn change(&self, pin: &str, new: &str) -> Run {
        let args = ["card", "pin", "change", "--pin-env", "PIN", "--new-pin-env", "NEW"];
        self.run_with(&args, [pin, new, ""])
    }

    fn unblock(&self, code: &str, args: &[&str]) -> Run {
        let unblock =
            ["card", "pin", "unblock", "--unblock-code-env", "CODE", "--new-pin-env", "NEW"];
        self.run_with(&[&unblock, args].concat(), ["", "2468", code])
    }
}

/// Exit code, and code of the error if there is one.
fn outcome(run: &Run) -> (i32, Option<String>) {
    let code = (run.code != 0).then(|| run.error()["code"].as_str().unwrap_or_default().to_owned());
    (run.code, code)
}

fn refused(exit: i32, code: &str) -> (i32, Option<String>) {
    (exit, Some(code.to_owned()))
}

const DONE: (i32, Option<String>) = (0, None);

#[test]
fn openssl_confirms_what_cards_sign_through_the_service() {
    let Some(bench) = Bench::or_skip() else { return };
    let Some(openssl) = Tool::or_skip("openssl", "openssl") else { return };
    let judge = |args: &[&str]| printed(&mut openssl.command(bench.folder.path(), args));
    for persona in ["medecin-cps3", "medecin-cps4", "cpa-cps4"] {
        let card = bench.desk.insert(Slot::First, persona);
        let exported = bench.path(persona);
        assert_eq!(bench.run(&["card", "certs", "--export", &exported]).code, 0);
        let schemes: &[&str] =
            if persona.ends_with("cps4") { &["pkcs1", "pss"] } else { &["pkcs1"] };
        for (role, hash) in
            [("signature", "sha1"), ("signature", "sha256"), ("authentication", "sha512")]
        {
            for scheme in schemes {
                let (pem, key, out) = (
                    format!("{exported}/{role}.pem"),
                    bench.path("key.pem"),
                    bench.path("letter.sig"),
                );
                assert_eq!(judge(&["x509", "-in", &pem, "-noout", "-pubkey", "-out", &key]).0, 0);
                let args = ["card", "sign", "letter", "--key", role, "--hash", hash];
                let rest = ["--scheme", scheme, "--out", &out, "--pin-env", "PIN"];
                let run = bench.run(&[&args[..], &rest].concat());
                assert_eq!(outcome(&run), DONE, "{persona} {role} {hash} {scheme}");
                assert_eq!(run.document()["emulated"], true);
                let (hash, letter) = (format!("-{hash}"), bench.path("letter"));
                let mut args = vec!["dgst", &hash, "-verify", &key, "-signature", &out];
                if *scheme == "pss" {
                    args.extend([
                        "-sigopt",
                        "rsa_padding_mode:pss",
                        "-sigopt",
                        "rsa_pss_saltlen:-2",
                    ]);
                }
                args.push(&letter);
                let judged = judge(&args);
                assert_eq!(judged.0, 0, "{persona} {role} {hash} {scheme}: {judged:?}");
            }
        }
        card.remove();
    }
}

#[test]
fn a_wrong_signature_never_leaves() {
    let Some(bench) = Bench::or_skip() else { return };
    for persona in ["medecin-cps3", "medecin-cps4"] {
        for fault in ["wrong-signature", "foreign-signature"] {
            let card = bench.desk.emulate(Slot::First, &["--persona", persona, "--fault", fault]);
            for cms in [&[][..], &["--detached-cms"]] {
                let sign = ["card", "sign", "letter", "--out", "never", "--pin-env", "PIN"];
                let run = bench.run(&[&sign, cms, &["--trace", "acts"]].concat());
                assert_eq!(outcome(&run), refused(4, "card.signature.wrong"), "{persona} {fault}");
                assert_eq!(run.stdout, "");
                assert!(!Path::new(&bench.path("never")).exists());
            }
            card.remove();
        }
    }
    let traces = fs::read_to_string(bench.path("acts")).expect("traces");
    assert_eq!(
        traces.matches("\"result\":\"failed\",\"code\":\"card.signature.wrong\"").count(),
        8
    );
}

#[test]
fn a_wrong_pin_then_the_right_one_signs_and_the_last_try_is_kept() {
    let Some(bench) = Bench::or_skip() else { return };
    for persona in ["medecin-cps3", "medecin-cps4", "cpa-cps4"] {
        let card = bench.desk.insert(Slot::First, persona);
        assert_eq!(outcome(&bench.sign_with("9999")), refused(5, "card.pin.refused"), "{persona}");
        assert_eq!(outcome(&bench.sign_with("1234")), DONE, "{persona}");
        for _ in 0..2 {
            assert_eq!(outcome(&bench.sign_with("9999")), refused(5, "card.pin.refused"));
        }
        assert_eq!(outcome(&bench.sign_with("1234")), refused(6, "card.pin.last_try"), "{persona}");
        assert_eq!(outcome(&bench.change("1234", "2468")), refused(6, "card.pin.last_try"));
        card.remove();
    }
}

#[test]
fn a_pin_that_was_changed_is_the_one_that_signs() {
    let Some(bench) = Bench::or_skip() else { return };
    for persona in ["medecin-cps3", "medecin-cps4", "cpa-cps4"] {
        let card = bench.desk.insert(Slot::First, persona);
        assert_eq!(outcome(&bench.change("9999", "2468")), refused(5, "card.pin.refused"));
        assert_eq!(outcome(&bench.change("1234", "2468")), DONE, "{persona}");
        assert_eq!(outcome(&bench.sign_with("1234")), refused(5, "card.pin.refused"), "{persona}");
        assert_eq!(outcome(&bench.sign_with("2468")), DONE, "{persona}");
        card.remove();
    }
}

#[test]
fn a_blocked_pin_is_unblocked_until_the_code_is_exhausted() {
    let Some(bench) = Bench::or_skip() else { return };
    for persona in ["medecin-cps3", "medecin-cps4"] {
        let card = bench.desk.insert(Slot::First, persona);
        let insist = ["card", "sign", "letter", "--pin-env", "PIN", "--allow-last-try"];
        for _ in 0..3 {
            assert_ne!(bench.run_with(&insist, ["9999", "", ""]).code, 0);
        }
        let blocked = refused(6, "card.pin.blocked");
        assert_eq!(outcome(&bench.sign_with("1234")), blocked, "{persona}");
        assert_eq!(outcome(&bench.unblock("87654321", &[])), refused(5, "card.pin.refused"));
        assert_eq!(outcome(&bench.unblock("12345678", &[])), DONE, "{persona}");
        assert_eq!(outcome(&bench.sign_with("2468")), DONE, "{persona}");
        for _ in 0..9 {
            assert_eq!(outcome(&bench.unblock("87654321", &[])), refused(5, "card.pin.refused"));
        }
        assert_eq!(outcome(&bench.unblock("12345678", &[])), refused(6, "card.pin.last_try"));
        assert_eq!(
            outcome(&bench.unblock("87654321", &["--allow-last-try"])),
            blocked,
            "{persona}"
        );
        assert_eq!(
            outcome(&bench.unblock("12345678", &["--allow-last-try"])),
            blocked,
            "{persona}"
        );
        card.remove();
    }
}

#[test]
fn what_was_written_is_read_again() {
    let Some(bench) = Bench::or_skip() else { return };
    fs::write(bench.path("new"), b"written by a test").expect("written");
    for persona in ["medecin-cps3", "medecin-cps4", "cpa-cps4"] {
        let card = bench.desk.insert(Slot::First, persona);
        let write = ["card", "data", "write", "new", "--yes", "--pin-env", "PIN"];
        assert_eq!(bench.run(&write).document()["changed"], json!(true), "{persona}");
        assert_eq!(bench.run(&write).document()["changed"], json!(false), "{persona}");
        assert_eq!(
            outcome(&bench.run(&["card", "data", "read", "--out", "read", "--pin-env", "PIN"])),
            DONE
        );
        let read = fs::read(bench.path("read")).expect("written");
        assert!(read.starts_with(b"written by a test\0"), "{persona}");
        card.remove();
    }
}

#[test]
fn several_programs_sign_with_one_card_at_once_and_share_a_file_of_traces() {
    let Some(bench) = Bench::or_skip() else { return };
    let _card = bench.desk.insert(Slot::First, "medecin-cps3");
    let commands: Vec<_> = (0..4)
        .map(|_| {
            let args = [
                "card",
                "sign",
                "letter",
                "--pin-env",
                "PIN",
                "--trace",
                "acts",
                "--format",
                "json",
            ];
            let mut command = bench.desk.command(&args);
            command.current_dir(bench.folder.path()).env("PIN", "1234");
            command.env("XDG_STATE_HOME", bench.folder.path());
            command
        })
        .collect();
    let runs: Vec<Run> = thread::scope(|scope| {
        let running: Vec<_> = commands
            .into_iter()
            .map(|mut command| scope.spawn(move || finish(&mut command)))
            .collect();
        running.into_iter().map(|run| run.join().expect("no panic")).collect()
    });
    let signatures: Vec<_> = runs.iter().map(|run| run.document()["signature"].clone()).collect();
    assert!(signatures.iter().all(|signature| *signature == signatures[0]));
    let report = bench.run(&["trace", "verify", "acts"]).document();
    assert_eq!((&report["verdict"], &report["acts"]), (&json!("whole"), &json!(8)));
}
