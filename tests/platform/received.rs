//! A certificate against its order: what departs is refused, what rests on inferred rules is said.

use cpskit::emulate::igc::{
    self, OrganisationProduct, OrganisationRequest, World, organisation_certificate, product_key,
};
use cpskit::emulate::persona::StructureSpec;
use cpskit::platform::journal::KeyHash;
use cpskit::platform::product::Product;
use cpskit::platform::received::{Departures, Profile, departures};
use cpskit::platform::rule::{Breach, Confidence};
use cpskit::platform::want::{Ps, Typed, Want};
use cpskit::x509::{Certificate, KeyUse};
use jiff::{Timestamp, ToSpan};

const STRUCTURE: &str = "10B0152872";

/// What is minted.
#[derive(Clone, Copy)]
struct Minted<'m> {
    world: World,
    product: OrganisationProduct<'m>,
    structure: &'m str,
    name: &'m str,
    days: i64,
}

const AUTH_CLI: Minted<'_> = Minted {
    world: World::Test,
    product: OrganisationProduct::OrgAuthCli,
    structure: STRUCTURE,
    name: "INSI-AUTO",
    days: 1096,
};

const SSL: Minted<'_> = Minted {
    product: OrganisationProduct::ServSsl { other_names: &["b.domaine.fr"] },
    name: "a.domaine.fr",
    ..AUTH_CLI
};

impl Minted<'_> {
    fn certificate(self) -> Certificate {
        let structure = StructureSpec {
            department: "Paris (75)".to_owned(),
            name: "ETABLISSEMENT FICTIF".to_owned(),
            id: self.structure.to_owned(),
        };
        let request = OrganisationRequest {
            world: self.world,
            product: self.product,
            structure: &structure,
            name: self.name,
        };
        let from: Timestamp = "2026-01-01T00:00:00Z".parse().expect("an instant");
        let to = from + (self.days * 24).hours();
        let key = product_key("org-auth-cli").expect("committed").public().expect("a key");
        let der = organisation_certificate(&request, &key, from, to).expect("minted");
        Certificate::parse(&der).expect("a certificate")
    }
}

fn want(offer: &str, usage: &str, names: &[&str]) -> Want {
    let mut typed = Typed {
        offer: offer.to_owned(),
        usage: usage.to_owned(),
        structure: STRUCTURE.to_owned(),
        ..Typed::default()
    };
    match (offer, usage) {
        ("ORG", _) => typed.service = names.first().map(|name| (*name).to_owned()),
        (_, "SSL_SERV") => typed.dns = names.iter().map(|name| (*name).to_owned()).collect(),
        _ => typed.email = names.first().map(|name| (*name).to_owned()),
    }
    Want::parse(&typed, Ps::Off).expect("a want")
}

fn key() -> KeyHash {
    AUTH_CLI.certificate().spki_sha256()
}

/// Rules that are not kept: grave ones, doubtful ones.
fn departed(minted: Minted<'_>, want: &Want) -> (Vec<&'static str>, Vec<&'static str>) {
    let Departures { grave, doubtful } = departures(&minted.certificate(), want, Some(key()));
    let rules = |breaches: Vec<Breach>| breaches.iter().map(|breach| breach.rule).collect();
    (rules(grave), rules(doubtful))
}

#[test]
fn what_was_ordered_departs_in_nothing() {
    let service = || want("ORG", "AUTH_CLI", &["INSI-AUTO"]);
    let sign = Minted { product: OrganisationProduct::OrgSign, ..AUTH_CLI };
    let conf = Minted { product: OrganisationProduct::OrgConf, ..AUTH_CLI };
    for (minted, want) in [
        (AUTH_CLI, service()),
        (sign, want("ORG", "SIGN", &["INSI-AUTO"])),
        (conf, want("ORG", "CONF", &["INSI-AUTO"])),
        (SSL, want("SERV", "SSL_SERV", &["a.domaine.fr", "b.domaine.fr"])),
        (SSL, want("SERV", "SSL_SERV", &["A.domaine.fr", "B.DOMAINE.fr"])),
    ] {
        assert_eq!(departed(minted, &want), (vec![], vec![]), "{want:?}");
    }
    assert!(departures(&AUTH_CLI.certificate(), &service(), None).is_none());
}

#[test]
fn another_name_or_structure_is_grave() {
    for name in ["INSI-MANU", "insi-auto", "INSI-AUTO2"] {
        let want = want("ORG", "AUTH_CLI", &["INSI-AUTO"]);
        let refused = departures(&Minted { name, ..AUTH_CLI }.certificate(), &want, None);
        let expected = Breach {
            rule: "platform.received.common-name",
            confidence: Confidence::Official,
            field: "service",
            message: format!("the CN is [{name}]; asked for was [INSI-AUTO]"),
        };
        assert_eq!(refused, Departures { grave: vec![expected], doubtful: vec![] });
    }
    let elsewhere = Minted { structure: "10B0152873", ..AUTH_CLI };
    let want = want("ORG", "AUTH_CLI", &["INSI-AUTO"]);
    assert_eq!(departed(elsewhere, &want), (vec!["platform.received.structure"], vec![]));
}

