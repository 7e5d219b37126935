//! `cpskit trust import`.

use crate::cli::args::trust::TrustImport;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;

pub(super) fn run(_args: &TrustImport, _context: &Context) -> Result<Outcome, Failure> {
    Err(Failure::arguments("not built yet"))
}
