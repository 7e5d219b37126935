//! One path, from its anchor to its last certificate: RFC 5280 §6.1.2 to §6.1.5, but for revocation.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::constraint::Constraints;
use super::demand::Demand;
use super::entity::{Anchor, Node};
use super::finding::{Fact, Severity};
use super::options::{Exhausted, Meter, Options, PolicyInputs};
use super::policy::{Place, Policies};
use super::report::Attempt;
use super::signature::{LEAST_RSA_BITS, Weakness};
use crate::x509::{BasicConstraints, Certificate, KeyUse, Oid, Role, X509Error, oid};

/// The extensions that this crate processes, or that say nothing a path depends on.
const KNOWN: [&str; 15] = [
    oid::AUTHORITY_INFO_ACCESS,
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::BASIC_CONSTRAINTS,
    oid::CERTIFICATE_POLICIES,
    oid::CRL_DISTRIBUTION_POINTS,
    oid::EXT_KEY_USAGE,
    oid::FRESHEST_CRL,
    oid::INHIBIT_ANY_POLICY,
    oid::KEY_USAGE,
    oid::NAME_CONSTRAINTS,
    oid::OCSP_NO_CHECK,
    oid::POLICY_CONSTRAINTS,
    oid::POLICY_MAPPINGS,
    oid::SUBJECT_ALT_NAME,
    oid::SUBJECT_KEY_IDENTIFIER,
];

/// How many extensions are told to be wrong in one way: hostile certificates have a hundred thousand.
const MOST_SAID: usize = 16;

/// Which rules hold for the last certificate of a path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Goal {
    /// It signs revocation lists: purpose, names and policies asked for do not concern it.
    ListSigner,
    /// It signs OCSP answers: as for lists.
    Responder,
    /// It is the subject.
    Subject,
}

/// A path whose signatures hold, and what is weak about each, in the order of the certificates.
pub(super) struct Path<'p> {
    pub(super) anchor: &'p Anchor,
    /// From the last certificate up.
    pub(super) nodes: &'p [&'p Node],
    /// In the same order.
    pub(super) weaknesses: &'p [Vec<Weakness>],
}

/// The state of a validation (RFC 5280 §6.1.2).
struct State<'p> {
    options: &'p Options,
    goal: Goal,
    constraints: Constraints,
    policies: Policies<'p>,
    max_path_length: usize,
}

impl Path<'_> {
    /// Adds to `attempt` what is found along the path, subject first.
    pub(super) fn examine(
        &self,
        goal: Goal,
        options: &Options,
        meter: &mut Meter,
        attempt: &mut Attempt,
    ) -> Result<(), Exhausted> {
        let any = PolicyInputs::default();
        let inputs = if goal == Goal::Subject { &options.policies } else { &any };
        let mut state = State {
            options,
            goal,
            constraints: Constraints::default(),
            policies: Policies::start(inputs, self.nodes.len()),
            max_path_length: self.nodes.len(),
        };
        let above = &self.anchor.entity.display;
        let mut found = vec![(above, state.anchor(self.anchor.certificate.as_ref()))];
        let steps = self.nodes.iter().zip(self.weaknesses).enumerate().rev();
        for (index, (node, weaknesses)) in steps {
            let place = match index {
                0 => Place::Last,
                _ if node.is_self_issued() => Place::SelfIssued,
                _ => Place::Intermediate,
            };
            let mut facts = Facts::default();
            state.certificate(node, weaknesses, place, meter, &mut facts)?;
            if place != Place::Last {
                state.prepare(node, place, meter, &mut facts)?;
            }
            found.push((&node.entity.display, facts));
        }
        if let Some((leaf, (_, facts))) = self.nodes.first().zip(found.last_mut()) {
            state.finish(leaf, facts);
        }
        for (subject, facts) in found.into_iter().rev() {
            for (severity, fact) in facts.0 {
                attempt.add(severity, subject, fact);
            }
        }
        Ok(())
    }
}

/// What is found about one certificate.
#[derive(Debug, Default)]
struct Facts(Vec<(Severity, Fact)>);

impl Facts {
    fn error(&mut self, fact: Fact) {
        self.0.push((Severity::Error, fact));
    }

    /// The content of an extension, or an error about it.
    fn read<T>(&mut self, content: Result<Option<T>, X509Error>) -> Option<T> {
        match content {
            Ok(content) => content,
            Err(error) => {
                if let X509Error::Extension { oid, .. } = error {
                    self.error(Fact::ExtensionUnreadable(oid));
                }
                None
            }
        }
    }
}

