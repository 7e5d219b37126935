//! What RFC 5280 section 4 demands of who issues a certificate, beyond what section 6 makes a path depend on.

use std::collections::BTreeSet;
use std::fmt;

use crate::x509::{Certificate, GeneralName, KeyUse, Role, Version, oid};

/// A demand that a certificate breaks.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Demand {
    /// authorityInfoAccess must not be critical.
    AiaCritical,
    /// The dates of an anchor that was given as a certificate should enclose the instant.
    AnchorValidity,
    /// authorityKeyIdentifier must not be critical.
    AuthorityKeyCritical,
    /// authorityKeyIdentifier with a key identifier must be there, but in a self-signed certificate.
    AuthorityKeyMissing,
    /// basicConstraints of an authority must be there.
    BasicConstraintsMissing,
    /// basicConstraints of an authority must be critical.
    BasicConstraintsNotCritical,
    /// A name of subjectAltName must be one of its form.
    AlternativeName,
    /// subjectAltName must not be empty.
    AlternativeNameEmpty,
    /// subjectAltName must be critical when the subject is empty.
    AlternativeNameNotCritical,
    /// inhibitAnyPolicy must be critical.
    InhibitAnyPolicyNotCritical,
    /// The issuer's name must not be empty.
    IssuerEmpty,
    /// keyUsage of an authority must be there.
    KeyUsageMissing,
    /// keyCertSign must be for authorities only.
    KeyCertSignWithoutAuthority,
    /// keyUsage must have a bit set.
    KeyUsageEmpty,
    /// nameConstraints must not be empty.
    NameConstraintsEmpty,
    /// nameConstraints must be in certificates of authorities only.
    NameConstraintsInEndEntity,
    /// nameConstraints must be critical.
    NameConstraintsNotCritical,
    /// pathLenConstraint must be for authorities that sign certificates only.
    PathLengthWithoutAuthority,
    /// policyConstraints must be critical.
    PolicyConstraintsNotCritical,
    /// A policy must not appear twice.
    PolicyTwice,
    /// The serial number must be of 20 octets at most.
    SerialLength,
    /// The serial number must not be negative: an error always.
    SerialNegative,
    /// The serial number must not be zero.
    SerialZero,
    /// The subject's name of an authority must not be empty.
    SubjectEmpty,
    /// subjectKeyIdentifier must not be critical.
    SubjectKeyCritical,
    /// subjectKeyIdentifier of an authority must be there.
    SubjectKeyMissing,
    /// A certificate with extensions must be of version 3.
    Version,
}

