//! What came back against what was ordered (platform fact sheet §13, rule 2): names, category, usage, key, validity.

use super::journal::KeyHash;
use super::want::{Breach, Want};
use crate::x509::Certificate;

/// What a certificate departs in from its order. The chain and the status are not looked at here.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Departures {
    /// It is not what was ordered: it is refused.
    pub grave: Vec<Breach>,
    /// To be said: what rests on inferred rules.
    pub doubtful: Vec<Breach>,
}

/// Compares; `key` is the public half of the key it was ordered for, when that is known.
pub fn departures(_found: &Certificate, _want: &Want, _key: Option<KeyHash>) -> Departures {
    todo!()
}
