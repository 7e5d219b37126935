//! A credential from files: of certificates, then of the key after a zero byte, with and without a password.
#![no_main]

use cpskit::credential::{Credential, FileCredential};
use cpskit::secret::Secret;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (certificates, key) = (parts.next().unwrap_or_default(), parts.next());
    let password = Secret::new("changeit".to_owned());
    let together = FileCredential::read(bytes, None, Some(&password));
    let apart = FileCredential::read(certificates, key, None);
    for credential in [together, apart].into_iter().flatten() {
        assert!(!credential.chain().is_empty());
        let _signed = credential.sign(credential.schemes()[0], b"message");
    }
});
