//! The arguments as typed. Names and meanings are a contract: users script against them.

pub(super) mod cert;
pub(super) mod crl;
pub(super) mod fleet;
pub(super) mod platform;
pub(super) mod tls;
pub(super) mod trace;
pub(super) mod trust;
pub(super) mod use_card;

use std::path::PathBuf;

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand, ValueEnum};

/// French health-professional smart cards (CPS, CPF, CDE/CPE, CDA/CPA).
#[derive(Debug, Parser)]
#[command(name = "cpskit", version, propagate_version = true, max_term_width = 100)]
#[command(infer_subcommands = false, disable_help_subcommand = true)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Flags every command takes.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    /// How to print the result [default: text]
    #[arg(long, global = true, value_enum, value_name = "FORMAT")]
    pub(super) format: Option<Format>,
    /// Open no internet socket
    #[arg(long, global = true, env = "CPSKIT_OFFLINE", value_parser = clap::builder::FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(super) offline: bool,
    /// Colour in text output [default: auto]
    #[arg(long, global = true, value_enum, value_name = "WHEN")]
    pub(super) color: Option<Color>,
    /// Say nothing but the result and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Say more on standard error; three times shows every exchange with the card, PINs masked
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(super) verbose: u8,
    /// Never prompt: what would be asked becomes an error that names the flag to give
    #[arg(long, global = true)]
    pub(super) no_input: bool,
    /// Append the functional traces of this run to FILE: who, with which card, what, when, result
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) trace: Option<PathBuf>,
    /// Configuration file (TOML)
    #[arg(long, global = true, env = "CPSKIT_CONFIG", value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

/// How to print.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Format {
    /// For people; may change.
    Text,
    /// One object with a schema version.
    Json,
    /// One object a line (`card watch`, and the commands that judge).
    Ndjson,
    /// JUnit XML, for the commands that judge.
    Junit,
    /// SARIF 2.1.0, for the commands that judge.
    Sarif,
    /// Annotations of GitHub Actions, for the commands that judge.
    Github,
}

impl Format {
    /// As it is typed.
    pub(super) fn name(self) -> String {
        self.to_possible_value().map_or(String::new(), |value| value.get_name().to_owned())
    }
}

