//! Each field of each offer and usage: empty, too long, malformed, of another offer, in another case, outside its perimeter.

use cpskit::id::StructureId;
use cpskit::platform::habilitation::{ChoiceError, Habilitation, Perimeter};
use cpskit::platform::product::{Field, Offer, Product, ProductError, Usage};
use cpskit::platform::rule::{Breach, Confidence, Rule};
use cpskit::platform::want::{Names, Ps, Typed, Want, WantError};
use proptest::prelude::*;

const STRUCTURE: &str = "10B0152872";

/// What is right for a product.
fn typed(product: Product) -> Typed {
    let text = |text: &str| Some(text.to_owned());
    let mut typed = Typed {
        offer: product.offer().name().to_owned(),
        usage: product.usage().name().to_owned(),
        structure: STRUCTURE.to_owned(),
        ..Typed::default()
    };
    match product.field() {
        Some(Field::Service) => typed.service = text("Mon service"),
        Some(Field::Dns) => typed.dns = vec!["ws.domaine.fr".to_owned()],
        Some(Field::Email) => typed.email = text("contact@domaine.fr"),
        None => {}
    }
    typed
}

fn of(offer: Offer, usage: Usage) -> Product {
    Product::new(offer, usage).expect("it is offered")
}

fn products_with(field: Field) -> impl Iterator<Item = Product> {
    Product::all().filter(move |product| product.field() == Some(field))
}

fn parse(typed: &Typed) -> Result<Want, WantError> {
    Want::parse(typed, Ps::On)
}

/// The codes of the rules that are not kept, each with its field.
fn broken(typed: &Typed) -> Vec<(&'static str, &'static str)> {
    match parse(typed) {
        Ok(_) => Vec::new(),
        Err(WantError::Breaches(breaches)) => codes(&breaches),
        Err(other) => panic!("{other}"),
    }
}

fn codes(breaches: &[Breach]) -> Vec<(&'static str, &'static str)> {
    breaches.iter().map(|breach| (breach.rule, breach.field)).collect()
}

fn with_service(text: &str) -> Typed {
    let typed = typed(of(Offer::Org, Usage::AuthCli));
    Typed { service: Some(text.to_owned()), ..typed }
}

fn with_dns(names: &[&str]) -> Typed {
    let typed = typed(of(Offer::Serv, Usage::SslServ));
    Typed { dns: names.iter().map(|name| (*name).to_owned()).collect(), ..typed }
}

fn with_email(text: &str) -> Typed {
    Typed { email: Some(text.to_owned()), ..typed(of(Offer::Serv, Usage::Smime)) }
}

fn with_structure(text: &str) -> Typed {
    Typed { structure: text.to_owned(), ..typed(of(Offer::Org, Usage::Sign)) }
}

#[test]
fn every_product_takes_its_fields() {
    let names = Product::all().map(|product| {
        let want = parse(&typed(product)).expect("right");
        assert_eq!((want.product, want.structure.as_str()), (product, STRUCTURE));
        match want.names {
            Names::Service(service) => format!("{product}: {service}"),
            Names::Server { fqdn, others } => format!("{product}: {fqdn} {others:?}"),
            Names::Mailbox(address) => format!("{product}: {address}"),
            Names::Holder => format!("{product}"),
        }
    });
    assert_eq!(
        names.collect::<Vec<_>>(),
        [
            "ORG AUTH_CLI: Mon service",
            "ORG SIGN: Mon service",
            "ORG CONF: Mon service",
            "SERV SSL_SERV: ws.domaine.fr []",
            "SERV SMIME: contact@domaine.fr",
            "SERV SIGN: contact@domaine.fr",
            "SERV CONF: contact@domaine.fr",
            "PRO AUTH: contact@domaine.fr",
            "PRO SIGN: contact@domaine.fr",
            "PRO CONF: contact@domaine.fr",
            "PS AUTH",
            "PS SIGN",
            "PS CONF",
        ]
    );
}

