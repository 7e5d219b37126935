//! One revocation list: what it is about, whether it is current, and what it says of a certificate
//! (RFC 5280 §5 and §6.3.3).

use std::collections::BTreeSet;
use std::thread;

use jiff::Timestamp;

use super::entries::{Entries, IndexedList, Walks};
use super::name::NormalName;
use super::report::Origin;
use super::revocation::Dated;
use super::signature::{SignatureError, Weakness};
use crate::x509::{
    Attribute, Certificate, CertificateKinds, Crl, CrlEntries, DateKind, DerError,
    DistributionPoint, GeneralName, IssuingDistributionPoint, Oid, Reason, Role, Serial, X509Error,
    oid,
};

/// Why a list does not count for a certificate.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ListRefusal {
    /// The algorithm beside the signature is not the one that was signed.
    #[error("the algorithm beside the signature is not the one inside it")]
    AlgorithmsDiffer,
    /// authorityKeyIdentifier is not there (RFC 5280 §5.2.1); with strictness only.
    #[error("authorityKeyIdentifier is not there")]
    AuthorityKeyMissing,
    /// An entry cannot be read, so that none can be trusted to be found.
    #[error("an entry cannot be read: {0}")]
    BrokenEntry(DerError),
    /// A date before 2050 in GeneralizedTime (RFC 5280 §5.1.2.4); with strictness only.
    #[error("a date before 2050 is not in UTCTime")]
    DateForm,
    /// A delta list for which no complete list is at hand.
    #[error("a delta list without the complete list it amends")]
    DeltaWithoutBase,
    /// An extension that stands there twice.
    #[error("extension {0} appears more than once")]
    DuplicateExtension(Oid),
    /// Its entries were indexed, and neither index nor list can be read any more.
    #[error("its entries cannot be had any more")]
    EntriesLost,
    /// An extension that cannot be read.
    #[error("extension {0} cannot be read")]
    ExtensionUnreadable(Oid),
    /// `thisUpdate` is after the instant.
    #[error("not issued before {this_update}")]
    NotYet {
        /// thisUpdate.
        this_update: Timestamp,
    },
    /// There is no `nextUpdate`, which RFC 5280 §5.1.2.5 demands.
    #[error("does not say until when it counts")]
    NoNextUpdate,
    /// No certificate at hand has the list's issuer as its subject and may sign lists.
    #[error("nobody at hand signs lists as {issuer}")]
    NoSigner {
        /// The list's issuer.
        issuer: String,
    },
    /// cRLNumber is critical, or not there (RFC 5280 §5.2.3); with strictness only.
    #[error("cRLNumber is not there, or is critical")]
    NumberForm,
    /// It is about other certificates, or another distribution point.
    #[error("about other certificates, or another distribution point")]
    Scope,
    /// issuingDistributionPoint or deltaCRLIndicator is not critical (RFC 5280 §5.2.4, §5.2.5); with strictness only.
    #[error("an extension that limits the list is not critical")]
    ScopeForm,
    /// Its signature is not that of any signer at hand.
    #[error("the signature is not that of its issuer")]
    SignatureWrong,
    /// The certificate of its signer has no valid path to the same anchor.
    #[error("its signer has no valid path to the same anchor")]
    SignerUntrusted,
    /// `nextUpdate` is before the instant.
    #[error("stale since {next_update}")]
    Stale {
        /// nextUpdate.
        next_update: Timestamp,
    },
    /// A newer list of the same scope counts.
    #[error("a newer list of the same scope counts")]
    Superseded,
    /// A critical extension, of the list or of an entry, that this crate does not process.
    #[error("critical extension {0} is not known")]
    UnknownCritical(Oid),
    /// A weak signature, where these are refused.
    #[error("weakly signed")]
    Weak,
}

