//! `card watch` and `emulate card`: cards that come and go.

use std::io::{BufRead, BufReader, Lines, Read};
use std::process::{Child, ChildStdout, Stdio};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::cli::{self, Run};
use crate::support::desk::{Desk, Slot, interrupt};
use crate::support::schema;

/// A `card watch` that runs, its events read as they come. Dropped, it is killed.
struct Watch {
    process: Child,
    lines: Option<Lines<BufReader<ChildStdout>>>,
}

impl Watch {
    fn start(desk: &Desk, args: &[&str]) -> Self {
        let args = [&["card", "watch", "--format", "ndjson"], args].concat();
        let mut command = desk.command(&args);
        let mut process =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("cpskit starts");
        let lines = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        Self { process, lines: Some(lines) }
    }

    /// The next event, without its instant.
    fn event(&mut self) -> Value {
        let line = self.lines.as_mut().and_then(Iterator::next).expect("still watching");
        let mut event = schema::checked(&line.expect("text"));
        event.as_object_mut().expect("an object").remove("at").expect("an instant");
        event
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn event(name: &str, slot: Slot) -> Value {
    json!({
        "schema": "cpskit.card.watch/1", "emulated": true, "event": name, "reader": slot.reader(),
        "atr": null, "generation": null, "interface": null,
    })
}

#[test]
fn cards_are_told_of_as_they_come_and_go_one_object_a_line() {
    let Some(desk) = Desk::or_skip() else { return };
    let mut watch = Watch::start(&desk, &[]);
    assert_eq!(watch.event(), event("reader-added", Slot::First));
    assert_eq!(watch.event(), event("reader-added", Slot::Second));
    let card = desk.insert(Slot::Second, "pharmacien-cps4");
    let mut inserted = event("card-inserted", Slot::Second);
    inserted["atr"] = json!("3b9b188001001225006480040100009044");
    inserted["generation"] = json!("CPS4");
    inserted["interface"] = json!("contact");
    assert_eq!(watch.event(), inserted);
    card.remove();
    assert_eq!(watch.event(), event("card-removed", Slot::Second));
}

#[test]
fn only_the_reader_asked_for_is_watched() {
    let Some(desk) = Desk::or_skip() else { return };
    let _card = desk.insert(Slot::First, "medecin-cps3");
    let mut watch = Watch::start(&desk, &["--reader", "00 01"]);
    assert_eq!(watch.event(), event("reader-added", Slot::Second));
    let card = desk.insert(Slot::Second, "medecin-cps3");
    assert_eq!(watch.event()["event"], "card-inserted");
    card.remove();
    assert_eq!(watch.event(), event("card-removed", Slot::Second));
}

#[test]
fn watching_ends_without_an_error_when_nobody_reads_any_more() {
    let Some(desk) = Desk::or_skip() else { return };
    let mut watch = Watch::start(&desk, &[]);
    watch.event();
    watch.event();
    watch.lines = None;
    let _card = desk.insert(Slot::First, "medecin-cps3");
    assert_eq!(watch.process.wait().expect("it ends").code(), Some(0));
}

#[test]
fn an_emulated_card_says_when_it_is_in_place_and_leaves_when_interrupted() {
    let Some(desk) = Desk::or_skip() else { return };
    for signal in [Signal::INT, Signal::TERM] {
        let card = desk.insert(Slot::First, "medecin-cps3");
        let stdout = format!(
            "virtual card `medecin-cps3` in place at {} [emulated]\n",
            desk.address(Slot::First)
        );
        assert_eq!(card.end(signal), Run { code: 0, stdout, stderr: String::new() });
    }
    let card = desk.emulate(Slot::Second, &["--persona", "cde-cps3", "--format", "json"]);
    let document = schema::checked(&card.remove().stdout);
    assert_eq!(
        (&document["persona"], &document["vpcd"]),
        (&json!("cde-cps3"), &json!(desk.address(Slot::Second)))
    );
}

#[test]
fn a_card_of_ones_own_is_read_as_its_file_says() {
    let Some(desk) = Desk::or_skip() else { return };
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/certs-test/cards/cpf-cps3/persona.toml");
    let _card = desk.emulate(Slot::First, &["--persona-file", file]);
    let through =
        desk.run(&["card", "read", "--fields", "card,holder", "--format", "json"]).document();
    let in_process = cli::run([
        "card",
        "read",
        "--emulated=cpf-cps3",
        "--fields",
        "card,holder",
        "--format",
        "json",
    ])
    .document();
    for part in ["card", "holder", "exchanges"] {
        assert_eq!(through[part], in_process[part]);
    }
}

#[test]
fn an_emulated_card_without_a_reader_to_go_to_is_a_temporary_failure() {
    let run = cli::run(["emulate", "card", "--vpcd", "127.0.0.1:1", "--format", "json"]);
    assert_eq!((run.code, &run.error()["code"]), (75, &json!("emulate.vpcd")));
    let run = cli::run(["emulate", "card", "--vpcd", "192.0.2.1:35963", "--format", "json"]);
    assert_eq!((run.code, &run.error()["code"]), (2, &json!("usage")));
}

#[test]
fn an_emulated_card_whose_service_stops_says_so() {
    let Some(desk) = Desk::or_skip() else { return };
    let card = desk.insert(Slot::First, "medecin-cps3");
    desk.stop();
    let run = card.process_end();
    assert_eq!(
        (run.code, run.stderr.lines().next()),
        (75, Some("error: the vpcd reader went away"))
    );
}

#[test]
fn watching_ends_with_the_reason_when_the_service_stops() {
    let Some(desk) = Desk::or_skip() else { return };
    let mut watch = Watch::start(&desk, &[]);
    watch.event();
    watch.event();
    desk.stop();
    assert_eq!(watch.process.wait().expect("it ends").code(), Some(4));
    let mut stderr = String::new();
    watch.process.stderr.take().expect("a pipe").read_to_string(&mut stderr).expect("text");
    assert_eq!(schema::checked(&stderr)["code"], "card.service");
}

#[test]
fn watching_is_ended_by_an_interrupt() {
    let Some(desk) = Desk::or_skip() else { return };
    let mut watch = Watch::start(&desk, &[]);
    watch.event();
    interrupt(&watch.process, Signal::INT);
    assert!(!watch.process.wait().expect("it ends").success());
}
