//! `cpskit card sign`: a signature by a key of the card.

use crate::cli::args::use_card::CardSign;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;

pub(super) fn run(_args: &CardSign, _context: &Context) -> Result<Outcome, Failure> {
    Err(Failure::defect())
}
