//! Certificate policies along a path (RFC 5280 §6.1), as the graph of RFC 9618: what the tree of RFC 5280 says, in a
//! size that hostile mappings cannot make exponential.

use std::collections::{BTreeMap, BTreeSet};

use super::options::{Exhausted, ExplicitPolicy, Limit, Meter, PolicyInputs, PolicyUse};
use crate::x509::{Oid, PolicyConstraints, PolicyMapping, oid};

/// A node of the graph; its policy is the key it stands under.
#[derive(Clone, Debug, Default)]
struct Node {
    /// expected_policy_set.
    expected: BTreeSet<Oid>,
    /// The policies of its parents, at the depth above.
    parents: BTreeSet<Oid>,
}

/// Where in the path a certificate stands, and whether it is self-issued.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// Below others, which it issues, under another name than its own.
    Intermediate,
    /// Below others, under its own name.
    SelfIssued,
    /// The last of the path.
    Last,
}

/// The state variables about policies (RFC 5280 §6.1.2, RFC 9618 §3).
#[derive(Clone, Debug)]
pub(super) struct Policies<'a> {
    inputs: &'a PolicyInputs,
    /// valid_policy_graph, from the anchor down; empty when it is NULL.
    levels: Vec<BTreeMap<Oid, Node>>,
    explicit: u32,
    mapping: u32,
    any_policy: u32,
}

/// A mapping from or to anyPolicy (RFC 5280 §6.1.4(a)).
#[derive(Debug)]
pub(super) struct MappingOfAny;

impl<'a> Policies<'a> {
    /// Before the first of `length` certificates.
    pub(super) fn start(inputs: &'a PolicyInputs, length: usize) -> Self {
        let never = u32::try_from(length).unwrap_or(u32::MAX).saturating_add(1);
        let unless = |inhibited: bool| if inhibited { 0 } else { never };
        let any = any_policy();
        let root = Node {
            expected: BTreeSet::from([any.clone()]),
            parents: BTreeSet::from([any.clone()]),
        };
        Self {
            inputs,
            levels: vec![BTreeMap::from([(any, root)])],
            explicit: unless(inputs.explicit == ExplicitPolicy::Required),
            mapping: unless(inputs.mapping == PolicyUse::Inhibited),
            any_policy: unless(inputs.any_policy == PolicyUse::Inhibited),
        }
    }

    /// Takes in the policies of the next certificate (§6.1.3(d), (e)).
    pub(super) fn certificate(
        &mut self,
        asserted: Option<&BTreeSet<Oid>>,
        place: Place,
        meter: &mut Meter,
    ) -> Result<(), Exhausted> {
        let (Some(above), Some(asserted)) = (self.levels.last(), asserted) else {
            self.levels.clear();
            return Ok(());
        };
        let any = any_policy();
        let mut level: BTreeMap<Oid, Node> = BTreeMap::new();
        let mut child = |policy: &Oid, parent: &Oid| {
            meter.spend(Limit::Policies, 1)?;
            let node = level.entry(policy.clone()).or_default();
            node.expected.insert(policy.clone());
            node.parents.insert(parent.clone());
            Ok(())
        };
        // Which nodes above expect each policy.
        let mut expecting: BTreeMap<&Oid, Vec<&Oid>> = BTreeMap::new();
        for (parent, node) in above {
            for policy in &node.expected {
                expecting.entry(policy).or_default().push(parent);
            }
        }
        for policy in asserted.iter().filter(|policy| **policy != any) {
            match expecting.get(policy) {
                Some(parents) => parents.iter().try_for_each(|parent| child(policy, parent))?,
                None if above.contains_key(&any) => child(policy, &any)?,
                None => {}
            }
        }
        let any_counts = self.any_policy > 0 || place == Place::SelfIssued;
        if asserted.contains(&any) && any_counts {
            for (policy, parents) in &expecting {
                if !asserted.contains(*policy) || **policy == any {
                    parents.iter().try_for_each(|parent| child(policy, parent))?;
                }
            }
        }
        if level.is_empty() {
            self.levels.clear();
        } else {
            self.levels.push(level);
        }
        Ok(())
    }

