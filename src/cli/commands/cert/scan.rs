//! `cpskit cert scan`.

use crate::cli::args::cert::CertScan;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;

pub(super) fn run(_args: &CertScan, _context: &Context) -> Result<Outcome, Failure> {
    Err(Failure::arguments("not built yet"))
}
