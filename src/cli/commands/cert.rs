//! `cpskit cert …`, one file a verb.

mod lint;
mod scan;
mod show;
mod subject;
mod verify;

pub(in crate::cli) use self::subject::Subject;

use crate::cli::args::cert::Cert;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;

pub(super) fn run(cert: &Cert, context: &Context) -> Result<Outcome, Failure> {
    match cert {
        Cert::Lint(args) => lint::run(args, context),
        Cert::Scan(args) => scan::run(args, context),
        Cert::Show(args) => show::run(args, context),
        Cert::Verify(args) => verify::run(args, context),
    }
}
