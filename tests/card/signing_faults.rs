//! What goes wrong between the connection and the signature, at every exchange: said or overcome, never a wrong signature,
//! never a PIN presented more often than allowed.

use cpskit::card::{Card, Hash, Hashed, LastTry, Padding, PinSource, Role};
use cpskit::emulate::{Fault, Slot, VirtualReader};

use crate::signing::sign;
use crate::support::{Outcome, open, pin, virtual_card};

/// Each model with each of its keys.
const KEYS: [(&str, Role); 6] = [
    ("medecin-cps3", Role::Signature),
    ("medecin-cps3", Role::Authentication),
    ("medecin-cps4", Role::Signature),
    ("medecin-cps4", Role::Authentication),
    ("cpa-cps4", Role::Authentication),
    ("sans-contact-cps3", Role::Technical),
];

fn hashed() -> Hashed {
    Hashed::of(Hash::Sha256, b"a message")
}

fn with(slug: &str, faults: &[Fault]) -> (Card, Slot) {
    let reader = VirtualReader::insert_faulty(virtual_card(slug), faults).expect("no file");
    let slot = reader.slot();
    (open(reader), slot)
}

/// Runs a signature of each key with the fault after each exchange, beside one without.
fn at_every_exchange(
    fault: fn(u32) -> Fault,
    check: impl Fn(&str, u32, &Outcome<Vec<u8>>, Outcome<Vec<u8>>, &Slot),
) {
    for (slug, role) in KEYS {
        let (mut card, _) = with(slug, &[]);
        let undisturbed = sign(&mut card, role, Padding::Pkcs1, &hashed());
        assert!(undisturbed.is_ok(), "{slug} {role}: {undisturbed:?}");
        let count = u32::try_from(card.exchanges().commands).expect("few");
        for k in 0..count {
            let (mut card, slot) = with(slug, &[fault(k)]);
            let found = sign(&mut card, role, Padding::Pkcs1, &hashed());
            check(&format!("{slug} {role} at {k} of {count}"), k, &undisturbed, found, &slot);
        }
    }
}

#[test]
fn a_card_pulled_before_the_signature_is_said_to_be_removed() {
    let removed = "the card was removed from reader `cpskit virtual reader (emulated)`";
    at_every_exchange(Fault::PullAfter, |context, _, _, found, _| {
        assert_eq!(found, Err(removed.to_owned()), "{context}");
    });
}

#[test]
fn a_card_that_falls_silent_before_the_signature_is_said_not_to_answer() {
    at_every_exchange(Fault::MuteAfter, |context, _, _, found, _| {
        assert_eq!(found, Err("the card did not answer within 30 s".to_owned()), "{context}");
    });
}

#[test]
fn a_reset_before_the_signature_is_overcome_and_spends_no_try() {
    at_every_exchange(Fault::ResetAfter, |context, _, undisturbed, found, slot| {
        assert_eq!(&found, undisturbed, "{context}");
        assert_eq!(slot.card().user_tries_left(), 3, "{context}");
    });
}

#[test]
fn a_wrong_signature_never_leaves() {
    for (slug, role) in KEYS {
        for fault in [Fault::WrongSignatureAfter(0), Fault::ForeignSignature] {
            let (mut card, _) = with(slug, std::slice::from_ref(&fault));
            let ways = card.session(|session| Ok(session.key(role)?.schemes())).expect("a key");
            for (padding, hash) in ways {
                let hashed = Hashed::of(hash, b"a message");
                let message = format!(
                    "the card returned a wrong signature with the {role} key; it was thrown away"
                );
                let found = sign(&mut card, role, padding, &hashed);
                assert_eq!(found, Err(message), "{slug} {padding} {hash} {fault:?}");
            }
        }
    }
}

#[test]
fn a_wrong_pin_is_presented_once_at_whatever_exchange_a_reset_comes() {
    let wrong = pin("9999");
    for slug in ["medecin-cps3", "medecin-cps4", "cpa-cps4"] {
        for k in 0..24 {
            let (mut card, slot) = with(slug, &[Fault::ResetAfter(k)]);
            let found = card.session(|session| {
                let key = session.key(Role::Signature)?;
                let mut unlocked = session.unlock(PinSource::Typed(&wrong), LastTry::Keep)?;
                unlocked.sign(&key, Padding::Pkcs1, &hashed())
            });
            let refused = Err("wrong PIN (code porteur): 2 tries left".to_owned());
            assert_eq!(found.map_err(|error| error.to_string()), refused, "{slug} {k}");
            assert_eq!(slot.card().user_tries_left(), 2, "{slug} {k}");
            assert!(
                sign(&mut card, Role::Signature, Padding::Pkcs1, &hashed()).is_ok(),
                "{slug} {k}"
            );
        }
    }
}

#[test]
fn two_programs_sign_with_one_card_at_once() {
    for slug in ["medecin-cps3", "medecin-cps4"] {
        let first = VirtualReader::insert(virtual_card(slug));
        let slot = first.slot();
        let second = VirtualReader::share(slot.clone());
        let sign_often = |reader: VirtualReader, role: Role| {
            let mut card = open(reader);
            let mut done = 0;
            for _ in 0..20 {
                match sign(&mut card, role, Padding::Pkcs1, &hashed()) {
                    Ok(_) => done += 1,
                    Err(error) => {
                        assert!(error.starts_with("another program reset the card"), "{error}");
                    }
                }
            }
            done
        };
        let done = std::thread::scope(|scope| {
            let first = scope.spawn(|| sign_often(first, Role::Signature));
            let second = scope.spawn(|| sign_often(second, Role::Authentication));
            [first.join().expect("no panic"), second.join().expect("no panic")]
        });
        assert!(done.iter().all(|done| *done > 0), "{slug} {done:?}");
        assert_eq!(slot.card().user_tries_left(), 3, "{slug}");
    }
}
