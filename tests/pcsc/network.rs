//! No command on a card touches the network, seen from outside: strace lists the sockets.

use crate::support::desk::{Desk, Slot};
use crate::support::strace::{sockets, strace_or_skip};

/// Something to sign.
const THIS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

#[test]
fn no_command_on_a_card_opens_an_internet_socket() {
    let Some(strace) = strace_or_skip() else { return };
    let Some(desk) = Desk::or_skip() else { return };
    let _card = desk.insert(Slot::First, "medecin-cps3");
    let verbs: [&[&str]; 11] = [
        &["card", "list"],
        &["card", "id"],
        &["card", "read"],
        &["card", "read", "--pin-env", "PIN"],
        &["card", "certs", "--export", "out"],
        &["card", "activities", "--pin-env", "PIN"],
        &["card", "pin", "status"],
        &["card", "apdu", "00B0000000"],
        &["card", "sign", THIS, "--format", "json", "--pin-env", "PIN"],
        &["card", "data", "read", "--format", "json"],
        &["doctor"],
    ];
    for verb in verbs {
        for flags in [&[][..], &["--offline"]] {
            let args = [verb, flags].concat();
            let (code, families) = sockets(strace, desk.command(&args).env("PIN", "1234"));
            assert_eq!(code, 0, "{args:?}");
            assert!(!families.is_empty(), "{args:?}: the service is reached by a socket");
            assert!(families.iter().all(|family| family == "AF_UNIX"), "{args:?}: {families:?}");
        }
    }
}

#[test]
fn no_command_on_the_card_in_process_opens_any_socket() {
    let Some(strace) = strace_or_skip() else { return };
    let verbs: [&[&str]; 8] = [
        &["card", "id", "--emulated"],
        &["card", "read", "--emulated", "--pin-env", "PIN"],
        &["card", "certs", "--emulated"],
        &["card", "watch", "--emulated"],
        &["card", "sign", THIS, "--emulated", "--format", "json", "--pin-env", "PIN"],
        &["card", "pin", "change", "--emulated", "--pin-env", "PIN", "--new-pin-env", "NEW"],
        // Online it calls a service in the same process.
        &["demo", "--offline"],
        &["emulate", "card", "--list"],
    ];
    for args in verbs {
        let found = sockets(
            strace,
            crate::support::cli::command(args).env("PIN", "1234").env("NEW", "4321"),
        );
        assert_eq!(found, (0, Vec::new()), "{args:?}");
    }
}

#[test]
fn the_network_is_left_alone_offline_even_when_it_was_asked_for() {
    let Some(strace) = strace_or_skip() else { return };
    for offline in [&["--offline"][..], &[]] {
        let mut command =
            crate::support::cli::command([&["doctor", "--network"], offline].concat());
        command.env("PCSCLITE_CSOCK_NAME", "/nonexistent");
        if offline.is_empty() {
            command.env("CPSKIT_OFFLINE", "1");
        }
        let (code, families) = sockets(strace, &command);
        assert_eq!(code, 1);
        assert!(families.iter().all(|family| family == "AF_UNIX"), "{families:?}");
    }
}

#[test]
fn the_connection_to_a_virtual_reader_is_the_exception_and_is_seen() {
    let Some(strace) = strace_or_skip() else { return };
    // Nothing listens on port 1.
    let command = crate::support::cli::command(["emulate", "card", "--vpcd", "127.0.0.1:1"]);
    assert_eq!(sockets(strace, &command), (75, vec!["AF_INET".to_owned()]));
}
