//! A card of another kind is named as such and left alone.

use cpskit::card::Card;
use cpskit::transport::{Error, Nature, Protocol, Transaction, Transport};

use crate::support::bytes;

/// A card that nothing may be sent to.
struct Untouchable {
    atr: Vec<u8>,
}

impl Transport for Untouchable {
    fn reader(&self) -> &str {
        "untouchable"
    }

    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn protocol(&self) -> Protocol {
        Protocol::T1
    }

    fn nature(&self) -> Nature {
        Nature::Real
    }

    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, Error> {
        panic!("a card of another kind was used")
    }

    fn reconnect(&mut self) -> Result<(), Error> {
        panic!("a card of another kind was used")
    }
}

#[test]
fn a_card_of_another_kind_is_named_and_nothing_is_sent_to_it() {
    for (atr, name) in [
        ("3BAC00402A001225006480820212009000", "a CPS2ter, older than the cards cpskit reads"),
        (
            "3B8F80010031B86404B0ECC173940180FFFFFFE3",
            "another organisation's card on the chip that contactless CPS3 cards use",
        ),
        ("3BAC00402A001225006480000510009000", "a CPx card of an unknown generation (05)"),
        ("3B75130000 9C02020102", "not a CPx card"),
        ("", "not a CPx card"),
    ] {
        let outcome = Card::open(Box::new(Untouchable { atr: bytes(atr) }));
        let message = outcome.err().map(|error| error.to_string());
        let atr = atr.replace(' ', "");
        let expected = format!("the card in the reader is {name} (ATR {atr})");
        assert_eq!(message, Some(expected));
    }
}
