//! `cpskit trust …`, one file a verb.

mod import;
mod list;
mod update;

use crate::cli::args::trust::Trust;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;

pub(super) fn run(trust: &Trust, context: &Context) -> Result<Outcome, Failure> {
    match trust {
        Trust::Import(args) => import::run(args, context),
        Trust::List(args) => list::run(args, context),
        Trust::Update(args) => update::run(args, context),
    }
}
