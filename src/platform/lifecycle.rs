//! The four verbs. Each can be run again at any time: it goes on where the last run ended, however that ended.

use std::path::PathBuf;

use jiff::Timestamp;
use uuid::Uuid;

use super::journal::{Journal, JournalError, Machine, Order};
use super::port::{Acceptance, Instructions, Port, PortError, Progress, Reason};
use super::vault::{Vault, VaultError};
use super::want::Want;
use crate::secret::Secret;
use crate::x509::{Certificate, Serial};

/// What the verbs work with.
#[derive(Debug)]
pub struct Lifecycle<'l> {
    /// The platform.
    pub port: &'l dyn Port,
    /// Where what was asked is written.
    pub journal: &'l dyn Journal,
    /// Where keys and codes are.
    pub vault: &'l Vault,
    /// Which machine this is.
    pub here: &'l Machine,
    /// The clock, which is not ours to read.
    pub clock: fn() -> Timestamp,
}

/// An order to make.
#[derive(Debug)]
pub struct NewOrder<'o> {
    /// What is wanted.
    pub want: &'o Want,
    /// Under which habilitation.
    pub profile: Option<&'o str>,
    /// With which card.
    pub card: Option<&'o str>,
    /// For which fleet, by its name.
    pub fleet: Option<&'o str>,
    /// Where mails go.
    pub contact: Option<&'o str>,
    /// Who makes the key.
    pub key: KeyOrigin<'o>,
    /// What to do when it is ordered already.
    pub again: Again,
}

/// Who makes the key.
#[derive(Debug)]
pub enum KeyOrigin<'o> {
    /// We do; the file is encrypted when there is a password.
    Local {
        /// Of the file.
        password: Option<&'o Secret<String>>,
    },
    /// The platform does.
    Platform {
        /// Of the PKCS#12 it gives.
        password: &'o Secret<String>,
    },
}

/// What to do when the same is ordered already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Again {
    /// It is enough: *already ordered*.
    Enough,
    /// `--new`: order a second one.
    New,
    /// `--ref`: the order of this reference, which is made when there is none.
    Reference(Uuid),
}

/// How to retrieve.
#[derive(Debug)]
pub struct Retrieval<'r> {
    /// What was accepted.
    pub acceptance: &'r Acceptance,
    /// The code to set; one is made when none is given.
    pub code: Option<&'r Secret<String>>,
    /// Of the key file, or of the PKCS#12.
    pub password: Option<&'r Secret<String>>,
    /// Where certificate and key go.
    pub out: Option<PathBuf>,
    /// Whether a key that is installed elsewhere may be installed here too.
    pub second: SecondPlace,
    /// Whether what came is valid: chain and status, by who has anchors, lists and a clock.
    pub judge: &'r dyn Judge,
}

/// Whether a key may be installed at a second place (platform fact sheet §13, rule 3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SecondPlace {
    /// It may not.
    Refused,
    /// The user insists.
    Forced,
}

/// Judges a certificate that came.
pub trait Judge: std::fmt::Debug {
    /// The report on it; `others` came with it.
    fn judge(&self, leaf: &Certificate, others: &[Certificate]) -> crate::pki::Report;
}

/// What a verb did.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outcome {
    /// The order as it is now.
    pub order: Order,
    /// Whether this run changed something, here or on the platform.
    pub changed: Changed,
    /// What a person has to do, when that is how it goes on.
    pub by_hand: Option<Instructions>,
}

/// Whether something changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Changed {
    /// It did.
    Yes,
    /// It was so already.
    No,
}

/// Why a verb did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The platform.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The files.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The order's key is on another machine.
    #[error("the key of order {reference} is on {machine}")]
    HeldElsewhere {
        /// Which order.
        reference: Uuid,
        /// Where it is.
        machine: String,
    },
}

/// A certificate to revoke, or an order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Target {
    /// By our reference.
    Reference(Uuid),
    /// By the serial number.
    Serial(Serial),
}

/// An order as the journal and the platform have it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listed {
    /// In the journal; none for one that was made otherwise.
    pub order: Option<Order>,
    /// On the platform; none for one that it does not show.
    pub progress: Option<Progress>,
}

impl Lifecycle<'_> {
    /// Orders, or goes on with an order that was begun.
    ///
    /// # Errors
    /// [`Error`], as of every verb.
    pub fn order(&self, _new: &NewOrder<'_>) -> Result<Outcome, Error> {
        todo!()
    }

    /// Asks the platform where an order is, and writes it down.
    pub fn track(&self, _reference: Uuid) -> Result<Outcome, Error> {
        todo!()
    }

    /// What the platform says of orders, ours and those that are not in the journal.
    pub fn list(&self) -> Result<Vec<Listed>, Error> {
        todo!()
    }

    /// Finalises and downloads, inspects what came, puts it where it goes.
    pub fn retrieve(&self, _reference: Uuid, _how: &Retrieval<'_>) -> Result<Outcome, Error> {
        todo!()
    }

    /// Revokes.
    pub fn revoke(
        &self,
        _target: &Target,
        _reason: Reason,
        _code: Option<&Secret<String>>,
    ) -> Result<Outcome, Error> {
        todo!()
    }
}
