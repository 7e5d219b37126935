//! Scenarios: the status of one certificate, told by answers made on the spot, in the middle of January 2026.

use ring::digest;

use super::*;
use crate::pki::sample::{
    AnswerTemplate, ListTemplate, Single, Template, authority, by_key, by_name, der, entry,
    extension, good, key_usage, mid_january, no_check, nonce, purpose, revoked, sequence, unknown,
};
use crate::pki::{
    Anchor, Candidate, List, ListRefusal, Report, RevocationScope, SourceRefusal, Validator,
};
use crate::x509::{CertId, CertIdHash, Crl, Nonce};

/// What is at hand: key 1 is that of the root, key 2 that of `ca` below it, key 3 that of its responder `r`.
#[derive(Default)]
struct Scene {
    anchors: Vec<Certificate>,
    certificates: Vec<Certificate>,
    lists: Vec<Vec<u8>>,
    responses: Vec<(OcspResponse, Option<OcspRequest>)>,
}

fn leaf() -> Certificate {
    Template::new("ca", "leaf").signed(2)
}

fn ca() -> Certificate {
    Template::authority("root", "ca", 2).signed(1)
}

/// A delegated responder, as `ca` issues it.
fn responder(extensions: Vec<Vec<u8>>) -> Template {
    Template { serial: vec![9], key: 3, extensions, ..Template::new("ca", "r") }
}

/// An answer of the responder, which carries its certificate.
fn delegated(single: &Single, responder: &Template) -> AnswerTemplate {
    let certificates = vec![responder.signed(2).der().to_vec()];
    AnswerTemplate { responder: by_name("r"), certificates, ..AnswerTemplate::new(single) }
}

impl Scene {
    fn new() -> Self {
        let root = Template::authority("root", "root", 1).signed(1);
        Self { anchors: vec![root], certificates: vec![ca()], ..Self::default() }
    }

    /// Adds an answer, signed by this key, as if from a file.
    fn answer(mut self, answer: &AnswerTemplate, signer: usize) -> Self {
        self.responses.push((answer.signed(signer), None));
        self
    }

    fn response(mut self, response: OcspResponse, request: Option<OcspRequest>) -> Self {
        self.responses.push((response, request));
        self
    }

    fn list(mut self, list: &ListTemplate, signer: usize) -> Self {
        self.lists.push(list.signed(signer));
        self
    }

    fn judge(&self, at: Timestamp) -> Report {
        let origin = |kind: &str, n: usize| Origin(format!("{kind}{n}"));
        let anchors = self.anchors.iter().cloned().enumerate();
        let certificates = self.certificates.iter().cloned().enumerate();
        let responses = self.responses.iter().cloned().enumerate();
        let lists = self.lists.iter().enumerate().map(|(n, list)| List {
            crl: Crl::parse(list).expect("whole"),
            origin: origin("l", n),
        });
        let validator = Validator::new(
            anchors.map(|(n, c)| Anchor::from_certificate(c, origin("a", n))).collect(),
            certificates
                .map(|(n, certificate)| Candidate { certificate, origin: origin("c", n) })
                .collect(),
            lists.collect(),
        );
        let responses = responses.map(|(n, (response, request))| Response {
            response,
            request,
            origin: origin("o", n),
        });
        let options = Options { scope: RevocationScope::Leaf, ..Options::at(at) };
        validator.with_responses(responses.collect()).validate(
            &leaf(),
            &origin("leaf", 0),
            &options,
        )
    }

    /// The status, and the sources that do not count.
    fn status(&self) -> (Status, Vec<(String, SourceRefusal)>) {
        self.status_at(mid_january())
    }

    fn status_at(&self, at: Timestamp) -> (Status, Vec<(String, SourceRefusal)>) {
        let mut report = self.judge(at);
        let status = report.revocation.remove(0);
        let refused = status.refused.into_iter().map(|fate| (fate.origin.0, fate.refusal));
        (status.status, refused.collect())
    }

    /// The status is unknown, and this is why the one answer does not count.
    fn refusal(&self) -> AnswerRefusal {
        match self.status() {
            (Status::Unknown, refused) => match &refused[..] {
                [(origin, SourceRefusal::Answer(refusal))] if origin == "o0" => refusal.clone(),
                other => panic!("one refusal: {other:?}"),
            },
            (status, refused) => panic!("unknown: {status:?} {refused:?}"),
        }
    }
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect(text)
}

