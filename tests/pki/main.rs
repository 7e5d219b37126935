//! Verdicts, end to end through the library: the certificates and lists of `certs-test`, and worse ones made on the
//! spot. One file per theme.
#![cfg(feature = "emulate")]

mod bad_input;
mod legacy;
mod lists;
mod scene;
#[path = "../support/support.rs"]
mod support;
mod worlds;
