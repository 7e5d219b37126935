//! A card that leaves or falls silent in the middle, and other programs that use it at the same time.

use std::io::Write;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::cli;
use crate::support::desk::{Desk, Slot};

/// SELECT of the PKCS#15 application of a CPS3, by its AID.
const SELECT: &str = "00A4040C0DE828BD080F8025000001FF0010";

fn code(error: &Value) -> &str {
    error["code"].as_str().expect("a code")
}

/// The document of a command, without the reader's name and what the run cost.
fn facts(mut document: Value) -> Value {
    document["reader"] = json!(null);
    document["exchanges"] = json!(null);
    document
}

fn in_process(args: &[&str]) -> Value {
    cli::run([args, &["--emulated=medecin-cps3"][..]].concat()).document()
}

const READ: &[&str] = &["card", "read", "--format", "json"];

#[test]
fn a_card_pulled_at_any_exchange_of_a_read_is_said_to_be_removed() {
    let commands = in_process(READ)["exchanges"]["commands"].as_u64().expect("a count");
    // Each time is a wait for the reader to look: two desks wait together. After no exchange at all the card is out before
    // the service has seen it.
    thread::scope(|scope| {
        for first in [1, 2] {
            scope.spawn(move || {
                let Some(desk) = Desk::or_skip() else { return };
                (first..commands).step_by(2).for_each(|after| pulled_in_a_read(&desk, after));
            });
        }
    });
    let Some(desk) = Desk::or_skip() else { return };
    let _card = desk.emulate(Slot::First, &["--fault", &format!("pull-after={commands}")]);
    assert_eq!(facts(desk.run(READ).document()), facts(in_process(READ)));
}

fn pulled_in_a_read(desk: &Desk, after: u64) {
    let fault = format!("pull-after={after}");
    let card = desk.emulate(Slot::First, &["--fault", &fault]);
    let run = desk.run(READ);
    assert_eq!((run.code, run.stdout.as_str()), (4, ""), "{fault}: {run:?}");
    assert_eq!(code(&run.error()), "card.removed", "{fault}");
    assert_eq!(card.left().code, 0, "{fault}");
}

#[test]
fn a_card_that_stops_answering_is_given_up_after_the_time_configured() {
    let Some(desk) = Desk::or_skip() else { return };
    let _card = desk.emulate(Slot::First, &["--fault", "mute-after=3"]);
    let start = Instant::now();
    let run = cli::finish(desk.command(READ).env("CPSKIT_CARD_TIMEOUT", "1"));
    assert_eq!((run.code, run.stdout.as_str()), (4, ""));
    let error = run.error();
    assert_eq!(
        (code(&error), &error["message"]),
        ("card.mute", &json!("the card did not answer within 1 s"))
    );
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn a_reset_by_another_program_between_commands_changes_nothing() {
    let Some(desk) = Desk::or_skip() else { return };
    let _card = desk.insert(Slot::First, "medecin-cps3");
    let mut other = desk.other();
    other.must(&format!("connect shared {}", Slot::First.reader()));
    for _ in 0..3 {
        other.must("reset");
        assert_eq!(facts(desk.run(READ).document()), facts(in_process(READ)));
    }
}

#[test]
fn resets_by_another_program_during_a_read_change_nothing() {
    let Some(desk) = Desk::or_skip() else { return };
    let _card = desk.insert(Slot::First, "medecin-cps3");
    let mut other = desk.other();
    other.must(&format!("connect shared {}", Slot::First.reader()));
    // The reset waits for the end of the transaction, or comes before it: whichever, the result is whole.
    for _ in 0..5 {
        let mut read = desk.command(READ);
        let read = thread::spawn(move || cli::finish(&mut read));
        other.must("reset");
        assert_eq!(facts(read.join().expect("no panic").document()), facts(in_process(READ)));
    }
}

#[test]
fn another_programs_transaction_is_waited_for() {
    let Some(desk) = Desk::or_skip() else { return };
    let _card = desk.insert(Slot::First, "medecin-cps3");
    let mut other = desk.other();
    other.must(&format!("connect shared {}", Slot::First.reader()));
    other.must("begin");
    let mut read = desk.command(READ);
    let read = thread::spawn(move || cli::finish(&mut read));
    // The read has the card only once the other program has done with it.
    assert_eq!(other.ask(&format!("transmit {SELECT}")), "9000");
    assert_eq!(other.ask("transmit 00B0000000"), "6986");
    other.must("end");
    assert_eq!(facts(read.join().expect("no panic").document()), facts(in_process(READ)));
}

#[test]
fn a_transaction_that_does_not_end_is_said_to_be_another_programs() {
    let Some(desk) = Desk::or_skip() else { return };
    let _card = desk.insert(Slot::First, "medecin-cps3");
    let mut other = desk.other();
    other.must(&format!("connect shared {}", Slot::First.reader()));
    other.must("begin");
    let run = cli::finish(desk.command(READ).env("CPSKIT_CARD_TIMEOUT", "1"));
    let error = run.error();
    assert_eq!((run.code, code(&error)), (4, "card.busy"));
    let message = "reader `Virtual PCD 00 00` has been busy with another program for 1 s";
    assert_eq!(error["message"], message);
}

#[test]
fn a_card_held_exclusively_by_another_program_is_said_to_be_held() {
    let Some(desk) = Desk::or_skip() else { return };
    let _card = desk.insert(Slot::First, "medecin-cps3");
    let mut other = desk.other();
    other.must(&format!("connect exclusive {}", Slot::First.reader()));
    let run = desk.run(READ);
    let error = run.error();
    assert_eq!((run.code, code(&error)), (4, "card.held"));
    assert_eq!(error["causes"], json!(["SCARD_E_SHARING_VIOLATION (0x8010000B)"]));
    assert!(error["hint"].as_str().expect("a hint").starts_with("close what may hold it"));
    other.must("disconnect");
    assert_eq!(desk.run(READ).code, 0);
}

/// Runs `card activities` as far as it waits for its PIN, lets something happen, then gives a PIN that is wrong.
fn while_the_pin_is_looked_for(desk: &Desk, happening: impl FnOnce()) -> cli::Run {
    let folder = tempfile::tempdir().expect("a folder");
    let fifo = folder.path().join("code");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("mkfifo").success());
    let path = fifo.to_str().expect("text");
    let mut command = desk.command(&["card", "activities", "--pin-file", path, "--format", "json"]);
    let run = thread::spawn(move || cli::finish(&mut command));
    // Opens once cpskit reads from it: by then it is connected to the card.
    let mut writer = std::fs::OpenOptions::new().write(true).open(&fifo).expect("cpskit reads");
    happening();
    writer.write_all(b"9999\n").expect("read");
    drop(writer);
    run.join().expect("no panic")
}

