//! The command line on the virtual card in process: what each command prints, on which stream, with which exit code.
#![cfg(all(unix, feature = "pcsc", feature = "cli"))]

#[path = "../support/support.rs"]
mod support;

mod transcript;

mod activities;
mod apdu;
mod bench;
mod cert;
mod certs;
mod config;
mod crl;
mod doctor;
mod emulate;
mod guide;
mod id;
mod list;
mod online;
mod output;
mod pin;
mod pin_sources;
mod platform;
mod platform_rest;
mod read;
mod reference;
mod scan;
mod serve;
mod trace;
mod trust;
mod usage;
mod use_card;
mod verify;
mod watch;

/// Not a test: what tests with a real service start as a second program.
#[test]
#[ignore = "started by other tests, as a second program"]
fn other_program() {
    support::other::serve();
}
