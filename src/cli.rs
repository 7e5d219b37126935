//! The command line: resolve arguments, call the library, render an outcome, map it to an exit code.
//!
//! Only `output` prints, only `context` reads the environment and the clock, and a command never exits by itself.

mod acts;
mod anchors;
mod args;
mod checked;
mod choose;
mod client;
mod commands;
mod config;
mod context;
mod delivery;
mod desk;
mod exit;
mod failure;
mod indexes;
mod inputs;
mod issuers;
mod judging;
mod lists;
mod net;
mod output;
mod pin;
mod platform_failure;
mod recorded;
mod secret_source;
mod terminal;
mod thresholds;
mod tls_failure;
mod trust_store;

use std::ffi::OsString;
use std::panic;
use std::process::ExitCode;

use clap::Parser;

use self::args::Args;
use self::context::Context;
use self::exit::Exit;
use self::failure::Failure;
use self::output::Printer;

/// Runs the program on these arguments (the first is its name).
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    forbid_core_dumps();
    let arguments: Vec<OsString> = arguments.collect();
    let printer = Printer::for_arguments(&arguments);
    let args = match Args::try_parse_from(&arguments) {
        Ok(args) => args,
        Err(error) => return printer.usage(&error).into(),
    };
    // The message of a defect goes through the printer like any other; the default hook would print it twice.
    panic::set_hook(Box::new(|_| {}));
    let outcome = panic::catch_unwind(|| run(&args));
    match outcome {
        Ok((context, outcome)) => context.printer.finish(outcome).into(),
        Err(_) => printer.failure(&Failure::defect()).into(),
    }
}

fn run(args: &Args) -> (Context, Result<output::Outcome, Failure>) {
    let (context, problem) = Context::resolve(&args.global);
    let outcome = match problem {
        Some(failure) => Err(failure),
        None => commands::run(&args.command, &context),
    };
    // What the run gave is printed once its traces are ended.
    let outcome = match context.acts.close() {
        Ok(()) => outcome,
        Err(failure) => Err(failure),
    };
    (context, outcome)
}

/// A PIN must not end in a core file.
fn forbid_core_dumps() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // A system that does not let us is no reason to stop.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
        // Nor may another program of the same user look into this one, or a handler of the system be given its memory.
        #[cfg(target_os = "linux")]
        let _ =
            rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    }
}

/// The command as `clap` knows it, for completions, the manual page and the reference.
pub fn command() -> clap::Command {
    <Args as clap::CommandFactory>::command()
}

/// The exit codes with their meaning, for the reference page.
pub fn exit_codes() -> impl Iterator<Item = (u8, &'static str)> {
    Exit::ALL.into_iter().map(|exit| (exit.code(), exit.meaning()))
}

/// SHA-256.
fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest.as_ref().try_into().expect("SHA-256 gives 32 bytes")
}