#[test]
fn every_product_refuses_an_empty_field_and_an_empty_structure() {
    for product in Product::all() {
        let mut empty = Typed { structure: String::new(), ..typed(product) };
        let absent = match product.field() {
            Some(Field::Service) => Some(("platform.service.absent", "service")),
            Some(Field::Dns) => Some(("platform.dns.absent", "dns")),
            Some(Field::Email) => Some(("platform.email.absent", "email")),
            None => None,
        };
        let structure = ("platform.structure.absent", "structure");
        let expected: Vec<_> = [Some(structure), absent].into_iter().flatten().collect();
        (empty.service, empty.email) = (None, None);
        empty.dns.clear();
        assert_eq!(broken(&empty), expected, "{product}");
        // Given, and empty.
        match product.field() {
            Some(Field::Service) => empty.service = Some(String::new()),
            Some(Field::Dns) => {
                empty.dns = vec![String::new()];
                let form = ("platform.dns.form", "dns");
                assert_eq!(broken(&empty), [structure, form], "{product}");
                continue;
            }
            Some(Field::Email) => empty.email = Some(String::new()),
            None => {}
        }
        assert_eq!(broken(&empty), expected, "{product}");
    }
}

#[test]
fn every_product_refuses_the_fields_of_the_others() {
    for product in Product::all() {
        let mut all = typed(product);
        all.service.get_or_insert("Mon service".to_owned());
        all.email.get_or_insert("contact@domaine.fr".to_owned());
        if all.dns.is_empty() {
            all.dns.push("ws.domaine.fr".to_owned());
        }
        let expected: Vec<_> = Field::ALL
            .into_iter()
            .filter(|field| product.field() != Some(*field))
            .map(|field| ("platform.field.foreign", field.name()))
            .collect();
        assert_eq!(broken(&all), expected, "{product}");
    }
}

#[test]
fn every_field_has_a_greatest_length_in_every_product() {
    for product in products_with(Field::Service) {
        let long = |length| Typed { service: Some("é".repeat(length)), ..typed(product) };
        assert_eq!(broken(&long(64)), [], "{product}");
        assert_eq!(broken(&long(65)), [("platform.service.length", "service")], "{product}");
    }
    for product in products_with(Field::Email) {
        let long = |local: usize, domain: &str| {
            let email = format!("{}@{domain}", "a".repeat(local));
            Typed { email: Some(email), ..typed(product) }
        };
        assert_eq!(broken(&long(64, "domaine.fr")), [], "{product}");
        assert_eq!(broken(&long(65, "domaine.fr")), [("platform.email.length", "email")]);
        let domain = |last: usize| format!("{}{}.fr", "abcdefgh.".repeat(20), "a".repeat(last));
        assert_eq!(broken(&long(9, &domain(61))), [], "{product}");
        assert_eq!(broken(&long(10, &domain(62))), [("platform.email.length", "email")]);
    }
    let label = |length| format!("{}.fr", "a".repeat(length));
    assert_eq!(broken(&with_dns(&[&label(61)])), []);
    assert_eq!(broken(&with_dns(&[&label(62)])), [("platform.dns.common-name", "dns")]);
    assert_eq!(broken(&with_dns(&["a.fr", &label(63)])), []);
    assert_eq!(broken(&with_dns(&["a.fr", &label(64)])), [("platform.dns.form", "dns")]);
    let whole = |last: usize| format!("{}{}", "abcdefgh.".repeat(27), "a".repeat(last));
    assert_eq!(broken(&with_dns(&["a.fr", &whole(10)])), []);
    assert_eq!(broken(&with_dns(&["a.fr", &whole(11)])), [("platform.dns.length", "dns")]);
    for product in Product::all() {
        let long = Typed { structure: format!("3{}", "1".repeat(15)), ..typed(product) };
        assert_eq!(broken(&long), [("platform.structure.form", "structure")], "{product}");
        let long = Typed { structure: format!("40{}", "1".repeat(63)), ..typed(product) };
        assert_eq!(broken(&long), [("platform.structure.form", "structure")], "{product}");
        let long = Typed { structure: "1".repeat(500), ..typed(product) };
        assert_eq!(broken(&long), [("platform.structure.form", "structure")], "{product}");
    }
}