fn is_revoked(at: &str, reason: Reason) -> Status {
    Status::Revoked { at: instant(at), reason }
}

const GOOD: (Status, Vec<(String, SourceRefusal)>) = (Status::Good, Vec::new());

fn of_r() -> String {
    "CN=r".to_owned()
}

// What an answer says.

#[test]
fn good_is_good_and_the_answer_is_told_with_its_dates() {
    let report =
        Scene::new().answer(&AnswerTemplate::new(&Single::new(good())), 2).judge(mid_january());
    assert_eq!(report.verdict(), Verdict::Valid);
    assert_eq!(
        report.revocation,
        [RevocationStatus {
            subject: "CN=leaf".to_owned(),
            status: Status::Good,
            source: Some(Origin("o0".to_owned())),
            this_update: Some(instant("2026-01-14T00:00:00Z")),
            next_update: Some(instant("2026-01-16T00:00:00Z")),
            refused: Vec::new(),
        }]
    );
}

#[test]
fn revoked_is_revoked_with_its_date_and_its_reason() {
    let status = |reason| {
        let single = Single::new(revoked("20260110120000Z", reason));
        Scene::new().answer(&AnswerTemplate::new(&single), 2).status().0
    };
    let date = "2026-01-10T12:00:00Z";
    assert_eq!(status(Some(1)), is_revoked(date, Reason::KeyCompromise));
    assert_eq!(status(Some(6)), is_revoked(date, Reason::CertificateHold));
    assert_eq!(status(None), is_revoked(date, Reason::Unspecified));
}

#[test]
fn a_revocation_after_the_instant_is_none_yet() {
    let single = Single::new(revoked("20260120000000Z", Some(1)));
    let scene = Scene::new().answer(&AnswerTemplate::new(&single), 2);
    assert_eq!(scene.status().0, Status::Good);
}

#[test]
fn a_responder_that_does_not_know_the_certificate_leaves_its_status_unknown() {
    let scene = Scene::new().answer(&AnswerTemplate::new(&Single::new(unknown())), 2);
    assert_eq!(scene.refusal(), AnswerRefusal::Unknown);
    assert_eq!(scene.judge(mid_january()).verdict(), Verdict::Indeterminate);
}

#[test]
fn each_error_state_is_a_refusal_of_its_own() {
    use OcspError::{
        InternalError, MalformedRequest, SigRequired, TryLater, Unassigned, Unauthorized,
    };
    let states =
        [MalformedRequest, InternalError, TryLater, SigRequired, Unauthorized, Unassigned(4)];
    for state in states {
        let scene = Scene::new().response(OcspResponse::Error(state), None);
        assert_eq!(scene.refusal(), AnswerRefusal::Error(state));
    }
    let kind: Oid = "1.2.3".parse().expect("dotted");
    let scene = Scene::new().response(OcspResponse::Other(kind.clone()), None);
    assert_eq!(scene.refusal(), AnswerRefusal::OtherType(kind));
}

// About whom.

#[test]
fn a_certificate_is_named_by_any_hash() {
    for hash in
        [&digest::SHA1_FOR_LEGACY_USE_ONLY, &digest::SHA256, &digest::SHA384, &digest::SHA512]
    {
        let single = Single { hash, ..Single::new(good()) };
        assert_eq!(Scene::new().answer(&AnswerTemplate::new(&single), 2).status(), GOOD);
    }
}

#[test]
fn an_answer_about_another_certificate_does_not_count() {
    let plain = Single::new(good());
    for single in [
        Single { serial: 8, ..plain.clone() },
        Single { issuer: ("root", 2), ..plain.clone() },
        Single { issuer: ("ca", 1), ..plain },
    ] {
        let scene = Scene::new().answer(&AnswerTemplate::new(&single), 2);
        assert_eq!(scene.refusal(), AnswerRefusal::OtherCertificate);
    }
}

#[test]
fn an_answer_about_others_is_not_mentioned_once_the_status_is_known() {
    let other = Single { serial: 8, ..Single::new(good()) };
    let scene = Scene::new()
        .answer(&AnswerTemplate::new(&other), 2)
        .answer(&AnswerTemplate::new(&Single::new(good())), 2);
    assert_eq!(scene.status(), GOOD);
}

