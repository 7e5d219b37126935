//! The menu of faults: each does what it says, where it says, as often as it says.

use cpskit::emulate::platform::Planned;
use der::Decode;
use serde_json::json;
use x509_cert::Certificate;

use crate::client::{Client, demande, fetched, finalisation, read, started};

fn fault(text: &str) -> Planned {
    text.parse().expect("a fault")
}

#[test]
fn each_line_of_the_menu_is_read() {
    let values = [
        ("CODE", "EMU-403-PERIMETRE"),
        ("MS", "10"),
        ("PLACE", "body"),
        ("WHAT", "key"),
        ("=S", "=2"),
        ("=N", "=2"),
    ];
    for help in Planned::menu() {
        let text = values
            .iter()
            .fold(help.form.to_owned(), |text, (name, value)| text.replace(name, value));
        assert!(text.parse::<Planned>().is_ok(), "{text}");
    }
}

#[test]
fn every_code_of_the_table_is_given_on_demand() {
    let codes = [
        (400, "EMU-400-SCHEMA"),
        (401, "EMU-401-CERTIFICAT-ABSENT"),
        (403, "EMU-403-CERTIFICAT"),
        (403, "EMU-403-PRODUCTION"),
        (403, "EMU-403-HABILITATION"),
        (403, "EMU-403-PERIMETRE"),
        (403, "EMU-403-CODE"),
        (404, "EMU-404-DEMANDE"),
        (404, "EMU-404-CERTIFICAT"),
        (409, "EMU-409-DOUBLON"),
        (409, "EMU-409-ETAT"),
        (409, "EMU-409-DEJA-REVOQUE"),
        (410, "EMU-410-TELECHARGE"),
        (422, "EMU-422-CSR"),
        (422, "EMU-422-CODE-POLITIQUE"),
        (422, "EMU-422-MOTDEPASSE"),
        (422, "EMU-422-ACCEPTATION"),
        (429, "EMU-429"),
        (503, "EMU-503"),
        (520, "EMU-520"),
    ];
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    for (status, code) in codes {
        emulator.inject(fault(&format!("error={code}@habilitations")));
        assert_eq!(client.get("habilitations").row(), (status, code.to_owned()));
    }
    assert_eq!(client.get("habilitations").status, 200);
}

#[test]
fn whoever_is_told_to_come_back_is_told_when() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    emulator.inject(fault("too-many=7*2"));
    emulator.inject(fault("maintenance=9"));
    let found = [0; 4].map(|_| {
        let answer = client.get("habilitations");
        (answer.status, answer.header("retry-after").map(str::to_owned))
    });
    let after = |seconds: &str| Some(seconds.to_owned());
    assert_eq!(found, [(429, after("7")), (429, after("7")), (503, after("9")), (200, None)]);
}

#[test]
fn an_error_may_come_after_the_act() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    for (text, ordered) in [("unexpected@demander", 0), ("unexpected:done@demander", 1)] {
        emulator.inject(fault(text));
        assert_eq!(client.post("demandes", &demande(1)).row(), (520, "EMU-520".to_owned()));
        let all = client.get("demandes").json();
        assert_eq!(all["elements"].as_array().map(Vec::len), Some(ordered), "{text}");
    }
}

#[test]
fn a_slow_validation_takes_as_many_polls_as_it_says() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    emulator.inject(fault("slow-validation=2"));
    let answer = client.post("demandes", &demande(1));
    assert_eq!((answer.status, answer.header("retry-after")), (202, Some("1")));
    let early = client.post("demandes/D00000001/finalisation", &finalisation("code-1234"));
    assert_eq!(early.row(), (409, "EMU-409-ETAT".to_owned()));
    assert_eq!(emulator.mails().len(), 0);
    let found = [0; 3].map(|_| client.get("demandes/D00000001").json()["statut"].clone());
    assert_eq!(found, ["SOUMISE", "A_RETIRER", "A_RETIRER"].map(|statut| json!(statut)));
    assert_eq!(emulator.mails().len(), 1);
}

#[test]
fn a_request_may_end_badly() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    emulator.inject(fault("refused*1"));
    emulator.inject(fault("abandoned*1"));
    let found = [1, 2, 3].map(|number| {
        let answer = client.post("demandes", &demande(number)).json();
        (answer["statut"].clone(), answer["motifRefus"].is_null())
    });
    let expected = [("REFUSEE", false), ("ABANDONNEE", true), ("A_RETIRER", true)];
    assert_eq!(found, expected.map(|(statut, silent)| (json!(statut), silent)));
}

