//! `cpskit emulate platform`

use crate::cli::args::platform::EmulatePlatform;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;

pub(in crate::cli::commands) fn run(
    _args: &EmulatePlatform,
    _context: &Context,
) -> Result<Outcome, Failure> {
    Err(Failure::defect())
}
