//! The data objects of a card: padding changes nothing of what is decoded.
#![no_main]

use cpskit::card::objects::Object;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let alone = Object::decode(bytes);
    let padded = Object::decode(&[bytes, &[0; 16]].concat());
    let known = !matches!(alone.object, Object::Unknown(_) | Object::Languages(_));
    if known && alone.cut.is_none() {
        assert_eq!(alone, padded);
    }
});
