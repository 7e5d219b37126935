//! Which card of those in the readers of the PC/SC service: only a CPx is a candidate, and no other card is spoken to.

use super::{answers_to, no_match};
use crate::card::known::{Recognised, recognise};
use crate::card::{Card, Error as CardError};
use crate::cli::args::Choice;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::transport::Error as TransportError;
use crate::transport::pcsc::{PcscCard, Reader, Slot, readers};

/// The card the arguments choose, connected.
pub(super) fn card(choice: &Choice, context: &Context) -> Result<Card, Failure> {
    let all = readers(context.patience())?;
    if all.is_empty() {
        return Err(TransportError::NoReader.into());
    }
    let considered = match choice.reader.as_ref().or(context.config.reader.value.as_ref()) {
        Some(name) => vec![by_name(&all, name)?],
        None => all.iter().collect(),
    };
    let mut candidates = Vec::new();
    let mut others = Vec::new();
    for reader in &considered {
        let Slot::Card { atr, .. } = &reader.slot else { continue };
        match recognise(atr) {
            Recognised::Model(_) => candidates.push(*reader),
            Recognised::Other(other) => {
                others.push(CardError::NotCpx { atr: atr.clone(), other });
            }
        }
    }
    match (&choice.card, candidates.as_slice()) {
        (_, []) => Err(others.pop().map_or_else(|| empty(&considered), Failure::from)),
        (Some(wanted), candidates) => answering(candidates, wanted, context),
        (None, [reader]) => connect(reader, context),
        (None, several) => Err(ambiguous(several)),
    }
}

fn connect(reader: &Reader, context: &Context) -> Result<Card, Failure> {
    let card = PcscCard::connect(&reader.name, context.patience())?;
    Ok(Card::open(Box::new(card))?)
}

/// The one candidate that answers to this identifier.
fn answering(candidates: &[&Reader], wanted: &str, context: &Context) -> Result<Card, Failure> {
    let mut matching = Vec::new();
    let mut failed = None;
    for reader in candidates {
        let answer = connect(reader, context).and_then(|mut card| {
            let answers = answers_to(&mut card, wanted)?;
            Ok(answers.then_some(card))
        });
        match answer {
            Ok(Some(card)) => matching.push((card, *reader)),
            Ok(None) => {}
            // Perhaps the one that is meant; said only if no other is.
            Err(failure) => failed = Some(failure),
        }
    }
    match (matching.pop(), matching.is_empty()) {
        (Some((card, _)), true) => Ok(card),
        (Some((_, last)), false) => {
            let mut readers: Vec<&Reader> = matching.iter().map(|(_, reader)| *reader).collect();
            readers.push(last);
            Err(ambiguous(&readers))
        }
        (None, _) => Err(failed.unwrap_or_else(|| no_match(wanted))),
    }
}

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

fn ambiguous(several: &[&Reader]) -> Failure {
    let each: Vec<String> = several
        .iter()
        .map(|reader| {
            let generation = match &reader.slot {
                Slot::Card { atr, .. } => match recognise(atr) {
                    Recognised::Model(model) => model.generation.to_string(),
                    Recognised::Other(other) => other.to_string(),
                },
                _ => "card".to_owned(),
            };
            format!("{generation} in reader `{}`", reader.name)
        })
        .collect();
    Failure::new("card.ambiguous", Exit::Usage, format!("several cards: {}", each.join("; ")))
        .hint("choose one with `--reader NAME` or `--card ID`")
}
