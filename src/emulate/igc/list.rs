//! Lists of every kind that RFC 5280 section 5 knows, and of some that it forbids: what a test or an emulated platform
//! publishes. [`crl`](super::crl) is the short form for the list that IGC-Santé publishes.

use const_oid::db::rfc5280::{ID_CE_CERTIFICATE_ISSUER, ID_CE_ISSUING_DISTRIBUTION_POINT};
use der::Sequence;
use der::asn1::{Ia5String, Null, ObjectIdentifier, Uint};
use der::flagset::FlagSet;
use jiff::{SignedDuration, Timestamp};
use x509_cert::certificate::Version;
use x509_cert::crl::RevokedCert;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::crl::dp::{IssuingDistributionPoint, Reasons};
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{BaseCrlNumber, CrlNumber, CrlReason};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::Time;

use super::certificate::sign;
use super::extension::{self, Criticality};
use super::key::Scheme;
use super::legacy::LegacyAuthority;
use super::period::{Period, date_time};
use super::{Authority, MintError, Reason, Revoked, TestKey};

/// A list to make: complete, current and of everything its issuer signs, unless told otherwise.
///
/// ```
/// use cpskit::emulate::igc::{Authority, Domain, Gamme, ListRequest, ListScope, World};
///
/// let issuer = Authority::builtin(World::Test, Gamme::Fort, Domain::Personnes);
/// let today = "2026-03-01T22:00:00Z".parse()?;
/// let point = ListScope { point: Some(issuer.list_url()), ..ListScope::default() };
/// let list = ListRequest::new(issuer, today).number(1287).scope(point).der()?;
/// assert!(list.starts_with(&[0x30, 0x82]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ListRequest {
    issuer: ListIssuer,
    signer: TestKey,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    form: Form,
    number: Option<u64>,
    base: Option<u64>,
    scope: Option<ListScope>,
    entries: Vec<Entry>,
    unknown: Option<Place>,
}

/// Of what a list speaks (issuingDistributionPoint, RFC 5280 §5.2.5); the default is everything, said.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ListScope {
    /// The URL where it is published; `None` names no point.
    pub point: Option<String>,
    /// Of which certificates.
    pub kinds: ListKinds,
    /// The reasons it is limited to; empty for all. `removeFromCRL` is not one of them.
    pub reasons: Vec<Reason>,
    /// Whose certificates.
    pub issuers: ListIssuers,
}

/// Of which certificates a list speaks.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ListKinds {
    /// All of them.
    #[default]
    All,
    /// Those of end entities.
    Users,
    /// Those of authorities.
    Authorities,
    /// Attribute certificates.
    Attributes,
}

/// Whose certificates a list speaks of.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ListIssuers {
    /// Those of its issuer.
    #[default]
    Own,
    /// Those of others too: an indirect list.
    Any,
}

/// Where a critical extension stands that nobody knows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// Among those of the last entry.
    Entry,
    /// Among those of the list.
    List,
}

/// Who issues a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum ListIssuer {
    Igc(Authority),
    Legacy(LegacyAuthority),
}

/// RFC 5280 §5.1.2.1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    /// Without extensions.
    Version1,
    Version2,
}

/// `TBSCertList`, RFC 5280 §5.1.2; that of `x509-cert` always writes its version.
#[derive(Sequence)]
struct TbsCertList {
    version: Option<Version>,
    signature: AlgorithmIdentifierOwned,
    issuer: Name,
    this_update: Time,
    next_update: Option<Time>,
    revoked_certificates: Option<Vec<RevokedCert>>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    crl_extensions: Option<Vec<Extension>>,
}

/// An entry, and whose certificate it is about where that is said.
#[derive(Clone, Debug)]
struct Entry {
    revoked: Revoked,
    issuer: Option<Authority>,
}

impl ListRequest {
    /// The empty list of an authority, signed by its own key, which lives 45 days (a root) or 6 days (an
    /// intermediate) as the lists of IGC-Santé do (IGC-Santé fact sheet §8), with number 1.
    pub fn new(issuer: Authority, this_update: Timestamp) -> Self {
        let days = if issuer.domain().is_none() { 45 } else { 6 };
        Self::of(ListIssuer::Igc(issuer), issuer.key(), this_update, days)
    }

