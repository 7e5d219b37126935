//! `cpskit card watch`: readers and cards as they come and go, one object a line. Nothing is sent to any card.

use jiff::Timestamp;
use serde::Serialize;

use crate::card::known::{Recognised, recognise};
use crate::cli::args::CardWatch;
use crate::cli::choose;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::json::hex;
use crate::cli::output::{Outcome, Stream};

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    emulated: bool,
    at: Timestamp,
    event: &'static str,
    reader: String,
    atr: Option<String>,
    generation: Option<String>,
    interface: Option<String>,
}

pub(super) fn run(args: &CardWatch, context: &Context) -> Result<Outcome, Failure> {
    match &args.emulated {
        Some(slug) => {
            let card = choose::emulated(slug)?;
            let tell = |event, atr| tell(context, card.reader(), true, event, atr);
            if tell("reader-added", None)? == Stream::Open {
                tell("card-inserted", Some(card.atr()))?;
            }
            Ok(Outcome::plain(String::new()))
        }
        None => readers(args.reader.as_deref(), context),
    }
}

#[cfg(not(feature = "pcsc"))]
fn readers(_: Option<&str>, _: &Context) -> Result<Outcome, Failure> {
    Err(choose::without_pcsc())
}

#[cfg(feature = "pcsc")]
fn readers(name: Option<&str>, context: &Context) -> Result<Outcome, Failure> {
    use std::time::Duration;

    use crate::transport::Nature;
    use crate::transport::pcsc::{EventKind, Watcher};

    let wanted = name.map(str::to_lowercase);
    let mut watcher = Watcher::new()?;
    loop {
        for event in watcher.wait(Duration::from_secs(1))? {
            if wanted.as_ref().is_some_and(|name| !event.reader.to_lowercase().contains(name)) {
                continue;
            }
            let (kind, atr) = match &event.kind {
                EventKind::CardInserted(atr) => ("card-inserted", Some(atr.as_slice())),
                EventKind::CardRemoved => ("card-removed", None),
                EventKind::ReaderAdded => ("reader-added", None),
                EventKind::ReaderRemoved => ("reader-removed", None),
            };
            let emulated = event.nature == Nature::Emulated;
            if tell(context, &event.reader, emulated, kind, atr)? == Stream::Closed {
                return Ok(Outcome::plain(String::new()));
            }
        }
    }
}

fn tell(
    context: &Context,
    reader: &str,
    emulated: bool,
    event: &'static str,
    atr: Option<&[u8]>,
) -> Result<Stream, Failure> {
    let recognised = atr.map(recognise);
    let model = match recognised {
        Some(Recognised::Model(model)) => Some(model),
        _ => None,
    };
    let document = Document {
        schema: "cpskit.card.watch/1",
        emulated,
        at: context.now(),
        event,
        reader: reader.to_owned(),
        atr: atr.map(hex),
        generation: model.map(|model| model.generation.to_string()),
        interface: model.map(|model| model.interface.to_string()),
    };
    let what = match recognised {
        Some(Recognised::Model(model)) => format!(": {} ({})", model.generation, model.interface),
        Some(Recognised::Other(other)) => format!(": {other}"),
        None => String::new(),
    };
    let mark = if emulated { " [emulated]" } else { "" };
    let text = format!("{} {event} {reader}{what}{mark}", document.at);
    context.printer.line(&text, &document)
}
