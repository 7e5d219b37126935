//! What is asked of a validation: the inputs of RFC 5280 §6.1.1, and how strict to be. Each default is in its field's
//! documentation.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::finding::Severity;
use super::peer::Peer;
use crate::x509::{KeyUse, Oid, oid};

/// The inputs of a validation.
#[derive(Clone, Debug)]
pub struct Options {
    /// The instant judged (RFC 5280 §6.1.1(b)).
    pub at: Timestamp,
    /// What the subject's key is to be used for. Default: [`Purpose::Any`].
    pub purpose: Purpose,
    /// The inputs about policies. Default: any policy, none required.
    pub policies: PolicyInputs,
    /// The longest path admitted, subject and anchor not counted. Default: no limit but that of the [budget](Budget).
    pub max_intermediates: Option<usize>,
    /// What an unknown revocation status means. Default: [`Revocation::Require`].
    pub revocation: Revocation,
    /// Whose status is asked. Default: [`RevocationScope::Chain`].
    pub scope: RevocationScope,
    /// What breaking RFC 5280 section 4 means. Default: [`Conformance::Lenient`].
    pub conformance: Conformance,
    /// Whether weak algorithms are admitted. Default: [`Legacy::Refused`].
    pub legacy: Legacy,
    /// The names the subject must carry, each of them. Default: none.
    pub peers: Vec<Peer>,
    /// How much work hostile input may cause. Default: [`Budget::default`].
    pub budget: Budget,
}

impl Options {
    /// The defaults, at an instant.
    pub fn at(at: Timestamp) -> Self {
        Self {
            at,
            purpose: Purpose::Any,
            policies: PolicyInputs::default(),
            max_intermediates: None,
            revocation: Revocation::Require,
            scope: RevocationScope::Chain,
            conformance: Conformance::Lenient,
            legacy: Legacy::Refused,
            peers: Vec::new(),
            budget: Budget::default(),
        }
    }

    /// What a demand that is not kept, or an extension that nothing depends on and cannot be read, amounts to.
    pub(super) fn demanded(&self) -> Severity {
        match self.conformance {
            Conformance::Lenient => Severity::Warning,
            Conformance::Strict => Severity::Error,
        }
    }

    /// What a weak signature or key amounts to.
    pub(super) fn weak(&self) -> Severity {
        match self.legacy {
            Legacy::DangerAllowed => Severity::Warning,
            Legacy::Refused => Severity::Error,
        }
    }
}

/// What a key is to be used for.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Purpose {
    /// Whatever it allows.
    #[default]
    Any,
    /// To be the client of a TLS connection.
    Client,
    /// To protect e-mail.
    Email,
    /// To encrypt for its holder.
    Encryption,
    /// To be the server of a TLS connection.
    Server,
    /// To sign documents.
    Signature,
}

impl Purpose {
    /// The extended key usage that allows it, where one is defined (RFC 5280 §4.2.1.12).
    pub(super) fn extended(self) -> Option<&'static str> {
        match self {
            Self::Client => Some(oid::CLIENT_AUTH),
            Self::Email => Some(oid::EMAIL_PROTECTION),
            Self::Server => Some(oid::SERVER_AUTH),
            Self::Any | Self::Encryption | Self::Signature => None,
        }
    }

    /// The key usages of which one is enough (RFC 5280 §4.2.1.3 and §4.2.1.12).
    pub(super) fn usages(self) -> &'static [KeyUse] {
        use KeyUse::{
            DataEncipherment, DigitalSignature, KeyAgreement, KeyEncipherment, NonRepudiation,
        };
        match self {
            Self::Any => &[],
            Self::Client => &[DigitalSignature, KeyAgreement],
            Self::Email => &[DigitalSignature, NonRepudiation, KeyEncipherment, KeyAgreement],
            Self::Encryption => &[KeyEncipherment, DataEncipherment, KeyAgreement],
            Self::Server => &[DigitalSignature, KeyEncipherment, KeyAgreement],
            Self::Signature => &[DigitalSignature, NonRepudiation],
        }
    }

    /// As the command line spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Client => "client",
            Self::Email => "email",
            Self::Encryption => "encryption",
            Self::Server => "server",
            Self::Signature => "signature",
        }
    }
}

