//! A CPx card: recognised by its answer to reset, read with the fewest exchanges, left as it was found.
//!
//! [`Card`] is a connected card of a known [`Model`]. All use of it happens in a [`Session`]: a transaction
//! with the application selected. A reset by another program ends a session; [`Card::session`] then reconnects and
//! runs it again from the start, so that nothing that was selected or verified before is taken for granted.
//! [`Session::unlock`] gives [`Unlocked`], the only way to what the PIN protects; once a PIN was sent, the card
//! is reset at the end of the transaction, so that no other program inherits it.

mod activities;
mod algorithm;
mod certificates;
mod data;
mod decrypt;
mod error;
mod file;
mod hashing;
mod identity;
mod keys;
pub mod known;
pub mod objects;
mod pin;
pub mod pkcs15;
mod rsa;
mod session;
mod sign;

pub use activities::Situation;
pub use algorithm::{Hash, Padding};
pub use certificates::{CardCertificate, Role};
pub use error::{Error, File, PinName};
pub use hashing::{DigestLengthError, Hashed, Hasher};
pub use identity::{
    Certainty, Family, Holder, Identity, IdentityPlace, Mismatch, Parts, Wanted, category_name,
};
pub use keys::{Key, PinRule};
pub use known::{Generation, Interface};
pub use pin::{LastTry, PinSource, PinStatus, Tries, Unlocked};
pub use rsa::{RsaPublicKey, Verified};
pub use session::{Note, NoteKind, SerialNumber, Session};

use known::{Model, Recognised, recognise};

use crate::transport::{self, Channel, Exchanges, Transport};

pub use crate::transport::{Nature, Presence};

/// A CPx card, connected.
pub struct Card {
    transport: Box<dyn Transport>,
    model: Model,
    exchanges: Exchanges,
    known: session::Known,
}

/// A session that another program resets more often than this is given up.
const SESSIONS: u32 = 3;

/// As many turns of other programs, each ended by a reset, are waited out before ours.
const OTHERS: u32 = 100;

impl Card {
    /// Takes a connected card when its answer to reset is that of a CPx card. Nothing is sent to it yet.
    ///
    /// # Errors
    /// [`Error::NotCpx`], which names the other kinds of cards that are known; such a card is left alone.
    pub fn open(transport: Box<dyn Transport>) -> Result<Self, Error> {
        match recognise(transport.atr()) {
            Recognised::Model(model) => {
                tracing::debug!(generation = %model.generation, interface = %model.interface, "recognised");
                Ok(Self {
                    transport,
                    model,
                    exchanges: Exchanges::default(),
                    known: session::Known::default(),
                })
            }
            Recognised::Other(other) => Err(Error::NotCpx { atr: transport.atr().to_vec(), other }),
        }
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The reader's name.
    pub fn reader(&self) -> &str {
        self.transport.reader()
    }

    /// Answer to reset.
    pub fn atr(&self) -> &[u8] {
        self.transport.atr()
    }

    /// Whether the reader is known to be virtual.
    pub fn nature(&self) -> Nature {
        self.transport.nature()
    }

    /// Whether the card is still in its reader, as far as the transport knows without a word to it.
    pub fn presence(&mut self) -> Presence {
        self.transport.presence()
    }

    /// What was exchanged so far.
    pub fn exchanges(&self) -> Exchanges {
        self.exchanges
    }

    /// Runs `work` in a session: the card is ours until it returns. A reset by another program starts it anew, at most
    /// three times in all; so does a card that closes the PIN before the key is used. Resets at the end of other programs'
    /// turns, before ours began, are waited out.
    ///
    /// # Errors
    /// What `work` returns; [`Error::KeepsResetting`]; [`Error::Transport`] when the card cannot be had.
    pub fn session<T>(
        &mut self,
        mut work: impl FnMut(&mut Session<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.known.unanswered = None;
        let (mut turn, mut others) = (1, 0);
        while turn <= SESSIONS && others < OTHERS {
            let protocol = self.transport.protocol();
            let outcome = match self.transport.begin() {
                Ok(transaction) => {
                    let channel = Channel::new(transaction, protocol, &mut self.exchanges);
                    let mut session = Session::new(channel, self.model, &mut self.known);
                    let outcome = work(&mut session);
                    let ended = session.end();
                    // What went wrong in the session says more than how it ended.
                    Some(outcome.and_then(|value| ended.map(|()| value)))
                }
                Err(transport::Error::Reset) => None,
                Err(error) => return Err(error.into()),
            };
            // Another program's turn ended with a reset before ours began: it takes nothing from ours.
            let Some(outcome) = outcome else {
                others += 1;
                self.note_reset()?;
                continue;
            };
            match outcome {
                // A session does not know the answer to reset that it names.
                Err(Error::NotCpx { other, .. }) => {
                    return Err(Error::NotCpx { atr: self.transport.atr().to_vec(), other });
                }
                Err(Error::Transport(transport::Error::Reset)) => self.note_reset()?,
                Err(Error::PinLost { file }) if turn < SESSIONS => {
                    tracing::info!(
                        "the card closed the PIN before {file} was used; starting again"
                    );
                }
                outcome => return outcome,
            }
            turn += 1;
        }
        Err(Error::KeepsResetting { times: turn - 1 + others })
    }

    fn note_reset(&mut self) -> Result<(), Error> {
        tracing::info!("the card was reset by another program; starting again");
        match self.transport.reconnect() {
            // Again, before we had a look: the next turn finds out.
            Ok(()) | Err(transport::Error::Reset) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
