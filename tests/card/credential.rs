//! A card key as a credential: who is asked for the PIN and when, what is told, and what a removed card takes with it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cpskit::card::{self, Hash, Hashed, LastTry, Padding, Presence, Role};
use cpskit::credential::{
    Act, ActKind, AskPin, CardCredential, Credential, Error, Given, Keypad, Nature, Observe,
    PinUnavailable, Remembered, Scheme,
};
use cpskit::emulate::{Fault, Slot, VirtualReader};

use crate::support::{PIN, lock, open, pin, virtual_card};

/// Types these digits each time, and counts.
struct Person {
    digits: &'static str,
    asked: Arc<AtomicU32>,
}

impl AskPin for Person {
    fn ask(&self, keypad: Keypad) -> Result<Given, PinUnavailable> {
        assert_eq!(keypad, Keypad::Absent);
        self.asked.fetch_add(1, Ordering::SeqCst);
        match self.digits {
            "" => Err("nobody is there".into()),
            digits => Ok(Given::Typed(Arc::new(pin(digits)))),
        }
    }
}

/// Acts that fit into a book.
const PAGES: usize = 5;

/// Writes down what it is told, as long as there is room.
#[derive(Clone, Default)]
struct Book(Arc<Mutex<Vec<String>>>);

impl Observe for Book {
    fn act(&self, act: Act<'_>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let what = match act.kind {
            ActKind::Decrypt => "decrypt".to_owned(),
            ActKind::Sign { padding, hash, digest } => {
                format!("{} {} {}", padding.name(), hash.name(), digest.len())
            }
        };
        let result = act.result.map_or_else(ToString::to_string, |()| "done".to_owned());
        lock(&self.0).push(format!("{what} {}: {result}", act.key.role()));
        match lock(&self.0).len() {
            PAGES.. => Err("the book is full".into()),
            _ => Ok(()),
        }
    }
}

struct Scene {
    credential: CardCredential,
    asked: Arc<AtomicU32>,
    book: Book,
    slot: Slot,
}

impl Scene {
    fn new(slug: &str, role: Role, digits: &'static str, faults: &[Fault], remember: bool) -> Self {
        let reader = VirtualReader::insert_faulty(virtual_card(slug), faults).expect("no file");
        let (slot, asked, book) = (reader.slot(), Arc::default(), Book::default());
        let person = Person { digits, asked: Arc::clone(&asked) };
        let pin: Box<dyn AskPin> = match remember {
            true => Box::new(Remembered::new(person, Duration::from_secs(600), Instant::now)),
            false => Box::new(person),
        };
        let credential = CardCredential::open(open(reader), role, pin, LastTry::Keep);
        let credential = credential.expect("a key").with_observer(Box::new(book.clone()));
        Self { credential, asked, book, slot }
    }

    fn sign(&self, scheme: Scheme) -> Result<usize, String> {
        let signature = self.credential.sign(scheme, b"a message");
        signature.map(|signature| signature.len()).map_err(|error| error.to_string())
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }

    fn told(&self) -> Vec<String> {
        lock(&self.book.0).clone()
    }
}

const RSA: Scheme = Scheme::RsaPkcs1(Hash::Sha256);

#[test]
fn the_schemes_are_those_of_the_card_and_a_cps3_has_no_pss() {
    let schemes = |slug, role| {
        let scene = Scene::new(slug, role, PIN, &[], false);
        let names = scene.credential.schemes().iter().map(|scheme| scheme.name());
        names.collect::<Vec<_>>().join(" ")
    };
    let pkcs1 = "rsa_pkcs1_sha256 rsa_pkcs1_sha384 rsa_pkcs1_sha512 rsa_pkcs1_sha1";
    assert_eq!(schemes("medecin-cps3", Role::Authentication), pkcs1);
    assert_eq!(schemes("medecin-cps3", Role::Signature), "rsa_pkcs1_sha256 rsa_pkcs1_sha1");
    assert_eq!(schemes("medecin-cps4", Role::Signature), "rsa_pkcs1_sha256 rsa_pkcs1_sha1");
    assert_eq!(
        schemes("medecin-cps4", Role::Authentication),
        "rsa_pss_sha256 rsa_pss_sha384 rsa_pss_sha512 rsa_pkcs1_sha256 rsa_pkcs1_sha384 \
         rsa_pkcs1_sha512 rsa_pss_sha1 rsa_pkcs1_sha1"
    );
}

#[test]
fn it_says_what_it_is_and_shows_no_more_than_that() {
    let scene = Scene::new("medecin-cps3", Role::Signature, PIN, &[], false);
    assert_eq!(scene.credential.nature(), Nature::Emulated);
    assert_eq!(scene.credential.chain().len(), 1);
    let shown = format!("{:?}", scene.credential);
    assert_eq!(shown, "CardCredential { key: Signature, nature: Emulated, .. }");
}

#[test]
fn the_pin_is_asked_for_at_each_signature_unless_it_is_remembered() {
    for (remember, asked) in [(false, 3), (true, 1)] {
        let scene = Scene::new("medecin-cps3", Role::Authentication, PIN, &[], remember);
        assert_eq!(
            [scene.sign(RSA), scene.sign(RSA), scene.sign(RSA)],
            [Ok(256), Ok(256), Ok(256)]
        );
        assert_eq!(scene.asked(), asked);
    }
}

