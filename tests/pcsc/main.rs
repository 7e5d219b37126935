//! `cpskit` through the real smart card service: pcscd, with virtual cards in its vpcd reader.
//!
//! Without pcscd or vpcd these tests say what is missing and pass; `CPSKIT_REQUIRE_PCSCD=1` makes that a failure.
#![cfg(all(unix, feature = "pcsc", feature = "cli"))]

#[path = "../support/support.rs"]
mod support;

mod certificates;
mod contention;
mod network;
mod opensc;
mod personas;
mod pin;
mod platform;
mod service;
mod signing;
mod tls;
mod use_card;
mod watch;

/// Not a test: what the others start as a second program.
#[test]
#[ignore = "started by the other tests, as a second program"]
fn other_program() {
    support::other::serve();
}
