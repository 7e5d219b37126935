//! The operations, the states, and what may be repeated.

use cpskit::emulate::platform::{Download, Emulator, Pkcs12Encoding, Scenario};
use der::Decode;
use serde_json::{Value, json};
use x509_cert::Certificate;

use crate::client::{Client, demande, finalisation, settings, started};

#[test]
fn a_certificate_is_ordered_finalised_downloaded_and_revoked() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    let ordered = client.post("demandes", &demande(1));
    let expected = json!({
        "id": "D00000001", "refClient": "00000000-0000-4000-8000-000000000001", "statut": "A_RETIRER",
        "creeLe": "2026-06-01T08:00:00Z", "majLe": "2026-06-01T08:00:00Z",
        "urlRetrait": format!("{}/emu/v1/demandes/D00000001", emulator.endpoint()),
        "motifRefus": null, "carte": "8025000001/2900100001", "profil": "P2",
        "structure": "10B0990001", "offre": "ORG", "usage": "AUTH_CLI",
        "serviceApplicatif": "APPLI EMULEE", "fqdn": null, "nomsDns": null, "email": null,
        "modeCle": "csr", "serie": null,
    });
    assert_eq!((ordered.status, ordered.json()), (201, expected));
    let finalised = client.post("demandes/D00000001/finalisation", &finalisation("code-1234"));
    assert_eq!((finalised.status, &finalised.json()["statut"]), (200, &json!("FINALISEE")));
    let serie = finalised.json()["serie"].as_str().expect("issued").to_owned();
    let downloaded = client.post("demandes/D00000001/telechargement", &json!({}));
    assert_eq!(
        (downloaded.status, downloaded.header("content-type")),
        (200, Some("application/pkix-cert"))
    );
    let certificate = Certificate::from_der(&downloaded.body).expect("a certificate");
    let content = certificate.tbs_certificate();
    assert_eq!(
        content.subject().to_string(),
        "CN=APPLI EMULEE,OU=10B0990001,O=HOPITAL D'EMULATION,ST=Paris (75),C=FR"
    );
    assert_eq!(client.get("demandes/D00000001").json()["statut"], "RETIREE");
    let active = client.get(&format!("certificats/{serie}"));
    let expected = json!({
        "serie": serie, "dnSujet": content.subject().to_string(),
        "dnEmetteur": "CN=EMULATION TEST AC ELEMENTAIRE ORGANISATIONS,OU=EMULATION SANS VALEUR TEST,O=CPSKIT,C=FR",
        "debut": "2026-06-01T08:00:00Z", "fin": "2029-06-01T08:00:00Z",
        "offre": "ORG", "usage": "AUTH_CLI", "categorie": "83", "statut": "ACTIF",
        "revoqueLe": null, "motif": null, "demande": "D00000001",
    });
    assert_eq!((active.status, active.json()), (200, expected));
    let revocation = json!({"codeRevocation": "code-1234", "motif": "PERTE"});
    let revoked = client.post(&format!("certificats/{serie}/revocation"), &revocation);
    let found = revoked.json();
    assert_eq!(
        (revoked.status, &found["statut"], &found["revoqueLe"], &found["motif"]),
        (200, &json!("REVOQUE"), &json!("2026-06-01T08:00:00Z"), &json!("PERTE"))
    );
}

#[test]
fn every_answer_says_that_it_is_emulated_and_has_a_number_of_its_own() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    let answers = [client.get("habilitations"), client.get("demandes/D1"), client.get("rien")];
    assert!(answers.iter().all(|answer| answer.header("x-emulated") == Some("true")));
    let seen: Vec<String> = emulator.seen().into_iter().map(|seen| seen.correlation).collect();
    let told: Vec<&str> =
        answers.iter().filter_map(|answer| answer.header("x-correlation-id")).collect();
    assert_eq!(told, seen);
    assert!(seen[0] != seen[1] && seen[1] != seen[2]);
}

