//! `cpskit platform …` as typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use uuid::Uuid;

use super::tls::{ClientArgs, JudgeArgs};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Platform {
    /// What the card may order: structures, offers, usages, perimeters
    Habilitations(Box<PlatformHabilitations>),
    /// Order a TEST certificate; run again, it goes on where it was, and orders nothing twice
    Order(Box<PlatformOrder>),
    /// The orders of the journal and of the platform
    List(Box<PlatformList>),
    /// Where an order is
    Track(Box<PlatformTrack>),
    /// Finalise an order, download its certificate, inspect it, put it where it goes
    Retrieve(Box<PlatformRetrieve>),
    /// Revoke a certificate, for ever
    Revoke(Box<PlatformRevoke>),
}

/// What carries the lifecycle to a platform.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum Binding {
    /// A person at the platform's screens: cpskit prepares, says what to click, checks what comes back
    Manual,
    /// The protocol of `cpskit emulate platform`; no real platform speaks it
    Rest,
}

impl Binding {
    /// As the journal names it.
    pub(in crate::cli) fn name(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Rest => "rest",
        }
    }
}

/// Which platform, and where what was asked of it is kept.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Choosing a platform")]
pub(in crate::cli) struct PortArgs {
    /// What carries the lifecycle: `manual` for the real platform, `rest` for the emulator
    #[arg(long, value_enum, value_name = "BINDING", default_value_t = Binding::Manual)]
    pub(in crate::cli) binding: Binding,
    /// `https://…` of the platform, for `--binding rest`
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) endpoint: Option<String>,
    /// The habilitation to act under, when the card has several
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) habilitation: Option<String>,
    /// The situation d'exercice to act under, for the trace
    #[arg(long, value_name = "N")]
    pub(in crate::cli) activity: Option<u8>,
    #[command(flatten)]
    pub(in crate::cli) state: StateArgs,
    /// Act on a certificate or a card that is not a TEST one
    #[arg(long)]
    pub(in crate::cli) danger_allow_production: bool,
    #[command(flatten)]
    pub(in crate::cli) client: ClientArgs,
    #[command(flatten)]
    pub(in crate::cli) judge: JudgeArgs,
}

/// Where the journal, the keys and the codes are.
#[derive(Clone, Debug, ClapArgs)]
pub(in crate::cli) struct StateArgs {
    /// Folder of the journal, the keys and the codes [default: `cpskit` in the state folder of the system]
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) state: Option<PathBuf>,
    /// PostgreSQL database that holds the journal of a team, in place of a file
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, hide = true)]
    pub(in crate::cli) database_url: Option<String>,
}

/// Whether to ask, and whether to do it.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(in crate::cli) struct ConsentArgs {
    /// Say what would be done, and tell the platform nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub(in crate::cli) yes: bool,
}

/// Where the code de révocation comes from.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Giving the code de révocation")]
pub(in crate::cli) struct CodeArgs {
    /// Environment variable that holds the code
    #[arg(long, value_name = "VAR", group = "code")]
    pub(in crate::cli) code_env: Option<String>,
    /// File that holds the code
    #[arg(long, value_name = "FILE", group = "code")]
    pub(in crate::cli) code_file: Option<PathBuf>,
    /// Open file descriptor to read the code from
    #[arg(long, value_name = "N", group = "code")]
    pub(in crate::cli) code_fd: Option<u32>,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct PlatformHabilitations {
    /// With `--binding manual`: keep the habilitations that this file lists, as the platform's screens show them
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) import: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) port: PortArgs,
}