#[test]
fn a_card_swapped_while_its_pin_is_looked_for_is_not_given_it() {
    let Some(desk) = Desk::or_skip() else { return };
    let first = desk.insert(Slot::First, "medecin-cps3");
    let mut second = None;
    let run = while_the_pin_is_looked_for(&desk, || {
        first.remove();
        second = Some(desk.insert(Slot::First, "infirmier-adeli-cps3"));
    });
    assert_eq!((run.code, code(&run.error())), (4, "card.removed"));
    let status = desk.run(&["card", "pin", "status", "--format", "json"]).document();
    assert_eq!(status["pin"]["tries_left"], 3);
}

#[test]
fn a_card_reset_while_its_pin_is_looked_for_is_taken_up_again() {
    let Some(desk) = Desk::or_skip() else { return };
    let _card = desk.insert(Slot::First, "medecin-cps3");
    let mut other = desk.other();
    other.must(&format!("connect shared {}", Slot::First.reader()));
    let run = while_the_pin_is_looked_for(&desk, || other.must("reset"));
    assert_eq!((run.code, code(&run.error())), (5, "card.pin.refused"));
    // One try was spent, not one a session.
    let status = desk.run(&["card", "pin", "status", "--format", "json"]).document();
    assert_eq!(status["pin"]["tries_left"], 2);
}

#[test]
fn a_card_held_by_another_program_is_something_to_mend() {
    let Some(desk) = Desk::or_skip() else { return };
    let _card = desk.insert(Slot::First, "medecin-cps3");
    let mut other = desk.other();
    other.must(&format!("connect exclusive {}", Slot::First.reader()));
    let run = desk.run(&["doctor", "--format", "json"]);
    assert_eq!((run.code, code(&run.error())), (1, "doctor.problem"));
}

/// The service is asked, never the card: another program's transaction is not waited for. A card that was put in meanwhile is
/// not the one that was connected to.
#[test]
fn whether_the_card_is_still_there_is_known_without_a_word_to_it() {
    let Some(desk) = Desk::or_skip() else { return };
    let card = desk.insert(Slot::First, "medecin-cps3");
    let (mut ours, mut other) = (desk.other(), desk.other());
    ours.must(&format!("open {}", Slot::First.reader()));
    assert_eq!(ours.ask("presence"), "Here");
    other.must(&format!("connect shared {}", Slot::First.reader()));
    other.must("begin");
    assert_eq!(ours.ask("presence"), "Here");
    other.must("end");
    other.must("reset");
    assert_eq!(ours.ask("presence"), "Here");
    card.remove();
    assert_eq!(ours.ask("presence"), "Gone");
    let _another = desk.insert(Slot::First, "medecin-cps4");
    assert_eq!(ours.ask("presence"), "Gone");
}
