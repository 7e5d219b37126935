//! `cpskit trust …` as typed.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::cert::{FetchArgs, TrustStoreArgs};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Trust {
    /// List the known anchors, and which of them are in the trust store
    List(TrustList),
    /// Fetch the anchors from the official publication point; only what matches its pin is admitted
    Update(TrustUpdate),
    /// Admit anchors from a file; only what matches its pin, or yours, is admitted
    Import(TrustImport),
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TrustList {
    #[command(flatten)]
    pub(in crate::cli) store: TrustStoreArgs,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TrustUpdate {
    /// Which anchors
    #[arg(long, value_enum, value_name = "ENV", default_value_t = UpdateEnvironment::Prod)]
    pub(in crate::cli) environment: UpdateEnvironment,
    /// Where they are published, in place of the official address
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) from: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) store: TrustStoreArgs,
    #[command(flatten)]
    pub(in crate::cli) fetch: FetchArgs,
}

/// The published worlds.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum UpdateEnvironment {
    Prod,
    Test,
    All,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TrustImport {
    /// Certificates: PEM, DER, PKCS#7, JKS; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Your own assertion: the SHA-256 of a certificate, or of its public key, in hexadecimal
    #[arg(long, value_name = "SHA256")]
    pub(in crate::cli) pin: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) store: TrustStoreArgs,
}