impl ListRefusal {
    /// The stable code: `pki.crl.…`.
    pub fn code(&self) -> &'static str {
        self.table().0
    }

    /// The rule, by its clause.
    pub fn rule(&self) -> &'static str {
        self.table().1
    }

    fn table(&self) -> (&'static str, &'static str) {
        match self {
            Self::AlgorithmsDiffer => ("pki.crl.algorithms_differ", "RFC 5280 5.1.1.2"),
            Self::AuthorityKeyMissing => ("pki.crl.authority_key", "RFC 5280 5.2.1"),
            Self::BrokenEntry(_) => ("pki.crl.entry", "RFC 5280 5.1.2.6"),
            Self::DateForm => ("pki.crl.date_form", "RFC 5280 5.1.2.4"),
            Self::DeltaWithoutBase => ("pki.crl.delta_without_base", "RFC 5280 5.2.4"),
            Self::DuplicateExtension(_) => ("pki.crl.extension.duplicate", "RFC 5280 4.2"),
            Self::EntriesLost => ("pki.crl.entries_lost", "RFC 5280 6.3.3"),
            Self::ExtensionUnreadable(_) => ("pki.crl.extension.unreadable", "RFC 5280 5.2"),
            Self::NotYet { .. } => ("pki.crl.not_yet", "RFC 5280 5.1.2.4"),
            Self::NoNextUpdate => ("pki.crl.no_next_update", "RFC 5280 5.1.2.5"),
            Self::NoSigner { .. } => ("pki.crl.no_signer", "RFC 5280 6.3.3(f)"),
            Self::NumberForm => ("pki.crl.number", "RFC 5280 5.2.3"),
            Self::Scope => ("pki.crl.scope", "RFC 5280 6.3.3(b)"),
            Self::ScopeForm => ("pki.crl.scope_form", "RFC 5280 5.2.5"),
            Self::SignatureWrong => ("pki.crl.signature", "RFC 5280 6.3.3(g)"),
            Self::SignerUntrusted => ("pki.crl.signer_untrusted", "RFC 5280 6.3.3(f)"),
            Self::Stale { .. } => ("pki.crl.stale", "RFC 5280 6.3.3(a)"),
            Self::Superseded => ("pki.crl.superseded", "RFC 5280 6.3.3(a)"),
            Self::UnknownCritical(_) => ("pki.crl.extension.unknown_critical", "RFC 5280 5.2"),
            Self::Weak => ("pki.crl.weak", "NIST SP 800-131A 9"),
        }
    }
}

/// A list, with what is compared of it made ready.
#[derive(Debug)]
pub(super) struct ListNode<'a> {
    pub(super) crl: Crl<'a>,
    pub(super) origin: Origin,
    pub(super) issuer: NormalName,
    frame: Result<Frame, ListRefusal>,
    entries: Entries<'a>,
}

/// The extensions of a list that can be used.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) scope: Option<IssuingDistributionPoint>,
    pub(super) number: Option<Number>,
    /// The number of the list that a delta list amends.
    pub(super) base: Option<Number>,
    pub(super) authority_key: Option<Vec<u8>>,
}

/// A cRLNumber: shorter is less, then byte by byte.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Number(usize, Vec<u8>);

impl From<Vec<u8>> for Number {
    fn from(magnitude: Vec<u8>) -> Self {
        Self(magnitude.len(), magnitude)
    }
}

/// A set of reasons, as the bits of ReasonFlags (RFC 5280 §4.2.1.13).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Reasons(u16);

impl Reasons {
    pub(super) const NONE: Self = Self(0);
    /// keyCompromise (1) to aACompromise (8); bit 0 is unused.
    pub(super) const ALL: Self = Self(0x7F80);

    fn of(bits: Option<&Vec<u8>>) -> Self {
        let Some(bits) = bits else { return Self::ALL };
        let octet = |index| bits.get(index).copied().unwrap_or(0);
        Self(u16::from_be_bytes([octet(0), octet(1)]) & Self::ALL.0)
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What a list says of a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Word {
    /// It is listed, with its date and the reason given.
    Listed(Timestamp, Reason),
    /// It is not.
    NotListed,
}

/// The certificate that lists are asked about.
pub(super) struct Asked<'c> {
    pub(super) issuer: &'c NormalName,
    pub(super) serial: &'c Serial,
    /// `None` when the certificate is not at hand.
    role: Option<Role>,
    points: Vec<DistributionPoint>,
}

impl<'c> Asked<'c> {
    pub(super) fn about(certificate: &'c Certificate, issuer: &'c NormalName) -> Self {
        let constraints = certificate.basic_constraints().ok().flatten();
        // Points that cannot be read are none: what is left is the list of the issuer.
        let points = certificate.crl_distribution_points().ok().flatten().unwrap_or_default();
        Self {
            issuer,
            serial: certificate.serial(),
            role: Some(constraints.map_or(Role::EndEntity, |constraints| constraints.role)),
            points,
        }
    }

