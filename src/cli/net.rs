//! The client of a run: from the flags, the environment and whether the network may be used.

use std::time::Duration;

use etcetera::BaseStrategy;
use serde::Serialize;

use super::args::cert::FetchArgs;
use super::context::{Network, now};
use super::exit::Exit;
use super::failure::Failure;
use crate::net::{Addresses, Cache, Client, Limits, Proxies, Settings};
use crate::pki::source::{Fetch, FetchError, FetchProblem};
use crate::web::dial::{Route, Via};

/// Who names the addresses that are fetched.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::cli) enum NamedBy {
    /// Certificates: hostile until proven otherwise.
    Certificates,
    /// The user, on the command line, who may name any.
    User,
}

/// The client, or `None` where nothing may be fetched: then the [`cache`] is what there is.
pub(in crate::cli) fn client(
    args: &FetchArgs,
    named_by: NamedBy,
    network: Network,
) -> Result<Option<Client>, Failure> {
    if network == Network::Offline {
        return Ok(None);
    }
    let addresses = match named_by {
        NamedBy::Certificates if !args.allow_private_addresses => Addresses::Public,
        _ => Addresses::Any,
    };
    let limits = Limits::default();
    let total = Duration::from_secs(args.fetch_timeout.into());
    Ok(Some(Client::new(Settings {
        now: now(),
        addresses,
        limits: Limits { total, connect: limits.connect.min(total), ..limits },
        proxies: proxies()?,
        cache: cache(args),
    })))
}

/// Who fetches, online or not.
pub(in crate::cli) fn fetcher(
    args: &FetchArgs,
    named_by: NamedBy,
    network: Network,
) -> Result<Option<Box<dyn Fetch>>, Failure> {
    let client = client(args, named_by, network)?;
    Ok(match client {
        Some(client) => Some(Box::new(client)),
        None => cache(args).map(|cache| -> Box<dyn Fetch> { Box::new(cache) }),
    })
}

/// The cache named, else `cpskit` in the user's cache folder; none where the user has no such folder.
pub(in crate::cli) fn cache(args: &FetchArgs) -> Option<Cache> {
    let folder = args.cache.clone().or_else(|| {
        let strategy = etcetera::choose_base_strategy().ok()?;
        Some(strategy.cache_dir().join("cpskit"))
    });
    folder.map(Cache::new)
}

/// `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in lower case first, as other programs read them.
pub(in crate::cli) fn proxies() -> Result<Proxies, Failure> {
    let value = |name: &str| {
        let lower = std::env::var(name.to_ascii_lowercase()).ok();
        lower.filter(|value| !value.is_empty()).or_else(|| std::env::var(name).ok())
    };
    let (http, https, without) = (value("HTTP_PROXY"), value("HTTPS_PROXY"), value("NO_PROXY"));
    Proxies::parse(http.as_deref(), https.as_deref(), without.as_deref()).map_err(|error| {
        Failure::new("net.proxy", Exit::Usage, error.to_string())
            .hint("look at `HTTP_PROXY` and `HTTPS_PROXY`; `NO_PROXY=*` goes without")
    })
}

/// The way to an HTTPS service, through the proxy of the environment if need be; offline, to one of this machine only.
/// `named` is the service as messages name it.
pub(in crate::cli) fn route(
    host: &str,
    port: u16,
    named: &str,
    network: Network,
) -> Result<Route, Failure> {
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let via = proxies()?.of_https(&host, port);
    let via = via.map(|(host, port, authorization)| Via { host, port, authorization });
    let route = Route { host, port, via };
    if network == Network::Offline && !route.is_loopback() {
        return Err(Failure::new(
            "net.offline",
            Exit::Usage,
            format!("{named} is not on this machine, and `--offline` opens no internet socket"),
        )
        .hint("run it without `--offline`; an emulator on loopback is reached with it"));
    }
    Ok(route)
}

/// A fetch that failed, as documents show it.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct FailedFetch {
    pub(in crate::cli) url: String,
    pub(in crate::cli) problem: String,
    /// Whether a later try may succeed.
    pub(in crate::cli) temporary: bool,
}

impl From<&FetchError> for FailedFetch {
    fn from(error: &FetchError) -> Self {
        Self {
            url: error.url.clone(),
            problem: error.problem.to_string(),
            temporary: error.is_temporary(),
        }
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        let (code, exit, hint) = match &error.problem {
            FetchProblem::Address(_) => (
                "net.address",
                Exit::Usage,
                "`--allow-private-addresses` follows those of private networks too",
            ),
            FetchProblem::Offline => (
                "net.offline",
                Exit::Indeterminate,
                "fetch it once without `--offline`; `--cache` names the folder",
            ),
            FetchProblem::Storage { .. } => {
                ("net.cache", Exit::Usage, "`--cache` names another folder")
            }
            FetchProblem::Unexpected { .. } | FetchProblem::TooLarge { .. } => {
                ("net.unexpected", Exit::Indeterminate, "")
            }
            _ if error.is_temporary() => ("net.temporary", Exit::Temporary, "try again later"),
            _ => ("net.refused", Exit::Indeterminate, ""),
        };
        let failure = Self::new(code, exit, error.to_string());
        if hint.is_empty() { failure } else { failure.hint(hint) }
    }
}
