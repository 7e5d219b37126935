//! RFC 5280 section 4, as far as one certificate alone shows it.

use std::collections::BTreeSet;

use crate::pki::demand::Demand;
use crate::pki::finding::{Fact, Finding, Severity};
use crate::x509::{Certificate, IssuedBy, X509Error};

/// What a certificate breaks. On one of a PKI that ended before the standard's demands were kept, which nobody will
/// issue again, demands are warnings.
pub(super) fn lint(certificate: &Certificate) -> Vec<Finding> {
    let subject = certificate.subject().to_string();
    let finding = |severity, fact| Finding { severity, subject: subject.clone(), fact };
    let demands = match certificate.issued_by() {
        IssuedBy::Legacy { .. } => Severity::Warning,
        _ => Severity::Error,
    };
    let broken = Demand::broken_by(certificate);
    let broken = broken.into_iter().map(|demand| finding(demands, Fact::Demand(demand)));
    let faults = faults(certificate).into_iter().map(|fact| finding(Severity::Error, fact));
    broken.chain(faults).collect()
}

/// What cannot be read, or reads two ways.
fn faults(certificate: &Certificate) -> Vec<Fact> {
    let mut facts = Vec::new();
    if certificate.signature_algorithm() != certificate.tbs_signature_algorithm() {
        facts.push(Fact::AlgorithmsDiffer);
    }
    if certificate.not_before().is_err() || certificate.not_after().is_err() {
        facts.push(Fact::DateUnreadable);
    }
    if certificate.public_key().is_err() {
        facts.push(Fact::KeyUnreadable);
    }
    let mut seen = BTreeSet::new();
    let mut twice = BTreeSet::new();
    for extension in certificate.extensions() {
        if !seen.insert(&extension.oid) {
            twice.insert(&extension.oid);
        }
    }
    facts.extend(twice.into_iter().cloned().map(Fact::DuplicateExtension));
    facts.extend(unreadable(certificate).map(Fact::ExtensionUnreadable));
    facts
}

/// The extensions that this crate knows and cannot read here.
fn unreadable(certificate: &Certificate) -> impl Iterator<Item = crate::x509::Oid> {
    fn error<T>(read: Result<T, X509Error>) -> Option<X509Error> {
        read.err()
    }
    let errors = [
        error(certificate.key_usage()),
        error(certificate.extended_key_usage()),
        error(certificate.basic_constraints()),
        error(certificate.subject_key_identifier()),
        error(certificate.authority_key_identifier()),
        error(certificate.certificate_policies()),
        error(certificate.subject_alt_name()),
        error(certificate.crl_distribution_points()),
        error(certificate.freshest_crl()),
        error(certificate.authority_info_access()),
        error(certificate.name_constraints()),
        error(certificate.policy_constraints()),
        error(certificate.policy_mappings()),
        error(certificate.inhibit_any_policy()),
        error(certificate.private_key_usage_period()),
        error(certificate.category()),
        error(certificate.card_type()),
        error(certificate.card_identifier()),
        error(certificate.profession()),
        error(certificate.future_profession()),
        error(certificate.responsibility()),
        error(certificate.specialities()),
        error(certificate.sectors()),
    ];
    errors.into_iter().flatten().filter_map(|error| match error {
        X509Error::Extension { oid, .. } => Some(oid),
        _ => None,
    })
}
