use std::net::IpAddr;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn parsed(text: &str) -> Result<String, AddressProblem> {
    Address::parse(text).map(|address| address.to_string())
}

fn numeric(host: &str) -> Result<String, AddressProblem> {
    Err(AddressProblem::NumericHost { host: host.to_owned() })
}

fn scheme(scheme: &str) -> Result<String, AddressProblem> {
    Err(AddressProblem::Scheme { scheme: scheme.to_owned() })
}

#[test]
fn an_address_is_a_scheme_a_host_a_port_and_a_path() {
    for (text, expected) in [
        ("http://example.fr", "http://example.fr/"),
        ("HTTP://Example.FR:80/a?b#c", "http://example.fr/a?b"),
        ("https://example.fr.:8443?q", "https://example.fr:8443/?q"),
        (
            "ldap://a.fr/cn=A%20B?x;binary?base?objectClass=y",
            "ldap://a.fr/cn=A%20B?x;binary?base?objectClass=y",
        ),
        ("http://[2A00::1]:81/", "http://[2a00::1]:81/"),
        ("http://192.0.2.7/", "http://192.0.2.7/"),
        ("http://a.fr:/", "http://a.fr/"),
    ] {
        assert_eq!(parsed(text), Ok(expected.to_owned()), "{text}");
    }
}

#[test]
fn spaces_as_old_lists_have_them_are_encoded_and_what_is_encoded_is_left() {
    assert_eq!(
        parsed("http://annuaire.gip-cps.fr/crl/test/TEST CLASSE-1.crl"),
        Ok("http://annuaire.gip-cps.fr/crl/test/TEST%20CLASSE-1.crl".to_owned())
    );
    assert_eq!(parsed("http://a.fr/%20é\\|"), Ok("http://a.fr/%20%C3%A9%5C%7C".to_owned()));
}

#[test]
fn what_is_no_address_of_ours_is_told_apart() {
    use AddressProblem::{Control, Malformed, UserInfo};
    for text in [
        "",
        "x",
        "http:",
        "http:/a",
        "http://",
        "http:///a",
        "http://:80/",
        "http://a b/",
        "http://a:0/",
        "http://a:x/",
        "http://a:65536/",
        "http://a:+1/",
        "http://[::1/",
        "http://[::1]x/",
        "http://[fe80::1%25eth0]/",
        "http://a%2eb/",
        "http://é.fr/",
        "http://a\\b/",
        "ldap:///cn=x?certificateRevocationList",
    ] {
        assert_eq!(parsed(text), Err(Malformed), "{text}");
    }
    assert_eq!(parsed("http://a@b/"), Err(UserInfo));
    assert_eq!(parsed("http://a:b@c:1/"), Err(UserInfo));
    assert_eq!(parsed("http://a/\r\nX: y"), Err(Control));
    assert_eq!(parsed("http://a/\0"), Err(Control));
    assert_eq!(parsed("ldaps://a/"), scheme("ldaps"));
    assert_eq!(parsed("file:///etc/passwd"), scheme("file"));
    assert_eq!(parsed("ftp://a/"), scheme("ftp"));
}

#[test]
fn numbers_that_only_some_systems_read_as_an_ipv4_address_are_refused() {
    for host in [
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0x7f.1",
        "1.2.3.4.5",
        "256.1.1.1",
        "0x",
        "a.1",
    ] {
        assert_eq!(parsed(&format!("http://{host}/")), numeric(host), "{host}");
    }
}

#[test]
fn a_redirect_leads_to_what_it_names_from_where_it_stands() {
    let start = Address::parse("http://a.fr:8080/x/y?q").expect("an address");
    for (location, expected) in [
        ("https://b.fr/z", "https://b.fr/z"),
        ("//b.fr/z", "http://b.fr/z"),
        ("/z", "http://a.fr:8080/z"),
        ("z?c:d", "http://a.fr:8080/x/z?c:d"),
        ("?r", "http://a.fr:8080/x/y?r"),
    ] {
        let next = start.redirect(location).map(|address| address.to_string());
        assert_eq!(next, Ok(expected.to_owned()), "{location}");
    }
    for (location, problem) in [
        ("ldap://b.fr/", AddressProblem::Scheme { scheme: "ldap".to_owned() }),
        ("file:///etc/passwd", AddressProblem::Scheme { scheme: "file".to_owned() }),
        ("http://a@b/", AddressProblem::UserInfo),
        ("javascript:x", AddressProblem::Scheme { scheme: "javascript".to_owned() }),
    ] {
        assert_eq!(start.redirect(location), Err(problem), "{location}");
    }
}

fn reaches(address: &str) -> bool {
    is_public(address.parse::<IpAddr>().expect("an address"))
}

#[test]
fn addresses_that_are_not_public_are_told_from_those_that_are() {
    for address in [
        "127.0.0.1",
        "127.255.255.254",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "0.0.0.0",
        "0.1.2.3",
        "192.0.0.8",
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.88.99.1",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "fe80::1",
        "fec0::1",
        "fc00::1",
        "fdff::1",
        "ff02::1",
        "2001:db8::1",
        "2001::1",
        "2002:7f00:1::1",
        "2002:a00:1::",
        "64:ff9b::127.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::8.8.8.8",
        "100::1",
        "3fff::1",
        "2a00::5efe:10.0.0.1",
        "2a00::200:5efe:127.0.0.1",
        "4000::1",
    ] {
        assert!(!reaches(address), "{address}");
    }
    for address in [
        "8.8.8.8",
        "172.15.0.1",
        "172.32.0.1",
        "100.63.0.1",
        "100.128.0.1",
        "192.0.1.1",
        "223.255.255.255",
        "2a00:1450::1",
        "2001:4860::8888",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
    ] {
        assert!(reaches(address), "{address}");
    }
}

#[test]
fn a_literal_and_a_name_of_this_machine_are_refused_unless_allowed() {
    let deadline = Deadline::starting(Duration::from_secs(30));
    for url in
        ["http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/", "ldap://localhost:9/"]
    {
        let address = Address::parse(url).expect("an address");
        let refused = address.resolve(Addresses::Public, &deadline);
        assert!(
            matches!(refused, Err(FetchProblem::Address(AddressProblem::NotPublic { .. }))),
            "{url}: {refused:?}"
        );
        let allowed = address.resolve(Addresses::Any, &deadline).expect("resolved");
        assert!(allowed.iter().all(|found| found.ip().is_loopback() && found.port() == 9), "{url}");
    }
}

proptest! {
    #[test]
    fn any_text_is_an_address_or_a_problem_and_an_address_reads_back(text in "\\PC*|(http|ldap)s?://[^ ]{0,20}(/.*)?") {
        if let Ok(address) = Address::parse(&text) {
            prop_assert_eq!(Address::parse(&address.to_string()), Ok(address));
        }
    }

    #[test]
    fn any_location_leads_somewhere_or_nowhere(location in ".*") {
        let start = Address::parse("http://a.fr/x").expect("an address");
        if let Ok(next) = start.redirect(&location) {
            prop_assert!(next.scheme != Scheme::Ldap);
        }
    }
}
