//! Files that are cut, altered, padded or announced too long: never a panic, never a hang, never a wrong holder unsaid.

use std::sync::OnceLock;

use cpskit::card::Identity;
use cpskit::emulate::card::FilePath;
use cpskit::emulate::{Fault, Persona, VirtualCard, VirtualReader};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::{Outcome, PIN, Reading, activities, id, open, read, virtual_card};

/// More than this is a hang: an undisturbed card takes less than 60.
const BOUND: u64 = 3000;

/// Every persona's card, with its undisturbed reading and identifier.
fn cards() -> &'static [(VirtualCard, Reading, Outcome<String>)] {
    static CARDS: OnceLock<Vec<(VirtualCard, Reading, Outcome<String>)>> = OnceLock::new();
    CARDS.get_or_init(|| {
        let whole = |slug: &&str| {
            let card = virtual_card(slug);
            let reading = read(&mut open(VirtualReader::insert(card.clone()))).expect("whole");
            let identifier = id(&mut open(VirtualReader::insert(card.clone())));
            (card, reading, identifier)
        };
        Persona::list().iter().map(whole).collect()
    })
}

/// Runs every operation and bounds what it takes.
fn operate(card: &VirtualCard) -> (Outcome<Reading>, Outcome<String>) {
    let mut first = open(VirtualReader::insert(card.clone()));
    let reading = read(&mut first);
    let mut second = open(VirtualReader::insert(card.clone()));
    let identifier = id(&mut second);
    let mut third = open(VirtualReader::insert(card.clone()));
    // A refusal is a result too.
    let _situations = activities(&mut third, PIN);
    for card in [first, second, third] {
        assert!(card.exchanges().commands < BOUND, "{}", card.exchanges().commands);
    }
    (reading, identifier)
}

/// After a cut: what is there is right, or contradicted; what is missing is named.
fn assert_honest(index: usize, card: &VirtualCard, context: &str) {
    let (_, whole, whole_id) = &cards()[index];
    let (reading, identifier) = operate(card);
    if identifier.is_ok() {
        assert_eq!(&identifier, whole_id, "{context}");
    }
    let Ok(Reading { identity, notes }) = reading else { return };
    if let Some(found) = identity.national_id() {
        let right = Some(found) == whole.identity.national_id();
        assert!(right || identity.mismatch().is_some(), "{context}");
    }
    // Not every card has the older object, so nothing can miss it.
    let newer = |identity: &Identity| Identity { info_2ter: None, ..identity.clone() };
    if newer(&identity) != newer(&whole.identity) {
        assert!(!notes.is_empty() || identity.mismatch().is_some(), "{context}");
    }
}

/// Notes first: they are short, and say what differs.
fn assert_same(reading: &Outcome<Reading>, whole: &Reading, context: &str) {
    let notes = reading.as_ref().map(|reading| &reading.notes);
    assert_eq!(notes, Ok(&whole.notes), "{context}");
    assert!(reading.as_ref() == Ok(whole), "{context}");
}

fn replaced(card: &VirtualCard, file: &FilePath, content: Vec<u8>) -> VirtualCard {
    let mut card = card.clone();
    card.replace_file(file, content).expect("the file is there");
    card
}

/// Lengths that matter: none, one byte, around each border of the first objects, the last byte missing.
fn lengths(content: &[u8]) -> Vec<usize> {
    let size = content.len();
    let mut lengths: Vec<usize> =
        [0, 1, 2, 3, 4, 5, 19, 20, 21, 32, 40, 64, 231, 256, size / 2, size.saturating_sub(1)]
            .into();
    let mut found = cpskit::iso7816::tlv::objects(content);
    while let Some(Ok(_)) = found.next() {
        lengths.push(found.position());
    }
    lengths.retain(|length| *length < size);
    lengths.sort_unstable();
    lengths.dedup();
    lengths
}

