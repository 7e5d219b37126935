//! What was asked and what came back, on disk before it is sent and before it is used. SQLite in the state folder, or PostgreSQL
//! for a team: [`sqlite`], [`postgres`].
//!
//! No key, password, code or PKCS#12 enters a journal: its types have no place for one.
//!
//! What may become of an order is in one place: [`State::after`].

mod document;
mod machine;
pub mod postgres;
pub mod sqlite;
mod state;
mod tables;

use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;
use uuid::Uuid;

pub use self::state::{Event, State};
use super::port::{Acceptance, DemandId, Reason};
use super::want::Want;
use crate::x509::{Certificate, Serial};

/// Where orders are kept. Whole orders are written; each write is durable when it returns.
pub trait Journal: fmt::Debug + Send + Sync {
    /// Enters a new order, unless one with the same [`Identity`] is open or its certificate is alive, or the reference is taken.
    /// Two that enter at once: one does.
    ///
    /// # Errors
    /// [`JournalError`], as of every operation here.
    fn enter(&self, order: &Order) -> Result<Entered, JournalError>;

    /// Writes the order as it is now, and the step that made it so into its history.
    fn write(&self, order: &Order, step: &Step, at: Timestamp) -> Result<(), JournalError>;

    /// The order with this reference.
    fn order(&self, reference: Uuid) -> Result<Option<Order>, JournalError>;

    /// All orders, oldest first.
    fn orders(&self) -> Result<Vec<Order>, JournalError>;

    /// What was done with an order, oldest first.
    fn history(&self, reference: Uuid) -> Result<Vec<(Timestamp, Step)>, JournalError>;

    /// Takes an order for this process alone, waiting for another that has it. Ends with the guard, and with the process
    /// whatever kills it.
    fn hold(&self, reference: Uuid) -> Result<Box<dyn Hold + '_>, JournalError>;

    /// Notes that a key is installed at a place on a machine.
    fn install(&self, installation: &Installation) -> Result<(), JournalError>;

    /// Where this key is installed.
    fn installations(&self, key: KeyHash) -> Result<Vec<Installation>, JournalError>;
}

/// An order that is held; dropping it lets go.
pub trait Hold: fmt::Debug {}

/// SHA-256 of a SubjectPublicKeyInfo.
pub type KeyHash = [u8; 32];

/// What became of [`Journal::enter`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Entered {
    /// It is new.
    New,
    /// One for the same is there.
    Already(Box<Order>),
}

/// What makes two orders the same (command-line contract §4, *already ordered*).
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Identity {
    /// Binding and endpoint.
    pub platform: String,
    /// Habilitation; empty when none was named.
    pub profile: String,
    /// [`Want::key`].
    pub want: String,
}

/// One order, from the intention to the revocation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Order {
    /// `refClient`.
    pub reference: Uuid,
    /// `manual`, `rest`.
    pub binding: String,
    /// The platform's address, empty when it has none.
    pub endpoint: String,
    /// Whether the platform is the emulator.
    pub emulated: bool,
    /// Under which habilitation.
    pub profile: Option<String>,
    /// The card it is made with, by its token identifier; none for a key in a file.
    pub card: Option<String>,
    /// The fleet it belongs to, by its name; none for one that was ordered by hand, which no fleet revokes.
    pub fleet: Option<String>,
    /// Where mails go; kept, for a request that is sent again is the same.
    pub contact: Option<String>,
    /// What is ordered.
    pub want: Want,
    /// Another with the same identity may stand beside it: `--new`, or another `--ref`.
    pub forced: bool,
    /// Whose key.
    pub key: Key,
    /// Where it is.
    pub state: State,
    /// The platform's number, once known.
    pub demand: Option<DemandId>,
    /// The certificate that came, in DER.
    pub certificate: Option<Vec<u8>>,
    /// Its serial number, once known.
    pub serial: Option<Serial>,
    /// Where the certificate was put.
    pub files: Vec<PathBuf>,
    /// What was accepted.
    pub acceptance: Option<Acceptance>,
    /// Why it was, or is being, revoked.
    pub reason: Option<Reason>,
    /// When the platform revoked it.
    pub revoked_at: Option<Timestamp>,
    /// Since when lists or OCSP say so, as far as was seen.
    pub published_at: Option<Timestamp>,
    /// Why it ended badly, in words.
    pub refusal: Option<String>,
    /// When it was entered.
    pub created: Timestamp,
    /// When it changed last.
    pub updated: Timestamp,
}

