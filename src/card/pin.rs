//! PINs: the tries left are read first, the last one is never spent unasked, and what was opened is closed by a reset.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use super::Session;
use super::error::{Error, File, PinName};
use super::known::PinCounter;
use super::pkcs15::aod::{self, PinCoding, PinObject};
use super::session::PinState;
use crate::iso7816::apdu::Command;
use crate::iso7816::status::{Meaning, StatusWord};
use crate::iso7816::tlv::{Tag, objects};
use crate::secret::Pin;
use crate::transport::{self, Disposition, PinEntry};

mod change;
mod rules;

/// What is left of a PIN.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PinStatus {
    /// Tries left.
    pub tries: Tries,
    /// Tries when none was wrong, where the card says; CPS4 does not (CPx fact sheet §6.3).
    pub max: Option<u8>,
    /// Presentations left in the life of the card (code de déblocage).
    pub uses_left: Option<u16>,
}

impl PinStatus {
    /// Whether a wrong presentation, or any at all, is the last.
    fn is_last(self) -> bool {
        self.tries == Tries::Left(1) || self.uses_left == Some(1)
    }
}

/// Tries left of a PIN.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tries {
    /// None: it is blocked.
    Blocked,
    /// So many, at least one.
    Left(u8),
    /// The card does not count, because another program has verified the PIN (CPS4).
    Open,
}

impl Tries {
    fn of(left: u8) -> Self {
        if left == 0 { Self::Blocked } else { Self::Left(left) }
    }

    /// The number, when the card gives it.
    pub fn left(self) -> Option<u8> {
        match self {
            Self::Blocked => Some(0),
            Self::Left(left) => Some(left),
            Self::Open => None,
        }
    }
}

/// Whether the last try may be spent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LastTry {
    /// Stop before it.
    Keep,
    /// The user insists.
    Spend,
}

/// Where the PIN comes from.
#[derive(Clone, Copy, Debug)]
pub enum PinSource<'a> {
    /// The reader's own keypad; the holder has this long.
    Keypad(Duration),
    /// This program was given it.
    Typed(&'a Pin),
}

impl<'c> Session<'c> {
    /// What is left of a PIN. Spends nothing.
    ///
    /// # Errors
    /// [`Error::NoPin`] on a contactless card; [`Error::PinCounterUnreadable`]; [`Error::Transport`].
    pub fn pin_status(&mut self, pin: PinName) -> Result<PinStatus, Error> {
        self.has_pin()?;
        // EF.AOD is not read only for this: the reference is the model's, unless EF.AOD was read already.
        let unblocking = pin == PinName::Unblocking;
        let read = self.pins_read().unwrap_or_default();
        let listed = read.entries.iter().find(|found| found.flags.is_unblocking() == unblocking);
        let usual = if unblocking { UNBLOCKING } else { self.model.user_pin };
        let reference = listed.map_or(usual, |found| found.reference);
        self.pin_status_of(pin, reference)
    }

    fn pin_status_of(&mut self, pin: PinName, reference: u8) -> Result<PinStatus, Error> {
        match self.model.pin_counter {
            PinCounter::EmptyVerify => self.empty_verify(pin, reference),
            PinCounter::GetData => self.pin_object(pin, reference),
            PinCounter::NoPin => Err(Error::NoPin(self.model.interface)),
        }
    }

    /// VERIFY without data: `63Cx` tells the tries left.
    fn empty_verify(&mut self, pin: PinName, reference: u8) -> Result<PinStatus, Error> {
        let verify = Command::new(self.model.cla, 0x20, 0x00, reference);
        let mut status = self.channel.send(&verify)?.status;
        if matches!(status.meaning(), Meaning::ChannelClosed | Meaning::UnknownClass) {
            self.select_root()?;
            status = self.channel.send(&verify)?.status;
        }
        let tries = match status.meaning() {
            Meaning::TriesLeft(left) => Tries::of(left),
            Meaning::Blocked => Tries::Blocked,
            Meaning::Done => Tries::Open,
            _ => return Err(Error::PinCounterUnreadable { pin, status }),
        };
        // The card tells no maximum here; that of the code porteur is known (CPx fact sheet §6.1).
        let max = matches!(pin, PinName::User).then_some(USER_TRIES);
        Ok(PinStatus { tries, max, uses_left: None })
    }

    /// GET DATA on the PIN object, which stands in the MF (CPx fact sheet §3.5).
    fn pin_object(&mut self, pin: PinName, reference: u8) -> Result<PinStatus, Error> {
        self.enter_mf()?;
        let request = [0x4D, 0x08, 0x70, 0x06, 0xBF, 0x81, reference, 0x02, 0xA0, 0x80];
        let get = Command::new(self.model.cla, 0xCB, 0x3F, 0xFF).data(&request).le(256);
        let mut response = self.channel.send(&get)?;
        if response.status.meaning() == Meaning::NotFound {
            // Some cards hold the DF for current that was, when a file of the MF is selected by its path.
            self.lose_selection();
            self.enter_mf()?;
            response = self.channel.send(&get)?;
        }
        let unreadable = Error::PinCounterUnreadable { pin, status: response.status };
        if !matches!(response.status.meaning(), Meaning::Done | Meaning::EndOfFile) {
            return Err(unreadable);
        }
        let counters = Counters::read(&response.data).ok_or(unreadable)?;
        let tries = match counters.uses_left {
            Some(0) => Tries::Blocked,
            _ => Tries::of(counters.left),
        };
        Ok(PinStatus { tries, max: counters.max, uses_left: counters.uses_left })
    }

