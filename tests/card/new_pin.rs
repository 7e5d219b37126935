//! A new code porteur, in place of the old one or of a blocked one: what is spent, what is said, what the card is left with.

use cpskit::card::{Card, LastTry, PinName, PinSource};
use cpskit::emulate::{Fault, Slot, VirtualCard, VirtualReader};

use crate::support::{Outcome, PIN, open, pin, virtual_card};

/// CPS3, CPS4 with T=1, CPS4 with T=0.
const CARDS: [&str; 3] = ["medecin-cps3", "medecin-cps4", "cpa-cps4"];
const CODE: &str = "12345678";
const NEW: &str = "4321";

fn change(card: &mut Card, old: &str, new: &str, last_try: LastTry) -> Outcome<()> {
    let (old, new) = (pin(old), pin(new));
    let outcome = card.session(|session| session.change_pin(&old, &new, last_try));
    outcome.map_err(|error| error.to_string())
}

fn unblock(card: &mut Card, code: &str, new: &str, last_try: LastTry) -> Outcome<()> {
    let (code, new) = (pin(code), pin(new));
    let outcome = card.session(|session| session.unblock_pin(&code, &new, last_try));
    outcome.map_err(|error| error.to_string())
}

fn opens(card: &mut Card, digits: &str) -> Outcome<()> {
    let pin = pin(digits);
    let outcome =
        card.session(|session| session.unlock(PinSource::Typed(&pin), LastTry::Spend).map(drop));
    outcome.map_err(|error| error.to_string())
}

fn inserted(slug: &str, faults: &[Fault]) -> (Card, Slot) {
    let card: VirtualCard = virtual_card(slug);
    let reader = VirtualReader::insert_faulty(card, faults).expect("no file is altered");
    let slot = reader.slot();
    (open(reader), slot)
}

fn wrong(left: &str) -> Outcome<()> {
    Err(format!("wrong PIN (code porteur): {left} left"))
}

#[test]
fn a_pin_is_changed_and_the_old_one_opens_nothing_any_more() {
    for slug in CARDS {
        let (mut card, slot) = inserted(slug, &[]);
        let resets = slot.card().resets();
        assert_eq!(change(&mut card, PIN, NEW, LastTry::Keep), Ok(()), "{slug}");
        assert_eq!(slot.card().resets(), resets + 1, "{slug}");
        assert_eq!(opens(&mut card, PIN), wrong("2 tries"), "{slug}");
        assert_eq!(opens(&mut card, NEW), Ok(()), "{slug}");
    }
}

#[test]
fn a_change_with_the_wrong_old_pin_costs_one_try_and_changes_nothing() {
    for slug in CARDS {
        let (mut card, slot) = inserted(slug, &[]);
        assert_eq!(change(&mut card, "9999", NEW, LastTry::Keep), wrong("2 tries"), "{slug}");
        assert_eq!(change(&mut card, "9999", NEW, LastTry::Keep), wrong("1 try"), "{slug}");
        let kept = Err("one try is left for the PIN (code porteur); it was not spent".to_owned());
        assert_eq!(change(&mut card, PIN, NEW, LastTry::Keep), kept, "{slug}");
        assert_eq!(change(&mut card, PIN, NEW, LastTry::Spend), Ok(()), "{slug}");
        assert_eq!(slot.card().user_tries_left(), 3, "{slug}");
        assert_eq!(opens(&mut card, NEW), Ok(()), "{slug}");
    }
}

#[test]
fn a_new_pin_that_the_card_does_not_take_costs_no_try() {
    for slug in CARDS {
        let (mut card, slot) = inserted(slug, &[]);
        let length = Err("the PIN (code porteur) has 4 to 4 digits; no try was spent".to_owned());
        assert_eq!(change(&mut card, PIN, "12345", LastTry::Keep), length, "{slug}");
        assert_eq!(change(&mut card, "123456", NEW, LastTry::Keep), length, "{slug}");
        assert_eq!(unblock(&mut card, CODE, "12345", LastTry::Keep), length, "{slug}");
        let message = "the unblocking code (code de déblocage) has 8 to 8 digits; no try was spent";
        let found = unblock(&mut card, "1234", NEW, LastTry::Keep);
        assert_eq!(found, Err(message.to_owned()), "{slug}");
        let card = slot.card();
        assert_eq!((card.user_tries_left(), card.unblock_tries_left()), (3, 10), "{slug}");
    }
}

#[test]
fn a_blocked_pin_is_set_anew_with_the_code_de_deblocage() {
    for slug in CARDS {
        let (mut card, slot) = inserted(slug, &[]);
        (0..3).for_each(|_| drop(opens(&mut card, "9999")));
        let blocked = Err("the PIN (code porteur) is blocked".to_owned());
        assert_eq!(change(&mut card, PIN, NEW, LastTry::Spend), blocked, "{slug}");
        assert_eq!(unblock(&mut card, CODE, NEW, LastTry::Keep), Ok(()), "{slug}");
        assert_eq!(slot.card().user_tries_left(), 3, "{slug}");
        assert_eq!(opens(&mut card, NEW), Ok(()), "{slug}");
    }
}

