//! The binary: nothing here but the entry point.

use std::process::ExitCode;

fn main() -> ExitCode {
    cpskit::cli::main(std::env::args_os())
}
