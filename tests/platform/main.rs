//! Orders of TEST certificates: rules, keys, files, what comes back.
#![cfg(feature = "platform")]

#[cfg(unix)]
mod journals;
mod keys;
#[cfg(all(unix, feature = "emulate"))]
mod lifecycle;
mod pages;
#[cfg(feature = "emulate")]
mod received;
mod rules;
#[path = "../support/support.rs"]
mod support;
#[cfg(all(unix, feature = "emulate"))]
mod vault;
