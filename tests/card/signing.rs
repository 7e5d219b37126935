//! The keys of the virtual card sign and decipher: every way of every model, judged by another library, and what it costs.

use cpskit::card::{
    Card, Hash, Hashed, Hasher, Key, LastTry, Padding, PinRule, PinSource, Role, Verified,
};
use cpskit::emulate::VirtualReader;
use cpskit::x509::PublicKey;
use num_bigint::BigUint;
use ring::signature::{self, RsaParameters, UnparsedPublicKey};

use crate::support::{PIN, open, pin, virtual_card};

/// CPS3, CPS4 with T=1, CPS4 with T=0, CPS3 contactless.
const CARDS: [&str; 4] = ["medecin-cps3", "medecin-cps4", "cpa-cps4", "sans-contact-cps3"];

fn roles(slug: &str) -> &'static [Role] {
    match slug {
        "sans-contact-cps3" => &[Role::Technical],
        _ => &[Role::Signature, Role::Authentication],
    }
}

fn key(card: &mut Card, role: Role) -> Key {
    card.session(|session| session.key(role)).expect("a key")
}

/// With the PIN where the key needs it.
pub(crate) fn sign(
    card: &mut Card,
    role: Role,
    padding: Padding,
    hashed: &Hashed,
) -> Result<Vec<u8>, String> {
    let pin = pin(PIN);
    let outcome = card.session(|session| {
        let key = session.key(role)?;
        match key.pin() {
            PinRule::NotNeeded => session.sign_without_pin(&key, padding, hashed),
            PinRule::Needed => {
                session.unlock(PinSource::Typed(&pin), LastTry::Keep)?.sign(&key, padding, hashed)
            }
        }
    });
    outcome.map_err(|error| error.to_string())
}

/// The verdict of `ring`, which has no PSS with SHA-1.
fn judge(key: &Key, padding: Padding, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
    let rules: &'static RsaParameters = match (padding, hash) {
        (Padding::Pkcs1, Hash::Sha1) => &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        (Padding::Pkcs1, Hash::Sha256) => &signature::RSA_PKCS1_2048_8192_SHA256,
        (Padding::Pkcs1, Hash::Sha384) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (Padding::Pkcs1, Hash::Sha512) => &signature::RSA_PKCS1_2048_8192_SHA512,
        (Padding::Pss, Hash::Sha256) => &signature::RSA_PSS_2048_8192_SHA256,
        (Padding::Pss, Hash::Sha384) => &signature::RSA_PSS_2048_8192_SHA384,
        (Padding::Pss, Hash::Sha512) => &signature::RSA_PSS_2048_8192_SHA512,
        (Padding::Pss, Hash::Sha1) => return true,
    };
    let public = PublicKey::bits(key.certificate().spki()).expect("a public key");
    UnparsedPublicKey::new(rules, public).verify(message, signature).is_ok()
}

#[test]
fn every_key_signs_in_each_of_its_ways_and_another_library_agrees() {
    for slug in CARDS {
        for role in roles(slug) {
            let mut card = open(VirtualReader::insert(virtual_card(slug)));
            let key = key(&mut card, *role);
            for (padding, hash) in key.schemes() {
                for length in [0, 1, 55, 56, 63, 64, 65, 119, 128, 5000] {
                    let message = vec![0x42; length];
                    let hashed = Hashed::of(hash, &message);
                    let signature = sign(&mut card, *role, padding, &hashed);
                    let context = format!("{slug} {role} {padding} {hash} {length}");
                    let signature = signature.unwrap_or_else(|error| panic!("{context}: {error}"));
                    assert!(judge(&key, padding, hash, &message, &signature), "{context}");
                    let expected = match padding {
                        Padding::Pkcs1 => Verified::Pkcs1,
                        Padding::Pss => Verified::Pss { salt: hash.length() },
                    };
                    assert_eq!(
                        key.verify(padding, &hashed, &signature),
                        Some(expected),
                        "{context}"
                    );
                }
            }
        }
    }
}

