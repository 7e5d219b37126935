//! One action of a plan, done: ordered, and when the platform is ready retrieved in the same run.

use uuid::Uuid;

use crate::cli::desk::Desk;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::fleet::plan::{Action, Subject, What, Why};
use crate::fleet::{Fleet, KeyMaker, Wanted, files};
use crate::platform::habilitation::Habilitation;
use crate::platform::journal::{Order, State};
use crate::platform::lifecycle::{
    Again, Changed, KeyOrigin, NewOrder, Outcome, Retrieval, SecondPlace, Target,
};
use crate::platform::port::{Reason, Reply};
use crate::secret::Secret;

/// What actions are done with.
pub(super) struct Bench<'b> {
    fleet: &'b Fleet,
    desk: &'b Desk,
    /// Of keys that the platform makes.
    password: Option<&'b Secret<String>>,
    /// What the card may order, when the platform says.
    habilitations: Option<Vec<Habilitation>>,
}

/// What became of an action.
pub(super) struct Done {
    pub(super) fate: Fate,
    pub(super) changed: Changed,
    /// The order as it is now.
    pub(super) order: Option<Order>,
}

pub(super) enum Fate {
    /// Nothing was to be done, or nothing from here.
    Nothing,
    /// It is done.
    Done,
    /// The platform is not ready.
    Pending,
    /// Another machine has its key.
    HeldElsewhere(String),
    /// A person goes on: these are the steps.
    ByHand(Vec<String>),
    /// It failed; others go on.
    Failed(Box<Failure>),
}

impl Done {
    pub(super) fn nothing() -> Self {
        Self { fate: Fate::Nothing, changed: Changed::No, order: None }
    }

    pub(super) fn exit(&self) -> Exit {
        match &self.fate {
            Fate::Nothing | Fate::Done | Fate::ByHand(_) | Fate::HeldElsewhere(_) => Exit::Ok,
            Fate::Pending => Exit::Temporary,
            Fate::Failed(failure) => failure.exit,
        }
    }

    pub(super) fn files(&self) -> impl Iterator<Item = String> {
        let here = matches!(self.fate, Fate::Done) && self.changed == Changed::Yes;
        let order = self.order.as_ref().filter(|order| here && order.state == State::Collected);
        order
            .into_iter()
            .flat_map(|order| order.files.iter().map(|file| file.display().to_string()))
    }
}

impl<'b> Bench<'b> {
    /// Asks once what the card may order.
    pub(super) fn new(
        fleet: &'b Fleet,
        desk: &'b Desk,
        password: Option<&'b Secret<String>>,
    ) -> Result<Self, Failure> {
        let habilitations = match desk.port.habilitations()? {
            Reply::Done(all) => Some(all),
            Reply::ByHand(_) => None,
        };
        Ok(Self { fleet, desk, password, habilitations })
    }

    pub(super) fn perform(&self, action: &Action) -> Done {
        self.attempt(action).unwrap_or_else(|failure| Done {
            fate: Fate::Failed(Box::new(failure)),
            // What an earlier step did is in the journal, and the next run tells.
            changed: Changed::No,
            order: None,
        })
    }

    fn attempt(&self, action: &Action) -> Result<Done, Failure> {
        let lifecycle = self.desk.lifecycle();
        match (&action.what, self.wanted(action)) {
            (What::Order, Some(wanted)) => self.order(wanted, Again::Enough),
            (What::Renew { successor, .. }, Some(wanted)) => {
                self.order(wanted, Again::Reference(*successor))
            }
            (What::Resume(reference), Some(wanted)) => {
                self.order(wanted, Again::Reference(*reference))
            }
            (What::Wait(reference) | What::Retrieve(reference), Some(wanted)) => {
                self.retrieve(wanted, *reference, Changed::No)
            }
            (What::Repair(reference), _) => {
                let order = self.desk.shelf.journal.order(*reference)?;
                if let Some(order) = &order {
                    files::repair(order).map_err(|error| {
                        let file = order.files.last().cloned().unwrap_or_default();
                        Failure::input(&file, &error)
                    })?;
                }
                Ok(Done { fate: Fate::Done, changed: Changed::Yes, order })
            }
            (What::Revoke(reference, why), _) => {
                let kept = self.desk.shelf.journal.order(*reference)?;
                let begun = kept.and_then(|order| order.reason);
                let reason = match why {
                    Why::Pruned => Reason::Ceased,
                    Why::Superseded => Reason::Superseded,
                    Why::Begun => begun.unwrap_or(Reason::Other),
                };
                let done = lifecycle.revoke(&Target::Reference(*reference), reason, None)?;
                Ok(Done::of(done))
            }
            _ => Ok(Done::nothing()),
        }
    }

