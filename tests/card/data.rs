//! Data objects as bytes: what is read, what is written, and what is not.

use cpskit::card::{Card, LastTry, PinSource};
use cpskit::emulate::{Fault, VirtualReader};

use crate::support::{Outcome, PIN, open, pin, virtual_card};

/// CPS3, CPS4 with T=1, CPS4 with T=0.
const CARDS: [&str; 3] = ["medecin-cps3", "medecin-cps4", "cpa-cps4"];
const SIZE: usize = 2048;

fn read(card: &mut Card, label: &str) -> Outcome<Vec<u8>> {
    card.session(|session| session.object(label)).map_err(|error| error.to_string())
}

fn write(card: &mut Card, label: &str, bytes: &[u8]) -> Outcome<()> {
    let pin = pin(PIN);
    let outcome = card.session(|session| {
        session.unlock(PinSource::Typed(&pin), LastTry::Keep)?.write_object(label, bytes)
    });
    outcome.map_err(|error| error.to_string())
}

fn padded(bytes: &[u8]) -> Vec<u8> {
    let mut whole = bytes.to_vec();
    whole.resize(SIZE, 0);
    whole
}

#[test]
fn an_object_reads_as_it_was_written_with_zeros_up_to_its_size() {
    for slug in CARDS {
        let mut card = open(VirtualReader::insert(virtual_card(slug)));
        for length in [0, 1, 254, 255, 256, 510, 2047, SIZE] {
            let bytes: Vec<u8> = (0..length).map(|n| n.to_le_bytes()[0] | 1).collect();
            assert_eq!(write(&mut card, "CPS_DATA", &bytes), Ok(()), "{slug} {length}");
            assert_eq!(read(&mut card, "cps data"), Ok(padded(&bytes)), "{slug} {length}");
        }
    }
}

#[test]
fn what_is_too_long_is_not_begun() {
    for slug in CARDS {
        let mut card = open(VirtualReader::insert(virtual_card(slug)));
        write(&mut card, "CPS_DATA", b"before").expect("room");
        let message =
            "data object `CPS_DATA` holds 2048 bytes, and 2049 were given; nothing was written";
        assert_eq!(write(&mut card, "CPS_DATA", &[1; SIZE + 1]), Err(message.to_owned()));
        assert_eq!(read(&mut card, "CPS_DATA"), Ok(padded(b"before")), "{slug}");
    }
}

#[test]
fn an_object_that_is_not_there_or_not_to_be_written_is_said() {
    for slug in CARDS {
        let mut card = open(VirtualReader::insert(virtual_card(slug)));
        let absent = Err("data object `OTHER` is not on the card".to_owned());
        assert_eq!(read(&mut card, "OTHER"), absent, "{slug}");
        assert_eq!(write(&mut card, "OTHER", b"").map(|()| Vec::new()), absent, "{slug}");
        assert!(write(&mut card, "CPS_ID_CARD", b"").is_err(), "{slug}");
    }
}

#[test]
fn an_object_behind_the_pin_needs_it() {
    for slug in CARDS {
        let mut card = open(VirtualReader::insert(virtual_card(slug)));
        let needed = "data object `CPS_ACTIVITY_01_PS` can be read only with the PIN";
        assert_eq!(read(&mut card, "CPS_ACTIVITY_01_PS"), Err(needed.to_owned()), "{slug}");
        let pin = pin(PIN);
        let found = card.session(|session| {
            session.unlock(PinSource::Typed(&pin), LastTry::Keep)?.object("CPS_ACTIVITY_01_PS")
        });
        assert_eq!(found.expect("the PIN opens it").first(), Some(&0xEE), "{slug}");
    }
}

#[test]
fn a_write_that_another_program_resets_is_done_again_and_one_that_is_cut_can_be() {
    let bytes = [0xA5; 600];
    for slug in CARDS {
        let mut card = open(VirtualReader::insert(virtual_card(slug)));
        write(&mut card, "CPS_DATA", &bytes).expect("room");
        let count = card.exchanges().commands;
        for k in (0..count).map(|k| u32::try_from(k).expect("few")) {
            let faulty = |fault| {
                VirtualReader::insert_faulty(virtual_card(slug), &[fault]).expect("no file")
            };
            let mut card = open(faulty(Fault::ResetAfter(k)));
            assert_eq!(write(&mut card, "CPS_DATA", &bytes), Ok(()), "{slug} {k}");
            let reader = faulty(Fault::PullAfter(k));
            let slot = reader.slot();
            assert!(write(&mut open(reader), "CPS_DATA", &bytes).is_err(), "{slug} {k}");
            slot.insert();
            let mut again = open(VirtualReader::share(slot));
            assert_eq!(write(&mut again, "CPS_DATA", &bytes), Ok(()), "{slug} {k}");
            assert_eq!(read(&mut again, "CPS_DATA"), Ok(padded(&bytes)), "{slug} {k}");
        }
    }
}
