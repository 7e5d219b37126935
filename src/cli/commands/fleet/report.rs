//! `cpskit fleet report`: the page for people.

use serde::Serialize;

use super::{Board, read};
use crate::cli::args::fleet::FleetReport;
use crate::cli::context::Context;
use crate::cli::delivery::{Privacy, write};
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::fleet::report::html;
use crate::fleet::status::Status;

/// `cpskit.fleet.report/1`.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    emulated: bool,
    fleet: String,
    at: jiff::Timestamp,
    html: String,
}

pub(super) fn run(args: &FleetReport, context: &Context) -> Result<Outcome, Failure> {
    let fleet = read(&args.fleet.file, context)?;
    let shelf = args.state.open()?;
    let board = Board::look(&shelf, |_| true, None, context.now())?;
    let status = Status::of(&fleet, &board.known());
    let page = html(&status);
    write(&args.html, page.as_bytes(), Privacy::Usual)
        .map_err(|error| Failure::input(&args.html, &error))?;
    let file = args.html.display().to_string();
    let document = Document {
        schema: "cpskit.fleet.report/1",
        emulated: status.is_emulated(),
        fleet: fleet.name,
        at: status.at,
        html: file.clone(),
    };
    Ok(Outcome::new(format!("the report is in {file}"), &document))
}
