//! `cpskit trust update`.

use crate::cli::args::trust::TrustUpdate;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;

pub(super) fn run(_args: &TrustUpdate, _context: &Context) -> Result<Outcome, Failure> {
    Err(Failure::arguments("not built yet"))
}
