//! What a card may return as a signature, and the message it is one of, in pieces.
#![no_main]

use cpskit::card::{Hash, Hashed, Hasher, Padding, RsaPublicKey};
use cpskit::x509::PublicKey;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // An exponent of 1 makes a signature its own block, so that every block is met.
    let key = PublicKey::Rsa { modulus: vec![0xFF; 256], exponent: vec![1] };
    let Some(key) = RsaPublicKey::of(&key) else { return };
    let (block, message) = bytes.split_at(bytes.len().min(256));
    let mut signature = vec![0; 256 - block.len()];
    signature.extend(block);
    for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512] {
        let mut hasher = Hasher::new(hash);
        message.chunks(61).for_each(|piece| hasher.update(piece));
        let hashed = hasher.finish();
        assert_eq!(hashed, Hashed::of(hash, message));
        for padding in [Padding::Pkcs1, Padding::Pss] {
            let _verdict = key.verify(padding, &hashed, &signature);
        }
    }
});
