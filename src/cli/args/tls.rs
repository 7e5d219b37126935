//! `cpskit tls …` as typed.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::cert::{FetchArgs, Revocation, TrustArgs};
use super::{Choice, PasswordArgs, PinArgs};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Tls {
    /// Call a service over HTTPS, with the card or a key in a file
    Connect(Box<TlsConnect>),
    /// A local HTTP proxy that authenticates with the card, for programs that know no card
    Proxy(Box<TlsProxy>),
    /// A bench that says who connected, with which card, and why it would be refused
    Serve(Box<TlsServe>),
}

/// With which key.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Authenticating")]
pub(in crate::cli) struct ClientArgs {
    /// `card`, or a file that holds the key and its certificates: PKCS#12, or PEM [default: none is shown]
    #[arg(long, value_name = "card|FILE")]
    pub(in crate::cli) client: Option<PathBuf>,
    /// The private key, when `--client` names a file of certificates only (PKCS#8, PEM or DER)
    #[arg(long, value_name = "FILE", requires = "client")]
    pub(in crate::cli) client_key: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) choice: Choice,
    #[command(flatten)]
    pub(in crate::cli) pin: PinArgs,
    #[command(flatten)]
    pub(in crate::cli) password: PasswordArgs,
}

/// How the server is judged.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Judging the other side")]
pub(in crate::cli) struct JudgeArgs {
    #[command(flatten)]
    pub(in crate::cli) trust: TrustArgs,
    /// Candidates for the path
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) untrusted: Vec<PathBuf>,
    /// Revocation lists; a folder for all that it holds
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) crl: Vec<PathBuf>,
    /// What an unknown revocation status means: `require` refuses, `prefer` warns
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Revocation::Prefer)]
    pub(in crate::cli) revocation: Revocation,
    #[command(flatten)]
    pub(in crate::cli) fetch: FetchArgs,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum TlsVersion {
    /// TLS 1.2.
    #[value(name = "1.2")]
    Tls12,
    /// TLS 1.3.
    #[value(name = "1.3")]
    Tls13,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TlsConnect {
    /// `https://…`
    #[arg(value_name = "URL")]
    pub(in crate::cli) url: String,
    #[command(flatten)]
    pub(in crate::cli) client: ClientArgs,
    #[command(flatten)]
    pub(in crate::cli) judge: JudgeArgs,
    /// Method [default: GET, or POST with `--data`]
    #[arg(long, value_name = "METHOD")]
    pub(in crate::cli) method: Option<String>,
    /// A header, `Name: value`; `@FILE` reads headers from a file, so that a token stays out of the arguments
    #[arg(long, value_name = "HEADER")]
    pub(in crate::cli) header: Vec<String>,
    /// Body: text, or `@FILE` (`@-` is standard input)
    #[arg(long, value_name = "DATA")]
    pub(in crate::cli) data: Option<String>,
    /// Write the body to this file
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// A status of 400 or more ends with 1
    #[arg(long)]
    pub(in crate::cli) fail: bool,
    /// Offer this version of TLS only
    #[arg(long, value_enum, value_name = "VERSION")]
    pub(in crate::cli) tls: Option<TlsVersion>,
    /// Seconds to wait for the connection and for each part of the answer
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub(in crate::cli) timeout: u16,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TlsProxy {
    /// Where to listen; loopback only, port 0 for any free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8443")]
    pub(in crate::cli) listen: SocketAddr,
    /// The service, `https://host[:port][/path]`
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) to: String,
    #[command(flatten)]
    pub(in crate::cli) client: ClientArgs,
    #[command(flatten)]
    pub(in crate::cli) judge: JudgeArgs,
    /// Write the token to this file, mode 0600
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) token_file: Option<PathBuf>,
    /// Forget the PIN after this long without a request: `15m`, `1h`; `0` asks at each signature
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = duration)]
    pub(in crate::cli) pin_idle: Duration,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct TlsServe {
    /// Where to listen; loopback only, port 0 for any free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8444")]
    pub(in crate::cli) listen: SocketAddr,
    /// The server's certificates, PEM or DER, its own first; or PKCS#12 [default: emulated ones, made at the start]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) cert: Option<PathBuf>,
    /// Its private key (PKCS#8)
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(in crate::cli) key: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) password: PasswordArgs,
    #[command(flatten)]
    pub(in crate::cli) judge: JudgeArgs,
    /// Write the certificate that clients are to trust, when the server's are the emulated ones, to this file
    #[arg(long, value_name = "FILE", conflicts_with = "cert")]
    pub(in crate::cli) anchor: Option<PathBuf>,
    /// Families of cards admitted, and `software` for certificates without a card [default: all]
    #[arg(long, value_name = "FAMILIES", value_delimiter = ',')]
    pub(in crate::cli) admit: Vec<String>,
    /// Refuse in the handshake, as a service does, and not in the answer
    #[arg(long)]
    pub(in crate::cli) refuse_handshake: bool,
    /// Offer this version of TLS only
    #[arg(long, value_enum, value_name = "VERSION")]
    pub(in crate::cli) tls: Option<TlsVersion>,
}

/// `90s`, `15m`, `8h`, or `0`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a number with `s`, `m` or `h` after it, or `0`; at most `24h`".to_owned();
    let unit = match text.chars().last() {
        _ if text == "0" => return Ok(Duration::ZERO),
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        _ => return Err(wrong()),
    };
    let digits = &text[..text.len() - 1];
    let number = Some(digits).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
    let seconds = number.and_then(|digits| digits.parse::<u64>().ok()?.checked_mul(unit));
    seconds.filter(|seconds| *seconds <= 86_400).map(Duration::from_secs).ok_or_else(wrong)
}