#[test]
fn a_card_sees_its_profiles_and_their_perimeters() {
    let emulator = started();
    let answer = Client::persona(&emulator, "cde-cps3").get("habilitations").json();
    let profiles: Vec<_> = answer["elements"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|found| (found["profil"].clone(), found["structure"]["idNat"].clone()))
        .collect();
    let expected = [("P1", "10B0990005"), ("SERVEURS", "10B0990005")];
    assert_eq!(profiles, expected.map(|(profile, id)| (json!(profile), json!(id))));
    assert_eq!(
        answer["elements"][1],
        json!({
            "profil": "SERVEURS",
            "structure": {"idNat": "10B0990005", "raisonSociale": "CLINIQUE D'EMULATION"},
            "offres": [{"offre": "SERV", "usages": ["SSL_SERV", "SMIME"]}],
            "perimetres": {
                "domaines": ["serveurs.emulation.invalid"],
                "serveurs": ["serveur.editeur.example"],
                "domainesMail": ["emulation.invalid", "etablissement.example"],
            },
            "carte": "8025000001/2900100005", "valideDepuis": "2026-01-05",
        })
    );
}

/// Each product with its names, and the names it must have.
#[test]
fn each_product_is_issued_under_its_names() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    let products = [
        ("ORG", "AUTH_CLI", json!({"serviceApplicatif": "A"}), "CN=A"),
        ("ORG", "SIGN", json!({"serviceApplicatif": "B"}), "CN=B"),
        ("ORG", "CONF", json!({"serviceApplicatif": "C"}), "CN=C"),
        (
            "SERV",
            "SSL_SERV",
            json!({"fqdn": "a.emulation.invalid", "nomsDns": ["b.emulation.invalid"]}),
            "CN=a.emulation.invalid",
        ),
        ("SERV", "SMIME", json!({"email": "s@emulation.invalid"}), "CN=s@emulation.invalid"),
        ("SERV", "SIGN", json!({"email": "s@emulation.invalid"}), "CN=s@emulation.invalid"),
        ("SERV", "CONF", json!({"email": "s@emulation.invalid"}), "CN=s@emulation.invalid"),
        ("PRO", "AUTH", json!({"email": "p@emulation.invalid"}), "CN=p@emulation.invalid"),
        ("PRO", "SIGN", json!({"email": "p@emulation.invalid"}), "CN=p@emulation.invalid"),
        ("PRO", "CONF", json!({"email": "p@emulation.invalid"}), "CN=p@emulation.invalid"),
    ];
    for (number, (offre, usage, names, common_name)) in (1..).zip(products) {
        let mut asked = demande(number);
        asked["serviceApplicatif"] = Value::Null;
        asked["offre"] = json!(offre);
        asked["usage"] = json!(usage);
        for (name, value) in names.as_object().expect("names") {
            asked[name] = value.clone();
        }
        let (_, serie) = client.finalised(&asked);
        let issued = client.get(&format!("certificats/{serie}")).json();
        let subject = issued["dnSujet"].as_str().expect("a name");
        assert_eq!(subject.split(',').next(), Some(common_name), "{offre} {usage}");
        assert_eq!((&issued["offre"], &issued["usage"]), (&json!(offre), &json!(usage)));
    }
}

#[test]
fn the_same_reference_with_the_same_body_is_one_request() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    let first = client.post("demandes", &demande(1));
    let again = client.post("demandes", &demande(1));
    assert_eq!((first.status, first.json()), (again.status, again.json()));
    let all = client.get("demandes").json();
    assert_eq!(all["elements"].as_array().map(Vec::len), Some(1));
}

#[test]
fn two_orders_of_the_same_have_two_serial_numbers() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    assert_ne!(client.finalised(&demande(1)).1, client.finalised(&demande(2)).1);
}

#[test]
fn references_are_those_of_a_card() {
    let emulator = started();
    let first = Client::persona(&emulator, "medecin-cps3").ordered(&demande(1));
    let second = Client::persona(&emulator, "medecin-cps4").ordered(&demande(1));
    assert_ne!(first, second);
}

