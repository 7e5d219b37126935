//! One path, from its anchor to its last certificate: RFC 5280 §6.1.2 to §6.1.5, but for revocation.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::constraint::Constraints;
use super::demand::Demand;
use super::entity::{Anchor, Node};
use super::finding::{Fact, Severity};
use super::options::{Conformance, Exhausted, Legacy, Meter, Options, PolicyInputs};
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
    /// What a demand that is not kept, or an extension that nothing depends on and cannot be read, amounts to.
    fn demanded(&self) -> Severity {
        match self.options.conformance {
            Conformance::Lenient => Severity::Warning,
            Conformance::Strict => Severity::Error,
        }
    }

    /// Takes in the certificate of the anchor: its constraints hold (RFC 5937 §3.2), its dates are only demanded.
    fn anchor(&mut self, certificate: Option<&Certificate>) -> Facts {
        let mut facts = Facts::default();
        let Some(certificate) = certificate else { return facts };
        self.form(certificate, &mut facts);
        if !is_current(certificate, self.options.at) {
            facts.0.push((self.demanded(), Fact::Demand(Demand::AnchorValidity)));
        }
        match facts.read(certificate.basic_constraints()) {
            // An anchor of version 1 has none and may issue; one that says it may not may not.
            None => facts.0.push((self.demanded(), Fact::Demand(Demand::BasicConstraintsMissing))),
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
        self.form(certificate, facts);
        let weak = match self.options.legacy {
            Legacy::DangerAllowed => Severity::Warning,
            Legacy::Refused => Severity::Error,
        };
        facts.0.extend(weaknesses.iter().map(|weakness| (weak, Fact::Weak(*weakness))));
        match &node.entity.key {
            None => facts.error(Fact::KeyUnreadable),
            Some(key) => {
                let small = key.rsa_bits().filter(|bits| *bits < LEAST_RSA_BITS);
                facts.0.extend(small.map(|bits| (weak, Fact::WeakKey { bits })));
            }
        }
        match (certificate.not_before(), certificate.not_after()) {
            (Ok(not_before), _) if self.options.at < not_before => {
                facts.error(Fact::NotYetValid { not_before });
            }
            (Ok(_), Ok(not_after)) if self.options.at > not_after => {
                facts.error(Fact::Expired { not_after });
            }
            (Ok(_), Ok(_)) => {}
            _ => facts.error(Fact::DateUnreadable),
        }
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
        let purpose = self.options.purpose;
        let wanted = purpose.usages();
        if let Some(usage) = usage
            && !wanted.is_empty()
            && !wanted.iter().any(|wanted| usage.contains(wanted))
        {
            facts.error(Fact::KeyUsage { purpose: purpose.name() });
        }
        for peer in &self.options.peers {
            if !peer.is_carried_by(certificate) {
                facts.error(Fact::PeerName { name: peer.to_string() });
            }
        }
    }

    /// extKeyUsage, which binds those below an authority that has it too.
    fn purpose(&self, certificate: &Certificate, facts: &mut Facts) {
        let Some(allowed) = facts.read(certificate.extended_key_usage()) else { return };
        let Some(wanted) = self.options.purpose.extended() else { return };
        let any = oid::ANY_EXTENDED_KEY_USAGE;
        if self.goal == Goal::Subject && !allowed.iter().any(|oid| *oid == wanted || *oid == any) {
            facts.error(Fact::Purpose { purpose: self.options.purpose.name() });
        }
    }

    /// What can be said of a certificate alone: extensions known and there once, the demands of section 4.
    fn form(&self, certificate: &Certificate, facts: &mut Facts) {
        if certificate.signature_algorithm() != certificate.tbs_signature_algorithm() {
            facts.error(Fact::AlgorithmsDiffer);
        }
        let mut seen = BTreeSet::new();
        for extension in certificate.extensions() {
            if !seen.insert(&extension.oid) {
                facts.error(Fact::DuplicateExtension(extension.oid.clone()));
            }
            if extension.is_critical() && !KNOWN.contains(&extension.oid.as_str()) {
                facts.error(Fact::UnknownCritical(extension.oid.clone()));
            }
        }
        let demanded = self.demanded();
        let demands = Demand::broken_by(certificate);
        facts.0.extend(demands.into_iter().map(|demand| (demanded, Fact::Demand(demand))));
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
}

fn is_current(certificate: &Certificate, at: Timestamp) -> bool {
    match (certificate.not_before(), certificate.not_after()) {
        (Ok(not_before), Ok(not_after)) => not_before <= at && at <= not_after,
        _ => false,
    }
}