#[test]
fn offers_and_usages_are_written_in_capitals_and_ssl_serveur_is_ssl_serv() {
    let asked = |offer: &str, usage: &str| {
        let typed = typed(of(Offer::Serv, Usage::SslServ));
        parse(&Typed { offer: offer.to_owned(), usage: usage.to_owned(), ..typed })
            .map(|want| want.product)
    };
    let server = of(Offer::Serv, Usage::SslServ);
    assert_eq!(asked("SERV", "SSL_SERV"), Ok(server));
    assert_eq!(asked("SERV", "SSL_SERVEUR"), Ok(server));
    let wrong = |error| Err(WantError::Product(error));
    assert_eq!(asked("serv", "SSL_SERV"), wrong(ProductError::Offer("serv".to_owned())));
    assert_eq!(asked("", "SSL_SERV"), wrong(ProductError::Offer(String::new())));
    assert_eq!(asked("SERV", "ssl_serv"), wrong(ProductError::Usage("ssl_serv".to_owned())));
    assert_eq!(
        asked("ORG", "SSL_SERV"),
        wrong(ProductError::NotOffered { offer: Offer::Org, usage: Usage::SslServ })
    );
}

#[test]
fn ps_is_off_unless_it_is_turned_on() {
    let typed = typed(of(Offer::Ps, Usage::Auth));
    let off = Breach {
        rule: "platform.offer.ps",
        confidence: Confidence::Proposed,
        field: "offer",
        message:
            "the offer PS is off, for what it takes is not published; `platform_ps = true` in the \
                  configuration turns it on, unverified"
                .to_owned(),
    };
    assert_eq!(Want::parse(&typed, Ps::Off), Err(WantError::Breaches(vec![off])));
    let warned = Want::parse(&typed, Ps::On).map(|want| codes(&want.warnings()));
    assert_eq!(warned, Ok(vec![("platform.offer.ps", "offer")]));
}

#[test]
fn the_names_of_insi_are_written_exactly_so() {
    for right in ["INSI-AUTO", "INSI-MANU", "INSI-AUTRE", "insi", "MON-INSI-AUTO"] {
        assert_eq!(broken(&with_service(right)), [], "{right}");
    }
    let nearly = [
        "insi-auto",
        "Insi-Auto",
        "INSI_AUTO",
        "INSI AUTO",
        "INSI\u{2010}AUTO",
        "INSI\u{2011}AUTO",
        "INSI\u{2013}AUTO",
        "INSI\u{2014}AUTO",
        "INSI\u{2212}AUTO",
    ];
    for wrong in nearly {
        let expected = Breach {
            rule: "platform.service.insi",
            confidence: Confidence::ThirdParty,
            field: "service",
            message: format!("INSi admits no {wrong:?}: write `INSI-AUTO`"),
        };
        let refused = Err(WantError::Breaches(vec![expected]));
        assert_eq!(parse(&with_service(wrong)), refused, "{wrong}");
    }
    // A dash that is not seen is no printable character either.
    assert_eq!(
        broken(&with_service("INSI\u{AD}MANU")),
        [("platform.service.printable", "service"), ("platform.service.insi", "service")]
    );
    assert_eq!(
        broken(&with_service(" insi-manu ")),
        [("platform.service.spaces", "service"), ("platform.service.insi", "service")]
    );
}