#[test]
fn one_answer_may_be_about_several_certificates() {
    let other = Single { serial: 8, ..Single::new(revoked("20260110120000Z", None)) };
    let mut answer = AnswerTemplate::new(&other);
    answer.singles.extend(AnswerTemplate::new(&Single::new(good())).singles);
    assert_eq!(Scene::new().answer(&answer, 2).status(), GOOD);
}

// Who answers.

#[test]
fn the_issuer_answers_by_name_or_by_key() {
    let answer = AnswerTemplate::new(&Single::new(good()));
    assert_eq!(Scene::new().answer(&answer, 2).status(), GOOD);
    let answer = AnswerTemplate { responder: by_key(2), ..answer };
    assert_eq!(Scene::new().answer(&answer, 2).status(), GOOD);
}

#[test]
fn an_answer_that_another_key_signed_does_not_count() {
    let scene = Scene::new().answer(&AnswerTemplate::new(&Single::new(good())), 3);
    assert_eq!(scene.refusal(), AnswerRefusal::SignatureWrong);
}

#[test]
fn an_answer_of_a_responder_that_is_not_at_hand_does_not_count() {
    let answer = AnswerTemplate::new(&Single::new(good()));
    for responder in [by_name("nobody"), by_key(4)] {
        let answer = AnswerTemplate { responder, ..answer.clone() };
        assert_eq!(Scene::new().answer(&answer, 2).refusal(), AnswerRefusal::NoResponder);
    }
}

#[test]
fn a_delegated_responder_answers_by_name_or_by_key() {
    let responder = responder(vec![purpose(9), no_check(), key_usage(0x80)]);
    let answer = delegated(&Single::new(good()), &responder);
    let scene = Scene::new().answer(&answer, 3);
    assert_eq!(scene.status(), GOOD);
    let left_out = scene.judge(mid_january()).not_checked;
    assert!(!left_out.iter().any(|n| matches!(n, NotChecked::ResponderRevocation { .. })));
    let answer = AnswerTemplate { responder: by_key(3), ..answer };
    assert_eq!(Scene::new().answer(&answer, 3).status(), GOOD);
}

#[test]
fn the_certificate_of_a_responder_may_be_at_hand_in_place_of_carried() {
    let responder = responder(vec![purpose(9), no_check()]);
    let single = Single::new(good());
    let answer = AnswerTemplate { certificates: vec![], ..delegated(&single, &responder) };
    let mut scene = Scene::new().answer(&answer, 3);
    assert_eq!(scene.refusal(), AnswerRefusal::NoResponder);
    scene.certificates.push(responder.signed(2));
    assert_eq!(scene.status(), GOOD);
}

#[test]
fn a_responder_is_delegated_by_the_key_that_issued_the_certificate_and_by_nothing_else() {
    let single = Single::new(good());
    let refused = AnswerRefusal::ResponderNotDelegated { responder: of_r() };
    let anyone = Template { issuer: crate::pki::sample::cn("root"), ..responder(vec![purpose(9)]) };
    let by_root = AnswerTemplate {
        certificates: vec![anyone.signed(1).der().to_vec()],
        ..delegated(&single, &anyone)
    };
    assert_eq!(Scene::new().answer(&by_root, 3).refusal(), refused);
    let forged = AnswerTemplate {
        certificates: vec![responder(vec![purpose(9)]).signed(4).der().to_vec()],
        ..delegated(&single, &anyone)
    };
    assert_eq!(Scene::new().answer(&forged, 3).refusal(), refused);
}

#[test]
fn a_certificate_of_the_issuer_answers_only_if_it_says_so() {
    let any_purpose = extension(37, &sequence(&[der(6, &[0x55, 0x1D, 37, 0])]));
    for extensions in
        [vec![], vec![purpose(1)], vec![any_purpose], vec![purpose(9), key_usage(0x20)]]
    {
        let answer = delegated(&Single::new(good()), &responder(extensions));
        let refused = AnswerRefusal::ResponderNotDelegated { responder: of_r() };
        assert_eq!(Scene::new().answer(&answer, 3).refusal(), refused);
    }
}

