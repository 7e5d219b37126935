//! `cpskit card decrypt`: what only the authentication key opens.

use crate::cli::args::use_card::CardDecrypt;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;

pub(super) fn run(_args: &CardDecrypt, _context: &Context) -> Result<Outcome, Failure> {
    Err(Failure::defect())
}
