//! Functional traces: no bytes pass for them but those that were written.
#![no_main]

use std::io::BufReader;

use cpskit::trace::verify;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let report = verify(BufReader::new(bytes), &[]).expect("memory");
    assert!(report.acts <= report.lines);
    assert_eq!(report.head.is_some(), report.lines > 0);
});
