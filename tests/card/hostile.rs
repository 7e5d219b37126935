//! Cards that answer anything at all: never a panic, never a hang.

use cpskit::transport::{Disposition, Error, Nature, Protocol, Transaction, Transport};
use proptest::prelude::*;

use crate::support::{Operation, bytes, open};

const ATRS: [(&str, Protocol); 4] = [
    ("3B AC 00 40 2A 00 12 25 00 64 80 00 03 10 00 90 00", Protocol::T0),
    ("3B DC 18 FF 00 00 12 25 00 64 80 00 04 01 00 90 00", Protocol::T0),
    ("3B 9B 18 80 01 00 12 25 00 64 80 00 04 01 00 90 44", Protocol::T1),
    ("3B 8F 80 01 00 31 B8 64 04 B0 EC C1 73 94 01 80 82 90 00 0E", Protocol::T1),
];

/// Answers with its list, over and over, whatever it is asked.
struct Parrot {
    atr: Vec<u8>,
    protocol: Protocol,
    answers: Vec<Vec<u8>>,
    next: usize,
}

impl Transport for Parrot {
    fn reader(&self) -> &str {
        "parrot"
    }

    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn protocol(&self) -> Protocol {
        self.protocol
    }

    fn nature(&self) -> Nature {
        Nature::Emulated
    }

    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, Error> {
        Ok(Box::new(Talk(self)))
    }

    fn reconnect(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

struct Talk<'a>(&'a mut Parrot);

impl Transaction for Talk<'_> {
    fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, Error> {
        let answer = self.0.answers[self.0.next % self.0.answers.len()].clone();
        self.0.next += 1;
        Ok(answer)
    }

    fn at_end(&mut self, _: Disposition) {}

    fn end(self: Box<Self>) -> Result<(), Error> {
        Ok(())
    }
}

/// How many commands the dearest operation takes.
fn cost(answers: &[Vec<u8>]) -> u64 {
    let mut most = 0;
    for (atr, protocol) in ATRS {
        for operation in Operation::ALL {
            let atr = bytes(atr);
            let mut card = open(Parrot { atr, protocol, answers: answers.to_vec(), next: 0 });
            // A refusal is a result too.
            let _outcome = operation.run(&mut card);
            most = most.max(card.exchanges().commands);
        }
    }
    most
}

/// What a transaction may take, whatever the card answers.
const BOUND: u64 = 2_048;

#[test]
fn an_answer_repeated_for_ever_ends() {
    for answer in [
        "9000",
        "6100",
        "6101",
        "00 6101",
        "9F01",
        "6C00",
        "6C01",
        "6282",
        "00 6282",
        "6700",
        "6881",
        "6982",
        "6983",
        "6985",
        "6A82",
        "6A86",
        "6B00",
        "6E00",
        "6F00",
        "63C3",
        "63C0",
        "61 9000",
        "30 9000",
        "3082FFFF 9000",
        "308400 9000",
        "FF 9000",
        "6F048002FFFF 9000",
        "62048002FFFF 9000",
        "620380018000 9000",
        "5A0A80250000019921384 50F 9000",
        "A706300404027006 9000",
        "A406300404027005 9000",
        "1F 9000",
        "1F 6282",
    ] {
        let cost = cost(&[bytes(answer)]);
        assert!(cost <= BOUND, "{answer}: {cost}");
    }
}

/// Words that drive the driver somewhere, and any others.
fn status() -> impl Strategy<Value = [u8; 2]> {
    prop_oneof![
        8 => Just([0x90, 0x00]),
        1 => any::<u8>().prop_map(|low| [0x61, low]),
        1 => any::<u8>().prop_map(|low| [0x6C, low]),
        1 => any::<u8>().prop_map(|low| [0x63, low]),
        1 => prop_oneof![Just([0x62, 0x82]), Just([0x67, 0x00]), Just([0x68, 0x81])],
        1 => any::<[u8; 2]>(),
    ]
}

/// Data that looks like what cards hold, and any other.
fn data() -> impl Strategy<Value = Vec<u8>> {
    const KNOWN: &[&str] = &[
        "5A0A80250000019921384 50F",
        "A806300404027001 A406300404027005 A706300404027006",
        "301E 300D0C0B4350535F49445F43415244 30050C03435053 A10630040402D100",
        "301E 300D0C0B4350535F494E464F5F5053 30050C03435053 A10630040402D103",
        "303B 301D0C1B43657274696669636174206465205369676E617475726520435053 30040402 0001 A108300630040402A001",
        "E31E 80068025000001FF 81052800000001 820180 830420240115 840420270131",
        "6F04 80028000",
        "612B 4F0DE828BD080F8025000001FF0010 5003435053 51043F000001",
    ];
    prop_oneof![
        Just(Vec::new()),
        proptest::sample::select(KNOWN).prop_map(bytes),
        proptest::collection::vec(any::<u8>(), 0..260),
    ]
}

proptest! {
    #[test]
    fn no_answers_make_the_driver_panic_or_hang(
        answers in proptest::collection::vec((data(), status()), 1..12),
        garbled in prop_oneof![9 => Just(false), 1 => Just(true)],
    ) {
        let whole = answers.into_iter().map(|(data, status)| [data.as_slice(), &status].concat());
        let mut answers: Vec<Vec<u8>> = whole.collect();
        if garbled {
            answers.push(vec![0x90]);
        }
        let cost = cost(&answers);
        prop_assert!(cost <= BOUND, "{}", cost);
    }
}