    /// The empty list of an authority of before IGC-Santé, signed with SHA-1 by the key that signs its lists.
    pub fn legacy(issuer: LegacyAuthority, this_update: Timestamp) -> Self {
        Self::of(ListIssuer::Legacy(issuer), issuer.list_key(), this_update, 45)
    }

    fn of(issuer: ListIssuer, signer: TestKey, this_update: Timestamp, days: i64) -> Self {
        let life = SignedDuration::from_hours(24 * days);
        Self {
            issuer,
            signer,
            this_update,
            next_update: Some(this_update.saturating_add(life).unwrap_or(Timestamp::MAX)),
            form: Form::Version2,
            number: Some(1),
            base: None,
            scope: None,
            entries: Vec::new(),
            unknown: None,
        }
    }

    /// Signed by this key: that of a separate signer under the issuer's name, or a wrong one.
    pub fn signed_by(self, signer: TestKey) -> Self {
        Self { signer, ..self }
    }

    /// With this `nextUpdate`.
    pub fn until(self, next_update: Timestamp) -> Self {
        Self { next_update: Some(next_update), ..self }
    }

    /// Without `nextUpdate`, which RFC 5280 §5.1.2.5 forbids.
    pub fn without_next_update(self) -> Self {
        Self { next_update: None, ..self }
    }

    /// Of version 1: no extension, neither of the list nor of its entries.
    pub fn version_1(self) -> Self {
        Self { form: Form::Version1, ..self }
    }

    /// With this `cRLNumber`.
    pub fn number(self, number: u64) -> Self {
        Self { number: Some(number), ..self }
    }

    /// A delta list, which amends the complete list of this number (RFC 5280 §5.2.4).
    pub fn delta_of(self, base: u64) -> Self {
        Self { base: Some(base), ..self }
    }

    /// Limited to a scope.
    pub fn scope(self, scope: ListScope) -> Self {
        Self { scope: Some(scope), ..self }
    }

    /// With one more entry, about the issuer of the entry before: the list's own at first.
    pub fn revoking(mut self, revoked: Revoked) -> Self {
        self.entries.push(Entry { revoked, issuer: None });
        self
    }

    /// With one more entry, which names the issuer of its certificate (certificateIssuer, RFC 5280 §5.3.3); it holds
    /// for the entries that follow too.
    pub fn revoking_of(mut self, issuer: Authority, revoked: Revoked) -> Self {
        self.entries.push(Entry { revoked, issuer: Some(issuer) });
        self
    }

    /// With a critical extension that nobody knows.
    pub fn with_unknown_critical(self, place: Place) -> Self {
        Self { unknown: Some(place), ..self }
    }

    /// The list in DER: the same request gives the same bytes.
    ///
    /// # Errors
    /// [`MintError::Period`] when `nextUpdate` is not after `thisUpdate`, [`MintError::Instant`] outside 1970 to 9999,
    /// [`MintError::Der`] when a serial number is longer than 20 bytes or a point is not in ASCII.
    pub fn der(&self) -> Result<Vec<u8>, MintError> {
        let next_update = match self.next_update {
            None => None,
            Some(next) => Some(Period::new(self.this_update, next)?.end()),
        };
        let (issuer, scheme) = match self.issuer {
            ListIssuer::Igc(authority) => (authority.subject()?, Scheme::Sha256),
            ListIssuer::Legacy(authority) => (authority.subject()?, Scheme::Sha1),
        };
        let signer = self.signer.load(scheme)?;
        let last = self.entries.len().wrapping_sub(1);
        let entries: Result<Vec<_>, _> = self
            .entries
            .iter()
            .enumerate()
            .map(|(index, entry)| self.entry(entry, index == last))
            .collect();
        // An empty list has no revokedCertificates at all (RFC 5280 §5.1.2.6).
        let entries = Some(entries?).filter(|entries| !entries.is_empty());
        let (version, extensions) = match self.form {
            Form::Version1 => (None, None),
            Form::Version2 => {
                (Some(Version::V2), Some(self.extensions(signer.public()?.identifier())?))
            }
        };
        let content = TbsCertList {
            version,
            signature: signer.algorithm(),
            issuer,
            this_update: Time::from(date_time(self.this_update)?),
            next_update,
            revoked_certificates: entries,
            crl_extensions: extensions,
        };
        sign(&content, &signer)
    }

