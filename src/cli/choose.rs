//! Which card: ambiguity stops, nothing is guessed.

#[cfg(feature = "pcsc")]
mod readers;

use super::args::Choice;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::output::json::hex;
use crate::card::{Card, Parts, Wanted};
use crate::emulate::{Persona, VirtualCard, VirtualReader, issue};

/// The card the arguments choose, connected and recognised.
pub(super) fn card(choice: &Choice, context: &Context) -> Result<Card, Failure> {
    if let Some(slug) = &choice.emulated {
        let mut card = emulated(slug)?;
        if let Some(wanted) = &choice.card
            && !answers_to(&mut card, wanted)?
        {
            return Err(no_match(wanted));
        }
        return Ok(card);
    }
    from_readers(choice, context)
}

/// The in-process virtual card of a persona.
pub(super) fn emulated(slug: &str) -> Result<Card, Failure> {
    let reader = VirtualReader::insert(issued(slug)?);
    Ok(Card::open(Box::new(reader))?)
}

/// The virtual card of a persona of ours.
pub(super) fn issued(slug: &str) -> Result<VirtualCard, Failure> {
    issue::builtin(slug).map_err(|error| {
        Failure::arguments(error.to_string())
            .hint(format!("the personas are: {}", Persona::list().join(", ")))
    })
}

#[cfg(feature = "pcsc")]
fn from_readers(choice: &Choice, context: &Context) -> Result<Card, Failure> {
    readers::card(choice, context)
}

#[cfg(not(feature = "pcsc"))]
fn from_readers(_: &Choice, _: &Context) -> Result<Card, Failure> {
    Err(without_pcsc())
}

/// This build has no reader access.
#[cfg(not(feature = "pcsc"))]
pub(super) fn without_pcsc() -> Failure {
    Failure::new(
        "card.service",
        Exit::Card,
        "this cpskit was built without reader access (feature `pcsc`)",
    )
    .hint("use `--emulated`, or a build with the feature `pcsc`")
}

fn no_match(wanted: &str) -> Failure {
    Failure::new("card.no_match", Exit::Usage, format!("no card answers to `{wanted}`"))
        .hint("`--card` takes a chip serial, a card number or a national identifier")
}

/// Whether this identifier is the card's chip serial, its number, or its holder's.
fn answers_to(card: &mut Card, wanted: &str) -> Result<bool, Failure> {
    let parts = Parts { card: Wanted::Yes, holder: Wanted::Yes, ..Parts::default() };
    let identity = card.session(|session| session.identity(parts))?;
    let serial = identity.serial.as_ref().map(|found| found.serial.to_string());
    let national_id = identity.national_id().map(|id| id.to_string());
    Ok([serial, identity.number(), national_id].into_iter().flatten().any(|id| id == wanted))
}

/// The ATR as the documents write it.
pub(super) fn atr(card: &Card) -> String {
    hex(card.atr())
}
