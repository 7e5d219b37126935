//! What is done with a card, recorded in the file of `--trace`: the file is made ready before an act, and what the act gave
//! is handed out only when its trace is on disk. Without `--trace` nothing is done or asked of the card for it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use etcetera::BaseStrategy;
use jiff::Timestamp;

use super::context::now;
use super::exit::Exit;
use super::failure::Failure;
use super::output::Printer;
use crate::card::{Card, Error as CardError, Parts, Session, Situation, Unlocked, Wanted};
use crate::cli::args::PinArgs;
use crate::cli::pin::Given;
use crate::id::CardNumber;
use crate::trace::{Act, Action, Activity, Actor, Fate, Heads, Journal, Kept, Nature, Object};
use crate::transport;
use crate::x509::{Certificate, IssuedBy};

/// Where the acts of this run go.
#[derive(Debug)]
pub(super) struct Acts {
    journal: Option<Journal>,
    printer: Printer,
    /// That the head cannot be kept is said once.
    said: AtomicBool,
}

/// What is known of an act while it is done.
#[derive(Debug)]
pub(super) struct Record {
    kept: Keeping,
    who: Option<Who>,
    activity: Option<Activity>,
    /// With or to what: facts, never content.
    pub(super) object: Object,
    /// PINs presented on the way, and what became of them.
    pins: Vec<Fate>,
}

/// Whose card, and whether it is a real one.
#[derive(Clone, Debug, Default)]
pub(super) struct Who {
    actor: Actor,
    nature: Nature,
}

/// How an act ended, and the code of the error that ended it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending {
    fate: Fate,
    code: Option<&'static str>,
}

/// Whether what is noted is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Keeping {
    No,
    Yes,
}

impl Acts {
    /// For this run, into this file; `heads` is where its heads are kept.
    pub(super) fn new(
        path: Option<PathBuf>,
        heads: Option<Heads>,
        printer: Printer,
    ) -> Result<Self, Failure> {
        let journal = path.map(|path| Journal::new(path, heads)).transpose()?;
        Ok(Self { journal, ..Self::none(printer) })
    }

    /// Records nothing.
    pub(super) fn none(printer: Printer) -> Self {
        Self { journal: None, printer, said: AtomicBool::new(false) }
    }

    /// Does something with a card and records it. What `work` gives is withheld when it cannot be recorded. An act in
    /// which no card was met (see [`Record::with`]) leaves no trace. `work` must not begin another act.
    pub(super) fn act<T>(
        &self,
        action: Action,
        work: impl FnOnce(&mut Record) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.record(action, work, Ending::of)?
    }

    /// As [`act`](Self::act), for work with errors of its own; the outer failure is that of recording.
    pub(super) fn record<T, E>(
        &self,
        action: Action,
        work: impl FnOnce(&mut Record) -> Result<T, E>,
        ending: impl FnOnce(&E) -> Ending,
    ) -> Result<Result<T, E>, Failure> {
        let pending = self.journal.as_ref().map(Journal::begin).transpose()?;
        let mut record = Record {
            kept: if pending.is_some() { Keeping::Yes } else { Keeping::No },
            who: None,
            activity: None,
            object: Object::default(),
            pins: Vec::new(),
        };
        let outcome = work(&mut record);
        if let Some(pending) = pending {
            let ending = match &outcome {
                Ok(_) => Ending { fate: Fate::Done, code: None },
                Err(error) => ending(error),
            };
            let acts = record.acts(action, ending);
            if !acts.is_empty() {
                self.say(&pending.record(instant(), &acts)?);
            }
        }
        Ok(outcome)
    }

    /// Whose card this is, for acts that are done later; nothing is read when nothing is recorded.
    pub(super) fn who(&self, card: &mut Card) -> Who {
        match self.journal {
            Some(_) => Who::of(card),
            None => Who::default(),
        }
    }

    /// Ends the traces of this run. What the run gave is withheld when that fails.
    pub(super) fn close(&self) -> Result<(), Failure> {
        if let Some(kept) =
            self.journal.as_ref().map(|journal| journal.close(instant())).transpose()?
        {
            kept.iter().for_each(|kept| self.say(kept));
        }
        Ok(())
    }