impl Demand {
    /// The stable code: `pki.strict.…`.
    pub fn code(self) -> &'static str {
        self.table().0
    }

    /// The rule, by its clause.
    pub fn rule(self) -> &'static str {
        self.table().1
    }

    fn table(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::AiaCritical => {
                ("pki.strict.aia_critical", "RFC 5280 4.2.2.1", "authorityInfoAccess is critical")
            }
            Self::AnchorValidity => (
                "pki.strict.anchor_validity",
                "RFC 5280 4.1.2.5",
                "the certificate of the anchor is not valid at this instant",
            ),
            Self::AuthorityKeyCritical => (
                "pki.strict.aki_critical",
                "RFC 5280 4.2.1.1",
                "authorityKeyIdentifier is critical",
            ),
            Self::AuthorityKeyMissing => (
                "pki.strict.aki_missing",
                "RFC 5280 4.2.1.1",
                "authorityKeyIdentifier does not identify the issuer's key",
            ),
            Self::BasicConstraintsMissing => (
                "pki.strict.basic_constraints_missing",
                "RFC 5280 4.2.1.9",
                "the certificate of the anchor has no basicConstraints",
            ),
            Self::BasicConstraintsNotCritical => (
                "pki.strict.basic_constraints_not_critical",
                "RFC 5280 4.2.1.9",
                "basicConstraints of an authority is not critical",
            ),
            Self::AlternativeName => (
                "pki.strict.san_form",
                "RFC 5280 4.2.1.6",
                "subjectAltName has a name that is not one of its form",
            ),
            Self::AlternativeNameEmpty => {
                ("pki.strict.san_empty", "RFC 5280 4.2.1.6", "subjectAltName is empty")
            }
            Self::AlternativeNameNotCritical => (
                "pki.strict.san_not_critical",
                "RFC 5280 4.2.1.6",
                "the subject is empty and subjectAltName is not critical",
            ),
            Self::InhibitAnyPolicyNotCritical => (
                "pki.strict.inhibit_any_policy_not_critical",
                "RFC 5280 4.2.1.14",
                "inhibitAnyPolicy is not critical",
            ),
            Self::IssuerEmpty => {
                ("pki.strict.issuer_empty", "RFC 5280 4.1.2.4", "the issuer's name is empty")
            }
            Self::KeyUsageMissing => {
                ("pki.strict.key_usage_missing", "RFC 5280 4.2.1.3", "an authority has no keyUsage")
            }
            Self::KeyCertSignWithoutAuthority => (
                "pki.strict.key_cert_sign_without_ca",
                "RFC 5280 4.2.1.9",
                "keyUsage has keyCertSign for one that is no authority",
            ),
            Self::KeyUsageEmpty => {
                ("pki.strict.key_usage_empty", "RFC 5280 4.2.1.3", "keyUsage allows nothing")
            }
            Self::NameConstraintsEmpty => (
                "pki.strict.name_constraints_empty",
                "RFC 5280 4.2.1.10",
                "nameConstraints is empty",
            ),
            Self::NameConstraintsInEndEntity => (
                "pki.strict.name_constraints_end_entity",
                "RFC 5280 4.2.1.10",
                "nameConstraints in a certificate that is not of an authority",
            ),
            Self::NameConstraintsNotCritical => (
                "pki.strict.name_constraints_not_critical",
                "RFC 5280 4.2.1.10",
                "nameConstraints is not critical",
            ),
            Self::PathLengthWithoutAuthority => (
                "pki.strict.path_length_without_ca",
                "RFC 5280 4.2.1.9",
                "pathLenConstraint for one that does not sign certificates",
            ),
            Self::PolicyConstraintsNotCritical => (
                "pki.strict.policy_constraints_not_critical",
                "RFC 5280 4.2.1.11",
                "policyConstraints is not critical",
            ),
            Self::PolicyTwice => {
                ("pki.strict.policy_twice", "RFC 5280 4.2.1.4", "a policy appears twice")
            }
            Self::SerialLength => (
                "pki.strict.serial_length",
                "RFC 5280 4.1.2.2",
                "the serial number is longer than 20 octets",
            ),
            Self::SerialNegative => {
                ("pki.serial.negative", "RFC 5280 4.1.2.2", "the serial number is negative")
            }
            Self::SerialZero => {
                ("pki.strict.serial_zero", "RFC 5280 4.1.2.2", "the serial number is zero")
            }
            Self::SubjectEmpty => (
                "pki.strict.subject_empty",
                "RFC 5280 4.1.2.6",
                "the subject's name of an authority is empty",
            ),
            Self::SubjectKeyCritical => {
                ("pki.strict.ski_critical", "RFC 5280 4.2.1.2", "subjectKeyIdentifier is critical")
            }
            Self::SubjectKeyMissing => (
                "pki.strict.ski_missing",
                "RFC 5280 4.2.1.2",
                "an authority has no subjectKeyIdentifier",
            ),
            Self::Version => {
                ("pki.strict.version", "RFC 5280 4.1.2.1", "extensions without version 3")
            }
        }
    }

    /// The demands that a certificate breaks, of those that can be seen in it alone. What cannot be read is left to
    /// who needs it.
    pub fn broken_by(certificate: &Certificate) -> BTreeSet<Self> {
        let mut broken = BTreeSet::new();
        let mut demand = |demand, kept: bool| {
            if !kept {
                broken.insert(demand);
            }
        };
        let critical = |oid| certificate.extension(oid).map(|extension| extension.is_critical());
        let constraints = certificate.basic_constraints().ok().flatten();
        let authority = constraints.is_some_and(|read| read.role == Role::Authority);
        let usage = certificate.key_usage().ok().flatten();
        let signs = usage.as_ref().is_none_or(|uses| uses.contains(&KeyUse::KeyCertSign));
        let length = constraints.and_then(|read| read.path_length);
        let no_subject = certificate.subject().rdns().is_empty();
        let self_issued = certificate.subject().raw() == certificate.issuer().raw();
        let extensions = !certificate.extensions().is_empty();

        demand(Self::Version, !extensions || certificate.version() == Version::V3);
        demand(Self::IssuerEmpty, !certificate.issuer().rdns().is_empty());
        demand(Self::SubjectEmpty, !(authority && no_subject));
        let serial = certificate.serial().content();
        demand(Self::SerialLength, serial.len() <= 20);
        demand(Self::SerialNegative, serial.first() < Some(&0x80));
        demand(Self::SerialZero, serial.iter().any(|octet| *octet != 0));

        let key = certificate.authority_key_identifier();
        let identified = !matches!(key, Ok(None)) && !matches!(key, Ok(Some(k)) if k.key.is_none());
        demand(Self::AuthorityKeyMissing, identified || self_issued);
        demand(Self::AuthorityKeyCritical, critical(oid::AUTHORITY_KEY_IDENTIFIER) != Some(true));
        let key = critical(oid::SUBJECT_KEY_IDENTIFIER);
        demand(Self::SubjectKeyMissing, !authority || key.is_some());
        demand(Self::SubjectKeyCritical, key != Some(true));
        demand(Self::AiaCritical, critical(oid::AUTHORITY_INFO_ACCESS) != Some(true));

        demand(
            Self::BasicConstraintsNotCritical,
            !authority || critical(oid::BASIC_CONSTRAINTS) == Some(true),
        );
        demand(Self::PathLengthWithoutAuthority, length.is_none() || (authority && signs));
        demand(Self::KeyUsageMissing, !authority || critical(oid::KEY_USAGE).is_some());
        demand(Self::KeyUsageEmpty, usage.as_ref().is_none_or(|uses| !uses.is_empty()));
        demand(Self::KeyCertSignWithoutAuthority, authority || usage.is_none() || !signs);

        if let Ok(Some(names)) = certificate.name_constraints() {
            let some = !names.permitted.is_empty() || !names.excluded.is_empty();
            demand(Self::NameConstraintsEmpty, some);
        }
        let names = critical(oid::NAME_CONSTRAINTS);
        demand(Self::NameConstraintsInEndEntity, authority || names.is_none());
        demand(Self::NameConstraintsNotCritical, names != Some(false));
        let policies = critical(oid::POLICY_CONSTRAINTS);
        demand(Self::PolicyConstraintsNotCritical, policies != Some(false));
        let any_policy = critical(oid::INHIBIT_ANY_POLICY);
        demand(Self::InhibitAnyPolicyNotCritical, any_policy != Some(false));
        if let Ok(Some(policies)) = certificate.certificate_policies() {
            let distinct: BTreeSet<_> = policies.iter().map(|policy| &policy.oid).collect();
            demand(Self::PolicyTwice, distinct.len() == policies.len());
        }

        let alternative = critical(oid::SUBJECT_ALT_NAME);
        demand(Self::AlternativeNameNotCritical, !no_subject || alternative != Some(false));
        if let Ok(Some(names)) = certificate.subject_alt_name() {
            demand(Self::AlternativeNameEmpty, !names.is_empty());
            demand(Self::AlternativeName, names.iter().all(has_its_form));
        }
        broken
    }
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.table().2)
    }
}