/// The inputs about policies (RFC 5280 §6.1.1(c), (e), (f), (g)).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PolicyInputs {
    /// user-initial-policy-set; empty for any policy.
    pub initial: BTreeSet<Oid>,
    /// initial-explicit-policy.
    pub explicit: ExplicitPolicy,
    /// initial-policy-mapping-inhibit.
    pub mapping: PolicyUse,
    /// initial-any-policy-inhibit.
    pub any_policy: PolicyUse,
}

/// Whether the path must be valid for one of the policies asked for.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum ExplicitPolicy {
    /// Only if a certificate of the path requires it.
    #[default]
    NotRequired,
    /// It must.
    Required,
}

/// Whether mappings, or anyPolicy, count.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum PolicyUse {
    /// Until a certificate of the path inhibits them.
    #[default]
    Allowed,
    /// Never.
    Inhibited,
}

/// What an unknown revocation status means.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Revocation {
    /// Status is not asked.
    Off,
    /// Unknown is a warning.
    Prefer,
    /// Unknown is indeterminate.
    #[default]
    Require,
}

/// Whose status is asked.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum RevocationScope {
    /// Of each certificate below the anchor.
    #[default]
    Chain,
    /// Of the subject only.
    Leaf,
}

/// What breaking RFC 5280 section 4 means.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Conformance {
    /// A warning.
    #[default]
    Lenient,
    /// An error.
    Strict,
}

/// Whether [weak](super::Weakness) algorithms are admitted.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Legacy {
    /// They are, each said as a warning. The health PKI of 2004 needs it (IGC-Santé fact sheet §9); it proves little.
    DangerAllowed,
    /// They are not.
    #[default]
    Refused,
}

/// How much work one validation may cost; what goes beyond ends in a finding that names the limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Budget {
    /// Signatures verified.
    pub signatures: usize,
    /// Paths that reached an anchor.
    pub paths: usize,
    /// Steps of the search from a certificate to an issuer.
    pub steps: usize,
    /// Certificates of a path.
    pub depth: usize,
    /// Names compared with name constraints.
    pub comparisons: usize,
    /// Nodes and edges of a policy graph.
    pub policies: usize,
}

impl Default for Budget {
    /// 4,000 signatures, 200 paths, 50,000 steps, 64 certificates, 250,000 comparisons, 50,000 nodes and edges.
    fn default() -> Self {
        Self {
            signatures: 4_000,
            paths: 200,
            steps: 50_000,
            depth: 64,
            comparisons: 250_000,
            policies: 50_000,
        }
    }
}

/// A limit of a [`Budget`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Limit {
    /// [`Budget::comparisons`].
    Comparisons,
    /// [`Budget::depth`].
    Depth,
    /// [`Budget::paths`].
    Paths,
    /// [`Budget::policies`].
    Policies,
    /// [`Budget::signatures`].
    Signatures,
    /// [`Budget::steps`].
    Steps,
}

/// What is left of a [`Budget`].
#[derive(Clone, Debug)]
pub(super) struct Meter(Budget);

/// A limit was reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Exhausted(pub(super) Limit);

impl Meter {
    pub(super) fn new(budget: Budget) -> Self {
        Self(budget)
    }

    /// The greatest number of certificates of a path: not spent, but compared with.
    pub(super) fn depth(&self) -> usize {
        self.0.depth
    }

    /// Spends some of a limit.
    pub(super) fn spend(&mut self, limit: Limit, amount: usize) -> Result<(), Exhausted> {
        let left = match limit {
            Limit::Comparisons => &mut self.0.comparisons,
            Limit::Depth => &mut self.0.depth,
            Limit::Paths => &mut self.0.paths,
            Limit::Policies => &mut self.0.policies,
            Limit::Signatures => &mut self.0.signatures,
            Limit::Steps => &mut self.0.steps,
        };
        *left = left.checked_sub(amount).ok_or(Exhausted(limit))?;
        Ok(())
    }
}
