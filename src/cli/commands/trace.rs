//! `cpskit trace verify`: whether traces are whole and unaltered.

use crate::cli::args::trace::Trace;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;

pub(super) fn run(_args: &Trace, _context: &Context) -> Result<Outcome, Failure> {
    Err(Failure::defect())
}
