//! HTTP and HTTPS, by `ureq`: one request, with its redirects followed here so that each address is checked.

mod absolute_form;

use std::io;
use std::sync::OnceLock;
use std::time::Duration;

use ureq::config::{AutoHeaderValue, ConfigBuilder};
use ureq::http::header::{
    CONTENT_ENCODING, CONTENT_TYPE, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION, PROXY_AUTHORIZATION,
};
use ureq::http::{Response, Uri};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::typestate::AgentScope;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    ConnectProxyConnector, Connector, NextTimeout, RustlsConnector, TcpConnector,
};
use ureq::{Agent, Body, Timeout};

use self::absolute_form::AbsoluteForm;
use super::address::{Address, Addresses, Scheme};
use super::cache::Validators;
use super::deadline::Deadline;
use super::proxy::{Proxies, Proxy};
use crate::pki::source::{AddressProblem, FetchProblem};
use crate::tls;

/// The HTTP side of a client.
#[derive(Debug)]
pub(super) struct Http {
    addresses: Addresses,
    connect: Duration,
    redirects: u8,
    proxies: Proxies,
    plain: Agent,
    /// The authorities of the system are read at the first secure connection.
    secure: OnceLock<Agent>,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ask<'a> {
    /// A document, unless it is still the one that was kept.
    Get(Option<&'a Validators>),
    /// The answer to an OCSP request (RFC 6960 appendix A).
    Ocsp(&'a [u8]),
}

/// What is answered.
pub(super) enum Answer {
    /// A body, to be read.
    Body(Response<Body>),
    /// What was kept is still right; the headers say for how long.
    NotModified(Response<Body>),
}

impl Http {
    pub(super) fn new(
        addresses: Addresses,
        connect: Duration,
        redirects: u8,
        proxies: Proxies,
    ) -> Self {
        let plain =
            Agent::with_parts(config(connect).build(), TcpConnector::default(), Guard(addresses));
        Self { addresses, connect, redirects, proxies, plain, secure: OnceLock::new() }
    }

    /// Asks, and follows redirects.
    pub(super) fn ask(
        &self,
        start: &Address,
        ask: Ask<'_>,
        deadline: &Deadline,
    ) -> Result<Answer, FetchProblem> {
        let mut address = start.clone();
        for _ in 0..=self.redirects {
            let response = self.exchange(&address, ask, deadline)?;
            let status = response.status().as_u16();
            match (status, ask) {
                (200 | 203, _) => return plain_body(response).map(Answer::Body),
                (304, Ask::Get(Some(_))) => return Ok(Answer::NotModified(response)),
                // Only these keep the body of a request (RFC 9110 §15.4).
                (307 | 308, _) | (301..=303, Ask::Get(_)) => {
                    let location = response.headers().get(LOCATION);
                    let location = location.ok_or(FetchProblem::Status { status })?;
                    let location = location.to_str().map_err(|_| AddressProblem::Malformed)?;
                    address = address.redirect(location)?;
                    tracing::debug!(%address, status, "redirected");
                }
                _ => return Err(FetchProblem::Status { status }),
            }
        }
        Err(FetchProblem::TooManyRedirects { limit: self.redirects })
    }

    fn exchange(
        &self,
        address: &Address,
        ask: Ask<'_>,
        deadline: &Deadline,
    ) -> Result<Response<Body>, FetchProblem> {
        let proxy = self.proxies.of(address);
        if proxy.is_some() {
            self.check_before_proxy(address, deadline)?;
        }
        let proxied;
        let agent = match (address.scheme, proxy) {
            (Scheme::Http, None) => &self.plain,
            (Scheme::Http, Some(proxy)) => {
                proxied = self.through(proxy, deadline)?;
                &proxied
            }
            (Scheme::Https, None) => {
                self.secure.get_or_init(|| secure(config(self.connect), Guard(self.addresses)))
            }
            (Scheme::Https, Some(proxy)) => {
                proxied = self.tunnel(proxy, deadline)?;
                &proxied
            }
            (Scheme::Ldap, _) => {
                return Err(AddressProblem::Scheme { scheme: "ldap".to_owned() }.into());
            }
        };
        let authorization = match address.scheme {
            Scheme::Http => proxy.and_then(Proxy::authorization),
            // The tunnel knows, and the server behind it must not.
            _ => None,
        };
        let url = address.to_string();
        let left = Some(deadline.left()?);
        let answer = match ask {
            Ask::Get(kept) => {
                let mut request = agent.get(url).config().timeout_global(left).build();
                if let Some(authorization) = authorization {
                    request = request.header(PROXY_AUTHORIZATION, authorization);
                }
                if let Some(etag) = kept.and_then(|kept| kept.etag.as_deref()) {
                    request = request.header(IF_NONE_MATCH, etag);
                }
                if let Some(instant) = kept.and_then(|kept| kept.last_modified.as_deref()) {
                    request = request.header(IF_MODIFIED_SINCE, instant);
                }
                request.call()
            }
            Ask::Ocsp(body) => {
                let mut request = agent.post(url).config().timeout_global(left).build();
                if let Some(authorization) = authorization {
                    request = request.header(PROXY_AUTHORIZATION, authorization);
                }
                request.header(CONTENT_TYPE, "application/ocsp-request").send(body)
            }
        };
        answer.map_err(|error| self.problem(error, deadline))
    }

    /// A proxy resolves by itself: what can be known here is checked here, and what only the proxy can resolve is left to it.
    fn check_before_proxy(
        &self,
        address: &Address,
        deadline: &Deadline,
    ) -> Result<(), FetchProblem> {
        let patience = Deadline::starting(deadline.left()?.min(LOCAL_LOOKUP));
        match address.resolve(self.addresses, &patience) {
            Err(problem @ FetchProblem::Address(_)) => Err(problem),
            _ => Ok(()),
        }
    }

    /// Plain HTTP through a proxy: the proxy is connected to, and told the whole address.
    fn through(&self, proxy: &Proxy, deadline: &Deadline) -> Result<Agent, FetchProblem> {
        let addresses = proxy.address.resolve(Addresses::Any, deadline)?;
        let connector = ().chain(TcpConnector::default()).chain(AbsoluteForm);
        Ok(Agent::with_parts(config(self.connect).build(), connector, Fixed(addresses)))
    }

    /// HTTPS through a proxy: a tunnel, in which the server proves who it is.
    fn tunnel(&self, proxy: &Proxy, deadline: &Deadline) -> Result<Agent, FetchProblem> {
        let addresses = proxy.address.resolve(Addresses::Any, deadline)?;
        let config = config(self.connect).proxy(Some(proxy.tunnel.clone()));
        Ok(secure(config, Fixed(addresses)))
    }

    /// What a failure of the HTTP client is to the caller.
    pub(super) fn problem(&self, error: ureq::Error, deadline: &Deadline) -> FetchProblem {
        use ureq::Error;
        let detail = error.to_string();
        match error {
            Error::Timeout(Timeout::Connect) => FetchProblem::TimedOut { limit: self.connect },
            Error::Timeout(_) => deadline.passed(),
            Error::Rustls(_) | Error::Tls(_) | Error::TlsRequired => FetchProblem::Tls { detail },
            Error::LargeResponseHeader(_, most) => {
                FetchProblem::TooLarge { limit: u64::try_from(most).unwrap_or(u64::MAX) }
            }
            Error::Protocol(_) => FetchProblem::Unexpected { expected: "HTTP" },
            Error::Http(_) | Error::BadUri(_) => AddressProblem::Malformed.into(),
            Error::Other(error) => match error.downcast() {
                Ok(problem) => *problem,
                Err(error) => FetchProblem::Connection { detail: error.to_string() },
            },
            Error::Io(error) => match tls::problem(&error) {
                Some(detail) => FetchProblem::Tls { detail },
                None => FetchProblem::Connection { detail: error.to_string() },
            },
            _ => FetchProblem::Connection { detail },
        }
    }

    /// What a failure while a body is read is to the caller.
    pub(super) fn body_problem(
        &self,
        error: io::Error,
        received: u64,
        deadline: &Deadline,
    ) -> FetchProblem {
        match ureq::Error::from(error) {
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                FetchProblem::Truncated { received }
            }
            error => self.problem(error, deadline),
        }
    }
}

/// How long a name is looked for here, before a proxy is asked for it.
const LOCAL_LOOKUP: Duration = Duration::from_secs(2);

fn config(connect: Duration) -> ConfigBuilder<AgentScope> {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .timeout_connect(Some(connect))
        .max_idle_connections(0)
        .user_agent(concat!("cpskit/", env!("CARGO_PKG_VERSION")))
        .accept_encoding(AutoHeaderValue::None)
}

/// A client whose servers are known to the authorities of the system.
fn secure(config: ConfigBuilder<AgentScope>, resolver: impl Resolver) -> Agent {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "an authority of the system cannot be read");
    }
    let roots: Vec<Certificate<'static>> =
        found.certs.iter().map(|root| Certificate::from_der(root).to_owned()).collect();
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::from(roots))
        .unversioned_rustls_crypto_provider(tls::provider())
        .build();
    let connector =
        ().chain(ConnectProxyConnector::default())
            .chain(TcpConnector::default())
            .chain(RustlsConnector::default());
    Agent::with_parts(config.tls_config(tls).build(), connector, resolver)
}

