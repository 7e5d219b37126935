//! What a command may know of its surroundings: resolved once, from flags, environment and configuration.

use std::io::IsTerminal;
use std::sync::Arc;

use jiff::Timestamp;

use super::acts::{self, Acts};
use super::args::{Color, Format, Global};
use super::config::Config;
use super::failure::Failure;
use super::output::{Loudness, Printer};
#[cfg(feature = "pcsc")]
use crate::transport::pcsc::Patience;

/// The surroundings of a run.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) printer: Printer,
    pub(super) input: Input,
    pub(super) network: Network,
    pub(super) config: Config,
    /// What is done with a card, for `--trace`.
    pub(super) acts: Arc<Acts>,
}

/// Whether a person can be asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Input {
    /// There is a terminal, and prompting was not forbidden.
    Interactive,
    /// What would be asked is an error.
    None,
}

/// Whether internet sockets may be opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Network {
    Allowed,
    Offline,
}

impl Context {
    /// Flags before environment before configuration before defaults. A configuration that cannot be read is a failure,
    /// said with the printer that the flags ask for.
    pub(super) fn resolve(global: &Global) -> (Self, Option<Failure>) {
        let (config, problem) = match Config::load(global.config.as_deref()) {
            Ok(config) => (config, None),
            Err(failure) => (Config::default(), Some(failure)),
        };
        let loudness = if global.quiet { Loudness::Quiet } else { Loudness::Normal };
        let printer = Printer {
            format: global.format.unwrap_or(Format::Text),
            color: global.color.or(config.color.value).unwrap_or(Color::Auto),
            loudness,
        };
        let interactive = !global.no_input && std::io::stdin().is_terminal();
        let offline = global.offline || config.offline.value.unwrap_or_default();
        log(global.verbose, printer.color);
        let (acts, problem) = match Acts::new(global.trace.clone(), acts::heads(), printer) {
            Ok(acts) => (acts, problem),
            Err(failure) => (Acts::none(printer), Some(failure)),
        };
        let context = Self {
            printer,
            input: if interactive { Input::Interactive } else { Input::None },
            network: if offline { Network::Offline } else { Network::Allowed },
            config,
            acts: Arc::new(acts),
        };
        (context, problem)
    }

    /// How long cards and other programs are waited for.
    #[cfg(feature = "pcsc")]
    pub(super) fn patience(&self) -> Patience {
        match self.config.card_timeout.value {
            Some(timeout) => Patience { exchange: timeout, turn: timeout },
            None => Patience::default(),
        }
    }

    /// Asks a question on the terminal that `flag` answers beforehand; anything but yes is no.
    pub(super) fn confirms(&self, question: &str, flag: &str) -> Result<bool, Failure> {
        if self.input == Input::None {
            let message =
                format!("{} there is no one to ask", super::output::text::clean(question));
            return Err(Failure::arguments(message).hint(format!("answer yes with `{flag}`")));
        }
        self.printer.ask(question);
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).map_err(|error| {
            Failure::secret_source(format!("the terminal cannot be read: {error}"))
        })?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "o" | "oui"))
    }

    /// The clock.
    pub(super) fn now(&self) -> Timestamp {
        now()
    }
}

/// The clock, for what has no context.
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

/// Logs go to standard error: nothing by default but warnings, every exchange at the third `-v`.
fn log(verbose: u8, color: Color) {
    use tracing_subscriber::filter::LevelFilter;
    let level = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let ansi = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    };
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(ansi)
        .without_time()
        .finish();
    // A test that runs two commands in one process keeps the first subscriber.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
