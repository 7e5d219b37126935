//! The local proxy, from both of its sides: clients that send what they like, and a service that sees what comes through.
#![cfg(all(unix, feature = "pcsc", feature = "cli"))]

#[path = "../support/support.rs"]
mod support;

mod browser;
mod card;
mod curl;
mod door;
mod framing;
mod passing;
mod program;
mod scene;
mod service;
mod sharing;
mod terminal;

/// Not a test: what tests with a real service start as a second program.
#[test]
#[ignore = "started by other tests, as a second program"]
fn other_program() {
    support::other::serve();
}