#[test]
fn a_service_has_printable_characters_only() {
    for right in ["a", "Éditeur (v2) – \"test\" \\ 'x'", "日本", "a|b,c=d"] {
        assert_eq!(broken(&with_service(right)), [], "{right}");
    }
    let wrong = [
        "a\tb",
        "a\nb",
        "a\0b",
        "a\u{7F}b",
        "a\u{200B}b",
        "a\u{202E}b",
        "a\u{A0}b",
        "e\u{301}",
        "\u{FEFF}a",
    ];
    for wrong in wrong {
        assert_eq!(broken(&with_service(wrong)), [("platform.service.printable", "service")]);
    }
    for wrong in [" a", "a ", " "] {
        assert_eq!(broken(&with_service(wrong)), [("platform.service.spaces", "service")]);
    }
}

#[test]
fn the_structure_is_of_a_type_and_of_its_form() {
    let right = [
        "0AB123456789",
        "10B0152872",
        "2187512751",
        "318751275100020",
        "499700367909006",
        "40A1",
        "5318751275100020",
        "61",
    ];
    for right in right {
        assert_eq!(broken(&with_structure(right)), [], "{right}");
    }
    for (wrong, rule) in [
        ("x10B0152872", "platform.structure.type"),
        ("7123", "platform.structure.type"),
        ("99", "platform.structure.type"),
        (" 10B0152872", "platform.structure.type"),
        ("1", "platform.structure.form"),
        ("10B015287", "platform.structure.form"),
        ("10B0152872 ", "platform.structure.form"),
        ("2ABCDEFGHI", "platform.structure.form"),
        ("3187512751", "platform.structure.form"),
        ("31875127510002X", "platform.structure.form"),
        ("4997003679090", "platform.structure.form"),
        ("40", "platform.structure.form"),
        ("40A-1", "platform.structure.form"),
        ("5", "platform.structure.form"),
        ("10B015\n872", "platform.structure.form"),
        ("1éB015287", "platform.structure.form"),
        ("10b0152872", "platform.structure.case"),
    ] {
        assert_eq!(broken(&with_structure(wrong)), [(rule, "structure")], "{wrong:?}");
    }
}

#[test]
fn a_wrong_luhn_key_and_a_deprecated_type_are_warnings_only() {
    let warnings =
        |structure: &str| codes(&parse(&with_structure(structure)).expect("admitted").warnings());
    assert_eq!(warnings("318751275100020"), []);
    assert_eq!(warnings("318751275100021"), [("platform.structure.luhn", "structure")]);
    assert_eq!(warnings("10B0152872"), []);
    assert_eq!(warnings("5318751275100020"), [("platform.structure.deprecated", "structure")]);
}

#[test]
fn a_dns_name_is_an_fqdn_in_ascii() {
    for (wrong, rule) in [
        ("", "platform.dns.form"),
        ("localhost", "platform.dns.form"),
        ("ws.domaine.fr.", "platform.dns.form"),
        ("ws..fr", "platform.dns.form"),
        (".domaine.fr", "platform.dns.form"),
        ("-ws.domaine.fr", "platform.dns.form"),
        ("ws-.domaine.fr", "platform.dns.form"),
        ("ws_1.domaine.fr", "platform.dns.form"),
        ("ws domaine.fr", "platform.dns.form"),
        ("https://ws.domaine.fr", "platform.dns.form"),
        ("ws.domaine.fr:443", "platform.dns.form"),
        ("ws.domaine.42", "platform.dns.form"),
        ("127.1", "platform.dns.form"),
        ("127.0.0.1", "platform.dns.address"),
        ("::1", "platform.dns.address"),
        ("[::1]", "platform.dns.address"),
        ("*.domaine.fr", "platform.dns.wildcard"),
        ("w*.domaine.fr", "platform.dns.wildcard"),
        ("santé.fr", "platform.dns.international"),
    ] {
        assert_eq!(broken(&with_dns(&[wrong])), [(rule, "dns")], "{wrong:?}");
    }
    let want = parse(&with_dns(&["WS.Domaine.FR", "xn--sant-epa.fr", "1.domaine.fr"]));
    assert_eq!(
        want.map(|want| want.names),
        Ok(Names::Server {
            fqdn: "ws.domaine.fr".to_owned(),
            others: vec!["xn--sant-epa.fr".to_owned(), "1.domaine.fr".to_owned()],
        })
    );
}

