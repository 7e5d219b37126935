//! Lists that are wrong behind a signature that holds.

use cpskit::pki::{ListRefusal, Options, RevocationScope, Status};

use super::super::scene::{instant, status};
use super::super::support::mint::{KEYS, der, entry, extension, list, sequence};
use super::{leaf, scene};

/// The status of the leaf, serial 7, by a list of these entries, and why the list does not count.
fn said(entries: &[Vec<u8>]) -> (Status, Option<ListRefusal>) {
    let scene = scene().list("list", &list("ca", entries, &KEYS[1]));
    let options =
        Options { scope: RevocationScope::Leaf, ..Options::at(instant("2026-01-15T00:00:00Z")) };
    let (status, refused) = status(&scene.judge(&leaf().sign(&KEYS[1]), &options));
    (status, refused.into_iter().next().map(|(_, refusal)| refusal))
}

const DATE: &str = "260105000000Z";

#[test]
fn an_entry_broken_at_the_end_spoils_the_whole_list() {
    let whole: Vec<Vec<u8>> = (1..=6).map(|serial| entry(&[serial], DATE)).collect();
    assert_eq!(said(&whole), (Status::Good, None));
    for broken in [
        vec![],
        der(2, &[9]),
        der(0x30, &[]),
        entry(&[], DATE),
        sequence(&[der(2, &[9]), der(0x16, b"soon")]),
        sequence(&[der(2, &[9])]),
        [entry(&[9], DATE), vec![0x30]].concat(),
        [entry(&[9], DATE), vec![0x30, 0x7F, 2]].concat(),
        sequence(&[der(2, &[9]), der(0x17, DATE.as_bytes()), vec![0x30, 3, 1]]),
    ] {
        let entries = [&whole[..], std::slice::from_ref(&broken)].concat();
        let (status, refusal) = said(&entries);
        let expected = if broken.is_empty() { Status::Good } else { Status::Unknown };
        assert_eq!(status, expected, "{broken:02x?}");
        let is_broken = matches!(refusal, Some(ListRefusal::BrokenEntry(_)));
        assert_eq!(is_broken, !broken.is_empty(), "{broken:02x?} {refusal:?}");
    }
}

#[test]
fn a_date_of_revocation_that_is_none_does_not_undo_it() {
    let (status, refusal) = said(&[entry(&[7], "261399000000Z")]);
    assert!(matches!(status, Status::Revoked { .. }), "{status:?} {refusal:?}");
}

#[test]
fn a_serial_number_is_compared_octet_by_octet() {
    for other in [&[0xFF, 7][..], &[7, 0], &[0x87], &[1, 0, 0, 7]] {
        assert_eq!(said(&[entry(other, DATE)]), (Status::Good, None), "{other:02x?}");
    }
}

#[test]
fn a_reason_that_is_none_spoils_the_list() {
    for code in [7, 11, 0x7F] {
        let reason = sequence(&[extension(21, &der(10, &[code]))]);
        let strange = sequence(&[der(2, &[7]), der(0x17, DATE.as_bytes()), reason]);
        let (status, refusal) = said(&[strange]);
        assert_eq!(status, Status::Unknown);
        assert!(matches!(refusal, Some(ListRefusal::BrokenEntry(_))), "{refusal:?}");
    }
}
