//! Both worlds, every gamme, every product: valid under its own root, under no other.

use cpskit::emulate::igc::{
    self, Authority, Domain, Gamme, OrganisationProduct, OrganisationRequest, ProfessionalProduct,
    ProfessionalRequest, World,
};
use cpskit::emulate::persona::{Persona, StructureSpec};
use cpskit::pki::{Options, Verdict};
use cpskit::x509::Certificate;
use jiff::{Timestamp, ToSpan};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::scene::{Scene, fixture, instant, path_only};
use super::support::mint::{KEYS, Template, der, oid, sequence};

/// Every certificate of an authority, and the list of each at the instant.
fn everything(at: Timestamp) -> Scene {
    let mut scene = Scene::default();
    for authority in Authority::all() {
        let (this, next) = (at - 1.hour(), at + 24.hours());
        let list = igc::crl(authority, this, next, 1, &[]).expect("minted");
        scene = scene.candidate(authority.certificate()).list(&authority.code(), &list);
    }
    scene
}

/// The certificates of a world, each with the gamme of its root: authorities, products, and in TEST the cards.
fn issued(world: World) -> Vec<(String, Gamme, Vec<u8>)> {
    let authorities = Authority::all().filter(|a| a.world() == world && a.domain().is_some());
    let mut found: Vec<_> =
        authorities.map(|a| (a.code(), a.gamme(), a.certificate().to_vec())).collect();
    let structure = StructureSpec {
        department: "Paris (75)".to_owned(),
        name: "HOPITAL D'EMULATION".to_owned(),
        id: "10B0990001".to_owned(),
    };
    let (from, to) = (instant("2026-01-05T00:00:00Z"), instant("2028-01-05T00:00:00Z"));
    let key = |name| igc::product_key(name).expect("embedded").public().expect("RSA");
    for (file, product) in [
        ("org-auth-cli", OrganisationProduct::OrgAuthCli),
        ("org-conf", OrganisationProduct::OrgConf),
        ("org-sign", OrganisationProduct::OrgSign),
        ("serv-ssl", OrganisationProduct::ServSsl { other_names: &[] }),
    ] {
        let name = "serveur.emulation.invalid";
        let request = OrganisationRequest { world, product, structure: &structure, name };
        let der = igc::organisation_certificate(&request, &key(file), from, to).expect("minted");
        found.push((file.to_owned(), Gamme::Elementaire, der));
    }
    let holder = Persona::builtin("medecin-cps3").expect("ours").holder;
    for (file, product) in [
        ("ps-auth", ProfessionalProduct::PsAuth { principal: "a@emulation.invalid" }),
        ("ps-sign", ProfessionalProduct::PsSign { email: None }),
    ] {
        let request = ProfessionalRequest { world, product, holder: &holder };
        let der = igc::professional_certificate(&request, &key(file), from, to).expect("minted");
        found.push((file.to_owned(), Gamme::Elementaire, der));
    }
    // Every card is one of TEST; this one has expired.
    let cards = Persona::list().iter().copied().filter(|slug| *slug != "opposee-cps3");
    for slug in cards.filter(|_| world == World::Test) {
        let gamme = match slug {
            "cpe-cps3" | "cde-cps3" | "cpa-cps4" => Gamme::Standard,
            _ => Gamme::Fort,
        };
        let card = igc::committed(slug).expect("embedded");
        for found_on in [&card.signature, &card.authentication, &card.technical] {
            let der = found_on.iter().map(|certificate| certificate.der.to_vec());
            found.extend(der.map(|der| (slug.to_owned(), gamme, der)));
        }
    }
    found
}

#[test]
fn every_certificate_is_valid_under_the_root_of_its_world_and_gamme_and_under_no_other() {
    let at = instant("2026-03-01T12:00:00Z");
    let everything = everything(at);
    let roots = || Authority::all().filter(|authority| authority.domain().is_none());
    for world in [World::Production, World::Test] {
        let issued = issued(world);
        for root in roots() {
            let scene = Scene { anchors: vec![root.certificate().to_vec()], ..everything.clone() };
            for (name, gamme, der) in &issued {
                let verdict = scene.judge(der, &Options::at(at)).verdict();
                let own = root == Authority::root(world, *gamme);
                assert_eq!(verdict == Verdict::Valid, own, "{name} of {world:?} under {root}");
            }
        }
    }
}

#[test]
fn a_card_is_valid_to_the_last_second_and_then_has_expired() {
    let der = fixture("cards/opposee-cps3/signature.der");
    let scene = Scene::trusting(Authority::root(World::Test, Gamme::Fort).certificate())
        .candidate(Authority::builtin(World::Test, Gamme::Fort, Domain::Personnes).certificate());
    let end = Certificate::parse(&der).expect("read").not_after().expect("a date");
    let answer = |at: Timestamp| scene.answer(&der, &path_only(&at.to_string()));
    assert_eq!(answer(end), (Verdict::Valid, vec![]));
    assert_eq!(answer(end + 1.second()), (Verdict::Invalid, vec!["pki.validity.expired"]));
}

#[test]
fn an_authority_of_the_same_common_name_is_another_when_its_unit_or_its_key_is() {
    let authority = Authority::builtin(World::Test, Gamme::Fort, Domain::Personnes);
    let (_, genuine) = X509Certificate::from_der(authority.certificate()).expect("a certificate");
    let name = genuine.subject().as_raw();
    // As in RECETTE: one more unit, before the common name.
    let rdns = relative_names(name);
    let (common, others) = rdns.split_last().expect("not empty");
    let unit = der(0x31, &sequence(&[oid(&[0x55, 4, 11]), der(0x0C, b"RECETTE")]));
    let twin = der(0x30, &[&others.concat()[..], &unit, common].concat());
    let recette = Template {
        issuer: twin.clone(),
        subject: twin.clone(),
        ..Template::authority("", "", &KEYS[0])
    };
    let recette = recette.sign(&KEYS[0]);
    let card = |issuer: &[u8]| {
        Template { issuer: issuer.to_vec(), ..Template::new("", "card") }.forge_rsa()
    };
    let scene = Scene::trusting(Authority::root(World::Test, Gamme::Fort).certificate())
        .candidate(authority.certificate());
    let at = path_only("2026-03-01T12:00:00Z");
    let codes = [
        scene.answer(&card(&twin), &at),
        scene.clone().candidate(&recette).answer(&card(&twin), &at),
        scene.answer(&card(name), &at),
    ];
    let expected = [
        (Verdict::Indeterminate, vec!["pki.path.no_issuer"]),
        (Verdict::Invalid, vec!["pki.path.untrusted_root"]),
        (Verdict::Invalid, vec!["pki.signature.wrong"]),
    ];
    assert_eq!(codes, expected);
}

/// The SETs of a Name of less than 256 octets, each of less than 128.
fn relative_names(name: &[u8]) -> Vec<&[u8]> {
    let mut rest = if name[1] < 0x80 { &name[2..] } else { &name[3..] };
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (rdn, after) = rest.split_at(2 + usize::from(rest[1]));
        found.push(rdn);
        rest = after;
    }
    found
}
