//! Scenarios: certificates and lists made on the spot, judged in the middle of January 2026.

use jiff::Timestamp;
use proptest::prelude::*;

use super::list::ListNode;
use super::sample::{
    KEYS, ListTemplate, Template, authority, cn, critical, der, entry, extension, key_usage,
    mid_january, sequence,
};
use super::*;
use crate::x509::{Certificate, Crl, Reason};

/// What is at hand: key 1 is that of the root, key 2 that of the authority below it, key 0 that of end entities.
#[derive(Default)]
struct Scene {
    certificates: Vec<Certificate>,
    lists: Vec<Vec<u8>>,
}

fn origin(name: &str) -> Origin {
    Origin(name.to_owned())
}

fn root() -> Certificate {
    Template::authority("root", "root", 1).signed(1)
}

fn leaf() -> Certificate {
    Template::new("ca", "leaf").signed(2)
}

fn no_revocation() -> Options {
    Options { revocation: Revocation::Off, ..Options::at(mid_january()) }
}

fn leaf_revocation() -> Options {
    Options { scope: RevocationScope::Leaf, ..Options::at(mid_january()) }
}

impl Scene {
    /// The root is trusted; its authority `ca` is at hand.
    fn new() -> Self {
        Self::default().with(Template::authority("root", "ca", 2).signed(1))
    }

    fn with(mut self, certificate: Certificate) -> Self {
        self.certificates.push(certificate);
        self
    }

    /// Adds a list signed by this key.
    fn list(mut self, list: &ListTemplate, signer: usize) -> Self {
        self.lists.push(list.signed(signer));
        self
    }

    fn judge(&self, leaf: &Certificate, options: &Options) -> Report {
        self.judge_under(vec![Anchor::from_certificate(root(), origin("root"))], leaf, options)
    }

    fn judge_under(&self, anchors: Vec<Anchor>, leaf: &Certificate, options: &Options) -> Report {
        let candidates = self.certificates.iter().cloned().enumerate();
        let candidates = candidates
            .map(|(n, certificate)| Candidate { certificate, origin: origin(&format!("c{n}")) })
            .collect();
        let lists = self.lists.iter().enumerate().map(|(n, list)| List {
            crl: Crl::parse(list).expect("whole"),
            origin: origin(&format!("l{n}")),
        });
        Validator::new(anchors, candidates, lists.collect()).validate(
            leaf,
            &origin("leaf"),
            options,
        )
    }

    /// Verdict, and the codes of what is graver than a warning.
    fn answer(&self, leaf: &Certificate, options: &Options) -> (Verdict, Vec<&'static str>) {
        answer(&self.judge(leaf, options))
    }

    /// The status of the leaf, and the lists that do not count.
    fn status(&self, leaf: &Certificate) -> (Status, Vec<(String, ListRefusal)>) {
        let mut report = self.judge(leaf, &leaf_revocation());
        let status = report.revocation.remove(0);
        let refused = status.refused.into_iter().map(|fate| match fate.refusal {
            SourceRefusal::List(refusal) => (fate.origin.0, refusal),
            SourceRefusal::Answer(refusal) => panic!("no answer is at hand: {refusal}"),
        });
        (status.status, refused.collect())
    }
}

fn answer(report: &Report) -> (Verdict, Vec<&'static str>) {
    let grave = report.findings.iter().filter(|finding| finding.severity > Severity::Warning);
    (report.verdict(), grave.map(Finding::code).collect())
}

fn invalid(code: &'static str) -> (Verdict, Vec<&'static str>) {
    (Verdict::Invalid, vec![code])
}

const VALID: (Verdict, Vec<&str>) = (Verdict::Valid, Vec::new());

fn instant(text: &str) -> Timestamp {
    text.parse().expect(text)
}

fn revoked(at: &str, reason: Reason) -> Status {
    Status::Revoked { at: instant(at), reason }
}

// Paths.

#[test]
fn a_path_is_reported_from_the_subject_to_the_anchor_with_the_origin_of_each() {
    let report = Scene::new().judge(&leaf(), &no_revocation());
    assert_eq!(report.verdict(), Verdict::Valid);
    let path: Vec<_> =
        report.path.iter().map(|e| (e.subject.as_str(), e.origin.0.as_str())).collect();
    assert_eq!(path, [("CN=leaf", "leaf"), ("CN=ca", "c0"), ("CN=root", "root")]);
    let unchecked = |subject: &str| NotChecked::Revocation { subject: subject.to_owned() };
    assert_eq!(
        report.not_checked,
        [unchecked("CN=leaf"), unchecked("CN=ca"), NotChecked::AnchorValidity]
    );
}

