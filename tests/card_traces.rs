//! Recorded exchanges of the vendor's library, replayed against the virtual card.
//!
//! The recordings are not part of this repository: `CPSKIT_FACTS` says where they are, or they stand beside it;
//! elsewhere these tests say so and pass. A recording was made on another card image, so what its commands take from
//! answers (the length to GET RESPONSE, the size to read) is taken from ours, by the library's rules; all the rest is
//! sent as recorded, but for a cryptogram: it is for another key, and a card deciphers its own only.

#![cfg(feature = "emulate")]

use std::path::PathBuf;

use cpskit::emulate::{VirtualCard, igc, issue};
use cpskit::iso7816::tlv::{self, Tlv};
use num_bigint::BigUint;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

#[test]
fn the_vendor_library_finds_its_way_on_a_cps3_card() {
    replay("cps3-contact-t0.txt", "medecin-cps3");
}

#[test]
fn the_vendor_library_finds_its_way_on_a_contactless_cps3_card() {
    replay("cps3-contactless-t1.txt", "sans-contact-cps3");
}

#[test]
fn the_vendor_library_finds_its_way_on_a_cps4_card_with_t0() {
    replay("cps4-contact-t0.txt", "cpa-cps4");
}

#[test]
fn the_vendor_library_finds_its_way_on_a_cps4_card_with_t1() {
    replay("cps4-contact-t1.txt", "medecin-cps4");
}

fn replay(file: &str, slug: &str) {
    let Some(text) = recording(file) else {
        return;
    };
    let card = issue::builtin(slug).expect("a card");
    let atr =
        text.lines().find_map(|line| line.strip_prefix("# ATR ")).expect("the ATR is recorded");
    assert_eq!(card.atr(), bytes(atr.split(' ').next().unwrap_or_default()), "{file}");
    let mut client =
        Client { card, file: file.to_owned(), announced: 0, asked: 0, size: 0, id: [0, 0] };
    let mut replayed = 0;
    for (number, line) in text.lines().enumerate() {
        let exchange = line.strip_prefix("> ").and_then(|line| line.split_once(" < "));
        if let Some((command, answer)) = exchange {
            let command = for_our_key(bytes(command), slug);
            client.exchange(number + 1, &command, &bytes(answer));
            replayed += 1;
        }
    }
    assert!(replayed > 20, "{file}: {replayed} exchanges only");
}

/// The recorded cryptogram of CPS3 becomes one of the same length for the key of this card: a card that answers the message
/// must find one.
fn for_our_key(command: Vec<u8>, slug: &str) -> Vec<u8> {
    let (head, cryptogram) = match command.as_slice() {
        [0x10, 0x2A, 0x80, 0x86, 0xFF, 0x81, ..] => (6, 0..254),
        [0x00, 0x2A, 0x80, 0x86, 0x02, _, _] => (5, 254..256),
        _ => return command,
    };
    let card = igc::committed(slug).expect("ours");
    let key = card.authentication.as_ref().expect("a contact card").key.public().expect("RSA");
    let der = key.to_der().expect("short");
    let (_, key) = SubjectPublicKeyInfo::from_der(&der).expect("a key");
    let Ok(PublicKey::RSA(key)) = key.parsed() else { panic!("an RSA key") };
    let block = [&[0, 2][..], &[0x55; 248], &[0], b"HELLO"].concat();
    let number = BigUint::from_bytes_be;
    let power = number(&block).modpow(&number(key.exponent), &number(key.modulus)).to_bytes_be();
    let whole = [vec![0; 256 - power.len()], power].concat();
    [&command[..head], &whole[cryptogram]].concat()
}

#[expect(clippy::print_stderr, reason = "a test that did nothing says so")]
fn recording(file: &str) -> Option<String> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/reference/cpx-traces");
    let folder =
        std::env::var_os("CPSKIT_FACTS").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let text = std::fs::read_to_string(folder.join(file));
    if text.is_err() {
        eprintln!("skipped: no recording {file} in {}; CPSKIT_FACTS says where", folder.display());
    }
    text.ok()
}

/// What the library remembers between commands.
struct Client {
    card: VirtualCard,
    file: String,
    /// SW2 of the last 61xx or 9Fxx.
    announced: u8,
    /// The instruction that announced it.
    asked: u8,
    /// Size of the selected file, from its template.
    size: usize,
    /// Identifier of the selected file.
    id: [u8; 2],
}

impl Client {
    fn exchange(&mut self, line: usize, command: &[u8], recorded: &[u8]) {
        let context = format!("{} line {line}: {command:02X?}", self.file);
        if command[1] != 0xC0 {
            self.asked = command[1];
        }
        match command[1] {
            0xA4 => self.select(command, recorded, &context),
            0xB0 if command[2..4] == [0, 0] => self.read(command, &context),
            0xB0 => {} // the rest of a file, read with its beginning
            0xC0 => self.get_response(command[0], &context),
            _ => {
                let answer = self.card.transmit(command);
                self.note(&answer);
                assert_eq!(class(&answer), class(recorded), "{context}");
                let (data, _) = split(&answer);
                let (expected, _) = split(recorded);
                assert_eq!(data.len(), expected.len(), "{context}");
            }
        }
    }

    fn note(&mut self, answer: &[u8]) {
        let (_, [_, sw2]) = split(answer);
        self.announced = sw2;
    }

    /// Selections by path end with the identifier; a template must agree with it.
    fn select(&mut self, command: &[u8], recorded: &[u8], context: &str) {
        let end = 5 + usize::from(command[4]);
        self.id = [command[end - 2], command[end - 1]];
        let answer = self.card.transmit(command);
        self.note(&answer);
        assert_eq!(class(&answer), class(recorded), "{context}");
        let (data, _) = split(&answer);
        if !data.is_empty() {
            self.template(&data, command[0], context);
        }
    }

