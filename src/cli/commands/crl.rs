//! `cpskit crl …`, one file a verb.

mod check;
mod fetch;
mod show;

use crate::cli::args::crl::Crl;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;

pub(super) fn run(crl: &Crl, context: &Context) -> Result<Outcome, Failure> {
    match crl {
        Crl::Check(args) => check::run(args, context),
        Crl::Fetch(args) => fetch::run(args, context),
        Crl::Show(args) => show::run(args, context),
    }
}