#[test]
fn a_key_alone_may_anchor_a_path() {
    let root = root();
    let anchor = Anchor::from_key(root.subject(), root.spki(), origin("pin")).expect("a key");
    let report = Scene::new().judge_under(vec![anchor], &leaf(), &no_revocation());
    assert_eq!(answer(&report), VALID);
    assert_eq!(report.path[2].kind, PathElementKind::AnchorKey);
    assert_eq!(report.path[2].sha256, root.spki_sha256());
}

#[test]
fn an_anchor_is_valid_itself_and_its_status_is_not_asked() {
    let report = Scene::default().judge(&root(), &Options::at(mid_january()));
    assert_eq!(answer(&report), VALID);
    assert_eq!(report.revocation, []);
}

#[test]
fn without_an_anchor_nothing_can_be_told() {
    let report = Scene::new().judge_under(vec![], &leaf(), &no_revocation());
    assert_eq!(answer(&report), (Verdict::Indeterminate, vec!["pki.path.no_anchor"]));
}

#[test]
fn an_issuer_that_is_not_at_hand_is_named() {
    let report = Scene::default().judge(&leaf(), &no_revocation());
    let facts: Vec<_> = report.findings.into_iter().map(|finding| finding.fact).collect();
    assert_eq!(facts.last(), Some(&Fact::NoIssuer { issuer: "CN=ca".to_owned() }));
}

#[test]
fn a_path_to_a_root_that_is_not_trusted_says_so() {
    let other = Scene::default().with(Template::authority("ca", "ca", 2).signed(2));
    assert_eq!(other.answer(&leaf(), &no_revocation()), invalid("pki.path.untrusted_root"));
}

#[test]
fn a_signature_by_another_key_is_wrong() {
    let forged = Template::new("ca", "leaf").signed(3);
    let report = Scene::new().judge(&forged, &no_revocation());
    assert_eq!(answer(&report), invalid("pki.signature.wrong"));
}

#[test]
fn dates_count_to_the_second() {
    let at = |text: &str| {
        let options = Options { revocation: Revocation::Off, ..Options::at(instant(text)) };
        Scene::new().answer(&leaf(), &options)
    };
    assert_eq!(at("2020-01-01T00:00:00Z"), VALID);
    assert_eq!(at("2040-01-01T00:00:00Z"), VALID);
    let (early, late) = (at("2019-12-31T23:59:59Z"), at("2040-01-01T00:00:01Z"));
    assert_eq!(early.1, ["pki.validity.not_yet"; 2]);
    assert_eq!(late.1, ["pki.validity.expired"; 2]);
}

#[test]
fn who_is_no_authority_issues_nothing() {
    let no_authority = Template { key: 2, ..Template::new("root", "ca") }.signed(1);
    let scene = Scene::default().with(no_authority);
    assert_eq!(
        scene.answer(&leaf(), &no_revocation()),
        invalid("pki.basic_constraints.not_authority")
    );
    let extensions = vec![authority(None), key_usage(0x02)];
    let no_cert_sign = Template { key: 2, extensions, ..Template::new("root", "ca") }.signed(1);
    let scene = Scene::default().with(no_cert_sign);
    assert_eq!(scene.answer(&leaf(), &no_revocation()), invalid("pki.key_usage.cert_sign"));
}

#[test]
fn self_issued_certificates_do_not_count_in_the_path_length() {
    let extensions = vec![authority(Some(0)), key_usage(0x06)];
    let limited = Template { key: 3, extensions, ..Template::new("root", "ca") }.signed(1);
    let rekeyed = Template::authority("ca", "ca", 2).signed(3);
    let scene = Scene::default().with(limited.clone()).with(rekeyed);
    assert_eq!(scene.answer(&leaf(), &no_revocation()), VALID);
    let below = Template::authority("ca", "sub", 4).signed(3);
    let scene = Scene::default().with(limited).with(below);
    let leaf = Template::new("sub", "leaf").signed(4);
    assert_eq!(scene.answer(&leaf, &no_revocation()), invalid("pki.basic_constraints.path_length"));
}