#[test]
fn no_dns_name_is_given_twice_whatever_its_case() {
    let twice = with_dns(&["ws.domaine.fr", "b.domaine.fr", "WS.domaine.fr"]);
    assert_eq!(broken(&twice), [("platform.dns.duplicate", "dns")]);
}

#[test]
fn an_email_address_is_a_dot_atom_at_an_fqdn() {
    for (wrong, rule) in [
        ("domaine.fr", "platform.email.form"),
        ("@domaine.fr", "platform.email.form"),
        ("a@", "platform.email.form"),
        ("a@b@domaine.fr", "platform.email.form"),
        (".a@domaine.fr", "platform.email.form"),
        ("a..b@domaine.fr", "platform.email.form"),
        ("a b@domaine.fr", "platform.email.form"),
        ("\"a b\"@domaine.fr", "platform.email.form"),
        ("A <a@domaine.fr>", "platform.email.form"),
        ("a@localhost", "platform.email.form"),
        ("a@[127.0.0.1]", "platform.email.form"),
        ("a@127.0.0.1", "platform.email.form"),
        ("a@domaine.fr.", "platform.email.form"),
        ("a@*.fr", "platform.email.form"),
        ("a@domaine.fr\n", "platform.email.form"),
        ("é@domaine.fr", "platform.email.international"),
        ("a@santé.fr", "platform.email.international"),
    ] {
        for product in products_with(Field::Email) {
            let typed = Typed { email: Some(wrong.to_owned()), ..typed(product) };
            assert_eq!(broken(&typed), [(rule, "email")], "{product} {wrong:?}");
        }
    }
    let want = parse(&with_email("Jean.D'Arc+test@Domaine.FR"));
    let address = "Jean.D'Arc+test@domaine.fr".to_owned();
    assert_eq!(want.map(|want| want.names), Ok(Names::Mailbox(address)));
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let wrong = Typed {
        structure: "x".to_owned(),
        service: Some("a".to_owned()),
        dns: vec!["a".to_owned(), "*.fr".to_owned(), "a.fr".to_owned(), "A.fr".to_owned()],
        ..typed(of(Offer::Serv, Usage::SslServ))
    };
    let refused = parse(&wrong).expect_err("wrong");
    assert_eq!(
        refused.to_string(),
        "the structure `x` begins with `x`, which is no type of structure: 0, 1, 2, 3, 4, 40 \
         (rule platform.structure.type, official); \
         SERV SSL_SERV takes `dns`, and no `service` (rule platform.field.foreign, inferred); \
         the DNS name \"a\" has one label only: give the whole FQDN (rule platform.dns.form, standard); \
         the DNS name \"*.fr\" has a wildcard: name each server (rule platform.dns.wildcard, inferred); \
         the DNS name `a.fr` is given twice (rule platform.dns.duplicate, proposed)"
    );
}

#[test]
fn every_rule_has_a_code_of_its_own() {
    let mut codes: Vec<&str> = Rule::ALL.iter().map(|rule| rule.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Rule::ALL.len());
}

#[test]
fn the_same_want_has_one_key_in_any_order_and_case() {
    let key = |typed: &Typed| parse(typed).expect("right").key();
    assert_eq!(
        key(&with_dns(&["A.fr", "c.fr", "B.fr"])),
        "SERV SSL_SERV|10B0152872|dns:a.fr,b.fr,c.fr"
    );
    assert_eq!(
        key(&with_dns(&["a.fr", "b.fr", "c.fr"])),
        key(&with_dns(&["A.fr", "c.fr", "B.fr"]))
    );
    assert_ne!(key(&with_dns(&["b.fr", "a.fr"])), key(&with_dns(&["a.fr", "b.fr"])));
    assert_eq!(key(&with_email("A@B.fr")), "SERV SMIME|10B0152872|email:A@b.fr");
    assert_eq!(key(&with_service("INSI-AUTO")), "ORG AUTH_CLI|10B0152872|service:INSI-AUTO");
    assert_eq!(key(&typed(of(Offer::Ps, Usage::Auth))), "PS AUTH|10B0152872|holder");
}