/// What is cut is cut where it says; what is undone is undone.
#[test]
fn a_connection_is_cut_at_each_place_before_or_after_the_act() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    let mut number = 0;
    for place in ["before-read", "after-read", "status-line", "headers", "body", "last-byte"] {
        for (act, is_done) in [("", false), (":done", true)] {
            number += 1;
            let operation = if place == "before-read" { "" } else { "@demander" };
            emulator.inject(fault(&format!("cut={place}{act}{operation}")));
            let asked = demande(number);
            let before = emulator.seen().len();
            let raw = client.raw("POST", "demandes", asked.to_string().as_bytes());
            let raw = raw.unwrap_or_default();
            let text = String::from_utf8_lossy(&raw).into_owned();
            let body = text.split_once("\r\n\r\n").map(|(_, body)| body.len());
            let has_line = text.contains("\r\n");
            match place {
                "before-read" | "after-read" => assert_eq!(text, ""),
                "status-line" => assert_eq!(text, "HTTP/1"),
                "headers" => assert!(has_line && body.is_none(), "{text}"),
                _ => assert!(body.is_some_and(|length| length > 0), "{text}"),
            }
            assert!(read(raw).is_none(), "{place}");
            let query = format!("demandes?refClient={}", asked["refClient"].as_str().expect("one"));
            let found = client.get(&query).json()["elements"].as_array().map_or(0, Vec::len);
            let expected = usize::from(is_done && place != "before-read");
            assert_eq!(found, expected, "{place}{act}");
            let answered = emulator.seen().len() - before;
            assert_eq!(answered, if place == "before-read" { 1 } else { 2 });
        }
    }
}

#[test]
fn a_lost_answer_is_that_of_something_done() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    emulator.inject(fault("lost-answer@demander"));
    let asked = demande(1).to_string();
    assert!(client.raw("POST", "demandes", asked.as_bytes()).unwrap_or_default().is_empty());
    let again = client.post("demandes", &demande(1));
    assert_eq!((again.status, &again.json()["id"]), (201, &json!("D00000001")));
}

#[test]
fn what_comes_may_be_another_certificate() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    let mut number = 0;
    let mut received = || {
        number += 1;
        let (id, _) = client.finalised(&demande(number));
        let der = client.post(&format!("demandes/{id}/telechargement"), &json!({})).body;
        Certificate::from_der(&der).expect("a certificate")
    };
    let right = received();
    let extension = |certificate: &Certificate, oid: &str| {
        let mut all = certificate.tbs_certificate().extensions().into_iter().flatten();
        let found = all.find(|found| found.extn_id.to_string() == oid).expect("present");
        found.extn_value.as_bytes().to_vec()
    };
    let facts = |certificate: &Certificate| {
        let content = certificate.tbs_certificate();
        [
            format!("{:?}", content.subject_public_key_info()),
            content.subject().to_string(),
            format!("{:?}", extension(certificate, "2.5.29.37")),
            content.validity().not_after.to_string(),
            format!("{:?}", extension(certificate, "1.2.250.1.71.1.2.5")),
        ]
    };
    for (place, wrong) in ["key", "name", "usage", "expired", "category"].iter().enumerate() {
        emulator.inject(fault(&format!("wrong={wrong}*1")));
        let differ: Vec<usize> = facts(&received())
            .iter()
            .zip(facts(&right))
            .enumerate()
            .filter_map(|(place, (found, right))| (*found != right).then_some(place))
            .collect();
        assert_eq!(differ, [place], "{wrong}");
    }
}

#[test]
fn a_card_may_be_opposed_from_now_on() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    emulator.inject(fault("opposed-card"));
    let found = [client.get("habilitations").row(), client.get("habilitations").row()];
    assert_eq!(
        found,
        [(403, "EMU-403-CERTIFICAT".to_owned()), (403, "EMU-403-CERTIFICAT".to_owned())]
    );
    emulator.heal();
    assert_eq!(client.get("habilitations").status, 200);
}

#[test]
fn a_list_may_be_signed_with_another_key() {
    let emulator = started();
    let get = || fetched(emulator.publication(), "GET", "/CRL/ACI-EL-ORG-TEST.crl", b"").body;
    let right = get();
    emulator.inject(fault("foreign-list"));
    assert_ne!(get(), right);
    emulator.heal();
    assert_eq!(get(), right);
}