#[test]
fn the_code_de_deblocage_is_guarded_as_the_pin_is() {
    for slug in CARDS {
        let (mut card, slot) = inserted(slug, &[]);
        for left in (2..10).rev() {
            let message = format!("wrong unblocking code (code de déblocage): {left} tries left");
            let found = unblock(&mut card, "99999999", NEW, LastTry::Keep);
            assert_eq!(found, Err(message), "{slug}");
        }
        let last = unblock(&mut card, "99999999", NEW, LastTry::Keep);
        let message = "wrong unblocking code (code de déblocage): 1 try left";
        assert_eq!(last, Err(message.to_owned()), "{slug}");
        let message =
            "one try is left for the unblocking code (code de déblocage); it was not spent";
        let kept = unblock(&mut card, CODE, NEW, LastTry::Keep);
        assert_eq!(
            (kept, slot.card().unblock_tries_left()),
            (Err(message.to_owned()), 1),
            "{slug}"
        );
        let blocked = Err("the unblocking code (code de déblocage) is blocked".to_owned());
        assert_eq!(unblock(&mut card, "99999999", NEW, LastTry::Spend), blocked, "{slug}");
        assert_eq!(unblock(&mut card, CODE, NEW, LastTry::Spend), blocked, "{slug}");
        assert_eq!(opens(&mut card, PIN), Ok(()), "{slug}");
    }
}

#[test]
fn the_presentations_left_in_the_life_of_the_code_are_counted() {
    let (mut card, _) = inserted("medecin-cps3", &[]);
    let uses = |card: &mut Card| {
        let status = card.session(|session| session.pin_status(PinName::Unblocking));
        status.expect("counters").uses_left
    };
    assert_eq!(uses(&mut card), Some(100));
    for _ in 0..99 {
        unblock(&mut card, CODE, NEW, LastTry::Keep).expect("the right code");
    }
    assert_eq!(uses(&mut card), Some(1));
    let message = "one try is left for the unblocking code (code de déblocage); it was not spent";
    assert_eq!(unblock(&mut card, CODE, NEW, LastTry::Keep), Err(message.to_owned()));
    assert_eq!(unblock(&mut card, CODE, PIN, LastTry::Spend), Ok(()));
    let blocked = Err("the unblocking code (code de déblocage) is blocked".to_owned());
    assert_eq!(unblock(&mut card, CODE, NEW, LastTry::Spend), blocked);
    assert_eq!(opens(&mut card, PIN), Ok(()));
}

/// A card pulled out at any exchange of a change or an unblocking keeps a PIN that is known: the old one or the new one.
#[test]
fn a_card_pulled_at_any_exchange_has_the_old_pin_or_the_new_one() {
    for slug in CARDS {
        for work in [
            |card: &mut Card| change(card, PIN, NEW, LastTry::Keep),
            |card: &mut Card| unblock(card, CODE, NEW, LastTry::Keep),
        ] {
            let (mut undisturbed, _) = inserted(slug, &[]);
            work(&mut undisturbed).expect("no fault");
            let count = undisturbed.exchanges().commands;
            for k in 0..count {
                let fault = Fault::PullAfter(u32::try_from(k).expect("few"));
                let (mut card, slot) = inserted(slug, &[fault]);
                assert!(work(&mut card).is_err(), "{slug} pulled after {k} of {count}");
                slot.insert();
                let mut again = open(VirtualReader::share(slot.clone()));
                let good = opens(&mut again, PIN).is_ok() || opens(&mut again, NEW).is_ok();
                assert!(good, "{slug} pulled after {k} of {count}");
            }
        }
    }
}

/// A reset by another program at any exchange: the work is done again, and no wrong code is spent twice.
#[test]
fn a_reset_at_any_exchange_is_overcome_or_said_and_never_costs_two_tries() {
    for slug in CARDS {
        for k in 0..16 {
            let (mut card, slot) = inserted(slug, &[Fault::ResetAfter(k)]);
            let found = change(&mut card, "9999", NEW, LastTry::Keep);
            assert_eq!(found, wrong("2 tries"), "{slug} {k}");
            assert_eq!(slot.card().user_tries_left(), 2, "{slug} {k}");
            let (mut card, slot) = inserted(slug, &[Fault::ResetAfter(k)]);
            assert_eq!(change(&mut card, PIN, NEW, LastTry::Keep), Ok(()), "{slug} {k}");
            assert_eq!(slot.card().user_tries_left(), 3, "{slug} {k}");
            let (mut card, slot) = inserted(slug, &[Fault::ResetAfter(k)]);
            assert_eq!(unblock(&mut card, CODE, NEW, LastTry::Keep), Ok(()), "{slug} {k}");
            assert_eq!(slot.card().unblock_tries_left(), 10, "{slug} {k}");
        }
    }
}