    fn say(&self, kept: &Kept) {
        let Kept::Not(cause) = kept else { return };
        if !self.said.swap(true, Ordering::Relaxed) {
            let why = cause.as_ref().map_or("no folder for it".to_owned(), ToString::to_string);
            self.printer.remark(&format!(
                "warning: the head of the traces is not kept on this machine ({why}): keep what `cpskit trace verify` prints, or a cut of the file will not show"
            ));
        }
    }
}

impl Record {
    /// The card it is done with, and whose it is, as far as the card tells.
    pub(super) fn with(&mut self, card: &mut Card) {
        if self.kept == Keeping::Yes {
            self.who = Some(Who::of(card));
        }
    }

    /// The certificate of the key that is used: one of the emulation authority makes the act an emulated one.
    pub(super) fn certified(&mut self, certificate: &Certificate) {
        if let Some(who) = &mut self.who
            && certificate.issued_by() == IssuedBy::Emulation
        {
            who.nature = Nature::Emulated;
        }
    }

    /// As [`with`](Self::with), for a card that was read before.
    pub(super) fn by(&mut self, who: Who) {
        self.who = Some(who);
    }

    /// Nothing was done after all: what was asked for first did not suffice, and is asked for again.
    pub(super) fn forget(&mut self) {
        self.who = None;
    }

    /// The situation d'exercice it is done under.
    pub(super) fn under(&mut self, situation: &Situation) {
        self.activity = Some(Activity {
            number: situation.number,
            structure_id: situation.activity.structure_id.clone(),
            structure_name: situation.activity.structure_name.clone(),
        });
    }

    /// Presents the PIN, which is an act of its own.
    pub(super) fn unlock<'s, 'c>(
        &mut self,
        session: &'s mut Session<'c>,
        given: &Given,
        args: &PinArgs,
    ) -> Result<Unlocked<'s, 'c>, CardError> {
        let unlocked = session.unlock(given.source(), args.last_try());
        match &unlocked {
            Ok(_) => self.pins.push(Fate::Done),
            // Another program's reset: the session begins anew, and presents it again.
            Err(CardError::Transport(_)) => self.pins.push(Fate::Failed),
            Err(_) => self.pins.push(Fate::Refused),
        }
        unlocked
    }

    /// The acts, in their order.
    fn acts(self, action: Action, ending: Ending) -> Vec<Act> {
        let Some(who) = self.who else { return Vec::new() };
        let act = |action, object, fate, code: Option<&str>| Act {
            nature: who.nature,
            actor: who.actor.clone(),
            activity: self.activity.clone(),
            action,
            object,
            fate,
            code: code.map(str::to_owned),
        };
        let mut acts: Vec<Act> = self
            .pins
            .iter()
            .map(|fate| {
                let code = if *fate == Fate::Done { None } else { ending.code };
                act(Action::CardPinVerify, Object::default(), *fate, code)
            })
            .collect();
        acts.push(act(action, self.object.clone(), ending.fate, ending.code));
        acts
    }
}

impl Who {
    /// As far as the card tells. What cannot be read is absent; that the card fails is for the act itself to say.
    fn of(card: &mut Card) -> Self {
        let parts = Parts { card: Wanted::Yes, holder: Wanted::Yes, ..Parts::default() };
        let identity = card.session(|session| session.identity(parts)).unwrap_or_default();
        Self {
            actor: Actor {
                national_id: identity.national_id(),
                card_number: identity.number().and_then(|number| CardNumber::parse(&number).ok()),
                chip_serial: identity.serial.map(|found| found.serial),
            },
            nature: match card.nature() {
                transport::Nature::Emulated => Nature::Emulated,
                _ => Nature::Real,
            },
        }
    }
}

impl Ending {
    /// Who said no: card and guard refuse, everything else fails.
    pub(super) fn of(failure: &Failure) -> Self {
        let fate = match failure.exit {
            Exit::PinBlocked | Exit::PinRefused | Exit::Usage => Fate::Refused,
            _ if failure.code == "card.refused" => Fate::Refused,
            _ => Fate::Failed,
        };
        Self { fate, code: Some(failure.code) }
    }
}

/// To the millisecond, which is all that a clock of a workstation is worth.
fn instant() -> Timestamp {
    let now = now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// Where the heads of files of traces are kept: `cpskit/trace` in the folder of the system for what programs remember.
pub(super) fn heads() -> Option<Heads> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    let folder = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
    Some(Heads::new(folder.join("cpskit").join("trace")))
}
