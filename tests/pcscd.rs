//! The fixture of the tests that go through the real smart card service.
#![cfg(unix)]

use std::io::Read;
use std::net::TcpStream;
use std::process::Command;

#[path = "support/pcscd.rs"]
#[allow(dead_code)]
mod pcscd;

use pcscd::Pcscd;

#[test]
fn each_service_has_a_socket_and_two_slots_of_its_own() {
    let (Some(first), Some(second)) = (Pcscd::or_skip(), Pcscd::or_skip()) else { return };
    assert_ne!(first.socket(), second.socket());
    let mut ports = vec![first.port(), first.port2(), second.port(), second.port2()];
    ports.dedup();
    assert_eq!(ports.len(), 4);
}

#[test]
fn a_connection_to_a_slot_is_asked_for_its_answer_to_reset() {
    let Some(service) = Pcscd::or_skip() else { return };
    for port in [service.port(), service.port2()] {
        let mut card = TcpStream::connect(("127.0.0.1", port)).expect("a slot listens");
        let mut order = [0; 3];
        card.read_exact(&mut order).expect("the reader polls");
        assert_eq!(order, [0, 1, 4]);
    }
}

#[test]
fn a_service_ends_with_its_handle_and_leaves_nothing_behind() {
    let Some(service) = Pcscd::or_skip() else { return };
    let (socket, port) = (service.socket(), service.port());
    assert!(socket.exists());
    drop(service);
    assert!(!socket.parent().expect("a folder").exists());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn a_child_process_is_pointed_at_the_service() {
    let Some(service) = Pcscd::or_skip() else { return };
    let mut command = Command::new("sh");
    let output = service.env(command.args(["-c", "printf %s \"$PCSCLITE_CSOCK_NAME\""])).output();
    let stdout = output.expect("sh runs").stdout;
    assert_eq!(stdout, service.socket().as_os_str().as_encoded_bytes());
}
