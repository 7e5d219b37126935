//! The search for a path: from the certificate up, over every candidate, until one is valid or all have been tried.

use std::collections::HashSet;

use super::entity::{Anchor, Node};
use super::finding::{Fact, Severity};
use super::options::{Exhausted, Limit, Meter, Options, Revocation, RevocationScope};
use super::path::{self, Goal, Path, Validity};
use super::report::{Attempt, Verdict};
use super::revocation::{Chain, Signers};
use super::signature::{SignatureError, Weakness};
use super::validator::{Validator, leaf_only};

/// A search, for a subject or for who signs a list or an answer.
pub(super) struct Search<'s, 'a> {
    validator: &'s Validator<'a>,
    options: &'s Options,
    goal: Goal,
    /// The only anchor admitted: that of the path on which a list is needed (RFC 5280 §6.3.3(f)).
    only: Option<&'s Anchor>,
    signers: Signers<'s>,
    best: Option<Attempt>,
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Progress {
    Continue,
    Found,
}

impl<'s, 'a> Search<'s, 'a> {
    pub(super) fn new(validator: &'s Validator<'a>, options: &'s Options, goal: Goal) -> Self {
        Self { validator, options, goal, only: None, signers: Signers::default(), best: None }
    }

    /// Admits one anchor only, and knows which signers' status is being asked already.
    pub(super) fn under(mut self, anchor: &'s Anchor, signers: Signers<'s>) -> Self {
        self.only = Some(anchor);
        self.signers = signers;
        self
    }

    /// The path that is valid, or the most telling of those that are not.
    pub(super) fn run(mut self, leaf: &'s Node, meter: &mut Meter) -> Result<Attempt, Exhausted> {
        self.extend(&mut vec![leaf], &mut Vec::new(), meter)?;
        Ok(self.best.unwrap_or_else(|| leaf_only(leaf)))
    }

    /// Tries every issuer of the last certificate of `chain`, which starts with the subject; `weaknesses` are those of
    /// the signatures of all but the last.
    fn extend(
        &mut self,
        chain: &mut Vec<&'s Node>,
        weaknesses: &mut Vec<Vec<Weakness>>,
        meter: &mut Meter,
    ) -> Result<Progress, Exhausted> {
        meter.spend(Limit::Steps, 1)?;
        let validator = self.validator;
        let Some(&top) = chain.last() else { return Ok(Progress::Continue) };
        let mut stuck = true;
        for anchor in validator.anchors.iter().filter(|a| a.entity.subject == top.issuer) {
            if self.only.is_some_and(|only| !only.entity.is(&anchor.entity)) {
                continue;
            }
            stuck = false;
            match validator.signature(top, &anchor.entity, meter)? {
                Err(error) => self.refuse(chain, signature_fact(error, &anchor.entity.display)),
                Ok(weak) => {
                    meter.spend(Limit::Paths, 1)?;
                    weaknesses.push(weak);
                    let attempt = self.examine(chain, weaknesses, anchor, meter)?;
                    weaknesses.pop();
                    if self.record(attempt) == Progress::Found {
                        return Ok(Progress::Found);
                    }
                }
            }
        }
        for candidate in self.candidates(top, meter)? {
            let seen = chain.iter().any(|node| node.entity.is(&candidate.entity));
            let anchor = validator.anchors.iter().any(|a| a.entity.is(&candidate.entity));
            if seen || anchor || validator.distance_to_an_anchor(&candidate.issuer).is_none() {
                continue;
            }
            stuck = false;
            if let Some(most) = self.options.max_intermediates
                && self.goal == Goal::Subject
                && chain.len() > most
            {
                self.refuse(chain, Fact::TooLong { most });
                break;
            }
            if chain.len() >= meter.depth() {
                self.refuse(chain, Fact::Budget(Limit::Depth));
                break;
            }
            match validator.signature(top, &candidate.entity, meter)? {
                Err(error) => self.refuse(chain, signature_fact(error, &candidate.entity.display)),
                Ok(weak) => {
                    chain.push(candidate);
                    weaknesses.push(weak);
                    let progress = self.extend(chain, weaknesses, meter)?;
                    weaknesses.pop();
                    chain.pop();
                    if progress == Progress::Found {
                        return Ok(progress);
                    }
                }
            }
        }
        if stuck {
            let fact = self.dead_end(top, meter)?;
            self.refuse(chain, fact);
        }
        Ok(Progress::Continue)
    }