#[test]
fn finalising_again_with_the_same_code_changes_nothing() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    let (id, serie) = client.finalised(&demande(1));
    let path = format!("demandes/{id}/finalisation");
    let again = client.post(&path, &finalisation("code-1234"));
    assert_eq!((again.status, &again.json()["serie"]), (200, &json!(serie)));
    let other = client.post(&path, &finalisation("code-5678"));
    assert_eq!(other.row(), (409, "EMU-409-ETAT".to_owned()));
}

#[test]
fn a_key_is_given_once_or_as_often_as_the_rules_say_and_a_certificate_always() {
    let mut of_platform = demande(1);
    of_platform["modeCle"] = json!("plateforme");
    of_platform["csr"] = Value::Null;
    of_platform["motDePasseCle"] = json!("mot de passe");
    for (download, second) in [(Download::Once, 410), (Download::Often, 200)] {
        let mut settings = settings();
        settings.rules.download = download;
        let emulator = Emulator::start(settings).expect("started");
        let client = Client::persona(&emulator, "medecin-cps3");
        for (asked, second) in [(&demande(2), 200), (&of_platform, second)] {
            let (id, _) = client.finalised(asked);
            let path = format!("demandes/{id}/telechargement");
            let asked = json!({"motDePasseCle": asked["motDePasseCle"]});
            let found = [client.post(&path, &asked), client.post(&path, &asked)];
            assert_eq!(found.map(|answer| answer.status), [200, second]);
        }
    }
}

#[test]
fn the_platform_makes_keys_in_both_encodings() {
    for pkcs12 in [Pkcs12Encoding::Legacy, Pkcs12Encoding::Modern] {
        let mut settings = settings();
        settings.rules.pkcs12 = pkcs12;
        let emulator = Emulator::start(settings).expect("started");
        let client = Client::persona(&emulator, "medecin-cps3");
        let mut asked = demande(1);
        asked["modeCle"] = json!("plateforme");
        asked["csr"] = Value::Null;
        asked["motDePasseCle"] = json!("mot de passe");
        let (id, _) = client.finalised(&asked);
        let path = format!("demandes/{id}/telechargement");
        let wrong = client.post(&path, &json!({"motDePasseCle": "un autre mot"}));
        assert_eq!(wrong.row(), (422, "EMU-422-MOTDEPASSE".to_owned()));
        let found = client.post(&path, &json!({"motDePasseCle": "mot de passe"}));
        assert_eq!(
            (found.status, found.header("content-type")),
            (200, Some("application/x-pkcs12"))
        );
        assert_eq!(found.body[..2], [0x30, 0x82]);
    }
}

#[test]
fn requests_are_found_by_their_facts_and_by_pages() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    for number in 1..=51 {
        client.ordered(&demande(number));
    }
    let count = |query: &str| {
        let found = client.get(&format!("demandes?{query}")).json();
        let elements = found["elements"].as_array().map(Vec::len);
        (elements, found["page"].clone(), found["pages"].clone())
    };
    assert_eq!(count(""), (Some(50), json!(1), json!(2)));
    assert_eq!(count("page=2"), (Some(1), json!(2), json!(2)));
    assert_eq!(count("page=3"), (Some(0), json!(3), json!(2)));
    assert_eq!(count("usage=SIGN"), (Some(0), json!(1), json!(1)));
    let reference = "refClient=00000000-0000-4000-8000-000000000007&statut=A_RETIRER";
    assert_eq!(count(reference), (Some(1), json!(1), json!(1)));
}

#[test]
fn what_was_ordered_for_another_structure_is_unknown() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    let (id, serie) = client.finalised(&demande(1));
    let stranger = Client::persona(&emulator, "pharmacien-cps4");
    let rows = [
        stranger.get(&format!("demandes/{id}")).row(),
        stranger.get("demandes/D99999999").row(),
        stranger.get(&format!("certificats/{serie}")).row(),
        stranger.get("certificats/00").row(),
    ];
    let [demande, certificat] = ["EMU-404-DEMANDE", "EMU-404-CERTIFICAT"];
    let expected = [demande, demande, certificat, certificat];
    assert_eq!(rows, expected.map(|code| (404, code.to_owned())));
    assert_eq!(stranger.get("demandes").json()["elements"], json!([]));
}

