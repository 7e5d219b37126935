//! `cpskit cert verify`.

use crate::cli::args::cert::CertVerify;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;

pub(super) fn run(_args: &CertVerify, _context: &Context) -> Result<Outcome, Failure> {
    Err(Failure::arguments("not built yet"))
}
