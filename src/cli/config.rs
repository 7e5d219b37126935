//! The configuration file: TOML, a few defaults, each with where it came from.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use etcetera::BaseStrategy;
use serde::Deserialize;

use super::args::Color;
use super::failure::Failure;
use crate::platform::want::Ps;

/// Defaults that flags override.
#[derive(Debug, Default)]
pub(super) struct Config {
    /// How long a card, or another program that holds it, is waited for.
    pub(super) card_timeout: Setting<Duration>,
    /// Colour in text output.
    pub(super) color: Setting<Color>,
    /// Open no internet socket.
    pub(super) offline: Setting<bool>,
    /// Whether PS, whose rules are not published, may be ordered.
    pub(super) platform_ps: Setting<bool>,
    /// Reader to use when several hold a card.
    pub(super) reader: Setting<String>,
    /// Where the file was looked for.
    pub(super) path: Option<PathBuf>,
}

/// A value and where it came from.
#[derive(Debug)]
pub(super) struct Setting<T> {
    pub(super) value: Option<T>,
    pub(super) origin: Origin,
}

impl<T> Default for Setting<T> {
    fn default() -> Self {
        Self { value: None, origin: Origin::Default }
    }
}

/// Where a value came from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Origin {
    Default,
    Environment(&'static str),
    File(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Environment(variable) => write!(f, "environment variable {variable}"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// The file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    card_timeout: Option<u64>,
    color: Option<String>,
    offline: Option<bool>,
    platform_ps: Option<bool>,
    reader: Option<String>,
}

/// The variable that goes before `card_timeout`.
const CARD_TIMEOUT: &str = "CPSKIT_CARD_TIMEOUT";

impl Config {
    /// Reads the file named, else `cpskit/config.toml` in the configuration folder of the system, which may be absent; then
    /// what the environment says in its place.
    pub(super) fn load(named: Option<&Path>) -> Result<Self, Failure> {
        let mut config = Self::from_file(named)?;
        if let Ok(text) = std::env::var(CARD_TIMEOUT) {
            let timeout = text.parse().ok().and_then(seconds).ok_or_else(|| {
                Failure::arguments(format!("{CARD_TIMEOUT} is a number of seconds, 1 to 3600"))
            })?;
            let origin = Origin::Environment(CARD_TIMEOUT);
            config.card_timeout = Setting { value: Some(timeout), origin };
        }
        Ok(config)
    }

    /// Whether PS may be ordered: only when the file says so.
    pub(super) fn ps(&self) -> Ps {
        match self.platform_ps.value {
            Some(true) => Ps::On,
            Some(false) | None => Ps::Off,
        }
    }

    fn from_file(named: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = named.map(Path::to_owned).or_else(default_path) else {
            return Ok(Self::default());
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self { path: Some(path), ..Self::default() });
            }
            Err(error) => return Err(Failure::input(&path, &error)),
        };
        let written: Written =
            toml::from_str(&text).map_err(|error| Failure::config(&path, error.message()))?;
        let color = match written.color.as_deref().map(|color| Color::from_str(color, false)) {
            None => None,
            Some(Ok(color)) => Some(color),
            Some(Err(_)) => {
                return Err(Failure::config(&path, "`color` is `auto`, `always` or `never`"));
            }
        };
        let wrong = || Failure::config(&path, "`card_timeout` is a number of seconds, 1 to 3600");
        let card_timeout =
            written.card_timeout.map(|timeout| seconds(timeout).ok_or_else(wrong)).transpose()?;
        Ok(Self {
            card_timeout: setting(card_timeout, &path),
            color: setting(color, &path),
            offline: setting(written.offline, &path),
            platform_ps: setting(written.platform_ps, &path),
            reader: setting(written.reader, &path),
            path: Some(path),
        })
    }
}

fn seconds(number: u64) -> Option<Duration> {
    (1..=3600).contains(&number).then(|| Duration::from_secs(number))
}

fn setting<T>(value: Option<T>, path: &Path) -> Setting<T> {
    let origin = if value.is_some() { Origin::File(path.to_owned()) } else { Origin::Default };
    Setting { value, origin }
}

fn default_path() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.config_dir().join("cpskit").join("config.toml"))
}
