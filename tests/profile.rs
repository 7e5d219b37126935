//! The IGC-Santé profiles, rule by rule: each product of the test PKI, under the names and addresses of IGC-Santé, keeps
//! every rule; altered in one place, it breaks the rule of that place and no other.
#![cfg(feature = "emulate")]

use std::collections::BTreeSet;

use cpskit::emulate::Persona;
use cpskit::emulate::igc::{self, Authority};
use cpskit::pki::Severity;
use cpskit::pki::profile::{self, Confidence, Remark, Rule};
use cpskit::x509::{Certificate, Product};

#[path = "support/tree.rs"]
mod tree;

use tree::Tree;

/// The certificates of all personas.
fn cards() -> Vec<Vec<u8>> {
    let certificates = |slug: &str| {
        igc::committed(slug)
            .into_iter()
            .flat_map(|found| {
                let all = [&found.signature, &found.authentication, &found.technical];
                all.into_iter().flatten().map(|found| found.der.to_vec()).collect::<Vec<_>>()
            })
            .collect::<Vec<_>>()
    };
    Persona::list().iter().flat_map(|slug| certificates(slug)).collect()
}

/// The products of structures and professionals, and their authorities.
fn others() -> Vec<Vec<u8>> {
    use igc::{
        OrganisationProduct, OrganisationRequest, ProfessionalProduct, ProfessionalRequest, World,
    };
    let structure = toml::from_str(
        r#"
        department = "Paris (75)"
        name = "HOPITAL D'EMULATION"
        id = "10B0990001"
    "#,
    )
    .expect("a structure");
    let holder = toml::from_str(
        r#"
        national_id = "899700100011"
        family_name = "EMULATION"
        given_names = ["AGATHE"]
        profession = "10"
        title = "Médecin"
        speciality = "SM26"
    "#,
    )
    .expect("a holder");
    let instant = |text: &str| text.parse().expect("an instant");
    let key = igc::product_key("org-sign").expect("embedded").public().expect("RSA");
    let mut found: Vec<Vec<u8>> = Authority::all().map(|ca| ca.certificate().to_vec()).collect();
    for (from, to) in [
        ("2021-01-05T00:00:00Z", "2024-01-05T00:00:00Z"),
        ("2026-01-05T00:00:00Z", "2029-01-05T00:00:00Z"),
    ] {
        let (from, to) = (instant(from), instant(to));
        for world in [World::Production, World::Test] {
            for product in [
                OrganisationProduct::OrgAuthCli,
                OrganisationProduct::OrgConf,
                OrganisationProduct::OrgSign,
                OrganisationProduct::ServSsl { other_names: &["b.example.org"] },
            ] {
                let request = OrganisationRequest {
                    world,
                    product,
                    structure: &structure,
                    name: "a.example.org",
                };
                found
                    .push(igc::organisation_certificate(&request, &key, from, to).expect("minted"));
            }
            for product in [
                ProfessionalProduct::PsAuth { principal: "a@example.org" },
                ProfessionalProduct::PsSign { email: None },
                ProfessionalProduct::PsSign { email: Some("a@example.org") },
            ] {
                let request = ProfessionalRequest { world, product, holder: &holder };
                found
                    .push(igc::professional_certificate(&request, &key, from, to).expect("minted"));
            }
        }
    }
    found
}

fn read(der: &[u8]) -> Certificate {
    Certificate::parse(der).expect("a certificate")
}

fn messages(certificate: &Certificate) -> Vec<String> {
    let say = |remark: &Remark| format!("{} {}", remark.code(), remark.message());
    profile::lint(certificate).iter().map(say).collect()
}

#[test]
fn what_the_emulation_issues_has_one_remark_that_says_so() {
    for der in cards().into_iter().chain(others()) {
        let certificate = read(&der);
        let codes: Vec<_> = profile::lint(&certificate).iter().map(Remark::code).collect();
        assert_eq!(
            codes,
            ["igc.emulated"],
            "{} {:?}",
            certificate.subject(),
            messages(&certificate)
        );
        assert!(certificate.product().is_some(), "{}", certificate.subject());
    }
}

#[test]
fn the_same_under_the_names_and_addresses_of_igc_sante_keeps_every_rule() {
    for der in cards().into_iter().chain(others()) {
        let certificate = read(&tree::genuine(&der));
        // The serial numbers and the dates of the authorities are their own.
        let own = ["igc.serial.authority", "igc.validity"];
        let is_authority =
            matches!(certificate.product(), Some(Product::Root(_) | Product::Intermediate(..)));
        let seen = messages(&certificate);
        let is_own =
            |message: &str| is_authority && own.iter().any(|code| message.starts_with(code));
        let rest: Vec<_> = seen.iter().filter(|message| !is_own(message)).collect();
        assert_eq!(rest, Vec::<&String>::new(), "{}", certificate.subject());
    }
}

