//! `cpskit crl …` as typed.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::cert::{FetchArgs, InstantArgs, ThresholdArgs, TrustArgs};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Crl {
    /// Show a revocation list and its entries
    Show(CrlShow),
    /// Say whether certificates are revoked
    Check(CrlCheck),
    /// Fetch lists into the cache, or to a file
    Fetch(CrlFetch),
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CrlShow {
    /// A list, PEM or DER; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Also the entries; without it, their number
    #[arg(long)]
    pub(in crate::cli) entries: bool,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CrlCheck {
    /// Serial numbers in hexadecimal, or files of certificates; an argument that is a file is a file
    #[arg(value_name = "SERIAL|FILE", required = true)]
    pub(in crate::cli) subjects: Vec<String>,
    /// Ask about every certificate of a file, not only its first
    #[arg(long)]
    pub(in crate::cli) each: bool,
    /// Lists: complete, delta, indirect; a folder for all that it holds
    #[arg(long, value_name = "FILE", required = true)]
    pub(in crate::cli) crl: Vec<PathBuf>,
    /// The certificate whose key must have signed the list
    #[arg(long, value_name = "CERT")]
    pub(in crate::cli) issuer: Vec<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) trust: TrustArgs,
    #[command(flatten)]
    pub(in crate::cli) instant: InstantArgs,
    #[command(flatten)]
    pub(in crate::cli) thresholds: ThresholdArgs,
    /// Admit lists signed with SHA-1, DSA and keys under 2048 bits
    #[arg(long)]
    pub(in crate::cli) danger_allow_legacy: bool,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CrlFetch {
    /// Addresses (`http`, `https`, `ldap`), or certificates whose lists are fetched
    #[arg(value_name = "URL|CERT", required = true)]
    pub(in crate::cli) sources: Vec<String>,
    /// Write the list to this file too (one list)
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) trust: TrustArgs,
    #[command(flatten)]
    pub(in crate::cli) fetch: FetchArgs,
    #[command(flatten)]
    pub(in crate::cli) instant: InstantArgs,
}