#[test]
fn each_mail_is_written_when_its_time_has_come() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    let (id, _) = client.finalised(&demande(1));
    client.post(&format!("demandes/{id}/telechargement"), &json!({}));
    let mails = emulator.mails();
    let files: Vec<&str> = mails.iter().map(|mail| mail.file.as_str()).collect();
    assert_eq!(files, ["0001-D00000001-retrait.eml", "0002-D00000001-telechargement.eml"]);
    let url = format!("{}/emu/v1/demandes/D00000001", emulator.endpoint());
    assert!(mails[0].text.contains(&url) && mails[0].text.contains("EMULATION SANS VALEUR"));
}

#[test]
fn a_request_that_is_not_retrieved_in_time_is_lost() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    let id = client.ordered(&demande(1));
    emulator.clock().advance(jiff::SignedDuration::from_hours(24 * 91));
    assert_eq!(client.get(&format!("demandes/{id}")).json()["statut"], "EXPIREE");
    let late = client.post(&format!("demandes/{id}/finalisation"), &finalisation("code-1234"));
    assert_eq!(late.row(), (409, "EMU-409-ETAT".to_owned()));
}

#[test]
fn what_was_ordered_is_still_there_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let start = || {
        let mut settings = settings();
        settings.state = Some(folder.path().to_owned());
        Emulator::start(settings).expect("started")
    };
    let (id, serie) = {
        let emulator = start();
        Client::persona(&emulator, "medecin-cps3").finalised(&demande(1))
    };
    let emulator = start();
    let client = Client::persona(&emulator, "medecin-cps3");
    assert_eq!(client.get(&format!("demandes/{id}")).json()["serie"], json!(serie));
    assert_eq!(client.post(&format!("demandes/{id}/telechargement"), &json!({})).status, 200);
    let mails = std::fs::read_dir(folder.path().join("mails")).expect("a folder");
    assert_eq!(mails.count(), 2);
    let text = std::fs::read_to_string(folder.path().join("platform.json")).expect("kept");
    assert!(!text.contains("code-1234"), "a code is not kept, only what recognises it");
}

#[test]
fn a_scenario_says_who_may_order_what() {
    let scenario = Scenario::from_toml(
        r#"
            opposees = ["8025000001/2900100002"]
            [[habilitation]]
            carte = "8025000001/2900100001"
            profil = "UNIQUE"
            structure = "399900000000011"
            raison_sociale = "MAISON DE SANTE EMULEE"
            offres = { SERV = ["SSL_SERV"] }
            domaines = ["maison.example"]
        "#,
    );
    let mut settings = settings();
    settings.scenario = scenario.expect("a scenario");
    let emulator = Emulator::start(settings).expect("started");
    let opposed = Client::persona(&emulator, "pharmacien-cps4").get("habilitations");
    assert_eq!(opposed.row(), (403, "EMU-403-CERTIFICAT".to_owned()));
    let client = Client::persona(&emulator, "medecin-cps3");
    let profiles = client.get("habilitations").json();
    assert_eq!(profiles["elements"].as_array().map(Vec::len), Some(1));
    let mut asked = demande(1);
    for (name, value) in [
        ("structure", "399900000000011"),
        ("offre", "SERV"),
        ("usage", "SSL_SERV"),
        ("fqdn", "api.maison.example"),
    ] {
        asked[name] = json!(value);
    }
    client.ordered(&asked);
}

#[test]
fn a_scenario_with_an_unknown_key_or_product_is_refused() {
    let entry = "[[habilitation]]\nprofil = \"P\"\nstructure = \"1\"\nraison_sociale = \"R\"\n";
    assert!(Scenario::from_toml(&format!("{entry}surprise = 1")).is_err());
    let refused = Scenario::from_toml(&format!("{entry}offres = {{ ORG = [\"SSL_SERV\"] }}"));
    let refused = refused.expect_err("no such product").to_string();
    assert!(refused.starts_with("`ORG SSL_SERV` is no product: ORG AUTH_CLI, "), "{refused}");
}
