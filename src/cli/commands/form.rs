//! `cpskit form …`

use crate::cli::args::fleet::FormF414;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;

pub(super) fn run(_args: &FormF414, _context: &Context) -> Result<Outcome, Failure> {
    Err(Failure::defect())
}
