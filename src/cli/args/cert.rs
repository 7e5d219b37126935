//! `cpskit cert …` as typed.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use jiff::Timestamp;

use super::PasswordArgs;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Cert {
    /// Show what certificates say, decoded for people
    Show(CertShow),
    /// Say whether certificates are valid, invalid or indeterminate, and why
    Verify(Box<CertVerify>),
    /// Hold certificates against the IGC-Santé profiles and RFC 5280 section 4
    Lint(CertLint),
    /// Find certificates and private keys in files and folders, and what is wrong with them
    Scan(CertScan),
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CertShow {
    /// Certificates: PEM, DER, PKCS#7, PKCS#12, JKS; folders are walked; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    pub(in crate::cli) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) password: PasswordArgs,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CertLint {
    /// Certificates: PEM, DER, PKCS#7, PKCS#12, JKS; folders are walked; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    pub(in crate::cli) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) password: PasswordArgs,
    #[command(flatten)]
    pub(in crate::cli) instant: InstantArgs,
    #[command(flatten)]
    pub(in crate::cli) thresholds: ThresholdArgs,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CertScan {
    /// Files and folders
    #[arg(value_name = "PATH", required = true)]
    pub(in crate::cli) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) password: PasswordArgs,
    #[command(flatten)]
    pub(in crate::cli) instant: InstantArgs,
    #[command(flatten)]
    pub(in crate::cli) thresholds: ThresholdArgs,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CertVerify {
    /// Certificates: PEM, DER, PKCS#7, PKCS#12, JKS; folders are walked; `-` is standard input. The first certificate
    /// of a file is the subject, the others are candidates for its path
    #[arg(value_name = "FILE", required = true)]
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Judge every certificate of a file
    #[arg(long)]
    pub(in crate::cli) each: bool,
    #[command(flatten)]
    pub(in crate::cli) password: PasswordArgs,
    #[command(flatten)]
    pub(in crate::cli) trust: TrustArgs,
    /// Candidates for the path
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) untrusted: Vec<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) evidence: EvidenceArgs,
    #[command(flatten)]
    pub(in crate::cli) instant: InstantArgs,
    #[command(flatten)]
    pub(in crate::cli) policies: PolicyArgs,
    /// Longest path admitted, the subject and the anchor not counted
    #[arg(long, value_name = "N")]
    pub(in crate::cli) max_intermediates: Option<usize>,
    /// What the key is to be used for
    #[arg(long, value_enum, value_name = "PURPOSE", default_value_t = Purpose::Any)]
    pub(in crate::cli) purpose: Purpose,
    /// What RFC 5280 section 4 demands of issuers is an error, not a warning
    #[arg(long)]
    pub(in crate::cli) strict: bool,
    /// Admit SHA-1, DSA and keys under 2048 bits, each said as a finding
    #[arg(long)]
    pub(in crate::cli) danger_allow_legacy: bool,
    #[command(flatten)]
    pub(in crate::cli) names: NameArgs,
    #[command(flatten)]
    pub(in crate::cli) thresholds: ThresholdArgs,
    /// Also lint against this profile
    #[arg(long, value_enum, value_name = "PROFILE")]
    pub(in crate::cli) profile: Option<Profile>,
    /// Certificates judged at the same time [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(in crate::cli) jobs: Option<u16>,
}

/// Whom to trust.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Trust")]
pub(in crate::cli) struct TrustArgs {
    /// These anchors instead of the built-in ones; a self-signed certificate given here is trusted whatever its dates
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) trust: Vec<PathBuf>,
    /// Which known anchors; `auto` reports the environment of each certificate and trusts none
    #[arg(long, value_enum, value_name = "ENV", default_value_t = Environment::Prod)]
    pub(in crate::cli) environment: Environment,
    #[command(flatten)]
    pub(in crate::cli) store: TrustStoreArgs,
    /// The anchors of the operating system, for servers of the Web PKI
    #[arg(long)]
    pub(in crate::cli) system_trust: bool,
}

/// Where admitted anchors are kept.
#[derive(Clone, Debug, ClapArgs)]
pub(in crate::cli) struct TrustStoreArgs {
    /// Folder of the anchors admitted by their pins [default: `cpskit/trust` in the user's data folder]
    #[arg(long, value_name = "DIR", env = "CPSKIT_TRUST_STORE")]
    pub(in crate::cli) trust_store: Option<PathBuf>,
}

/// The known anchors.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum Environment {
    /// IGC-Santé, production.
    Prod,
    /// IGC-Santé TEST.
    Test,
    /// The emulation authority, which ships with cpskit and protects nothing.
    Emulated,
    /// None: the environment of each certificate is reported.
    Auto,
}

