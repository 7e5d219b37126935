//! The two codes, their counters, and who has been authenticated (CPx fact sheet §6).

use super::super::persona::{Field, Limit, PersonaError, PinSpec};
use crate::iso7816::status::StatusWord;
use crate::iso7816::tlv::encode;

const USER_MAX: u8 = 3;
const UNBLOCK_MAX: u8 = 10;

/// Uses the code de déblocage has in its life (CPx fact sheet §3.5).
const UNBLOCK_USES: u16 = 100;

/// What a code does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reference {
    /// 01, code porteur.
    User,
    /// 02, code de déblocage.
    Unblock,
}

impl Reference {
    pub(super) fn parse(number: u8) -> Result<Self, StatusWord> {
        match number {
            1 => Ok(Self::User),
            2 => Ok(Self::Unblock),
            _ => Err(StatusWord::DATA_NOT_FOUND),
        }
    }
}

/// The codes of a card. The counters are its memory; the rest is forgotten at each reset.
#[derive(Clone, Debug)]
pub(super) struct Pins {
    user: Code,
    unblock: Code,
    /// CPS4: code 01 was unblocked and may be replaced without being known.
    replaceable: Replaceable,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Replaceable {
    No,
    Yes,
}

#[derive(Clone, Debug)]
struct Code {
    digits: Vec<u8>,
    max: u8,
    left: u8,
    /// Presentations left in the life of the code, where they are counted.
    uses: Option<u16>,
    state: State,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Closed,
    Verified,
}

impl Pins {
    pub(super) fn new(spec: &PinSpec) -> Result<Self, PersonaError> {
        let tries = |name, left: u8, max: u8| {
            if left > max { Field::new(name).refuse(Limit::Tries(max)) } else { Ok(left) }
        };
        let code = |digits: &str, max, left, uses| Code {
            digits: digits.as_bytes().to_vec(),
            max,
            left,
            uses,
            state: State::Closed,
        };
        let user = Field::new("pin.user").digits(&spec.user, 4)?;
        let unblock = Field::new("pin.unblock").digits(&spec.unblock, 8)?;
        let user_left = tries("pin.tries_left", spec.tries_left, USER_MAX)?;
        let unblock_left = tries("pin.unblock_tries_left", spec.unblock_tries_left, UNBLOCK_MAX)?;
        Ok(Self {
            user: code(user, USER_MAX, user_left, None),
            unblock: code(unblock, UNBLOCK_MAX, unblock_left, Some(UNBLOCK_USES)),
            replaceable: Replaceable::No,
        })
    }

    /// Reset or loss of power: the counters stay.
    pub(super) fn forget(&mut self) {
        self.user.state = State::Closed;
        self.unblock.state = State::Closed;
        self.replaceable = Replaceable::No;
    }

    pub(super) fn is_open(&self) -> bool {
        self.user.state == State::Verified
    }

    pub(super) fn tries_left(&self, reference: Reference) -> u8 {
        self.code(reference).left
    }

    pub(super) fn verify(&mut self, reference: Reference, digits: &[u8]) -> Result<(), StatusWord> {
        self.code_mut(reference).present(digits)
    }

    /// VERIFY without data on CPS4: always a counter, even when the code is verified (CPx fact sheet §6.3).
    pub(super) fn counter(&self, reference: Reference) -> StatusWord {
        match self.tries_left(reference) {
            0 => StatusWord::BLOCKED,
            left => tries(left),
        }
    }

