//! The fleet: its file, its plan, its report.
#![cfg(all(unix, feature = "platform", feature = "cli"))]

#[path = "../support/support.rs"]
mod support;

mod file;
mod known;
mod plan;
mod report;