    /// A certificate of which no more is known than who issued it under which number.
    pub(super) fn by_number(issuer: &'c NormalName, serial: &'c Serial) -> Self {
        Self { issuer, serial, role: None, points: Vec::new() }
    }
}

impl<'a> ListNode<'a> {
    pub(super) fn new(crl: Crl<'a>, origin: Origin) -> Self {
        let issuer = NormalName::of(crl.issuer());
        let frame = Frame::of(&crl);
        Self { crl, origin, issuer, frame, entries: Entries::Listed(Walks::default()) }
    }

    pub(super) fn indexed(list: IndexedList<'a>) -> Self {
        let IndexedList { frame, origin, signer, entries: lookup } = list;
        let entries = Entries::Sealed { signer, lookup };
        Self { entries, ..Self::new(frame, origin) }
    }

    /// What is known already of the signature by a key (SHA-256 of its SubjectPublicKeyInfo): of a list that was
    /// verified before, all.
    pub(super) fn known_signature(
        &self,
        key_id: [u8; 32],
    ) -> Option<Result<Vec<Weakness>, SignatureError>> {
        match &self.entries {
            Entries::Listed(_) => None,
            Entries::Sealed { signer, .. } if signer.key_id == key_id => {
                Some(Ok(signer.weaknesses.clone()))
            }
            Entries::Sealed { .. } => Some(Err(SignatureError::Wrong)),
        }
    }

    pub(super) fn frame(&self) -> Result<&Frame, ListRefusal> {
        self.frame.as_ref().map_err(Clone::clone)
    }

    /// Where it comes from, with its dates.
    pub(super) fn dated(&self) -> Dated {
        Dated {
            origin: self.origin.clone(),
            this_update: self.crl.this_update().instant,
            next_update: self.crl.next_update().map(|date| date.instant),
        }
    }

    /// Whether it is, or may be, of the issuer of the certificate or of one that its distribution points name.
    pub(super) fn may_be_about(&self, asked: &Asked<'_>) -> bool {
        self.issuer == *asked.issuer
            || asked.points.iter().any(|point| names(&point.crl_issuer, &self.issuer))
    }

    /// The reasons for which the list speaks of the certificate (§6.3.3(b) and (d)).
    pub(super) fn reasons_for(&self, asked: &Asked<'_>) -> Result<Reasons, ListRefusal> {
        let scope = self.frame()?.scope.as_ref();
        let kinds = scope.map_or(CertificateKinds::All, |scope| scope.kinds);
        let limit = Reasons::of(scope.and_then(|scope| scope.reasons.as_ref()));
        let Some(role) = asked.role else {
            // Without the certificate, a list that is limited cannot say that it is good, but it can say revoked.
            let unlimited = kinds == CertificateKinds::All
                && scope.is_none_or(|s| s.names.is_empty() && s.relative.is_empty());
            return Ok(if unlimited { limit } else { Reasons::NONE });
        };
        let spoken_of = match kinds {
            CertificateKinds::All => true,
            CertificateKinds::User => role == Role::EndEntity,
            CertificateKinds::Authority => role == Role::Authority,
            CertificateKinds::Attribute | CertificateKinds::None => false,
        };
        let mut reasons = Reasons::NONE;
        if spoken_of {
            for point in &asked.points {
                if self.is_of(point, asked) {
                    reasons = reasons.or(limit.and(Reasons::of(point.reasons.as_ref())));
                }
            }
            // Then as if there were a point named as the issuer (the last paragraph of §6.3.3).
            if self.issuer == *asked.issuer && self.is_published_as_its_issuer() {
                reasons = reasons.or(limit);
            }
        }
        if reasons == Reasons::NONE { Err(ListRefusal::Scope) } else { Ok(reasons) }
    }

