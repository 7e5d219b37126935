//! The virtual card: it answers any commands at all, each preceded by its length, with at least a status word.
#![no_main]

use std::sync::OnceLock;

use cpskit::emulate::{VirtualCard, issue};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    static CARDS: OnceLock<[VirtualCard; 3]> = OnceLock::new();
    let cards = CARDS.get_or_init(|| {
        ["medecin-cps3", "medecin-cps4", "cpa-cps4"]
            .map(|slug| issue::builtin(slug).expect("a builtin persona"))
    });
    let Some((choice, mut rest)) = bytes.split_first() else { return };
    let mut card = cards[usize::from(*choice) % cards.len()].clone();
    card.power_on();
    while let Some((length, commands)) = rest.split_first() {
        let (command, others) = commands.split_at(usize::from(*length).min(commands.len()));
        assert!((2..=258).contains(&card.transmit(command).len()));
        rest = others;
    }
});