impl State<'_> {
    /// Takes in the certificate of the anchor: its constraints hold (RFC 5937 §3.2), its dates are only demanded.
    fn anchor(&mut self, certificate: Option<&Certificate>) -> Facts {
        let mut facts = Facts::default();
        let Some(certificate) = certificate else { return facts };
        form(certificate, self.options, &mut facts);
        if !is_current(certificate, self.options.at) {
            facts.0.push((self.options.demanded(), Fact::Demand(Demand::AnchorValidity)));
        }
        match facts.read(certificate.basic_constraints()) {
            // An anchor of version 1 has none and may issue; one that says it may not may not.
            None => {
                let missing = Fact::Demand(Demand::BasicConstraintsMissing);
                facts.0.push((self.options.demanded(), missing));
            }
            Some(BasicConstraints { role: Role::EndEntity, .. }) => facts.error(Fact::NotAuthority),
            Some(constraints) => self.limit_path_length(constraints.path_length),
        }
        if let Some(usage) = facts.read(certificate.key_usage())
            && !usage.contains(&KeyUse::KeyCertSign)
        {
            facts.error(Fact::CertSignMissing);
        }
        if let Some(names) = facts.read(certificate.name_constraints()) {
            self.constraints.add(&names);
        }
        let policies = facts.read(certificate.policy_constraints());
        let any_policy = facts.read(certificate.inhibit_any_policy());
        self.policies.limit(policies, any_policy);
        facts
    }

    /// Basic certificate processing (§6.1.3), and what is asked of every certificate.
    fn certificate(
        &mut self,
        node: &Node,
        weaknesses: &[Weakness],
        place: Place,
        meter: &mut Meter,
        facts: &mut Facts,
    ) -> Result<(), Exhausted> {
        let certificate = &node.certificate;
        alone(node, self.options, facts);
        let weak = self.options.weak();
        facts.0.extend(weaknesses.iter().map(|weakness| (weak, Fact::Weak(*weakness))));
        dates(certificate, self.options.at, facts);
        if place != Place::SelfIssued
            && let Some(fact) = self.constraints.refuse(certificate, meter)?
        {
            facts.error(fact);
        }
        let asserted = facts.read(certificate.certificate_policies());
        let asserted: Option<BTreeSet<Oid>> =
            asserted.map(|policies| policies.into_iter().map(|policy| policy.oid).collect());
        self.policies.certificate(asserted.as_ref(), place, meter)?;
        if !self.policies.holds() {
            facts.error(Fact::PolicyRequired);
        }
        self.purpose(certificate, facts);
        Ok(())
    }

    /// Preparation for the next certificate (§6.1.4).
    fn prepare(
        &mut self,
        node: &Node,
        place: Place,
        meter: &mut Meter,
        facts: &mut Facts,
    ) -> Result<(), Exhausted> {
        let certificate = &node.certificate;
        if let Some(mappings) = facts.read(certificate.policy_mappings())
            && self.policies.map(&mappings, meter)?.is_err()
        {
            facts.error(Fact::PolicyMappingOfAny);
        }
        if let Some(names) = facts.read(certificate.name_constraints()) {
            self.constraints.add(&names);
        }
        let policies = facts.read(certificate.policy_constraints());
        let any_policy = facts.read(certificate.inhibit_any_policy());
        self.policies.prepare(policies, any_policy, place);

        let constraints = facts.read(certificate.basic_constraints());
        if constraints.is_none_or(|constraints| constraints.role == Role::EndEntity) {
            facts.error(Fact::NotAuthority);
        }
        if place != Place::SelfIssued {
            match self.max_path_length.checked_sub(1) {
                Some(left) => self.max_path_length = left,
                None => facts.error(Fact::PathLength),
            }
        }
        self.limit_path_length(constraints.and_then(|constraints| constraints.path_length));
        if let Some(usage) = facts.read(certificate.key_usage())
            && !usage.contains(&KeyUse::KeyCertSign)
        {
            facts.error(Fact::CertSignMissing);
        }
        Ok(())
    }

    fn limit_path_length(&mut self, limit: Option<u32>) {
        let limit = limit.and_then(|limit| usize::try_from(limit).ok());
        self.max_path_length = self.max_path_length.min(limit.unwrap_or(usize::MAX));
    }

    /// The wrap-up (§6.1.5), and what was asked of the subject.
    fn finish(self, leaf: &Node, facts: &mut Facts) {
        let certificate = &leaf.certificate;
        let constraints = facts.read(certificate.policy_constraints());
        if !self.policies.finish(constraints) {
            facts.error(Fact::PolicyRequired);
        }
        let usage = facts.read(certificate.key_usage());
        if self.goal != Goal::Subject {
            return;
        }
        asked(certificate, usage.as_ref(), self.options, facts);
    }

    /// extKeyUsage, which binds those below an authority that has it too.
    fn purpose(&self, certificate: &Certificate, facts: &mut Facts) {
        if self.goal == Goal::Subject {
            purpose(certificate, self.options, facts);
        }
    }
}