    /// Those that bear the issuer's name, the likeliest first: the identifiers of keys are hints and no more
    /// (RFC 5280 §4.2.1.1), and so are dates, and how near an anchor is. Each costs a step, tried or not.
    fn candidates(&self, top: &Node, meter: &mut Meter) -> Result<Vec<&'s Node>, Exhausted> {
        let at = self.options.at;
        let mut candidates: Vec<&Node> = self.validator.named(&top.issuer).collect();
        meter.spend(Limit::Steps, candidates.len())?;
        candidates.sort_by_cached_key(|node| {
            let hinted = match (&top.authority_key, &node.subject_key) {
                (Some(wanted), Some(found)) => wanted == found,
                _ => true,
            };
            let dates = (node.certificate.not_before(), node.certificate.not_after());
            let current = matches!(dates, (Ok(start), Ok(end)) if start <= at && at <= end);
            (!hinted, !current, self.validator.distance_to_an_anchor(&node.issuer))
        });
        Ok(candidates)
    }

    /// Examines a path whose signatures hold.
    fn examine(
        &self,
        chain: &[&'s Node],
        weaknesses: &[Vec<Weakness>],
        anchor: &'s Anchor,
        meter: &mut Meter,
    ) -> Result<Attempt, Exhausted> {
        let mut elements: Vec<_> = chain.iter().map(|node| node.element()).collect();
        elements.push(anchor.element());
        let mut attempt = Attempt::of(elements);
        let path = Path { anchor, nodes: chain, weaknesses };
        path.examine(self.goal, self.options, meter, &mut attempt)?;
        if attempt.verdict() == Verdict::Invalid || self.options.revocation == Revocation::Off {
            return Ok(attempt);
        }
        let asked = match (self.goal, self.options.scope) {
            // Those above it are on the path of who is asked about.
            (Goal::Responder, _) => 1,
            (_, RevocationScope::Chain) => chain.len(),
            (Goal::ListSigner, RevocationScope::Leaf) => 0,
            (Goal::Subject, RevocationScope::Leaf) => 1,
        };
        let chain =
            Chain { validator: self.validator, options: self.options, anchor, nodes: chain };
        for index in 0..asked {
            // An anchor given as the subject is trusted, not asked about.
            if chain.nodes[index].entity.is(&anchor.entity) {
                break;
            }
            chain.ask(index, &self.signers, meter, &mut attempt)?;
        }
        Ok(attempt)
    }

    /// Keeps an attempt that is valid, or that tells more than the best one.
    fn record(&mut self, attempt: Attempt) -> Progress {
        let valid = attempt.verdict() == Verdict::Valid;
        if self.best.as_ref().is_none_or(|best| attempt.tells_more_than(best)) {
            self.best = Some(attempt);
        }
        if valid { Progress::Found } else { Progress::Continue }
    }

    /// Records that the chain goes no further.
    fn refuse(&mut self, chain: &[&'s Node], fact: Fact) {
        let Some(top) = chain.last() else { return };
        // A failure nearer to an anchor tells no more than one of the same kind before it.
        if self.best.as_ref().is_some_and(|best| {
            best.findings.iter().any(|finding| finding.fact.telling() >= fact.telling())
        }) {
            return;
        }
        let path = chain.iter().map(|node| node.element()).collect();
        let mut attempt = Attempt::of(path);
        // What is wrong with the certificates themselves is wrong whoever issued them.
        for (place, node) in chain.iter().enumerate() {
            let goal = if place == 0 { self.goal } else { Goal::ListSigner };
            path::examine_alone(node, Validity::Counts, goal, self.options, &mut attempt);
        }
        let severity = match fact {
            Fact::Budget(_) | Fact::NoIssuer { .. } => Severity::Indeterminate,
            _ => Severity::Error,
        };
        attempt.add(severity, &top.entity.display, fact);
        self.record(attempt);
    }

    /// Where the names end that lead up from a certificate.
    fn dead_end(&self, top: &'s Node, meter: &mut Meter) -> Result<Fact, Exhausted> {
        let mut seen = HashSet::new();
        let mut top = top;
        loop {
            seen.insert(top.id);
            if top.is_self_issued() {
                return Ok(Fact::UntrustedRoot { root: top.entity.display.clone() });
            }
            meter.spend(Limit::Steps, self.validator.named(&top.issuer).count())?;
            match self.validator.named(&top.issuer).find(|node| !seen.contains(&node.id)) {
                Some(next) => top = next,
                None => return Ok(Fact::NoIssuer { issuer: top.certificate.issuer().to_string() }),
            }
        }
    }
}

fn signature_fact(error: SignatureError, issuer: &str) -> Fact {
    match error {
        SignatureError::Unsupported(algorithm) => Fact::SignatureUnsupported(algorithm),
        SignatureError::Wrong => Fact::SignatureWrong { issuer: issuer.to_owned() },
    }
}
