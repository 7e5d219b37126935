//! What is at hand to judge certificates with, and the judgement.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use super::entity::{Anchor, Entity, Node};
use super::entries::{IndexedList, ListSigner};
use super::finding::{Fact, Severity};
use super::list::ListNode;
use super::name::NormalName;
use super::ocsp::{Response, Responses, signs_answers};
use super::options::{Budget, Conformance, Exhausted, Limit, Meter, Options};
use super::path::{self, Goal, Validity};
use super::report::{Attempt, NotChecked, Origin, PathElementKind, Report};
use super::search::Search;
use super::signature::{self, SignatureError, Weakness};
use crate::x509::{AlgorithmIdentifier, Certificate, Crl, OcspAnswer};

/// A certificate that may stand on a path. It is trusted for nothing.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The certificate.
    pub certificate: Certificate,
    /// Where it comes from.
    pub origin: Origin,
}

/// A revocation list. It counts once its signature holds.
#[derive(Clone, Debug)]
pub struct List<'a> {
    /// The list, over the bytes that hold it.
    pub crl: Crl<'a>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Anchors, certificates and lists, ready to judge any number of certificates; each distinct signature is verified
/// once. It can be shared by threads.
#[derive(Debug)]
pub struct Validator<'a> {
    pub(super) anchors: Vec<Anchor>,
    pub(super) lists: Vec<ListNode<'a>>,
    pub(super) responses: Responses,
    nodes: Vec<Node>,
    /// The place of each by its SHA-256.
    by_id: HashMap<[u8; 32], usize>,
    /// Those that say they sign OCSP answers.
    responders: Vec<usize>,
    by_subject: HashMap<NormalName, Vec<usize>>,
    /// Names from which, going by names alone, an anchor can be reached, and in how many steps.
    reachable: HashMap<NormalName, usize>,
    signatures: Mutex<HashMap<(Signed, [u8; 32]), Verified>>,
}

/// The outcome of one verification, shared by who waits for it.
#[derive(Clone, Debug, Default)]
struct Verified(Arc<OnceLock<Outcome>>);

/// What a signature is of.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Signed {
    /// An OCSP answer, by the place of its response among those at hand.
    Answer(usize),
    /// A certificate, by its SHA-256.
    Certificate([u8; 32]),
    /// A list, by its place among those at hand: hashing it again would cost as much as its signature.
    List(usize),
}

/// Whether any key has got its parameters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Inheritance {
    None,
    Some,
}

/// Whether a signature holds, and what is weak about it.
pub(super) type Outcome = Result<Vec<Weakness>, SignatureError>;

impl<'a> Validator<'a> {
    /// Takes in what is at hand. A certificate given twice counts once.
    pub fn new(anchors: Vec<Anchor>, candidates: Vec<Candidate>, lists: Vec<List<'a>>) -> Self {
        let mut by_id = HashMap::new();
        let mut nodes = Vec::with_capacity(candidates.len());
        for node in made_ready(candidates) {
            by_id.entry(node.id).or_insert_with(|| {
                nodes.push(node);
                nodes.len() - 1
            });
        }
        let mut by_subject: HashMap<NormalName, Vec<usize>> = HashMap::new();
        let mut by_issuer: HashMap<&NormalName, Vec<&NormalName>> = HashMap::new();
        for (index, node) in nodes.iter().enumerate() {
            by_subject.entry(node.entity.subject.clone()).or_default().push(index);
            by_issuer.entry(&node.issuer).or_default().push(&node.entity.subject);
        }
        let mut reachable = HashMap::new();
        let mut next: VecDeque<(&NormalName, usize)> =
            anchors.iter().map(|anchor| (&anchor.entity.subject, 0)).collect();
        while let Some((name, distance)) = next.pop_front() {
            if !reachable.contains_key(name) {
                reachable.insert(name.clone(), distance);
                let below = by_issuer.get(name).into_iter().flatten();
                next.extend(below.map(|name| (*name, distance + 1)));
            }
        }
        let lists = lists.into_iter().map(|list| ListNode::new(list.crl, list.origin)).collect();
        let responders = (0..nodes.len())
            .filter(|index| signs_answers(&nodes[*index].certificate, &nodes[*index].entity))
            .collect();
        let mut validator = Self {
            anchors,
            lists,
            responses: Responses::default(),
            nodes,
            by_id,
            responders,
            by_subject,
            reachable,
            signatures: Mutex::default(),
        };
        // No more than this is done for keys without parameters: real chains have one or two.
        let mut meter = Meter::new(Budget { signatures: 64, ..Budget::default() });
        while validator.inherit(&mut meter) == Ok(Inheritance::Some) {}
        validator
    }

