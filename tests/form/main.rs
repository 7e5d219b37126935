//! F414 filled: in blanks that are made here from the table of its fields, as no form of others is kept in the repository.
#![cfg(all(feature = "cli", feature = "platform"))]

#[path = "../support/support.rs"]
mod support;

mod blank;
mod broken;
mod command;
mod draft;
mod fill;
mod judges;
mod page;
