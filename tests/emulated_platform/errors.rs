//! Every row of the table of errors, as it comes about by itself.

use cpskit::emulate::igc::{
    self, Edition, OrganisationProduct, OrganisationRequest, World, product_key,
};
use cpskit::emulate::persona::StructureSpec;
use cpskit::emulate::platform::Emulator;
use serde_json::{Value, json};

use crate::client::{Client, csr, csr_of, demande, finalisation, started};

fn row(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn nobody_is_told_to_show_a_certificate() {
    let emulator = started();
    let answer = Client::nobody(&emulator).get("habilitations");
    assert_eq!(answer.row(), row(401, "EMU-401-CERTIFICAT-ABSENT"));
    assert_eq!(answer.json()["statut"], 401);
}

/// Whoever shows a software certificate made like this.
fn software(
    emulator: &Emulator,
    world: World,
    product: OrganisationProduct<'_>,
    years: [&str; 2],
) -> Client {
    let structure = StructureSpec {
        department: "Paris (75)".to_owned(),
        name: "HOPITAL D'EMULATION".to_owned(),
        id: "10B0990001".to_owned(),
    };
    let request = OrganisationRequest { world, product, structure: &structure, name: "APPLI" };
    let edition = Edition { published: None, category: None, order: None };
    let key = product_key("org-sign").expect("embedded");
    let instant = |year: &str| format!("{year}-01-01T00:00:00Z").parse().expect("an instant");
    let public = key.public().expect("RSA");
    let made =
        igc::edited_certificate(&request, &edition, &public, instant(years[0]), instant(years[1]));
    Client::showing(emulator, vec![made.expect("minted")], key.pkcs8().expect("PEM"))
}

#[test]
fn a_certificate_that_is_not_taken_says_why() {
    let emulator = started();
    let told = |client: Client| {
        let answer = client.get("habilitations");
        let text = answer.json()["message"]["libelle"].as_str().unwrap_or_default().to_owned();
        (answer.row().1, text.split(' ').next().unwrap_or_default().to_owned())
    };
    let auth = OrganisationProduct::OrgAuthCli;
    let foreign = {
        let card = igc::committed("medecin-cps3").expect("embedded");
        let found = card.authentication.as_ref().expect("a contact card");
        let mut der = found.der.to_vec();
        let last = der.len() - 1;
        der[last] ^= 1;
        Client::showing(&emulator, vec![der], found.key.pkcs8().expect("PEM"))
    };
    let found = [
        told(foreign),
        told(Client::persona(&emulator, "opposee-cps3")),
        told(software(&emulator, World::Test, auth, ["2020", "2023"])),
        told(software(&emulator, World::Test, OrganisationProduct::OrgSign, ["2026", "2029"])),
        told(software(&emulator, World::Production, auth, ["2026", "2029"])),
    ];
    let certificate = |text: &str| ("EMU-403-CERTIFICAT".to_owned(), text.to_owned());
    let expected = [
        certificate("ERCERT02"),
        certificate("ERCERT04"),
        certificate("ERCERT05"),
        certificate("ERCERT06"),
        ("EMU-403-PRODUCTION".to_owned(), "ni".to_owned()),
    ];
    assert_eq!(found, expected);
    let software = software(&emulator, World::Test, auth, ["2026", "2029"]);
    assert_eq!(software.get("habilitations").json()["elements"][0]["profil"], "LOGICIEL");
}

#[test]
fn a_software_certificate_that_was_revoked_here_opens_nothing_more() {
    let emulator = started();
    let card = Client::persona(&emulator, "medecin-cps3");
    let (id, serie) = card.finalised(&demande(1));
    let der = card.post(&format!("demandes/{id}/telechargement"), &json!({})).body;
    let key = product_key("org-auth-cli").expect("embedded").pkcs8().expect("PEM");
    let client = Client::showing(&emulator, vec![der], key);
    assert_eq!(client.get("habilitations").status, 200);
    let revocation = json!({"codeRevocation": "code-1234", "motif": "COMPROMISSION"});
    card.post(&format!("certificats/{serie}/revocation"), &revocation);
    assert_eq!(client.get("habilitations").row(), row(403, "EMU-403-CERTIFICAT"));
}

#[test]
fn each_field_of_a_request_has_its_refusal() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    let serv = |field: &str, value: &str| {
        let usage = if field == "fqdn" { "SSL_SERV" } else { "SMIME" };
        json!({"offre": "SERV", "usage": usage, field: value})
    };
    let platform = |password: &str| json!({"modeCle": "plateforme", "motDePasseCle": password});
    // A key that is too small, then one that did not sign.
    let of_key = |name: &str| {
        let other = product_key(name).expect("embedded").public().expect("RSA");
        let other = other.to_der().expect("short");
        csr_of("org-sign", |request| {
            request.info.public_key = der::Decode::from_der(&other).expect("ours");
        })
    };
    let with_sha1 = csr_of("org-sign", |request| {
        request.algorithm.oid = const_oid::db::rfc5912::SHA_1_WITH_RSA_ENCRYPTION;
    });
    let cases = [
        (json!({"refClient": "moi"}), 400, "EMU-400-SCHEMA"),
        (json!({"offre": "PS"}), 400, "EMU-400-SCHEMA"),
        (json!({"usage": "auth_cli"}), 400, "EMU-400-SCHEMA"),
        (json!({"serviceApplicatif": ""}), 400, "EMU-400-SCHEMA"),
        (json!({"serviceApplicatif": "A".repeat(65)}), 400, "EMU-400-SCHEMA"),
        (json!({"modeCle": "autre"}), 400, "EMU-400-SCHEMA"),
        (json!({"csr": null}), 400, "EMU-400-SCHEMA"),
        (json!({"structure": "10B0990004"}), 403, "EMU-403-HABILITATION"),
        (json!({"profil": "P4"}), 403, "EMU-403-HABILITATION"),
        (serv("fqdn", "emulation.invalid.example"), 403, "EMU-403-PERIMETRE"),
        (serv("fqdn", "xemulation.invalid"), 403, "EMU-403-PERIMETRE"),
        (serv("fqdn", "a.serveur.editeur.example"), 403, "EMU-403-PERIMETRE"),
        (serv("email", "a@b.emulation.invalid"), 403, "EMU-403-PERIMETRE"),
        (serv("email", "sans-arobase"), 403, "EMU-403-PERIMETRE"),
        (json!({"csr": "-----BEGIN"}), 422, "EMU-422-CSR"),
        (json!({"csr": of_key("2bis-server")}), 422, "EMU-422-CSR"),
        (json!({"csr": of_key("ps-sign")}), 422, "EMU-422-CSR"),
        (json!({"csr": with_sha1}), 422, "EMU-422-CSR"),
        (platform("court"), 422, "EMU-422-MOTDEPASSE"),
    ];
    for (fields, status, code) in cases {
        let mut asked = demande(1);
        for (name, value) in fields.as_object().expect("fields") {
            asked[name] = value.clone();
        }
        assert_eq!(client.post("demandes", &asked).row(), row(status, code), "{fields}");
    }
    assert_eq!(client.get("demandes").json()["elements"], json!([]));
}