#[test]
fn every_route_is_tried_until_one_is_valid() {
    let expired = Template { not_after: "210101000000Z", ..Template::authority("root", "ca", 2) };
    let cross = Template::authority("bridge", "ca", 2).signed(3);
    let bridge = Template::authority("root", "bridge", 3).signed(1);
    let scene = Scene::default().with(expired.signed(1)).with(cross).with(bridge);
    assert_eq!(scene.answer(&leaf(), &no_revocation()), VALID);
}

#[test]
fn authorities_that_certify_one_another_make_no_loop() {
    let scene = Scene::default()
        .with(Template::authority("b", "ca", 2).signed(3))
        .with(Template::authority("ca", "b", 3).signed(2))
        .with(Template::authority("nobody", "b", 3).signed(4));
    assert_eq!(scene.answer(&leaf(), &no_revocation()).0, Verdict::Indeterminate);
    let scene = scene.with(Template::authority("root", "b", 3).signed(1));
    assert_eq!(scene.answer(&leaf(), &no_revocation()), VALID);
}

#[test]
fn no_more_intermediates_are_admitted_than_asked() {
    let options = |most| Options { max_intermediates: Some(most), ..no_revocation() };
    assert_eq!(Scene::new().answer(&leaf(), &options(1)), VALID);
    assert_eq!(Scene::new().answer(&leaf(), &options(0)), invalid("pki.path.too_long"));
}

#[test]
fn a_critical_extension_that_is_not_known_is_refused() {
    let with = |extensions| Template { extensions, ..Template::new("ca", "leaf") }.signed(2);
    let answer = |leaf| Scene::new().answer(&leaf, &no_revocation());
    assert_eq!(
        answer(with(vec![critical(99, &[5, 0])])),
        invalid("pki.extension.unknown_critical")
    );
    assert_eq!(answer(with(vec![extension(99, &[5, 0])])), VALID);
    let twice = vec![extension(99, &[5, 0]), extension(99, &[5, 0])];
    assert_eq!(answer(with(twice)), invalid("pki.extension.duplicate"));
}

#[test]
fn the_purpose_binds_the_subject_and_those_above_it() {
    let server_auth = || der(6, &[0x2B, 6, 1, 5, 5, 7, 3, 1]);
    let for_servers = || extension(37, &sequence(&[server_auth()]));
    let extensions = vec![for_servers()];
    let leaf = Template { extensions, ..Template::new("ca", "leaf") }.signed(2);
    let options = |purpose| Options { purpose, ..no_revocation() };
    assert_eq!(Scene::new().answer(&leaf, &options(Purpose::Server)), VALID);
    assert_eq!(Scene::new().answer(&leaf, &options(Purpose::Client)), invalid("pki.purpose"));
    let extensions = vec![authority(None), for_servers()];
    let ca = Template { key: 2, extensions, ..Template::new("root", "ca") }.signed(1);
    let leaf = Template::new("ca", "leaf").signed(2);
    let scene = Scene::default().with(ca);
    assert_eq!(scene.answer(&leaf, &options(Purpose::Client)), invalid("pki.purpose"));
}

#[test]
fn the_demands_on_issuers_are_warnings_unless_strict() {
    let serial = vec![0];
    let leaf = Template { serial, ..Template::new("ca", "leaf") }.signed(2);
    let report = Scene::new().judge(&leaf, &no_revocation());
    let zero = |finding: &&Finding| finding.fact == Fact::Demand(Demand::SerialZero);
    assert_eq!(report.findings.iter().find(zero).map(|f| f.severity), Some(Severity::Warning));
    assert_eq!(report.verdict(), Verdict::Valid);
    let strict = Options { conformance: Conformance::Strict, ..no_revocation() };
    let report = Scene::new().judge(&leaf, &strict);
    assert_eq!(report.findings.iter().find(zero).map(|f| f.severity), Some(Severity::Error));
    assert_eq!(report.verdict(), Verdict::Invalid);
}

#[test]
fn a_negative_serial_is_an_error_with_or_without_strictness() {
    let serial = vec![0xFF];
    let leaf = Template { serial, ..Template::new("ca", "leaf") }.signed(2);
    assert_eq!(Scene::new().answer(&leaf, &no_revocation()), invalid("pki.serial.negative"));
}

// What can be said without an issuer.

