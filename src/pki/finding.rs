//! What a validation found: facts, each with a code that scripts may rely on and the rule it comes from.

use std::fmt;

use jiff::Timestamp;

use super::demand::Demand;
use super::options::Limit;
use super::signature::Weakness;
use crate::x509::{Environment, Oid, Reason};

/// One thing found about one certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// What it means for the verdict.
    pub severity: Severity,
    /// The certificate it is about, by its subject's name (RFC 4514).
    pub subject: String,
    /// What was found.
    pub fact: Fact,
}

impl Finding {
    /// The stable code: `pki.…`.
    pub fn code(&self) -> &'static str {
        self.fact.code()
    }

    /// The rule, by its clause: `RFC 5280 6.1.3(a)(2)`.
    pub fn rule(&self) -> &'static str {
        self.fact.rule()
    }

    /// A sentence for people.
    pub fn message(&self) -> String {
        self.fact.to_string()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.subject, self.fact, self.rule())
    }
}

/// What a finding means for the verdict, in growing order.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// Worth knowing.
    Warning,
    /// The verdict cannot be "valid".
    Indeterminate,
    /// The verdict is "invalid".
    Error,
}

impl Severity {
    /// As reports spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Indeterminate => "indeterminate",
            Self::Error => "error",
        }
    }
}

/// A form of names, as constraints distinguish them (RFC 5280 §4.2.1.10).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum NameForm {
    /// directoryName.
    Directory,
    /// dNSName.
    Dns,
    /// rfc822Name.
    Email,
    /// iPAddress.
    Ip,
    /// otherName.
    Other,
    /// registeredID.
    RegisteredId,
    /// uniformResourceIdentifier.
    Uri,
    /// x400Address, ediPartyName, or a name that cannot be read.
    Unread,
}

impl fmt::Display for NameForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Directory => "directoryName",
            Self::Dns => "dNSName",
            Self::Email => "rfc822Name",
            Self::Ip => "iPAddress",
            Self::Other => "otherName",
            Self::RegisteredId => "registeredID",
            Self::Uri => "uniformResourceIdentifier",
            Self::Unread => "unreadable or unsupported",
        })
    }
}

