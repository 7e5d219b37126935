//! Revoking, for ever.

use super::super::journal::{Event, Order, State};
use super::super::port::{CertificateStatus, PortError, Reason, Refusal, Reply, Revocation};
use super::{Changed, Error, Lifecycle, Outcome, Target};
use crate::secret::Secret;

impl Lifecycle<'_> {
    /// Revokes the certificate of an order, with the code that is given, or else the one in the vault. Whoever calls has shown
    /// what will be revoked.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Unknown`] for a certificate that is not in the journal.
    pub fn revoke(
        &self,
        target: &Target,
        reason: Reason,
        code: Option<&Secret<String>>,
    ) -> Result<Outcome, Error> {
        let reference = match target {
            Target::Reference(reference) => *reference,
            Target::Serial(serial) => {
                let orders = self.journal.orders()?;
                let found = orders.iter().find(|order| order.serial.as_ref() == Some(serial));
                found.ok_or_else(|| Error::Unknown(target.clone()))?.reference
            }
        };
        let (_hold, mut order) = self.take(reference)?;
        if matches!(order.state, State::Revoked | State::Published) {
            return Ok(Outcome::of(order, Changed::No));
        }
        if order.serial.is_none() {
            order = self.follow(order)?.order;
        }
        let not_now = Error::NotIn { reference, state: order.state, wish: "revoked" };
        let Some(serial) = order.serial.clone() else {
            return Err(not_now);
        };
        let kept;
        let code = match code {
            Some(code) => code,
            None => {
                kept = self.kept_code(&order)?.ok_or(Error::CodeNeeded(reference))?;
                &kept
            }
        };
        let before = before_revocation(&order);
        order.reason = Some(reason);
        self.step(&mut order, Event::RevocationLeaves, Some(serial.to_string()))?;
        match self.port.revoke(&serial, &Revocation { code, reason }) {
            Ok(Reply::ByHand(instructions)) => {
                Ok(Outcome::by_hand(order, Changed::Yes, instructions))
            }
            Ok(Reply::Done(issued)) if issued.status == CertificateStatus::Revoque => {
                order.revoked_at = issued.revoked_at;
                self.step(&mut order, Event::RevocationSaid, None)?;
                Ok(Outcome::of(order, Changed::Yes))
            }
            // It was accepted; a later `track` says when it is so.
            Ok(Reply::Done(_)) => Ok(Outcome::of(order, Changed::Yes)),
            Err(PortError::Refused { refusal: Refusal::AlreadyRevoked(at), .. }) => {
                order.revoked_at = at;
                self.step(&mut order, Event::RevocationSaid, None)?;
                Ok(Outcome::of(order, Changed::No))
            }
            Err(error) => {
                if let PortError::Refused { code, .. } = &error {
                    order.reason = None;
                    let event = Event::RevocationRefused(before);
                    self.step(&mut order, event, Some(code.clone()))?;
                }
                Err(error.into())
            }
        }
    }
}

/// The state to which an order goes back when its revocation is refused. After an interruption it is told by what is there.
fn before_revocation(order: &Order) -> State {
    match order.state {
        State::Revoking if order.certificate.is_none() => State::Lost,
        State::Revoking if order.refusal.is_some() => State::Mismatched,
        State::Revoking => State::Collected,
        state => state,
    }
}