/// When to colour.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The journey on embedded defaults: nothing to install or plug in, everything emulated
    Demo,
    /// Diagnose this workstation: service, readers, card, middleware
    Doctor(Doctor),
    /// Read and use a card
    #[command(subcommand)]
    Card(Card),
    /// Show, judge and find certificates
    #[command(subcommand)]
    Cert(cert::Cert),
    /// Show, ask and fetch revocation lists
    #[command(subcommand)]
    Crl(crl::Crl),
    /// The trust anchors
    #[command(subcommand)]
    Trust(trust::Trust),
    /// TLS with the card: call a service, lend the card to other programs, see who connects
    #[command(subcommand)]
    Tls(tls::Tls),
    /// TEST certificates of the plateforme de confiance: order, retrieve, track, revoke
    #[command(subcommand)]
    Platform(platform::Platform),
    /// The cards and certificates of a team, as a file says they are to be
    #[command(subcommand)]
    Fleet(fleet::Fleet),
    /// Forms of the administrative step
    #[command(subcommand)]
    Form(fleet::Form),
    /// Functional traces: what was done with the card
    #[command(subcommand)]
    Trace(trace::Trace),
    /// The virtual card, the emulated platform
    #[command(subcommand)]
    Emulate(Emulate),
    /// Print a completion script
    Completions {
        /// For this shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

impl Command {
    /// The formats it has beside text and JSON.
    pub(super) fn formats(&self) -> &'static [Format] {
        use Format::{Github, Junit, Ndjson, Sarif};
        match self {
            Self::Card(Card::Watch(_))
            | Self::Crl(crl::Crl::Show(_))
            | Self::Platform(platform::Platform::Track(_))
            | Self::Tls(tls::Tls::Proxy(_) | tls::Tls::Serve(_)) => &[Ndjson],
            Self::Fleet(fleet::Fleet::Status(_)) => &[Junit],
            Self::Cert(cert::Cert::Verify(_) | cert::Cert::Lint(_) | cert::Cert::Scan(_))
            | Self::Crl(crl::Crl::Check(_)) => &[Ndjson, Junit, Sarif, Github],
            _ => &[],
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct Doctor {
    /// Also try to reach the publication point of IGC-Santé
    #[arg(long)]
    pub(super) network: bool,
    #[command(flatten)]
    pub(super) store: cert::TrustStoreArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum Card {
    /// List readers and what is in them
    List {
        /// With a virtual card in process in place of the readers
        #[arg(long, value_name = "PERSONA", num_args = 0..=1, require_equals = true, default_missing_value = DEFAULT_PERSONA)]
        emulated: Option<String>,
    },
    /// Read the card: holder, certificates, tries left; with a PIN, the activities too
    Read(CardRead),
    /// Print the national identifier and nothing else
    Id(Choice),
    /// List the certificates, or write them to a folder
    Certs(CardCerts),
    /// List the activities (situations d'exercice), which the PIN protects, with their billing data
    Activities(CardActivities),
    /// Tell of readers and cards as they come and go, until interrupted
    Watch(CardWatch),
    /// Send raw commands
    Apdu(CardApdu),
    /// The PIN
    #[command(subcommand)]
    Pin(CardPin),
    /// Sign a file of any size with a key of the card
    Sign(Box<use_card::CardSign>),
    /// Decipher with the authentication key
    Decrypt(use_card::CardDecrypt),
    /// Data objects
    #[command(subcommand)]
    Data(use_card::CardData),
}

/// The virtual card used when none is named.
pub(super) const DEFAULT_PERSONA: &str = "medecin-cps3";

/// Which card.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Choosing a card")]
pub(super) struct Choice {
    /// Exact or unique part of the reader's name
    #[arg(long, value_name = "NAME", conflicts_with = "emulated")]
    pub(super) reader: Option<String>,
    /// Chip serial, card number or national identifier
    #[arg(long, value_name = "ID")]
    pub(super) card: Option<String>,
    /// The virtual card in process; no PC/SC (the equals sign is required)
    #[arg(long, value_name = "PERSONA", num_args = 0..=1, require_equals = true, default_missing_value = DEFAULT_PERSONA)]
    pub(super) emulated: Option<String>,
}

/// Where the PIN comes from.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Giving the PIN")]
pub(super) struct PinArgs {
    /// Environment variable that holds the PIN
    #[arg(long, value_name = "VAR", group = "pin")]
    pub(super) pin_env: Option<String>,
    /// File that holds the PIN
    #[arg(long, value_name = "FILE", group = "pin")]
    pub(super) pin_file: Option<PathBuf>,
    /// Open file descriptor to read the PIN from
    #[arg(long, value_name = "N", group = "pin")]
    pub(super) pin_fd: Option<u32>,
    /// Go on when one try is left, or when the tries left cannot be read
    #[arg(long)]
    pub(super) allow_last_try: bool,
}

/// Where the password of a container comes from.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Giving a password")]
pub(super) struct PasswordArgs {
    /// Environment variable that holds the password of PKCS#12 and JKS files
    #[arg(long, value_name = "VAR", group = "password")]
    pub(super) password_env: Option<String>,
    /// File that holds the password
    #[arg(long, value_name = "FILE", group = "password")]
    pub(super) password_file: Option<PathBuf>,
    /// Open file descriptor to read the password from
    #[arg(long, value_name = "N", group = "password")]
    pub(super) password_fd: Option<u32>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CardRead {
    #[command(flatten)]
    pub(super) choice: Choice,
    /// Read only what these need
    #[arg(long, value_enum, value_delimiter = ',', value_name = "FIELDS")]
    pub(super) fields: Vec<Field>,
    #[command(flatten)]
    pub(super) pin: PinArgs,
    /// Only the situation d'exercice with this number, when a PIN is given
    #[arg(long, value_name = "N")]
    pub(super) activity: Option<u8>,
}

/// Parts of `card read`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Field {
    /// Chip serial, number, family, dates.
    Card,
    /// Names, profession, national identifier.
    Holder,
    /// Certificates.
    Certificates,
    /// Tries left.
    Pin,
    /// Access to the Annuaire Santé.
    #[value(name = "annuaire_sante", alias = "annuaire-sante")]
    AnnuaireSante,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CardCerts {
    #[command(flatten)]
    pub(super) choice: Choice,
    /// Write each certificate to this folder, as PEM and as DER
    #[arg(long, value_name = "DIR")]
    pub(super) export: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CardActivities {
    #[command(flatten)]
    pub(super) choice: Choice,
    #[command(flatten)]
    pub(super) pin: PinArgs,
    /// Only the situation d'exercice with this number
    #[arg(long, value_name = "N")]
    pub(super) activity: Option<u8>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CardWatch {
    /// Only readers whose name holds this
    #[arg(long, value_name = "NAME", conflicts_with = "emulated")]
    pub(super) reader: Option<String>,
    /// The virtual card in process: its insertion, then the end
    #[arg(long, value_name = "PERSONA", num_args = 0..=1, require_equals = true, default_missing_value = DEFAULT_PERSONA)]
    pub(super) emulated: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CardApdu {
    /// Commands, hexadecimal, each one argument; `{PIN}` stands for the PIN
    #[arg(value_name = "APDU")]
    pub(super) apdus: Vec<String>,
    /// File with one command a line, `#` begins a comment; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(super) script: Option<PathBuf>,
    #[command(flatten)]
    pub(super) choice: Choice,
    #[command(flatten)]
    pub(super) pin: PinArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum CardPin {
    /// Tries left; spends none
    Status(Choice),
    /// Choose another PIN
    Change(use_card::CardPinChange),
    /// Choose a new PIN with the code de déblocage
    Unblock(use_card::CardPinUnblock),
}

#[derive(Debug, Subcommand)]
pub(super) enum Emulate {
    /// Plug a virtual card into a vpcd reader, until interrupted
    Card(EmulateCard),
    /// Serve an emulated platform, its lists and its OCSP on loopback, until interrupted
    Platform(Box<platform::EmulatePlatform>),
}

#[derive(Debug, ClapArgs)]
pub(super) struct EmulateCard {
    /// Print the personas, slug first
    #[arg(long, conflicts_with_all = ["persona", "persona_file", "vpcd", "fault"])]
    pub(super) list: bool,
    /// Whose card
    #[arg(long, value_name = "NAME", default_value = DEFAULT_PERSONA)]
    pub(super) persona: String,
    /// Whose card, from a file of one's own
    #[arg(long, value_name = "FILE", conflicts_with = "persona")]
    pub(super) persona_file: Option<PathBuf>,
    /// Address of the vpcd reader, loopback only
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:35963")]
    pub(super) vpcd: String,
    /// Misbehave; `--fault help` prints the menu
    #[arg(long, value_name = "NAME")]
    pub(super) fault: Option<String>,
}
