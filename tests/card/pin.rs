//! PINs: what is read before one is sent, what is not spent, and how the card is left.

use std::time::Duration;

use cpskit::card::{LastTry, Parts, PinName, PinSource, PinStatus, Tries};
use cpskit::emulate::VirtualReader;
use cpskit::transport::{Error, Transport};

use crate::support::layout::{Foreign, situations};
use crate::support::toy::{Counter, Habits, Kind, Toy};
use crate::support::{Outcome, PIN, activities, bytes, open, pin, read, unlock, virtual_card};

fn toy(kind: Kind, habits: Habits) -> Toy {
    Foreign { habits, ..Foreign::default() }.card(kind)
}

/// VERIFY with a PIN in it.
fn presented(toy: &Toy) -> Vec<String> {
    let is_verify = |sent: &String| sent[2..4] == *"20" && sent.len() > 10;
    toy.sent().into_iter().filter(is_verify).collect()
}

/// What asks for the tries left: GET DATA, or VERIFY without data.
fn asked(sent: &str) -> bool {
    sent[2..4] == *"CB" || (sent[2..4] == *"20" && sent.len() <= 10)
}

const STOPPED: &str = "one try is left for the PIN (code porteur); it was not spent";
const BLOCKED: &str = "the PIN (code porteur) is blocked";

#[test]
fn the_tries_left_are_read_before_the_pin_is_sent_and_it_is_sent_once() {
    for kind in Kind::ALL {
        let toy = toy(kind, Habits::default());
        assert_eq!(activities(&mut open(toy.clone()), PIN), Ok(situations(kind)), "{kind:?}");
        let class = if kind == Kind::Cps3 { "00" } else { "01" };
        let verify = format!("{class}2000010431323334");
        assert_eq!(presented(&toy), [verify.as_str()], "{kind:?}");
        let sent = toy.sent();
        let question = sent.iter().position(|sent| asked(sent));
        let answer = sent.iter().position(|sent| *sent == verify);
        assert!(question.is_some() && question < answer, "{kind:?} {sent:?}");
    }
}

#[test]
fn the_last_try_is_kept_unless_asked_for() {
    for kind in Kind::ALL {
        let toy = toy(kind, Habits { tries: 1, ..Habits::default() });
        let found = unlock(&mut open(toy.clone()), PIN, LastTry::Keep);
        assert_eq!((found, toy.tries()), (Err(STOPPED.to_owned()), 1), "{kind:?}");
        assert_eq!(presented(&toy), Vec::<String>::new(), "{kind:?}");
        let found = unlock(&mut open(toy.clone()), PIN, LastTry::Spend);
        assert_eq!((found, toy.tries()), (Ok(situations(kind)), 3), "{kind:?}");
    }
}

#[test]
fn a_wrong_pin_costs_one_try_and_says_how_many_are_left() {
    for kind in Kind::ALL {
        let toy = toy(kind, Habits::default());
        let found = unlock(&mut open(toy.clone()), "0000", LastTry::Keep);
        let refused = Err("wrong PIN (code porteur): 2 tries left".to_owned());
        assert_eq!((found, toy.tries()), (refused, 2), "{kind:?}");
        let found = unlock(&mut open(toy.clone()), "0000", LastTry::Keep);
        let refused = Err("wrong PIN (code porteur): 1 try left".to_owned());
        assert_eq!((found, toy.tries()), (refused, 1), "{kind:?}");
        let found = unlock(&mut open(toy.clone()), "0000", LastTry::Spend);
        assert_eq!((found, toy.tries()), (Err(BLOCKED.to_owned()), 0), "{kind:?}");
    }
}

#[test]
fn nothing_is_sent_to_a_blocked_pin() {
    for kind in Kind::ALL {
        for last_try in [LastTry::Keep, LastTry::Spend] {
            let toy = toy(kind, Habits { tries: 0, ..Habits::default() });
            let found = unlock(&mut open(toy.clone()), PIN, last_try);
            assert_eq!(found, Err(BLOCKED.to_owned()), "{kind:?}");
            assert_eq!(presented(&toy), Vec::<String>::new(), "{kind:?}");
        }
    }
}

#[test]
fn a_pin_of_a_length_the_card_does_not_take_costs_no_try() {
    for kind in Kind::ALL {
        let toy = toy(kind, Habits::default());
        let found = unlock(&mut open(toy.clone()), "12345", LastTry::Keep);
        let message = "the PIN (code porteur) has 4 to 4 digits; no try was spent";
        assert_eq!((found, toy.tries()), (Err(message.to_owned()), 3), "{kind:?}");
        assert_eq!(presented(&toy), Vec::<String>::new(), "{kind:?}");
    }
}

