//! `cpskit form f414`: a fleet's values for the form, printed in its order or put into the user's blank.

use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::cli::args::fleet::FormF414;
use crate::cli::context::Context;
use crate::cli::delivery;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::inputs;
use crate::cli::output::Outcome;
use crate::cli::output::text::{clean, count, table};
use crate::form::acroform::{Blank, BlankError, FillError, Finish, Value};
use crate::form::f414::draft::Draft;
use crate::form::f414::edition::{Edition, Unknown, known};
use crate::form::f414::field::{Field, fields};
use crate::form::f414::request::{Breach, Request};
use crate::form::f414::values::{Entry, by_hand, entries};
use crate::form::f414::{BLANK, EDITION, MAIL, ONLINE};

pub(super) fn run(args: &FormF414, context: &Context) -> Result<Outcome, Failure> {
    let draft = draft(&args.from, context)?;
    let request = Request::parse(&draft).map_err(|breaches| breached(&args.from, &breaches))?;
    let entries = entries(&request);
    let mut remarks = request.notes.clone();
    let paper = match (&args.blank, &args.out) {
        (Some(blank), Some(out)) => {
            let finish = if args.flatten { Finish::Pages } else { Finish::Fields };
            remarks.extend(fill(blank, out, &entries, finish)?);
            Some(Paper { blank, out, finish })
        }
        _ => None,
    };
    let document = document(&entries, &remarks, paper.as_ref());
    let text = text(&entries, paper.as_ref());
    let notes = remarks.into_iter().map(|remark| format!("note: {remark}"));
    Ok(Outcome::new(text, &document).remarks(notes))
}

/// What was filled.
struct Paper<'a> {
    blank: &'a Path,
    out: &'a Path,
    finish: Finish,
}

/// Fills the blank, and says what a person must look at.
fn fill(
    blank: &Path,
    out: &Path,
    entries: &[Entry],
    finish: Finish,
) -> Result<Vec<String>, Failure> {
    if let (Ok(one), Ok(other)) = (fs::canonicalize(blank), fs::canonicalize(out))
        && one == other
    {
        let message = "the filled form would take the place of the blank";
        return Err(Failure::arguments(message).hint("give another name for `OUT.pdf`"));
    }
    let form = Blank::read(&inputs::bytes(blank)?).map_err(|error| unreadable(blank, &error))?;
    let edition = Edition::recognise(&fields(), &form.fields())
        .map_err(|unknown| another_edition(blank, &unknown))?;
    let values: Vec<(String, Value)> = entries
        .iter()
        .filter_map(|entry| Some((edition.name(entry.field.slot)?.to_owned(), entry.value.clone())))
        .collect();
    let filled = form.fill(&values, finish).map_err(|error| unfilled(blank, &error))?;
    delivery::replace(out, &filled.bytes).map_err(|error| Failure::input(out, &error))?;
    let kept =
        filled.kept.iter().map(|name| format!("`{name}` held something already, and still does"));
    let cut = filled.cut.iter().map(|name| format!("`{name}`: the text is longer than its box"));
    Ok(kept.chain(cut).collect())
}

fn text(entries: &[Entry], paper: Option<&Paper<'_>>) -> String {
    let mut text = match paper {
        None => {
            let rows = entries.iter().map(|entry| {
                [entry.field.section.to_owned(), entry.field.label.clone(), written(&entry.value)]
            });
            format!("F414, edition of {EDITION}\n\n{}\n", table(rows))
        }
        Some(paper) => {
            let filled = u64::try_from(entries.len()).unwrap_or(u64::MAX);
            let filled = count(filled, "field", "fields");
            let out = clean(&paper.out.display().to_string());
            format!("{out}: F414, edition of {EDITION}, {filled} filled\n")
        }
    };
    let hand: Vec<String> = by_hand().into_iter().map(|field| field.label).collect();
    text.push_str(&format!("\nBy hand: {}.\n", hand.join(", ")));
    text.push_str(&format!("Then send it to {MAIL}, or ask for the same at {ONLINE}"));
    if paper.is_none() {
        text.push_str(&format!("\nThe blank form: {BLANK}"));
    }
    text
}

