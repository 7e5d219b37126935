//! A key on a card, as a [`Credential`]: connected once, asked for a PIN at each signature that needs one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{error, fmt};

use super::{Credential, Error, Nature, Scheme};
use crate::card::{
    self, Card, Error as CardError, File, Hash, Hashed, Key, LastTry, Padding, PinRule, PinSource,
    Presence, Role,
};
use crate::secret::{Pin, Secret};
use crate::x509::Certificate;

mod remembered;

pub use remembered::Remembered;

/// What a signature with the card needs.
pub struct CardCredential {
    card: Mutex<Card>,
    key: Key,
    chain: Vec<Certificate>,
    schemes: Vec<Scheme>,
    nature: Nature,
    keypad: Keypad,
    pin: Box<dyn AskPin>,
    last_try: LastTry,
    observer: Option<Box<dyn Observe>>,
}

/// Whether the reader has a keypad that presents a PIN by itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Keypad {
    /// It has.
    Present,
    /// The PIN must come from this program.
    Absent,
}

/// A PIN, or where it is typed.
#[derive(Clone, Debug)]
pub enum Given {
    /// On the reader's keypad; the holder has this long.
    Keypad(Duration),
    /// This program was given it.
    Typed(Arc<Pin>),
}

/// Where PINs come from. Asked before each signature that needs one, and told what the card said of it.
pub trait AskPin: Send + Sync {
    /// The PIN, from whoever holds it.
    ///
    /// # Errors
    /// Why there is none: nobody to ask, or who was asked declined.
    fn ask(&self, keypad: Keypad) -> Result<Given, PinUnavailable>;

    /// The card took it.
    fn accepted(&self) {}

    /// Whatever is remembered must be forgotten: the card refused it, or is gone.
    fn forget(&self) {}
}

/// Why there is no PIN, in the words of whom was asked.
pub type PinUnavailable = Box<dyn error::Error + Send + Sync>;

/// What was done with a key of a card.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// What was done.
    pub kind: ActKind<'a>,
    /// With which key.
    pub key: &'a Key,
    /// How it went. The signature or the message is not told.
    pub result: Result<(), &'a CardError>,
}

/// The kinds of acts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ActKind<'a> {
    /// A message for the key was deciphered.
    Decrypt,
    /// A signature was made.
    Sign {
        /// Its padding.
        padding: Padding,
        /// The hash.
        hash: Hash,
        /// What was signed.
        digest: &'a [u8],
    },
}

/// Who is told each act done with the card, those that failed too.
pub trait Observe: Send + Sync {
    /// An act was done, or was tried.
    ///
    /// # Errors
    /// Why it could not be recorded: what was made is then withheld.
    fn act(&self, act: Act<'_>) -> Result<(), Box<dyn error::Error + Send + Sync>>;
}

impl CardCredential {
    /// Reads the key of a role and its certificate. No PIN is asked yet.
    ///
    /// # Errors
    /// As [`Session::key`](crate::card::Session::key); [`Error::NoScheme`] when the key does not sign.
    pub fn open(
        mut card: Card,
        role: Role,
        pin: Box<dyn AskPin>,
        last_try: LastTry,
    ) -> Result<Self, Error> {
        let (key, keypad) = card.session(|session| {
            let key = session.key(role)?;
            let keypad = match key.pin() {
                PinRule::Needed if session.has_keypad()? => Keypad::Present,
                PinRule::Needed | PinRule::NotNeeded => Keypad::Absent,
            };
            Ok((key, keypad))
        })?;
        let schemes = schemes(&key);
        if schemes.is_empty() {
            return Err(Error::NoScheme);
        }
        Ok(Self {
            nature: match card.nature() {
                card::Nature::Emulated => Nature::Emulated,
                card::Nature::Real => Nature::Real,
            },
            card: Mutex::new(card),
            chain: vec![key.certificate().clone()],
            key,
            schemes,
            keypad,
            pin,
            last_try,
            observer: None,
        })
    }

    /// Adds the certificates of the issuers, each followed by its own issuer.
    #[must_use]
    pub fn with_issuers(mut self, issuers: impl IntoIterator<Item = Certificate>) -> Self {
        self.chain.extend(issuers);
        self
    }