    /// §6.1.3(f): a policy is valid, or none is required yet.
    pub(super) fn holds(&self) -> bool {
        self.explicit > 0 || !self.levels.is_empty()
    }

    /// Applies the mappings of an intermediate (§6.1.4(a), (b)).
    pub(super) fn map(
        &mut self,
        mappings: &[PolicyMapping],
        meter: &mut Meter,
    ) -> Result<Result<(), MappingOfAny>, Exhausted> {
        let any = any_policy();
        if mappings.iter().any(|mapping| mapping.issuer == any || mapping.subject == any) {
            return Ok(Err(MappingOfAny));
        }
        let Some(level) = self.levels.last_mut() else { return Ok(Ok(())) };
        meter.spend(Limit::Policies, mappings.len())?;
        let mut mapped: BTreeMap<&Oid, BTreeSet<Oid>> = BTreeMap::new();
        for mapping in mappings {
            mapped.entry(&mapping.issuer).or_default().insert(mapping.subject.clone());
        }
        let wildcard = level.get(&any).map(|node| node.parents.clone());
        for (policy, expected) in mapped {
            if self.mapping == 0 {
                level.remove(policy);
            } else if let Some(node) = level.get_mut(policy) {
                node.expected = expected;
            } else if let Some(parents) = &wildcard {
                level.insert(policy.clone(), Node { expected, parents: parents.clone() });
            }
        }
        if level.is_empty() {
            self.levels.clear();
        }
        Ok(Ok(()))
    }

    /// Counts down, and takes in the constraints of an intermediate (§6.1.4(h), (i), (j)).
    pub(super) fn prepare(
        &mut self,
        constraints: Option<PolicyConstraints>,
        inhibit_any_policy: Option<u32>,
        place: Place,
    ) {
        if place != Place::SelfIssued {
            for count in [&mut self.explicit, &mut self.mapping, &mut self.any_policy] {
                *count = count.saturating_sub(1);
            }
        }
        self.limit(constraints, inhibit_any_policy);
    }

    /// Takes in constraints without counting down: those of the anchor (RFC 5937 §3.2).
    pub(super) fn limit(
        &mut self,
        constraints: Option<PolicyConstraints>,
        inhibit_any_policy: Option<u32>,
    ) {
        let explicit = constraints.and_then(|constraints| constraints.require_explicit_policy);
        let mapping = constraints.and_then(|constraints| constraints.inhibit_policy_mapping);
        for (count, limit) in [
            (&mut self.explicit, explicit),
            (&mut self.mapping, mapping),
            (&mut self.any_policy, inhibit_any_policy),
        ] {
            *count = (*count).min(limit.unwrap_or(u32::MAX));
        }
    }

    /// Wraps up (§6.1.5(a), (b), (g)): whether the path is valid for what was asked.
    pub(super) fn finish(mut self, constraints: Option<PolicyConstraints>) -> bool {
        self.explicit = self.explicit.saturating_sub(1);
        if constraints.and_then(|constraints| constraints.require_explicit_policy) == Some(0) {
            self.explicit = 0;
        }
        self.explicit > 0 || self.accepts()
    }

    /// Whether the user-constrained-policy-set is not empty (RFC 9618 §3.5, step (g)).
    fn accepts(&self) -> bool {
        let any = any_policy();
        let Some(last) = self.levels.last() else { return false };
        if self.inputs.initial.is_empty() || self.inputs.initial.contains(&any) {
            return true;
        }
        if last.contains_key(&any) {
            return true;
        }
        // From the last level up, the nodes that have descendants there.
        let mut alive: BTreeSet<&Oid> = last.keys().collect();
        for level in self.levels.iter().skip(1).rev() {
            let mut above = BTreeSet::new();
            for (policy, node) in level.iter().filter(|(policy, _)| alive.contains(policy)) {
                let of_authority = *policy != any && node.parents.contains(&any);
                if of_authority && self.inputs.initial.contains(policy) {
                    return true;
                }
                above.extend(&node.parents);
            }
            alive = above;
        }
        false
    }
}

fn any_policy() -> Oid {
    oid::ANY_POLICY.parse().expect("the constant is a dotted identifier")
}

#[cfg(test)]
mod tests {
    use super::super::options::Budget;
    use super::*;