#[test]
fn a_responder_whose_certificate_is_not_valid_at_the_instant_does_not_answer() {
    let expired =
        Template { not_after: "260101000000Z", ..responder(vec![purpose(9), no_check()]) };
    let critical = crate::pki::sample::critical(99, &[5, 0]);
    let unknown = responder(vec![purpose(9), no_check(), critical]);
    for responder in [expired, unknown] {
        let scene = Scene::new().answer(&delegated(&Single::new(good()), &responder), 3);
        let refused = AnswerRefusal::ResponderUntrusted { responder: of_r() };
        assert_eq!(scene.refusal(), refused);
    }
}

#[test]
fn that_the_status_of_a_responder_was_not_checked_is_said() {
    let answer = delegated(&Single::new(good()), &responder(vec![purpose(9)]));
    let report = Scene::new().answer(&answer, 3).judge(mid_january());
    assert_eq!(report.verdict(), Verdict::Valid);
    assert!(report.not_checked.contains(&NotChecked::ResponderRevocation { subject: of_r() }));
    let good = Scene::new().answer(&answer, 3).list(&ListTemplate::new("ca", 1), 2);
    let left_out = good.judge(mid_january()).not_checked;
    assert!(!left_out.contains(&NotChecked::ResponderRevocation { subject: of_r() }));
}

#[test]
fn a_responder_that_is_revoked_does_not_answer() {
    for extensions in [vec![purpose(9)], vec![purpose(9), no_check()]] {
        let list = ListTemplate {
            entries: vec![entry(9, "260110120000Z", Some(1))],
            extensions: vec![],
            ..ListTemplate::new("ca", 1)
        };
        // The list is for other reasons than those of who asks: it tells nothing of the leaf that counts alone.
        let some = crate::pki::sample::critical(28, &sequence(&[der(0x83, &[5, 0x60])]));
        let list = ListTemplate { extensions: vec![some], ..list };
        let answer = delegated(&Single::new(good()), &responder(extensions));
        let scene = Scene::new().answer(&answer, 3).list(&list, 2);
        assert_eq!(scene.refusal(), AnswerRefusal::ResponderRevoked { responder: of_r() });
    }
}

#[test]
fn a_responder_does_not_vouch_for_itself() {
    let responder = responder(vec![purpose(9)]);
    let own = Single { serial: 9, ..Single::new(good()) };
    let mut answer = delegated(&Single::new(good()), &responder);
    answer.singles.extend(AnswerTemplate::new(&own).singles);
    let report = Scene::new().answer(&answer, 3).judge(mid_january());
    assert_eq!(report.revocation[0].status, Status::Good);
    assert!(report.not_checked.contains(&NotChecked::ResponderRevocation { subject: of_r() }));
}

#[test]
fn a_responder_that_its_issuer_did_not_make_answers_only_as_an_anchor_that_says_so() {
    let own = |extensions| Template { key: 3, extensions, ..Template::new("r", "r") }.signed(3);
    let answer =
        AnswerTemplate { responder: by_name("r"), ..AnswerTemplate::new(&Single::new(good())) };
    let mut scene = Scene::new().answer(&answer, 3);
    scene.certificates.push(own(vec![purpose(9)]));
    let refused = AnswerRefusal::ResponderNotDelegated { responder: of_r() };
    assert_eq!(scene.refusal(), refused);
    let mut scene = Scene::new().answer(&answer, 3);
    scene.anchors.push(own(vec![authority(None)]));
    assert_eq!(scene.refusal(), AnswerRefusal::NoResponder);
    let mut scene = Scene::new().answer(&answer, 3);
    scene.anchors.push(own(vec![purpose(9)]));
    assert_eq!(scene.status(), GOOD);
}

// When it counts.

#[test]
fn an_answer_counts_from_its_making_to_next_update_to_the_second() {
    let scene = Scene::new().answer(&AnswerTemplate::new(&Single::new(good())), 2);
    let refused =
        |refusal| (Status::Unknown, vec![("o0".to_owned(), SourceRefusal::Answer(refusal))]);
    let from = instant("2026-01-14T12:00:00Z");
    let next_update = instant("2026-01-16T00:00:00Z");
    assert_eq!(scene.status_at(from), GOOD);
    assert_eq!(scene.status_at(next_update), GOOD);
    let early = scene.status_at(instant("2026-01-14T11:59:59Z"));
    assert_eq!(early, refused(AnswerRefusal::NotYet { from }));
    let late = scene.status_at(instant("2026-01-16T00:00:01Z"));
    assert_eq!(late, refused(AnswerRefusal::Stale { next_update }));
}