fn habilitation(profile: &str) -> Habilitation {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Habilitation {
        profile: profile.to_owned(),
        structure: StructureId::parse(STRUCTURE).expect("an identifier"),
        name: None,
        products: Product::all().collect(),
        perimeter: Perimeter {
            domains: names(&["domaine.fr"]),
            servers: names(&["seul.autre.fr"]),
            mail_domains: names(&["@domaine.fr"]),
        },
        card: None,
        since: None,
    }
}

/// Outside the habilitation, in every product.
#[test]
fn every_product_is_held_to_the_habilitation() {
    for product in Product::all() {
        let want = |typed: &Typed| parse(typed).expect("right");
        let breaches = |typed: &Typed| codes(&habilitation("h").breaches(&want(typed)));
        assert_eq!(breaches(&typed(product)), [], "{product}");

        let mut outside = typed(product);
        let expected = match product.field() {
            Some(Field::Dns) => {
                outside.dns = vec!["ws.domaine.fr".to_owned(), "ws.autre.fr".to_owned()];
                vec![("platform.perimeter.dns", "dns")]
            }
            Some(Field::Email) => {
                outside.email = Some("contact@sous.domaine.fr".to_owned());
                vec![("platform.perimeter.email", "email")]
            }
            Some(Field::Service) | None => vec![],
        };
        assert_eq!(breaches(&outside), expected, "{product}");

        let elsewhere = Typed { structure: "318751275100020".to_owned(), ..outside };
        let structure = ("platform.habilitation.structure", "structure");
        assert_eq!(breaches(&elsewhere), [vec![structure], expected].concat(), "{product}");

        let mut other = habilitation("h");
        other.products.retain(|one| *one != product);
        let usage = codes(&other.breaches(&want(&typed(product))));
        assert_eq!(usage, [("platform.habilitation.product", "usage")], "{product}");
        other.products.retain(|one| one.offer() != product.offer());
        let offer = codes(&other.breaches(&want(&typed(product))));
        assert_eq!(offer, [("platform.habilitation.product", "offer")], "{product}");
    }
}

#[test]
fn a_perimeter_is_a_domain_with_what_is_under_it_a_server_exactly_and_a_mail_domain_exactly() {
    let perimeter = habilitation("h").perimeter;
    for inside in ["domaine.fr", "ws.domaine.fr", "a.b.DOMAINE.fr", "seul.autre.fr"] {
        assert!(perimeter.admits_server(inside), "{inside}");
    }
    let outside = [
        "evil-domaine.fr",
        "evildomaine.fr",
        "domaine.fr.evil.fr",
        "domaine.fr.",
        "ws.domaine.fr.",
        "xdomaine.fr",
        "fr",
        "",
        ".",
        "autre.fr",
        "a.seul.autre.fr",
        "evil-seul.autre.fr",
    ];
    for outside in outside {
        assert!(!perimeter.admits_server(outside), "{outside}");
    }
    assert!(perimeter.admits_mail_domain("DOMAINE.fr"));
    for outside in ["sous.domaine.fr", "evil-domaine.fr", "domaine.fr.", "", "@domaine.fr"] {
        assert!(!perimeter.admits_mail_domain(outside), "{outside}");
    }
}

#[test]
fn an_empty_perimeter_admits_nothing() {
    let perimeter = Perimeter {
        domains: vec![String::new(), ".".to_owned(), " ".to_owned()],
        servers: vec![],
        mail_domains: vec![],
    };
    for name in ["domaine.fr", "fr", ""] {
        assert!(!perimeter.admits_server(name) && !perimeter.admits_mail_domain(name), "{name}");
    }
}

