//! Each kind of list of `certs-test/lists`, on 2026-03-03T12:00:00Z, with the current list of the root.

use cpskit::pki::{Conformance, ListRefusal, Options, Report, Status, Verdict};
use cpskit::x509::Reason;

use super::scene::{Scene, answer, fixture, instant, status};

/// A status, the verdict, and why lists do not count.
type Said = (Status, Verdict, Vec<(String, ListRefusal)>);

/// Judges a product of ELEMENTAIRE with these lists.
fn judge(product: &str, lists: &[&str], options: &Options) -> Report {
    let mut scene = Scene::trusting(&fixture("igc/test/ACR-EL-TEST.der"))
        .candidate(&fixture("igc/test/ACI-EL-ORG-TEST.der"))
        .candidate(&fixture("igc/test/ACI-EL-PP-TEST.der"))
        .candidate(&fixture("igc/test/ACI-EL-ORG-TEST-lists.der"));
    for list in lists {
        scene = scene.list(list, &fixture(format!("lists/{list}")));
    }
    scene.judge(&fixture(format!("igc/test/{product}.der")), options)
}

fn at() -> Options {
    Options::at(instant("2026-03-03T12:00:00Z"))
}

/// What is said of a product by these lists, beside that of the root.
fn said(product: &str, lists: &[&str]) -> Said {
    let report = judge(product, &[lists, &["root.crl"]].concat(), &at());
    let (status, refused) = status(&report);
    (status, report.verdict(), refused)
}

fn good() -> Said {
    (Status::Good, Verdict::Valid, Vec::new())
}

fn good_despite(list: &str, refusal: ListRefusal) -> Said {
    (Status::Good, Verdict::Valid, vec![(list.to_owned(), refusal)])
}

fn revoked(at: &str, reason: Reason) -> Said {
    (Status::Revoked { at: instant(at), reason }, Verdict::Invalid, Vec::new())
}

fn unknown(list: &str, refusal: ListRefusal) -> Said {
    (Status::Unknown, Verdict::Indeterminate, vec![(list.to_owned(), refusal)])
}

fn nobody() -> Said {
    (Status::Unknown, Verdict::Indeterminate, Vec::new())
}

const IN_FEBRUARY: &str = "2026-02-11T08:00:00Z";

#[test]
fn a_current_list_says_good_or_revoked() {
    assert_eq!(said("org-auth-cli", &["empty.crl"]), good());
    assert_eq!(said("org-auth-cli", &["current.crl"]), good());
    assert_eq!(said("org-conf", &["current.crl"]), revoked(IN_FEBRUARY, Reason::Unspecified));
    assert_eq!(said("org-sign", &["hold.crl"]), revoked(IN_FEBRUARY, Reason::CertificateHold));
}

#[test]
fn a_list_in_pem_is_the_same_list() {
    let pem = fixture("lists/current.pem");
    let (label, der) = pem_rfc7468::decode_vec(&pem).expect("PEM");
    assert_eq!((label, der), ("X509 CRL", fixture("lists/current.crl")));
}

#[test]
fn a_list_of_another_time_proves_nothing_and_hides_nothing() {
    let stale = ListRefusal::Stale { next_update: instant("2026-02-07T22:00:00Z") };
    let future = ListRefusal::NotYet { this_update: instant("2026-03-10T22:00:00Z") };
    assert_eq!(said("org-auth-cli", &["stale.crl"]), unknown("stale.crl", stale));
    assert_eq!(said("org-auth-cli", &["future.crl"]), unknown("future.crl", future.clone()));
    let superseded = good_despite("stale.crl", ListRefusal::Superseded);
    assert_eq!(said("org-auth-cli", &["stale.crl", "current.crl"]), superseded);
    assert_eq!(said("org-auth-cli", &["current.crl", "stale.crl"]), superseded);
    let not_yet = good_despite("future.crl", future);
    assert_eq!(said("org-auth-cli", &["future.crl", "current.crl"]), not_yet);
    let (status, verdict, _) = revoked(IN_FEBRUARY, Reason::Unspecified);
    assert_eq!(said("org-conf", &["current.crl", "future.crl"]), (status, verdict, not_yet.2));
}

#[test]
fn a_list_without_next_update_is_current_at_no_time() {
    let refused = unknown("no-next-update.crl", ListRefusal::NoNextUpdate);
    assert_eq!(said("org-auth-cli", &["no-next-update.crl"]), refused);
}

#[test]
fn only_the_issuer_of_a_certificate_speaks_of_it() {
    assert_eq!(said("org-auth-cli", &["wrong-issuer.crl"]), nobody());
    let forged = unknown("wrong-key.crl", ListRefusal::SignatureWrong);
    assert_eq!(said("org-auth-cli", &["wrong-key.crl"]), forged);
    let forged = good_despite("wrong-key.crl", ListRefusal::SignatureWrong);
    assert_eq!(said("org-auth-cli", &["wrong-key.crl", "current.crl"]), forged);
}