    /// Verifies the code porteur, in this same transaction, once the tries left allow it.
    ///
    /// The card will be reset at the end of the transaction.
    ///
    /// # Errors
    /// [`Error::PinBlocked`], [`Error::LastTry`], [`Error::PinCounterUnreadable`], [`Error::PinLength`] before any try is
    /// spent; [`Error::PinRefused`] after one was; [`Error::NoPin`]; [`Error::Transport`].
    pub fn unlock(
        &mut self,
        source: PinSource<'_>,
        last_try: LastTry,
    ) -> Result<Unlocked<'_, 'c>, Error> {
        let rules = self.rules(PinName::User)?;
        match source {
            PinSource::Typed(pin) => self.verify(PinName::User, &rules, pin, last_try)?,
            PinSource::Keypad(patience) => {
                // Sent in another coding than the card expects, the right PIN would be a try lost.
                if !matches!(rules.coding, PinCoding::Ascii | PinCoding::Utf8) {
                    return Err(Error::Malformed { file: File::Aod });
                }
                self.spend(PinName::User, &rules, last_try, &mut |session| {
                    session.verify_on_keypad(&rules, patience)
                })?;
            }
        }
        self.pin = PinState::Verified;
        Ok(Unlocked { session: self })
    }

    /// VERIFY.
    fn verify(
        &mut self,
        name: PinName,
        rules: &PinObject,
        pin: &Pin,
        last_try: LastTry,
    ) -> Result<(), Error> {
        rules.check(name, pin)?;
        let data = rules.block(pin);
        let verify = Command::new(self.model.cla, 0x20, 0x00, rules.reference);
        let verify = verify.secret_data(data.expose());
        self.spend(name, rules, last_try, &mut |session| {
            // Not `send`, which repeats what a card answers 6Cxx to: a PIN is presented once.
            Ok(session.channel.exchange(&verify)?.status)
        })
    }

    /// Presents a PIN, once the tries left allow it; `present` sends the one command that does. A PIN that was taken leaves
    /// the card to be reset at the end; one that was refused leaves it as it was found.
    fn spend(
        &mut self,
        name: PinName,
        rules: &PinObject,
        last_try: LastTry,
        present: &mut dyn FnMut(&mut Self) -> Result<StatusWord, Error>,
    ) -> Result<(), Error> {
        let before = self.tries_allowed(name, rules.reference, last_try)?;
        if let Some(path) = &rules.path {
            self.select_file(&File::Aod, path)?;
        }
        // Set before the command leaves: whatever happens next, the card ends reset.
        self.channel.at_end(Disposition::Reset);
        self.known.unanswered = Some((name, before));
        let status = present(self)?;
        self.known.unanswered = None;
        match status.meaning() {
            Meaning::Done => {
                self.reset_at_end();
                return Ok(());
            }
            _ => self.end_as_before(),
        }
        Err(match status.meaning() {
            Meaning::TriesLeft(0) | Meaning::Blocked => Error::PinBlocked { pin: name },
            Meaning::TriesLeft(left) => Error::PinRefused { pin: name, left },
            // What "not allowed" means on a PIN command (CPx fact sheet §2.5).
            Meaning::NotAllowed => Error::PinBlocked { pin: name },
            _ => Error::Refused { file: File::Pin(name), status },
        })
    }

    /// Stops before a PIN is sent that could block the card.
    ///
    /// # Errors
    /// [`Error::PinBlocked`], [`Error::LastTry`], [`Error::PinCounterUnreadable`]; [`Error::PinRefused`] when a PIN was
    /// presented before a reset, its answer was lost, and the tries left say that it was wrong.
    pub fn guard(&mut self, pin: PinName, reference: u8, last_try: LastTry) -> Result<(), Error> {
        self.tries_allowed(pin, reference, last_try).map(drop)
    }

    /// The tries left, when the card tells them.
    fn tries_allowed(
        &mut self,
        pin: PinName,
        reference: u8,
        last_try: LastTry,
    ) -> Result<Option<u8>, Error> {
        let status = match (self.pin_status_of(pin, reference), last_try) {
            (Ok(status), _) => Some(status),
            (Err(Error::PinCounterUnreadable { .. }), LastTry::Spend) => None,
            (Err(error), _) => return Err(error),
        };
        let left = status.and_then(|status| status.tries.left());
        if left == Some(0) {
            return Err(Error::PinBlocked { pin });
        }
        self.answer_lost(pin, left)?;
        if last_try == LastTry::Keep && status.is_some_and(|status| status.is_last()) {
            return Err(Error::LastTry { pin });
        }
        if last_try == LastTry::Keep && left.is_none() {
            return Err(Error::PinCounterUnreadable { pin, status: StatusWord::OK });
        }
        Ok(left)
    }

