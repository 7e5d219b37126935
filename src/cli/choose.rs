//! Which card: ambiguity stops, nothing is guessed.

use super::args::Choice;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::output::json::hex;
#[cfg(feature = "pcsc")]
use crate::card::Error as CardError;
use crate::card::{Card, Parts, Wanted};
use crate::emulate::{Persona, VirtualCard, VirtualReader, issue};
#[cfg(feature = "pcsc")]
use crate::transport::Error as TransportError;
#[cfg(feature = "pcsc")]
use crate::transport::pcsc::{PcscCard, Reader, Slot, readers};

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

#[cfg(feature = "pcsc")]
fn from_readers(choice: &Choice, context: &Context) -> Result<Card, Failure> {
    let patience = context.patience();
    let all = readers(patience)?;
    if all.is_empty() {
        return Err(TransportError::NoReader.into());
    }
    let named = choice.reader.as_ref().or(context.config.reader.value.as_ref());
    let considered = match named {
        Some(name) => vec![by_name(&all, name)?],
        None => all.iter().collect(),
    };
    let inserted: Vec<&Reader> = considered
        .iter()
        .copied()
        .filter(|reader| matches!(reader.slot, Slot::Card { .. }))
        .collect();
    if inserted.is_empty() {
        return Err(empty(&considered));
    }
    // A card that is not a CPx is left alone, and is no candidate beside one that is.
    let mut cpx = Vec::new();
    let mut refusals = Vec::new();
    for reader in &inserted {
        match PcscCard::connect(&reader.name, patience)
            .map_err(CardError::from)
            .and_then(|card| Card::open(Box::new(card)))
        {
            Ok(card) => cpx.push(card),
            Err(error) => refusals.push(error),
        }
    }
    if let Some(wanted) = &choice.card {
        let mut matching = Vec::new();
        for mut card in cpx {
            if answers_to(&mut card, wanted)? {
                matching.push(card);
            }
        }
        cpx = matching;
        if cpx.is_empty() {
            return Err(no_match(wanted));
        }
    }
    match (cpx.pop(), cpx.is_empty()) {
        (Some(card), true) => Ok(card),
        (Some(last), false) => {
            cpx.push(last);
            Err(several(&cpx))
        }
        (None, _) => Err(refusals.swap_remove(0).into()),
    }
}

#[cfg(feature = "pcsc")]
fn by_name<'a>(all: &'a [Reader], name: &str) -> Result<&'a Reader, Failure> {
    if let Some(exact) = all.iter().find(|reader| reader.name == name) {
        return Ok(exact);
    }
    let wanted = name.to_lowercase();
    let found: Vec<&Reader> =
        all.iter().filter(|reader| reader.name.to_lowercase().contains(&wanted)).collect();
    let names = |readers: &[&Reader]| {
        let names: Vec<String> =
            readers.iter().map(|reader| format!("`{}`", reader.name)).collect();
        names.join(", ")
    };
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(Failure::new(
            "card.reader.unknown",
            Exit::Usage,
            format!("no reader's name contains `{name}`"),
        )
        .hint(format!("the readers are: {}", names(&all.iter().collect::<Vec<_>>())))),
        several => Err(Failure::new(
            "card.reader.ambiguous",
            Exit::Usage,
            format!("`{name}` is part of several readers' names: {}", names(several)),
        )
        .hint("give more of the name")),
    }
}

#[cfg(feature = "pcsc")]
fn empty(considered: &[&Reader]) -> Failure {
    if let Some(mute) = considered.iter().find(|reader| reader.slot == Slot::Mute) {
        let message = format!("the card in reader `{}` does not answer", mute.name);
        return Failure::new("card.mute", Exit::Card, message).hint(
            "take it out, look that the chip is clean and on the right side, and put it in again",
        );
    }
    let names: Vec<String> = considered.iter().map(|reader| reader.name.clone()).collect();
    TransportError::NoCard { reader: names.join("`, `") }.into()
}

#[cfg(feature = "pcsc")]
fn several(cards: &[Card]) -> Failure {
    let each: Vec<String> = cards
        .iter()
        .map(|card| format!("{} in reader `{}`", card.model().generation, card.reader()))
        .collect();
    Failure::new("card.ambiguous", Exit::Usage, format!("several cards: {}", each.join("; ")))
        .hint("choose one with `--reader NAME` or `--card ID`")
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
