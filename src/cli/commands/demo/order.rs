//! The steps of orders: a TEST certificate from a platform emulated in this process, with a card, over mutual TLS.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use super::call::{Emulation, Known};
use super::internal;
use crate::card::{Card, LastTry, Role};
use crate::cli::context::now;
use crate::cli::failure::Failure;
use crate::credential::CardCredential;
use crate::emulate::igc::Authority;
use crate::emulate::platform::{Clock, Emulator, Settings};
use crate::pki::{Anchor, Candidate, List, Options, Origin, Report, Severity, Validator};
use crate::platform::journal::sqlite::SqliteJournal;
use crate::platform::journal::{Machine, Order};
use crate::platform::lifecycle::{
    Again, Judge, KeyOrigin, Lifecycle, NewOrder, Retrieval, SecondPlace, Target,
};
use crate::platform::port::{Acceptance, Port, Reason, Reply};
use crate::platform::product::{Offer, Product, Usage};
use crate::platform::rest::RestPort;
use crate::platform::vault::Vault;
use crate::platform::want::{Ps, Typed, Want};
use crate::secret::Pin;
use crate::x509::{Certificate, Crl};

/// What is ordered.
const SERVICE: &str = "DEMONSTRATION";

/// Lists that are larger, or later, are not of our emulator.
const LARGEST: u64 = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(10);

/// Orders, retrieves, verifies, revokes, verifies again; nothing is left behind.
pub(super) fn order(
    card: Card,
    pin: Pin,
    step: &mut dyn FnMut(&'static str, &str, String),
) -> Result<(), Failure> {
    let emulator = Emulator::start(Settings::new(Clock::running(now()))).map_err(internal)?;
    let pin = Box::new(Known(Arc::new(pin)));
    let card = CardCredential::open(card, Role::Authentication, pin, LastTry::Keep);
    let card = card.map_err(|error| Failure::credential(&error))?;
    let server = Arc::new(Emulation { at: now() });
    let port = RestPort::new(emulator.endpoint(), Some(Arc::new(card)), server)?;
    let folder = tempfile::tempdir().map_err(internal)?;
    let vault = Vault::open(folder.path())?;
    let journal = SqliteJournal::open(folder.path())?;
    let machine = Machine::of(folder.path(), "demo")?;
    let lifecycle =
        Lifecycle { port: &port, journal: &journal, vault: &vault, here: &machine, clock: now };

    let product = Product::new(Offer::Org, Usage::AuthCli).map_err(internal)?;
    let (structure, profile) = habilitation(&port, product)?;
    let typed = Typed {
        offer: product.offer().name().to_owned(),
        usage: product.usage().name().to_owned(),
        structure,
        service: Some(SERVICE.to_owned()),
        ..Typed::default()
    };
    let want = Want::parse(&typed, Ps::Off)?;
    let new = NewOrder {
        want: &want,
        profile: Some(&profile),
        card: None,
        fleet: None,
        contact: None,
        key: KeyOrigin::Local { password: None },
        again: Again::Enough,
    };
    let ordered = lifecycle.order(&new)?.order;
    step(
        "order a TEST certificate from a platform in this process, with the card over mutual TLS",
        &format!(
            "PIN=1234 cpskit platform order --offer ORG --usage AUTH_CLI --structure {} --service {SERVICE} --binding rest --endpoint https://localhost:8445 --emulated --pin-env PIN",
            typed.structure
        ),
        format!("{product} for {}, habilitation {profile}: {}", typed.structure, state(&ordered)),
    );
    let acceptance = Acceptance { cgu: "1".to_owned(), pc: "1".to_owned(), by: None };
    let published = Published(emulator.publication().to_owned());
    let retrieval = Retrieval {
        acceptance: &acceptance,
        code: None,
        password: None,
        out: None,
        name: None,
        second: SecondPlace::Refused,
        judge: &published,
    };
    let retrieved = lifecycle.retrieve(ordered.reference, &retrieval)?.order;
    let der = retrieved.certificate.as_deref().ok_or_else(|| internal("no certificate came"))?;
    let certificate = Certificate::parse(der).map_err(internal)?;
    step(
        "retrieve it: the key was made here, and never left",
        "cpskit platform retrieve REFERENCE --accept-cgu 1 --accept-pc 1 --out certs …",
        format!("{}: {}", state(&retrieved), certificate.subject()),
    );
    let verify = "cpskit cert verify certs/*.crt.pem --environment emulated …";
    step(
        "verify it, with the lists of the platform",
        verify,
        said(&published.report(&certificate)),
    );
    let target = Target::Reference(ordered.reference);
    let revoked = lifecycle.revoke(&target, Reason::Superseded, None)?.order;
    step(
        "revoke it, with the code that was kept apart from the key",
        "cpskit platform revoke REFERENCE --reason superseded --yes …",
        format!("{} on the platform", state(&revoked)),
    );
    emulator.publish().map_err(internal)?;
    step("verify it again, once the lists are new", verify, said(&published.report(&certificate)));
    Ok(())
}

fn state(order: &Order) -> &'static str {
    order.state.name()
}

/// A structure for which the card may order this, and its habilitation.
fn habilitation(port: &dyn Port, product: Product) -> Result<(String, String), Failure> {
    let Reply::Done(all) = port.habilitations()? else {
        return Err(internal("the emulated platform has screens"));
    };
    let found = all.into_iter().find(|found| found.products.contains(&product));
    let found = found.ok_or_else(|| internal("the virtual card may order nothing"))?;
    Ok((found.structure.as_str().to_owned(), found.profile))
}

fn said(report: &Report) -> String {
    let why = report.findings.iter().find(|found| found.severity > Severity::Warning);
    let why =
        why.map_or(String::new(), |found| format!(": {} ({})", found.message(), found.rule()));
    format!("{}{why}", report.verdict().name())
}

/// The lists of the emulator, at its address on loopback.
#[derive(Debug)]
struct Published(String);

impl Published {
    /// Judges with the lists of now; without one that cannot be had, the status is not known.
    fn report(&self, leaf: &Certificate) -> Report {
        let origin = Origin("emulation".to_owned());
        let (mut anchors, mut candidates) = (Vec::new(), Vec::new());
        for authority in Authority::all() {
            let certificate = Certificate::parse(authority.certificate()).expect("committed");
            match authority.domain() {
                None => anchors.push(Anchor::from_certificate(certificate, origin.clone())),
                Some(_) => candidates.push(Candidate { certificate, origin: origin.clone() }),
            }
        }
        let names = ["ACI-EL-ORG-TEST", "ACR-EL-TEST"].iter();
        let lists: Vec<Vec<u8>> =
            names.filter_map(|name| self.get(&format!("/CRL/{name}.crl")).ok()).collect();
        let lists = lists
            .iter()
            .filter_map(|der| Some(List { crl: Crl::parse(der).ok()?, origin: origin.clone() }));
        let validator = Validator::new(anchors, candidates, lists.collect());
        validator.validate(leaf, &origin, &Options::at(now()))
    }

    /// The plainest request: what answers is in this process.
    fn get(&self, path: &str) -> std::io::Result<Vec<u8>> {
        let host = self.0.trim_start_matches("http://");
        let mut tcp = TcpStream::connect(host)?;
        tcp.set_read_timeout(Some(PATIENCE))?;
        write!(tcp, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        tcp.take(LARGEST).read_to_end(&mut answer)?;
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        Ok(end.map_or_else(Vec::new, |end| answer.split_off(end + 4)))
    }
}

impl Judge for Published {
    fn judge(&self, leaf: &Certificate, _others: &[Certificate]) -> Report {
        self.report(leaf)
    }
}
