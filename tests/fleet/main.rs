//! The fleet: its file, its plan, its report.
#![cfg(all(unix, feature = "platform", feature = "cli"))]

#[path = "../support/support.rs"]
mod support;

mod browser;
mod end_to_end;
mod file;
mod known;
mod plan;
mod report;
