//! Fetching what certificates name, by HTTP(S) and LDAP, with limits and a cache.
//!
//! A [`Client`] is a [`Fetch`]: bounded in bytes, time and redirects, and led nowhere but where [`Addresses`] allows. What it
//! fetches is kept in a [`Cache`], which serves by itself where there is no network. Nothing that comes from here is proven:
//! whoever uses a list verifies its signature, from the cache too.

mod address;
mod body;
mod cache;
mod deadline;
mod freshness;
mod http;
mod ldap;
mod proxy;

use std::io::{self, Write};
use std::time::Duration;

use jiff::Timestamp;
use ureq::http::HeaderMap;
use ureq::http::header::{ETAG, LAST_MODIFIED};

pub use self::address::Addresses;
pub use self::cache::{Cache, Entry};
pub use self::proxy::{Proxies, ProxyFormatError};

use self::address::{Address, Scheme};
use self::cache::{About, Draft, Validators};
use self::deadline::Deadline;
use self::freshness::Keep;
use self::http::{Answer, Ask, Http};
use crate::pki::source::{Fetch, FetchError, FetchProblem, Fetched, Freshness, Request, What};

/// Fetches over the network.
#[derive(Debug)]
pub struct Client {
    now: Timestamp,
    addresses: Addresses,
    limits: Limits,
    cache: Option<Cache>,
    http: Http,
}

/// What a client is made from.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The instant of the run, which ages in the cache are counted from.
    pub now: Timestamp,
    /// Which networks may be reached.
    pub addresses: Addresses,
    /// How much and how long.
    pub limits: Limits,
    /// The proxies.
    pub proxies: Proxies,
    /// Where what is fetched is kept, if it is.
    pub cache: Option<Cache>,
}

/// How much one fetch may take, and how long.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Bytes of a list.
    pub list: u64,
    /// Bytes of anything else.
    pub other: u64,
    /// Redirects followed.
    pub redirects: u8,
    /// From the first look at a name to the last byte.
    pub total: Duration,
    /// Until a connection stands.
    pub connect: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            list: 256 << 20,
            other: 1 << 20,
            redirects: 3,
            total: Duration::from_secs(30),
            connect: Duration::from_secs(10),
        }
    }
}

/// Whether what is kept may be used without asking its server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reuse {
    /// As long as the server said.
    WhileFresh,
    /// Never: the server is asked whether it is still right.
    Never,
}

/// A body, where it lies.
#[derive(Debug)]
pub enum Body {
    /// In memory: there is no cache, or it may not be kept.
    Memory(Vec<u8>),
    /// In the cache.
    Kept(Entry),
}

impl Body {
    /// The bytes.
    ///
    /// # Errors
    /// Those of the file.
    pub fn read(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Memory(bytes) => Ok(bytes),
            Self::Kept(entry) => entry.read(),
        }
    }
}

impl Client {
    /// A client.
    pub fn new(settings: Settings) -> Self {
        let Settings { now, addresses, limits, proxies, cache } = settings;
        let http = Http::new(addresses, limits.connect, limits.redirects, proxies);
        Self { now, addresses, limits, cache, http }
    }

    /// Fetches without reading what is fetched into memory, where there is a cache to hold it: lists may be large.
    ///
    /// # Errors
    /// [`FetchError`], when there is nothing in the cache to fall back on either.
    pub fn obtain(&self, request: &Request, reuse: Reuse) -> Result<(Body, Freshness), FetchError> {
        let url = request.url.as_str();
        let outcome = self.obtained(request, reuse);
        match &outcome {
            Ok((_, Freshness::Current)) => tracing::info!(url, "fetched"),
            Ok((_, Freshness::Cached { fetched_at })) => {
                tracing::info!(url, %fetched_at, "taken from the cache");
            }
            Ok((_, Freshness::Fallback { fetched_at, problem })) => {
                tracing::info!(url, %fetched_at, %problem, "not fetched, taken from the cache");
            }
            Err(problem) => tracing::info!(url, %problem, "not fetched"),
        }
        outcome.map_err(|problem| FetchError { url: url.to_owned(), problem })
    }

    fn obtained(&self, request: &Request, reuse: Reuse) -> Result<(Body, Freshness), FetchProblem> {
        let kept = self.cache(request).and_then(|cache| cache.lookup(&request.url));
        let kept = match kept {
            Some(entry) if reuse == Reuse::WhileFresh && entry.is_fresh(self.now) => {
                let fetched_at = entry.fetched_at();
                return Ok((Body::Kept(entry), Freshness::Cached { fetched_at }));
            }
            kept => kept,
        };
        match (self.download(request, kept.as_ref()), kept) {
            (Ok(Download::Body(body)), _) => Ok((body, Freshness::Current)),
            (Ok(Download::StillRight(keep)), Some(entry)) => {
                Ok((self.confirmed(request, entry, keep), Freshness::Current))
            }
            // An address that must not be followed is not an outage.
            (Err(problem @ FetchProblem::Address(_)), _) | (Err(problem), None) => Err(problem),
            (Err(problem), Some(entry)) => {
                let fetched_at = entry.fetched_at();
                Ok((Body::Kept(entry), Freshness::Fallback { fetched_at, problem }))
            }
            // Only what was kept is asked about.
            (Ok(Download::StillRight(_)), None) => Err(FetchProblem::Status { status: 304 }),
        }
    }

