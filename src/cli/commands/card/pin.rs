//! `cpskit card pin …`: the tries left, none spent; another PIN; a new one with the code de déblocage.

use serde::Serialize;

use super::{FORGETS, is_emulated, label};
use crate::card::{Card, Error, LastTry, PinName, PinStatus, Tries};
use crate::cli::args::use_card::{CardPinChange, CardPinUnblock, UnblockCodeArgs};
use crate::cli::args::{Choice, PinArgs};
use crate::cli::choose;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::cli::output::json::Exchanges;
use crate::cli::output::text::{Facts, count};
use crate::cli::pin::{Given, Keypad};
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

/// `cpskit.card.pin.change/1`, `cpskit.card.pin.unblock/1`.
#[derive(Serialize)]
struct Changed<'a> {
    schema: &'static str,
    emulated: bool,
    reader: &'a str,
    changed: bool,
    exchanges: Exchanges,
}

pub(super) fn change(args: &CardPinChange, context: &Context) -> Result<Outcome, Failure> {
    let mut card = choose::card(&args.choice, context)?;
    let old = match args.pin.given()? {
        Some(pin) => pin,
        None => {
            not_blocked(&mut card, PinName::User, context)?;
            match PinArgs::ask(context, Keypad::Absent)? {
                Given::Typed(pin) => pin,
                Given::Keypad => return Err(Failure::pin_needed()),
            }
        }
    };
    let new = args.new_pin.obtain(context)?;
    if new.digits() == old.digits() {
        let message = "the new PIN is the old one";
        return Err(Failure::new("card.pin.same", Exit::Usage, message)
            .hint("nothing was changed, and no try was spent"));
    }
    context.acts.act(Action::CardPinChange, |record| {
        record.with(&mut card);
        Ok(card.session(|session| session.change_pin(&old, &new, args.pin.last_try()))?)
    })?;
    Ok(changed("cpskit.card.pin.change/1", "the PIN was changed", &card, &args.choice))
}

pub(super) fn unblock(args: &CardPinUnblock, context: &Context) -> Result<Outcome, Failure> {
    let mut card = choose::card(&args.choice, context)?;
    let code = match args.code.given()? {
        Some(code) => code,
        None => {
            not_blocked(&mut card, PinName::Unblocking, context)?;
            UnblockCodeArgs::ask(context)?
        }
    };
    let new = args.new_pin.obtain(context)?;
    let last_try = if args.allow_last_try { LastTry::Spend } else { LastTry::Keep };
    context.acts.act(Action::CardPinUnblock, |record| {
        record.with(&mut card);
        Ok(card.session(|session| session.unblock_pin(&code, &new, last_try))?)
    })?;
    let text = "the PIN was unblocked, and is the new one";
    Ok(changed("cpskit.card.pin.unblock/1", text, &card, &args.choice))
}

/// Before anyone is asked: a code that is blocked, or that the card does not have, is not needed.
fn not_blocked(card: &mut Card, pin: PinName, context: &Context) -> Result<(), Failure> {
    let keypad = card.session(|session| {
        match session.pin_status(pin) {
            Ok(PinStatus { tries: Tries::Blocked, .. }) => return Err(Error::PinBlocked { pin }),
            Err(error @ Error::NoPin(_)) => return Err(error),
            _ => {}
        }
        session.has_keypad()
    })?;
    if keypad {
        context
            .printer
            .remark("the reader's keypad is not used here: it verifies PINs, and changes none");
    }
    Ok(())
}

fn changed(schema: &'static str, text: &str, card: &Card, choice: &Choice) -> Outcome {
    let emulated = is_emulated(card, &[]);
    let reader = card.reader();
    let document =
        Changed { schema, emulated, reader, changed: true, exchanges: card.exchanges().into() };
    let forgets = choice.emulated.as_ref().map(|_| FORGETS.to_owned());
    Outcome::new(text.to_owned(), &document).remarks(forgets).labelled(label(emulated))
}
