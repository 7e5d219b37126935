//! No PIN is ever seen: not on standard output, not on standard error at the highest verbosity, not in a file, not on the
//! command line of the process, not in a core file.
#![cfg(all(unix, feature = "pcsc", feature = "cli"))]

#[path = "../support/support.rs"]
mod support;

mod platform;
mod process;
mod search;
mod terminal;
mod tls;
mod traces;

/// Not a test: what tests with a real service start as a second program.
#[test]
#[ignore = "started by other tests, as a second program"]
fn other_program() {
    support::other::serve();
}