/// The key of an order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Key {
    /// Made by us.
    Local {
        /// On which machine its file is.
        machine: Machine,
        /// Once the file is on disk: its public half, and the request that was made with it.
        made: Option<MadeKey>,
    },
    /// Made by the platform.
    Platform {
        /// The machine that ordered it: the PKCS#12 is taken there, once.
        machine: Machine,
    },
}

/// A key that is on disk.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MadeKey {
    /// Its public half.
    pub hash: KeyHash,
    /// The file.
    pub file: PathBuf,
    /// PKCS#10 in DER.
    pub csr: Vec<u8>,
}

/// A state folder on a machine: who holds keys. Random, made once, kept in the folder; with a name for people.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Machine {
    /// Random.
    pub id: Uuid,
    /// The host's name.
    pub name: String,
}

/// What was done with an order: one line of its history.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Step {
    /// What: `request-leaves`, or the platform's answer, `platform-says-a-retirer`.
    pub what: String,
    /// Facts, never a secret.
    pub detail: Option<String>,
}

/// A key at a place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Installation {
    /// Which key.
    pub key: KeyHash,
    /// On which machine.
    pub machine: Machine,
    /// In which file.
    pub file: PathBuf,
    /// Since when.
    pub at: Timestamp,
}

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The file or the folder.
    #[error("the journal {path}: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// SQLite.
    #[error("the journal {path}: {cause}")]
    Sqlite {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: rusqlite::Error,
    },
    /// PostgreSQL. The address is not repeated: it may hold a password.
    #[error("the journal in PostgreSQL: {0}")]
    Postgres(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row that this version does not understand.
    #[error("the journal holds `{found}` where {field} is expected")]
    Unreadable {
        /// The column.
        field: &'static str,
        /// What stands there.
        found: String,
    },
    /// An order that cannot be written down as text: a path that is not Unicode.
    #[error("the order {reference} cannot be written down: {cause}")]
    Unwritable {
        /// Which order.
        reference: Uuid,
        /// Why.
        #[source]
        cause: serde_json::Error,
    },
    /// Nothing was entered under this reference.
    #[error("the journal has no order {reference}")]
    Absent {
        /// Which order.
        reference: Uuid,
    },
    /// `DATABASE_URL` is not read, or asks for what is refused. The address is not repeated: it may hold a password.
    #[error("the address of the journal in PostgreSQL: {0}")]
    Address(postgres::AddressError),
    /// Made by a later version.
    #[error("the journal is of version {found}, and this cpskit knows {known}")]
    Newer {
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// Another process has the order for too long.
    #[error("another process works on the order {reference}")]
    Held {
        /// Which order.
        reference: Uuid,
    },
}

impl Order {
    /// What makes it the same as another.
    pub fn identity(&self) -> Identity {
        Identity {
            platform: format!("{} {}", self.binding, self.endpoint),
            profile: self.profile.clone().unwrap_or_default(),
            want: self.want.key(),
        }
    }

    /// Whether something may still come of it, or came and has not expired: a second order for the same is not needed.
    pub fn is_alive(&self, at: Timestamp) -> bool {
        self.state.is_alive() && self.expiry().is_none_or(|expiry| at <= expiry)
    }

    /// When its certificate expires, once it is here.
    pub fn expiry(&self) -> Option<Timestamp> {
        let certificate = Certificate::parse(self.certificate.as_ref()?).ok()?;
        certificate.not_after().ok()
    }
}

impl Key {
    /// The machine that works on the order.
    pub fn machine(&self) -> &Machine {
        match self {
            Self::Local { machine, .. } | Self::Platform { machine } => machine,
        }
    }

    /// The public half of a key that was made here.
    pub fn hash(&self) -> Option<KeyHash> {
        match self {
            Self::Local { made: Some(made), .. } => Some(made.hash),
            Self::Local { made: None, .. } | Self::Platform { .. } => None,
        }
    }
}
