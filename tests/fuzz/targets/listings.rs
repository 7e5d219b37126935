//! The directory files of PKCS#15: no entry is found where there are no bytes for it.
#![no_main]

use cpskit::card::pkcs15::{aod, cd, cia_info, dcod, dir, keys, odf};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let found = [
        aod::read(bytes).entries.len(),
        cd::read(bytes).entries.len(),
        dcod::read(bytes).entries.len(),
        dir::read(bytes).entries.len(),
        keys::read_private(bytes).entries.len(),
        keys::read_public(bytes).entries.len(),
        odf::read(bytes).entries.len(),
    ];
    assert!(found.into_iter().all(|count| 2 * count <= bytes.len()));
    let _refused = cia_info::read(bytes);
});