/// Adds to `attempt` what can be said of a certificate without knowing who issued it: a path that ends early, or an
/// anchor that is itself the subject.
pub(super) fn examine_alone(
    node: &Node,
    validity: Validity,
    goal: Goal,
    options: &Options,
    attempt: &mut Attempt,
) {
    let mut facts = Facts::default();
    alone(node, options, &mut facts);
    match validity {
        Validity::Counts => dates(&node.certificate, options.at, &mut facts),
        Validity::OfAnchor if !is_current(&node.certificate, options.at) => {
            facts.0.push((Severity::Warning, Fact::Demand(Demand::AnchorValidity)));
        }
        Validity::OfAnchor => {}
    }
    if goal == Goal::Subject {
        let usage = facts.read(node.certificate.key_usage());
        purpose(&node.certificate, options, &mut facts);
        asked(&node.certificate, usage.as_ref(), options, &mut facts);
    }
    for (severity, fact) in facts.0 {
        attempt.add(severity, &node.entity.display, fact);
    }
}

/// What the dates of a certificate mean.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Validity {
    /// Outside them it is not valid.
    Counts,
    /// It is trusted whatever they are.
    OfAnchor,
}

/// Form and key.
fn alone(node: &Node, options: &Options, facts: &mut Facts) {
    form(&node.certificate, options, facts);
    match &node.entity.key {
        None => facts.error(Fact::KeyUnreadable),
        Some(key) => {
            let small = key.rsa_bits().filter(|bits| *bits < LEAST_RSA_BITS);
            facts.0.extend(small.map(|bits| (options.weak(), Fact::WeakKey { bits })));
        }
    }
}

/// §6.1.3(a)(2).
fn dates(certificate: &Certificate, at: Timestamp, facts: &mut Facts) {
    match (certificate.not_before(), certificate.not_after()) {
        (Ok(not_before), _) if at < not_before => facts.error(Fact::NotYetValid { not_before }),
        (Ok(_), Ok(not_after)) if at > not_after => facts.error(Fact::Expired { not_after }),
        (Ok(_), Ok(_)) => {}
        _ => facts.error(Fact::DateUnreadable),
    }
}

/// extKeyUsage of the subject.
fn purpose(certificate: &Certificate, options: &Options, facts: &mut Facts) {
    let Some(allowed) = facts.read(certificate.extended_key_usage()) else { return };
    let Some(wanted) = options.purpose.extended() else { return };
    let any = oid::ANY_EXTENDED_KEY_USAGE;
    if !allowed.iter().any(|oid| *oid == wanted || *oid == any) {
        facts.error(Fact::Purpose { purpose: options.purpose.name() });
    }
}

/// What was asked of the subject: that its keyUsage allows the purpose, and its names.
fn asked(
    certificate: &Certificate,
    usage: Option<&BTreeSet<KeyUse>>,
    options: &Options,
    facts: &mut Facts,
) {
    let wanted = options.purpose.usages();
    if let Some(usage) = usage
        && !wanted.is_empty()
        && !wanted.iter().any(|wanted| usage.contains(wanted))
    {
        facts.error(Fact::KeyUsage { purpose: options.purpose.name() });
    }
    for peer in &options.peers {
        if !peer.is_carried_by(certificate) {
            facts.error(Fact::PeerName { name: peer.to_string() });
        }
    }
}

/// Extensions known and there once, the demands of section 4.
fn form(certificate: &Certificate, options: &Options, facts: &mut Facts) {
    if certificate.signature_algorithm() != certificate.tbs_signature_algorithm() {
        facts.error(Fact::AlgorithmsDiffer);
    }
    let mut seen = BTreeSet::new();
    let extensions = certificate.extensions();
    let twice = extensions.iter().filter(|extension| !seen.insert(&extension.oid));
    for extension in twice.take(MOST_SAID) {
        facts.error(Fact::DuplicateExtension(extension.oid.clone()));
    }
    let unknown = extensions
        .iter()
        .filter(|extension| extension.is_critical() && !KNOWN.contains(&extension.oid.as_str()));
    for extension in unknown.take(MOST_SAID) {
        facts.error(Fact::UnknownCritical(extension.oid.clone()));
    }
    let demanded = options.demanded();
    for demand in Demand::broken_by(certificate) {
        // A number below zero has no reading in which the certificate is well made.
        let always = demand == Demand::SerialNegative;
        facts.0.push((if always { Severity::Error } else { demanded }, Fact::Demand(demand)));
    }
    for unread in [
        certificate.subject_alt_name().err(),
        certificate.subject_key_identifier().err(),
        certificate.authority_key_identifier().err(),
        certificate.authority_info_access().err(),
        certificate.crl_distribution_points().err(),
        certificate.freshest_crl().err(),
    ] {
        if let Some(X509Error::Extension { oid, .. }) = unread {
            facts.0.push((demanded, Fact::ExtensionUnreadable(oid)));
        }
    }
}

fn is_current(certificate: &Certificate, at: Timestamp) -> bool {
    match (certificate.not_before(), certificate.not_after()) {
        (Ok(not_before), Ok(not_after)) => not_before <= at && at <= not_after,
        _ => false,
    }
}