    /// CHANGE REFERENCE DATA of CPS3: old and new code, both known by their length.
    ///
    /// Whether the new code is then verified is unknown: the state stays as it was (inferred). Code 02 cannot be
    /// changed: its first access rule is FF (§3.5).
    pub(super) fn change(&mut self, reference: Reference, data: &[u8]) -> Result<(), StatusWord> {
        if reference == Reference::Unblock {
            return Err(StatusWord::SECURITY_STATUS);
        }
        let length = self.user.digits.len();
        if data.len() != 2 * length {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let (old, new) = data.split_at(length);
        let state = self.user.state;
        self.user.present(old)?;
        self.user.state = state;
        self.user.digits = new.to_vec();
        Ok(())
    }

    /// CHANGE REFERENCE DATA of CPS4: the new code alone, after the old one or an unblocking.
    pub(super) fn replace(&mut self, reference: Reference, new: &[u8]) -> Result<(), StatusWord> {
        let allowed = self.is_open() || self.replaceable == Replaceable::Yes;
        if reference == Reference::Unblock || !allowed {
            return Err(StatusWord::SECURITY_STATUS);
        }
        if new.len() != self.user.digits.len() {
            return Err(StatusWord::WRONG_LENGTH);
        }
        self.user.digits = new.to_vec();
        self.replaceable = Replaceable::No;
        Ok(())
    }

    /// RESET RETRY COUNTER of CPS3: sets a new code 01 after code 02. It does not open the card.
    pub(super) fn reset(&mut self, new: &[u8]) -> Result<(), StatusWord> {
        self.unblocked()?;
        if new.len() != self.user.digits.len() {
            return Err(StatusWord::WRONG_LENGTH);
        }
        self.user.digits = new.to_vec();
        self.user.left = self.user.max;
        self.user.state = State::Closed;
        Ok(())
    }

    /// RESET RETRY COUNTER of CPS4, without data: code 01 keeps its value until it is replaced.
    pub(super) fn unblock(&mut self) -> Result<(), StatusWord> {
        self.unblocked()?;
        self.user.left = self.user.max;
        self.replaceable = Replaceable::Yes;
        Ok(())
    }

    fn unblocked(&self) -> Result<(), StatusWord> {
        match self.unblock.state {
            State::Verified => Ok(()),
            State::Closed => Err(StatusWord::SECURITY_STATUS),
        }
    }

    /// The template A0 of the security data object (CPx fact sheet §3.5): counters first, because the vendor library
    /// scans the bytes for 9A, 9B and 9D.
    pub(super) fn data_object(&self, reference: Reference) -> Vec<u8> {
        let code = self.code(reference);
        let uses = code.uses.map_or(Vec::new(), |uses| encode(0x9D, &uses.to_be_bytes()));
        let rules = match reference {
            Reference::User => [0xF3, 0x00, 0x00, 0x13, 0xFF, 0x00],
            Reference::Unblock => [0xF3, 0xFF, 0x00, 0xFF, 0xFF, 0x00],
        };
        let fields = [
            encode(0x9A, &[code.max]),
            encode(0x9B, &[code.left]),
            uses,
            encode(0xA1, &encode(0x8C, &rules)),
        ];
        encode(0xA0, &fields.concat())
    }

    fn code(&self, reference: Reference) -> &Code {
        match reference {
            Reference::User => &self.user,
            Reference::Unblock => &self.unblock,
        }
    }

    fn code_mut(&mut self, reference: Reference) -> &mut Code {
        match reference {
            Reference::User => &mut self.user,
            Reference::Unblock => &mut self.unblock,
        }
    }
}

impl Code {
    /// One presentation. A wrong length is refused before it costs a try (inferred).
    fn present(&mut self, digits: &[u8]) -> Result<(), StatusWord> {
        if self.left == 0 {
            return Err(StatusWord::BLOCKED);
        }
        if digits.len() != self.digits.len() {
            return Err(StatusWord::WRONG_LENGTH);
        }
        if let Some(uses) = &mut self.uses {
            *uses = uses.checked_sub(1).ok_or(StatusWord::REFERENCE_DATA)?;
        }
        if digits != self.digits {
            self.left -= 1;
            self.state = State::Closed;
            return Err(tries(self.left));
        }
        self.left = self.max;
        self.state = State::Verified;
        Ok(())
    }
}

/// 63Cx.
fn tries(left: u8) -> StatusWord {
    StatusWord(0x63C0 | u16::from(left & 0x0F))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pins() -> Pins {
        Pins::new(&PinSpec::default()).expect("the default codes")
    }

    #[test]
    fn three_wrong_codes_block_the_card_for_the_right_one_too() {
        let mut pins = pins();
        let answers =
            [b"0000", b"0000", b"0000", b"1234"].map(|code| pins.verify(Reference::User, code));
        let words = [0x63C2, 0x63C1, 0x63C0, 0x6983].map(|word| Err(StatusWord(word)));
        assert_eq!((answers, pins.is_open()), (words, false));
    }

    #[test]
    fn the_right_code_restores_the_counter_and_a_wrong_one_closes_again() {
        let mut pins = pins();
        assert_eq!(pins.verify(Reference::User, b"0000"), Err(StatusWord(0x63C2)));
        assert_eq!(pins.verify(Reference::User, b"1234"), Ok(()));
        assert_eq!((pins.is_open(), pins.tries_left(Reference::User)), (true, 3));
        assert_eq!(pins.verify(Reference::User, b"0000"), Err(StatusWord(0x63C2)));
        assert!(!pins.is_open());
    }

    #[test]
    fn a_code_of_the_wrong_length_costs_no_try() {
        let mut pins = pins();
        assert_eq!(pins.verify(Reference::User, b"12345"), Err(StatusWord::WRONG_LENGTH));
        assert_eq!(pins.tries_left(Reference::User), 3);
    }

    #[test]
    fn only_the_unblocking_code_resets_the_other() {
        let mut pins = pins();
        for _ in 0..3 {
            let _ = pins.verify(Reference::User, b"0000");
        }
        assert_eq!(pins.reset(b"4321"), Err(StatusWord::SECURITY_STATUS));
        assert_eq!(pins.verify(Reference::Unblock, b"12345678"), Ok(()));
        assert_eq!(pins.reset(b"4321"), Ok(()));
        assert_eq!((pins.is_open(), pins.tries_left(Reference::User)), (false, 3));
        assert_eq!(pins.verify(Reference::User, b"4321"), Ok(()));
    }

    #[test]
    fn a_cps4_code_is_replaced_once_after_an_unblocking() {
        let mut pins = pins();
        assert_eq!(pins.replace(Reference::User, b"4321"), Err(StatusWord::SECURITY_STATUS));
        assert_eq!(pins.verify(Reference::Unblock, b"12345678"), Ok(()));
        assert_eq!(pins.unblock(), Ok(()));
        assert_eq!(pins.replace(Reference::User, b"4321"), Ok(()));
        assert_eq!(pins.replace(Reference::User, b"9999"), Err(StatusWord::SECURITY_STATUS));
        assert_eq!(pins.verify(Reference::User, b"4321"), Ok(()));
    }

    #[test]
    fn the_unblocking_code_serves_a_hundred_times() {
        let mut pins = pins();
        for _ in 0..100 {
            assert_eq!(pins.verify(Reference::Unblock, b"12345678"), Ok(()));
        }
        assert_eq!(pins.verify(Reference::Unblock, b"12345678"), Err(StatusWord::REFERENCE_DATA));
    }

    #[test]
    fn counters_survive_a_reset_and_the_security_state_does_not() {
        let mut pins = pins();
        assert_eq!(pins.verify(Reference::User, b"1234"), Ok(()));
        assert_eq!(pins.verify(Reference::Unblock, b"00000000"), Err(StatusWord(0x63C9)));
        pins.forget();
        assert_eq!((pins.is_open(), pins.tries_left(Reference::Unblock)), (false, 9));
    }
}