    /// §6.3.3(b)(1) and (b)(2)(i).
    fn is_of(&self, point: &DistributionPoint, asked: &Asked<'_>) -> bool {
        let scope = self.frame.as_ref().ok().and_then(|frame| frame.scope.as_ref());
        let issued = if point.crl_issuer.is_empty() {
            self.issuer == *asked.issuer
        } else {
            names(&point.crl_issuer, &self.issuer)
                && (self.issuer == *asked.issuer || scope.is_some_and(|scope| scope.is_indirect()))
        };
        if !issued {
            return false;
        }
        let Some(scope) = scope.filter(|s| !s.names.is_empty() || !s.relative.is_empty()) else {
            return true;
        };
        let published = self.full_names(&scope.names, &scope.relative, &self.issuer);
        let wanted = if point.names.is_empty() && point.relative.is_empty() {
            point.crl_issuer.iter().map(PointName::of).collect()
        } else {
            // A name may be relative to one issuer only (§4.2.1.13).
            let signer = if point.crl_issuer.is_empty() { asked.issuer } else { &self.issuer };
            self.full_names(&point.names, &point.relative, signer)
        };
        published.iter().any(|name| wanted.contains(name))
    }

    fn full_names(
        &self,
        full: &[GeneralName],
        relative: &[Attribute],
        signer: &NormalName,
    ) -> Vec<PointName> {
        if relative.is_empty() {
            full.iter().map(PointName::of).collect()
        } else {
            vec![PointName::Directory(signer.below(relative))]
        }
    }

    fn is_published_as_its_issuer(&self) -> bool {
        let scope = self.frame.as_ref().ok().and_then(|frame| frame.scope.as_ref());
        scope.is_none_or(|scope| {
            let unnamed = scope.names.is_empty() && scope.relative.is_empty();
            unnamed || names(&scope.names, &self.issuer)
        })
    }

    /// Whether the instant is within the dates of the list.
    pub(super) fn is_current(&self, at: Timestamp) -> Result<(), ListRefusal> {
        let this_update = self.crl.this_update().instant;
        if at < this_update {
            return Err(ListRefusal::NotYet { this_update });
        }
        let next_update = self.crl.next_update().ok_or(ListRefusal::NoNextUpdate)?.instant;
        if next_update < at {
            return Err(ListRefusal::Stale { next_update });
        }
        Ok(())
    }

    /// What RFC 5280 section 5 demands of who issues lists.
    pub(super) fn has_the_form_demanded(&self) -> Result<(), ListRefusal> {
        let last_utc: Timestamp = "2049-12-31T23:59:59Z".parse().expect("the constant is a date");
        let dates = [Some(self.crl.this_update()), self.crl.next_update()];
        let wrong = dates
            .into_iter()
            .flatten()
            .any(|date| (date.kind == DateKind::Utc) != (date.instant <= last_utc));
        if wrong {
            return Err(ListRefusal::DateForm);
        }
        let critical = |oid: &str| {
            let extension = self.crl.extensions().iter().find(|extension| extension.oid == *oid);
            extension.map(|extension| extension.is_critical())
        };
        if critical(oid::CRL_NUMBER) != Some(false) {
            return Err(ListRefusal::NumberForm);
        }
        if self.frame()?.authority_key.is_none() {
            return Err(ListRefusal::AuthorityKeyMissing);
        }
        let limits = [oid::ISSUING_DISTRIBUTION_POINT, oid::DELTA_CRL_INDICATOR];
        if limits.into_iter().any(|limit| critical(limit) == Some(false)) {
            return Err(ListRefusal::ScopeForm);
        }
        Ok(())
    }

    /// Does some work, and while it is done asks a long list that was not asked before: `None` where it is not one.
    pub(super) fn ask_during<T>(
        &self,
        asked: &Asked<'_>,
        work: impl FnOnce() -> T,
    ) -> (T, Option<Result<Word, ListRefusal>>) {
        match &self.entries {
            Entries::Listed(walks)
                if !walks.have_begun() && self.crl.entries_der().len() >= LONG =>
            {
                thread::scope(|scope| {
                    let walk = scope.spawn(|| self.word_on(asked));
                    let done = work();
                    (done, Some(walk.join().expect("a walk does not panic")))
                })
            }
            _ => (work(), None),
        }
    }

    /// What the list says of a certificate. It is as if the whole list were walked: an entry that cannot be read, or
    /// one that must not be passed over, spoils all of it.
    pub(super) fn word_on(&self, asked: &Asked<'_>) -> Result<Word, ListRefusal> {
        let serial = asked.serial.content();
        match &self.entries {
            Entries::Listed(walks) => {
                let found = walks.indexed(&self.crl, serial);
                self.word_among(found.unwrap_or_else(|| self.crl.entries()), asked)
            }
            Entries::Sealed { lookup, .. } => {
                let found = lookup.entries(serial).map_err(|_| ListRefusal::EntriesLost)?;
                self.word_among(CrlEntries::over(&found), asked)
            }
        }
    }