    /// As many bytes as were announced, 231 at most on CPS3 (§2.1).
    fn get_response(&mut self, class: u8, context: &str) {
        let announced = if self.announced == 0 { 256 } else { usize::from(self.announced) };
        let wanted = announced.min(if class == 0 { 231 } else { 256 });
        let le = u8::try_from(wanted).unwrap_or(0);
        let answer = self.card.transmit(&[class, 0xC0, 0, 0, le]);
        let (data, status) = split(&answer);
        let rest = u8::try_from(announced - wanted).expect("less than 256");
        let more = if rest == 0 { [0x90, 0] } else { [0x61, rest] };
        assert_eq!((data.len(), status), (wanted, more), "{context}");
        self.announced = rest;
        match self.asked {
            0xA4 => self.template(&data, class, context),
            0xCB => counters(&data, context),
            _ => {}
        }
    }

    /// CPx fact sheet §2.2, §2.3 and §3.4: the tag by class, size and identifier.
    fn template(&mut self, data: &[u8], class: u8, context: &str) {
        let template = only(data, context);
        if class == 0xA0 {
            assert_eq!((template.tag.0, &template.value[2..4]), (0x85, &self.id[..]), "{context}");
            self.size = size(&template.value[..2]);
            return;
        }
        assert_eq!(template.tag.0, if class == 0 { 0x62 } else { 0x6F }, "{context}");
        assert!(template.value.len() < 0x80, "{context}: the length must be a single byte");
        let value = |tag| template.child(tag).map(|tlv| tlv.value.to_vec()).unwrap_or_default();
        assert_eq!(value(0x83), self.id, "{context}");
        if value(0x82) == [0x01] {
            self.size = size(&value(0x80));
        }
    }

    /// The whole file by its announced size, in the library's pieces: 231 bytes on CPS3, 256 on CPS4.
    fn read(&mut self, command: &[u8], context: &str) {
        let piece = if command[0] == 0x01 { 256 } else { 231 };
        let mut content = Vec::new();
        while content.len() < self.size {
            let [high, low] = u16::try_from(content.len()).expect("a short file").to_be_bytes();
            let wanted = piece.min(self.size - content.len());
            let le = u8::try_from(wanted).unwrap_or(0);
            let answer = self.card.transmit(&[command[0], 0xB0, high, low, le]);
            let (data, status) = split(&answer);
            assert_eq!((data.len(), status), (wanted, [0x90, 0]), "{context}");
            content.extend(data);
        }
        self.content(&content, context);
    }

    /// What the library demands of each file (CPx fact sheet §1.2, §4, §8).
    fn content(&self, content: &[u8], context: &str) {
        match self.id {
            [0xD0, 0x03] => {
                assert_eq!(
                    (content.len(), &content[2..7]),
                    (12, &b"\x80\x25\x00\x00\x01"[..]),
                    "{context}"
                );
            }
            [0x2F, 0x00] => {
                let records = whole(content, context);
                assert!(!records.is_empty(), "{context}");
                for record in records {
                    let path = record.child(0x51).map(|tlv| tlv.value);
                    assert_eq!((record.tag.0, path.map(<[u8]>::len)), (0x61, Some(4)), "{context}");
                }
            }
            [0x50, 0x31] => {
                for kind in whole(content, context) {
                    let path = kind.child(0x30).and_then(|path| path.child(0x04));
                    assert_eq!(path.map(|path| path.value.len()), Some(2), "{context}");
                }
            }
            [0x50, 0x32] => {
                let label = only(content, context).child(0x80).map(|tlv| tlv.value.to_vec());
                assert!(label.is_some_and(|label| label.starts_with(b"CPS")), "{context}");
            }
            [0x70 | 0x71, _] => {
                assert!(
                    whole(content, context).iter().all(|entry| entry.tag.0 == 0x30),
                    "{context}"
                );
            }
            [0xA0, _] => assert_eq!(only(content, context).raw.len(), content.len(), "{context}"),
            [0xD1, 0x07] => {}
            _ => assert!((0xE0..=0xEE).contains(&only(content, context).tag.0), "{context}"),
        }
    }
}

/// The flat scan of the counters, CPx fact sheet §6.3.
fn counters(data: &[u8], context: &str) {
    let find = |tag| data.windows(2).position(|pair| pair == [tag, 0x01]).map(|at| data[at + 2]);
    let (max, left) = (find(0x9A), find(0x9B));
    assert!(matches!((max, left), (Some(3), Some(0..=3)) | (Some(10), Some(0..=10))), "{context}");
}

/// All objects; none may be broken.
fn whole<'a>(content: &'a [u8], context: &str) -> Vec<Tlv<'a>> {
    tlv::objects(content)
        .map(|tlv| tlv.unwrap_or_else(|error| panic!("{context}: {error}")))
        .collect()
}

fn only<'a>(content: &'a [u8], context: &str) -> Tlv<'a> {
    let [tlv] = whole(content, context)[..] else { panic!("{context}: one object expected") };
    tlv
}

fn size(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |size, byte| size << 8 | usize::from(*byte))
}

fn split(answer: &[u8]) -> (Vec<u8>, [u8; 2]) {
    let (data, status) = answer.split_last_chunk::<2>().expect("a status word");
    (data.to_vec(), *status)
}

/// The status word, whatever the length it announces.
fn class(answer: &[u8]) -> [u8; 2] {
    match split(answer).1 {
        [sw1 @ (0x61 | 0x6C | 0x9F), _] => [sw1, 0],
        status => status,
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().filter_map(|c| u8::try_from(c.to_digit(16)?).ok()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
