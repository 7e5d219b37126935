//! `cpskit card list`: the readers and what is in them. Nothing is sent to any card.

use serde::Serialize;

use crate::card::known::{Recognised, recognise};
use crate::cli::choose;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::cli::output::json::hex;

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    emulated: bool,
    readers: Vec<Line>,
}

/// One reader.
#[derive(Serialize)]
struct Line {
    reader: String,
    emulated: bool,
    state: &'static str,
    atr: Option<String>,
    generation: Option<String>,
    interface: Option<String>,
    /// What the card is, in words.
    kind: Option<String>,
}

pub(super) fn run(emulated: Option<&str>, context: &Context) -> Result<Outcome, Failure> {
    let readers = match emulated {
        Some(slug) => {
            let card = choose::emulated(slug)?;
            vec![Line::with_card(card.reader(), true, card.atr())]
        }
        None => plugged_in(context)?,
    };
    let lines: Vec<String> = readers.iter().map(Line::render).collect();
    let document = Document {
        schema: "cpskit.card.list/1",
        emulated: readers.iter().any(|reader| reader.emulated),
        readers,
    };
    Ok(Outcome::new(lines.join("\n"), &document))
}

#[cfg(not(feature = "pcsc"))]
fn plugged_in(_: &Context) -> Result<Vec<Line>, Failure> {
    Err(choose::without_pcsc())
}

#[cfg(feature = "pcsc")]
fn plugged_in(context: &Context) -> Result<Vec<Line>, Failure> {
    use crate::transport::pcsc::{Slot, readers};
    use crate::transport::{Error, Nature};
    let readers = readers(context.patience())?;
    if readers.is_empty() {
        return Err(Error::NoReader.into());
    }
    let line = |reader: &crate::transport::pcsc::Reader| {
        let emulated = reader.nature == Nature::Emulated;
        match &reader.slot {
            Slot::Card { atr, .. } => Line::with_card(&reader.name, emulated, atr),
            Slot::Empty => Line::without_card(&reader.name, emulated, "empty"),
            Slot::Mute => Line::without_card(&reader.name, emulated, "mute"),
            Slot::Unavailable => Line::without_card(&reader.name, emulated, "unavailable"),
        }
    };
    Ok(readers.iter().map(line).collect())
}

impl Line {
    fn with_card(reader: &str, emulated: bool, atr: &[u8]) -> Self {
        let (generation, interface, kind) = match recognise(atr) {
            Recognised::Model(model) => {
                let (generation, interface) = (model.generation, model.interface);
                let kind = format!("{generation} ({interface})");
                (Some(generation.to_string()), Some(interface.to_string()), kind)
            }
            Recognised::Other(other) => (None, None, other.to_string()),
        };
        Self {
            reader: reader.to_owned(),
            emulated,
            state: "card",
            atr: Some(hex(atr)),
            generation,
            interface,
            kind: Some(kind),
        }
    }

    #[cfg(feature = "pcsc")]
    fn without_card(reader: &str, emulated: bool, state: &'static str) -> Self {
        Self {
            reader: reader.to_owned(),
            emulated,
            state,
            atr: None,
            generation: None,
            interface: None,
            kind: None,
        }
    }

    fn render(&self) -> String {
        let content = match (&self.kind, self.state) {
            (Some(kind), _) => kind.as_str(),
            (None, "mute") => "a card that does not answer",
            (None, state) => state,
        };
        let emulated = if self.emulated { " [emulated]" } else { "" };
        format!("{}: {content}{emulated}", self.reader)
    }
}
