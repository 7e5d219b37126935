use proptest::prelude::*;

use super::*;

/// DER of a tag and its content, of up to 65,535 bytes.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("short");
    let header = match u8::try_from(length) {
        Ok(short) if short < 0x80 => vec![tag, short],
        Ok(octet) => vec![tag, 0x81, octet],
        Err(_) => [&[tag, 0x82][..], &length.to_be_bytes()].concat(),
    };
    [&header[..], content].concat()
}

/// A list of these entries, each a serial number, that nobody signed: an index does not ask.
fn list(serials: &[Vec<u8>]) -> Vec<u8> {
    let entries: Vec<_> = serials
        .iter()
        .map(|serial| tlv(0x30, &[tlv(2, serial), tlv(0x17, b"260101000000Z")].concat()))
        .collect();
    list_of(&entries)
}

fn list_of(entries: &[Vec<u8>]) -> Vec<u8> {
    let algorithm = tlv(0x30, &tlv(6, &[0x2A, 3]));
    let date = tlv(0x17, b"260101000000Z");
    let entries = tlv(0x30, &entries.concat());
    let tbs = [algorithm.clone(), tlv(0x30, &[]), date.clone(), date, entries].concat();
    tlv(0x30, &[tlv(0x30, &tbs), algorithm, tlv(3, &[0, 1])].concat())
}

fn key(octet: u8) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, &[octet; 32])
}

fn signer() -> ListSigner {
    let weaknesses = vec![Weakness::Sha1, Weakness::RsaKey { bits: 1024 }];
    ListSigner { key_id: [7; 32], weaknesses }
}

fn index(list: &[u8]) -> Vec<u8> {
    let crl = Crl::parse(list).expect("a list");
    let mut bytes = Vec::new();
    encode(b"body", &crl, &signer(), &key(1), &mut bytes).expect("indexed");
    bytes
}

/// Whether a serial number is among the entries that an index gives for it.
fn has(index: &Index<&[u8]>, serial: &[u8]) -> Result<bool, IndexError> {
    let entries = index.entries(serial)?;
    let mut entries = CrlEntries::over(&entries).map(|entry| entry.expect("whole"));
    Ok(entries.any(|entry| entry.serial_content() == serial))
}

#[test]
fn an_index_says_what_the_list_says_but_for_its_entries() {
    let list = list(&[vec![1]]);
    let bytes = index(&list);
    let index = Index::open(&bytes[..], &key(1)).expect("sealed");
    assert_eq!(index.frame(), Crl::parse(&list).expect("a list").frame_der());
    assert_eq!((index.signer(), &index.header.body[..]), (&signer(), &b"body"[..]));
    assert_eq!(index.header.sha256, digest(&SHA256, &list).as_ref());
}

#[test]
fn another_key_opens_nothing() {
    let bytes = index(&list(&[vec![1]]));
    assert!(matches!(Index::open(&bytes[..], &key(2)), Err(IndexError::Seal)));
}

#[test]
fn the_buckets_of_two_indexes_cannot_be_exchanged() {
    let (with, without) = (index(&list(&[vec![1]])), index(&list(&[vec![2]])));
    assert_eq!(with.len(), without.len());
    let opened = Index::open(&with[..], &key(1)).expect("sealed");
    let table = usize::try_from(opened.table).expect("small");
    let mixed = [&with[..table], &without[table..]].concat();
    let mixed = Index::open(&mixed[..], &key(1)).expect("its header is right");
    assert!(matches!(mixed.entries(&[1]), Err(IndexError::Seal)));
}

#[test]
fn a_list_that_only_a_walk_can_tell_about_is_not_indexed() {
    let extension = |content: &[u8]| {
        let entry = [tlv(2, &[7]), tlv(0x17, b"260101000000Z"), tlv(0x30, content)];
        list_of(&[tlv(0x30, &entry.concat())])
    };
    let critical = |last| {
        let fields = [tlv(6, &[0x55, 0x1D, last]), tlv(1, &[0xFF]), tlv(4, &tlv(0x30, &[]))];
        extension(&tlv(0x30, &fields.concat()))
    };
    for list in [critical(29), critical(99), extension(&[1]), list_of(&[tlv(0x30, &[2, 9])])] {
        let crl = Crl::parse(&list).expect("a list");
        let refused = encode(&[], &crl, &signer(), &key(1), &mut Vec::new());
        assert!(matches!(refused, Err(IndexError::Unindexable)));
    }
}

#[test]
fn an_index_cut_or_changed_anywhere_says_nothing_or_the_truth() {
    let bytes = index(&list(&[vec![1], vec![2]]));
    let truth = |index: &[u8]| {
        let Ok(index) = Index::open(index, &key(1)) else { return };
        for (serial, listed) in [([1], true), ([2], true), ([3], false)] {
            let said = has(&index, &serial);
            assert!(said.map_or(true, |said| said == listed));
        }
    };
    for length in 0..bytes.len() {
        truth(&bytes[..length]);
    }
    let mut changed = bytes;
    for place in 0..changed.len() {
        for bit in 0..8 {
            changed[place] ^= 1 << bit;
            truth(&changed);
            changed[place] ^= 1 << bit;
        }
    }
}

proptest! {
    #[test]
    fn every_serial_number_of_a_list_is_found_and_no_other(
        serials in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..20), 0..300),
        others in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..20), 0..20),
    ) {
        let bytes = index(&list(&serials));
        let index = Index::open(&bytes[..], &key(1)).expect("sealed");
        for serial in serials.iter().chain(&others) {
            prop_assert_eq!(has(&index, serial).expect("whole"), serials.contains(serial));
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Index::open(&bytes[..], &key(1)).map(|index| index.entries(&[1]).is_ok());
    }
}
