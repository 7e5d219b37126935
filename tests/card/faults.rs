//! The card is pulled, reset by another program, or falls silent, at every exchange of every operation.

use cpskit::card::Error as CardError;
use cpskit::emulate::{Fault, VirtualReader};
use cpskit::transport::{Error, Nature, Protocol, Transaction, Transport};

use crate::support::{Operation, PIN, activities, open, run_with, virtual_card};

/// CPS3 T=0, CPS4 T=1, CPS4 T=0, CPS3 contactless.
const CARDS: [&str; 4] = ["medecin-cps3", "medecin-cps4", "cpa-cps4", "sans-contact-cps3"];

/// Runs every operation on every card, with the fault after each exchange.
fn at_every_exchange(check: impl Fn(&str, Operation, u32, &Result<String, String>, u32)) {
    for slug in CARDS {
        for operation in Operation::ALL {
            let (undisturbed, count, _) = run_with(virtual_card(slug), &[], operation);
            let count = u32::try_from(count).expect("a small number");
            for k in 0..=count {
                check(slug, operation, k, &undisturbed, count);
            }
        }
    }
}

#[test]
fn a_card_pulled_at_any_exchange_is_said_to_be_removed() {
    let removed = "the card was removed from reader `cpskit virtual reader (emulated)`";
    at_every_exchange(|slug, operation, k, undisturbed, count| {
        let (found, ..) = run_with(virtual_card(slug), &[Fault::PullAfter(k)], operation);
        // At the last one everything is known, and a refusal of the card stays what it was.
        let expected = match undisturbed {
            Err(_) if k == count && count > 0 => undisturbed.clone(),
            _ => Err(removed.to_owned()),
        };
        assert_eq!(found, expected, "{slug} {operation:?} pulled after {k} of {count}");
    });
}

#[test]
fn a_reset_by_another_program_at_any_exchange_changes_nothing_of_the_result() {
    at_every_exchange(|slug, operation, k, undisturbed, count| {
        let fault = [Fault::ResetAfter(k)];
        let (found, commands, chip) = run_with(virtual_card(slug), &fault, operation);
        let context = format!("{slug} {operation:?} reset after {k} of {count}");
        assert_eq!(&found, undisturbed, "{context}");
        // The command that met the reset is one more; the directories that were read are not read again.
        let most = if k < count { k + 1 + count } else { count };
        assert!((count..=most).contains(&u32::try_from(commands).expect("few")), "{context}");
        assert_eq!(chip.card().user_tries_left(), 3, "{context}");
    });
}

#[test]
fn a_card_that_falls_silent_at_any_exchange_is_said_not_to_answer() {
    let silent = Err("the card did not answer within 30 s".to_owned());
    at_every_exchange(|slug, operation, k, undisturbed, count| {
        let (found, ..) = run_with(virtual_card(slug), &[Fault::MuteAfter(k)], operation);
        let expected = if k < count { &silent } else { undisturbed };
        assert_eq!(&found, expected, "{slug} {operation:?} silent after {k} of {count}");
    });
}

#[test]
fn a_card_that_is_reset_each_time_is_given_up() {
    let faults = [0, 0, 0].map(Fault::ResetAfter);
    let (found, ..) = run_with(virtual_card("medecin-cps3"), &faults, Operation::Read);
    assert_eq!(found, Err("another program reset the card 3 times while it was read".to_owned()));
}

/// A reader that other programs use before us, each of which resets the card at the end of its turn.
struct Crowded {
    reader: VirtualReader,
    others: u32,
}

impl Transport for Crowded {
    fn reader(&self) -> &str {
        self.reader.reader()
    }

    fn atr(&self) -> &[u8] {
        self.reader.atr()
    }

    fn protocol(&self) -> Protocol {
        self.reader.protocol()
    }

    fn nature(&self) -> Nature {
        self.reader.nature()
    }

    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, Error> {
        match self.others.checked_sub(1) {
            None => self.reader.begin(),
            Some(left) => {
                self.others = left;
                Err(Error::Reset)
            }
        }
    }

    fn reconnect(&mut self) -> Result<(), Error> {
        self.reader.reconnect()
    }
}

#[test]
fn the_turns_of_other_programs_before_ours_are_waited_out_and_not_for_ever() {
    let read = |others| {
        let reader = VirtualReader::insert(virtual_card("medecin-cps3"));
        let mut card = open(Crowded { reader, others });
        card.session(|session| session.national_id()).map(|id| id.to_string())
    };
    assert_eq!(read(20).expect("one more turn"), "899700100011");
    assert!(matches!(read(u32::MAX), Err(CardError::KeepsResetting { times: 100 })));
}

#[test]
fn a_pin_that_a_reset_has_closed_is_verified_again() {
    let verify = b"\x00\x20\x00\x01\x041234";
    let verified = |fault: &[Fault]| {
        let card = virtual_card("medecin-cps3");
        let reader = VirtualReader::insert_faulty(card, fault).expect("no file is altered");
        let log = reader.log();
        activities(&mut open(reader), PIN).expect("the right PIN");
        let sent = log.exchanges();
        sent.iter().map(|(command, _)| command == verify).collect::<Vec<_>>()
    };
    let undisturbed = verified(&[]);
    let at = undisturbed.iter().position(|is_verify| *is_verify).expect("it was sent");
    for k in 0..undisturbed.len() {
        let count = u32::try_from(k).expect("few");
        let times = verified(&[Fault::ResetAfter(count)]).into_iter().filter(|sent| *sent).count();
        assert_eq!(times, if k > at { 2 } else { 1 }, "reset after {k}");
    }
}