    /// Tells the observer each act from now on.
    #[must_use]
    pub fn with_observer(mut self, observer: Box<dyn Observe>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// The key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Whether the card is still in its reader. Nothing is sent to it, and a use of it in another thread is not waited for:
    /// what becomes of the card shows there.
    pub fn presence(&self) -> Presence {
        let Ok(mut card) = self.card.try_lock() else { return Presence::Unknown };
        let presence = card.presence();
        if presence == Presence::Gone {
            self.pin.forget();
        }
        presence
    }

    /// Forgets a PIN that is remembered.
    pub fn forget_pin(&self) {
        self.pin.forget();
    }

    /// Gives the card back.
    pub fn into_card(self) -> Card {
        self.pin.forget();
        self.card.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the PIN is typed on the reader, and never comes here.
    pub fn keypad(&self) -> Keypad {
        self.keypad
    }

    /// Asks for the PIN now and presents it to the card, so that who types it need not wait for the first signature. Nothing is
    /// signed, and the card is left as after any use of the PIN. A key without a PIN asks for nothing.
    ///
    /// # Errors
    /// [`Error::Pin`] when there is no PIN; [`Error::Card`].
    pub fn verify_pin(&self) -> Result<(), Error> {
        let outcome = self.present(|card, source| match source {
            Some(source) => card.session(|session| session.unlock(source, self.last_try).map(drop)),
            None => Ok(()),
        })?;
        Ok(outcome?)
    }

    /// Signs what was hashed already, or elsewhere, in a way that [`Key::schemes`] lists: those of the signature key of a CPS4
    /// include a PSS whose salt the card chooses, and [`Key::verify`] tells.
    ///
    /// # Errors
    /// [`Error::Pin`] when there is no PIN; [`Error::Card`].
    pub fn sign_hashed(&self, padding: Padding, hashed: &Hashed) -> Result<Vec<u8>, Error> {
        let (hash, digest) = (hashed.hash(), hashed.digest());
        self.act(ActKind::Sign { padding, hash, digest }, |card, source| {
            card.session(|session| match source {
                Some(source) => {
                    session.unlock(source, self.last_try)?.sign(&self.key, padding, hashed)
                }
                None => session.sign_without_pin(&self.key, padding, hashed),
            })
        })
    }

    /// Deciphers a message for the key.
    ///
    /// # Errors
    /// As [`Unlocked::decrypt`](crate::card::Unlocked::decrypt); [`Error::Pin`].
    pub fn decrypt(&self, cryptogram: &[u8]) -> Result<Secret<Vec<u8>>, Error> {
        let file = || File::Key(self.key.role());
        self.act(ActKind::Decrypt, |card, source| {
            let source = source.ok_or_else(|| CardError::PinNeeded { file: file() })?;
            card.session(|session| {
                session.unlock(source, self.last_try)?.decrypt(&self.key, cryptogram)
            })
        })
    }

    /// One use of the key: a PIN when it needs one, the card, and the word to those who keep account.
    fn act<T>(
        &self,
        kind: ActKind<'_>,
        work: impl FnOnce(&mut Card, Option<PinSource<'_>>) -> Result<T, CardError>,
    ) -> Result<T, Error> {
        let outcome = self.present(work)?;
        if let Some(observer) = &self.observer {
            let result = outcome.as_ref().map(|_| ());
            let recorded = observer.act(Act { kind, key: &self.key, result });
            // What the card said comes first; nothing was made then.
            let made = outcome?;
            return recorded.map(|()| made).map_err(Error::Withheld);
        }
        Ok(outcome?)
    }

    /// What the card does once it has its PIN, if it needs one; the outer error is that there is none.
    fn present<T>(
        &self,
        work: impl FnOnce(&mut Card, Option<PinSource<'_>>) -> Result<T, CardError>,
    ) -> Result<Result<T, CardError>, Error> {
        // One at a time, and in one order: who waits for the card is asked for the PIN when it is free.
        let mut card = self.lock();
        let given = match self.key.pin() {
            PinRule::Needed => Some(self.pin.ask(self.keypad).map_err(Error::Pin)?),
            PinRule::NotNeeded => None,
        };
        let source = given.as_ref().map(|given| match given {
            Given::Keypad(patience) => PinSource::Keypad(*patience),
            Given::Typed(pin) => PinSource::Typed(pin),
        });
        let outcome = work(&mut card, source);
        match &outcome {
            Err(error) if error.ends_pin() => self.pin.forget(),
            Err(_) => {}
            Ok(_) => self.pin.accepted(),
        }
        Ok(outcome)
    }

    fn lock(&self) -> MutexGuard<'_, Card> {
        self.card.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The schemes that others rely on: a PSS whose salt the card chooses is not one, since its length is not known before.
fn schemes(key: &Key) -> Vec<Scheme> {
    let scheme = |(padding, hash)| match padding {
        Padding::Pkcs1 => Some(Scheme::RsaPkcs1(hash)),
        Padding::Pss if key.chooses_salt() => None,
        Padding::Pss => Some(Scheme::RsaPss(hash)),
    };
    key.schemes().into_iter().filter_map(scheme).collect()
}

impl Credential for CardCredential {
    fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    fn schemes(&self) -> &[Scheme] {
        &self.schemes
    }

    fn sign(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, Error> {
        let (padding, hash) = match scheme {
            _ if !self.schemes.contains(&scheme) => return Err(Error::Scheme(scheme)),
            Scheme::RsaPkcs1(hash) => (Padding::Pkcs1, hash),
            Scheme::RsaPss(hash) => (Padding::Pss, hash),
            _ => return Err(Error::Scheme(scheme)),
        };
        self.sign_hashed(padding, &Hashed::of(hash, message))
    }

    fn nature(&self) -> Nature {
        self.nature
    }
}

impl fmt::Debug for CardCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardCredential")
            .field("key", &self.key.role())
            .field("nature", &self.nature)
            .finish_non_exhaustive()
    }
}