    fn word_among(
        &self,
        mut entries: CrlEntries<'_>,
        asked: &Asked<'_>,
    ) -> Result<Word, ListRefusal> {
        let mut about = self.issuer == *asked.issuer;
        let mut word = Word::NotListed;
        loop {
            entries.skip_others(asked.serial.content());
            let Some(entry) = entries.next() else { return Ok(word) };
            let entry = entry.map_err(ListRefusal::BrokenEntry)?;
            if let Some(oid) =
                entry.unknown_critical_extension().map_err(ListRefusal::BrokenEntry)?
            {
                return Err(ListRefusal::UnknownCritical(oid));
            }
            if let Some(issuers) = entry.certificate_issuer().map_err(ListRefusal::BrokenEntry)? {
                about = names(&issuers, asked.issuer);
            }
            if about && entry.serial_content() == asked.serial.content() {
                let reason = entry.reason().map_err(ListRefusal::BrokenEntry)?;
                // A date that is none does not undo a revocation: the list's own then counts.
                let at = entry.revoked_at().unwrap_or(self.crl.this_update().instant);
                word = Word::Listed(at, reason.unwrap_or(Reason::Unspecified));
            }
        }
    }
}

/// From this size of its entries on, in bytes, a list is walked on a thread of its own.
const LONG: usize = 1 << 20;

impl Frame {
    fn of(crl: &Crl<'_>) -> Result<Self, ListRefusal> {
        const KNOWN: [&str; 5] = [
            oid::AUTHORITY_KEY_IDENTIFIER,
            oid::CRL_NUMBER,
            oid::DELTA_CRL_INDICATOR,
            oid::FRESHEST_CRL,
            oid::ISSUING_DISTRIBUTION_POINT,
        ];
        if crl.signature_algorithm() != crl.tbs_signature_algorithm() {
            return Err(ListRefusal::AlgorithmsDiffer);
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = crl.extensions().iter().find(|e| !seen.insert(&e.oid)) {
            return Err(ListRefusal::DuplicateExtension(twice.oid.clone()));
        }
        let unknown = crl
            .extensions()
            .iter()
            .find(|extension| extension.is_critical() && !KNOWN.contains(&extension.oid.as_str()));
        if let Some(extension) = unknown {
            return Err(ListRefusal::UnknownCritical(extension.oid.clone()));
        }
        Ok(Self {
            scope: read(crl.scope())?,
            number: read(crl.number())?.map(Number::from),
            base: read(crl.delta_base())?.map(Number::from),
            authority_key: read(crl.authority_key())?,
        })
    }

    /// Whether a delta list of this frame amends a complete list of that one (§6.3.3(c), §5.2.4).
    pub(super) fn amends(&self, complete: &Self) -> bool {
        let (Some(base), Some(number)) = (&self.base, &complete.number) else { return false };
        self.scope == complete.scope
            && self.authority_key == complete.authority_key
            && base <= number
            && Some(number) <= self.number.as_ref()
    }
}

fn read<T>(content: Result<Option<T>, X509Error>) -> Result<Option<T>, ListRefusal> {
    content.map_err(|error| match error {
        X509Error::Extension { oid, .. } => ListRefusal::ExtensionUnreadable(oid),
        // The readers of extensions have no other error.
        _ => ListRefusal::Scope,
    })
}

/// A name of a distribution point, comparable.
#[derive(Clone, Debug, Eq, PartialEq)]
enum PointName {
    Directory(NormalName),
    Other(GeneralName),
}

impl PointName {
    fn of(name: &GeneralName) -> Self {
        match name {
            GeneralName::Directory(name) => Self::Directory(NormalName::of(name)),
            other => Self::Other(other.clone()),
        }
    }
}

/// Whether a distinguished name is among these.
fn names(names: &[GeneralName], wanted: &NormalName) -> bool {
    names.iter().any(|name| match name {
        GeneralName::Directory(name) => NormalName::of(name) == *wanted,
        _ => false,
    })
}