#[test]
fn a_certificate_whose_issuer_is_not_at_hand_is_neither_valid_nor_invalid() {
    let orphan = Template::new("nobody", "leaf").signed(2);
    let expected = (Verdict::Indeterminate, vec!["pki.path.no_issuer"]);
    assert_eq!(Scene::new().answer(&orphan, &no_revocation()), expected);
}

#[test]
fn what_is_wrong_with_a_certificate_is_said_whoever_issued_it() {
    let orphan = Template::new("nobody", "leaf").signed(2);
    let late =
        Options { revocation: Revocation::Off, ..Options::at(instant("2100-01-01T00:00:00Z")) };
    let expected = |end| (Verdict::Invalid, vec!["pki.validity.expired", end]);
    assert_eq!(Scene::new().answer(&orphan, &late), expected("pki.path.no_issuer"));
    let report = Scene::new().judge_under(Vec::new(), &orphan, &late);
    assert_eq!(answer(&report), expected("pki.path.no_anchor"));
}

#[test]
fn an_anchor_that_is_itself_the_subject_is_trusted_whatever_its_dates() {
    let late = Options::at(instant("2100-01-01T00:00:00Z"));
    let root = root();
    let anchors = vec![Anchor::from_certificate(root.clone(), origin("root"))];
    let report = Scene::new().judge_under(anchors, &root, &late);
    assert_eq!(answer(&report), VALID);
    let kinds: Vec<_> = report.path.iter().map(|element| element.kind).collect();
    assert_eq!(kinds, [PathElementKind::Anchor]);
    assert_eq!(report.not_checked, [NotChecked::AnchorValidity]);
}

#[test]
fn a_name_in_an_excluded_subtree_is_refused() {
    let subtree = |name: &str| sequence(&[der(0xA4, &cn(name))]);
    let excluding = |name| {
        let names = critical(30, &sequence(&[der(0xA1, &subtree(name))]));
        let extensions = vec![authority(None), key_usage(0x06), names];
        Template { key: 2, extensions, ..Template::new("root", "ca") }.signed(1)
    };
    let scene = Scene::default().with(excluding("LEAF"));
    assert_eq!(scene.answer(&leaf(), &no_revocation()), invalid("pki.name.excluded"));
    assert_eq!(Scene::default().with(excluding("x")).answer(&leaf(), &no_revocation()), VALID);
}

// Budgets.

#[test]
fn a_chain_of_a_thousand_ends_at_the_limit_on_length() {
    let name = |n: usize| if n == 0 { "root".to_owned() } else { format!("ca{n}") };
    let mut scene = Scene::default();
    for n in 0..1000 {
        scene =
            scene.with(Template::authority(&name(n), &name(n + 1), 2 + n % 2).signed(if n == 0 {
                1
            } else {
                2 + (n - 1) % 2
            }));
    }
    let leaf = Template::new(&name(1000), "leaf").signed(2 + 999 % 2);
    let answer = scene.answer(&leaf, &no_revocation());
    assert_eq!(answer, (Verdict::Indeterminate, vec!["pki.budget.depth"]));
}

#[test]
fn a_thousand_cross_certificates_hide_neither_the_valid_one_nor_the_end() {
    let mut scene = Scene::default();
    for n in 0..1000 {
        scene = scene.with(Template::authority(&format!("x{n}"), "ca", 2).signed(3));
        scene = scene.with(Template::authority("ca", &format!("x{n}"), 3).signed(2));
    }
    assert_eq!(scene.answer(&leaf(), &no_revocation()).0, Verdict::Indeterminate);
    let scene = scene.with(Template::authority("root", "ca", 2).signed(1));
    assert_eq!(scene.answer(&leaf(), &no_revocation()), VALID);
}

#[test]
fn names_and_constraints_by_the_thousand_end_at_the_limit_on_comparisons() {
    let dns = |n: usize| der(0x82, format!("h{n}.example.org").as_bytes());
    let subtrees: Vec<u8> = (0..1000).flat_map(|n| sequence(&[dns(n)])).collect();
    let names = critical(30, &sequence(&[der(0xA1, &subtrees)]));
    let extensions = vec![authority(None), key_usage(0x06), names];
    let ca = Template { key: 2, extensions, ..Template::new("root", "ca") }.signed(1);
    let names: Vec<_> = (1000..2000).map(dns).collect();
    let extensions = vec![extension(17, &sequence(&names))];
    let leaf = Template { extensions, ..Template::new("ca", "leaf") }.signed(2);
    let answer = Scene::default().with(ca).answer(&leaf, &no_revocation());
    assert_eq!(answer, (Verdict::Indeterminate, vec!["pki.budget.names"]));
}