#[test]
fn a_pin_in_a_coding_that_is_not_known_is_not_tried() {
    for kind in Kind::ALL {
        let toy = toy(kind, Habits::default());
        let path = Foreign::default().at(0x6F01);
        let mut aod = toy.content(&path);
        let coding = aod.windows(3).position(|field| field == [0x0A, 1, 1]).expect("pinType");
        aod[coding + 2] = 9;
        toy.file(&path, &aod);
        let found = unlock(&mut open(toy.clone()), PIN, LastTry::Spend);
        assert_eq!(found, Err("EF.AOD cannot be decoded".to_owned()), "{kind:?}");
        assert_eq!(presented(&toy), Vec::<String>::new(), "{kind:?}");
    }
}

#[test]
fn tries_that_cannot_be_read_are_not_spent_unless_the_caller_insists() {
    let message = |status| {
        let told = "the tries left for the PIN (code porteur) cannot be read";
        Err(format!("{told} ({status}); none was spent"))
    };
    for (kind, counter, status) in [
        (Kind::Cps3, Counter::Unreadable, "6A88"),
        (Kind::Cps4T0, Counter::Unreadable, "6F00"),
        (Kind::Cps4T1, Counter::Unreadable, "6F00"),
        // Another program has opened the PIN: the card does not count.
        (Kind::Cps4T0, Counter::Open, "9000"),
        (Kind::Cps4T1, Counter::Open, "9000"),
    ] {
        let toy = toy(kind, Habits { counter, ..Habits::default() });
        let found = unlock(&mut open(toy.clone()), PIN, LastTry::Keep);
        assert_eq!(found, message(status), "{kind:?} {counter:?}");
        assert_eq!(presented(&toy), Vec::<String>::new(), "{kind:?} {counter:?}");
        let found = unlock(&mut open(toy.clone()), PIN, LastTry::Spend);
        assert_eq!(found, Ok(situations(kind)), "{kind:?} {counter:?}");
    }
}

#[test]
fn a_counter_that_cannot_be_read_leaves_the_rest_of_the_card_readable() {
    for kind in Kind::ALL {
        let toy = toy(kind, Habits { counter: Counter::Unreadable, ..Habits::default() });
        let reading = read(&mut open(toy)).expect("the rest of the card");
        assert_eq!(reading.identity.pin, None, "{kind:?}");
        let notes: Vec<_> = reading.notes.iter().map(|note| note.kind.to_string()).collect();
        let status = if kind == Kind::Cps3 { "6A88" } else { "6F00" };
        assert_eq!(notes, [format!("refused by the card ({status})")], "{kind:?}");
    }
}

#[test]
fn the_status_of_both_codes_is_told_without_spending_anything() {
    let status = |tries, max, uses_left| PinStatus { tries: Tries::Left(tries), max, uses_left };
    for (slug, unblocking) in [
        ("medecin-cps3", status(10, Some(10), Some(100))),
        ("medecin-cps4", status(10, None, None)),
    ] {
        let mut card = open(VirtualReader::insert(virtual_card(slug)));
        let found = card.session(|session| {
            Ok([session.pin_status(PinName::User)?, session.pin_status(PinName::Unblocking)?])
        });
        let found = found.map_err(|error| error.to_string());
        assert_eq!(found, Ok([status(3, Some(3), None), unblocking]), "{slug}");
    }
}

#[test]
fn a_contactless_card_has_no_pin() {
    let reader = VirtualReader::insert(virtual_card("sans-contact-cps3"));
    let log = reader.log();
    let message = "this card has no PIN on its contactless interface";
    assert_eq!(activities(&mut open(reader), PIN), Err(message.to_owned()));
    assert_eq!(log.exchanges(), vec![]);
}

/// Reads the first activity as another program that shares the reader.
fn other_reads(other: &mut VirtualReader) -> Result<Vec<u8>, Error> {
    let mut transaction = other.begin()?;
    transaction.transmit(&bytes("00A4090C06 3F000001D120"))?;
    let answer = transaction.transmit(&bytes("00B0000001"))?;
    Ok(answer[answer.len() - 2..].to_vec())
}

const LOCKED: [u8; 2] = [0x69, 0x82];
const DONE: [u8; 2] = [0x90, 0x00];

#[test]
fn no_other_program_inherits_a_pin_that_was_verified() {
    let reader = VirtualReader::insert(virtual_card("medecin-cps3"));
    let mut other = VirtualReader::share(reader.slot());
    activities(&mut open(reader), PIN).expect("the right PIN");
    assert_eq!(other_reads(&mut other), Err(Error::Reset));
    assert_eq!(other.reconnect(), Ok(()));
    assert_eq!(other_reads(&mut other), Ok(LOCKED.to_vec()));
}

