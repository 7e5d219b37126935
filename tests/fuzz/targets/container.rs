//! A file of certificates and keys, whatever its container.
#![no_main]

use cpskit::secret::Secret;
use cpskit::store;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _without = store::read(bytes, None);
    let _with = store::read(bytes, Some(&Secret::new("changeit".to_owned())));
});
