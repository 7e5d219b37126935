//! `cpskit tls …`

use crate::cli::args::tls::Tls;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;

pub(super) fn run(_args: &Tls, _context: &Context) -> Result<Outcome, Failure> {
    Err(Failure::defect())
}