    fn entry(&self, entry: &Entry, last: bool) -> Result<RevokedCert, MintError> {
        let mut extensions = Vec::new();
        if let Some(reason) = entry.revoked.reason {
            let reason = CrlReason::from(reason);
            extensions.push(extension::standard(Criticality::NonCritical, &reason)?);
        }
        if let Some(issuer) = entry.issuer {
            let names = vec![GeneralName::DirectoryName(issuer.subject()?)];
            extensions.push(extension::of(
                ID_CE_CERTIFICATE_ISSUER,
                Criticality::Critical,
                &names,
            )?);
        }
        if last && self.unknown == Some(Place::Entry) {
            extensions.push(unknown()?);
        }
        let extensions = Some(extensions)
            .filter(|extensions| !extensions.is_empty() && self.form == Form::Version2);
        Ok(RevokedCert {
            serial_number: SerialNumber::new(&entry.revoked.serial)?,
            revocation_date: Time::from(date_time(entry.revoked.at)?),
            crl_entry_extensions: extensions,
        })
    }

    /// Those of a root start with the number, those of an intermediate with the key (IGC-Santé fact sheet §8).
    fn extensions(&self, key: Vec<u8>) -> Result<Vec<Extension>, MintError> {
        let key = extension::authority_key(key)?;
        let number = self.number.map(|number| {
            let number = CrlNumber(Uint::new(&number.to_be_bytes())?);
            extension::standard(Criticality::NonCritical, &number)
        });
        let number = number.transpose()?;
        let mut extensions = match self.issuer {
            ListIssuer::Igc(authority) if authority.domain().is_some() => {
                [Some(key), number].into_iter().flatten().collect()
            }
            _ => number.into_iter().chain([key]).collect::<Vec<_>>(),
        };
        if let Some(base) = self.base {
            let base = BaseCrlNumber(Uint::new(&base.to_be_bytes())?);
            extensions.push(extension::standard(Criticality::Critical, &base)?);
        }
        if let Some(scope) = &self.scope {
            extensions.push(scope.extension()?);
        }
        if self.unknown == Some(Place::List) {
            extensions.push(unknown()?);
        }
        Ok(extensions)
    }
}

impl ListScope {
    fn extension(&self) -> Result<Extension, MintError> {
        let point = self.point.as_ref().map(|url| {
            let url = GeneralName::UniformResourceIdentifier(Ia5String::new(url)?);
            Ok::<_, MintError>(DistributionPointName::FullName(vec![url]))
        });
        let reasons = self.reasons.iter().filter_map(|reason| flag(*reason));
        let reasons = reasons.fold(FlagSet::default(), |flags, flag| flags | flag);
        let value = IssuingDistributionPoint {
            distribution_point: point.transpose()?,
            only_contains_user_certs: self.kinds == ListKinds::Users,
            only_contains_ca_certs: self.kinds == ListKinds::Authorities,
            only_some_reasons: (!reasons.is_empty()).then_some(reasons),
            indirect_crl: self.issuers == ListIssuers::Any,
            only_contains_attribute_certs: self.kinds == ListKinds::Attributes,
        };
        // The identifier that `x509-cert` 0.3 has for this type is that of another extension.
        extension::of(ID_CE_ISSUING_DISTRIBUTION_POINT, Criticality::Critical, &value)
    }
}

/// `ReasonFlags`, RFC 5280 §4.2.1.13.
fn flag(reason: Reason) -> Option<Reasons> {
    Some(match reason {
        Reason::KeyCompromise => Reasons::KeyCompromise,
        Reason::CaCompromise => Reasons::CaCompromise,
        Reason::AffiliationChanged => Reasons::AffiliationChanged,
        Reason::Superseded => Reasons::Superseded,
        Reason::CessationOfOperation => Reasons::CessationOfOperation,
        Reason::CertificateHold => Reasons::CertificateHold,
        Reason::PrivilegeWithdrawn => Reasons::PrivilegeWithdrawn,
        Reason::AaCompromise => Reasons::AaCompromise,
        Reason::RemoveFromCrl => return None,
    })
}

/// An extension under the number reserved for examples (RFC 5612).
fn unknown() -> Result<Extension, MintError> {
    extension::of(UNKNOWN, Criticality::Critical, &Null)
}

const UNKNOWN: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.9.1");
