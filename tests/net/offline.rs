//! Offline no internet socket is opened, seen from outside: strace lists the sockets of every command that could go online.

use std::fs;
use std::path::Path;
use std::process::Command;

use cpskit::emulate::igc::{Authority, Domain, Gamme, ListRequest, World};

use crate::server::Server;
use crate::support::cli::command;
use crate::support::strace::{sockets, strace_or_skip};

/// Addresses of every scheme that is followed: a literal, which needs no resolution, and names, which do.
const URLS: [&str; 4] = [
    "http://9.9.9.9/a.crl",
    "https://igc-sante.esante.gouv.fr/CRL/ACI-EL-ORG.crl",
    "ldap://9.9.9.9/c=FR?certificateRevocationList;binary?base",
    "ldap://annuaire-igc.esante.gouv.fr/c=FR?deltaRevocationList;binary?base",
];

/// Every command that could go online, without the flag that forbids it.
fn commands(home: &Path) -> Vec<Vec<String>> {
    let leaf =
        format!("{}/certs-test/cards/medecin-cps3/authentication.der", env!("CARGO_MANIFEST_DIR"));
    let authority = Authority::builtin(World::Test, Gamme::Fort, Domain::Personnes);
    let this_update = "2026-03-01T22:00:00Z".parse().expect("an instant");
    let list = ListRequest::new(authority, this_update).der().expect("minted");
    let crl = home.join("a.crl");
    fs::write(&crl, list).expect("written");
    let (leaf, crl) = (leaf.as_str(), crl.to_str().expect("text"));
    let mut commands: Vec<Vec<&str>> = vec![
        vec!["cert", "verify", leaf],
        vec!["cert", "verify", leaf, "--environment", "emulated"],
        vec!["cert", "verify", leaf, "--environment", "auto", "--sources", "crl"],
        vec!["cert", "verify", leaf, "--system-trust", "--allow-private-addresses"],
        vec!["cert", "show", leaf],
        vec!["cert", "lint", leaf],
        vec!["cert", "scan", leaf],
        vec!["crl", "show", crl],
        vec!["crl", "check", "--crl", crl, leaf],
        vec!["crl", "fetch", leaf],
        vec!["trust", "list"],
        vec!["trust", "update"],
        vec!["trust", "update", "--environment", "all"],
        vec!["trust", "update", "--from", URLS[0]],
        vec!["trust", "import", leaf],
        vec!["doctor"],
        vec!["doctor", "--network"],
    ];
    commands.extend(URLS.map(|url| vec!["crl", "fetch", url]));
    commands.into_iter().map(|args| args.into_iter().map(str::to_owned).collect()).collect()
}

/// A command whose files are its own, and which meets no card service.
fn traced(home: &Path, args: &[String]) -> Command {
    let mut command = command(args);
    command
        .env("PCSCLITE_CSOCK_NAME", "/nonexistent")
        .env("CPSKIT_CACHE", home.join("cache"))
        .env("CPSKIT_TRUST_STORE", home.join("trust"));
    command
}

#[test]
fn offline_no_command_opens_an_internet_socket() {
    let Some(strace) = strace_or_skip() else { return };
    let home = tempfile::tempdir().expect("a folder");
    for args in commands(home.path()) {
        let flagged = [args.as_slice(), &["--offline".to_owned()]].concat();
        let mut by_environment = traced(home.path(), &args);
        by_environment.env("CPSKIT_OFFLINE", "1");
        for command in [traced(home.path(), &flagged), by_environment] {
            let (code, families) = sockets(strace, &command);
            assert_ne!(code, 70, "{command:?}");
            assert!(families.iter().all(|family| family == "AF_UNIX"), "{command:?}: {families:?}");
        }
    }
}

#[test]
fn a_proxy_changes_nothing_offline() {
    let Some(strace) = strace_or_skip() else { return };
    let home = tempfile::tempdir().expect("a folder");
    let proxy = Server::sending(Vec::new());
    for args in commands(home.path()) {
        let mut command =
            traced(home.path(), &[args.as_slice(), &["--offline".to_owned()]].concat());
        for variable in ["HTTP_PROXY", "HTTPS_PROXY"] {
            command.env(variable, proxy.url("/"));
        }
        let (_, families) = sockets(strace, &command);
        assert!(families.iter().all(|family| family == "AF_UNIX"), "{command:?}: {families:?}");
    }
    assert_eq!(proxy.count(), 0);
}