#[test]
fn a_pin_verified_ahead_is_not_asked_for_again_and_nothing_is_signed() {
    let scene = Scene::new("medecin-cps4", Role::Authentication, PIN, &[], true);
    scene.credential.verify_pin().expect("the right one");
    assert_eq!((scene.asked(), scene.told()), (1, Vec::new()));
    assert_eq!((scene.sign(RSA), scene.asked()), (Ok(256), 1));
}

#[test]
fn a_pin_refused_ahead_is_forgotten() {
    let scene = Scene::new("medecin-cps4", Role::Authentication, "9999", &[], true);
    for asked in [1, 2] {
        let refused = scene.credential.verify_pin();
        assert!(matches!(refused, Err(Error::Card(card::Error::PinRefused { .. }))), "{refused:?}");
        assert_eq!(scene.asked(), asked);
    }
}

#[test]
fn the_technical_key_asks_for_nothing() {
    let scene = Scene::new("sans-contact-cps3", Role::Technical, "", &[], false);
    scene.credential.verify_pin().expect("no PIN to verify");
    assert_eq!((scene.sign(RSA), scene.asked()), (Ok(256), 0));
}

#[test]
fn a_pin_that_the_card_refused_is_forgotten_at_once() {
    let scene = Scene::new("medecin-cps4", Role::Authentication, "9999", &[], true);
    let refused = |left: &str| Err(format!("wrong PIN (code porteur): {left} left"));
    assert_eq!(scene.sign(RSA), refused("2 tries"));
    assert_eq!(scene.sign(RSA), refused("1 try"));
    let kept = Err("one try is left for the PIN (code porteur); it was not spent".to_owned());
    assert_eq!(scene.sign(RSA), kept);
    assert_eq!((scene.asked(), scene.slot.card().user_tries_left()), (3, 1));
}

#[test]
fn a_removed_card_is_seen_and_takes_the_remembered_pin_with_it() {
    let scene = Scene::new("medecin-cps3", Role::Authentication, PIN, &[], true);
    assert_eq!((scene.sign(RSA), scene.credential.presence()), (Ok(256), Presence::Here));
    scene.slot.pull();
    assert_eq!(scene.credential.presence(), Presence::Gone);
    scene.slot.insert();
    assert_eq!((scene.sign(RSA), scene.asked()), (Ok(256), 2));
    scene.slot.pull();
    let removed = "the card was removed from reader `cpskit virtual reader (emulated)`";
    assert_eq!(scene.sign(RSA), Err(removed.to_owned()));
    scene.slot.insert();
    assert_eq!((scene.sign(RSA), scene.asked()), (Ok(256), 3));
}

#[test]
fn each_act_is_told_those_that_fail_too_and_a_pin_that_nobody_gave_is_none() {
    let faults = [Fault::WrongSignatureAfter(1)];
    let scene = Scene::new("medecin-cps4", Role::Authentication, PIN, &faults, false);
    scene.sign(Scheme::RsaPss(Hash::Sha256)).expect("the first is right");
    let wrong =
        "the card returned a wrong signature with the authentication key; it was thrown away";
    assert_eq!(scene.sign(RSA), Err(wrong.to_owned()));
    let undecipherable = scene.credential.decrypt(&[1; 3]).map_err(|error| error.to_string());
    let none = "this is not a message for the authentication key";
    assert_eq!(undecipherable.err().as_deref(), Some(none));
    let told = [
        "pss sha256 32 authentication: done".to_owned(),
        format!("pkcs1 sha256 32 authentication: {wrong}"),
        format!("decrypt authentication: {none}"),
    ];
    assert_eq!(scene.told(), told);

    let scene = Scene::new("medecin-cps4", Role::Authentication, "", &[], false);
    assert_eq!(scene.sign(RSA), Err("no PIN: nobody is there".to_owned()));
    assert_eq!(scene.told(), Vec::<String>::new());
}

#[test]
fn a_signature_that_cannot_be_recorded_is_withheld() {
    let scene = Scene::new("medecin-cps3", Role::Authentication, PIN, &[], false);
    let signed: Vec<_> = (0..PAGES).map(|_| scene.sign(RSA)).collect();
    let withheld = Err("the signature is withheld: the book is full".to_owned());
    assert_eq!(signed, [Ok(256), Ok(256), Ok(256), Ok(256), withheld]);
}

#[test]
fn a_scheme_that_is_not_offered_is_refused_without_asking() {
    let scene = Scene::new("medecin-cps3", Role::Authentication, PIN, &[], false);
    let found = scene.sign(Scheme::RsaPss(Hash::Sha256));
    assert_eq!(found, Err("this key does not sign with rsa_pss_sha256".to_owned()));
    assert_eq!(scene.asked(), 0);
}

#[test]
fn a_pss_whose_salt_the_card_chooses_is_for_who_reads_its_length() {
    let scene = Scene::new("medecin-cps4", Role::Signature, PIN, &[], false);
    let hashed = Hashed::of(Hash::Sha256, b"a message");
    let signature = scene.credential.sign_hashed(Padding::Pss, &hashed).expect("a signature");
    let found = scene.credential.key().verify(Padding::Pss, &hashed, &signature);
    assert!(found.is_some());
    assert!(scene.sign(Scheme::RsaPss(Hash::Sha256)).is_err());
}
