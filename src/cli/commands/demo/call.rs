//! A connection over TLS on loopback, both ends in this process: the virtual card shows itself, and the server says who came.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;

use super::internal;
use crate::card::{Card, LastTry, Role};
use crate::cli::commands::tls::emulated_server;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::credential::{AskPin, CardCredential, Given, Keypad, PinUnavailable};
use crate::emulate::igc::Authority;
use crate::pki::{Anchor, Candidate, Options, Origin, Purpose, Report, Revocation, Validator};
use crate::secret::Pin;
use crate::tls::{Admission, Client, Host, Judge, Party, Refusing, Server, Shown, Versions};
use crate::x509::Certificate;

/// Opens it, and says what both sides came to.
pub(super) fn call(card: Card, pin: Pin, context: &Context) -> Result<String, Failure> {
    let pin = Box::new(Known(Arc::new(pin)));
    let card = CardCredential::open(card, Role::Authentication, pin, LastTry::Keep);
    let card = card.map_err(|error| Failure::credential(&error))?;
    let judge: Arc<dyn Judge> = Arc::new(Emulation { at: context.now() });
    let own = emulated_server(context)?;
    let admission = Admission { families: Vec::new(), environment: None };
    let refusing = Refusing::InHandshake;
    let server = Server::new(own, Arc::clone(&judge), admission, refusing, Versions::Both, &[]);
    let client = Client::new(Some(Arc::new(card)), judge, Versions::Both).map_err(internal)?;
    let host = Host::parse("localhost").map_err(internal)?;
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(internal)?.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(internal)?;
        let address = listener.local_addr().map_err(internal)?;
        let accepted = async {
            let (tcp, _) = listener.accept().await.map_err(internal)?;
            server.accept(tcp).await.map_err(internal)
        };
        let opened = async {
            let tcp = TcpStream::connect(address).await.map_err(internal)?;
            client.over(tcp, &host, &[]).await.map_err(internal)
        };
        let (accepted, opened) = tokio::join!(accepted, opened);
        let (accepted, opened) = (accepted?, opened?);
        let who = accepted.visitor().and_then(|found| found.holder.national_id.as_ref());
        let who = who.ok_or_else(|| internal("the server knows nobody"))?;
        Ok(format!("{}; the server met {who}", opened.facts().version))
    })
}

/// The PIN of the persona.
pub(super) struct Known(pub(super) Arc<Pin>);

impl AskPin for Known {
    fn ask(&self, _: Keypad) -> Result<Given, PinUnavailable> {
        Ok(Given::Typed(Arc::clone(&self.0)))
    }
}

/// Trusts the authorities of the emulation, whose lists are another step.
#[derive(Debug)]
pub(super) struct Emulation {
    pub(super) at: Timestamp,
}

impl Judge for Emulation {
    fn judge(&self, shown: &Shown<'_>) -> Report {
        let origin = Origin("emulation".to_owned());
        let (mut anchors, mut candidates) = (Vec::new(), Vec::new());
        for authority in Authority::all() {
            let certificate = Certificate::parse(authority.certificate()).expect("committed");
            match authority.domain() {
                None => anchors.push(Anchor::from_certificate(certificate, origin.clone())),
                Some(_) => candidates.push(Candidate { certificate, origin: origin.clone() }),
            }
        }
        let (purpose, peers) = match &shown.party {
            Party::Client => (Purpose::Client, Vec::new()),
            Party::Server(peer) => (Purpose::Server, vec![peer.clone()]),
        };
        let revocation = Revocation::Off;
        let options = Options { purpose, peers, revocation, ..Options::at(self.at) };
        Validator::new(anchors, candidates, Vec::new()).validate(shown.leaf, &origin, &options)
    }
}