    fn wanted(&self, action: &Action) -> Option<&'b Wanted> {
        let Subject::Certificate(name) = &action.subject else { return None };
        self.fleet.certificates.iter().find(|wanted| wanted.name == *name)
    }

    fn order(&self, wanted: &Wanted, again: Again) -> Result<Done, Failure> {
        let profile = self.profile(wanted)?;
        let key = match (wanted.key, self.password) {
            (KeyMaker::Local, _) => KeyOrigin::Local { password: None },
            (KeyMaker::Platform, Some(password)) => KeyOrigin::Platform { password },
            (KeyMaker::Platform, None) => return Err(password_needed()),
        };
        let done = self.desk.lifecycle().order(&NewOrder {
            want: &wanted.want,
            profile: profile.as_deref(),
            card: self.desk.client.as_ref().and_then(|client| client.card.as_deref()),
            fleet: Some(&self.fleet.name),
            contact: wanted.contact.as_deref(),
            key,
            again,
        })?;
        if done.by_hand.is_some() {
            self.desk.shelf.hand_out(&done.order)?;
        }
        let machine = done.order.key.machine();
        if machine.id != self.desk.shelf.machine.id {
            // Another runner was first.
            let fate = Fate::HeldElsewhere(machine.name.clone());
            return Ok(Done { fate, changed: done.changed, order: Some(done.order) });
        }
        match done.order.state {
            State::Ready | State::Finalising | State::Finalised | State::Downloading
                if done.by_hand.is_none() && wanted.acceptance.is_some() =>
            {
                self.retrieve(wanted, done.order.reference, done.changed)
            }
            _ => Ok(Done::of(done)),
        }
    }

    fn retrieve(&self, wanted: &Wanted, reference: Uuid, before: Changed) -> Result<Done, Failure> {
        let Some(acceptance) = &wanted.acceptance else {
            return Err(Failure::new(
                "fleet.acceptance",
                Exit::Usage,
                "nobody has accepted the CGU, and the certificate with its PC",
            )
            .hint("write who accepted which versions under `[acceptance]` of the fleet file"));
        };
        let name = self.file_name(wanted, reference)?;
        let done = self.desk.lifecycle().retrieve(
            reference,
            &Retrieval {
                acceptance,
                code: None,
                password: self.password,
                out: Some(wanted.out.clone()),
                name: Some(&name),
                second: SecondPlace::Refused,
                judge: &self.desk.judge,
            },
        )?;
        let mut done = Done::of(done);
        if before == Changed::Yes {
            done.changed = before;
        }
        Ok(done)
    }

    /// The name in the file for the first certificate; one that comes later stands beside it, since the first may be in use,
    /// and has the beginning of its reference in its name.
    fn file_name(&self, wanted: &Wanted, reference: Uuid) -> Result<String, Failure> {
        let folder = std::path::absolute(&wanted.out).unwrap_or_else(|_| wanted.out.clone());
        let orders = self.desk.shelf.journal.orders()?;
        let plain = [".key.pem", ".p12"].map(|end| folder.join(format!("{}{end}", wanted.name)));
        let first = orders.iter().all(|order| {
            order.reference == reference || !order.files.iter().any(|file| plain.contains(file))
        });
        let short = &reference.simple().to_string()[..8];
        Ok(if first { wanted.name.clone() } else { format!("{}-{short}", wanted.name) })
    }

    /// The habilitation to order under, when the platform's are known.
    fn profile(&self, wanted: &Wanted) -> Result<Option<String>, Failure> {
        match &self.habilitations {
            None => Ok(wanted.profile.clone()),
            Some(all) => {
                let chosen = Habilitation::choose(all, wanted.profile.as_deref(), &wanted.want)?;
                Ok(Some(chosen.profile.clone()))
            }
        }
    }
}

impl Done {
    fn of(done: Outcome) -> Self {
        let fate = match (done.by_hand, done.order.state) {
            (Some(instructions), _) => {
                let mut steps = instructions.steps;
                steps.push(instructions.then);
                Fate::ByHand(steps)
            }
            (None, State::Collected | State::Revoked | State::Published) => Fate::Done,
            (None, State::Ready) => Fate::Failed(Box::new(
                Failure::new(
                    "fleet.acceptance",
                    Exit::Usage,
                    "it is ordered, and nobody has accepted the CGU, and the certificate with its PC",
                )
                .hint("write who accepted which versions under `[acceptance]` of the fleet file"),
            )),
            (None, State::Refused) => Fate::Failed(Box::new(Failure::new(
                "platform.refused",
                Exit::Platform,
                format!("the platform refuses: {}", refusal(&done.order)),
            ))),
            (None, State::Mismatched) => Fate::Failed(Box::new(Failure::new(
                "platform.mismatch",
                Exit::Negative,
                format!("the certificate is refused: {}", refusal(&done.order)),
            ))),
            (None, State::Lost) => Fate::Failed(Box::new(Failure::new(
                "platform.lost",
                Exit::Platform,
                "its PKCS#12 did not arrive, and is given once: its key cannot be won back",
            ))),
            (None, _) => Fate::Pending,
        };
        Self { fate, changed: done.changed, order: Some(done.order) }
    }
}

fn refusal(order: &Order) -> &str {
    order.refusal.as_deref().unwrap_or("it does not say why")
}

fn password_needed() -> Failure {
    Failure::new(
        "platform.password.needed",
        Exit::Usage,
        "a key that the platform makes is protected by a password of yours",
    )
    .hint("give it with `--password-env VAR`, `--password-file FILE` or `--password-fd N`")
}