    /// A PIN whose answer a reset took is not presented again when the tries left say that it was wrong, nor when they say
    /// nothing.
    fn answer_lost(&mut self, pin: PinName, left: Option<u8>) -> Result<(), Error> {
        match (self.known.unanswered, left) {
            (Some((lost, Some(before))), Some(left)) if lost == pin && left < before => {
                Err(Error::PinRefused { pin, left })
            }
            (Some((lost, None)), _) | (Some((lost, _)), None) if lost == pin => {
                Err(Error::KeepsResetting { times: 1 })
            }
            _ => Ok(()),
        }
    }

    fn verify_on_keypad(
        &mut self,
        rules: &PinObject,
        patience: Duration,
    ) -> Result<StatusWord, Error> {
        let bound = |digits: usize| u8::try_from(digits).unwrap_or(u8::MAX);
        let entry = PinEntry {
            header: [self.model.cla, 0x20, 0x00, rules.reference],
            min: bound(rules.min),
            max: bound(rules.max),
            patience,
        };
        let outcome = match self.channel.keypad() {
            Ok(Some(mut keypad)) => keypad.verify(&entry),
            Ok(None) => Err(transport::Error::NoKeypad),
            Err(error) => Err(error),
        };
        if let Err(
            transport::Error::KeypadCancelled
            | transport::Error::KeypadRefused { .. }
            | transport::Error::KeypadTimeout
            | transport::Error::NoKeypad,
        ) = outcome
        {
            // The reader answered by itself: no PIN reached the card.
            self.known.unanswered = None;
            self.end_as_before();
        }
        Ok(outcome?)
    }

    /// The rules of a PIN, from EF.AOD, else those every CPx card has.
    fn rules(&mut self, name: PinName) -> Result<PinObject, Error> {
        self.has_pin()?;
        let pins = self.pins();
        let listing = self.tolerate(File::Aod, pins)?.unwrap_or_default();
        let listed = match name {
            PinName::User => aod::user_pin(&listing),
            PinName::Unblocking => aod::unblocking_code(&listing),
        };
        Ok(listed.cloned().unwrap_or_else(|| PinObject::usual(name, &self.model)))
    }
}

/// Reference of the code de déblocage, and tries of the code porteur (CPx fact sheet §6.1).
const UNBLOCKING: u8 = 0x02;
const USER_TRIES: u8 = 3;

/// The counters in the answer to GET DATA.
#[derive(Debug, Default, Eq, PartialEq)]
struct Counters {
    max: Option<u8>,
    left: u8,
    uses_left: Option<u16>,
}

impl Counters {
    /// Tags 9A, 9B and 9D wherever the template puts them.
    fn read(template: &[u8]) -> Option<Self> {
        let mut counters = Self::default();
        let mut found = false;
        let mut stack = vec![template];
        while let Some(bytes) = stack.pop() {
            for tlv in objects(bytes).map_while(Result::ok) {
                match (tlv.tag, tlv.value) {
                    (Tag(0x9A), [max]) => counters.max = Some(*max),
                    (Tag(0x9B), [left]) => (counters.left, found) = (*left, true),
                    (Tag(0x9D), [uses]) => counters.uses_left = Some(u16::from(*uses)),
                    (Tag(0x9D), [high, low]) => {
                        counters.uses_left = Some(u16::from_be_bytes([*high, *low]));
                    }
                    // 8C and 8A are not constructed; the counters stand in 70, BF81xx, A0.
                    (tag, value) if tag.is_constructed() => stack.push(value),
                    _ => {}
                }
            }
        }
        found.then_some(counters)
    }
}

/// A session in which the code porteur was verified. It cannot outlive the transaction, and a reset ends it.
pub struct Unlocked<'s, 'c> {
    session: &'s mut Session<'c>,
}

impl<'c> Deref for Unlocked<'_, 'c> {
    type Target = Session<'c>;

    fn deref(&self) -> &Self::Target {
        self.session
    }
}

impl DerefMut for Unlocked<'_, '_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.session
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counters_are_found_wherever_the_template_puts_them() {
        let template = [
            0x70, 0x16, 0xBF, 0x81, 0x01, 0x12, 0xA0, 0x10, 0x9A, 1, 3, 0x9B, 1, 2, 0xA1, 8, 0x8C,
            6, 0xF3, 0, 0, 0x13, 0xFF, 0,
        ];
        let counters = Counters { max: Some(3), left: 2, uses_left: None };
        assert_eq!(Counters::read(&template), Some(counters));
        let flat = [0x9B, 1, 10, 0x9A, 1, 10, 0x9D, 2, 0, 0x64];
        let counters = Counters { max: Some(10), left: 10, uses_left: Some(100) };
        assert_eq!(Counters::read(&flat), Some(counters));
        assert_eq!(Counters::read(&[0x70, 0x03, 0x9A, 1, 3]), None);
    }
}
