//! Lists and OCSP: revoked on the platform is one fact, visible another.

use cpskit::emulate::platform::{Emulator, Schedule};
use jiff::SignedDuration;
use serde_json::json;
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

use crate::client::{Client, demande, fetched, settings, started};

/// `cRLNumber`, `thisUpdate` in seconds, and serial numbers.
fn list(emulator: &Emulator, name: &str) -> (String, i64, Vec<String>) {
    let answer = fetched(emulator.publication(), "GET", &format!("/CRL/{name}.crl"), b"");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/pkix-crl")));
    let (_, list) = CertificateRevocationList::from_der(&answer.body).expect("a list");
    let serials = list.iter_revoked_certificates().map(|entry| {
        entry.raw_serial().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    });
    let number = list.crl_number().expect("a number").to_string();
    (number, list.last_update().timestamp(), serials.collect())
}

fn revoked(emulator: &Emulator) -> String {
    let client = Client::persona(emulator, "medecin-cps3");
    let (_, serie) = client.finalised(&demande(1));
    let revocation = json!({"codeRevocation": "code-1234", "motif": "REMPLACEMENT"});
    let path = format!("certificats/{serie}/revocation");
    assert_eq!(client.post(&path, &revocation).status, 200);
    serie
}

#[test]
fn a_revocation_is_in_the_list_of_the_next_morning_and_in_its_delta() {
    let emulator = started();
    let serie = revoked(&emulator);
    let [today, delta] = ["ACI-EL-ORG-TEST", "ACI-EL-ORG-TEST-delta"];
    let (first, morning, entries) = list(&emulator, today);
    assert_eq!((morning, entries), (1_780_297_200, vec![]));
    emulator.clock().advance(SignedDuration::from_hours(22));
    assert_eq!(list(&emulator, today), (first.clone(), morning, vec![]));
    emulator.clock().advance(SignedDuration::from_hours(1));
    let (second, next, entries) = list(&emulator, today);
    assert_eq!((next, &entries), (morning + 24 * 3600, &vec![serie.clone()]));
    assert!(first.parse::<u64>().expect("a number") < second.parse().expect("a number"));
    assert_eq!(list(&emulator, delta), (second, next, vec![serie]));
    emulator.clock().advance(SignedDuration::from_hours(24));
    assert_eq!(list(&emulator, delta).2, Vec::<String>::new());
}

#[test]
fn lists_are_published_as_often_as_asked_and_at_once_when_told() {
    let mut settings = settings();
    settings.schedule = Schedule::Every(std::time::Duration::from_secs(60));
    let emulator = Emulator::start(settings).expect("started");
    emulator.clock().advance(SignedDuration::from_secs(1));
    let serie = revoked(&emulator);
    assert_eq!(list(&emulator, "ACI-EL-ORG-TEST").2, Vec::<String>::new());
    emulator.clock().advance(SignedDuration::from_secs(59));
    assert_eq!(list(&emulator, "ACI-EL-ORG-TEST").2, [serie]);
    let emulator = started();
    let serie = revoked(&emulator);
    emulator.publish().expect("published");
    assert_eq!(list(&emulator, "ACI-EL-ORG-TEST").2, [serie]);
}

#[test]
fn a_certificate_says_where_its_lists_are_and_they_are_there() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    let (id, _) = client.finalised(&demande(1));
    let der = client.post(&format!("demandes/{id}/telechargement"), &json!({})).body;
    for path in ["/CRL/ACI-EL-ORG-TEST.crl", "/CRL/ACI-EL-ORG-TEST-delta.crl"] {
        let url = format!("{}{path}", emulator.publication());
        assert!(der.windows(url.len()).any(|window| window == url.as_bytes()), "{url}");
        assert_eq!(fetched(emulator.publication(), "GET", path, b"").status, 200);
    }
    let issuer = fetched(emulator.publication(), "GET", "/AC/ACI-EL-ORG-TEST.cer", b"");
    assert!(issuer.body.starts_with(&[0x30, 0x82]));
    assert_eq!(fetched(emulator.publication(), "GET", "/CRL/ACI-XX.crl", b"").status, 404);
}

#[test]
fn a_question_to_ocsp_that_is_malformed_is_told_so() {
    let emulator = started();
    for (method, path, body) in [("POST", "/OCSP", "rien"), ("GET", "/OCSP/rien", "")] {
        let answer = fetched(emulator.publication(), method, path, body.as_bytes());
        assert_eq!(answer.body, [0x30, 3, 10, 1, 1]);
    }
}
