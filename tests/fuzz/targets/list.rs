//! A revocation list, and what is read in it.
#![no_main]

use cpskit::x509::Crl;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(crl) = Crl::parse(bytes) else { return };
    let _extensions = (crl.number(), crl.delta_base(), crl.authority_key(), crl.scope());
    for entry in crl.entries().flatten() {
        let _entry = (entry.serial(), entry.revoked_at(), entry.reason());
        let _extensions = (entry.certificate_issuer(), entry.unknown_critical_extension());
    }
});
