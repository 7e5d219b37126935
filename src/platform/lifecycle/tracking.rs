//! Tracking: what the platform says of orders and certificates, written down.

use jiff::Timestamp;
use uuid::Uuid;

use super::super::journal::{Event, Order, State};
use super::super::port::{CertificateStatus, Filter, Progress, Reply};
use super::{Changed, Error, Lifecycle, Listed, Outcome};

impl Lifecycle<'_> {
    /// Asks the platform where an order is, and where its certificate is once there is one; writes it down.
    ///
    /// # Errors
    /// [`Error`].
    pub fn track(&self, reference: Uuid) -> Result<Outcome, Error> {
        let (_hold, order) = self.take(reference)?;
        match order.state {
            State::Prepared | State::Refused | State::Expired => {
                Ok(Outcome::of(order, Changed::No))
            }
            State::Revoked | State::Published => Ok(Outcome::of(order, Changed::No)),
            state if state < State::Collected => self.follow(order),
            _ => self.look_at_certificate(order),
        }
    }

    /// What the platform says of orders: ours, and those that are not in the journal.
    ///
    /// # Errors
    /// [`Error`].
    pub fn list(&self) -> Result<Vec<Listed>, Error> {
        let mut shown = match self.port.search(&Filter::default())? {
            Reply::Done(shown) => shown,
            Reply::ByHand(_) => Vec::new(),
        };
        let mut listed = Vec::new();
        for order in self.journal.orders()? {
            if !self.is_of_this_platform(&order) {
                continue;
            }
            let at = shown.iter().position(|progress| is_for(progress, &order));
            listed.push(Listed { progress: at.map(|at| shown.remove(at)), order: Some(order) });
        }
        let others =
            shown.into_iter().map(|progress| Listed { order: None, progress: Some(progress) });
        listed.extend(others);
        Ok(listed)
    }

    /// Notes that lists or OCSP say that a certificate is revoked, as whoever looked at them found.
    ///
    /// # Errors
    /// [`Error::NotIn`] for one of which the platform does not say so.
    pub fn published(&self, reference: Uuid, since: Timestamp) -> Result<Outcome, Error> {
        let (_hold, mut order) = self.take(reference)?;
        if order.state == State::Published {
            return Ok(Outcome::of(order, Changed::No));
        }
        order.published_at = Some(since);
        self.step(&mut order, Event::PublicationSeen, None)?;
        Ok(Outcome::of(order, Changed::Yes))
    }

    /// Asks where an order is that has no certificate yet.
    pub(super) fn follow(&self, mut order: Order) -> Result<Outcome, Error> {
        let progress = match &order.demand {
            None => match self.find(order.reference)? {
                None => return Ok(Outcome::of(order, Changed::No)),
                Some(progress) => progress,
            },
            Some(demand) => match self.port.follow(demand)? {
                Reply::Done(progress) => progress,
                Reply::ByHand(instructions) => {
                    return Ok(Outcome::by_hand(order, Changed::No, instructions));
                }
            },
        };
        let changed = self.told(&mut order, &progress)?;
        Ok(Outcome { retry_after: progress.retry_after, ..Outcome::of(order, changed) })
    }

    fn look_at_certificate(&self, mut order: Order) -> Result<Outcome, Error> {
        // What was lost on the way has a number on the platform all the same.
        let mut changed = Changed::No;
        if order.serial.is_none() {
            let outcome = self.follow(order)?;
            changed = outcome.changed;
            order = outcome.order;
        }
        let Some(serial) = order.serial.clone() else {
            return Ok(Outcome::of(order, changed));
        };
        match self.port.certificate(&serial)? {
            Reply::ByHand(instructions) => Ok(Outcome::by_hand(order, changed, instructions)),
            Reply::Done(issued) if issued.status == CertificateStatus::Revoque => {
                order.revoked_at = issued.revoked_at;
                self.step(&mut order, Event::RevocationSaid, None)?;
                Ok(Outcome::of(order, Changed::Yes))
            }
            Reply::Done(_) => Ok(Outcome::of(order, changed)),
        }
    }
}

/// Whether what the platform shows is this order.
fn is_for(progress: &Progress, order: &Order) -> bool {
    progress.reference == Some(order.reference) || order.demand.as_ref() == Some(&progress.id)
}
