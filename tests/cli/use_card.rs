//! `card sign`, `card decrypt`, `card data`, `card pin change` and `unblock` on the virtual card in process. Whether signatures
//! hold is for `tests/signature_judges.rs`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::cli::{Run, command, finish};
use crate::support::schema;
use crate::transcript::Transcript;

/// A folder with a letter in it; the state of programs is there too.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(TempDir::new().expect("a folder"));
        desk.put("letter", b"to whom it may concern");
        desk
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).expect("written");
    }

    fn run(&self, args: &[&str]) -> Run {
        let mut command = command(args);
        command.current_dir(self.0.path()).env("XDG_STATE_HOME", self.0.path());
        for (name, value) in
            [("PIN", "1234"), ("WRONG", "4321"), ("NEW", "2468"), ("CODE", "12345678")]
        {
            command.env(name, value);
        }
        finish(&mut command)
    }

    fn document(&self, args: &[&str]) -> Value {
        let run = self.run(&[args, &["--format", "json"]].concat());
        assert_eq!(run.code, 0, "{run:?}");
        run.document()
    }

    /// Exit code and code of the error; nothing stands on standard output.
    fn refusal(&self, args: &[&str]) -> (i32, String) {
        let run = self.run(&[args, &["--format", "json"]].concat());
        assert_eq!(run.stdout, "", "{run:?}");
        (run.code, run.error()["code"].as_str().unwrap_or_default().to_owned())
    }
}

fn refused(exit: i32, code: &str) -> (i32, String) {
    (exit, code.to_owned())
}

const SIGN: &[&str] = &["card", "sign", "letter", "--emulated", "--pin-env", "PIN"];

#[test]
fn a_signature_comes_with_what_it_was_made_of() {
    let document = Desk::new().document(SIGN);
    let digest = ring::digest::digest(&ring::digest::SHA256, b"to whom it may concern");
    let digest: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    for (member, expected) in [
        ("emulated", json!(true)),
        ("key", json!("signature")),
        ("scheme", json!("pkcs1")),
        ("hash", json!("sha256")),
        ("digest", json!(digest)),
        ("salt_length", json!(null)),
        ("form", json!("raw")),
        ("activity", json!(null)),
    ] {
        assert_eq!(document[member], expected, "{member}");
    }
    assert_eq!(document["signature"].as_str().map(str::len), Some(512));
}

#[test]
fn the_salt_of_a_pss_signature_is_said() {
    let desk = Desk::new();
    let document = desk.document(&[
        "card",
        "sign",
        "letter",
        "--emulated=medecin-cps4",
        "--scheme",
        "pss",
        "--pin-env",
        "PIN",
    ]);
    assert!(document["salt_length"].is_u64(), "{document}");
}

#[test]
fn a_digest_made_elsewhere_gives_the_signature_of_its_message() {
    let desk = Desk::new();
    let digest = ring::digest::digest(&ring::digest::SHA256, b"to whom it may concern");
    desk.put("digest", digest.as_ref());
    let args = ["card", "sign", "digest", "--prehashed", "--emulated", "--pin-env", "PIN"];
    assert_eq!(desk.document(&args)["signature"], desk.document(SIGN)["signature"]);
}

#[test]
fn what_is_asked_for_in_vain_is_said_and_nothing_is_written() {
    let desk = Desk::new();
    let with = |args: &[&str]| desk.refusal(&[SIGN, args, &["--out", "never"]].concat());
    assert_eq!(with(&["--scheme", "pss"]), refused(2, "card.key.scheme"));
    assert_eq!(with(&["--hash", "sha512"]), refused(2, "card.key.scheme"));
    assert_eq!(with(&["--key", "technical"]), refused(4, "card.key.absent"));
    assert_eq!(with(&["--activity", "9"]), refused(2, "card.activity.unknown"));
    assert_eq!(with(&["--prehashed"]), refused(2, "usage"));
    assert_eq!(with(&["--detached-cms", "--chain", "letter"]), refused(2, "cert.unreadable"));
    let sign = ["card", "sign", "--out", "never"];
    let on = |args: &[&str]| desk.refusal(&[&sign, args].concat());
    assert_eq!(on(&["letter", "--emulated=sans-contact-cps3"]), refused(4, "card.key.absent"));
    assert_eq!(on(&["nothing", "--emulated", "--pin-env", "PIN"]), refused(2, "input"));
    assert_eq!(on(&["letter", "--emulated", "--no-input"]), refused(2, "card.pin.needed"));
    assert_eq!(on(&["letter", "--emulated", "--pin-env", "WRONG"]), refused(5, "card.pin.refused"));
    let blocked = on(&["letter", "--emulated=pin-bloque-cps3", "--pin-env", "PIN"]);
    assert_eq!(blocked, refused(6, "card.pin.blocked"));
    assert!(!Path::new(&desk.path("never")).exists());
}

