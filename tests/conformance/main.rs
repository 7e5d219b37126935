//! PKITS and x509-limbo against the library. The case files are not part of the repository: they are read from
//! `../shared/suites`, or from the folder that `CPSKIT_SUITES` names, and without them the tests say so and skip.
//!
//! `divergences.json` has each case whose answer is not the one expected, and why. A case that starts to diverge
//! fails, and so does one that stops.

#[cfg(feature = "cli")]
mod binary;
mod suite;
#[cfg(feature = "cli")]
#[path = "../support/support.rs"]
mod support;

use std::collections::BTreeMap;

use cpskit::pki::{
    Anchor, Candidate, Conformance, ExplicitPolicy, Legacy, List, Options, Origin, Peer,
    PolicyInputs, PolicyUse, Purpose, Report, Revocation, Validator, Verdict,
};
use cpskit::x509::{Certificate, Crl};
use serde::Deserialize;
use suite::{Case, Suite};

/// A case whose answer is not the one expected.
#[derive(Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
struct Divergence {
    case: String,
    expected: String,
    actual: String,
    reason: String,
}

#[test]
fn each_case_of_pkits_is_judged_as_nist_has_it() {
    run("pkits", Conformance::Lenient, alone);
}

#[test]
fn each_case_of_pkits_is_judged_the_same_among_all_certificates_and_lists() {
    let Some(suite) = Suite::load("pkits") else { return };
    let heap = Heap::of(&suite);
    run("pkits", Conformance::Lenient, |suite, case, options| heap.judge(suite, case, options));
}

#[test]
fn each_case_of_limbo_is_judged_strictly_as_its_authors_have_it() {
    run("limbo", Conformance::Strict, alone);
}

#[test]
fn each_draft_case_of_limbo_is_judged_strictly_as_its_authors_have_it() {
    run("limbo-crl-draft", Conformance::Strict, alone);
}

/// Judges every case of a suite, and compares those that diverge with those that are known to.
fn run(
    name: &str,
    conformance: Conformance,
    judge: impl Fn(&Suite, &Case, &Options) -> Option<Report>,
) {
    let Some(suite) = Suite::load(name) else { return };
    let mut known: BTreeMap<String, Divergence> = divergences()
        .into_iter()
        .filter(|divergence| divergence.case.starts_with(&format!("{name}/")))
        .map(|divergence| (divergence.case.clone(), divergence))
        .collect();
    let mut wrong = Vec::new();
    for case in &suite.cases {
        let options = Options { conformance, ..options(case) };
        let report = judge(&suite, case, &options);
        let actual = report.as_ref().map_or("unreadable", |report| report.verdict().name());
        let as_expected = (actual == "valid") == (case.expect == "valid");
        let known = known.remove(&case.id);
        let foreseen = known.as_ref().map(|known| (known.expected.as_str(), known.actual.as_str()));
        let found = (!as_expected).then_some((case.expect.as_str(), actual));
        if found != foreseen {
            let findings = report.iter().flat_map(|report| &report.findings);
            let facts: String = findings.map(|finding| format!("\n  {finding}")).collect();
            wrong.push(format!("{}: {} expected, {actual}{facts}", case.id, case.expect));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(known.is_empty(), "no such case: {:?}", known.keys());
}

fn divergences() -> Vec<Divergence> {
    serde_json::from_str(include_str!("divergences.json")).expect("the divergences are read")
}

/// With the certificates and lists of the case only. `None` when its leaf or its anchor is no certificate.
fn alone(suite: &Suite, case: &Case, options: &Options) -> Option<Report> {
    let candidates = certificates(suite, &suite.names(&case.untrusted, "cert"));
    let lists = lists(suite, &suite.names(&case.crls, "crl"));
    let validator = Validator::new(anchors(suite, case)?, candidates, lists);
    let leaf = Certificate::parse(suite.der(&case.leaf)).ok()?;
    Some(validator.validate(&leaf, &Origin(case.leaf.clone()), options))
}

/// All certificates and all lists of a suite.
struct Heap<'s> {
    candidates: Vec<Candidate>,
    lists: Vec<List<'s>>,
}

impl<'s> Heap<'s> {
    fn of(suite: &'s Suite) -> Self {
        let every = vec!["*".to_owned()];
        Self {
            candidates: certificates(suite, &suite.names(&every, "cert")),
            lists: lists(suite, &suite.names(&every, "crl")),
        }
    }

    fn judge(&self, suite: &Suite, case: &Case, options: &Options) -> Option<Report> {
        let anchors = anchors(suite, case)?;
        let validator = Validator::new(anchors, self.candidates.clone(), self.lists.clone());
        let leaf = Certificate::parse(suite.der(&case.leaf)).ok()?;
        Some(validator.validate(&leaf, &Origin(case.leaf.clone()), options))
    }
}

fn anchors(suite: &Suite, case: &Case) -> Option<Vec<Anchor>> {
    let anchor = |name: &String| {
        let certificate = Certificate::parse(suite.der(name)).ok()?;
        Some(Anchor::from_certificate(certificate, Origin(name.clone())))
    };
    suite.names(&case.anchors, "cert").iter().map(anchor).collect()
}

fn certificates(suite: &Suite, names: &[String]) -> Vec<Candidate> {
    let read = |name: &String| {
        let certificate = Certificate::parse(suite.der(name)).ok()?;
        Some(Candidate { certificate, origin: Origin(name.clone()) })
    };
    names.iter().filter_map(read).collect()
}

fn lists<'s>(suite: &'s Suite, names: &[String]) -> Vec<List<'s>> {
    let read = |name: &String| {
        let crl = Crl::parse(suite.der(name)).ok()?;
        Some(List { crl, origin: Origin(name.clone()) })
    };
    names.iter().filter_map(read).collect()
}