#[test]
fn a_pin_verified_before_a_failure_is_closed_too() {
    let toy = toy(Kind::Cps3, Habits::default());
    let pin = pin(PIN);
    let outcome = open(toy.clone()).session(|session| {
        session.unlock(PinSource::Typed(&pin), LastTry::Keep)?;
        Err::<(), _>(cpskit::card::Error::IdentifierAbsent)
    });
    assert!(outcome.is_err());
    assert_eq!(toy.resets(), 1);
}

#[test]
fn a_pin_verified_is_closed_even_when_the_next_try_is_refused() {
    let toy = toy(Kind::Cps4T1, Habits::default());
    let (right, wrong) = (pin(PIN), pin("0000"));
    let outcome = open(toy.clone()).session(|session| {
        session.unlock(PinSource::Typed(&right), LastTry::Keep)?;
        session.unlock(PinSource::Typed(&wrong), LastTry::Keep).map(|_| ())
    });
    let message = "wrong PIN (code porteur): 2 tries left";
    assert_eq!(outcome.map_err(|error| error.to_string()), Err(message.to_owned()));
    assert_eq!(toy.resets(), 1);
}

#[test]
fn a_card_whose_pin_was_refused_or_not_asked_for_is_not_reset() {
    for kind in Kind::ALL {
        let toy = toy(kind, Habits::default());
        read(&mut open(toy.clone())).expect("read");
        unlock(&mut open(toy.clone()), "0000", LastTry::Keep).expect_err("a wrong PIN");
        unlock(&mut open(toy.clone()), "00000", LastTry::Keep).expect_err("too long a PIN");
        assert_eq!(toy.resets(), 0, "{kind:?}");
    }
}

#[test]
fn what_another_program_has_opened_stays_open_while_a_card_is_read() {
    let reader = VirtualReader::insert(virtual_card("medecin-cps3"));
    let chip = reader.slot();
    let mut other = VirtualReader::share(reader.slot());
    let verified = other.begin().expect("free").transmit(&bytes("002000010431323334"));
    assert_eq!(verified, Ok(DONE.to_vec()));
    read(&mut open(reader)).expect("read");
    assert_eq!(other_reads(&mut other), Ok(DONE.to_vec()));
    assert_eq!(chip.card().user_tries_left(), 3);
}

fn on_keypad(toy: &Toy) -> Outcome<usize> {
    let source = PinSource::Keypad(Duration::from_secs(30));
    let outcome =
        open(toy.clone()).session(|session| session.unlock(source, LastTry::Keep)?.activities());
    outcome.map(|found| found.len()).map_err(|error| error.to_string())
}

#[test]
fn a_pin_typed_on_the_readers_keypad_never_reaches_the_computer() {
    for kind in Kind::ALL {
        let toy = toy(kind, Habits { keypad: Some(PIN), ..Habits::default() });
        assert_eq!(on_keypad(&toy), Ok(situations(kind).len()), "{kind:?}");
        assert!(toy.sent().iter().all(|sent| !sent.contains("31323334")), "{kind:?}");
        assert!(toy.sent().iter().any(|sent| asked(sent)), "{kind:?}");
        assert_eq!(toy.resets(), 1, "{kind:?}");
    }
}

#[test]
fn a_wrong_pin_on_the_keypad_costs_one_try() {
    let toy = toy(Kind::Cps3, Habits { keypad: Some("0000"), ..Habits::default() });
    let refused = Err("wrong PIN (code porteur): 2 tries left".to_owned());
    assert_eq!((on_keypad(&toy), toy.tries(), toy.resets()), (refused, 2, 0));
}

#[test]
fn a_cancelled_keypad_costs_nothing_and_leaves_the_card_as_found() {
    let toy = toy(Kind::Cps3, Habits { keypad: Some(""), ..Habits::default() });
    let cancelled = Err("PIN entry was cancelled on the reader's keypad".to_owned());
    assert_eq!((on_keypad(&toy), toy.tries(), toy.resets()), (cancelled, 3, 0));
}

#[test]
fn a_reader_without_a_keypad_says_so_and_leaves_the_card_as_found() {
    let toy = toy(Kind::Cps3, Habits::default());
    let none = Err("the reader has no keypad that presents a PIN".to_owned());
    assert_eq!((on_keypad(&toy), toy.tries(), toy.resets()), (none, 3, 0));
}

#[test]
fn the_keypad_is_told_of_before_anyone_is_asked_for_a_pin() {
    for (keypad, expected) in [(Some(PIN), true), (None, false)] {
        let toy = toy(Kind::Cps3, Habits { keypad, ..Habits::default() });
        let found = open(toy).session(|session| session.has_keypad());
        assert_eq!(found.map_err(|error| error.to_string()), Ok(expected));
    }
}

#[test]
fn reading_everything_else_asks_for_no_pin() {
    let toy = toy(Kind::Cps3, Habits::default());
    open(toy.clone()).session(|session| session.identity(Parts::ALL)).expect("read");
    assert_eq!(presented(&toy), Vec::<String>::new());
}