#[test]
fn the_only_habilitation_that_admits_is_chosen_and_several_are_listed() {
    let want = parse(&typed(of(Offer::Serv, Usage::SslServ))).expect("right");
    let (one, two) = (habilitation("un"), habilitation("deux"));
    let mut none = habilitation("rien");
    none.products.clear();
    let all = [one.clone(), none.clone()];
    assert_eq!(Habilitation::choose(&all, None, &want), Ok(&one));
    assert_eq!(Habilitation::choose(&all, Some("un"), &want), Ok(&one));
    let refused = ChoiceError::Refused(vec![("rien".to_owned(), none.breaches(&want))]);
    assert_eq!(Habilitation::choose(&all, Some("rien"), &want), Err(refused));
    assert_eq!(
        Habilitation::choose(&all, Some("autre"), &want),
        Err(ChoiceError::Unknown {
            named: "autre".to_owned(),
            there: vec!["un".to_owned(), "rien".to_owned()]
        })
    );
    assert_eq!(Habilitation::choose(&[], None, &want), Err(ChoiceError::Nothing));
    let both = [one, two.clone()];
    assert_eq!(
        Habilitation::choose(&both, None, &want),
        Err(ChoiceError::Several(vec!["un".to_owned(), "deux".to_owned()]))
    );
    assert_eq!(Habilitation::choose(&both, Some("deux"), &want), Ok(&two));
}

proptest! {
    #[test]
    fn whatever_is_typed_is_read_or_refused(
        product in prop::sample::select(Product::all().collect::<Vec<_>>()),
        structure in ".{0,20}",
        service in prop::option::of(".{0,70}"),
        dns in prop::collection::vec("[a-zA-Z0-9.*é-]{0,70}", 0..3),
        email in prop::option::of("[a-zA-Z0-9.@é+]{0,70}"),
    ) {
        let typed = Typed { structure, service, dns, email, ..typed(product) };
        if let Ok(want) = parse(&typed) {
            // What is read is written the same, and read again.
            prop_assert_eq!(want.structure.as_str(), &typed.structure);
            let again = match &want.names {
                Names::Service(name) => Typed { service: Some(name.clone()), ..typed },
                Names::Server { fqdn, others } => {
                    Typed { dns: [std::slice::from_ref(fqdn), others].concat(), ..typed }
                }
                Names::Mailbox(name) => Typed { email: Some(name.clone()), ..typed },
                Names::Holder => typed,
            };
            prop_assert_eq!(parse(&again), Ok(want));
        }
    }

    #[test]
    fn a_name_under_a_domain_is_inside_and_a_longer_label_is_outside(
        label in "[a-z0-9]{1,20}", domain in "[a-z]{2,10}\\.[a-z]{2,5}",
    ) {
        let perimeter = Perimeter { domains: vec![domain.clone()], ..Perimeter::default() };
        let under = format!("{label}.{domain}");
        let beside = format!("{label}{domain}");
        let dashed = format!("{label}-{domain}");
        let longer = format!("{domain}.{label}");
        prop_assert!(perimeter.admits_server(&domain));
        prop_assert!(perimeter.admits_server(&under));
        prop_assert!(!perimeter.admits_server(&beside));
        prop_assert!(!perimeter.admits_server(&dashed));
        // `a.fr.a.fr` is under `a.fr`.
        let under = longer.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.'));
        prop_assert_eq!(perimeter.admits_server(&longer), under);
    }

    #[test]
    fn a_service_that_is_admitted_is_kept_octet_by_octet(service in "\\PC{1,64}") {
        match parse(&with_service(&service)) {
            Ok(want) => prop_assert_eq!(want.names, Names::Service(service)),
            Err(error) => prop_assert!(matches!(error, WantError::Breaches(_))),
        }
    }
}