// Revocation.

/// A list of `ca` with this number; a greater number is later in January.
fn list(number: u8, entries: &[Vec<u8>]) -> ListTemplate {
    let this_update = ["260101000000Z", "260102000000Z", "260103000000Z"][usize::from(number) - 1];
    ListTemplate { this_update, entries: entries.to_vec(), ..ListTemplate::new("ca", number) }
}

fn delta(base: u8, number: u8, entries: &[Vec<u8>]) -> ListTemplate {
    let mut list = list(number, entries);
    list.extensions.push(critical(27, &der(2, &[base])));
    list
}

/// As `list`, with this issuingDistributionPoint.
fn scoped(list: ListTemplate, scope: &[Vec<u8>]) -> ListTemplate {
    let mut list = list;
    list.extensions.push(critical(28, &sequence(scope)));
    list
}

const KEY_COMPROMISE: Option<u8> = Some(1);
const HOLD: Option<u8> = Some(6);
const REMOVE: Option<u8> = Some(8);

#[test]
fn a_certificate_that_no_list_speaks_of_is_not_valid_unless_that_is_admitted() {
    let answer = |revocation| {
        let options = Options { revocation, ..leaf_revocation() };
        Scene::new().answer(&leaf(), &options)
    };
    let unknown = (Verdict::Indeterminate, vec!["pki.revocation.unknown"]);
    assert_eq!(answer(Revocation::Require), unknown);
    assert_eq!(answer(Revocation::Prefer), VALID);
}

#[test]
fn a_current_list_without_the_certificate_says_good() {
    let scene = Scene::new().list(&list(1, &[entry(8, "260101000000Z", None)]), 2);
    assert_eq!(scene.status(&leaf()), (Status::Good, vec![]));
}

#[test]
fn a_listed_certificate_is_revoked_from_its_date_on() {
    let entries = [entry(7, "260110000000Z", KEY_COMPROMISE)];
    let scene = Scene::new().list(&list(1, &entries), 2);
    let expected = revoked("2026-01-10T00:00:00Z", Reason::KeyCompromise);
    assert_eq!(scene.status(&leaf()), (expected, vec![]));
    assert_eq!(scene.answer(&leaf(), &leaf_revocation()), invalid("pki.revoked"));
    let before = Options { at: instant("2026-01-09T00:00:00Z"), ..leaf_revocation() };
    assert_eq!(scene.answer(&leaf(), &before), VALID);
}

#[test]
fn the_newest_list_decides_whatever_the_order() {
    let old = list(1, &[entry(7, "251201000000Z", HOLD)]);
    let new = list(2, &[]);
    let superseded = |n: &str| vec![(n.to_owned(), ListRefusal::Superseded)];
    let scene = Scene::new().list(&old, 2).list(&new, 2);
    assert_eq!(scene.status(&leaf()), (Status::Good, superseded("l0")));
    let scene = Scene::new().list(&new, 2).list(&old, 2);
    assert_eq!(scene.status(&leaf()), (Status::Good, superseded("l1")));
}

#[test]
fn a_stale_list_does_not_hide_a_revocation_in_the_current_one() {
    let current = list(1, &[entry(7, "251201000000Z", None)]);
    let stale = ListTemplate { next_update: "260104000000Z", ..list(2, &[]) };
    let why = ListRefusal::Stale { next_update: instant("2026-01-04T00:00:00Z") };
    let scene = Scene::new().list(&current, 2).list(&stale, 2);
    let expected = revoked("2025-12-01T00:00:00Z", Reason::Unspecified);
    assert_eq!(scene.status(&leaf()), (expected, vec![("l1".to_owned(), why)]));
}

#[test]
fn a_stale_list_proves_no_absence_but_a_lasting_revocation() {
    let stale = |entries: &[Vec<u8>]| {
        let list = ListTemplate { next_update: "260104000000Z", ..list(1, entries) };
        Scene::new().list(&list, 2).status(&leaf()).0
    };
    assert_eq!(stale(&[]), Status::Unknown);
    assert_eq!(stale(&[entry(7, "251201000000Z", HOLD)]), Status::Unknown);
    assert_eq!(
        stale(&[entry(7, "251201000000Z", KEY_COMPROMISE)]),
        revoked("2025-12-01T00:00:00Z", Reason::KeyCompromise)
    );
}

