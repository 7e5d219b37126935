//! The commands that use the keys and the data of a card, as typed.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::{Choice, PinArgs};

/// A key of the card.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum KeyChoice {
    /// Non-repudiation.
    Signature,
    /// TLS client authentication, logon, decryption.
    Authentication,
    /// Presence of the card, without PIN, on the contactless interface.
    Technical,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum HashChoice {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum SchemeChoice {
    Pkcs1,
    Pss,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CardSign {
    /// What is signed; `-` or nothing is standard input
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: Option<PathBuf>,
    /// With which key
    #[arg(long, value_enum, value_name = "KEY", default_value_t = KeyChoice::Signature)]
    pub(in crate::cli) key: KeyChoice,
    /// Hash function
    #[arg(long, value_enum, value_name = "HASH", default_value_t = HashChoice::Sha256)]
    pub(in crate::cli) hash: HashChoice,
    /// Signature scheme; CPS3 has no PSS
    #[arg(long, value_enum, value_name = "SCHEME", default_value_t = SchemeChoice::Pkcs1)]
    pub(in crate::cli) scheme: SchemeChoice,
    /// The input is the hash itself, raw bytes
    #[arg(long, conflicts_with = "detached_cms")]
    pub(in crate::cli) prehashed: bool,
    /// A CMS SignedData without the content, with signed attributes and the chain, in place of the bare signature
    #[arg(long)]
    pub(in crate::cli) detached_cms: bool,
    /// Certificates of issuers to put into the CMS, beside those that the trust store has
    #[arg(long, value_name = "FILE", requires = "detached_cms")]
    pub(in crate::cli) chain: Vec<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) store: super::cert::TrustStoreArgs,
    /// Where the signature goes [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// The situation d'exercice under which it is signed, for the trace
    #[arg(long, value_name = "N")]
    pub(in crate::cli) activity: Option<u8>,
    #[command(flatten)]
    pub(in crate::cli) choice: Choice,
    #[command(flatten)]
    pub(in crate::cli) pin: PinArgs,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CardDecrypt {
    /// What is deciphered with the authentication key, PKCS#1 v1.5; `-` or nothing is standard input
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: Option<PathBuf>,
    /// Where the plaintext goes, mode 0600 [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) choice: Choice,
    #[command(flatten)]
    pub(in crate::cli) pin: PinArgs,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum CardData {
    /// Read a data object
    Read(CardDataRead),
    /// Replace the content of a data object
    Write(CardDataWrite),
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CardDataRead {
    /// Its label
    #[arg(value_name = "OBJECT", default_value = "CPS_DATA")]
    pub(in crate::cli) object: String,
    /// Where the content goes [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) choice: Choice,
    #[command(flatten)]
    pub(in crate::cli) pin: PinArgs,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CardDataWrite {
    /// The new content; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,
    /// Its label
    #[arg(long, value_name = "LABEL", default_value = "CPS_DATA")]
    pub(in crate::cli) object: String,
    /// Keep what was there in this file, mode 0600
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) backup: Option<PathBuf>,
    /// Do not ask whether the content may be replaced
    #[arg(long)]
    pub(in crate::cli) yes: bool,
    #[command(flatten)]
    pub(in crate::cli) choice: Choice,
    #[command(flatten)]
    pub(in crate::cli) pin: PinArgs,
}

/// Where a new PIN comes from.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Giving the new PIN")]
pub(in crate::cli) struct NewPinArgs {
    /// Environment variable that holds the new PIN
    #[arg(long, value_name = "VAR", group = "new_pin")]
    pub(in crate::cli) new_pin_env: Option<String>,
    /// File that holds the new PIN
    #[arg(long, value_name = "FILE", group = "new_pin")]
    pub(in crate::cli) new_pin_file: Option<PathBuf>,
    /// Open file descriptor to read the new PIN from
    #[arg(long, value_name = "N", group = "new_pin")]
    pub(in crate::cli) new_pin_fd: Option<u32>,
}

/// Where the unblocking code comes from.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Giving the unblocking code")]
pub(in crate::cli) struct UnblockCodeArgs {
    /// Environment variable that holds the code de déblocage
    #[arg(long, value_name = "VAR", group = "unblock_code")]
    pub(in crate::cli) unblock_code_env: Option<String>,
    /// File that holds the code de déblocage
    #[arg(long, value_name = "FILE", group = "unblock_code")]
    pub(in crate::cli) unblock_code_file: Option<PathBuf>,
    /// Open file descriptor to read the code de déblocage from
    #[arg(long, value_name = "N", group = "unblock_code")]
    pub(in crate::cli) unblock_code_fd: Option<u32>,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CardPinChange {
    #[command(flatten)]
    pub(in crate::cli) choice: Choice,
    #[command(flatten)]
    pub(in crate::cli) pin: PinArgs,
    #[command(flatten)]
    pub(in crate::cli) new_pin: NewPinArgs,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CardPinUnblock {
    #[command(flatten)]
    pub(in crate::cli) choice: Choice,
    #[command(flatten)]
    pub(in crate::cli) code: UnblockCodeArgs,
    #[command(flatten)]
    pub(in crate::cli) new_pin: NewPinArgs,
    /// Go on when one try is left, or when the tries left cannot be read
    #[arg(long)]
    pub(in crate::cli) allow_last_try: bool,
}