#[test]
fn a_list_may_be_signed_by_another_certificate_of_the_same_name_and_root() {
    assert_eq!(said("org-auth-cli", &["separate-signer.crl"]), good());
    let revoked = revoked(IN_FEBRUARY, Reason::Unspecified);
    assert_eq!(said("org-conf", &["separate-signer.crl"]), revoked);
}

#[test]
fn a_signer_of_lists_whose_own_status_is_not_known_signs_none() {
    let report = judge("org-auth-cli", &["separate-signer.crl"], &at());
    let refused = vec![("separate-signer.crl".to_owned(), ListRefusal::SignerUntrusted)];
    assert_eq!(status(&report), (Status::Unknown, refused));
}

#[test]
fn an_authority_that_its_root_revokes_takes_all_below_with_it() {
    let report = judge("org-auth-cli", &["current.crl", "root.crl", "root-revoking.crl"], &at());
    assert_eq!(answer(&report), (Verdict::Invalid, vec!["pki.revoked"]));
    let statuses: Vec<Status> = report.revocation.iter().map(|found| found.status).collect();
    let at = instant("2026-02-20T00:00:00Z");
    let revoked = Status::Revoked { at, reason: Reason::CaCompromise };
    assert_eq!(statuses, [Status::Good, revoked]);
}

#[test]
fn a_list_counts_within_its_scope() {
    assert_eq!(said("org-auth-cli", &["own-point.crl"]), good());
    assert_eq!(said("org-auth-cli", &["users-only.crl"]), good());
    for list in ["other-point.crl", "authorities-only.crl", "attributes-only.crl"] {
        assert_eq!(said("org-auth-cli", &[list]), unknown(list, ListRefusal::Scope));
    }
}

#[test]
fn lists_by_reasons_say_good_together_and_revoked_alone() {
    let (compromise, others) = ("reasons-compromise.crl", "reasons-others.crl");
    assert_eq!(said("org-auth-cli", &[compromise]), nobody());
    assert_eq!(said("org-auth-cli", &[others]), nobody());
    assert_eq!(said("org-auth-cli", &[compromise, others]), good());
    let revoked_for = |reason| revoked(IN_FEBRUARY, reason);
    assert_eq!(said("org-conf", &[compromise]), revoked_for(Reason::KeyCompromise));
    assert_eq!(said("org-sign", &[compromise, others]), revoked_for(Reason::Superseded));
}

#[test]
fn a_delta_list_amends_the_complete_list_it_names() {
    let both = ["base.crl", "delta.crl"];
    assert_eq!(said("org-sign", &["base.crl"]), revoked(IN_FEBRUARY, Reason::CertificateHold));
    assert_eq!(said("org-sign", &both), good());
    assert_eq!(said("org-conf", &both), good());
    let ended = revoked("2026-03-02T09:00:00Z", Reason::CessationOfOperation);
    assert_eq!(said("org-auth-cli", &both), ended);
}

#[test]
fn a_delta_list_without_its_complete_list_does_not_count() {
    let refusal = ListRefusal::DeltaWithoutBase;
    assert_eq!(said("org-conf", &["delta.crl"]), unknown("delta.crl", refusal.clone()));
    let other = good_despite("delta-of-another.crl", refusal);
    assert_eq!(said("org-conf", &["base.crl", "delta-of-another.crl"]), other);
}

#[test]
fn an_entry_of_an_indirect_list_is_about_the_issuer_named_before_it() {
    assert_eq!(said("org-conf", &["indirect.crl"]), revoked(IN_FEBRUARY, Reason::Unspecified));
    assert_eq!(said("org-auth-cli", &["indirect.crl"]), good());
    assert_eq!(said("org-sign", &["indirect.crl"]), good());
    // No distribution point of this one names the issuer of the list.
    assert_eq!(said("ps-auth", &["indirect.crl"]), nobody());
}

#[test]
fn a_list_of_version_1_counts_unless_the_form_is_demanded() {
    assert_eq!(said("org-auth-cli", &["version-1.crl"]), good());
    assert_eq!(said("org-conf", &["version-1.crl"]), revoked(IN_FEBRUARY, Reason::Unspecified));
    let strict = Options { conformance: Conformance::Strict, ..at() };
    let report = judge("org-auth-cli", &["version-1.crl", "root.crl"], &strict);
    let refused = vec![("version-1.crl".to_owned(), ListRefusal::NumberForm)];
    assert_eq!(status(&report), (Status::Unknown, refused));
}

#[test]
fn a_critical_extension_that_is_not_known_spoils_the_list() {
    let oid = "1.3.6.1.4.1.32473.9.1".parse().expect("dotted");
    let refusal = ListRefusal::UnknownCritical(oid);
    for list in ["unknown-critical.crl", "unknown-critical-entry.crl"] {
        assert_eq!(said("org-auth-cli", &[list]), unknown(list, refusal.clone()));
    }
}
