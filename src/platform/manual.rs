//! A person at the platform's screens: the one binding that the real platform can be used with today, since its web service is
//! not public (platform fact sheet §5 and §12).
//!
//! Each operation gives what to click and to type, with the values, then the command by which the result is recorded. That
//! command runs the same verb again, with what the person [says](Told): the lifecycle hears it as the platform's answer, and
//! looks at what was downloaded as at any download. No socket is opened.

mod recorded;
mod screens;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

pub use self::recorded::{RecordedError, recorded};
use super::habilitation::Habilitation;
use super::port::{
    CertificateStatus, Delivered, Demand, DemandId, Filter, Finalisation, Issued, Nature, Port,
    PortError, Progress, Reply, Revocation, Status,
};
use super::vault::Vault;
use crate::secret::Secret;
use crate::x509::Serial;

/// Where a person orders (platform fact sheet §0, finding 2).
pub const ADDRESS: &str = "https://pfc.eservices.esante.gouv.fr/pfcng-ihm/authentication.xhtml";

/// The platform's screens, and who clicks.
#[derive(Debug)]
pub struct ManualPort {
    habilitations: Option<Vec<Habilitation>>,
    files: Files,
    told: Mutex<Told>,
}

/// Where a person finds what to give to the platform.
#[derive(Debug)]
pub struct Files {
    /// Folder of certification requests, which are no secret: `REFERENCE.csr.pem`.
    pub requests: PathBuf,
    /// Where the codes de révocation are.
    pub vault: Arc<Vault>,
}

/// What a person says came of it.
#[derive(Debug, Default)]
pub enum Told {
    /// Nothing yet.
    #[default]
    Nothing,
    /// The platform shows an order in this state.
    Seen(Status),
    /// The file that was downloaded.
    Downloaded(Delivered),
    /// The platform revoked the certificate.
    Revoked,
}

impl ManualPort {
    /// With the habilitations that the person wrote down, if any, and what they say now.
    pub fn new(habilitations: Option<Vec<Habilitation>>, files: Files, told: Told) -> Self {
        Self { habilitations, files, told: Mutex::new(told) }
    }

    /// What an order is called here: the platform's own number is not shown on screens that are known, so it is our reference.
    fn id(reference: uuid::Uuid) -> DemandId {
        DemandId(reference.to_string())
    }

    /// The file of an order's code de révocation.
    fn code(&self, id: &DemandId) -> Option<PathBuf> {
        uuid::Uuid::parse_str(&id.0).ok().map(|reference| self.files.vault.code_file(reference))
    }

    fn seen(&self) -> Option<Status> {
        match &*self.told.lock().unwrap_or_else(PoisonError::into_inner) {
            Told::Seen(status) => Some(status.clone()),
            // What was downloaded was finalised before.
            Told::Downloaded(_) => Some(Status::Finalisee),
            Told::Nothing | Told::Revoked => None,
        }
    }
}

fn progress(id: DemandId, status: Status) -> Progress {
    Progress {
        reference: uuid::Uuid::parse_str(&id.0).ok(),
        id,
        status,
        retry_after: None,
        product: None,
        structure: None,
        profile: None,
        card: None,
        created: None,
        updated: None,
        url: None,
        refusal: None,
        serial: None,
    }
}

impl Port for ManualPort {
    fn binding(&self) -> &'static str {
        "manual"
    }

    fn endpoint(&self) -> &str {
        ""
    }

    fn nature(&self) -> Nature {
        Nature::Real
    }

    fn habilitations(&self) -> Result<Reply<Vec<Habilitation>>, PortError> {
        Ok(match &self.habilitations {
            Some(recorded) => Reply::Done(recorded.clone()),
            None => Reply::ByHand(screens::habilitations()),
        })
    }

    fn request(&self, demand: &Demand<'_>) -> Result<Reply<Progress>, PortError> {
        let id = Self::id(demand.reference);
        match self.seen() {
            Some(status) => Ok(Reply::Done(progress(id, status))),
            None => Ok(Reply::ByHand(screens::request(demand, &self.files.requests))),
        }
    }

    fn follow(&self, id: &DemandId) -> Result<Reply<Progress>, PortError> {
        Ok(match self.seen() {
            Some(status) => Reply::Done(progress(id.clone(), status)),
            None => Reply::ByHand(screens::follow(id)),
        })
    }

    /// What was ordered with a reference is known once somebody says so; else there is nothing, not even instructions: it is
    /// asked before an order is made.
    fn search(&self, filter: &Filter) -> Result<Reply<Vec<Progress>>, PortError> {
        let found = filter.reference.zip(self.seen());
        Ok(Reply::Done(
            found
                .map(|(reference, status)| progress(Self::id(reference), status))
                .into_iter()
                .collect(),
        ))
    }

    fn finalise(
        &self,
        id: &DemandId,
        finalisation: &Finalisation<'_>,
    ) -> Result<Reply<Progress>, PortError> {
        match self.seen() {
            Some(Status::Finalisee | Status::Retiree) => {
                Ok(Reply::Done(progress(id.clone(), Status::Finalisee)))
            }
            _ => Ok(Reply::ByHand(screens::retrieve(
                id,
                finalisation.acceptance,
                self.code(id).as_deref(),
            ))),
        }
    }

    fn download(
        &self,
        id: &DemandId,
        _password: Option<&Secret<String>>,
    ) -> Result<Reply<Delivered>, PortError> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::take(&mut *told) {
            Told::Downloaded(delivered) => Ok(Reply::Done(delivered)),
            other => {
                *told = other;
                Ok(Reply::ByHand(screens::download(id)))
            }
        }
    }

    fn revoke(
        &self,
        serial: &Serial,
        revocation: &Revocation<'_>,
    ) -> Result<Reply<Issued>, PortError> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match &*told {
            Told::Revoked => Reply::Done(Issued {
                serial: serial.clone(),
                subject: String::new(),
                status: CertificateStatus::Revoque,
                revoked_at: None,
                demand: None,
            }),
            _ => Reply::ByHand(screens::revoke(serial, revocation.reason)),
        })
    }

    fn certificate(&self, serial: &Serial) -> Result<Reply<Issued>, PortError> {
        Ok(Reply::ByHand(screens::certificate(serial)))
    }
}