/// Who makes the key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum KeyMaker {
    /// cpskit does; the key never travels
    Local,
    /// The platform does, and gives it once
    Platform,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct PlatformOrder {
    /// ORG, SERV, PRO, PS
    #[arg(long, value_name = "OFFER")]
    pub(in crate::cli) offer: String,
    /// AUTH_CLI, SIGN, CONF, SSL_SERV, SMIME, AUTH
    #[arg(long, value_name = "USAGE")]
    pub(in crate::cli) usage: String,
    /// struct_IdNat of the structure: its type digit, then FINESS, SIREN, SIRET…
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) structure: String,
    /// Service applicatif, for ORG
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) service: Option<String>,
    /// Name of the server, for SERV SSL_SERV; the first is the CN
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) dns: Vec<String>,
    /// E-mail address, for the other usages of SERV and for PRO
    #[arg(long, value_name = "ADDR")]
    pub(in crate::cli) email: Option<String>,
    /// Address that the platform writes to
    #[arg(long, value_name = "ADDR")]
    pub(in crate::cli) contact: Option<String>,
    /// Who makes the key
    #[arg(long, value_enum, value_name = "WHO", default_value_t = KeyMaker::Local)]
    pub(in crate::cli) key: KeyMaker,
    /// Order a second one of the same
    #[arg(long, conflicts_with = "ref")]
    pub(in crate::cli) new: bool,
    /// Our reference: with one that is known, that order; with another, a new one
    #[arg(long = "ref", id = "ref", value_name = "UUID")]
    pub(in crate::cli) reference: Option<Uuid>,
    #[command(flatten)]
    pub(in crate::cli) consent: ConsentArgs,
    #[command(flatten)]
    pub(in crate::cli) port: PortArgs,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct PlatformList {
    #[command(flatten)]
    pub(in crate::cli) port: PortArgs,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct PlatformTrack {
    /// Our reference, or the platform's number
    #[arg(value_name = "ID")]
    pub(in crate::cli) id: String,
    /// With `--binding manual`: the state that the platform's screens show, `A_RETIRER`, `REFUSEE`…
    #[arg(long, value_name = "STATUT", conflicts_with = "watch")]
    pub(in crate::cli) record: Option<String>,
    /// Tell of each change until it can be retrieved, or has ended
    #[arg(long)]
    pub(in crate::cli) watch: bool,
    /// Stop watching after this long: `90s`, `15m`, `8h`
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = super::tls::duration)]
    pub(in crate::cli) timeout: Duration,
    #[command(flatten)]
    pub(in crate::cli) port: PortArgs,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct PlatformRetrieve {
    /// Our reference, or the platform's number
    #[arg(value_name = "ID")]
    pub(in crate::cli) id: String,
    /// The version of the conditions générales d'utilisation that you have read and accept
    #[arg(long, value_name = "VERSION")]
    pub(in crate::cli) accept_cgu: Option<String>,
    /// The version of the politique de certification that you have read and accept, with the certificate
    #[arg(long, value_name = "VERSION")]
    pub(in crate::cli) accept_pc: Option<String>,
    /// Folder for the certificate and the key
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// With `--binding manual`: the file that was downloaded, PKCS#12, PEM or DER
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) downloaded: Option<PathBuf>,
    /// Install the key here although it is installed elsewhere
    #[arg(long)]
    pub(in crate::cli) force_second_installation: bool,
    #[command(flatten)]
    pub(in crate::cli) code: CodeArgs,
    #[command(flatten)]
    pub(in crate::cli) consent: ConsentArgs,
    #[command(flatten)]
    pub(in crate::cli) port: PortArgs,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct PlatformRevoke {
    /// Our reference, the platform's number, or the serial number of the certificate
    #[arg(value_name = "ID|SERIAL")]
    pub(in crate::cli) id: String,
    /// Why
    #[arg(long, value_enum, value_name = "REASON")]
    pub(in crate::cli) reason: ReasonChoice,
    /// With `--binding manual`: it was done on the platform's screens
    #[arg(long)]
    pub(in crate::cli) recorded: bool,
    /// Wait until the lists or OCSP say so too
    #[arg(long)]
    pub(in crate::cli) wait_published: bool,
    /// Stop waiting after this long: `90s`, `15m`, `8h`
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = super::tls::duration)]
    pub(in crate::cli) timeout: Duration,
    #[command(flatten)]
    pub(in crate::cli) code: CodeArgs,
    #[command(flatten)]
    pub(in crate::cli) consent: ConsentArgs,
    #[command(flatten)]
    pub(in crate::cli) port: PortArgs,
}

/// Why a certificate is revoked; the platform's own list is not published.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum ReasonChoice {
    /// The key is lost
    Lost,
    /// The key was stolen
    Stolen,
    /// Somebody else may have the key
    Compromised,
    /// What the certificate says is no longer so
    Changed,
    /// Another takes its place
    Superseded,
    /// It is used no more
    Ceased,
    /// Another reason
    Other,
}

/// `cpskit emulate platform`.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct EmulatePlatform {
    /// Where to listen; loopback only, port 0 for any free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8445")]
    pub(in crate::cli) listen: std::net::SocketAddr,
    /// Where lists and OCSP are served, in the clear; loopback only
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
    pub(in crate::cli) publish: std::net::SocketAddr,
    /// Folder that keeps orders, certificates and mails [default: none is kept]
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) state: Option<PathBuf>,
    /// Write the certificate that clients are to trust to this file
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) anchor: Option<PathBuf>,
    /// How often a key that was made here can be downloaded
    #[arg(long, value_enum, value_name = "HOW", default_value_t = DownloadPolicy::Once)]
    pub(in crate::cli) download: DownloadPolicy,
    /// How the PKCS#12 of a key made here is protected
    #[arg(long, value_enum, value_name = "ENCODING", default_value_t = Pkcs12Encoding::Modern)]
    pub(in crate::cli) pkcs12: Pkcs12Encoding,
    /// Publish lists this often: `10s`, `5m` [default: each morning at 07:00 UTC]
    #[arg(long, value_name = "DURATION", value_parser = super::tls::duration)]
    pub(in crate::cli) publish_every: Option<Duration>,
    /// The instant it begins at, from where its clock goes on [default: now]
    #[arg(long, value_name = "INSTANT")]
    pub(in crate::cli) at: Option<jiff::Timestamp>,
    /// Habilitations and personas, TOML [default: built in]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) scenario: Option<PathBuf>,
    /// Misbehave: `NAME`, `NAME@OPERATION`, `NAME*TIMES`; repeatable; `--fault help` prints the menu
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) fault: Vec<String>,
}

/// How often a key that the emulator made can be downloaded.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum DownloadPolicy {
    /// Once
    Once,
    /// As often as asked for
    Often,
}

/// How a PKCS#12 is protected; that of the real platform is unknown.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum Pkcs12Encoding {
    /// RC2-40 and triple DES, HMAC-SHA-1
    Legacy,
    /// PBES2 with AES-256, HMAC-SHA-256
    Modern,
}
