//! Whether a certificate is good: paths to a trust anchor, revocation lists and OCSP answers, as RFC 5280 section 6
//! and RFC 6960 have them.
//!
//! A [`Validator`] holds what is at hand (anchors, certificates, lists, answers); [`Validator::validate`] gives a [`Report`]
//! about one certificate at one instant. There is no clock, no network and no file here: instants are given, and so is
//! everything that was fetched.
//!
//! The verdict is one of three: [valid, invalid, indeterminate](Verdict). It follows from the findings and from the
//! options, and each [`Finding`] names its rule. Where several paths are possible all are tried, within a [`Budget`];
//! the first that is valid is reported, else the most telling of those that are not.
//!
//! What is not done: P-521 and Ed448; DSA without the feature `dsa`; compatibility decomposition of names (RFC 4518).

mod constraint;
mod demand;
mod entity;
mod entries;
mod finding;
mod list;
mod name;
mod ocsp;
mod options;
mod path;
mod peer;
mod pin;
mod policy;
pub mod profile;
mod report;
mod revocation;
#[cfg(test)]
mod sample;
mod search;
mod signature;
pub mod source;
mod status;
#[cfg(test)]
mod tests;
mod validator;

pub use demand::Demand;
pub use entity::Anchor;
pub use entries::{IndexedList, ListSigner, Lookup, LookupError};
pub use finding::{Fact, Finding, NameForm, Severity};
pub use list::ListRefusal;
pub use ocsp::{AnswerRefusal, CLOCK_AHEAD, LONGEST_WITHOUT_NEXT_UPDATE, Response};
pub use options::{
    Budget, Conformance, ExplicitPolicy, Legacy, Limit, Options, PolicyInputs, PolicyUse, Purpose,
    Revocation, RevocationScope,
};
pub use peer::Peer;
pub use pin::{PUBLICATION_POINT, Pin, PinnedRole, PinnedWorld};
pub use report::{NotChecked, Origin, PathElement, PathElementKind, Report, Verdict};
pub use revocation::{RevocationStatus, SourceFate, SourceRefusal, Status};
pub use signature::{LEAST_RSA_BITS, Weakness};
pub use status::{Question, Standing};
pub use validator::{Candidate, List, Validator};
