//! A certificate, alone or at the start of a file, and what is read in it.
#![no_main]

use cpskit::x509::{Certificate, Holder};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((certificate, rest)) = Certificate::parse_padded(bytes) {
        let whole = &bytes[..bytes.len() - rest.len()];
        assert_eq!(Certificate::parse(whole).as_ref(), Ok(&certificate));
        let _holder = Holder::of(&certificate);
        let _usage = certificate.key_usage();
    }
    let _all = Certificate::all_from_pem_or_der(bytes);
});