/// Nothing compressed was asked for.
fn plain_body(response: Response<Body>) -> Result<Response<Body>, FetchProblem> {
    match response.headers().get(CONTENT_ENCODING) {
        Some(coding) if coding.as_bytes() != b"identity" => {
            Err(FetchProblem::Unexpected { expected: "uncompressed" })
        }
        _ => Ok(response),
    }
}

/// Resolves a name once, and gives only what may be reached: the connection goes nowhere else.
#[derive(Debug)]
struct Guard(Addresses);

impl Resolver for Guard {
    fn resolve(
        &self,
        uri: &Uri,
        _: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let refused = |problem: FetchProblem| ureq::Error::Other(Box::new(problem));
        let address =
            Address::parse(&uri.to_string()).map_err(|problem| refused(problem.into()))?;
        let found =
            address.resolve(self.0, &Deadline::starting(*timeout.after)).map_err(refused)?;
        Ok(resolved(self, &found))
    }
}

/// Leads to these, whatever is asked for.
#[derive(Debug)]
struct Fixed(Vec<std::net::SocketAddr>);

impl Resolver for Fixed {
    fn resolve(
        &self,
        _: &Uri,
        _: &ureq::config::Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(resolved(self, &self.0))
    }
}

fn resolved(resolver: &impl Resolver, found: &[std::net::SocketAddr]) -> ResolvedSocketAddrs {
    let mut resolved = resolver.empty();
    for address in found.iter().take(MOST_ADDRESSES) {
        resolved.push(*address);
    }
    resolved
}

/// Of one name; the client holds sixteen.
const MOST_ADDRESSES: usize = 16;
