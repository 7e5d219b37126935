//! The four verbs. Each can be run again at any time: it goes on where the last run ended, however that ended.
//!
//! Each writes down what it is about to tell the platform, tells it, writes down the answer, and only then uses it
//! (`docs/reference/lifecycle.md`). What is running on an order has it alone.

mod code;
mod ordering;
mod retrieval;
mod revocation;
mod tracking;

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::journal::{
    Event, Hold, Installation, Journal, JournalError, Machine, Order, State, Step,
};
use super::key::KeyError;
use super::port::{Acceptance, Instructions, Nature, Port, PortError, Progress};
use super::received::Departures;
use super::vault::{Vault, VaultError};
use super::want::Want;
use crate::pki::Report;
use crate::secret::Secret;
use crate::store::StoreError;
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
    /// The folder where certificate and key go; none leaves the key in the vault, and the certificate in the journal.
    pub out: Option<PathBuf>,
    /// What the files there are called, without their extensions; made from what is ordered when none is given.
    pub name: Option<&'r str>,
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
    fn judge(&self, leaf: &Certificate, others: &[Certificate]) -> Report;
}

/// What a verb did.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The order as it is now.
    pub order: Order,
    /// Whether this run changed something, here or on the platform.
    pub changed: Changed,
    /// What a person has to do, when that is how it goes on.
    pub by_hand: Option<Instructions>,
    /// Not to be asked again before this, where the platform says.
    pub retry_after: Option<Duration>,
    /// What was seen of a certificate that was looked at in this run.
    pub inspection: Option<Inspection>,
}

/// What was seen of a certificate that came.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// What it departs in from its order.
    pub departures: Departures,
    /// Whether it is valid. Indeterminate is no refusal: it is said.
    pub report: Report,
}

/// Where the key of an order is, or will be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Held {
    /// In this state folder.
    Here,
    /// In that of another machine: it is neither ordered again nor retrieved here.
    Elsewhere,
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
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
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
    /// Nothing in the journal is called so.
    #[error("the journal has no order for {0}")]
    Unknown(Target),
    /// The reference is that of an order for something else.
    #[error("the reference {0} is that of another order")]
    OtherOrder(Uuid),
    /// What was asked cannot be done in this state.
    #[error("order {reference} is {}: it cannot be {wish}", state.name())]
    NotIn {
        /// Which order.
        reference: Uuid,
        /// Where it is.
        state: State,
        /// What was asked, as a participle: `retrieved`.
        wish: &'static str,
    },
    /// The platform makes the key, and the password that is to protect it was not given.
    #[error("the platform makes the key of order {0}: the password that protects it is needed")]
    PasswordNeeded(Uuid),
    /// The code de révocation is neither given nor in the vault.
    #[error("the code de révocation of order {0} is needed: this state folder does not have it")]
    CodeNeeded(Uuid),
    /// What came is in a container that does not open; it is kept.
    #[error("what came for order {reference} cannot be read: {cause}")]
    Unopened {
        /// Which order.
        reference: Uuid,
        /// Why.
        #[source]
        cause: StoreError,
    },
    /// What came holds no certificate that can be read; it is kept.
    #[error("what came for order {0} holds no certificate")]
    NoCertificate(Uuid),
    /// The certificate is not valid: it is kept, and not installed.
    #[error("the certificate of order {reference} is not valid: {}", words(report))]
    Invalid {
        /// Which order.
        reference: Uuid,
        /// The report.
        report: Box<Report>,
    },
    /// The key is installed elsewhere.
    #[error("the key is installed on {} already, in {}", at.machine.name, at.file.display())]
    Installed {
        /// Where.
        at: Box<Installation>,
    },
}

fn words(report: &Report) -> String {
    let findings = report.findings.iter().map(|finding| finding.to_string());
    findings.collect::<Vec<_>>().join("; ")
}

/// A certificate to revoke, or an order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Target {
    /// By our reference.
    Reference(Uuid),
    /// By the serial number.
    Serial(Serial),
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Reference(reference) => write!(f, "the reference {reference}"),
            Self::Serial(serial) => write!(f, "the serial number {serial}"),
        }
    }
}

/// An order as the journal and the platform have it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listed {
    /// In the journal; none for one that was made otherwise.
    pub order: Option<Order>,
    /// On the platform; none for one that it does not show.
    pub progress: Option<Progress>,
}

impl<'l> Lifecycle<'l> {
    /// Where the key of an order is.
    pub fn held(&self, order: &Order) -> Held {
        if order.key.machine().id == self.here.id { Held::Here } else { Held::Elsewhere }
    }

    /// Takes an order for this process alone, as it is now.
    fn take(&self, reference: Uuid) -> Result<(Box<dyn Hold + 'l>, Order), Error> {
        let hold = self.journal.hold(reference)?;
        let order = self.journal.order(reference)?;
        Ok((hold, order.ok_or(Error::Unknown(Target::Reference(reference)))?))
    }

    /// The only way by which an order changes: its state is the one after the event, and that is durable.
    fn step(
        &self,
        order: &mut Order,
        event: Event<'_>,
        detail: Option<String>,
    ) -> Result<(), Error> {
        let reference = order.reference;
        let state = order.state;
        order.state = state.after(event).ok_or(Error::NotIn {
            reference,
            state,
            wish: match event {
                Event::RequestLeaves => "ordered",
                Event::FinalisationLeaves | Event::DownloadLeaves => "retrieved",
                Event::RevocationLeaves | Event::RevocationSaid => "revoked",
                Event::PublicationSeen => "in a list",
                _ => "changed so",
            },
        })?;
        order.updated = (self.clock)();
        let step = Step { what: event.name().to_owned(), detail };
        Ok(self.journal.write(order, &step, order.updated)?)
    }

    /// Writes down what the platform says of an order, when that is news.
    fn told(&self, order: &mut Order, progress: &Progress) -> Result<Changed, Error> {
        let before = order.clone();
        order.demand = Some(progress.id.clone());
        if progress.serial.is_some() && order.certificate.is_none() {
            order.serial.clone_from(&progress.serial);
        }
        let event = Event::PlatformSays(&progress.status);
        let after = order.state.after(event);
        if matches!(after, Some(State::Refused | State::Expired)) && order.refusal.is_none() {
            order.refusal.clone_from(&progress.refusal);
        }
        if *order == before && after == Some(before.state) {
            return Ok(Changed::No);
        }
        self.step(order, event, Some(progress.id.0.clone()))?;
        Ok(Changed::Yes)
    }

    /// Whether the platform of this lifecycle is that of the order.
    fn is_of_this_platform(&self, order: &Order) -> bool {
        order.binding == self.port.binding() && order.endpoint == self.port.endpoint()
    }

    fn emulated(&self) -> bool {
        match self.port.nature() {
            Nature::Emulated => true,
            Nature::Real => false,
        }
    }
}

impl Outcome {
    fn of(order: Order, changed: Changed) -> Self {
        Self { order, changed, by_hand: None, retry_after: None, inspection: None }
    }

    fn by_hand(order: Order, changed: Changed, instructions: Instructions) -> Self {
        Self { by_hand: Some(instructions), ..Self::of(order, changed) }
    }
}

impl Changed {
    /// Whether one of two did.
    pub fn or(self, other: Self) -> Self {
        if self == Self::Yes { self } else { other }
    }
}
