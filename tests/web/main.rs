//! The local proxy, from both of its sides: clients that send what they like, and a service that sees what comes through.
#![cfg(all(unix, feature = "pcsc", feature = "cli"))]

#[path = "../support/support.rs"]
mod support;

mod browser;
mod curl;
mod door;
mod framing;
mod passing;
mod scene;
mod sharing;
