//! The driver on a card one of whose files holds anything at all.
#![no_main]

use std::sync::OnceLock;

use cpskit::card::{Card, Parts};
use cpskit::emulate::{VirtualCard, VirtualReader, issue};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    static CARDS: OnceLock<[VirtualCard; 3]> = OnceLock::new();
    let cards = CARDS.get_or_init(|| {
        ["medecin-cps3", "medecin-cps4", "sans-contact-cps3"]
            .map(|slug| issue::builtin(slug).expect("a builtin persona"))
    });
    let [choice, file, content @ ..] = bytes else { return };
    let mut card = cards[usize::from(*choice) % cards.len()].clone();
    let files = card.files();
    let file = &files[usize::from(*file) % files.len()];
    card.replace_file(file, content.to_vec()).expect("it is listed");
    let mut card = Card::open(Box::new(VirtualReader::insert(card))).expect("a CPx card");
    let _outcome = card.session(|session| {
        let _identifier = session.national_id();
        session.identity(Parts::ALL)
    });
});
