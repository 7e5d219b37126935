//! `cpskit card data …`: data objects, read and replaced.

use crate::cli::args::use_card::CardData;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;

pub(super) fn run(_args: &CardData, _context: &Context) -> Result<Outcome, Failure> {
    Err(Failure::defect())
}
