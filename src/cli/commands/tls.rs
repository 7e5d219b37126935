//! `cpskit tls …`

mod connect;

use crate::cli::args::tls::Tls;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;

pub(super) fn run(args: &Tls, context: &Context) -> Result<Outcome, Failure> {
    match args {
        Tls::Connect(args) => connect::run(args, context),
        Tls::Proxy(_) | Tls::Serve(_) => Err(Failure::defect()),
    }
}
