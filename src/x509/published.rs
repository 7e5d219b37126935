//! Tests on published certificates, which are not part of the repository: they are passed over where the folder
//! `../shared/igc-sante` (or `../igc-sante` beside what CPSKIT_FACTS names) does not exist.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::sample::say_everything;
use super::*;
use crate::id::{CardNumber, LuhnKey, NationalId, StructureId};
use crate::nomenclature::Table;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("CPSKIT_FACTS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/igc-sante"),
        |facts| PathBuf::from(facts).join("../igc-sante"),
    );
    if folder.join("INDEX.md").exists() {
        return Some(folder);
    }
    writeln!(std::io::stderr(), "skipped: no certificates in {}", folder.display()).ok();
    None
}

fn read(path: &Path) -> Certificate {
    let file = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Certificate::from_pem_or_der(&file)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The certificate whose file name ends with the first digits of its SHA-256.
fn end_entity(digits: &str) -> Option<Certificate> {
    let folder = folder()?.join("ee");
    let entries = std::fs::read_dir(&folder).expect("a folder");
    let mut paths = entries.map(|entry| entry.expect("an entry").path());
    let path = paths.find(|path| path.to_string_lossy().ends_with(&format!("_{digits}.pem")));
    Some(read(&path.unwrap_or_else(|| panic!("no certificate {digits}"))))
}

/// The subject as an index writes it: in the order of the encoding.
fn in_order(name: &Name) -> String {
    let short = |attribute: &Attribute| match attribute.short_name() {
        Some("T") => "title".to_owned(),
        Some(name) => name.to_owned(),
        None => attribute.oid.to_string(),
    };
    let attribute = |attribute: &Attribute| format!("{}={}", short(attribute), attribute.value);
    let rdn = |rdn: &Vec<_>| rdn.iter().map(attribute).collect::<Vec<_>>().join("+");
    name.rdns().iter().map(rdn).collect::<Vec<_>>().join(" / ")
}

fn hex(bytes: &[u8]) -> String {
    Hex(bytes).to_string()
}

#[test]
fn every_published_certificate_is_read_as_its_index_has_it() {
    let Some(folder) = folder() else { return };
    let index = std::fs::read_to_string(folder.join("INDEX.md")).expect("an index");
    let mut seen = 0;
    for line in index.lines() {
        let cells: Vec<_> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let [_, file, subject, serial, validity, sha256, ..] = &cells[..] else { continue };
        if !file.ends_with(".pem") || sha256.len() != 64 {
            continue;
        }
        let certificate = read(&folder.join(file));
        let date = |instant: Result<jiff::Timestamp, &TimeError>| {
            instant.expect("a date").to_string()[..10].to_owned()
        };
        let validity_read =
            format!("{} → {}", date(certificate.not_before()), date(certificate.not_after()));
        assert_eq!(
            [
                // The index could not read Latin-1.
                in_order(certificate.subject()).replace("OU=Médecin", "OU=M\u{FFFD}decin"),
                certificate.serial().to_string(),
                validity_read,
                hex(&certificate.sha256())
            ],
            [*subject, *serial, *validity, *sha256],
            "{file}"
        );
        assert_ne!(certificate.issued_by(), IssuedBy::Other, "{file}");
        assert!(certificate.public_key().is_ok(), "{file}");
        seen += 1;
    }
    assert_eq!(seen, 57);
}

#[test]
fn the_authorities_are_recognised_by_the_name_of_their_files() {
    let Some(folder) = folder() else { return };
    for (sub, world, suffix) in [("prod", World::Production, ""), ("test", World::Test, "-TEST")] {
        for entry in std::fs::read_dir(folder.join("ca").join(sub)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
            if stem.contains("recovered") {
                continue;
            }
            let parts: Vec<_> = stem.strip_suffix(suffix).expect("suffix").split('-').collect();
            let gamme = match parts[1] {
                "EL" => Gamme::Elementaire,
                "ST" => Gamme::Standard,
                _ => Gamme::Fort,
            };
            let domain = match parts.get(2) {
                None => Domain::Racine,
                Some(&"PP") => Domain::Personnes,
                Some(_) => Domain::Organisations,
            };
            let certificate = read(&path);
            let named = IssuedBy::named(certificate.subject());
            assert_eq!(named, IssuedBy::IgcSante { world, gamme, domain }, "{stem}");
            let root = IssuedBy::IgcSante { world, gamme, domain: Domain::Racine };
            assert_eq!(certificate.issued_by(), root, "{stem}");
            let depth = (domain != Domain::Racine).then_some(0);
            let constraints = BasicConstraints { role: Role::Authority, path_length: depth };
            assert_eq!(certificate.basic_constraints(), Ok(Some(constraints)), "{stem}");
        }
    }
}

/// What all holders of test cards and test software certificates here have.
fn person(id: &str, given_name: &str, family_name: &str, title: &str) -> Holder {
    Holder {
        national_id: NationalId::parse(id).ok(),
        given_name: Some(given_name.to_owned()),
        family_name: Some(family_name.to_owned()),
        title: Some(title.to_owned()),
        category: Some(Table::G01.code("80")),
        ..Holder::default()
    }
}

fn card(number: &str, card_type: &str, holder: Holder) -> Holder {
    Holder {
        card_issuer: Some("8025000001".to_owned()),
        card_number: Some(CardNumber::parse(number).expect(number)),
        card_type: Some(Table::G02.code(card_type)),
        ..holder
    }
}

fn assert_holder(digits: &str, expected: Holder, issued_by: IssuedBy) {
    let Some(certificate) = end_entity(digits) else { return };
    assert_eq!(Holder::of(&certificate), expected);
    assert_eq!(certificate.issued_by(), issued_by);
}

fn test_authority(gamme: Gamme, domain: Domain) -> IssuedBy {
    IssuedBy::IgcSante { world: World::Test, gamme, domain }
}

#[test]
fn a_card_of_a_doctor_gives_its_holder() {
    let holder = Holder {
        profession: Some(Table::G15.code("10")),
        specialities: vec![Table::R01.code("SM26")],
        ..person("899700296140", "ANNE", "MED-CS RPPS0029614", "Médecin")
    };
    let luhn = holder.national_id.as_ref().and_then(NationalId::luhn);
    assert_eq!(luhn, Some(LuhnKey::Right));
    let issuer = test_authority(Gamme::Fort, Domain::Personnes);
    assert_holder("ceabb439", card("2800811112", "00", holder), issuer);
}

#[test]
fn cards_of_nurses_give_adeli_numbers() {
    for (digits, id, given_name, family_name, number) in [
        ("c3d58763", "00B6077602", "GUY", "INFIRMCH7760", "2800262487"),
        ("67053d18", "00B6087510", "OLIVIER", "INFIRMCS ADELI8751", "2800636234"),
    ] {
        let holder = Holder {
            profession: Some(Table::G15.code("60")),
            ..person(id, given_name, family_name, "Infirmier")
        };
        let issuer = test_authority(Gamme::Fort, Domain::Personnes);
        assert_holder(digits, card(number, "00", holder), issuer);
    }
}

#[test]
fn a_card_of_an_establishment_gives_the_structure_too() {
    let holder = Holder {
        structure_name: Some("HOPITAL DES 3 DAMES".to_owned()),
        structure_id: StructureId::parse("10B0057881").ok(),
        department: Some("Paris (75)".to_owned()),
        user_principal_name: Some("30B0057881/CPET0002@carte-cps.fr".to_owned()),
        ..person(
            "30B0057881/CPET0002",
            "CHARLES",
            "ADMINISTRATIF-CH057880002",
            "Personnel santé ou social",
        )
    };
    let issuer = test_authority(Gamme::Standard, Domain::Personnes);
    assert_holder("5da0d21f", card("2600301752", "02", holder), issuer);
}

#[test]
fn software_certificates_of_doctors_have_no_card() {
    let doctor = |id, given_name, family_name| Holder {
        profession: Some(Table::G15.code("10")),
        specialities: vec![Table::R01.code("SM26")],
        category: Some(Table::G01.code("83")),
        ..person(id, given_name, family_name, "Médecin")
    };
    let issuer = test_authority(Gamme::Elementaire, Domain::Personnes);
    assert_holder("42499143", doctor("899900063480", "MAX", "LIBRE"), issuer);

    let Some(certificate) = end_entity("e23b6d8e") else { return };
    let mut holder = Holder::of(&certificate);
    // An address, here; not to be repeated.
    assert!(holder.user_principal_name.take().is_some_and(|name| name.contains('@')));
    assert_eq!(holder, doctor("899700523527", "ANNE", "MED-CS RPPS0052352"));
}

#[test]
fn a_card_of_the_legacy_pki_is_read_with_its_unsorted_set_and_its_latin_1() {
    let holder = Holder {
        profession: Some(Table::G15.code("10")),
        specialities: vec![Table::R01.code("SM36")],
        user_principal_name: Some("0.0B1058110@carte-cps.fr".to_owned()),
        ..person(
            "00B1058110",
            "MUMUMUMUMUMUMUMUMUMUMUMUMUM",
            "MAXIMAXIMAXIMAXIMAXIMAX5811",
            "Médecin",
        )
    };
    let issuer = IssuedBy::Legacy { pki: LegacyPki::Cps2ter, world: World::Test };
    assert_holder("473f9c2f", card("2400241472", "00", holder), issuer);
}

#[test]
fn a_server_of_the_legacy_pki_has_its_department_in_l() {
    let expected = Holder {
        structure_id: StructureId::parse("318751275100020").ok(),
        department: Some("Paris (75)".to_owned()),
        category: Some(Table::G01.code("82")),
        ..Holder::default()
    };
    let issuer = IssuedBy::Legacy { pki: LegacyPki::Cps2bis, world: World::Test };
    assert_holder("57d1757c", expected, issuer);
}

#[test]
fn the_extensions_of_a_signature_card_are_those_of_its_profile() {
    let Some(certificate) = end_entity("ceabb439") else { return };
    assert_eq!(certificate.key_usage(), Ok(Some(BTreeSet::from([KeyUse::NonRepudiation]))));
    let constraints = BasicConstraints { role: Role::EndEntity, path_length: None };
    assert_eq!(certificate.basic_constraints(), Ok(Some(constraints)));
    let purposes = certificate.extended_key_usage().expect("read").expect("present");
    assert_eq!(purposes.iter().map(Oid::as_str).collect::<Vec<_>>(), [oid::EMAIL_PROTECTION]);
    let policies = certificate.certificate_policies().expect("read").expect("present");
    let policies: Vec<_> = policies.iter().map(|p| (p.oid.as_str(), &p.cps[..])).collect();
    let cps = "http://igc-sante.esante.gouv.fr/PC%20TEST".to_owned();
    assert_eq!(policies, [("1.2.250.1.213.1.7.2.1.1.1.1", &[cps][..])]);

    let authority = certificate.authority_key_identifier().expect("read").expect("present");
    let key = authority.key.as_deref().map(hex);
    assert_eq!(key.as_deref(), Some("3af1e7f5ceebedf78dc9c9b29fedd46529dc1ffd"));
    assert_eq!((authority.issuer, authority.serial), (vec![], None));
    let PublicKey::Rsa { modulus, exponent } = certificate.public_key().expect("a key") else {
        panic!("not RSA");
    };
    assert_eq!((modulus.len(), &exponent[..]), (256, &[1, 0, 1][..]));

    let points = certificate.crl_distribution_points().expect("read").expect("present");
    let uris = |points: &[DistributionPoint]| -> Vec<String> {
        points
            .iter()
            .flat_map(|point| &point.names)
            .filter_map(GeneralName::uri)
            .map(str::to_owned)
            .collect()
    };
    let ldap = "ldap://annuaire-igc.esante.gouv.fr/cn=TEST%20AC%20IGC-SANTE%20FORT%20PERSONNES,ou=TEST%20AC%20RACINE%20IGC-SANTE%20FORT,ou=IGC-SANTE%20TEST,ou=0002%20187512751,o=ASIP-SANTE,c=FR?";
    assert_eq!(
        uris(&points),
        [
            "http://igc-sante.esante.gouv.fr/CRL/ACI-FO-PP-TEST.crl".to_owned(),
            format!("{ldap}certificaterevocationlist;binary?base?objectClass=pkiCA")
        ]
    );
    let points = certificate.freshest_crl().expect("read").expect("present");
    assert_eq!(uris(&points), [format!("{ldap}deltarevocationlist;binary?base?objectClass=pkiCA")]);
    let access = certificate.authority_info_access().expect("read").expect("present");
    let access: Vec<_> =
        access.iter().map(|a| (a.method.as_str(), a.location.uri().unwrap_or_default())).collect();
    assert_eq!(
        access,
        [
            (oid::OCSP, "http://ocsp.esante.gouv.fr"),
            (oid::CA_ISSUERS, "http://igc-sante.esante.gouv.fr/AC%20TEST/ACI-FO-PP-TEST.cer")
        ]
    );
}

#[test]
fn the_public_key_of_an_authority_has_the_published_hash() {
    let Some(folder) = folder() else { return };
    let certificate = read(&folder.join("ca/prod/ACI-FO-PP.pem"));
    let expected = "f34ee769d16e5a5347502cc4018066a2d887fe4b7dced01d46e4c0392114a13a";
    assert_eq!(hex(&certificate.spki_sha256()), expected);
    let key = certificate.public_key();
    assert_eq!(key.map(|key| key.rsa_bits()), Ok(Some(4096)));
    let root = read(&folder.join("ca/legacy/GIP-CPS_root_2bis_prod.pem"));
    assert_eq!(root.public_key().map(|key| key.rsa_bits()), Ok(Some(2047)));
}

#[test]
fn no_bit_of_a_published_certificate_makes_the_reader_panic() {
    for digits in ["473f9c2f", "5da0d21f"] {
        let Some(certificate) = end_entity(digits) else { return };
        let der = certificate.der();
        for place in 0..der.len() {
            assert!(Certificate::parse(&der[..place]).is_err());
            let mut changed = der.to_vec();
            for bit in 0..8 {
                changed[place] ^= 1 << bit;
                say_everything(&changed);
                changed[place] ^= 1 << bit;
            }
        }
    }
}