#[test]
fn a_body_that_is_not_of_the_protocol_is_refused_and_not_repeated() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    for body in ["", "{", "[]", "{\"motDePasseCle\": \"hunter2hunter2\"}", "\u{0}"] {
        let raw = client.raw("POST", "demandes", body.as_bytes()).expect("connected");
        let answer = crate::client::read(raw).expect("whole");
        assert_eq!(answer.row(), row(400, "EMU-400-SCHEMA"));
        assert!(!String::from_utf8_lossy(&answer.body).contains("hunter2"));
    }
    assert_eq!(client.get("rien").row(), row(400, "EMU-400-SCHEMA"));
}

#[test]
fn a_reference_that_was_used_for_another_request_is_a_duplicate() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    client.ordered(&demande(1));
    for (name, value) in [
        ("serviceApplicatif", json!("AUTRE")),
        ("usage", json!("SIGN")),
        ("csr", json!(csr("org-sign"))),
        ("contactEmail", json!("a@emulation.invalid")),
    ] {
        let mut other = demande(1);
        other[name] = value;
        assert_eq!(client.post("demandes", &other).row(), row(409, "EMU-409-DOUBLON"), "{name}");
    }
}

#[test]
fn whoever_has_two_profiles_for_one_product_says_which() {
    let emulator = started();
    let client = Client::persona(&emulator, "cde-cps3");
    let mut asked = demande(1);
    for (name, value) in [
        ("structure", "10B0990005"),
        ("offre", "SERV"),
        ("usage", "SSL_SERV"),
        ("fqdn", "a.serveurs.emulation.invalid"),
    ] {
        asked[name] = json!(value);
    }
    assert_eq!(client.post("demandes", &asked).row(), row(403, "EMU-403-HABILITATION"));
    asked["profil"] = json!("SERVEURS");
    assert_eq!(client.post("demandes", &asked).json()["profil"], "SERVEURS");
}

