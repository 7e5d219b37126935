//! `cpskit trace …` as typed.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Trace {
    /// Say whether a file of traces is whole and unaltered
    Verify(TraceVerify),
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TraceVerify {
    /// The traces
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,
    /// The head kept elsewhere: the traces must go at least that far
    #[arg(long, value_name = "HASH")]
    pub(in crate::cli) head: Option<String>,
}
