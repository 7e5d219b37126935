//! Each persona, hence each generation and protocol, gives the same documents through the service as in process.

use cpskit::emulate::Persona;
use serde_json::{Value, json};

use crate::support::cli;
use crate::support::desk::{Desk, Slot};

/// Every command that gives a document on a card, `{}` for the options that choose one.
const COMMANDS: &[&[&str]] = &[
    &["card", "id"],
    &["card", "read"],
    &["card", "read", "--pin-env", "PIN"],
    &["card", "certs", "--export", "out"],
    &["card", "activities", "--pin-env", "PIN"],
    &["card", "pin", "status"],
    &["card", "apdu", "00A4040C0DE828BD080FD25047534E4F4D5000"],
];

/// A run as it compares: exit code, document or error, with the reader's name replaced.
#[derive(Debug, PartialEq)]
struct Outcome {
    code: i32,
    document: Option<Value>,
    error: Option<Value>,
}

impl Outcome {
    fn of(command: &mut std::process::Command) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let run = cli::finish(command.current_dir(&folder).env("PIN", "1234"));
        let document = (!run.stdout.is_empty()).then(|| {
            let mut document = run.document();
            assert_eq!(document["emulated"], true);
            document["reader"] = json!("R");
            document
        });
        let error = (run.code != 0).then(|| run.error());
        Self { code: run.code, document, error }
    }
}

#[test]
fn every_persona_reads_the_same_through_the_service_as_in_process() {
    let Some(desk) = Desk::or_skip() else { return };
    for persona in Persona::list() {
        let card = desk.insert(Slot::First, persona);
        for command in COMMANDS {
            let args = [command, &["--format", "json"][..]].concat();
            let emulated = format!("--emulated={persona}");
            let in_process =
                Outcome::of(&mut cli::command([&args, &[emulated.as_str()][..]].concat()));
            let through = Outcome::of(&mut desk.command(&args));
            assert_eq!(through, in_process, "{persona}: {command:?}");
        }
        let run = desk.run(&["card", "list", "--format", "json"]);
        let in_process =
            cli::run(["card", "list", &format!("--emulated={persona}"), "--format", "json"]);
        let mut expected = in_process.document();
        expected["readers"][0]["reader"] = json!(Slot::First.reader());
        expected["readers"].as_array_mut().expect("an array").push(json!({
            "reader": Slot::Second.reader(), "emulated": true, "state": "empty",
            "atr": null, "generation": null, "interface": null, "kind": null,
        }));
        assert_eq!((run.code, run.document()), (0, expected), "{persona}");
        card.remove();
    }
}
