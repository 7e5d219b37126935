//! `cpskit fleet …`

use crate::cli::args::fleet::Fleet;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;

pub(super) fn run(_args: &Fleet, _context: &Context) -> Result<Outcome, Failure> {
    Err(Failure::defect())
}