#[test]
fn refusals_are_said_in_full() {
    let letter = "Cargo.toml";
    Transcript::default()
        .run(&["card", "sign", letter, "--emulated=sans-contact-cps3"])
        .run(&["card", "sign", letter, "--emulated", "--key", "technical"])
        .run(&["card", "sign", letter, "--emulated", "--scheme", "pss", "--pin-env", "PIN"])
        .run(&["card", "sign", letter, "--emulated", "--no-input"])
        .run(&["card", "sign", letter, "--emulated", "--pin-env", "PIN", "--activity", "9"])
        .run(&["card", "sign", letter, "--emulated=pin-bloque-cps3", "--pin-env", "PIN"])
        .run(&["card", "decrypt", letter, "--emulated", "--pin-env", "PIN"])
        .run(&["card", "pin", "change", "--emulated", "--no-input"])
        .run(&["card", "pin", "change", "--emulated", "--pin-env", "PIN", "--new-pin-env", "PIN"])
        .run(&["card", "pin", "change", "--emulated", "--pin-env", "PIN", "--new-pin-env", "2468"])
        .run(&["card", "pin", "unblock", "--emulated", "--no-input"])
        .is("card-use-refusals");
}

#[test]
fn standard_output_holds_the_bytes_and_nothing_else() {
    let desk = Desk::new();
    let mut command = command([SIGN, &["--out", "-"]].concat());
    command.current_dir(desk.0.path()).env("PIN", "1234");
    let output = command.output().expect("it runs");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 256));
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(said.contains("emulated") && said.contains("signature key"), "{said}");
}

#[test]
fn the_trace_says_what_was_signed_with_which_key_and_under_which_activity() {
    let desk = Desk::new();
    let document = desk.document(&[SIGN, &["--activity", "2", "--trace", "acts"]].concat());
    let text = fs::read_to_string(desk.path("acts")).expect("traces");
    let acts: Vec<Value> =
        text.lines().map(schema::checked).filter(|line| line["kind"] == "act").collect();
    let actions: Vec<&Value> = acts.iter().map(|act| &act["action"]).collect();
    assert_eq!(actions, ["card.pin.verify", "card.sign"]);
    let object = json!({
        "key": "signature", "scheme": "pkcs1", "hash": "sha256", "digest": document["digest"],
        "label": null, "host": null,
    });
    assert_eq!((&acts[1]["object"], &acts[1]["activity"]["number"]), (&object, &json!(2)));
}

#[test]
fn a_signature_whose_trace_cannot_be_written_is_withheld() {
    let desk = Desk::new();
    fs::create_dir(desk.path("acts")).expect("a folder");
    let refusal = desk.refusal(&[SIGN, &["--out", "never", "--trace", "acts"]].concat());
    assert_eq!(refusal, refused(2, "trace.unwritable"));
    assert!(!Path::new(&desk.path("never")).exists());
}

#[test]
fn a_plaintext_goes_to_a_private_file_and_into_no_document() {
    let desk = Desk::new();
    let args = ["card", "decrypt", "letter", "--emulated", "--pin-env", "PIN"];
    assert_eq!(desk.refusal(&args), refused(2, "usage"));
    let args = [&args[..], &["--out", "never"]].concat();
    assert_eq!(desk.refusal(&args), refused(1, "card.undecipherable"));
    assert!(!Path::new(&desk.path("never")).exists());
}

