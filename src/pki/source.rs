//! What a validation could use and does not have: the addresses that certificates name, and who fetches them.

use std::time::Duration;

mod wanted;

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

/// Who fetches. The caller decides whether anything may be fetched at all.
pub trait Fetch: Sync {
    /// Fetches the bytes, in DER: PEM is decoded where it stands in place of DER.
    ///
    /// # Errors
    /// [`FetchError`], which tells what is temporary from what is not.
    fn fetch(&self, request: &Request) -> Result<Vec<u8>, FetchError>;
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

/// What went wrong.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchProblem {
    /// The address is not one that may be followed.
    #[error("not followed: {reason}")]
    Address {
        /// Why.
        reason: String,
    },
    /// The connection could not be made, or broke.
    #[error("{detail}")]
    Connection {
        /// What the system said.
        detail: String,
    },
    /// The answer says no.
    #[error("the server answered {status}")]
    Status {
        /// The HTTP status or the LDAP result code.
        status: u16,
    },
    /// No answer in time.
    #[error("no whole answer in {} s", .limit.as_secs())]
    TimedOut {
        /// How long was waited.
        limit: Duration,
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
    /// The body is not what was asked for.
    #[error("the answer is not {expected}")]
    Unexpected {
        /// What it should be.
        expected: &'static str,
    },
}
