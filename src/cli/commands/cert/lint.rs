//! `cpskit cert lint`.

use crate::cli::args::cert::CertLint;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;

pub(super) fn run(_args: &CertLint, _context: &Context) -> Result<Outcome, Failure> {
    Err(Failure::arguments("not built yet"))
}
