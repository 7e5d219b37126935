//! A connected card, whatever holds it: a PC/SC reader, the virtual card, a recorded transcript.
//!
//! Two traits. [`Transport`] is a card in a reader, connected in shared mode; [`Transaction`] is the exclusive
//! use of it for a short while, and the only thing that transmits. Neither knows what the bytes mean, and
//! neither logs them: a command may hold a PIN.

use std::time::Duration;

use crate::iso7816::status::StatusWord;

mod channel;
mod keypad;
#[cfg(feature = "pcsc")]
pub mod pcsc;

pub use channel::{Channel, Exchanges};
pub use keypad::{Control, Keypad, PinEntry};

/// The transmission protocol in use, ISO/IEC 7816-3.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocol {
    /// T=0, character oriented: no Le on a case 4 command, `61xx` and `6Cxx` are served by the caller.
    T0,
    /// T=1, block oriented.
    T1,
}

/// Whether what a card says can be about a real person.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Nature {
    /// The virtual card, in process or behind a virtual reader.
    Emulated,
    /// A reader that says nothing of being virtual.
    Real,
}

/// What becomes of the card when a transaction ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Disposition {
    /// Left as it is: the next program finds the files selected and the PIN state unchanged.
    Leave,
    /// Warm reset: security state and selection are gone.
    Reset,
}

/// Whether the card that was connected to is still in the reader.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Presence {
    /// It was taken out, or its reader was; another may be there by now.
    Gone,
    /// It is there.
    Here,
    /// The transport cannot tell without speaking to the card.
    Unknown,
}

/// A card in a reader, connected, shared with other programs.
pub trait Transport: Send {
    /// The reader's name, as its service spells it.
    fn reader(&self) -> &str;

    /// The answer to reset, 2 to 33 bytes.
    fn atr(&self) -> &[u8];

    /// The protocol negotiated at connection.
    fn protocol(&self) -> Protocol;

    /// Whether the reader is known to be virtual.
    fn nature(&self) -> Nature;

    /// Takes the card for this program alone until the transaction is dropped or ended.
    ///
    /// # Errors
    /// [`Error::Reset`] when another program reset the card since the last use: call
    /// [`reconnect`](Self::reconnect), then begin again.
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, Error>;

    /// Takes note of a reset made by another program and connects anew, without resetting the card again.
    ///
    /// # Errors
    /// [`Error::Removed`] when the card is gone, [`Error::Pcsc`] for what the service refuses.
    fn reconnect(&mut self) -> Result<(), Error>;

    /// Whether the card is still there, as far as that is known without a word to the card.
    fn presence(&mut self) -> Presence {
        Presence::Unknown
    }
}

/// The exclusive use of a card. Dropped, it ends with the disposition last set (at first [`Disposition::Leave`]).
pub trait Transaction {
    /// Sends one command, exactly these bytes, and returns the answer with its two status bytes last.
    ///
    /// # Errors
    /// [`Error::Reset`], [`Error::Removed`], [`Error::Mute`], [`Error::Pcsc`]. What the card *answers* is never an
    /// error here.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error>;

    /// Says what becomes of the card when the transaction ends, however it ends.
    fn at_end(&mut self, disposition: Disposition);

    /// The reader's own keypad, where it has one that can present a PIN to the card by itself.
    ///
    /// # Errors
    /// What the service says when it is asked for the reader's features.
    fn keypad(&mut self) -> Result<Option<Keypad<'_>>, Error> {
        Ok(None)
    }

    /// Ends the transaction now and says whether that went well.
    ///
    /// # Errors
    /// What the service says of the end of transaction or of the reset.
    fn end(self: Box<Self>) -> Result<(), Error>;
}

/// Why a card could not be reached or did not answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another program has held the card in a transaction for too long.
    #[error("reader `{reader}` has been busy with another program for {} s", waited.as_secs())]
    Busy {
        /// The reader.
        reader: String,
        /// How long was waited.
        waited: Duration,
    },
    /// The card answers, and what it says never ends.
    #[error("the card was still answering after {commands} commands in one transaction")]
    Endless {
        /// Commands sent.
        commands: u64,
    },
    /// The answer is not one: fewer than the two bytes of a status word.
    #[error("the card answered {length} bytes, fewer than a status word")]
    Garbled {
        /// How many bytes came.
        length: usize,
    },
    /// Another program holds the card or the reader exclusively.
    #[error("reader `{reader}` is held by another program")]
    Held {
        /// The reader.
        reader: String,
        /// What the service said.
        #[source]
        cause: PcscError,
    },
    /// The holder pressed the cancel key of the reader.
    #[error("PIN entry was cancelled on the reader's keypad")]
    KeypadCancelled,
    /// The reader has no keypad of its own.
    #[error("the reader has no keypad that presents a PIN")]
    NoKeypad,
    /// The reader announces a keypad and cannot present this PIN with it.
    #[error("the reader's keypad refused the PIN entry ({status})")]
    KeypadRefused {
        /// What the reader answered in place of the card.
        status: StatusWord,
    },
    /// Nobody typed the PIN in time.
    #[error("no PIN was typed on the reader's keypad in time")]
    KeypadTimeout,
    /// The card or the service did not answer in time; the card must be taken out and put in again.
    #[error("the card did not answer within {} s", waited.as_secs())]
    Mute {
        /// How long was waited.
        waited: Duration,
    },
    /// No card in the reader.
    #[error("no card in reader `{reader}`")]
    NoCard {
        /// The reader.
        reader: String,
    },
    /// This reader is not there.
    #[error("no reader is named `{reader}`")]
    UnknownReader {
        /// The name asked for.
        reader: String,
    },
    /// The service runs but no reader is plugged in.
    #[error("no smart card reader is plugged in")]
    NoReader,
    /// The smart card service cannot be reached.
    #[error("the smart card service is not running")]
    NoService {
        /// What the service's library said.
        #[source]
        cause: PcscError,
    },
    /// The system does not let this user talk to the service or to the reader.
    #[error("access to the smart card service is not authorised")]
    NotAuthorised {
        /// What the service said.
        #[source]
        cause: PcscError,
    },
    /// Any other refusal of the service.
    #[error("the smart card service refused: {0}")]
    Pcsc(#[source] PcscError),
    /// The card was taken out.
    #[error("the card was removed from reader `{reader}`")]
    Removed {
        /// The reader.
        reader: String,
    },
    /// Another program reset the card; whatever was selected or verified is gone.
    #[error("the card was reset by another program")]
    Reset,
    /// The card in the reader does not answer to reset.
    #[error("the card in reader `{reader}` does not answer")]
    Unresponsive {
        /// The reader.
        reader: String,
        /// What the service said.
        #[source]
        cause: PcscError,
    },
}

/// A PC/SC return code with its symbol, kept so that a web search finds help.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{symbol} (0x{code:08X})")]
pub struct PcscError {
    /// The symbol, `SCARD_E_NO_SERVICE`.
    pub symbol: &'static str,
    /// The 32-bit code.
    pub code: u32,
}
