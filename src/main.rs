//! The binary: nothing here but the entry point.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Thousands of certificates are hundreds of thousands of small pieces, taken and given back by several threads.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cpskit::cli::main(std::env::args_os())
}
