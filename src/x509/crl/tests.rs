use proptest::prelude::*;

use super::super::DerErrorKind;
use super::super::sample::{attribute, extension, name, sequence};
use super::*;
use crate::iso7816::tlv::encode;

/// Extension of id-ce, critical.
fn critical(last: u8, value: &[u8]) -> Vec<u8> {
    sequence(&[encode(6, &[0x55, 0x1D, last]), encode(1, &[0xFF]), encode(4, value)])
}

fn entry(serial: &[u8], extensions: &[Vec<u8>]) -> Vec<u8> {
    let mut fields = vec![encode(2, serial), encode(0x17, b"210102030405Z")];
    if !extensions.is_empty() {
        fields.push(sequence(extensions));
    }
    sequence(&fields)
}

fn list(entries: &[Vec<u8>], extensions: &[Vec<u8>]) -> Vec<u8> {
    let rsa = sequence(&[encode(6, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 11]), vec![5, 0]]);
    let tbs = [
        encode(2, &[1]),
        rsa.clone(),
        name(&[&[attribute(&[0x55, 4, 3], 0x0C, b"AC")]]),
        encode(0x17, b"210101000000Z"),
        encode(0x18, b"20500101000000Z"),
        if entries.is_empty() { vec![] } else { sequence(entries) },
        if extensions.is_empty() { vec![] } else { encode(0xA0, &sequence(extensions)) },
    ];
    sequence(&[sequence(&tbs), rsa, encode(3, &[0, 0xAA])])
}

fn full() -> Vec<u8> {
    let reason = extension(&[0x55, 0x1D, 21], &encode(0x0A, &[1]));
    let issuer = name(&[&[attribute(&[0x55, 4, 3], 0x0C, b"B")]]);
    let issuer = critical(29, &sequence(&[encode(0xA4, &issuer)]));
    let uri = encode(0xA0, &encode(0xA0, &encode(0x86, b"http://example.org/a.crl")));
    let point = [uri, encode(0x82, &[0xFF]), encode(0x83, &[5, 0x60]), encode(0x84, &[0xFF])];
    list(
        &[entry(&[7], &[]), entry(&[0, 0x99], &[reason, issuer])],
        &[
            extension(&[0x55, 0x1D, 20], &encode(2, &[0, 0, 9])),
            critical(27, &encode(2, &[8])),
            critical(28, &sequence(&point)),
            extension(&[0x55, 0x1D, 35], &sequence(&[encode(0x80, &[4, 5])])),
        ],
    )
}

/// Asks everything of a list, if it is one.
fn say_everything(der: &[u8]) {
    let Ok(crl) = Crl::parse(der) else { return };
    let _ = (crl.number(), crl.delta_base(), crl.authority_key(), crl.scope());
    for entry in crl.entries().flatten() {
        let _ = (entry.serial(), entry.revoked_at(), entry.reason());
        let _ = (entry.certificate_issuer(), entry.unknown_critical_extension());
    }
}

#[test]
fn a_list_is_read_whole() {
    let der = full();
    let crl = Crl::parse(&der).expect("whole");
    assert_eq!(crl.issuer().to_string(), "CN=AC");
    let instant = |text: &str| text.parse::<Timestamp>().expect(text);
    let this = Date { kind: DateKind::Utc, instant: instant("2021-01-01T00:00:00Z") };
    let next = Date { kind: DateKind::Generalized, instant: instant("2050-01-01T00:00:00Z") };
    assert_eq!((crl.this_update(), crl.next_update()), (this, Some(next)));
    assert_eq!((crl.number(), crl.delta_base()), (Ok(Some(vec![9])), Ok(Some(vec![8]))));
    assert_eq!(crl.authority_key(), Ok(Some(vec![4, 5])));
    let scope = IssuingDistributionPoint {
        names: vec![GeneralName::Uri("http://example.org/a.crl".to_owned())],
        relative: vec![],
        kinds: CertificateKinds::Authority,
        reasons: Some(vec![0x60]),
        indirect: true,
    };
    assert_eq!(crl.scope(), Ok(Some(scope)));
    assert!(crl.tbs().len() < crl.der().len());
    assert_eq!(crl.signature(), [0xAA]);
}

#[test]
fn entries_are_walked_in_order_with_their_extensions() {
    let der = full();
    let crl = Crl::parse(&der).expect("whole");
    let entries: Vec<_> = crl.entries().map(|entry| entry.expect("whole")).collect();
    let serials: Vec<_> = entries.iter().map(|entry| entry.serial().to_string()).collect();
    assert_eq!(serials, ["07", "99"]);
    let reasons: Vec<_> = entries.iter().map(CrlEntry::reason).collect();
    assert_eq!(reasons, [Ok(None), Ok(Some(Reason::KeyCompromise))]);
    let issuers: Vec<_> = entries
        .iter()
        .map(|entry| entry.certificate_issuer().map(|names| names.is_some()))
        .collect();
    assert_eq!(issuers, [Ok(false), Ok(true)]);
    let revoked = entries[0].revoked_at().map(|instant| instant.to_string());
    assert_eq!(revoked.as_deref(), Ok("2021-01-02T03:04:05Z"));
}

#[test]
fn a_critical_extension_that_is_not_known_is_named() {
    let der = list(&[entry(&[7], &[critical(99, &[5, 0])])], &[]);
    let crl = Crl::parse(&der).expect("whole");
    let unknown: Vec<_> =
        crl.entries().map(|entry| entry.and_then(|e| e.unknown_critical_extension())).collect();
    assert_eq!(unknown, [Ok(Some(Oid::from_content(&[0x55, 0x1D, 99])))]);
}

