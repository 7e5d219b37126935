//! `cpskit card data read|write`: data objects as bytes. What is replaced is shown first, and can be kept.

use std::path::Path;

use serde::Serialize;

use super::{is_emulated, label, obtain_pin};
use crate::card::{Card, Error as CardError, File};
use crate::cli::args::PinArgs;
use crate::cli::args::use_card::{CardData, CardDataRead, CardDataWrite};
use crate::cli::choose;
use crate::cli::context::Context;
use crate::cli::delivery::{self, Delivery, Privacy};
use crate::cli::failure::Failure;
use crate::cli::inputs;
use crate::cli::output::Outcome;
use crate::cli::output::json::{Exchanges, hex};
use crate::cli::output::text::count;
use crate::cli::pin::Given;
use crate::cli::sha256;
use crate::trace::Action;

/// `cpskit.card.data.read/1`.
#[derive(Serialize)]
struct ReadDocument<'a> {
    schema: &'static str,
    emulated: bool,
    reader: &'a str,
    object: &'a str,
    length: usize,
    content: String,
    out: Option<&'a Path>,
    exchanges: Exchanges,
}

/// `cpskit.card.data.write/1`.
#[derive(Serialize)]
struct WriteDocument<'a> {
    schema: &'static str,
    emulated: bool,
    reader: &'a str,
    object: &'a str,
    changed: bool,
    length: usize,
    size: usize,
    /// SHA-256 of what was there.
    replaced: String,
    backup: Option<&'a Path>,
    exchanges: Exchanges,
}

pub(super) fn run(data: &CardData, context: &Context) -> Result<Outcome, Failure> {
    match data {
        CardData::Read(args) => read(args, context),
        CardData::Write(args) => write(args, context),
    }
}

fn read(args: &CardDataRead, context: &Context) -> Result<Outcome, Failure> {
    let out = Delivery::of(args.out.as_deref(), "a data object", context)?;
    let mut card = choose::card(&args.choice, context)?;
    let pin = args.pin.given()?.map(Given::Typed);
    let (content, _) = content(&mut card, &args.object, &args.pin, pin, context)?;
    out.write(&content, Privacy::Owner)?;
    let emulated = is_emulated(&card, &[]);
    let document = ReadDocument {
        schema: "cpskit.card.data.read/1",
        emulated,
        reader: card.reader(),
        object: &args.object,
        length: content.len(),
        content: hex(&content),
        out: out.file(),
        exchanges: card.exchanges().into(),
    };
    let outcome = Outcome::new(String::new(), &document).labelled(label(emulated));
    Ok(match out {
        Delivery::Output => outcome.bytes(content),
        Delivery::Document | Delivery::File(_) => outcome,
    })
}

fn write(args: &CardDataWrite, context: &Context) -> Result<Outcome, Failure> {
    let new = inputs::bytes(&args.file)?;
    let mut card = choose::card(&args.choice, context)?;
    let pin = obtain_pin(&mut card, &args.pin, context)?;
    let object = args.object.as_str();
    let (old, pin) = content(&mut card, object, &args.pin, Some(pin), context)?;
    let pin = pin.ok_or_else(Failure::pin_needed)?;
    if new.len() > old.len() {
        let file = File::Object(object.to_owned());
        return Err(CardError::TooLong { file, size: old.len(), length: new.len() }.into());
    }
    let is_same = old.starts_with(&new) && old[new.len()..].iter().all(|byte| *byte == 0);
    if !is_same && !args.yes {
        let question = format!(
            "{object} of this card holds {}; replace all of it with {}?",
            shown(&old),
            shown(&new)
        );
        if !context.confirms(&question, "--yes")? {
            return Err(Failure::arguments("not confirmed: nothing was written"));
        }
    }
    if let Some(path) = &args.backup {
        let written = delivery::write(path, &old, Privacy::Owner);
        written.map_err(|error| Failure::input(path, &error))?;
    }
    if !is_same {
        context.acts.act(Action::CardDataWrite, |record| {
            record.with(&mut card);
            record.object.label = Some(object.to_owned());
            Ok(card.session(|session| {
                record.unlock(session, &pin, &args.pin)?.write_object(object, &new)
            })?)
        })?;
    }
    let emulated = is_emulated(&card, &[]);
    let document = WriteDocument {
        schema: "cpskit.card.data.write/1",
        emulated,
        reader: card.reader(),
        object,
        changed: !is_same,
        length: new.len(),
        size: old.len(),
        replaced: hex(&sha256(&old)),
        backup: args.backup.as_deref(),
        exchanges: card.exchanges().into(),
    };
    let text = match is_same {
        true => format!("{object} holds that already"),
        false => format!("{object} was written: {} of {}", new.len(), bytes(old.len())),
    };
    let forgets = args.choice.emulated.as_ref().map(|_| super::FORGETS.to_owned());
    Ok(Outcome::new(text, &document).remarks(forgets).labelled(label(emulated)))
}

/// The bytes of an object; the PIN is presented where the object asks for it, or where one was given.
fn content(
    card: &mut Card,
    object: &str,
    args: &PinArgs,
    pin: Option<Given>,
    context: &Context,
) -> Result<(Vec<u8>, Option<Given>), Failure> {
    let mut pin = pin;
    if pin.is_none() {
        let open = context.acts.act(Action::CardDataRead, |record| {
            record.with(card);
            record.object.label = Some(object.to_owned());
            match card.session(|session| session.object(object)) {
                Err(CardError::PinNeeded { .. }) => {
                    record.forget();
                    Ok(None)
                }
                read => Ok(Some(read?)),
            }
        })?;
        if let Some(content) = open {
            return Ok((content, None));
        }
        pin = Some(obtain_pin(card, args, context)?);
    }
    let Some(given) = &pin else { return Err(Failure::pin_needed()) };
    let content = context.acts.act(Action::CardDataRead, |record| {
        record.with(card);
        record.object.label = Some(object.to_owned());
        Ok(card.session(|session| record.unlock(session, given, args)?.object(object))?)
    })?;
    Ok((content, pin))
}

/// How much of it there is before the zeros that fill it up, and how it begins.
fn shown(content: &[u8]) -> String {
    let filling = content.iter().rev().take_while(|byte| **byte == 0).count();
    let content = &content[..content.len() - filling];
    match content {
        [] => "nothing but zeros".to_owned(),
        _ => {
            let start = &content[..content.len().min(16)];
            let more = if start.len() < content.len() { "…" } else { "" };
            format!("{} ({}{more})", bytes(content.len()), hex(start))
        }
    }
}

fn bytes(number: usize) -> String {
    count(u64::try_from(number).unwrap_or(u64::MAX), "byte", "bytes")
}
