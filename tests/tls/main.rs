//! The client's side of TLS: what is negotiated, what is signed and how often, what is refused and how it is told.
#![cfg(all(feature = "web", feature = "store"))]

#[cfg(feature = "cli")]
mod command;
mod files;
mod handshakes;
#[cfg(feature = "emulate")]
mod judges;
mod scene;
#[path = "../support/support.rs"]
mod support;
