//! The committed containers, which need no program to be read.

use cpskit::store::{Container, KeyIdentity, Protection, StoreError};

use super::{PASSWORD, Told, fixture, private, read};

const UNCHECKED: &str = "the integrity of the container was not checked";

/// A key with its chain, as `openssl pkcs12 -export` orders them.
fn with_key(protection: Protection) -> Told {
    Told {
        certificates: ["org-auth-cli", "ACI-EL-ORG-TEST", "ACR-EL-TEST"].map(str::to_owned).into(),
        keys: vec![private("org-auth-cli", protection)],
        ..Told::default()
    }
}

/// The two authorities, trusted. Java keeps them in the order of its hash table.
fn trust() -> Told {
    Told {
        certificates: ["ACI-EL-ORG-TEST", "ACR-EL-TEST"].map(str::to_owned).into(),
        trusted: [0, 1].into(),
        ..Told::default()
    }
}

/// What a fixture holds, its trusted certificates in the order of their names.
fn told_of_trust(name: &str, password: Option<&str>) -> Told {
    let mut told = told(name, password);
    told.certificates.sort();
    told
}

fn told(name: &str, password: Option<&str>) -> Told {
    let contents = read(&fixture(name), password).unwrap_or_else(|error| panic!("{name}: {error}"));
    Told::of(&contents)
}

#[test]
fn pkcs12_opens_with_its_password_whatever_its_ciphers() {
    for name in ["aes.p12", "3des.p12", "legacy-rc2-3des.p12", "rc2-128.p12", "key-java.p12"] {
        assert_eq!(told(name, Some(PASSWORD)), with_key(Protection::Encrypted), "{name}");
    }
}

#[test]
fn a_key_that_an_empty_password_opens_is_in_the_clear() {
    assert_eq!(told("empty-password.p12", None), with_key(Protection::Clear));
    assert_eq!(told("empty-password.p12", Some("")), with_key(Protection::Clear));
}

#[test]
fn a_key_that_nothing_encrypts_is_in_the_clear_whatever_the_password_of_the_mac() {
    let expected = with_key(Protection::Clear);
    assert_eq!(told("clear.p12", Some(PASSWORD)), expected);
    let problems = vec![UNCHECKED.to_owned()];
    assert_eq!(told("clear.p12", None), Told { problems, ..expected });
}

#[test]
fn a_pkcs12_without_mac_is_read_and_that_is_said() {
    let expected = Told { problems: vec![UNCHECKED.to_owned()], ..with_key(Protection::Encrypted) };
    assert_eq!(told("without-mac.p12", Some(PASSWORD)), expected);
    let trust = Told { trusted: [0].into(), certificates: vec!["ACR-EL-TEST".into()], ..expected };
    assert_eq!(told("trust-passwordless.p12", None), Told { keys: vec![], ..trust });
}

#[test]
fn without_the_password_the_key_of_a_pkcs12_is_known_as_encrypted_and_the_rest_is_said() {
    let contents = read(&fixture("aes.p12"), None).expect("its key can be told");
    let told = Told::of(&contents);
    assert!(matches!(
        contents.keys[..],
        [cpskit::store::PrivateKey {
            identity: KeyIdentity::Sealed(_),
            protection: Protection::Encrypted
        }]
    ));
    assert_eq!(told.problems, [UNCHECKED, "part 1: a password is needed"]);
    assert_eq!(told.certificates, Vec::<String>::new());
    assert!(contents.is_locked());
}

#[test]
fn the_wrong_password_is_its_own_error() {
    for name in
        ["aes.p12", "3des.p12", "legacy-rc2-3des.p12", "trust-java.p12", "trust.jks", "key.jks"]
    {
        let error = read(&fixture(name), Some("another")).expect_err(name);
        assert_eq!(error, StoreError::PasswordWrong, "{name}");
    }
    let error = read(&fixture("without-mac.p12"), Some("another")).expect_err("no MAC to tell");
    assert_eq!(error, StoreError::PasswordWrong);
}

#[test]
fn without_its_password_a_trust_store_of_pkcs12_needs_one() {
    let error = read(&fixture("trust-java.p12"), None).expect_err("all of it is encrypted");
    assert_eq!(error, StoreError::PasswordNeeded);
}

#[test]
fn a_trust_store_of_java_tells_what_it_trusts() {
    for name in ["trust.jks", "trust.jceks", "trust-java.p12"] {
        assert_eq!(told_of_trust(name, Some(PASSWORD)), trust(), "{name}");
    }
}

#[test]
fn certificates_of_java_stores_need_no_password_and_that_nothing_was_checked_is_said() {
    let problems = vec![UNCHECKED.to_owned()];
    for name in ["trust.jks", "trust.jceks"] {
        let expected = Told { problems: problems.clone(), ..trust() };
        assert_eq!(told_of_trust(name, None), expected, "{name}");
    }
}

#[test]
fn the_key_of_a_jks_opens_with_the_password_of_the_store() {
    assert_eq!(told("key.jks", Some(PASSWORD)), with_key(Protection::Encrypted));
    let locked = read(&fixture("key.jks"), None).expect("chains are in the clear");
    assert_eq!(locked.certificates.len(), 3);
    assert!(matches!(locked.keys[0].identity, KeyIdentity::Sealed(_)));
}

#[test]
fn the_key_of_a_jceks_is_known_as_encrypted() {
    let contents = read(&fixture("key.jceks"), Some(PASSWORD)).expect("a JCEKS");
    assert_eq!((contents.container, contents.certificates.len()), (Container::Jceks, 3));
    assert!(matches!(contents.keys[0].identity, KeyIdentity::Sealed(_)));
}

#[test]
fn a_pkcs7_without_signers_gives_its_certificates() {
    let expected = Told {
        certificates: ["ACI-EL-ORG-TEST", "ACR-EL-TEST"].map(str::to_owned).into(),
        ..Told::default()
    };
    assert_eq!(told("degenerate.p7b", None), expected);
}
