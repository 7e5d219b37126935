//! `cpskit card pin status`: tries left, none spent.

use serde::Serialize;

use super::{is_emulated, label};
use crate::card::{Error, PinName, PinStatus, Tries};
use crate::cli::args::Choice;
use crate::cli::args::use_card::{CardPinChange, CardPinUnblock};
use crate::cli::choose;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::cli::output::json::Exchanges;
use crate::cli::output::text::{Facts, count};
use crate::trace::Action;

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    emulated: bool,
    reader: String,
    pin: Pin,
    /// `null` when the card does not say.
    unblocking: Option<Pin>,
    exchanges: Exchanges,
}

#[derive(Serialize)]
struct Pin {
    tries_left: Option<u8>,
    tries_max: Option<u8>,
    uses_left: Option<u16>,
    blocked: bool,
}

impl From<PinStatus> for Pin {
    fn from(status: PinStatus) -> Self {
        Self {
            tries_left: status.tries.left(),
            tries_max: status.max,
            uses_left: status.uses_left,
            blocked: status.tries == Tries::Blocked,
        }
    }
}

pub(super) fn status(choice: &Choice, context: &Context) -> Result<Outcome, Failure> {
    let (card, user, unblocking) = context.acts.act(Action::CardPinStatus, |record| {
        let mut card = choose::card(choice, context)?;
        record.with(&mut card);
        let (user, unblocking) = card.session(|session| {
            let user = session.pin_status(PinName::User)?;
            match session.pin_status(PinName::Unblocking) {
                Ok(unblocking) => Ok((user, Some(unblocking))),
                Err(Error::PinCounterUnreadable { .. }) => Ok((user, None)),
                Err(error) => Err(error),
            }
        })?;
        Ok((card, user, unblocking))
    })?;
    let emulated = is_emulated(&card, &[]);
    let mut facts = Facts::default();
    facts
        .add("PIN (code porteur)", Some(words(&user)))
        .add("unblocking code (code de déblocage)", unblocking.as_ref().map(words));
    let document = Document {
        schema: "cpskit.card.pin.status/1",
        emulated,
        reader: card.reader().to_owned(),
        pin: user.into(),
        unblocking: unblocking.map(Pin::from),
        exchanges: card.exchanges().into(),
    };
    Ok(Outcome::new(facts.render(), &document).labelled(label(emulated)))
}

/// `2 tries left of 3`.
pub(super) fn words(status: &PinStatus) -> String {
    let mut text = match status.tries {
        Tries::Blocked => "blocked".to_owned(),
        Tries::Left(left) => format!("{} left", count(left.into(), "try", "tries")),
        Tries::Open => "verified by another program; the card does not count".to_owned(),
    };
    if let (Some(max), Tries::Left(_)) = (status.max, status.tries) {
        text.push_str(&format!(" of {max}"));
    }
    if let Some(uses) = status.uses_left {
        text.push_str(&format!(", {} left in its life", count(uses.into(), "use", "uses")));
    }
    text
}

/// `card pin change`.
pub(super) fn change(_args: &CardPinChange, _context: &Context) -> Result<Outcome, Failure> {
    Err(Failure::defect())
}

/// `card pin unblock`.
pub(super) fn unblock(_args: &CardPinUnblock, _context: &Context) -> Result<Outcome, Failure> {
    Err(Failure::defect())
}