#[test]
fn what_each_key_can_do_comes_from_its_model_the_preferred_way_first() {
    let ways = |slug: &str, role| {
        let mut card = open(VirtualReader::insert(virtual_card(slug)));
        let ways = key(&mut card, role).schemes();
        let ways = ways.iter().map(|(padding, hash)| format!("{} {}", padding.name(), hash.name()));
        ways.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(ways("medecin-cps3", Role::Signature), "pkcs1 sha256, pkcs1 sha1");
    let pkcs1 = "pkcs1 sha256, pkcs1 sha384, pkcs1 sha512, pkcs1 sha1";
    assert_eq!(ways("medecin-cps3", Role::Authentication), pkcs1);
    assert_eq!(ways("sans-contact-cps3", Role::Technical), pkcs1);
    let cps4 = "pkcs1 sha256, pss sha256, pkcs1 sha1, pss sha1";
    assert_eq!(ways("medecin-cps4", Role::Signature), cps4);
    let raw = "pss sha256, pss sha384, pss sha512, pkcs1 sha256, pkcs1 sha384, pkcs1 sha512, \
               pss sha1, pkcs1 sha1";
    assert_eq!(ways("medecin-cps4", Role::Authentication), raw);
}

#[test]
fn a_digest_made_elsewhere_is_signed_as_its_message_would_be() {
    for slug in CARDS {
        for role in roles(slug) {
            let mut card = open(VirtualReader::insert(virtual_card(slug)));
            let hashed = Hashed::of(Hash::Sha256, b"a message");
            let ready = Hashed::ready(Hash::Sha256, hashed.digest()).expect("32 bytes");
            let signature = sign(&mut card, *role, Padding::Pkcs1, &hashed);
            assert!(signature.is_ok(), "{signature:?}");
            assert_eq!(sign(&mut card, *role, Padding::Pkcs1, &ready), signature, "{slug} {role}");
        }
    }
}

#[test]
fn a_message_that_comes_in_pieces_is_signed_as_if_it_came_at_once() {
    let message: Vec<u8> = (0..300_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let mut hasher = Hasher::new(Hash::Sha256);
    message.chunks(4093).for_each(|piece| hasher.update(piece));
    let mut card = open(VirtualReader::insert(virtual_card("medecin-cps3")));
    let signature = sign(&mut card, Role::Signature, Padding::Pkcs1, &hasher.finish());
    let key = key(&mut card, Role::Signature);
    let signature = signature.expect("a signature");
    assert!(judge(&key, Padding::Pkcs1, Hash::Sha256, &message, &signature));
}

#[test]
fn what_a_key_cannot_do_is_said_before_anything_is_sent() {
    let mut card = open(VirtualReader::insert(virtual_card("medecin-cps3")));
    let hashed = Hashed::of(Hash::Sha256, b"a message");
    let refused = sign(&mut card, Role::Authentication, Padding::Pss, &hashed);
    let message = "the authentication key of a CPS3 does not sign with PSS and SHA-256";
    assert_eq!(refused, Err(message.to_owned()));
    let long = Hashed::of(Hash::Sha512, b"a message");
    let refused = sign(&mut card, Role::Signature, Padding::Pkcs1, &long);
    let message = "the signature key of a CPS3 does not sign with PKCS#1 v1.5 and SHA-512";
    assert_eq!(refused, Err(message.to_owned()));
    let absent = sign(&mut card, Role::Technical, Padding::Pkcs1, &hashed);
    assert_eq!(absent, Err("the technical key is not on the card".to_owned()));
}

#[test]
fn a_key_behind_the_pin_is_not_used_without_it() {
    for slug in ["medecin-cps3", "medecin-cps4"] {
        let mut card = open(VirtualReader::insert(virtual_card(slug)));
        let hashed = Hashed::of(Hash::Sha256, b"a message");
        let outcome = card.session(|session| {
            let key = session.key(Role::Signature)?;
            session.sign_without_pin(&key, Padding::Pkcs1, &hashed)
        });
        let message = "the signature key can be read only with the PIN";
        assert_eq!(outcome.map_err(|error| error.to_string()), Err(message.to_owned()), "{slug}");
    }
}

/// RSAES-PKCS1-v1_5 for the key, with filling that is no secret.
fn encrypt(key: &Key, block: &[u8]) -> Vec<u8> {
    let PublicKey::Rsa { modulus, exponent } = key.certificate().public_key().expect("a key")
    else {
        panic!("an RSA key")
    };
    let number = BigUint::from_bytes_be;
    let cryptogram = number(block).modpow(&number(&exponent), &number(&modulus)).to_bytes_be();
    [vec![0; modulus.len() - cryptogram.len()], cryptogram].concat()
}

fn decrypt(card: &mut Card, role: Role, cryptogram: &[u8]) -> Result<Vec<u8>, String> {
    let pin = pin(PIN);
    let outcome = card.session(|session| {
        let key = session.key(role)?;
        session.unlock(PinSource::Typed(&pin), LastTry::Keep)?.decrypt(&key, cryptogram)
    });
    outcome.map(|message| message.expose().clone()).map_err(|error| error.to_string())
}

#[test]
fn the_authentication_key_deciphers_and_says_nothing_of_what_is_no_message() {
    for slug in ["medecin-cps3", "medecin-cps4", "cpa-cps4"] {
        let mut card = open(VirtualReader::insert(virtual_card(slug)));
        let key = key(&mut card, Role::Authentication);
        let block = |start: &[u8], filling: usize, message: &[u8]| {
            encrypt(&key, &[start, &vec![7; filling], &[0], message].concat())
        };
        for message in [&b"HELLO"[..], b"", &[0; 245]] {
            let cryptogram = block(&[0, 2], 253 - message.len(), message);
            let found = decrypt(&mut card, Role::Authentication, &cryptogram);
            assert_eq!(found, Ok(message.to_vec()), "{slug} {}", message.len());
        }
        let none = Err("this is not a message for the authentication key".to_owned());
        for wrong in [
            block(&[0, 1], 248, b"HELLO"),
            block(&[1, 2], 248, b"HELLO"),
            block(&[0, 2], 7, &[9; 246]),
            encrypt(&key, &[&[0, 2][..], &[7; 254]].concat()),
            vec![1; 255],
            vec![1; 257],
            Vec::new(),
        ] {
            assert_eq!(decrypt(&mut card, Role::Authentication, &wrong), none, "{slug}");
        }
        let found = decrypt(&mut card, Role::Signature, &vec![1; 256]);
        assert_eq!(found, Err("the signature key is not on the card".to_owned()), "{slug}");
    }
}
