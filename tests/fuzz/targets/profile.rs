//! The profiles, held against whatever reads as a certificate.
#![no_main]

use cpskit::pki::profile;
use cpskit::x509::Certificate;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(certificate) = Certificate::parse(bytes) {
        let remarks = profile::lint(&certificate);
        let _said: Vec<_> = remarks.iter().map(|remark| (remark.code(), remark.message())).collect();
    }
});