/// What is known about revocation, and how much of it is needed.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Revocation")]
pub(in crate::cli) struct EvidenceArgs {
    /// Revocation lists: complete, delta, indirect; several per issuer; a folder for all that it holds
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) crl: Vec<PathBuf>,
    /// OCSP responses (DER)
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ocsp: Vec<PathBuf>,
    /// What an unknown revocation status means: `require` makes it indeterminate, `prefer` a warning
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Revocation::Require)]
    pub(in crate::cli) revocation: Revocation,
    /// Whose status is asked
    #[arg(long, value_enum, value_name = "SCOPE", default_value_t = Scope::Chain)]
    pub(in crate::cli) revocation_scope: Scope,
    /// Which sources, in which order, when online
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        value_name = "SOURCES",
        default_value = "ocsp,crl"
    )]
    pub(in crate::cli) sources: Vec<Source>,
    /// Send OCSP responders a nonce, so that the answer is made for this question
    #[arg(long)]
    pub(in crate::cli) ocsp_nonce: bool,
    #[command(flatten)]
    pub(in crate::cli) fetch: FetchArgs,
}

/// How far the addresses that certificates name are followed.
#[derive(Clone, Debug, ClapArgs)]
pub(in crate::cli) struct FetchArgs {
    /// Also follow loopback, private and link-local addresses found in certificates
    #[arg(long)]
    pub(in crate::cli) allow_private_addresses: bool,
    /// Seconds that one fetch may take in all
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=600))]
    pub(in crate::cli) fetch_timeout: u16,
    /// Folder of fetched lists, which other processes may share [default: `cpskit` in the user's cache folder]
    #[arg(long, value_name = "DIR", env = "CPSKIT_CACHE")]
    pub(in crate::cli) cache: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum Revocation {
    Off,
    Prefer,
    Require,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum Scope {
    Chain,
    Leaf,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum Source {
    Crl,
    Ocsp,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum Purpose {
    Any,
    Server,
    Client,
    Email,
    Signature,
    Encryption,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum Profile {
    IgcSante,
}

/// The inputs of RFC 5280 §6.1.1 about policies.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Policies")]
pub(in crate::cli) struct PolicyArgs {
    /// A policy that is acceptable [default: any]
    #[arg(long, value_name = "OID")]
    pub(in crate::cli) policy: Vec<String>,
    /// The path must be valid for an acceptable policy
    #[arg(long)]
    pub(in crate::cli) require_explicit_policy: bool,
    /// No mapping between policies counts
    #[arg(long)]
    pub(in crate::cli) inhibit_policy_mapping: bool,
    /// anyPolicy does not count
    #[arg(long)]
    pub(in crate::cli) inhibit_any_policy: bool,
}

/// The names that a certificate must carry, each of them.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Names it must carry")]
pub(in crate::cli) struct NameArgs {
    /// A host name
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) dns: Vec<String>,
    /// An e-mail address
    #[arg(long, value_name = "ADDR")]
    pub(in crate::cli) email: Vec<String>,
    /// An IP address
    #[arg(long, value_name = "ADDR")]
    pub(in crate::cli) ip: Vec<IpAddr>,
    /// A national identifier, `899700218896`
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) national_id: Vec<String>,
}

/// The instant judged.
#[derive(Clone, Debug, ClapArgs)]
pub(in crate::cli) struct InstantArgs {
    /// The instant judged: `2026-03-01T12:00:00Z`, or `2026-03-01` for its first instant, UTC [default: now]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub(in crate::cli) at: Option<Timestamp>,
}

/// Expiry thresholds, for certificates and lists.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Thresholds")]
pub(in crate::cli) struct ThresholdArgs {
    /// Warn when less than this is left: days (`30d`), hours (`12h`) or a part of the whole life (`10%`)
    #[arg(long, value_name = "LEFT")]
    pub(in crate::cli) warn_before: Option<Threshold>,
    /// Fail when less than this is left
    #[arg(long, value_name = "LEFT")]
    pub(in crate::cli) fail_before: Option<Threshold>,
}

/// What is left of a validity.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::cli) enum Threshold {
    /// Hours.
    Hours(u32),
    /// Hundredths of the whole validity, 0 to 100.
    Percent(u8),
}

/// `30 days`, `12 hours`, `10 % of its life`.
impl std::fmt::Display for Threshold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Hours(24) => f.write_str("1 day"),
            Self::Hours(hours) if hours % 24 == 0 => write!(f, "{} days", hours / 24),
            Self::Hours(1) => f.write_str("1 hour"),
            Self::Hours(hours) => write!(f, "{hours} hours"),
            Self::Percent(part) => write!(f, "{part} % of its life"),
        }
    }
}

impl std::str::FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is not days (`30d`), hours (`12h`) or a part (`10%`)");
        let number = |digits: &str| digits.parse::<u32>().map_err(|_| wrong());
        if let Some(days) = text.strip_suffix('d') {
            return number(days)?.checked_mul(24).map(Self::Hours).ok_or_else(wrong);
        }
        if let Some(hours) = text.strip_suffix('h') {
            return number(hours).map(Self::Hours);
        }
        let part = text.strip_suffix('%').ok_or_else(wrong)?;
        let part = u8::try_from(number(part)?).map_err(|_| wrong())?;
        if part > 100 { Err(wrong()) } else { Ok(Self::Percent(part)) }
    }
}

/// An instant, or a day for its first instant.
fn instant(text: &str) -> Result<Timestamp, String> {
    let day = format!("{text}T00:00:00Z");
    text.parse().or_else(|_| day.parse()).map_err(|_| {
        format!("`{text}` is not an instant such as `2026-03-01T12:00:00Z`, nor a day")
    })
}
