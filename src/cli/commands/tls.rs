//! `cpskit tls …`

mod connect;
mod proxy;
mod serve;

use crate::cli::args::tls::Tls;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;

pub(super) use self::serve::emulated_server;

pub(super) fn run(args: &Tls, context: &Context) -> Result<Outcome, Failure> {
    match args {
        Tls::Connect(args) => connect::run(args, context),
        Tls::Proxy(args) => proxy::run(args, context),
        Tls::Serve(args) => serve::run(args, context),
    }
}