    /// Answers to OCSP requests are not kept: each holds for its own request.
    fn cache(&self, request: &Request) -> Option<&Cache> {
        match request.what {
            What::Status { .. } => None,
            _ => self.cache.as_ref(),
        }
    }

    fn download(&self, request: &Request, kept: Option<&Entry>) -> Result<Download, FetchProblem> {
        let address = Address::parse(&request.url)?;
        let deadline = Deadline::starting(self.limits.total);
        let limit = match request.what {
            What::List | What::DeltaList => self.limits.list,
            _ => self.limits.other,
        };
        let mut sink = Sink::new(self.cache(request));
        if address.scheme == Scheme::Ldap {
            let (addresses, connect) = (self.addresses, self.limits.connect);
            let value = ldap::fetch(&address, &request.what, addresses, connect, limit, &deadline)?;
            let unreadable = |error: io::Error, _| body::unwritable(error);
            body::receive(&mut value.as_slice(), &request.what, limit, &mut sink, &unreadable)?;
            // A directory says nothing about how long.
            return self.kept(request, sink, Validators::default(), Keep::Until(self.now));
        }
        let ask = match &request.what {
            What::Status { request } => Ask::Ocsp(request),
            _ => Ask::Get(kept.map(Entry::validators)),
        };
        match self.http.ask(&address, ask, &deadline)? {
            Answer::NotModified(response) => {
                Ok(Download::StillRight(Keep::of(response.headers(), self.now)))
            }
            Answer::Body(mut response) => {
                let keep = Keep::of(response.headers(), self.now);
                let validators = validators(response.headers());
                if response.body().content_length().is_some_and(|length| length > limit) {
                    return Err(FetchProblem::TooLarge { limit });
                }
                let problem = |error, received| self.http.body_problem(error, received, &deadline);
                let mut reader = response.body_mut().with_config().limit(u64::MAX).reader();
                body::receive(&mut reader, &request.what, limit, &mut sink, &problem)?;
                self.kept(request, sink, validators, keep)
            }
        }
    }

    /// Keeps a body, or gives it back where it may not or cannot be kept.
    fn kept(
        &self,
        request: &Request,
        sink: Sink,
        validators: Validators,
        keep: Keep,
    ) -> Result<Download, FetchProblem> {
        let (draft, cache) = match (sink, self.cache(request)) {
            (Sink::Memory(bytes), _) => return Ok(Download::Body(Body::Memory(bytes))),
            (Sink::Draft(draft), Some(cache)) => (draft, cache),
            (Sink::Draft(draft), None) => return in_memory(&draft),
        };
        let Keep::Until(fresh_until) = keep else {
            // What was kept before, when the server still allowed it, has been replaced.
            let _ = cache.forget(&request.url);
            return in_memory(&draft);
        };
        let about =
            About { url: request.url.clone(), validators, fetched_at: self.now, fresh_until };
        let kept = cache.keep(draft, about);
        kept.map(|entry| Download::Body(Body::Kept(entry))).map_err(body::unwritable)
    }

    /// Notes that what was kept is still right. Where that cannot be written it is right all the same.
    fn confirmed(&self, request: &Request, entry: Entry, keep: Keep) -> Body {
        let (Some(cache), Keep::Until(fresh_until)) = (self.cache(request), keep) else {
            return Body::Kept(entry);
        };
        let validators = entry.validators().clone();
        let url = request.url.clone();
        let about = About { url, validators, fetched_at: self.now, fresh_until };
        Body::Kept(cache.confirm(entry, about))
    }
}

impl Fetch for Client {
    fn fetch(&self, request: &Request) -> Result<Fetched, FetchError> {
        let (body, freshness) = self.obtain(request, Reuse::WhileFresh)?;
        let bytes = body.read().map_err(|error| FetchError {
            url: request.url.clone(),
            problem: body::unwritable(error),
        })?;
        Ok(Fetched { bytes, freshness })
    }
}

/// What a server came to.
enum Download {
    Body(Body),
    StillRight(Keep),
}

fn in_memory(draft: &Draft) -> Result<Download, FetchProblem> {
    draft.read().map(|bytes| Download::Body(Body::Memory(bytes))).map_err(body::unwritable)
}

fn validators(headers: &HeaderMap) -> Validators {
    let text = |name| Some(headers.get(name)?.to_str().ok()?.to_owned());
    Validators { etag: text(ETAG), last_modified: text(LAST_MODIFIED) }
}

/// Where a body goes as it comes.
enum Sink {
    Memory(Vec<u8>),
    Draft(Draft),
}

impl Sink {
    /// A file of the cache. A cache that cannot be written is no reason not to fetch.
    fn new(cache: Option<&Cache>) -> Self {
        match cache.map(Cache::draft) {
            Some(Ok(draft)) => Self::Draft(draft),
            Some(Err(error)) => {
                tracing::warn!(%error, "the cache cannot be written");
                Self::Memory(Vec::new())
            }
            None => Self::Memory(Vec::new()),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Memory(memory) => memory.write(bytes),
            Self::Draft(draft) => draft.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Memory(memory) => memory.flush(),
            Self::Draft(draft) => draft.flush(),
        }
    }
}
