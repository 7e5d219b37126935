//! BER-TLV: every object lies inside the bytes, in order, and the first announces its own size.
#![no_main]

use cpskit::iso7816::tlv::{announced_size, objects};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut total = 0;
    for (index, tlv) in objects(bytes).map_while(Result::ok).enumerate() {
        assert_eq!(tlv.raw, &bytes[total..total + tlv.raw.len()]);
        assert!(index > 0 || announced_size(bytes) == Some(tlv.raw.len()));
        total += tlv.raw.len();
    }
});
