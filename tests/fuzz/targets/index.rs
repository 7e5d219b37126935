//! A sealed index: what is in it is found again, and other bytes say nothing.
#![no_main]

use cpskit::index::{Index, encode};
use cpskit::pki::ListSigner;
use cpskit::x509::Crl;
use libfuzzer_sys::fuzz_target;
use ring::hmac::{HMAC_SHA256, Key};

fuzz_target!(|bytes: &[u8]| {
    let key = Key::new(HMAC_SHA256, &[0; 32]);
    assert!(Index::open(bytes, &key).is_err());
    let Ok(crl) = Crl::parse(bytes) else { return };
    let (mut index, signer) = (Vec::new(), ListSigner { key_id: [0; 32], weaknesses: Vec::new() });
    if encode(&[], &crl, &signer, &key, &mut index).is_ok() {
        let index = Index::open(&index[..], &key).expect("just sealed");
        for entry in crl.entries().flatten() {
            assert!(!index.entries(entry.serial_content()).expect("whole").is_empty());
        }
    }
});