/// The certificate of a product in the TEST world, under the names of IGC-Santé.
fn genuine(product: Product) -> Tree {
    let found = cards().into_iter().chain(others()).map(|der| tree::genuine(&der)).find(|der| {
        let certificate = read(der);
        certificate.product() == Some(product)
            && certificate.environment().map(|e| e.name()) == Some("test")
    });
    Tree::parse(&found.expect("one of each product"))
}

fn codes(tree: &Tree) -> BTreeSet<&'static str> {
    profile::lint(&read(&tree.encode())).iter().map(Remark::code).collect()
}

type Change = fn(&mut Tree);

const KEY_USAGE: &[u8] = &[0x55, 0x1D, 15];
const POLICIES: &[u8] = &[0x55, 0x1D, 32];
const LISTS: &[u8] = &[0x55, 0x1D, 31];
const DELTA: &[u8] = &[0x55, 0x1D, 46];
const SAN: &[u8] = &[0x55, 0x1D, 17];
const AIA: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 1, 1];
const CATEGORY: &[u8] = &[0x2A, 0x81, 0x7A, 1, 0x47, 1, 2, 5];
const CARD_TYPE: &[u8] = &[0x2A, 0x81, 0x7A, 1, 0x47, 1, 2, 2];
const CARD_NUMBER: &[u8] = &[0x2A, 0x81, 0x7A, 1, 0x47, 1, 2, 3];
const PROFESSION: &[u8] = &[0x2A, 0x81, 0x7A, 1, 0x47, 1, 2, 7];
const SPECIALITY: &[u8] = &[0x2A, 0x81, 0x7A, 1, 0x47, 4, 2, 5];

/// What is altered, and the codes that this brings.
const CHANGES: &[(Product, Change, &[&str])] = &[
    (Product::OrgAuthCli, |t| t.set_extension(KEY_USAGE, &[3, 2, 6, 0xC0]), &["igc.key_usage"]),
    (
        Product::OrgAuthCli,
        |t| t.set_extension(&[0x55, 0x1D, 37], &tree::purposes(&[2, 4])),
        &["igc.extended_key_usage"],
    ),
    (Product::OrgAuthCli, |t| t.set_critical(KEY_USAGE, false), &["igc.extensions.critical"]),
    (Product::OrgAuthCli, |t| t.remove_extension(DELTA), &["igc.extensions.missing"]),
    (
        Product::OrgAuthCli,
        |t| t.add_extension(CARD_TYPE, &[2, 1, 0]),
        &["igc.extensions.unexpected"],
    ),
    (
        Product::OrgAuthCli,
        |t| t.set_extension(&[0x55, 0x1D, 19], &[0x30, 3, 1, 1, 0]),
        &["igc.basic_constraints"],
    ),
    (Product::OrgAuthCli, |t| t.set_extension(CATEGORY, &[4, 1, 0x80]), &["igc.category.carrier"]),
    (
        Product::OrgAuthCli,
        |t| t.set_extension(CATEGORY, &[4, 1, 0x03]),
        &["igc.category.environment", "igc.environment.consistent"],
    ),
    (
        Product::OrgAuthCli,
        |t| t.replace(POLICIES, b"/PC%20TEST", b"/PC"),
        &["igc.environment.consistent", "igc.policy.statement"],
    ),
    (Product::OrgAuthCli, |t| t.replace(AIA, b"ocsp.esante", b"ocsp.exante"), &["igc.aia.address"]),
    (Product::OrgAuthCli, |t| t.replace(LISTS, b"EL-ORG", b"EL-PPP"), &["igc.crl.address"]),
    (Product::OrgAuthCli, |t| t.replace(LISTS, b"ldap:", b"http:"), &["igc.crl.form"]),
    (Product::OrgAuthCli, |t| t.replace(DELTA, b"ldap:", b"http:"), &["igc.crl.delta"]),
    (Product::OrgAuthCli, |t| t.set_serial(&[1; 8]), &["igc.serial.length"]),
    (Product::OrgAuthCli, |t| t.set_extension(&[0x55, 0x1D, 14], &[4, 1, 7]), &["igc.ski.value"]),
    (
        Product::OrgAuthCli,
        |t| t.set_extension(&[0x55, 0x1D, 35], &[0x30, 3, 0x80, 1, 7]),
        &["igc.aki.form"],
    ),
    (Product::OrgAuthCli, |t| t.set_subject(4, 0x13, b"HOPITAL"), &["igc.subject.encoding"]),
    (Product::OrgAuthCli, |t| t.set_subject(2, 0x0C, &[b'A'; 41]), &["igc.subject.organisation"]),
    (Product::OrgAuthCli, |t| t.set_subject(1, 0x0C, b"Paris"), &["igc.subject.department"]),
    (Product::OrgAuthCli, |t| t.set_subject(3, 0x0C, b"10B099000"), &["igc.structure.form"]),
    (Product::OrgAuthCli, |t| t.set_subject(3, 0x0C, b"2187512752"), &["igc.structure.luhn"]),
    (Product::OrgAuthCli, |t| t.swap_subject(1, 2), &["igc.subject.form"]),
    (Product::OrgAuthCli, |t| t.set_not_after(b"300105000000Z"), &["igc.validity"]),
    (Product::OrgAuthCli, |t| t.set_version(1), &["igc.version", "pki.strict.version"]),
    (Product::ServSsl, |t| t.replace(SAN, b"a.example.org", b"c.example.org"), &["igc.san.dns"]),
    (
        Product::PsAuth,
        |t| t.replace(SAN, b"a@example.org", b"a_example.org"),
        &["igc.san.upn_form"],
    ),
    (Product::PsAuth, |t| t.set_extension(SAN, &[0x30, 3, 0x82, 1, b'a']), &["igc.san.upn"]),
    (Product::PsSign, |t| t.add_extension(SAN, &[0x30, 3, 0x82, 1, b'a']), &["igc.san.email"]),
    (
        Product::PsSign,
        |t| {
            t.set_extension(
                &[0x55, 0x1D, 16],
                b"\x30\x22\x80\x0F20010105000000Z\x81\x0F20290105000000Z",
            );
        },
        &["igc.private_key_usage_period"],
    ),
    (Product::PsSign, |t| t.set_extension(PROFESSION, &[2, 1, 77]), &["igc.profession.unknown"]),
    (Product::PsSign, |t| t.set_extension(PROFESSION, &[2, 1, 60]), &["igc.title"]),
    (Product::PsSign, |t| t.replace(SPECIALITY, b"SM26", b"XX26"), &["igc.speciality.unknown"]),
    (
        Product::PsSign,
        |t| t.replace_subject(b"899700100011", b"899700100012"),
        &["igc.person.luhn"],
    ),
    (
        Product::PsSign,
        |t| t.replace_subject(b"899700100011", b"A99700100011"),
        &["igc.person.form", "igc.person.type"],
    ),
    (Product::PsSign, |t| t.swap_person(), &["igc.subject.sorted"]),
    (
        Product::CardSignature,
        |t| t.replace(CARD_NUMBER, b"8025000001", b"8025000002"),
        &["igc.card.issuer"],
    ),
    (Product::CardSignature, |t| t.replace(CARD_NUMBER, b"/", b"-"), &["igc.card.number"]),
];

