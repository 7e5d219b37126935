//! A new code porteur: in place of the old one, or of one that is blocked (CPx fact sheet §6.2).

use super::LastTry;
use crate::card::Session;
use crate::card::error::{Error, File, PinName};
use crate::card::known::NewPin;
use crate::card::pkcs15::aod::PinObject;
use crate::iso7816::apdu::Command;
use crate::iso7816::status::Meaning;
use crate::secret::{Pin, Secret};

impl Session<'_> {
    /// Changes the code porteur. The card is reset at the end.
    ///
    /// Cut in between: a CPS3 does it in one command, and has either the old PIN or the new one. A CPS4 verifies the old PIN
    /// first; cut before the second command, it keeps the old one.
    ///
    /// # Errors
    /// [`Error::PinLength`], [`Error::PinBlocked`], [`Error::LastTry`], [`Error::PinCounterUnreadable`] before any try is
    /// spent, for the old PIN and the new one; [`Error::PinRefused`] after one was; [`Error::Refused`] when the card does not
    /// take the new one; [`Error::NoPin`]; [`Error::Transport`].
    pub fn change_pin(&mut self, old: &Pin, new: &Pin, last_try: LastTry) -> Result<(), Error> {
        let rules = self.rules(PinName::User)?;
        rules.check(PinName::User, old)?;
        rules.check(PinName::User, new)?;
        match self.model.new_pin {
            NewPin::OneCommand => {
                let both = pair(&rules.block(old), &rules.block(new));
                let change = Command::new(self.model.cla, 0x24, 0x00, rules.reference);
                let change = change.secret_data(both.expose());
                self.spend(PinName::User, &rules, last_try, &mut |session| {
                    Ok(session.channel.exchange(&change)?.status)
                })
            }
            NewPin::Afterwards => {
                self.verify(PinName::User, &rules, old, last_try)?;
                self.set_pin(&rules, new)
            }
        }
    }

    /// Sets a new code porteur with the code de déblocage, whether the old one is blocked or not. The card is reset at the
    /// end.
    ///
    /// Cut in between: a CPS3 sets the new PIN and its three tries in one command. A CPS4 gives the old PIN its tries
    /// back first, and takes the new one with the command after; cut there, the old PIN is good again, until unblocking
    /// is done once more.
    ///
    /// # Errors
    /// As [`change_pin`](Self::change_pin), for the code de déblocage in place of the old PIN: its tries and the presentations
    /// left in its life.
    pub fn unblock_pin(&mut self, code: &Pin, new: &Pin, last_try: LastTry) -> Result<(), Error> {
        let user = self.rules(PinName::User)?;
        let unblocking = self.rules(PinName::Unblocking)?;
        user.check(PinName::User, new)?;
        self.verify(PinName::Unblocking, &unblocking, code, last_try)?;
        let cla = self.model.cla;
        match self.model.new_pin {
            NewPin::OneCommand => {
                let reset = Command::new(cla, 0x2C, 0x02, user.reference);
                self.new_pin_command(
                    PinName::Unblocking,
                    &reset.secret_data(user.block(new).expose()),
                )
            }
            NewPin::Afterwards => {
                let reset = Command::new(cla, 0x2C, 0x03, 0x80 | user.reference);
                self.new_pin_command(PinName::Unblocking, &reset)?;
                self.set_pin(&user, new)
            }
        }
    }

    /// CHANGE with the new PIN alone.
    fn set_pin(&mut self, rules: &PinObject, new: &Pin) -> Result<(), Error> {
        let change = Command::new(self.model.cla, 0x24, 0x01, rules.reference);
        self.new_pin_command(PinName::User, &change.secret_data(rules.block(new).expose()))
    }

    /// A command that follows the right PIN. `opened_by` is that PIN.
    fn new_pin_command(&mut self, opened_by: PinName, command: &Command) -> Result<(), Error> {
        let status = self.channel.exchange(command)?.status;
        match status.meaning() {
            Meaning::Done => Ok(()),
            Meaning::PinNeeded => Err(Error::PinLost { file: File::Pin(PinName::User) }),
            Meaning::Blocked | Meaning::NotAllowed => Err(Error::PinBlocked { pin: opened_by }),
            _ => Err(Error::Refused { file: File::Pin(PinName::User), status }),
        }
    }
}

/// One after the other, in one piece of memory.
fn pair(first: &Secret<Vec<u8>>, second: &Secret<Vec<u8>>) -> Secret<Vec<u8>> {
    Secret::new([first.expose().as_slice(), second.expose()].concat())
}
