//! Ordering: entered once, the key on disk, then sent until an answer is here.

use uuid::Uuid;

use super::super::journal::{Entered, Event, Key, MadeKey, Order, State};
use super::super::key::LocalKey;
use super::super::port::{Demand, Filter, KeyDemand, PortError, Progress, Reply};
use super::{Again, Changed, Error, Held, KeyOrigin, Lifecycle, NewOrder, Outcome};
use crate::secret::Secret;

impl Lifecycle<'_> {
    /// Orders, or goes on with an order that was begun: with the same reference, key and request. One that is held on another
    /// machine is handed back as it is.
    ///
    /// # Errors
    /// [`Error`], as of every verb. What the platform refuses is [`State::Refused`] in the journal too.
    pub fn order(&self, new: &NewOrder<'_>) -> Result<Outcome, Error> {
        let (entered, order) = self.entered(new)?;
        if self.held(&order) == Held::Elsewhere {
            return Ok(Outcome::of(order, entered));
        }
        let (_hold, mut order) = self.take(order.reference)?;
        let changed = match order.state {
            State::Prepared | State::Sending => Changed::Yes,
            _ => return Ok(Outcome::of(order, entered)),
        };
        if order.state == State::Prepared {
            self.make_key(&mut order, new)?;
        } else if let Some(progress) = self.find(order.reference)? {
            self.told(&mut order, &progress)?;
            let retry_after = progress.retry_after;
            return Ok(Outcome { retry_after, ..Outcome::of(order, changed) });
        }
        self.send(order, new)
    }

    /// The order that stands for what is wanted, entered now unless it was before.
    fn entered(&self, new: &NewOrder<'_>) -> Result<(Changed, Order), Error> {
        let prepared = self.prepared(new);
        if new.again == Again::New
            && let Some(begun) = self.begun(&prepared)?
        {
            return Ok((Changed::No, begun));
        }
        match self.journal.enter(&prepared)? {
            Entered::New => Ok((Changed::Yes, prepared)),
            Entered::Already(order) => {
                let other = order.identity() != prepared.identity();
                // Only the reference can be what they have in common.
                if other {
                    Err(Error::OtherOrder(order.reference))
                } else {
                    Ok((Changed::No, *order))
                }
            }
        }
    }

    /// A second order that was begun here and has no answer yet: the same command run again goes on with it.
    fn begun(&self, prepared: &Order) -> Result<Option<Order>, Error> {
        let alike = |order: &Order| {
            order.forced && order.state <= State::Sending && order.identity() == prepared.identity()
        };
        let orders = self.journal.orders()?;
        Ok(orders.into_iter().find(|order| alike(order) && self.held(order) == Held::Here))
    }

    fn prepared(&self, new: &NewOrder<'_>) -> Order {
        let now = (self.clock)();
        let machine = self.here.clone();
        Order {
            reference: match new.again {
                Again::Reference(reference) => reference,
                Again::Enough | Again::New => Uuid::new_v4(),
            },
            binding: self.port.binding().to_owned(),
            endpoint: self.port.endpoint().to_owned(),
            emulated: self.emulated(),
            profile: new.profile.map(str::to_owned),
            card: new.card.map(str::to_owned),
            fleet: new.fleet.map(str::to_owned),
            contact: new.contact.map(str::to_owned),
            want: new.want.clone(),
            forced: new.again != Again::Enough,
            key: match new.key {
                KeyOrigin::Local { .. } => Key::Local { machine, made: None },
                KeyOrigin::Platform { .. } => Key::Platform { machine },
            },
            state: State::Prepared,
            demand: None,
            certificate: None,
            serial: None,
            files: Vec::new(),
            acceptance: None,
            reason: None,
            revoked_at: None,
            published_at: None,
            refusal: None,
            created: now,
            updated: now,
        }
    }

    /// Puts the key of an order on disk, and its request into the journal. A key that an earlier run left there is taken.
    fn make_key(&self, order: &mut Order, new: &NewOrder<'_>) -> Result<(), Error> {
        let Key::Local { made: made @ None, .. } = &mut order.key else {
            return Ok(());
        };
        let password = match new.key {
            KeyOrigin::Local { password } => password,
            KeyOrigin::Platform { .. } => None,
        };
        let file = self.vault.key_file(order.reference);
        let key = match self.vault.get(&file)? {
            Some(pem) => LocalKey::from_pem(pem.expose(), password)?,
            None => {
                let key = LocalKey::generate()?;
                self.vault.put(&file, key.to_pem(password)?.as_bytes())?;
                key
            }
        };
        *made = Some(MadeKey { hash: key.hash(), file, csr: key.csr(&order.want)? });
        self.step(order, Event::KeyMade, None)
    }

    /// The order on the platform, by our reference.
    pub(super) fn find(&self, reference: Uuid) -> Result<Option<Progress>, Error> {
        let filter = Filter { reference: Some(reference), ..Filter::default() };
        match self.port.search(&filter)? {
            Reply::Done(found) => {
                Ok(found.into_iter().find(|progress| progress.reference == Some(reference)))
            }
            // Whoever has to look is told so by the operation itself.
            Reply::ByHand(_) => Ok(None),
        }
    }

    /// Sends the order as the journal has it, which is the same each time.
    fn send(&self, mut order: Order, new: &NewOrder<'_>) -> Result<Outcome, Error> {
        let key = order.key.clone();
        let want = order.want.clone();
        let (profile, contact) = (order.profile.clone(), order.contact.clone());
        let demand = Demand {
            reference: order.reference,
            profile: profile.as_deref(),
            want: &want,
            key: key_demand(&key, &new.key).ok_or(Error::PasswordNeeded(order.reference))?,
            contact: contact.as_deref(),
        };
        self.step(&mut order, Event::RequestLeaves, None)?;
        match self.port.request(&demand) {
            Ok(Reply::Done(progress)) => {
                self.told(&mut order, &progress)?;
                let retry_after = progress.retry_after;
                Ok(Outcome { retry_after, ..Outcome::of(order, Changed::Yes) })
            }
            Ok(Reply::ByHand(instructions)) => {
                Ok(Outcome::by_hand(order, Changed::Yes, instructions))
            }
            Err(error) => {
                if let PortError::Refused { code, .. } = &error {
                    order.refusal = Some(error.to_string());
                    self.step(&mut order, Event::RequestRefused, Some(code.clone()))?;
                }
                Err(error.into())
            }
        }
    }
}

/// The key of a request; `None` where it takes a password that was not given.
fn key_demand<'d>(key: &'d Key, origin: &KeyOrigin<'d>) -> Option<KeyDemand<'d>> {
    match (key, origin) {
        (Key::Local { made, .. }, _) => Some(KeyDemand::Local { csr: &made.as_ref()?.csr }),
        (Key::Platform { .. }, KeyOrigin::Platform { password }) => {
            let password: &'d Secret<String> = password;
            Some(KeyDemand::Platform { password })
        }
        (Key::Platform { .. }, KeyOrigin::Local { .. }) => None,
    }
}
