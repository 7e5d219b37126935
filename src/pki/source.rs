//! What a validation could use and does not have: the addresses that certificates name, and who fetches them.

use std::net::IpAddr;
use std::time::Duration;

mod wanted;

use jiff::Timestamp;

pub use wanted::{Question, Source, of_issuers, of_status};

/// Something that a certificate names and that may be fetched.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Request {
    /// Where: `http`, `https` or `ldap`.
    pub url: String,
    /// What is expected there.
    pub what: What,
}

/// What is expected at an address.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// Certificates of an issuer (caIssuers): DER, or PKCS#7 without signers.
    Issuers,
    /// A complete list, or whatever the address itself names.
    List,
    /// A delta list.
    DeltaList,
    /// The answer to an OCSP request, given in DER.
    Status {
        /// The request.
        request: Vec<u8>,
    },
}

/// What was fetched.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fetched {
    /// The bytes, in DER: PEM is decoded where it stands in place of DER. Nothing about them is proven.
    pub bytes: Vec<u8>,
    /// How new they are.
    pub freshness: Freshness,
}

/// How new something fetched is, by what its server says of it. A list's own dates are the caller's to judge.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Freshness {
    /// The server gave it, or confirmed it, just now.
    Current,
    /// Kept from an earlier fetch, and its server said that it may be used for that long.
    Cached {
        /// When the server last gave or confirmed it.
        fetched_at: Timestamp,
    },
    /// Kept from an earlier fetch, and used because nothing newer could be had.
    Fallback {
        /// When the server last gave or confirmed it.
        fetched_at: Timestamp,
        /// Why nothing newer could be had.
        problem: FetchProblem,
    },
}

/// Who fetches. The caller decides whether anything may be fetched at all.
pub trait Fetch: Sync {
    /// Fetches what is asked for.
    ///
    /// # Errors
    /// [`FetchError`], which tells what is temporary from what is not.
    fn fetch(&self, request: &Request) -> Result<Fetched, FetchError>;
}

/// Why nothing was fetched.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{url}: {problem}")]
pub struct FetchError {
    /// The address asked for.
    pub url: String,
    /// What went wrong there.
    pub problem: FetchProblem,
}

impl FetchError {
    /// Whether a later try may succeed.
    pub fn is_temporary(&self) -> bool {
        self.problem.is_temporary()
    }
}

/// What went wrong.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchProblem {
    /// The entry of the directory has no such attribute, or there is no such entry.
    #[error("the directory has no such entry or attribute")]
    Absent,
    /// The address is not one that may be followed.
    #[error("not followed: {0}")]
    Address(#[from] AddressProblem),
    /// The connection could not be made, or broke.
    #[error("{detail}")]
    Connection {
        /// What the system said.
        detail: String,
    },
    /// The directory says no.
    #[error("the directory answered with result code {code}")]
    Directory {
        /// The result code (RFC 4511 §4.1.9).
        code: u32,
    },
    /// Nothing may be fetched, and nothing was kept from an earlier fetch.
    #[error("nothing kept from an earlier fetch, and fetching is not allowed")]
    Offline,
    /// The server says no.
    #[error("the server answered {status}")]
    Status {
        /// The HTTP status.
        status: u16,
    },
    /// What came cannot be kept, or what was kept cannot be read.
    #[error("the cache: {detail}")]
    Storage {
        /// What the system said.
        detail: String,
    },
    /// No answer in time.
    #[error("no whole answer in {} s", .limit.as_secs_f32())]
    TimedOut {
        /// How long was waited.
        limit: Duration,
    },
    /// No secure connection could be agreed on, or the server is not who it should be.
    #[error("no secure connection: {detail}")]
    Tls {
        /// What the TLS library said.
        detail: String,
    },
    /// More bytes than are taken.
    #[error("more than {limit} bytes")]
    TooLarge {
        /// The most that is taken.
        limit: u64,
    },
    /// More redirects than are followed.
    #[error("more than {limit} redirects")]
    TooManyRedirects {
        /// The most that are followed.
        limit: u8,
    },
    /// The body ends before it should.
    #[error("cut after {received} bytes")]
    Truncated {
        /// How many bytes came.
        received: u64,
    },
    /// The body is not what was asked for.
    #[error("the answer is not {expected}")]
    Unexpected {
        /// What it should be.
        expected: &'static str,
    },
}

impl FetchProblem {
    /// Whether a later try may succeed: the network, or a server that is overloaded or broken (RFC 9110 §15.5.9 and §15.6,
    /// RFC 6585 §4, RFC 4511 A.2).
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Connection { .. } | Self::TimedOut { .. } | Self::Truncated { .. } => true,
            Self::Status { status } => matches!(status, 408 | 429 | 500..=599),
            // timeLimitExceeded, busy, unavailable.
            Self::Directory { code } => matches!(code, 3 | 51 | 52),
            _ => false,
        }
    }
}

/// Why an address is not followed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressProblem {
    /// A character that no address contains.
    #[error("a control character")]
    Control,
    /// A part of an LDAP address that asks for more than one attribute of one entry.
    #[error(
        "`{part}` is not an attribute that holds lists or certificates, or not the scope `base`"
    )]
    Directory {
        /// The part.
        part: String,
    },
    /// Not an address.
    #[error("not an address")]
    Malformed,
    /// It leads into a network that is not the public one.
    #[error("{address} is not a public address")]
    NotPublic {
        /// Where it leads.
        address: IpAddr,
    },
    /// A number that some systems read as an IPv4 address, and others do not.
    #[error("`{host}` is neither a name nor an IPv4 address of four decimal numbers")]
    NumericHost {
        /// The host.
        host: String,
    },
    /// Neither `http`, nor `https`, nor `ldap`; in a redirect, neither `http` nor `https`.
    #[error("`{scheme}` is not a scheme that is followed")]
    Scheme {
        /// The scheme.
        scheme: String,
    },
    /// A user name or a password.
    #[error("a user name in it")]
    UserInfo,
}
