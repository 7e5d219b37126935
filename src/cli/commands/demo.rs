//! `cpskit demo`: the journey on embedded defaults, every step labelled *emulated*. This version shows the reading part.

use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use crate::card::{Card, LastTry, Parts, PinSource};
use crate::cli::args::DEFAULT_PERSONA;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::emulate::{Persona, VirtualReader, issue};
use crate::secret::Pin;

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    emulated: bool,
    steps: Vec<Step>,
}

#[derive(Serialize)]
struct Step {
    step: &'static str,
    command: String,
    result: String,
}

pub(super) fn run(context: &Context) -> Result<Outcome, Failure> {
    let mut steps = Vec::new();
    let mut step = |step, command: &str, result: String| {
        steps.push(Step { step, command: command.to_owned(), result });
    };
    let persona = Persona::builtin(DEFAULT_PERSONA).map_err(internal)?;
    let now = midnight(context.now());
    let in_three_years = now.checked_add((24 * 1096).hours()).unwrap_or(Timestamp::MAX);
    let virtual_card = issue::between(&persona, now, in_three_years).map_err(internal)?;
    let reader = VirtualReader::insert(virtual_card);
    let mut card = Card::open(Box::new(reader))?;
    step(
        "insert a virtual card",
        "cpskit card list --emulated",
        format!("{} ({}) of {}", card.model().generation, card.model().interface, persona.title),
    );
    let id = card.session(|session| session.national_id())?;
    step(
        "read the national identifier",
        "cpskit card id --emulated",
        format!("{id}, in {} exchanges", card.exchanges().commands),
    );
    let identity = card.session(|session| session.identity(Parts::ALL))?;
    let holder = identity.holder();
    let words = [
        holder.given_name,
        holder.family_name,
        holder.profession.and_then(|code| code.label).map(str::to_owned),
    ];
    let certificates: Vec<String> =
        identity.certificates.iter().map(|found| found.role.to_string()).collect();
    step(
        "read the holder and the certificates",
        "cpskit card read --emulated",
        format!(
            "{}; certificates: {}",
            words.into_iter().flatten().collect::<Vec<_>>().join(" "),
            certificates.join(", ")
        ),
    );
    let pin = Pin::parse(persona.pin.user.clone()).map_err(internal)?;
    let situations = card
        .session(|session| session.unlock(PinSource::Typed(&pin), LastTry::Keep)?.activities())?;
    let structures: Vec<String> = situations
        .iter()
        .map(|found| {
            format!("{} {}", found.number, found.activity.structure_name.as_deref().unwrap_or("?"))
        })
        .collect();
    step(
        "read the activities with the PIN (1234: virtual, public)",
        "PIN=1234 cpskit card activities --emulated --pin-env PIN",
        structures.join("; "),
    );
    let mut text = String::new();
    for (index, step) in steps.iter().enumerate() {
        text.push_str(&format!(
            "[emulated] {}. {}\n    $ {}\n    {}\n\n",
            index + 1,
            step.step,
            step.command,
            super::super::output::text::clean(&step.result)
        ));
    }
    text.push_str(
        "Next, with a real reader and a card in it:\n    $ cpskit doctor\n    $ cpskit card read",
    );
    let document = Document { schema: "cpskit.demo/1", emulated: true, steps };
    Ok(Outcome::new(text, &document))
}

/// The start of the day, UTC: certificates made for a demonstration are valid at once.
fn midnight(now: Timestamp) -> Timestamp {
    let second = now.as_second();
    Timestamp::from_second(second - second.rem_euclid(86_400)).unwrap_or(now)
}

/// What ships in the program cannot fail to load; if it does, it is our defect.
fn internal(error: impl std::fmt::Display) -> Failure {
    Failure::new("cpskit.defect", crate::cli::exit::Exit::Defect, error.to_string())
}
