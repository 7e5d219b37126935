//! PINs on the real service: what is spent, what is said, and what the next program finds.

use serde_json::json;

use crate::support::cli::Run;
use crate::support::desk::{Desk, Slot};

const ACTIVITIES: &[&str] = &["card", "activities", "--pin-env", "PIN", "--format", "json"];

fn refusal(run: &Run) -> (i32, String, String) {
    let error = run.error();
    let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
    (run.code, text("code"), text("message"))
}

fn tries_left(desk: &Desk) -> serde_json::Value {
    desk.run(&["card", "pin", "status", "--format", "json"]).document()["pin"]["tries_left"].clone()
}

#[test]
fn tries_are_said_the_last_one_is_kept_and_a_blocked_pin_is_told_apart() {
    let Some(desk) = Desk::or_skip() else { return };
    for persona in ["medecin-cps3", "pharmacien-cps4", "cpa-cps4"] {
        let card = desk.insert(Slot::First, persona);
        let wrong =
            |args: &[&str]| refusal(&desk.run_with_pin("9999", &[ACTIVITIES, args].concat()));
        let refused = |left: &str| {
            let message = format!("wrong PIN (code porteur): {left} left");
            (5, "card.pin.refused".to_owned(), message)
        };
        assert_eq!(wrong(&[]), refused("2 tries"), "{persona}");
        assert_eq!(wrong(&[]), refused("1 try"), "{persona}");
        let kept = "one try is left for the PIN (code porteur); it was not spent";
        assert_eq!(wrong(&[]), (6, "card.pin.last_try".to_owned(), kept.to_owned()), "{persona}");
        assert_eq!(tries_left(&desk), json!(1), "{persona}");
        let blocked =
            (6, "card.pin.blocked".to_owned(), "the PIN (code porteur) is blocked".to_owned());
        assert_eq!(wrong(&["--allow-last-try"]), blocked, "{persona}");
        assert_eq!(wrong(&["--allow-last-try"]), blocked, "{persona}");
        assert_eq!(tries_left(&desk), json!(0), "{persona}");
        card.remove();
    }
}

#[test]
fn the_right_pin_gives_the_tries_back() {
    let Some(desk) = Desk::or_skip() else { return };
    let _card = desk.insert(Slot::First, "medecin-cps3");
    assert_eq!(desk.run_with_pin("9999", ACTIVITIES).code, 5);
    assert_eq!(tries_left(&desk), json!(2));
    assert_eq!(desk.run_with_pin("1234", ACTIVITIES).code, 0);
    assert_eq!(tries_left(&desk), json!(3));
}

#[test]
fn a_blocked_pin_is_an_answer_of_pin_status() {
    let Some(desk) = Desk::or_skip() else { return };
    let _card = desk.insert(Slot::First, "pin-bloque-cps3");
    let run = desk.run(&["card", "pin", "status", "--format", "json"]);
    assert_eq!((run.code, &run.document()["pin"]["blocked"]), (0, &json!(true)));
    let blocked =
        (6, "card.pin.blocked".to_owned(), "the PIN (code porteur) is blocked".to_owned());
    assert_eq!(refusal(&desk.run_with_pin("1234", ACTIVITIES)), blocked);
}

/// SELECT of the PKCS#15 application of a CPS3, then of the file of its first activity.
const OPEN_ACTIVITY: [&str; 2] = ["00A4040C0DE828BD080F8025000001FF0010", "00A4090C02D120"];

#[test]
fn a_card_whose_pin_was_verified_is_reset_and_the_next_program_finds_it_locked() {
    let Some(desk) = Desk::or_skip() else { return };
    let _card = desk.insert(Slot::First, "medecin-cps3");
    let mut other = desk.other();
    // Held open by another program, the card keeps its state between two of ours.
    other.must(&format!("connect shared {}", Slot::First.reader()));
    assert_eq!(desk.run_with_pin("1234", ACTIVITIES).code, 0);
    assert_eq!(other.ask("transmit 00A4040C00"), "ResetCard");
    other.must("reconnect");
    for select in OPEN_ACTIVITY {
        assert_eq!(other.ask(&format!("transmit {select}")), "9000");
    }
    assert_eq!(other.ask("transmit 00B0000010"), "6982");
}

#[test]
fn a_card_read_without_a_pin_is_left_as_found() {
    let Some(desk) = Desk::or_skip() else { return };
    let _card = desk.insert(Slot::First, "medecin-cps3");
    let mut other = desk.other();
    other.must(&format!("connect shared {}", Slot::First.reader()));
    assert_eq!(other.ask("transmit 002000010431323334"), "9000");
    for command in [&["card", "read"][..], &["card", "id"], &["card", "certs"], &["card", "list"]] {
        assert_eq!(desk.run(command).code, 0);
    }
    for select in OPEN_ACTIVITY {
        assert_eq!(other.ask(&format!("transmit {select}")), "9000");
    }
    // The other program's own PIN is still verified.
    let answer = other.ask("transmit 00B0000002");
    assert!(answer.ends_with("9000") || answer.starts_with("61"), "{answer}");
}
