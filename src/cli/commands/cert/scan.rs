//! `cpskit cert scan PATH…`: what certificates and private keys lie about, and what is wrong with them.

mod object;
mod place;
mod survey;

use std::collections::BTreeSet;
use std::fs;

use rayon::prelude::*;
use serde_json::{Map, Value};

use self::object::Judge;
use self::survey::Survey;
use crate::cli::args::Format;
use crate::cli::args::cert::CertScan;
use crate::cli::checked::Checks;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::inputs::{Input, Inputs};
use crate::cli::output::Outcome;
use crate::cli::output::text::count;

pub(super) fn run(args: &CertScan, context: &Context) -> Result<Outcome, Failure> {
    let at = args.instant.at.unwrap_or_else(|| context.now());
    let password = args.password.given()?;
    let mut inputs = Inputs::with_keys(&args.paths, password.as_ref());
    once(&mut inputs.files);
    if inputs.files.is_empty() && inputs.unread.is_empty() {
        return Err(Failure::nothing_found(inputs.skipped, inputs.notes.len()));
    }
    let survey = Survey::of(&inputs.files);
    let judge = Judge { at, thresholds: &args.thresholds, survey: &survey };
    let results = survey.objects.par_iter().map(|object| judge.row(object)).collect();

    let mut head = Map::new();
    head.insert("at".to_owned(), at.to_string().into());
    if context.printer.format == Format::Json {
        // Once a document, not once a line.
        head.insert("skipped".to_owned(), inputs.skipped.into());
        let notes = inputs.notes.iter().map(|note| note.json()).collect();
        head.insert("notes".to_owned(), Value::Array(notes));
    }
    let emulated = survey.is_emulated();
    let mut remarks = inputs.remarks();
    if inputs.skipped > 0 {
        let skipped = u64::try_from(inputs.skipped).unwrap_or(u64::MAX);
        let files = count(skipped, "file", "files");
        remarks.push(format!("{files} without certificate or private key passed over"));
    }
    drop(survey);
    let unread = inputs.unread;
    let command = "cert.scan";
    Ok(Checks { command, emulated, head, results, unread, remarks }.outcome(context))
}

/// Leaves out a file that was met twice, by its folder and by its name: it is one place.
fn once(files: &mut Vec<Input>) {
    let mut met = BTreeSet::new();
    files.retain(|file| fs::canonicalize(&file.name).map_or(true, |path| met.insert(path)));
}
