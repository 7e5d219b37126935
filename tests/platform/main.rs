//! Orders of TEST certificates: rules, keys, files, what comes back.
#![cfg(feature = "platform")]

mod rules;