#[test]
fn a_data_object_is_read_backed_up_and_replaced() {
    let desk = Desk::new();
    let card = ["--emulated", "--pin-env", "PIN"];
    let read = desk.document(&[&["card", "data", "read"], &card[..]].concat());
    let write =
        |args: &[&'static str]| [&["card", "data", "write", "letter"], &card[..], args].concat();
    assert_eq!(desk.refusal(&write(&["--no-input"])), refused(2, "usage"));
    let written = desk.document(&write(&["--yes", "--backup", "old"]));
    assert_eq!((&written["changed"], &written["length"]), (&json!(true), &json!(22)));
    let old = fs::read(desk.path("old")).expect("kept");
    let hex: String = old.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(read["content"], json!(hex));
    let mode = fs::metadata(desk.path("old")).expect("kept").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    desk.put("same", &old);
    let args = [&["card", "data", "write", "same"], &card[..]].concat();
    assert_eq!(desk.document(&args)["changed"], json!(false));
    desk.put("large", &vec![1; old.len() + 1]);
    let args = [&["card", "data", "write", "large", "--yes"], &card[..]].concat();
    assert_eq!(desk.refusal(&args), refused(2, "card.data.size"));
    let args = [&["card", "data", "read", "NOTHING"], &card[..]].concat();
    assert_eq!(desk.refusal(&args), refused(4, "card.file.absent"));
}

#[test]
fn a_pin_is_changed_or_unblocked_and_that_the_card_in_process_forgets_it_is_said() {
    let desk = Desk::new();
    for persona in ["--emulated", "--emulated=medecin-cps4"] {
        let change = ["card", "pin", "change", persona, "--pin-env", "PIN", "--new-pin-env", "NEW"];
        assert_eq!(desk.document(&change)["changed"], json!(true));
        let said = desk.run(&change).stderr;
        assert!(said.contains("forgets") && said.contains("emulated"), "{said}");
    }
    let unblock = [
        "card",
        "pin",
        "unblock",
        "--emulated=pin-bloque-cps3",
        "--unblock-code-env",
        "CODE",
        "--new-pin-env",
        "NEW",
    ];
    assert_eq!(desk.document(&unblock)["changed"], json!(true));
}

#[test]
fn a_pin_that_is_not_taken_is_told_apart() {
    let desk = Desk::new();
    let change = |args: &[&str]| {
        let traced = ["--trace", "acts"];
        desk.refusal(&[&["card", "pin", "change", "--emulated"], args, &traced].concat())
    };
    let same = change(&["--pin-env", "PIN", "--new-pin-env", "PIN"]);
    assert_eq!(same, refused(2, "card.pin.same"));
    // Before a try was spent, and before anything was recorded.
    assert!(!Path::new(&desk.path("acts")).exists());
    let wrong = change(&["--pin-env", "WRONG", "--new-pin-env", "NEW"]);
    assert_eq!(wrong, refused(5, "card.pin.refused"));
    let long = change(&["--pin-env", "PIN", "--new-pin-env", "CODE"]);
    assert_eq!(long, refused(2, "card.pin.length"));
    let unblock = ["card", "pin", "unblock", "--emulated=pin-bloque-cps3", "--new-pin-env", "NEW"];
    let code = |args: &[&str]| desk.refusal(&[&unblock, args].concat());
    assert_eq!(code(&["--unblock-code-env", "WRONG"]), refused(2, "card.pin.length"));
    assert_eq!(code(&["--no-input"]), refused(2, "card.pin.needed"));
}

#[test]
fn a_secret_in_place_of_the_name_of_its_source_is_not_repeated() {
    let desk = Desk::new();
    for flag in ["--new-pin-env", "--new-pin-file"] {
        let run =
            desk.run(&["card", "pin", "change", "--emulated", "--pin-env", "PIN", flag, "7391"]);
        assert_eq!(run.code, 2);
        assert!(!run.stderr.contains("7391"), "{run:?}");
    }
    for flag in ["--unblock-code-env", "--unblock-code-file"] {
        let run = desk.run(&["card", "pin", "unblock", "--emulated", flag, "73918264"]);
        assert_eq!(run.code, 2);
        assert!(!run.stderr.contains("73918264"), "{run:?}");
    }
}
