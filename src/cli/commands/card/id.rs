//! `cpskit card id`: the national identifier, a newline, and nothing else.

use serde::Serialize;

use super::{is_emulated, label, lines};
use crate::cli::args::Choice;
use crate::cli::choose;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::cli::output::json::{Exchanges, Warning};
use crate::trace::Action;

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    emulated: bool,
    reader: String,
    national_id: String,
    id_type: String,
    warnings: Vec<Warning>,
    exchanges: Exchanges,
}

pub(super) fn run(choice: &Choice, context: &Context) -> Result<Outcome, Failure> {
    let (card, id) = context.acts.act(Action::CardId, |record| {
        let mut card = choose::card(choice, context)?;
        record.with(&mut card);
        let id = card.session(|session| session.national_id())?;
        Ok((card, id))
    })?;
    let emulated = is_emulated(&card, &[]);
    let warnings: Vec<Warning> = Warning::luhn(Some(&id)).into_iter().collect();
    let remarks = lines(&warnings);
    let document = Document {
        schema: "cpskit.card.id/1",
        emulated,
        reader: card.reader().to_owned(),
        national_id: id.to_string(),
        id_type: id.type_code().to_string(),
        warnings,
        exchanges: card.exchanges().into(),
    };
    Ok(Outcome::new(id.to_string(), &document).remarks(remarks).labelled(label(emulated)))
}
