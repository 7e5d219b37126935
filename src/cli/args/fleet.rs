//! `cpskit fleet …` and `cpskit form …` as typed.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::platform::{ConsentArgs, PortArgs, StateArgs};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Fleet {
    /// What is to be done so that the fleet is as its file says
    Plan(Box<FleetPlan>),
    /// Do it: order, retrieve, renew, and with `--prune` revoke
    Apply(Box<FleetApply>),
    /// How the cards and certificates are
    Status(Box<FleetStatus>),
    /// The same as a page for people
    Report(Box<FleetReport>),
}

/// Which fleet.
#[derive(Clone, Debug, ClapArgs)]
pub(in crate::cli) struct FleetFile {
    /// The fleet
    #[arg(long, value_name = "FILE", default_value = "fleet.toml")]
    pub(in crate::cli) file: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct FleetPlan {
    #[command(flatten)]
    pub(in crate::cli) fleet: FleetFile,
    /// End with 1 when something is to be done
    #[arg(long)]
    pub(in crate::cli) exit_code: bool,
    /// Plan the revocation of what left the file, too
    #[arg(long)]
    pub(in crate::cli) prune: bool,
    #[command(flatten)]
    pub(in crate::cli) port: PortArgs,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct FleetApply {
    #[command(flatten)]
    pub(in crate::cli) fleet: FleetFile,
    /// Revoke what left the file
    #[arg(long)]
    pub(in crate::cli) prune: bool,
    /// Revoke no more than this many
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(in crate::cli) max_revocations: usize,
    /// Orders worked on at a time
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(in crate::cli) jobs: u8,
    #[command(flatten)]
    pub(in crate::cli) consent: ConsentArgs,
    #[command(flatten)]
    pub(in crate::cli) port: PortArgs,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct FleetStatus {
    #[command(flatten)]
    pub(in crate::cli) fleet: FleetFile,
    #[command(flatten)]
    pub(in crate::cli) state: StateArgs,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct FleetReport {
    #[command(flatten)]
    pub(in crate::cli) fleet: FleetFile,
    /// Where the page goes
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) html: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) state: StateArgs,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Form {
    /// F414: order of TEST cards, declaration of administrateurs techniques
    F414(FormF414),
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct FormF414 {
    /// The fleet that the values come from
    #[arg(long, value_name = "FILE", default_value = "fleet.toml")]
    pub(in crate::cli) from: PathBuf,
    /// The blank form, as the ANS publishes it [default: the values are printed]
    #[arg(value_name = "BLANK.pdf", requires = "out")]
    pub(in crate::cli) blank: Option<PathBuf>,
    /// Where the filled form goes
    #[arg(value_name = "OUT.pdf")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// Make the fields part of the page: they can no longer be changed
    #[arg(long, requires = "blank")]
    pub(in crate::cli) flatten: bool,
}
