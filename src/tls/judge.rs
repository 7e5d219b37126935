//! Whether the other side of a connection is to be trusted: asked by both sides of the door, answered by the caller, who
//! has the anchors, the clock and the network.

use std::fmt;

use crate::pki::{Peer, Report};
use crate::x509::Certificate;

/// Gives the verdict on the other side of a connection. Only [valid](crate::pki::Verdict::Valid) lets it in.
///
/// It may fetch what the report lacks, and so take its time. It is asked again for each connection, resumed ones too: a
/// certificate ends, or is revoked, while sessions live on.
pub trait Judge: fmt::Debug + Send + Sync {
    /// Judges what the other side showed.
    fn judge(&self, shown: &Shown<'_>) -> Report;
}

/// What the other side of a connection showed of itself. The possession of the key is proven elsewhere.
#[derive(Clone, Debug)]
pub struct Shown<'s> {
    /// Its certificate.
    pub leaf: &'s Certificate,
    /// What it sent to help with the path, in its order; what cannot be read of these is left out.
    pub others: &'s [Certificate],
    /// The OCSP response that it stapled, DER, unread.
    pub ocsp: Option<&'s [u8]>,
    /// Which side it is.
    pub party: Party,
}

/// A side of a connection, with the name it must carry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Party {
    /// Who connects; whoever it is.
    Client,
    /// Who answers.
    Server(Peer),
}