#[test]
fn finalising_asks_for_both_acceptances_and_a_good_code_twice() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    let id = client.ordered(&demande(1));
    let refused = |field: &str, value: Value| {
        let mut asked = finalisation("code-1234");
        asked[field] = value;
        client.post(&format!("demandes/{id}/finalisation"), &asked).row()
    };
    let no = json!({"version": "1.0", "accepte": false});
    let found = [
        refused("accepteCgu", no.clone()),
        refused("accepteCertificatEtPc", Value::Null),
        refused("confirmation", json!("code-1235")),
        client.post(&format!("demandes/{id}/finalisation"), &finalisation("1234567")).row(),
        client.post(&format!("demandes/{id}/finalisation"), &finalisation(&"1".repeat(33))).row(),
    ];
    let [acceptance, policy] = ["EMU-422-ACCEPTATION", "EMU-422-CODE-POLITIQUE"];
    let expected = [acceptance, acceptance, policy, policy, policy];
    assert_eq!(found, expected.map(|code| row(422, code)));
}

#[test]
fn what_is_not_of_the_present_state_is_refused() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    let id = client.ordered(&demande(1));
    let early = client.post(&format!("demandes/{id}/telechargement"), &json!({}));
    assert_eq!(early.row(), row(409, "EMU-409-ETAT"));
}

#[test]
fn wrong_codes_are_counted_and_five_of_them_shut_the_certificate() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    let (_, serie) = client.finalised(&demande(1));
    let path = format!("certificats/{serie}/revocation");
    let tried = |code: &str| {
        let answer = client.post(&path, &json!({"codeRevocation": code, "motif": "VOL"}));
        let text = answer.json()["message"]["libelle"].as_str().unwrap_or_default().to_owned();
        (answer.row(), text.chars().next_back())
    };
    for left in ['4', '3', '2', '1', '0'] {
        assert_eq!(tried("code-0000"), (row(403, "EMU-403-CODE"), Some(left)));
    }
    assert_eq!(tried("code-1234"), (row(403, "EMU-403-CODE"), Some('0')));
}

#[test]
fn what_is_revoked_already_says_since_when() {
    let emulator = started();
    let client = Client::persona(&emulator, "medecin-cps3");
    let (_, serie) = client.finalised(&demande(1));
    let path = format!("certificats/{serie}/revocation");
    let revocation = json!({"codeRevocation": "code-1234", "motif": "AUTRE"});
    client.post(&path, &revocation);
    emulator.clock().advance(jiff::SignedDuration::from_hours(2));
    let again = client.post(&path, &revocation);
    assert_eq!(again.row(), row(409, "EMU-409-DEJA-REVOQUE"));
    assert_eq!(again.json()["message"]["revoqueLe"], "2026-06-01T08:00:00Z");
}
