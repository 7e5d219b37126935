//! `--trace` and `trace verify`

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::cli::{Run, command, finish};
use crate::support::schema;

/// A folder for traces, and one where the system keeps the state of programs.
struct Desk(TempDir);

/// Whether this machine keeps heads.
#[derive(Clone, Copy)]
enum State {
    Kept,
    Nowhere,
}

impl Desk {
    fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    fn traces(&self) -> PathBuf {
        self.0.path().join("acts.jsonl")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.traces()).expect("traces")
    }

    fn run_with(&self, state: State, args: &[&str]) -> Run {
        let folder = match state {
            State::Kept => self.0.path().join("state"),
            State::Nowhere => PathBuf::from("/dev/null/state"),
        };
        finish(command(args).env("XDG_STATE_HOME", folder).env("PIN", "1234").env("WRONG", "4321"))
    }

    fn traced(&self, args: &[&str]) -> Run {
        let traces = self.traces().display().to_string();
        self.run_with(State::Kept, &[args, &["--trace", &traces]].concat())
    }

    fn verify(&self, state: State, args: &[&str]) -> (i32, Value) {
        let traces = self.traces().display().to_string();
        let run = self
            .run_with(state, &[&["trace", "verify", &traces, "--format", "json"], args].concat());
        (run.code, run.document())
    }

    /// Action, result and code of each act, every line checked against its schema.
    fn acts(&self) -> Vec<Value> {
        let text = self.text();
        let lines = text.lines().map(schema::checked);
        lines
            .filter(|line| line["kind"] == "act")
            .map(|line| {
                assert_eq!(line["emulated"], true);
                json!([line["action"], line["result"], line["code"]])
            })
            .collect()
    }
}

#[test]
fn every_command_that_uses_a_card_leaves_its_acts() {
    let desk = Desk::new();
    for args in [
        &["card", "id", "--emulated"][..],
        &["card", "read", "--emulated"],
        &["card", "certs", "--emulated"],
        &["card", "pin", "status", "--emulated"],
        &["card", "apdu", "00A4040C", "--emulated"],
        &["card", "activities", "--emulated", "--pin-env", "PIN"],
        &["card", "activities", "--emulated", "--pin-env", "WRONG"],
        &["card", "id", "--emulated=sans-contact-cps3"],
    ] {
        desk.traced(args);
    }
    let done = |action| json!([action, "done", null]);
    assert_eq!(
        desk.acts(),
        [
            done("card.id"),
            done("card.read"),
            done("card.certs"),
            done("card.pin.status"),
            done("card.apdu"),
            done("card.pin.verify"),
            done("card.activities"),
            json!(["card.pin.verify", "refused", "card.pin.refused"]),
            json!(["card.activities", "refused", "card.pin.refused"]),
            json!(["card.id", "failed", "card.identifier.absent"]),
        ]
    );
    let (code, document) = desk.verify(State::Kept, &[]);
    assert_eq!((code, &document["verdict"], &document["acts"]), (0, &json!("whole"), &json!(10)));
}

#[test]
fn a_trace_says_whose_card_it_was() {
    let desk = Desk::new();
    desk.traced(&["card", "certs", "--emulated"]);
    let text = desk.text();
    let act: Value = serde_json::from_str(text.lines().nth(1).expect("an act")).expect("JSON");
    let read = finish(&mut command(["card", "read", "--emulated", "--format", "json"])).document();
    let expected = json!({
        "national_id": read["holder"]["national_id"],
        "card_number": read["card"]["number"],
        "chip_serial": read["card"]["serial"],
    });
    assert_eq!(act["actor"], expected);
}

#[test]
fn commands_without_a_card_leave_nothing() {
    let desk = Desk::new();
    for args in [&["demo"][..], &["card", "list", "--emulated"], &["man"]] {
        assert_eq!(desk.traced(args).code, 0, "{args:?}");
    }
    assert!(!desk.traces().exists());
    // The file was made ready before the card was looked for.
    assert_eq!(desk.traced(&["card", "id", "--emulated=nobody"]).code, 2);
    assert_eq!(desk.text(), "");
}

#[test]
fn without_a_known_head_the_end_of_the_file_is_not_vouched_for() {
    let desk = Desk::new();
    desk.traced(&["card", "id", "--emulated"]);
    let (code, document) = desk.verify(State::Nowhere, &[]);
    assert_eq!((code, &document["verdict"]), (3, &json!("indeterminate")));
    let head = document["head"].as_str().expect("a head").to_owned();
    assert_eq!(desk.verify(State::Nowhere, &["--head", &head]).0, 0);
    desk.traced(&["card", "id", "--emulated"]);
    assert_eq!(desk.verify(State::Nowhere, &["--head", &head]).0, 0);
    assert_eq!(desk.verify(State::Nowhere, &["--head", &"0".repeat(64)]).0, 1);
    let wrong = desk.run_with(State::Nowhere, &["trace", "verify", "x", "--head", "abc"]);
    assert_eq!(wrong.code, 2);
}

#[test]
fn a_cut_at_the_end_of_a_run_shows_on_the_machine_that_wrote_it() {
    let desk = Desk::new();
    desk.traced(&["card", "id", "--emulated"]);
    let before = desk.text();
    desk.traced(&["card", "id", "--emulated"]);
    fs::write(desk.traces(), before).expect("written");
    let (code, document) = desk.verify(State::Kept, &[]);
    assert_eq!((code, &document["verdict"]), (1, &json!("altered")));
    let run = desk.traced(&["card", "id", "--emulated", "--format", "json"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert_eq!(run.error()["code"], "trace.cut");
}

#[test]
fn an_altered_line_is_named() {
    let desk = Desk::new();
    desk.traced(&["card", "id", "--emulated"]);
    fs::write(desk.traces(), desk.text().replacen("\"done\"", "\"fail\"", 1)).expect("written");
    let (code, document) = desk.verify(State::Kept, &[]);
    assert_eq!((code, &document["line"]), (1, &json!(2)));
}

#[test]
fn what_cannot_be_recorded_is_withheld() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    fs::write(desk.traces(), "").expect("written");
    fs::set_permissions(desk.traces(), fs::Permissions::from_mode(0o666)).expect("changed");
    let run = desk.traced(&["card", "id", "--emulated", "--format", "json"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert_eq!(run.error()["code"], "trace.shared");
    fs::remove_file(desk.traces()).expect("removed");
    fs::create_dir(desk.traces()).expect("a folder");
    let out = desk.0.path().join("out").display().to_string();
    let run = desk.traced(&["card", "certs", "--emulated", "--export", &out, "--format", "json"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert_eq!(run.error()["code"], "trace.unwritable");
    assert!(!PathBuf::from(out).exists());
}

#[test]
fn a_head_that_cannot_be_kept_is_said_and_stops_nothing() {
    let desk = Desk::new();
    let traces = desk.traces().display().to_string();
    let run = desk.run_with(State::Nowhere, &["card", "id", "--emulated", "--trace", &traces]);
    assert_eq!(run.code, 0);
    assert!(run.stderr.contains("the head of the traces is not kept on this machine"), "{run:?}");
}
