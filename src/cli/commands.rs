//! One file a command: resolve, call the library, return an outcome.

mod card;
pub(super) mod cert;
mod crl;
mod demo;
mod doctor;
mod emulate;
mod fleet;
mod form;
mod platform;
mod tls;
mod trace;
mod trust;

use clap::CommandFactory;

use super::args::fleet::Form;
use super::args::{Args, Command, Emulate, Format};
use super::context::Context;
use super::failure::Failure;
use super::output::Outcome;

pub(super) fn run(command: &Command, context: &Context) -> Result<Outcome, Failure> {
    let format = context.printer.format;
    if !matches!(format, Format::Text | Format::Json) && !command.formats().contains(&format) {
        let name = format.name();
        return Err(Failure::arguments(format!(
            "`--format {name}` is not a format of this command"
        ))
        .hint("`text` and `json` are formats of every command"));
    }
    match command {
        Command::Card(card) => card::run(card, context),
        Command::Cert(cert) => cert::run(cert, context),
        Command::Crl(crl) => crl::run(crl, context),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Args::command(), "cpskit", &mut script);
            Ok(Outcome::plain(String::from_utf8_lossy(&script).trim_end().to_owned()))
        }
        Command::Demo => demo::run(context),
        Command::Doctor(doctor) => doctor::run(doctor, context),
        Command::Emulate(Emulate::Card(card)) => emulate::run(card, context),
        Command::Emulate(Emulate::Platform(args)) => emulate::platform::run(args, context),
        Command::Fleet(args) => fleet::run(args, context),
        Command::Form(Form::F414(args)) => form::run(args, context),
        Command::Platform(args) => platform::run(args, context),
        Command::Tls(tls) => tls::run(tls, context),
        Command::Trace(trace) => trace::run(trace, context),
        Command::Trust(trust) => trust::run(trust, context),
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Args::command())
                .render(&mut page)
                .map_err(|error| Failure::output(&error))?;
            Ok(Outcome::plain(String::from_utf8_lossy(&page).trim_end().to_owned()))
        }
    }
}