#[test]
fn a_list_of_the_future_does_not_count() {
    let future =
        ListTemplate { this_update: "260120000000Z", next_update: "260220000000Z", ..list(1, &[]) };
    let why = ListRefusal::NotYet { this_update: instant("2026-01-20T00:00:00Z") };
    let scene = Scene::new().list(&future, 2);
    assert_eq!(scene.status(&leaf()), (Status::Unknown, vec![("l0".to_owned(), why)]));
}

#[test]
fn a_list_signed_by_another_key_says_nothing() {
    let scene = Scene::new().list(&list(1, &[entry(7, "251201000000Z", None)]), 3);
    let why = ListRefusal::SignatureWrong;
    assert_eq!(scene.status(&leaf()), (Status::Unknown, vec![("l0".to_owned(), why)]));
}

#[test]
fn a_broken_entry_at_the_end_spoils_the_list() {
    let scene = Scene::new().list(&list(1, &[entry(8, "251201000000Z", None), vec![0x30, 0]]), 2);
    let (status, refused) = scene.status(&leaf());
    assert_eq!(status, Status::Unknown);
    assert!(matches!(refused[..], [(_, ListRefusal::BrokenEntry(_))]), "{refused:?}");
}

#[test]
fn a_list_that_breaks_a_demand_on_issuers_counts_unless_strict() {
    let twice = |mut list: ListTemplate| {
        list.extensions.push(extension(20, &der(2, &[1])));
        list
    };
    let refused = |list: &ListTemplate| {
        Scene::new().list(list, 2).status(&leaf()).1.pop().map(|(_, refusal)| refusal)
    };
    let demanded = |list: &ListTemplate| {
        let der = list.signed(2);
        let node = ListNode::new(Crl::parse(&der).expect("whole"), origin("l0"));
        node.has_the_form_demanded()
    };
    let bare = list(1, &[]);
    assert_eq!(refused(&bare), None);
    assert_eq!(demanded(&bare), Err(ListRefusal::AuthorityKeyMissing));
    let number = "2.5.29.20".parse().expect("dotted");
    assert_eq!(refused(&twice(bare)), Some(ListRefusal::DuplicateExtension(number)));
}

#[test]
fn a_delta_list_amends_the_complete_list_it_is_based_on() {
    let status = |base: &[Vec<u8>], delta_entries: &[Vec<u8>]| {
        let complete = list(1, base);
        let scene = Scene::new().list(&complete, 2).list(&delta(1, 2, delta_entries), 2);
        scene.status(&leaf())
    };
    let lasting = entry(7, "251201000000Z", KEY_COMPROMISE);
    let expected = revoked("2025-12-01T00:00:00Z", Reason::KeyCompromise);
    assert_eq!(status(&[], std::slice::from_ref(&lasting)), (expected, vec![]));
    assert_eq!(status(&[lasting], &[]), (expected, vec![]));
    let hold = entry(7, "251201000000Z", HOLD);
    let removed = entry(7, "260102000000Z", REMOVE);
    assert_eq!(status(&[hold], &[removed]), (Status::Good, vec![]));
}

#[test]
fn a_delta_list_that_cannot_be_used_leaves_the_complete_list_as_it_is() {
    let stale = ListTemplate {
        next_update: "260104000000Z",
        ..delta(1, 3, &[entry(7, "260102000000Z", REMOVE)])
    };
    let complete = list(1, &[entry(7, "251201000000Z", HOLD)]);
    let why = ListRefusal::Stale { next_update: instant("2026-01-04T00:00:00Z") };
    let scene = Scene::new().list(&stale, 2).list(&complete, 2);
    let expected = revoked("2025-12-01T00:00:00Z", Reason::CertificateHold);
    assert_eq!(scene.status(&leaf()), (expected, vec![("l0".to_owned(), why)]));
}

#[test]
fn a_delta_list_carries_a_stale_complete_list_on() {
    let stale = ListTemplate { next_update: "260104000000Z", ..list(1, &[]) };
    let scene = Scene::new().list(&stale, 2).list(&delta(1, 2, &[]), 2);
    assert_eq!(scene.status(&leaf()), (Status::Good, vec![]));
}