#[test]
fn a_server_has_the_names_that_were_asked_for_and_no_other() {
    let dns = (vec!["platform.received.dns"], vec![]);
    let more = OrganisationProduct::ServSsl { other_names: &["b.domaine.fr", "c.domaine.fr"] };
    let address = OrganisationProduct::ServSsl { other_names: &["b.domaine.fr", "127.0.0.1"] };
    let less = OrganisationProduct::ServSsl { other_names: &[] };
    let want = want("SERV", "SSL_SERV", &["a.domaine.fr", "b.domaine.fr"]);
    for product in [more, address, less] {
        assert_eq!(departed(Minted { product, ..SSL }, &want), dns, "{product:?}");
    }
    let swapped = Minted {
        product: OrganisationProduct::ServSsl { other_names: &["a.domaine.fr"] },
        name: "b.domaine.fr",
        ..SSL
    };
    assert_eq!(departed(swapped, &want), (vec!["platform.received.common-name"], vec![]));
}

#[test]
fn what_is_not_of_the_test_world_is_grave() {
    let production = Minted { world: World::Production, ..AUTH_CLI };
    let want = want("ORG", "AUTH_CLI", &["INSI-AUTO"]);
    assert_eq!(
        departed(production, &want).0,
        ["platform.received.category", "platform.received.environment"]
    );
    // The category of a card, and the authority of one.
    let card = igc::committed("medecin-cps3").and_then(|card| card.authentication.as_ref());
    let card = Certificate::parse(&card.expect("a contact card").der).expect("a certificate");
    let refused = departures(&card, &want, None).grave;
    assert!(refused.iter().any(|breach| breach.rule == "platform.received.category"));
}

#[test]
fn another_key_is_grave() {
    let want = want("ORG", "AUTH_CLI", &["INSI-AUTO"]);
    let refused = departures(&AUTH_CLI.certificate(), &want, Some([0; 32])).grave;
    let rules: Vec<&str> = refused.iter().map(|breach| breach.rule).collect();
    assert_eq!(rules, ["platform.received.key"]);
}

#[test]
fn another_usage_is_grave_where_samples_say_so_and_doubtful_elsewhere() {
    let both = vec!["platform.received.key-usage", "platform.received.purposes"];
    let sign = want("ORG", "SIGN", &["INSI-AUTO"]);
    assert_eq!(departed(AUTH_CLI, &sign), (both.clone(), vec![]));
    let conf = want("ORG", "CONF", &["INSI-AUTO"]);
    assert_eq!(departed(AUTH_CLI, &conf), (vec![], both));
    let doubtful = departures(&AUTH_CLI.certificate(), &conf, None).doubtful;
    assert!(doubtful.iter().all(|breach| breach.confidence == Confidence::Inferred));
    let server = want("SERV", "SSL_SERV", &["a.domaine.fr"]);
    let client = Minted { name: "a.domaine.fr", ..AUTH_CLI };
    assert_eq!(
        departed(client, &server).0,
        ["platform.received.dns", "platform.received.key-usage", "platform.received.purposes"]
    );
}

#[test]
fn another_mailbox_is_grave_and_none_is_doubtful() {
    let want = want("SERV", "SIGN", &["a@domaine.fr"]);
    let sign = Minted { product: OrganisationProduct::OrgSign, ..AUTH_CLI };
    let named = |name| departed(Minted { name, ..sign }, &want);
    assert_eq!(named("a@domaine.fr"), (vec![], vec![]));
    assert_eq!(named("b@domaine.fr"), (vec!["platform.received.mailbox"], vec![]));
    assert_eq!(named("service"), (vec![], vec!["platform.received.mailbox.place"]));
}

#[test]
fn other_than_three_years_is_doubtful() {
    let want = want("ORG", "AUTH_CLI", &["INSI-AUTO"]);
    for (days, expected) in [
        (365, vec!["platform.received.validity"]),
        (1063, vec!["platform.received.validity"]),
        (1064, vec![]),
        (1157, vec![]),
        (1158, vec!["platform.received.validity"]),
    ] {
        assert_eq!(departed(Minted { days, ..AUTH_CLI }, &want), (vec![], expected), "{days}");
    }
}

#[test]
fn the_usage_of_a_product_is_known_from_samples_for_two_of_them_only() {
    let official = Product::all()
        .filter(|product| Profile::of(*product).confidence == Confidence::Official)
        .map(|product| {
            let uses = Profile::of(product).key_uses.iter().map(|one| KeyUse::name(*one));
            format!("{product}: {}", uses.collect::<Vec<_>>().join(" "))
        });
    assert_eq!(
        official.collect::<Vec<_>>(),
        [
            "ORG SIGN: digitalSignature nonRepudiation",
            "SERV SSL_SERV: digitalSignature keyEncipherment"
        ]
    );
}