    fn policy(number: u32) -> Oid {
        format!("1.2.250.1.{number}").parse().expect("dotted")
    }

    fn policies(numbers: &[u32]) -> BTreeSet<Oid> {
        numbers.iter().copied().map(policy).collect()
    }

    fn mapping(issuer: u32, subject: u32) -> PolicyMapping {
        PolicyMapping { issuer: policy(issuer), subject: policy(subject) }
    }

    fn asked(numbers: &[u32]) -> PolicyInputs {
        PolicyInputs {
            initial: policies(numbers),
            explicit: ExplicitPolicy::Required,
            ..PolicyInputs::default()
        }
    }

    /// An intermediate with these policies and mappings, then a last certificate with those.
    fn valid(
        inputs: &PolicyInputs,
        above: &BTreeSet<Oid>,
        mappings: &[PolicyMapping],
        last: &BTreeSet<Oid>,
    ) -> bool {
        let mut meter = Meter::new(Budget::default());
        let mut state = Policies::start(inputs, 2);
        state.certificate(Some(above), Place::Intermediate, &mut meter).expect("small");
        state.map(mappings, &mut meter).expect("small").expect("not of any");
        state.prepare(None, None, Place::Intermediate);
        state.certificate(Some(last), Place::Last, &mut meter).expect("small");
        state.finish(None)
    }

    #[test]
    fn a_policy_asserted_all_along_is_valid() {
        assert!(valid(&asked(&[1]), &policies(&[1, 2]), &[], &policies(&[1])));
        assert!(!valid(&asked(&[2]), &policies(&[1, 2]), &[], &policies(&[1])));
        assert!(valid(&asked(&[]), &policies(&[1, 2]), &[], &policies(&[1])));
        assert!(!valid(&asked(&[]), &policies(&[2]), &[], &policies(&[1])));
    }

    #[test]
    fn any_policy_stands_for_each_until_it_is_inhibited() {
        let any = BTreeSet::from([any_policy()]);
        assert!(valid(&asked(&[1]), &any, &[], &policies(&[1])));
        assert!(valid(&asked(&[1]), &policies(&[1]), &[], &any));
        let inhibited = PolicyInputs { any_policy: PolicyUse::Inhibited, ..asked(&[1]) };
        assert!(!valid(&inhibited, &any, &[], &policies(&[1])));
        assert!(!valid(&inhibited, &policies(&[1]), &[], &any));
    }

    #[test]
    fn a_mapped_policy_is_valid_under_the_name_that_was_asked() {
        let (above, last) = (policies(&[1]), policies(&[2]));
        assert!(valid(&asked(&[1]), &above, &[mapping(1, 2)], &last));
        assert!(!valid(&asked(&[2]), &above, &[mapping(1, 2)], &last));
        let inhibited = PolicyInputs { mapping: PolicyUse::Inhibited, ..asked(&[1]) };
        assert!(!valid(&inhibited, &above, &[mapping(1, 2)], &last));
    }

    #[test]
    fn mapping_to_or_from_any_policy_is_refused() {
        let mut meter = Meter::new(Budget::default());
        let inputs = PolicyInputs::default();
        let mut state = Policies::start(&inputs, 2);
        let mapping = PolicyMapping { issuer: any_policy(), subject: policy(1) };
        assert!(state.map(&[mapping], &mut meter).expect("small").is_err());
    }

    #[test]
    fn mappings_that_would_double_a_tree_at_each_level_end_at_the_limit_or_before() {
        let inputs = asked(&[1]);
        let numbers: Vec<u32> = (1..=200).collect();
        let every = policies(&numbers);
        let mappings: Vec<_> =
            numbers.iter().flat_map(|a| numbers.iter().map(|b| mapping(*a, *b))).collect();
        let mut meter = Meter::new(Budget::default());
        let mut state = Policies::start(&inputs, 64);
        let mut outcome = Ok(());
        for _ in 0..64 {
            outcome = state
                .certificate(Some(&every), Place::Intermediate, &mut meter)
                .and_then(|()| state.map(&mappings, &mut meter).map(drop));
            if outcome.is_err() {
                break;
            }
        }
        assert_eq!(outcome, Err(Exhausted(Limit::Policies)));
    }
}