fn written(value: &Value) -> String {
    match value {
        Value::Text(text) => text.replace('\n', " / "),
        Value::Ticked => "[x]".to_owned(),
        Value::Choice(state) if state == "0" => "non (celles commandées ici)".to_owned(),
        Value::Choice(_) => "oui".to_owned(),
    }
}

fn document(entries: &[Entry], notes: &[String], paper: Option<&Paper<'_>>) -> Json {
    let named = |field: &Field| json!({ "section": field.section, "label": field.label, "name": field.name.shown() });
    let filled = entries.iter().map(|entry| {
        let mut entry_json = named(&entry.field);
        entry_json["value"] = match &entry.value {
            Value::Text(text) => json!(text),
            Value::Choice(state) => json!(state),
            Value::Ticked => json!(true),
        };
        entry_json
    });
    json!({
        "schema": "cpskit.form.f414/1",
        "emulated": false,
        "edition": { "date": EDITION, "fingerprint": known(&fields()).to_string() },
        "blank": paper.map(|paper| paper.blank.display().to_string()),
        "out": paper.map(|paper| paper.out.display().to_string()),
        "flattened": paper.is_some_and(|paper| paper.finish == Finish::Pages),
        "fields": filled.collect::<Vec<_>>(),
        "by_hand": by_hand().iter().map(named).collect::<Vec<_>>(),
        "notes": notes,
        "send_to": { "email": MAIL, "online": ONLINE },
        "blank_form": BLANK,
    })
}

fn breached(from: &Path, breaches: &[Breach]) -> Failure {
    let number = u64::try_from(breaches.len()).unwrap_or(u64::MAX);
    let things = count(number, "thing keeps", "things keep");
    let message = format!("`{}`: {things} `[form]` from going onto F414", from.display());
    let mut failure = Failure::new("form.breach", Exit::Usage, message);
    failure.causes = breaches.iter().map(ToString::to_string).collect();
    failure
}

fn unreadable(blank: &Path, error: &BlankError) -> Failure {
    let message = format!("`{}`: {error}", blank.display());
    let failure = Failure::new("form.blank", Exit::Usage, message).causes(error);
    match error {
        BlankError::Encrypted | BlankError::Xfa | BlankError::NoForm | BlankError::Pdf(_) => {
            failure.hint(format!("take the blank form from {BLANK}"))
        }
        BlankError::Signed => failure.hint("fill a blank form, not one that was signed"),
        _ => failure,
    }
}

fn another_edition(blank: &Path, unknown: &Unknown) -> Failure {
    let message = format!("`{}`: {unknown}", blank.display());
    let mut failure = Failure::new("form.edition", Exit::Usage, message);
    failure.causes = unknown.differences.iter().map(ToString::to_string).collect();
    failure.hint(
        "without a PDF, `cpskit form f414` prints the values in the form's order: type them in",
    )
}

fn unfilled(blank: &Path, error: &FillError) -> Failure {
    let message = format!("`{}`: {error}", blank.display());
    Failure::new("form.value", Exit::Usage, message).causes(error)
}

/// What the file says for the form.
fn draft(path: &Path, context: &Context) -> Result<Draft, Failure> {
    let fleet = super::fleet::read(path, context)?;
    Draft::of(&fleet).map_err(|error| {
        let known: Vec<String> = error.known.iter().map(|id| format!("`{id}`")).collect();
        let message = format!("`{}`: {error}", path.display());
        Failure::new("form.structure", Exit::Usage, message).hint(match known.is_empty() {
            true => "add a `[[structure]]` with its address".to_owned(),
            false => format!("set it to one of {}", known.join(", ")),
        })
    })
}