/// What was found.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Fact {
    /// The algorithm beside the signature is not the one that was signed.
    #[error("the algorithm beside the signature is not the one inside it")]
    AlgorithmsDiffer,
    /// A limit of the budget was reached before the answer was known.
    #[error("{} ended the search", limit_name(*.0))]
    Budget(Limit),
    /// It says that it is of another environment of IGC-Santé than the one that is trusted.
    #[error("issued in the environment {}, where {} is trusted", .found.name(), .trusted.name())]
    OtherEnvironment {
        /// What it says.
        found: Environment,
        /// What the caller trusts.
        trusted: Environment,
    },
    /// The key's extensions do not let it sign certificates.
    #[error("keyUsage of the issuer does not allow keyCertSign")]
    CertSignMissing,
    /// A name constraint that cannot be applied to a name of its form that appears.
    #[error("a name of form {0} appears and is constrained in a way that is not supported")]
    ConstraintUnsupported(NameForm),
    /// A date that is none.
    #[error("a date of validity cannot be read")]
    DateUnreadable,
    /// A demand of RFC 5280 section 4 on issuers.
    #[error("{0}")]
    Demand(Demand),
    /// An extension that stands there twice.
    #[error("extension {0} appears more than once")]
    DuplicateExtension(Oid),
    /// The instant is after the end of validity.
    #[error("expired on {not_after}")]
    Expired {
        /// End of validity.
        not_after: Timestamp,
    },
    /// An extension that the validation needs and cannot read.
    #[error("extension {0} cannot be read")]
    ExtensionUnreadable(Oid),
    /// The public key cannot be read.
    #[error("the public key cannot be read")]
    KeyUnreadable,
    /// keyUsage does not allow the purpose.
    #[error("keyUsage does not allow the purpose {purpose}")]
    KeyUsage {
        /// The purpose, as the command line spells it.
        purpose: &'static str,
    },
    /// A name inside an excluded subtree.
    #[error("{form} {name:?} is inside an excluded subtree")]
    NameExcluded {
        /// Its form.
        form: NameForm,
        /// The name.
        name: String,
    },
    /// A name outside the permitted subtrees of its form.
    #[error("{form} {name:?} is outside the permitted subtrees")]
    NameNotPermitted {
        /// Its form.
        form: NameForm,
        /// The name.
        name: String,
    },
    /// No anchor was given.
    #[error("there is no trust anchor to build a path to")]
    NoAnchor,
    /// No candidate bears the issuer's name.
    #[error("the issuer {issuer} is not among the certificates at hand")]
    NoIssuer {
        /// The issuer's name.
        issuer: String,
    },
    /// An OCSP answer that does not repeat the nonce of its request.
    #[error("the OCSP answer does not repeat the nonce of its request")]
    NonceAbsent,
    /// An intermediate that is not the certificate of an authority.
    #[error("issues certificates without being an authority (basicConstraints)")]
    NotAuthority,
    /// The instant is before the start of validity.
    #[error("not valid before {not_before}")]
    NotYetValid {
        /// Start of validity.
        not_before: Timestamp,
    },
    /// More intermediates below than an authority admits.
    #[error("more intermediates than pathLenConstraint admits")]
    PathLength,
    /// The subject does not carry a name asked for.
    #[error("does not carry the name {name:?}")]
    PeerName {
        /// The name asked for.
        name: String,
    },
    /// A mapping from or to anyPolicy.
    #[error("policyMappings maps from or to anyPolicy")]
    PolicyMappingOfAny,
    /// A policy is required and none is valid.
    #[error("a policy is required, and none is valid along the path")]
    PolicyRequired,
    /// extKeyUsage does not allow the purpose.
    #[error("extKeyUsage does not allow the purpose {purpose}")]
    Purpose {
        /// The purpose, as the command line spells it.
        purpose: &'static str,
    },
    /// The certificate is revoked.
    #[error("revoked on {at} ({reason})")]
    Revoked {
        /// revocationDate.
        at: Timestamp,
        /// reasonCode.
        reason: Reason,
    },
    /// Its revocation status is not known.
    #[error("no usable revocation list or OCSP answer says whether it is revoked")]
    RevocationUnknown,
    /// The signature is not that of the issuer's key.
    #[error("the signature is not that of {issuer}")]
    SignatureWrong {
        /// The issuer's name.
        issuer: String,
    },
    /// A signature that this crate cannot verify.
    #[error("signature algorithm {0}, or its key or parameters, is not supported")]
    SignatureUnsupported(Oid),
    /// The only lists about the certificate are those that its own key signs.
    #[error("its status rests on a list that its own key signs")]
    StatusBySelf,
    /// A longer path than was admitted.
    #[error("more than {most} intermediates")]
    TooLong {
        /// Intermediates admitted.
        most: usize,
    },
    /// A critical extension that this crate does not process.
    #[error("critical extension {0} is not known")]
    UnknownCritical(Oid),
    /// The path ends at a self-signed certificate that is no anchor.
    #[error("the path ends at {root}, which is not trusted")]
    UntrustedRoot {
        /// Its name.
        root: String,
    },
    /// A weak signature.
    #[error("signed with {}", weakness_name(*.0))]
    Weak(Weakness),
    /// A weak signature of a list or an answer on which the status rests.
    #[error("its status rests on a list or an answer signed with {}", weakness_name(*.0))]
    WeakSource(Weakness),
    /// A weak key, whatever it signs.
    #[error("its RSA key has {bits} bits")]
    WeakKey {
        /// The size of its modulus.
        bits: usize,
    },
}

fn limit_name(limit: Limit) -> &'static str {
    match limit {
        Limit::Comparisons => "the limit on comparisons with name constraints",
        Limit::Depth => "the limit on the length of a path",
        Limit::Paths => "the limit on paths",
        Limit::Policies => "the limit on policies",
        Limit::Signatures => "the limit on signatures",
        Limit::Steps => "the limit on steps",
    }
}

fn weakness_name(weakness: Weakness) -> String {
    match weakness {
        Weakness::Dsa { bits } => format!("DSA ({bits} bits)"),
        Weakness::RsaKey { bits } => format!("an RSA key of {bits} bits"),
        Weakness::Sha1 => "SHA-1".to_owned(),
    }
}