/// RFC 5280 §4.2.1.6: a dNSName in the preferred syntax (a wildcard for its first label is RFC 9525's), an address
/// with one `@`, a URI with a scheme, an IP address of 4 or 16 octets.
fn has_its_form(name: &GeneralName) -> bool {
    match name {
        GeneralName::Dns(name) => is_host(name.strip_prefix("*.").unwrap_or(name)),
        GeneralName::Email(address) => {
            address.rsplit_once('@').is_some_and(|(local, host)| !local.is_empty() && is_host(host))
        }
        GeneralName::Uri(uri) => uri.split_once(':').is_some_and(|(scheme, _)| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        }),
        GeneralName::Ip(octets) => matches!(octets.len(), 4 | 16),
        GeneralName::Unread { tag, .. } => matches!(tag, 0xA3 | 0xA5),
        _ => true,
    }
}

/// The preferred syntax of host names (RFC 1034 §3.5, RFC 1123 §2.1).
fn is_host(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_name_has_the_preferred_syntax() {
        let cases = [("example.org", true), ("a", true), ("foo_bar.org", false), ("", false)];
        for (name, expected) in cases.into_iter().chain([("a..b", false), ("-a.b", false)]) {
            assert_eq!(is_host(name), expected, "{name}");
        }
    }

    #[test]
    fn a_name_of_another_form_than_it_says_is_seen() {
        let dns = |name: &str| GeneralName::Dns(name.to_owned());
        assert!(has_its_form(&dns("*.example.org")));
        assert!(!has_its_form(&dns("a.*.org")));
        assert!(!has_its_form(&GeneralName::Ip(vec![1, 2, 3])));
        assert!(!has_its_form(&GeneralName::Email("nobody".to_owned())));
        assert!(!has_its_form(&GeneralName::Uri("no scheme".to_owned())));
        assert!(has_its_form(&GeneralName::Unread { tag: 0xA3, value: vec![] }));
    }
}