#[test]
fn an_answer_without_next_update_counts_for_a_day() {
    let single = Single { next_update: None, ..Single::new(good()) };
    let scene = Scene::new().answer(&AnswerTemplate::new(&single), 2);
    assert_eq!(scene.status_at(instant("2026-01-15T00:00:00Z")), GOOD);
    let late = scene.status_at(instant("2026-01-15T00:00:01Z"));
    let this_update = instant("2026-01-14T00:00:00Z");
    let refusal = SourceRefusal::Answer(AnswerRefusal::NotRecent { this_update });
    assert_eq!(late, (Status::Unknown, vec![("o0".to_owned(), refusal)]));
}

#[test]
fn a_revocation_stays_one_in_a_stale_answer_unless_it_is_a_hold() {
    let late = instant("2026-03-01T00:00:00Z");
    let status = |reason| {
        let single = Single::new(revoked("20260110120000Z", Some(reason)));
        Scene::new().answer(&AnswerTemplate::new(&single), 2).status_at(late).0
    };
    assert_eq!(status(1), is_revoked("2026-01-10T12:00:00Z", Reason::KeyCompromise));
    assert_eq!(status(6), Status::Unknown);
}

// With its request.

fn request(nonce: Option<Nonce>) -> OcspRequest {
    let id = CertId::of(&leaf(), ca().spki(), CertIdHash::Sha1).expect("a key");
    OcspRequest { certificates: vec![id], nonce }
}

#[test]
fn the_nonce_of_a_request_is_repeated_or_absent_which_is_said_and_never_another() {
    let asked = || Some(request(Some([5; 32].into())));
    let plain = AnswerTemplate::new(&Single::new(good()));
    let with = |octets: &[u8]| AnswerTemplate { extensions: vec![nonce(octets)], ..plain.clone() };
    let judge = |answer: &AnswerTemplate, request| {
        let scene = Scene::new().response(answer.signed(2), request);
        let codes: Vec<_> =
            scene.judge(mid_january()).findings.iter().map(|found| found.code()).collect();
        (scene.status(), codes.contains(&"pki.revocation.nonce_absent"))
    };
    assert_eq!(judge(&with(&[5; 32]), asked()), (GOOD, false));
    assert_eq!(judge(&plain, asked()), (GOOD, true));
    assert_eq!(judge(&plain, Some(request(None))), (GOOD, false));
    assert_eq!(judge(&with(&[5; 32]), None), (GOOD, false));
    let other = Scene::new().response(with(&[6; 32]).signed(2), asked());
    assert_eq!(other.refusal(), AnswerRefusal::NonceDiffers);
    let none = Scene::new().response(with(&[]).signed(2), asked());
    let oid = "1.3.6.1.5.5.7.48.1.2".parse().expect("dotted");
    assert_eq!(none.refusal(), AnswerRefusal::ExtensionUnreadable(oid));
}

#[test]
fn an_error_is_about_the_certificate_that_was_asked_about() {
    let error = || OcspResponse::Error(OcspError::TryLater);
    let scene = Scene::new().response(error(), Some(request(None)));
    assert_eq!(scene.refusal(), AnswerRefusal::Error(OcspError::TryLater));
    let mut other = request(None);
    other.certificates[0].serial = Serial::from_content(&[8]).expect("an octet");
    let scene = Scene::new().response(error(), Some(other));
    assert_eq!(scene.status(), (Status::Unknown, Vec::new()));
}

#[test]
fn the_clock_of_a_responder_that_was_asked_just_now_may_be_minutes_ahead() {
    let early = instant("2026-01-14T11:55:00Z");
    let answer = AnswerTemplate::new(&Single::new(good())).signed(2);
    let scene = Scene::new().response(answer, Some(request(None)));
    assert_eq!(scene.status_at(early), GOOD);
    let earlier = scene.status_at(instant("2026-01-14T11:54:59Z"));
    let from = instant("2026-01-14T12:00:00Z");
    let refusal = SourceRefusal::Answer(AnswerRefusal::NotYet { from });
    assert_eq!(earlier, (Status::Unknown, vec![("o0".to_owned(), refusal)]));
}

// Its form.