#[test]
fn a_certificate_altered_in_one_place_breaks_the_rule_of_that_place_alone() {
    for (index, (product, change, expected)) in CHANGES.iter().enumerate() {
        let mut tree = genuine(*product);
        change(&mut tree);
        let expected: BTreeSet<&str> = expected.iter().copied().collect();
        assert_eq!(
            codes(&tree),
            expected,
            "change {index}: {expected:?} {:?}",
            messages(&read(&tree.encode()))
        );
    }
}

#[test]
fn a_rule_that_rests_on_an_inference_or_a_third_party_never_fails() {
    for rule in Rule::ALL {
        let sure = rule.confidence() <= Confidence::Official;
        assert!(sure || rule.severity() == Severity::Warning, "{}", rule.code());
    }
}

#[test]
fn the_page_of_rules_is_the_table_of_the_program() {
    let page = include_str!("../docs/reference/igc-sante-rules.md");
    let written: Vec<&str> = page.lines().filter(|line| line.starts_with("| `igc.")).collect();
    let table: Vec<String> = Rule::ALL
        .iter()
        .map(|rule| {
            let (code, section) = (rule.code(), rule.section());
            let (severity, confidence) = (rule.severity().name(), rule.confidence().name());
            format!("| `{code}` | {severity} | {section} | {confidence} | {rule} |")
        })
        .collect();
    assert_eq!(written, table);
    assert!(Rule::ALL.is_sorted_by_key(|rule| rule.code()));
}

mod mutated {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_change_of_bytes_makes_the_rules_panic(
            which in any::<prop::sample::Index>(),
            place in any::<prop::sample::Index>(),
            byte in any::<u8>(),
        ) {
            let all = cards();
            let mut der = all[which.index(all.len())].clone();
            let place = place.index(der.len());
            der[place] = byte;
            if let Ok(certificate) = Certificate::parse(&der) {
                profile::lint(&certificate);
            }
        }
    }
}
