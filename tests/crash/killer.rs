//! A journal and a port that count the steps of a process and kill it at one of them.

use std::sync::atomic::{AtomicUsize, Ordering};

use cpskit::platform::habilitation::Habilitation;
use cpskit::platform::journal::{
    Entered, Hold, Installation, Journal, JournalError, KeyHash, Order, Step,
};
use cpskit::platform::port::{
    Delivered, Demand, DemandId, Filter, Finalisation, Issued, Nature, Port, PortError, Progress,
    Reply, Revocation,
};
use cpskit::secret::Secret;
use cpskit::x509::Serial;
use jiff::Timestamp;
use rustix::process::{Signal, getpid, kill_process};
use uuid::Uuid;

/// Kills this process at a step; never when that is 0.
#[derive(Debug)]
pub(crate) struct Killer {
    at: usize,
    passed: AtomicUsize,
}

impl Killer {
    pub(crate) fn at(step: usize) -> Self {
        Self { at: step, passed: AtomicUsize::new(0) }
    }

    pub(crate) fn passed(&self) -> usize {
        self.passed.load(Ordering::SeqCst)
    }

    fn pass(&self) {
        if self.passed.fetch_add(1, Ordering::SeqCst) + 1 == self.at {
            kill_process(getpid(), Signal::KILL).expect("a process may end itself");
            loop {
                std::thread::park();
            }
        }
    }

    /// One step before, one after: what was done is done, and the answer is lost.
    fn around<T>(&self, act: impl FnOnce() -> T) -> T {
        self.pass();
        let done = act();
        self.pass();
        done
    }
}

/// Steps of the journal.
#[derive(Debug)]
pub(crate) struct MortalJournal<'j>(pub(crate) &'j dyn Journal, pub(crate) &'j Killer);

impl Journal for MortalJournal<'_> {
    fn enter(&self, order: &Order) -> Result<Entered, JournalError> {
        self.1.around(|| self.0.enter(order))
    }

    fn write(&self, order: &Order, step: &Step, at: Timestamp) -> Result<(), JournalError> {
        self.1.around(|| self.0.write(order, step, at))
    }

    fn order(&self, reference: Uuid) -> Result<Option<Order>, JournalError> {
        self.0.order(reference)
    }

    fn orders(&self) -> Result<Vec<Order>, JournalError> {
        self.0.orders()
    }

    fn history(&self, reference: Uuid) -> Result<Vec<(Timestamp, Step)>, JournalError> {
        self.0.history(reference)
    }

    fn hold(&self, reference: Uuid) -> Result<Box<dyn Hold + '_>, JournalError> {
        let hold = self.0.hold(reference);
        self.1.pass();
        hold
    }

    fn install(&self, installation: &Installation) -> Result<(), JournalError> {
        self.1.around(|| self.0.install(installation))
    }

    fn installations(&self, key: KeyHash) -> Result<Vec<Installation>, JournalError> {
        self.0.installations(key)
    }
}

/// Steps of the network.
#[derive(Debug)]
pub(crate) struct MortalPort<'p>(pub(crate) &'p dyn Port, pub(crate) &'p Killer);

impl Port for MortalPort<'_> {
    fn binding(&self) -> &'static str {
        self.0.binding()
    }

    fn endpoint(&self) -> &str {
        self.0.endpoint()
    }

    fn nature(&self) -> Nature {
        self.0.nature()
    }

    fn habilitations(&self) -> Result<Reply<Vec<Habilitation>>, PortError> {
        self.1.around(|| self.0.habilitations())
    }

    fn request(&self, demand: &Demand<'_>) -> Result<Reply<Progress>, PortError> {
        self.1.around(|| self.0.request(demand))
    }

    fn follow(&self, id: &DemandId) -> Result<Reply<Progress>, PortError> {
        self.1.around(|| self.0.follow(id))
    }

    fn search(&self, filter: &Filter) -> Result<Reply<Vec<Progress>>, PortError> {
        self.1.around(|| self.0.search(filter))
    }

    fn finalise(
        &self,
        id: &DemandId,
        finalisation: &Finalisation<'_>,
    ) -> Result<Reply<Progress>, PortError> {
        self.1.around(|| self.0.finalise(id, finalisation))
    }

    fn download(
        &self,
        id: &DemandId,
        password: Option<&Secret<String>>,
    ) -> Result<Reply<Delivered>, PortError> {
        self.1.around(|| self.0.download(id, password))
    }

    fn revoke(
        &self,
        serial: &Serial,
        revocation: &Revocation<'_>,
    ) -> Result<Reply<Issued>, PortError> {
        self.1.around(|| self.0.revoke(serial, revocation))
    }

    fn certificate(&self, serial: &Serial) -> Result<Reply<Issued>, PortError> {
        self.1.around(|| self.0.certificate(serial))
    }
}