    /// Gives DSA keys without parameters those of the key that issued their certificate (RFC 5280 §6.1.4(d)): another
    /// round may follow, for those whose issuer has just got its own.
    fn inherit(&mut self, meter: &mut Meter) -> Result<Inheritance, Exhausted> {
        let mut heirs = Vec::new();
        for (index, node) in self.nodes.iter().enumerate() {
            if !node.entity.lacks_parameters() {
                continue;
            }
            let anchors = self.anchors.iter().map(|anchor| &anchor.entity);
            let anchors = anchors.filter(|anchor| anchor.subject == node.issuer);
            for issuer in anchors.chain(self.named(&node.issuer).map(|node| &node.entity)) {
                let Some(heir) = node.entity.inheriting(issuer) else { continue };
                if self.signature(node, issuer, meter)?.is_ok() {
                    heirs.push((index, heir));
                    break;
                }
            }
        }
        let found = if heirs.is_empty() { Inheritance::None } else { Inheritance::Some };
        for (index, heir) in heirs {
            self.nodes[index].entity = heir;
        }
        Ok(found)
    }

    /// The same, with OCSP responses in place of those it had.
    #[must_use]
    pub fn with_responses(self, responses: Vec<Response>) -> Self {
        // The outcomes known of responses are by their places.
        Self { responses: Responses::new(responses), signatures: Mutex::default(), ..self }
    }

    /// Takes in lists that were verified before.
    #[must_use]
    pub fn with_indexed(mut self, lists: impl IntoIterator<Item = IndexedList<'a>>) -> Self {
        self.lists.extend(lists.into_iter().map(ListNode::indexed));
        self
    }

    /// The key that the signature of a list was found to hold with so far; `place` counts the lists as they were given,
    /// those that were verified before at the end.
    pub fn list_signer(&self, place: usize) -> Option<ListSigner> {
        // A panic elsewhere leaves a map that is whole.
        let known = self.signatures.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find_map(|((signed, key_id), outcome)| match (signed, outcome.0.get()) {
            (Signed::List(found), Some(Ok(weaknesses))) if *found == place => {
                Some(ListSigner { key_id: *key_id, weaknesses: weaknesses.clone() })
            }
            _ => None,
        })
    }

    /// Judges one certificate.
    pub fn validate(&self, subject: &Certificate, origin: &Origin, options: &Options) -> Report {
        let made;
        let leaf = match self.by_id.get(&subject.sha256()) {
            Some(place) => &self.nodes[*place],
            None => {
                made = Node::new(subject.clone(), origin.clone());
                &made
            }
        };
        let mut meter = Meter::new(options.budget);
        let alone = |fact| {
            let mut attempt = leaf_only(leaf);
            path::examine_alone(leaf, Validity::Counts, Goal::Subject, options, &mut attempt);
            attempt.add(Severity::Indeterminate, &leaf.entity.display, fact);
            attempt
        };
        let attempt = if let Some(anchor) = self.anchors.iter().find(|anchor| anchor.is(leaf)) {
            let mut attempt = leaf_only(leaf);
            attempt.path = vec![anchor.element()];
            path::examine_alone(leaf, Validity::OfAnchor, Goal::Subject, options, &mut attempt);
            attempt
        } else if self.anchors.is_empty() {
            alone(Fact::NoAnchor)
        } else {
            let found = Search::new(self, options, Goal::Subject).run(leaf, &mut meter);
            found.unwrap_or_else(|Exhausted(limit)| alone(Fact::Budget(limit)))
        };
        let not_checked = not_checked(&attempt, options);
        let Attempt { mut path, findings, revocation, .. } = attempt;
        // The subject may be a candidate too, found elsewhere.
        if let Some(first) = path.first_mut().filter(|e| e.kind == PathElementKind::Certificate) {
            first.origin = origin.clone();
        }
        let subject = leaf.entity.display.clone();
        Report { subject, at: options.at, path, findings, revocation, not_checked }
    }

    /// The certificates that bear a name.
    pub(super) fn named(&self, name: &NormalName) -> impl Iterator<Item = &Node> {
        self.by_subject.get(name).into_iter().flatten().map(|index| &self.nodes[*index])
    }

    /// The certificates that say they sign OCSP answers.
    pub(super) fn responders(&self) -> impl Iterator<Item = &Node> {
        self.responders.iter().map(|index| &self.nodes[*index])
    }