impl Fact {
    /// The stable code: `pki.…`.
    pub fn code(&self) -> &'static str {
        self.table().0
    }

    /// The rule, by its clause.
    pub fn rule(&self) -> &'static str {
        self.table().1
    }

    /// How much it tells about why a path fails, when several do: a path that reached an anchor tells more than one
    /// that did not, and a revocation most.
    pub(super) fn telling(&self) -> u8 {
        match self {
            Self::NoAnchor | Self::NoIssuer { .. } => 1,
            Self::UntrustedRoot { .. } => 2,
            Self::TooLong { .. } | Self::SignatureWrong { .. } => 3,
            Self::SignatureUnsupported(_) | Self::Budget(_) => 4,
            Self::Revoked { .. } => 6,
            _ => 5,
        }
    }

    fn table(&self) -> (&'static str, &'static str) {
        match self {
            Self::AlgorithmsDiffer => ("pki.signature.algorithms_differ", "RFC 5280 4.1.1.2"),
            Self::Budget(limit) => match limit {
                Limit::Comparisons => ("pki.budget.names", "RFC 5280 6.1.3(b)"),
                Limit::Depth => ("pki.budget.depth", "RFC 5280 6.1"),
                Limit::Paths => ("pki.budget.paths", "RFC 5280 6.1"),
                Limit::Policies => ("pki.budget.policies", "RFC 9618 3"),
                Limit::Signatures => ("pki.budget.signatures", "RFC 5280 6.1"),
                Limit::Steps => ("pki.budget.steps", "RFC 5280 6.1"),
            },
            Self::CertSignMissing => ("pki.key_usage.cert_sign", "RFC 5280 6.1.4(n)"),
            Self::ConstraintUnsupported(_) => ("pki.name.unsupported", "RFC 5280 4.2.1.10"),
            Self::DateUnreadable => ("pki.validity.unreadable", "RFC 5280 4.1.2.5"),
            Self::Demand(demand) => (demand.code(), demand.rule()),
            Self::DuplicateExtension(_) => ("pki.extension.duplicate", "RFC 5280 4.2"),
            Self::Expired { .. } => ("pki.validity.expired", "RFC 5280 6.1.3(a)(2)"),
            Self::ExtensionUnreadable(_) => ("pki.extension.unreadable", "RFC 5280 4.2"),
            Self::KeyUnreadable => ("pki.key.unreadable", "RFC 5280 4.1.2.7"),
            Self::KeyUsage { .. } => ("pki.key_usage.purpose", "RFC 5280 4.2.1.3"),
            Self::NameExcluded { .. } => ("pki.name.excluded", "RFC 5280 6.1.3(c)"),
            Self::NameNotPermitted { .. } => ("pki.name.not_permitted", "RFC 5280 6.1.3(b)"),
            Self::NoAnchor => ("pki.path.no_anchor", "RFC 5280 6.1.1(d)"),
            Self::NoIssuer { .. } => ("pki.path.no_issuer", "RFC 5280 6.1.3(a)(4)"),
            Self::NonceAbsent => ("pki.revocation.nonce_absent", "RFC 9654 2.1"),
            Self::NotAuthority => ("pki.basic_constraints.not_authority", "RFC 5280 6.1.4(k)"),
            Self::NotYetValid { .. } => ("pki.validity.not_yet", "RFC 5280 6.1.3(a)(2)"),
            Self::OtherEnvironment { .. } => ("igc.environment", "IGC-Santé fact sheet 1"),
            Self::PathLength => ("pki.basic_constraints.path_length", "RFC 5280 6.1.4(l)"),
            Self::PeerName { .. } => ("pki.name.mismatch", "RFC 9525 6"),
            Self::PolicyMappingOfAny => ("pki.policy.mapping_of_any", "RFC 5280 6.1.4(a)"),
            Self::PolicyRequired => ("pki.policy.required", "RFC 5280 6.1.5(g)"),
            Self::Purpose { .. } => ("pki.purpose", "RFC 5280 4.2.1.12"),
            Self::Revoked { .. } => ("pki.revoked", "RFC 5280 6.3.3"),
            Self::RevocationUnknown => ("pki.revocation.unknown", "RFC 5280 6.1.3(a)(3)"),
            Self::SignatureWrong { .. } => ("pki.signature.wrong", "RFC 5280 6.1.3(a)(1)"),
            Self::SignatureUnsupported(_) => ("pki.signature.unsupported", "RFC 5280 6.1.3(a)(1)"),
            Self::StatusBySelf => ("pki.revocation.by_self", "RFC 5280 6.3.3(f)"),
            Self::TooLong { .. } => ("pki.path.too_long", "RFC 5280 6.1"),
            Self::UnknownCritical(_) => ("pki.extension.unknown_critical", "RFC 5280 6.1.4(o)"),
            Self::UntrustedRoot { .. } => ("pki.path.untrusted_root", "RFC 5280 6.1"),
            Self::Weak(Weakness::Dsa { .. }) => ("pki.weak.dsa", "FIPS 186-5 1"),
            Self::Weak(Weakness::RsaKey { .. }) => ("pki.weak.rsa_key", "NIST SP 800-131A 3"),
            Self::WeakSource(_) => ("pki.revocation.weak", "NIST SP 800-131A 3"),
            Self::WeakKey { .. } => ("pki.weak.key", "NIST SP 800-131A 3"),
            Self::Weak(Weakness::Sha1) => ("pki.weak.sha1", "NIST SP 800-131A 9"),
        }
    }
}