#[test]
fn a_broken_entry_ends_the_walk_with_an_error_that_says_where() {
    let der = list(&[entry(&[7], &[]), encode(0x30, &[2, 9]), entry(&[8], &[])], &[]);
    let crl = Crl::parse(&der).expect("whole");
    let walked: Vec<_> = crl.entries().map(|e| e.map(|e| e.serial()).map_err(|e| e.kind)).collect();
    let seven = Serial::from_content(&[7]).expect("an octet");
    let cut = DerErrorKind::Truncated { announced: 9, present: 0 };
    assert_eq!(walked, [Ok(seven), Err(cut)]);
}

#[test]
fn the_frame_of_a_list_says_all_but_its_entries() {
    let der = full();
    let crl = Crl::parse(&der).expect("whole");
    let frame = crl.frame_der();
    let frame = Crl::parse(&frame).expect("a list");
    assert_eq!(frame.entries().count(), 0);
    assert_eq!((frame.issuer(), frame.number()), (crl.issuer(), crl.number()));
    assert_eq!((frame.this_update(), frame.next_update()), (crl.this_update(), crl.next_update()));
    assert_eq!((frame.extensions(), frame.signature()), (crl.extensions(), crl.signature()));
}

#[test]
fn a_list_cut_anywhere_is_an_error() {
    let der = full();
    for length in 0..der.len() {
        assert!(matches!(Crl::parse(&der[..length]), Err(X509Error::List(_))), "{length}");
    }
    assert!(matches!(Crl::parse(&[&der[..], &[0]].concat()), Err(X509Error::List(_))));
}

#[test]
fn no_bit_changed_makes_the_reader_panic() {
    let mut der = full();
    for place in 0..der.len() {
        for bit in 0..8 {
            der[place] ^= 1 << bit;
            say_everything(&der);
            der[place] ^= 1 << bit;
        }
    }
}

/// What a walk that passes over others gives for a serial: its entries, or the error that ends them.
fn found(der: &[u8], serial: &[u8]) -> Vec<Result<Vec<u8>, DerError>> {
    let crl = Crl::parse(der).expect("whole");
    let mut entries = crl.entries();
    let mut found = Vec::new();
    loop {
        entries.skip_others(serial);
        match entries.next() {
            None => return found,
            Some(entry) => found.push(entry.map(|entry| entry.serial_content().to_vec())),
        }
    }
}

#[test]
fn only_entries_that_say_no_more_than_date_and_reason_are_passed_over() {
    let reason = || extension(&[0x55, 0x1D, 21], &encode(0x0A, &[1]));
    let issuer = || critical(29, &sequence(&[]));
    let der = list(
        &[
            entry(&[1], &[]),
            entry(&[2], &[reason()]),
            entry(&[3], &[issuer()]),
            entry(&[4], &[reason(), issuer()]),
            entry(&[5; 200], &[]),
            entry(&[6], &[critical(21, &encode(0x0A, &[1]))]),
            sequence(&[encode(2, &[7]), encode(0x18, b"20210102030405Z")]),
            entry(&[8], &[]),
        ],
        &[],
    );
    let serials = [vec![3], vec![4], vec![5; 200], vec![6], vec![7]].map(Ok);
    assert_eq!(found(&der, &[9]), serials);
    assert_eq!(found(&der, &[8]), [&serials[..], &[Ok(vec![8])]].concat());
}

#[test]
fn a_broken_entry_is_found_where_it_stands_also_when_others_are_passed_over() {
    let broken = encode(0x30, &[2, 1, 9, 0x17, 1, 0x5A, 5]);
    let der = list(&[entry(&[7], &[]), broken], &[]);
    let crl = Crl::parse(&der).expect("whole");
    let error = crl.entries().find_map(Result::err).expect("broken");
    assert_eq!(found(&der, &[1]), [Err(error)]);
}

proptest! {
    #[test]
    fn passing_over_others_changes_nothing_of_what_is_found(
        bytes in proptest::collection::vec(
            prop_oneof![
                any::<u8>().prop_map(|serial| entry(&[serial % 4], &[])),
                Just(entry(&[1], &[extension(&[0x55, 0x1D, 21], &encode(0x0A, &[1]))])),
                proptest::collection::vec(any::<u8>(), 0..6).prop_map(|junk| encode(0x30, &junk)),
                proptest::collection::vec(any::<u8>(), 0..3),
            ],
            0..8,
        ),
    ) {
        let der = list(&[bytes.concat()], &[]);
        let crl = Crl::parse(&der).expect("whole");
        let is_one = |entry: &Result<CrlEntry<'_>, _>| {
            entry.as_ref().map_or(true, |entry| entry.serial_content() == [1])
        };
        let walked: Vec<_> = crl.entries().filter(is_one)
            .map(|entry| entry.map(|entry| entry.serial_content().to_vec())).collect();
        let one = |entry: &Result<Vec<u8>, _>| entry.as_ref().map_or(true, |serial| *serial == [1]);
        let skipped: Vec<_> = found(&der, &[1]).into_iter().filter(one).collect();
        prop_assert_eq!(skipped, walked);
    }

    #[test]
    fn every_serial_written_is_walked(
        serials in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..41), 0..40),
    ) {
        let entries: Vec<_> = serials.iter().map(|serial| entry(serial, &[])).collect();
        let der = list(&entries, &[]);
        let crl = Crl::parse(&der).expect("whole");
        let walked: Result<Vec<_>, _> =
            crl.entries().map(|e| e.map(|e| e.serial_content().to_vec())).collect();
        prop_assert_eq!(walked, Ok(serials));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        say_everything(&bytes);
        say_everything(&list(&[encode(0x30, &bytes)], &[critical(28, &bytes)]));
    }
}