    /// In how many steps, going by names, an anchor can be reached from this issuer; `None` when it cannot.
    pub(super) fn distance_to_an_anchor(&self, issuer: &NormalName) -> Option<usize> {
        self.reachable.get(issuer).copied()
    }

    /// Whether the signature of a certificate is that of an issuer's key.
    pub(super) fn signature(
        &self,
        node: &Node,
        issuer: &Entity,
        meter: &mut Meter,
    ) -> Result<Outcome, Exhausted> {
        let certificate = &node.certificate;
        let algorithm = certificate.signature_algorithm();
        let Some(signature) = certificate.signature() else {
            return Ok(Err(SignatureError::Wrong));
        };
        let tbs = certificate.tbs();
        self.verify(Signed::Certificate(node.id), issuer, algorithm, tbs, signature, meter)
    }

    /// Whether the signature of a list is that of a signer's key.
    pub(super) fn list_signature(
        &self,
        index: usize,
        signer: &Entity,
        meter: &mut Meter,
    ) -> Result<Outcome, Exhausted> {
        let list = &self.lists[index];
        if let Some(known) = list.known_signature(signer.key_id) {
            return Ok(known);
        }
        let crl = &list.crl;
        let algorithm = crl.signature_algorithm();
        self.verify(Signed::List(index), signer, algorithm, crl.tbs(), crl.signature(), meter)
    }

    /// Whether the signature of the answer at this place is that of a responder's key.
    pub(super) fn answer_signature(
        &self,
        place: usize,
        answer: &OcspAnswer,
        signer: &Entity,
        meter: &mut Meter,
    ) -> Result<Outcome, Exhausted> {
        let OcspAnswer { signature_algorithm, signature, .. } = answer;
        let signed = Signed::Answer(place);
        self.verify(signed, signer, signature_algorithm, answer.tbs(), signature, meter)
    }

    fn verify(
        &self,
        signed: Signed,
        signer: &Entity,
        algorithm: &AlgorithmIdentifier,
        message: &[u8],
        signature: &[u8],
        meter: &mut Meter,
    ) -> Result<Outcome, Exhausted> {
        let place = (signed, signer.key_id);
        // A panic elsewhere leaves a map that is whole.
        let known = || self.signatures.lock().unwrap_or_else(PoisonError::into_inner);
        let Verified(once) = known().entry(place).or_default().clone();
        if let Some(outcome) = once.get() {
            return Ok(outcome.clone());
        }
        meter.spend(Limit::Signatures, 1)?;
        // Whoever else asks meanwhile waits for the answer.
        let outcome = once.get_or_init(|| match &signer.key {
            None => Err(SignatureError::Unsupported(algorithm.oid.clone())),
            Some(key) => signature::verify(key, algorithm, message, signature),
        });
        Ok(outcome.clone())
    }
}

/// Candidates made ready, several at a time when they are many.
fn made_ready(candidates: Vec<Candidate>) -> Vec<Node> {
    /// Fewer are done before a thread has started.
    const MANY: usize = 256;
    let ready = |Candidate { certificate, origin }: &Candidate| {
        Node::new(certificate.clone(), origin.clone())
    };
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    if candidates.len() < MANY || threads == 1 {
        return candidates.iter().map(ready).collect();
    }
    thread::scope(|scope| {
        let parts = candidates.chunks(candidates.len().div_ceil(threads));
        let parts: Vec<_> = parts
            .map(|part| scope.spawn(move || part.iter().map(ready).collect::<Vec<_>>()))
            .collect();
        let nodes = parts.into_iter().flat_map(|part| match part.join() {
            Ok(nodes) => nodes,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        nodes.collect()
    })
}

/// Nothing but the certificate itself.
pub(super) fn leaf_only(leaf: &Node) -> Attempt {
    Attempt::of(vec![leaf.element()])
}

fn not_checked(attempt: &Attempt, options: &Options) -> Vec<NotChecked> {
    // Statuses are asked from the subject up, and of a path that is not invalid already.
    let mut left: Vec<NotChecked> = attempt
        .path
        .iter()
        .skip(attempt.revocation.len())
        .filter(|element| element.kind == PathElementKind::Certificate)
        .map(|element| NotChecked::Revocation { subject: element.subject.clone() })
        .collect();
    let anchored = attempt.path.iter().any(|element| element.kind == PathElementKind::Anchor);
    if anchored && options.conformance == Conformance::Lenient {
        left.push(NotChecked::AnchorValidity);
    }
    left.extend(attempt.left_out.iter().cloned());
    left
}
