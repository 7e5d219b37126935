//! `cpskit platform …`

use crate::cli::args::platform::Platform;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;

pub(super) fn run(_args: &Platform, _context: &Context) -> Result<Outcome, Failure> {
    Err(Failure::defect())
}
