//! The emulated platform, asked by a client of its own that knows nothing of ours.
#![cfg(feature = "cli")]

#[path = "../support/support.rs"]
mod support;

mod client;
mod errors;
mod faults;
mod lifecycle;
mod program;
mod publication;