#[test]
fn a_file_cut_at_any_border_leaves_a_right_holder_or_names_what_is_missing() {
    for (index, (card, ..)) in cards().iter().enumerate() {
        for file in card.files() {
            let content = card.file(&file).expect("it is listed");
            for length in lengths(content) {
                let cut = replaced(card, &file, content[..length].to_vec());
                let context = format!("{} {file} cut at {length}", Persona::list()[index]);
                assert_honest(index, &cut, &context);
            }
        }
    }
}

#[test]
fn a_file_announced_at_32_kib_is_read_as_far_as_it_goes() {
    for (index, (card, whole, whole_id)) in cards().iter().enumerate() {
        for file in card.files() {
            let mut card = card.clone();
            Fault::Oversize { file: file.clone() }.alter(&mut card).expect("it is listed");
            let context = format!("{} {file}", Persona::list()[index]);
            let (reading, identifier) = operate(&card);
            assert_same(&reading, whole, &context);
            assert_eq!(&identifier, whole_id, "{context}");
        }
    }
}

#[test]
fn a_file_of_32_kib_of_padding_holds_what_it_held() {
    for (index, (card, whole, whole_id)) in cards().iter().enumerate() {
        for file in card.files() {
            let mut content = card.file(&file).expect("it is listed").to_vec();
            content.resize(0x7FFF, 0);
            let (reading, identifier) = operate(&replaced(card, &file, content));
            let context = format!("{} {file}", Persona::list()[index]);
            assert_same(&reading, whole, &context);
            assert_eq!(&identifier, whole_id, "{context}");
        }
    }
}

/// What is done to a file.
#[derive(Clone, Debug)]
enum Damage {
    Cut(Index),
    Flip(Index),
    Pad(u8, usize),
    Replace(Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        any::<Index>().prop_map(Damage::Cut),
        any::<Index>().prop_map(Damage::Flip),
        (prop_oneof![Just(0x00), Just(0xFF)], 1_usize..600)
            .prop_map(|(byte, count)| Damage::Pad(byte, count)),
        proptest::collection::vec(any::<u8>(), 0..700).prop_map(Damage::Replace),
    ]
}

fn damaged(card: &VirtualCard, file: &FilePath, damage: &Damage) -> VirtualCard {
    let mut content = card.file(file).expect("it is listed").to_vec();
    match damage {
        Damage::Cut(at) => content.truncate(at.index(content.len().max(1))),
        Damage::Flip(at) if !content.is_empty() => {
            let bit = at.index(content.len() * 8);
            content[bit / 8] ^= 0x80 >> (bit % 8);
        }
        Damage::Flip(_) => {}
        Damage::Pad(byte, count) => content.extend(std::iter::repeat_n(byte, *count)),
        Damage::Replace(bytes) => content.clone_from(bytes),
    }
    replaced(card, file, content)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn one_damaged_file_never_makes_the_driver_panic_or_hang(
        persona in any::<Index>(), file in any::<Index>(), damage in damage(),
    ) {
        let index = persona.index(cards().len());
        let (card, ..) = &cards()[index];
        let files = card.files();
        let file = &files[file.index(files.len())];
        let card = damaged(card, file, &damage);
        match damage {
            Damage::Cut(_) | Damage::Pad(..) => assert_honest(index, &card, &format!("{file} {damage:?}")),
            Damage::Flip(_) | Damage::Replace(_) => drop(operate(&card)),
        }
    }

    #[test]
    fn two_damaged_files_never_make_the_driver_panic_or_hang(
        persona in any::<Index>(),
        files in [any::<Index>(), any::<Index>()],
        damages in [damage(), damage()],
    ) {
        let (card, ..) = &cards()[persona.index(cards().len())];
        let all = card.files();
        let mut card = card.clone();
        for (file, damage) in files.iter().zip(&damages) {
            card = damaged(&card, &all[file.index(all.len())], damage);
        }
        drop(operate(&card));
    }
}