#[test]
fn a_signer_of_lists_whose_own_status_is_in_its_list_is_believed_with_a_warning() {
    let extensions = vec![key_usage(0x02)];
    let signer = Template { serial: vec![9], key: 3, extensions, ..Template::new("ca", "ca") };
    let root_list = ListTemplate::new("root", 1);
    let scene = Scene::new().with(signer.signed(2)).list(&root_list, 1).list(&list(1, &[]), 3);
    let report = scene.judge(&leaf(), &Options::at(mid_january()));
    assert_eq!(report.verdict(), Verdict::Valid);
    let by_self: Vec<_> = report.findings.iter().filter(|f| f.fact == Fact::StatusBySelf).collect();
    assert_eq!(by_self.len(), 1);
    assert_eq!(by_self[0].subject, "CN=ca");
}

#[test]
fn a_delta_list_alone_or_of_a_later_base_does_not_count() {
    let scene = Scene::new().list(&delta(1, 2, &[]), 2);
    let why = || vec![("l0".to_owned(), ListRefusal::DeltaWithoutBase)];
    assert_eq!(scene.status(&leaf()), (Status::Unknown, why()));
    let removed = delta(2, 3, &[entry(7, "260102000000Z", REMOVE)]);
    let complete = list(1, &[entry(7, "251201000000Z", HOLD)]);
    let scene = Scene::new().list(&removed, 2).list(&complete, 2);
    let expected = revoked("2025-12-01T00:00:00Z", Reason::CertificateHold);
    assert_eq!(scene.status(&leaf()), (expected, why()));
}

#[test]
fn lists_limited_to_reasons_say_good_only_together() {
    let most = scoped(list(1, &[]), &[der(0x83, &[0, 0x7F])]);
    let last = scoped(list(1, &[]), &[der(0x83, &[7, 0, 0x80])]);
    assert_eq!(Scene::new().list(&most, 2).status(&leaf()), (Status::Unknown, vec![]));
    assert_eq!(Scene::new().list(&most, 2).list(&last, 2).status(&leaf()), (Status::Good, vec![]));
}

#[test]
fn a_list_of_other_certificates_or_another_point_does_not_count() {
    let uri = |text: &str| der(0xA0, &der(0xA0, &der(0x86, text.as_bytes())));
    let out_of_scope = vec![("l0".to_owned(), ListRefusal::Scope)];
    for scope in [der(0x82, &[0xFF]), der(0x85, &[0xFF]), uri("http://example.org/b")] {
        let scene = Scene::new().list(&scoped(list(1, &[]), &[scope]), 2);
        assert_eq!(scene.status(&leaf()), (Status::Unknown, out_of_scope.clone()));
    }
    let points = sequence(&[sequence(&[uri("http://example.org/b")])]);
    let extensions = vec![extension(31, &points)];
    let leaf = Template { extensions, ..Template::new("ca", "leaf") }.signed(2);
    let scene = Scene::new().list(&scoped(list(1, &[]), &[uri("http://example.org/b")]), 2);
    assert_eq!(scene.status(&leaf), (Status::Good, vec![]));
}

#[test]
fn an_indirect_list_speaks_of_the_issuer_its_entries_name() {
    let of_ca = critical(29, &sequence(&[der(0xA4, &cn("ca"))]));
    let named = |serial| {
        sequence(&[
            der(2, &[serial]),
            der(0x17, b"251201000000Z"),
            sequence(std::slice::from_ref(&of_ca)),
        ])
    };
    let indirect = |entries: &[Vec<u8>]| ListTemplate {
        issuer: cn("lists"),
        ..scoped(list(1, entries), &[der(0x84, &[0xFF])])
    };
    let points = sequence(&[sequence(&[der(0xA2, &der(0xA4, &cn("lists")))])]);
    let extensions = vec![extension(31, &points)];
    let leaf = Template { extensions, ..Template::new("ca", "leaf") }.signed(2);
    let extensions = vec![key_usage(0x02)];
    let signer = Template { key: 3, extensions, ..Template::new("root", "lists") }.signed(1);
    let status = |entries: &[Vec<u8>]| {
        let scene = Scene::new().with(signer.clone()).list(&indirect(entries), 3);
        scene.status(&leaf).0
    };
    let expected = revoked("2025-12-01T00:00:00Z", Reason::Unspecified);
    // An entry without a name is of the list's own issuer; one after a named one is of the same.
    assert_eq!(status(&[entry(7, "251201000000Z", None)]), Status::Good);
    assert_eq!(status(&[named(7)]), expected);
    assert_eq!(status(&[named(8), entry(7, "251201000000Z", None)]), expected);
}

