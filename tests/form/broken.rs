//! Broken files: refused or filled, and never a panic.

use cpskit::form::acroform::{Blank, Finish, Value};
use cpskit::form::f414::field::fields;
use proptest::prelude::*;

use crate::blank::{self, Layout};

/// Reads and fills what may be a form.
fn attempt(bytes: &[u8]) {
    let Ok(blank) = Blank::read(bytes) else { return };
    let values: Vec<(String, Value)> = blank
        .fields()
        .into_iter()
        .map(|field| (field.name, Value::Text("é".to_owned())))
        .take(3)
        .collect();
    for finish in [Finish::Fields, Finish::Pages] {
        if let Ok(blank) = Blank::read(bytes) {
            let _ = blank.fill(&values, finish);
        }
    }
}

fn small(layout: Layout) -> Vec<u8> {
    let mut table = fields();
    table.truncate(4);
    blank::bytes(blank::document(&table), layout)
}

#[test]
fn a_form_cut_at_any_byte_is_refused_or_read() {
    for layout in [Layout::Plain, Layout::Compressed] {
        let bytes = small(layout);
        (0..bytes.len()).step_by(7).for_each(|length| attempt(&bytes[..length]));
    }
}

#[test]
fn what_is_no_pdf_is_refused() {
    assert_eq!(Blank::read(b"").expect_err("nothing").to_string(), "the PDF cannot be read");
    assert_eq!(
        Blank::read(b"%PDF-1.7\n").expect_err("a head").to_string(),
        "the PDF cannot be read"
    );
}

#[test]
fn a_file_longer_than_any_form_is_not_read() {
    let bytes = vec![b'%'; Blank::LARGEST + 1];
    assert_eq!(
        Blank::read(&bytes).expect_err("too long").to_string(),
        "a PDF of 33554433 bytes is no form; at most 33554432 are read"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn bytes_changed_anywhere_do_no_harm(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        compressed in any::<bool>(),
    ) {
        let mut bytes = small(if compressed { Layout::Compressed } else { Layout::Plain });
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        attempt(&bytes);
    }
}
