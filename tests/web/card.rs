//! A card on the real smart card service, lent: one PIN, one signature, other programs meanwhile, and its removal.

use std::fs;
use std::net::TcpStream;
use std::process::Command;
use std::thread;

use serde_json::Value;

use crate::service::{PROXY, Running, Service};
use crate::support::cli::finish;
use crate::support::desk::{Desk, Slot};

const PERSONAS: [&str; 3] = ["medecin-cps3", "cpa-cps4", "medecin-cps4"];

/// The proxy on this desk's card, its acts recorded, and its PIN in a file that is there for the first signature only.
fn lend(desk: &Desk, service: &Service) -> Running {
    let mut command = desk.command(&PROXY);
    command.env("XDG_STATE_HOME", service.path(""));
    let acts = service.path("acts").display().to_string();
    let running = service.proxy_of(command, "1234", &["--trace", &acts]);
    assert_eq!(running.get("").0, "200");
    fs::remove_file(service.path("pin")).expect("it was read");
    running
}

/// How often an act was done, as the traces say.
fn done(service: &Service, action: &str) -> usize {
    let traces = fs::read_to_string(service.path("acts")).expect("traces");
    let lines = traces.lines().map(|line| serde_json::from_str::<Value>(line).expect("a trace"));
    lines.filter(|line| line["action"] == action && line["result"] == "done").count()
}

/// Another program's signature, not yet made.
fn sign(desk: &Desk, service: &Service) -> Command {
    let letter = service.path("certificate.pem").display().to_string();
    let sign = ["card", "sign", &letter, "--pin-env", "PIN", "--format", "json"];
    let mut command = desk.command(&sign);
    command.env("PIN", "1234");
    command
}

#[test]
fn several_requests_cost_one_pin_and_one_signature_and_the_door_closes_with_the_card() {
    let Some(desk) = Desk::or_skip() else { return };
    for persona in PERSONAS {
        let Some(service) = Service::start() else { return };
        let card = desk.insert(Slot::First, persona);
        let running = lend(&desk, &service);
        for _ in 0..4 {
            assert_eq!(running.get("").0, "200", "{persona}");
        }
        assert_eq!(done(&service, "tls.authenticate"), 1, "{persona}");
        card.remove();
        let address =
            running.address.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let (code, lines, said) = running.end();
        assert_eq!((code, lines.len()), (4, 5), "{persona}: {said}");
        assert!(TcpStream::connect(address).is_err(), "{persona}");
        assert_eq!(done(&service, "tls.authenticate"), 1, "{persona}");
    }
}

#[test]
fn another_program_signs_meanwhile_and_the_proxy_signs_again_with_the_pin_it_remembers() {
    let Some(desk) = Desk::or_skip() else { return };
    for persona in PERSONAS {
        let Some(service) = Service::forgetful() else { return };
        let card = desk.insert(Slot::First, persona);
        let running = lend(&desk, &service);
        // It leaves the card reset, its PIN not verified.
        assert_eq!(finish(&mut sign(&desk, &service)).code, 0, "{persona}");
        assert_eq!(running.get("").0, "200", "{persona}");
        assert_eq!(done(&service, "tls.authenticate"), 2, "{persona}");
        assert_eq!(running.interrupt().0, 0, "{persona}");
        card.remove();
    }
}

#[test]
fn two_programs_that_use_the_card_at_once_wait_for_each_other() {
    let Some(desk) = Desk::or_skip() else { return };
    let Some(service) = Service::forgetful() else { return };
    let _card = desk.insert(Slot::First, "medecin-cps4");
    let running = lend(&desk, &service);
    for _ in 0..3 {
        let mut signing = sign(&desk, &service);
        let (signed, (status, body)) = thread::scope(|scope| {
            let signed = scope.spawn(move || finish(&mut signing));
            let answered = running.get("");
            (signed.join().expect("no panic"), answered)
        });
        assert_eq!((signed.code, status.as_str()), (0, "200"), "{signed:?} {body}");
    }
    assert_eq!(done(&service, "tls.authenticate"), 4);
    assert_eq!(running.interrupt().0, 0);
}
