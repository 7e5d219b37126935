//! The emulated platform as a process that is killed sees it: the binding `rest`, with a virtual card.

use std::sync::Arc;

use cpskit::card::{Card, LastTry, Role};
use cpskit::credential::{AskPin, CardCredential, Given, Keypad, PinUnavailable};
use cpskit::emulate::{VirtualReader, issue};
use cpskit::pki::Report;
use cpskit::platform::journal::State;
use cpskit::platform::port::{CertificateStatus, Filter, Port, Reply, Status};
use cpskit::platform::rest::RestPort;
use cpskit::secret::Pin;
use cpskit::tls::{Judge, Shown};
use uuid::Uuid;

/// Types the PIN of the virtual cards.
struct Holder;

impl AskPin for Holder {
    fn ask(&self, _: Keypad) -> Result<Given, PinUnavailable> {
        Ok(Given::Typed(Arc::new(Pin::parse("1234".to_owned())?)))
    }
}

/// Finds nothing against the server.
#[derive(Debug)]
struct Trusting;

impl Judge for Trusting {
    fn judge(&self, shown: &Shown<'_>) -> Report {
        Report {
            subject: shown.leaf.subject().to_string(),
            at: super::now(),
            path: Vec::new(),
            findings: Vec::new(),
            revocation: Vec::new(),
            not_checked: Vec::new(),
        }
    }
}

/// The platform at this address, asked with a card.
pub(crate) fn port(endpoint: &str) -> RestPort {
    let reader = VirtualReader::insert(issue::builtin("medecin-cps3").expect("a persona"));
    let card = Card::open(Box::new(reader)).expect("a card");
    let card = CardCredential::open(card, Role::Authentication, Box::new(Holder), LastTry::Keep);
    let card = Arc::new(card.expect("a key"));
    RestPort::new(endpoint, Some(card), Arc::new(Trusting)).expect("a port")
}

/// Every order of the platform, and the state that the journal must know it in.
pub(crate) fn found(port: &RestPort) -> Vec<(Uuid, State)> {
    let Reply::Done(orders) = port.search(&Filter::default()).expect("found") else {
        panic!("nobody clicks here");
    };
    let orders = orders.into_iter().map(|order| {
        let issued = order.serial.map(|serial| port.certificate(&serial).expect("issued"));
        let revoked = matches!(
            issued,
            Some(Reply::Done(issued)) if issued.status == CertificateStatus::Revoque
        );
        let state = match order.status {
            _ if revoked => State::Revoked,
            Status::ARetirer => State::Ready,
            Status::Finalisee => State::Finalised,
            Status::Retiree => State::Collected,
            other => panic!("{other:?}"),
        };
        (order.reference.expect("ours"), state)
    });
    orders.collect()
}