#[test]
fn a_separate_signer_of_lists_must_be_certified_and_not_revoked() {
    let extensions = vec![key_usage(0x02)];
    let signer =
        Template { serial: vec![9], key: 3, extensions, ..Template::new("root", "ca") }.signed(1);
    let chain = Options::at(mid_january());
    let scene = |entries: &[Vec<u8>]| {
        let root_list = ListTemplate { entries: entries.to_vec(), ..ListTemplate::new("root", 1) };
        Scene::new().with(signer.clone()).list(&root_list, 1).list(&list(1, &[]), 3)
    };
    assert_eq!(scene(&[]).answer(&leaf(), &chain), VALID);
    let revoked = scene(&[entry(9, "251201000000Z", None)]);
    let unknown = (Verdict::Indeterminate, vec!["pki.revocation.unknown"]);
    assert_eq!(revoked.answer(&leaf(), &chain), unknown);
}

#[test]
fn a_revoked_authority_makes_what_it_issued_invalid() {
    let entries = vec![entry(7, "251201000000Z", KEY_COMPROMISE)];
    let root_list = ListTemplate { entries, ..ListTemplate::new("root", 1) };
    let scene = Scene::new().list(&root_list, 1).list(&list(1, &[]), 2);
    let report = scene.judge(&leaf(), &Options::at(mid_january()));
    assert_eq!(answer(&report), invalid("pki.revoked"));
    let subjects: Vec<_> =
        report.revocation.iter().map(|s| (s.subject.as_str(), s.status)).collect();
    let revoked = revoked("2025-12-01T00:00:00Z", Reason::KeyCompromise);
    assert_eq!(subjects, [("CN=leaf", Status::Good), ("CN=ca", revoked)]);
}

// Bad input.

#[test]
fn no_bit_changed_in_a_certificate_or_a_list_makes_the_judgement_panic_or_pass() {
    let scene = Scene::new().list(&list(1, &[]), 2);
    let good = leaf();
    assert_eq!(scene.answer(&good, &leaf_revocation()), VALID);
    for place in 0..good.der().len() {
        let mut flipped = good.der().to_vec();
        flipped[place] ^= 1;
        if let Ok(flipped) = Certificate::parse(&flipped) {
            assert_ne!(scene.judge(&flipped, &leaf_revocation()).verdict(), Verdict::Valid);
        }
        let der = &scene.lists[0];
        if place < der.len() {
            let mut flipped = der.clone();
            flipped[place] ^= 1;
            if Crl::parse(&flipped).is_ok() {
                let scene = Scene { lists: vec![flipped], ..Scene::new() };
                assert_ne!(scene.judge(&good, &leaf_revocation()).verdict(), Verdict::Valid);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_extensions_make_the_judgement_panic(
        kinds in proptest::collection::vec((0_u8..60, proptest::collection::vec(any::<u8>(), 0..40)), 0..6),
    ) {
        let extensions = |base: Vec<Vec<u8>>| {
            base.into_iter().chain(kinds.iter().map(|(last, value)| extension(*last, value))).collect()
        };
        let ca = Template {
            key: 2,
            extensions: extensions(vec![authority(None)]),
            ..Template::new("root", "ca")
        };
        let leaf = Template { extensions: extensions(vec![]), ..Template::new("ca", "leaf") };
        let mut list = list(1, &[]);
        list.extensions = extensions(list.extensions.clone());
        let scene = Scene::default().with(ca.signed(1)).list(&list, 2);
        let _ = scene.judge(&leaf.signed(2), &leaf_revocation());
    }

    #[test]
    fn no_entries_make_the_judgement_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let scene = Scene::new().list(&list(1, &[bytes]), 2);
        let _ = scene.judge(&leaf(), &leaf_revocation());
    }
}

#[test]
fn a_validator_can_be_shared_by_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&Validator::new(vec![], vec![], vec![]));
    assert_eq!(KEYS.len(), 8);
}