#[test]
fn an_extension_twice_or_critical_and_unknown_spoils_an_answer() {
    let plain = AnswerTemplate::new(&Single::new(good()));
    let critical = || crate::pki::sample::critical(99, &[5, 0]);
    let oid: Oid = "2.5.29.99".parse().expect("dotted");
    let answer = AnswerTemplate { extensions: vec![critical()], ..plain.clone() };
    let unknown = AnswerRefusal::UnknownCritical(oid);
    assert_eq!(Scene::new().answer(&answer, 2).refusal(), unknown);
    let single = Single { extensions: vec![critical()], ..Single::new(good()) };
    assert_eq!(Scene::new().answer(&AnswerTemplate::new(&single), 2).refusal(), unknown);
    let twice = AnswerTemplate { extensions: vec![nonce(&[1]), nonce(&[1])], ..plain };
    let oid: Oid = "1.3.6.1.5.5.7.48.1.2".parse().expect("dotted");
    let refused = Scene::new().answer(&twice, 2).refusal();
    assert_eq!(refused, AnswerRefusal::DuplicateExtension(oid));
}

// With lists.

#[test]
fn revoked_anywhere_is_revoked() {
    let revoking = ListTemplate {
        entries: vec![entry(7, "260110120000Z", Some(1))],
        ..ListTemplate::new("ca", 1)
    };
    let at = "2026-01-10T12:00:00Z";
    let answer = AnswerTemplate::new(&Single::new(good()));
    let scene = Scene::new().answer(&answer, 2).list(&revoking, 2);
    assert_eq!(scene.status(), (is_revoked(at, Reason::KeyCompromise), Vec::new()));
    let answer = AnswerTemplate::new(&Single::new(revoked("20260110120000Z", Some(1))));
    let scene = Scene::new().answer(&answer, 2).list(&ListTemplate::new("ca", 1), 2);
    assert_eq!(scene.status(), (is_revoked(at, Reason::KeyCompromise), Vec::new()));
}

#[test]
fn an_answer_stands_in_for_a_stale_list_and_a_list_for_a_stale_answer() {
    let good = AnswerTemplate::new(&Single::new(good()));
    let stale = ListTemplate { next_update: "260110000000Z", ..ListTemplate::new("ca", 1) };
    let scene = Scene::new().answer(&good, 2).list(&stale, 2);
    let next_update = instant("2026-01-10T00:00:00Z");
    let refusal = SourceRefusal::List(ListRefusal::Stale { next_update });
    assert_eq!(scene.status(), (Status::Good, vec![("l0".to_owned(), refusal)]));
    let scene = Scene::new().answer(&good, 2).list(&ListTemplate::new("ca", 1), 2);
    let (status, refused) = scene.status_at(instant("2026-01-20T00:00:00Z"));
    let next_update = instant("2026-01-16T00:00:00Z");
    let refusal = SourceRefusal::Answer(AnswerRefusal::Stale { next_update });
    assert_eq!((status, refused), (Status::Good, vec![("o0".to_owned(), refusal)]));
}

#[test]
fn answers_tell_the_status_of_authorities_too() {
    let of_ca = Single { issuer: ("root", 1), ..Single::new(revoked("20260110120000Z", Some(2))) };
    let answer = AnswerTemplate { responder: by_name("root"), ..AnswerTemplate::new(&of_ca) };
    let scene =
        Scene::new().answer(&AnswerTemplate::new(&Single::new(good())), 2).answer(&answer, 1);
    let anchors = scene.anchors.iter().cloned();
    let anchors = anchors.map(|c| Anchor::from_certificate(c, Origin("a".to_owned()))).collect();
    let candidates = vec![Candidate { certificate: ca(), origin: Origin("c".to_owned()) }];
    let responses = scene.responses.iter().map(|(response, request)| Response {
        response: response.clone(),
        request: request.clone(),
        origin: Origin("o".to_owned()),
    });
    let validator = Validator::new(anchors, candidates, vec![]).with_responses(responses.collect());
    let report =
        validator.validate(&leaf(), &Origin("leaf".to_owned()), &Options::at(mid_january()));
    let statuses: Vec<_> = report.revocation.iter().map(|status| status.status).collect();
    let revoked = is_revoked("2026-01-10T12:00:00Z", Reason::CaCompromise);
    assert_eq!((statuses, report.verdict()), (vec![Status::Good, revoked], Verdict::Invalid));
}
