use proptest::prelude::*;

use super::*;

fn hashed(hash: Hash) -> Hashed {
    Hashed::of(hash, b"a message")
}

const ALL: [Hash; 4] = [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512];

/// An exponent of 1: a signature is its block, so that every block can be presented.
fn transparent(bits: u64) -> RsaPublicKey {
    let modulus = (BigUint::from(1_u8) << bits) - 1_u8;
    RsaPublicKey { modulus, exponent: BigUint::from(1_u8) }
}

#[test]
fn a_pss_block_gives_its_salt_back_at_every_length_of_modulus_and_salt() {
    for bits in [2048, 2049, 2050, 2055, 2056] {
        let key = transparent(bits);
        for hash in ALL {
            for salt in [0, 1, 8, hash.length(), key.pss_bits().div_ceil(8) - hash.length() - 2] {
                let block = key.pss_block(&hashed(hash), &vec![0x5A; salt]).expect("room");
                let found = key.verify(Padding::Pss, &hashed(hash), &block);
                assert_eq!(found, Some(Verified::Pss { salt }), "{bits} {hash} {salt}");
            }
        }
    }
    let tight = transparent(2048).pss_block(&hashed(Hash::Sha512), &[0; 191]);
    assert_eq!(tight, None);
}

#[test]
fn a_pkcs1_block_is_compared_whole() {
    let key = transparent(2048);
    let block = pkcs1_block(256, &hashed(Hash::Sha256)).expect("room");
    assert_eq!(key.verify(Padding::Pkcs1, &hashed(Hash::Sha256), &block), Some(Verified::Pkcs1));
    assert_eq!(key.verify(Padding::Pkcs1, &hashed(Hash::Sha1), &block), None);
    assert_eq!(key.verify(Padding::Pss, &hashed(Hash::Sha256), &block), None);
    assert_eq!(pkcs1_block(61, &hashed(Hash::Sha256)), None);
    // A block whose filling is shorter and that ends in something else (Bleichenbacher, 2006).
    let forged = [&block[..10], &block[202..], &[0; 192]].concat();
    assert_eq!(key.verify(Padding::Pkcs1, &hashed(Hash::Sha256), &forged), None);
}

#[test]
fn one_bit_anywhere_makes_a_signature_wrong() {
    let key = transparent(2047);
    for (padding, block) in [
        (Padding::Pkcs1, pkcs1_block(256, &hashed(Hash::Sha256))),
        (Padding::Pss, key.pss_block(&hashed(Hash::Sha256), &[7; 32])),
    ] {
        let block = block.expect("room");
        assert!(key.verify(padding, &hashed(Hash::Sha256), &block).is_some());
        for bit in 0..block.len() * 8 {
            let mut other = block.clone();
            other[bit / 8] ^= 0x80 >> (bit % 8);
            assert_eq!(key.verify(padding, &hashed(Hash::Sha256), &other), None, "{bit}");
        }
    }
}

#[test]
fn a_signature_is_as_long_as_the_modulus_and_less_than_it() {
    let key = transparent(2048);
    for length in [0, 1, 255, 257] {
        let found = key.verify(Padding::Pkcs1, &hashed(Hash::Sha256), &vec![0; length]);
        assert_eq!(found, None, "{length}");
    }
    assert_eq!(key.verify(Padding::Pkcs1, &hashed(Hash::Sha256), &[0xFF; 256]), None);
}

#[test]
fn keys_that_are_none_are_not_calculated_with() {
    let rsa = |modulus: &[u8], exponent: &[u8]| {
        RsaPublicKey::of(&PublicKey::Rsa { modulus: modulus.to_vec(), exponent: exponent.to_vec() })
    };
    for (modulus, exponent) in [
        (&[][..], &[1, 0, 1][..]),
        (&[0; 256], &[1, 0, 1]),
        (&[0xFF; 513], &[1, 0, 1]),
        (&[0xFF; 256], &[]),
        (&[0xFF; 256], &[0xFF; 9]),
    ] {
        assert_eq!(rsa(modulus, exponent), None);
    }
    assert!(rsa(&[0xFF; 256], &[1, 0, 1]).is_some());
}

fn unpadded(block: &[u8]) -> Option<Vec<u8>> {
    unpad(block).map(|message| message.expose().clone())
}

#[test]
fn a_padding_is_taken_off_when_all_of_it_is_right() {
    let block = |filling: &[u8], message: &[u8]| [&[0, 2], filling, &[0], message].concat();
    assert_eq!(unpadded(&block(&[7; 8], b"HELLO")), Some(b"HELLO".to_vec()));
    assert_eq!(unpadded(&block(&[7; 253], b"")), Some(Vec::new()));
    assert_eq!(unpadded(&block(&[0xFF; 9], b"a\0b")), Some(b"a\0b".to_vec()));
    for wrong in [
        block(&[7; 7], b"HELLO!"),
        block(b"1234\x00678", b"HELLO"),
        [&[1, 2][..], &[7; 8], &[0], b"HELLO"].concat(),
        [&[0, 1][..], &[7; 8], &[0], b"HELLO"].concat(),
        [&[0, 2][..], &[7; 254]].concat(),
        Vec::new(),
        vec![0; 10],
    ] {
        assert_eq!(unpadded(&wrong), None, "{wrong:02X?}");
    }
}

proptest! {
    #[test]
    fn what_was_padded_is_found_again(
        filling in prop::collection::vec(1_u8.., 8..240), message in prop::collection::vec(any::<u8>(), 0..64)
    ) {
        let block = [&[0, 2], filling.as_slice(), &[0], &message].concat();
        prop_assert_eq!(unpadded(&block), Some(message));
    }

    #[test]
    fn any_bytes_are_a_padded_message_or_none(block in prop::collection::vec(0_u8..4, 0..40)) {
        let zero = block.iter().skip(2).position(|byte| *byte == 0).map(|at| at + 2);
        let expected = match zero {
            Some(at) if at >= 10 && block.starts_with(&[0, 2]) => Some(block[at + 1..].to_vec()),
            _ => None,
        };
        prop_assert_eq!(unpadded(&block), expected);
    }

    #[test]
    fn any_bytes_are_a_signature_or_none(signature in prop::collection::vec(any::<u8>(), 256)) {
        let key = transparent(2048);
        for padding in [Padding::Pkcs1, Padding::Pss] {
            prop_assert_eq!(key.verify(padding, &hashed(Hash::Sha256), &signature), None);
        }
    }
}