fn options(case: &Case) -> Options {
    let inhibited = |inhibited| if inhibited { PolicyUse::Inhibited } else { PolicyUse::Allowed };
    Options {
        // DSA and its SHA-1 are refused unless asked for.
        legacy: match case.tags.iter().any(|tag| tag == "dsa") {
            true => Legacy::DangerAllowed,
            false => Legacy::Refused,
        },
        purpose: match case.purpose.as_deref() {
            Some("serverAuth") => Purpose::Server,
            Some("clientAuth") => Purpose::Client,
            _ => Purpose::Any,
        },
        policies: PolicyInputs {
            initial: case.policies.iter().map(|oid| oid.parse().expect("an OID")).collect(),
            explicit: match case.explicit_policy {
                true => ExplicitPolicy::Required,
                false => ExplicitPolicy::NotRequired,
            },
            mapping: inhibited(case.inhibit_policy_mapping),
            any_policy: inhibited(case.inhibit_any_policy),
        },
        max_intermediates: case.max_intermediates,
        revocation: match case.revocation.as_str() {
            "none" => Revocation::Off,
            _ => Revocation::Require,
        },
        peers: case.peer_name.iter().map(peer).collect(),
        ..Options::at(case.at.parse().expect("an instant"))
    }
}

fn peer(name: &suite::PeerName) -> Peer {
    match name.kind.as_str() {
        "dns" => Peer::Dns(name.value.clone()),
        "ip" => Peer::Ip(name.value.parse().expect("an address")),
        "rfc822" => Peer::Email(name.value.clone()),
        other => panic!("names of kind {other}"),
    }
}

#[test]
fn a_verdict_has_the_name_that_divergences_use() {
    let names = [Verdict::Valid, Verdict::Invalid, Verdict::Indeterminate].map(Verdict::name);
    for divergence in divergences() {
        assert!(names.contains(&divergence.actual.as_str()), "{divergence:?}");
        assert!(!divergence.reason.is_empty(), "{divergence:?}");
    }
}
