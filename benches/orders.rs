//! What an order costs, beside the emulated platform's own latency: both in one run, over the same kind of connection.
//!
//! `--test` runs everything once and measures nothing.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use cpskit::card::{Card, LastTry, Role};
use cpskit::credential::{AskPin, CardCredential, Given, Keypad, PinUnavailable};
use cpskit::emulate::platform::{Clock, Emulator, Settings};
use cpskit::emulate::{VirtualReader, issue};
use cpskit::pki::Report;
use cpskit::platform::journal::Machine;
use cpskit::platform::journal::sqlite::SqliteJournal;
use cpskit::platform::key::LocalKey;
use cpskit::platform::lifecycle::{
    Again, Judge as Assessor, KeyOrigin, Lifecycle, NewOrder, Retrieval, SecondPlace,
};
use cpskit::platform::port::{Acceptance, Port};
use cpskit::platform::rest::RestPort;
use cpskit::platform::vault::Vault;
use cpskit::platform::want::{Ps, Typed, Want};
use cpskit::secret::Pin;
use cpskit::tls::{Judge, Shown};
use cpskit::x509::Certificate;
use jiff::Timestamp;

/// Certificates that are wanted at once.
const MANY: usize = 50;

struct Holder;

impl AskPin for Holder {
    fn ask(&self, _: Keypad) -> Result<Given, PinUnavailable> {
        Ok(Given::Typed(Arc::new(Pin::parse("1234".to_owned())?)))
    }
}

/// Finds nothing against anybody: judging has benchmarks of its own.
#[derive(Debug)]
struct Lenient;

impl Judge for Lenient {
    fn judge(&self, shown: &Shown<'_>) -> Report {
        nothing(shown.leaf)
    }
}

impl Assessor for Lenient {
    fn judge(&self, leaf: &Certificate, _: &[Certificate]) -> Report {
        nothing(leaf)
    }
}

fn nothing(leaf: &Certificate) -> Report {
    Report {
        subject: leaf.subject().to_string(),
        at: now(),
        path: Vec::new(),
        findings: Vec::new(),
        revocation: Vec::new(),
        not_checked: Vec::new(),
    }
}

fn now() -> Timestamp {
    "2026-06-01T08:00:00Z".parse().expect("an instant")
}

#[allow(clippy::print_stdout)]
fn main() {
    let once = std::env::args().any(|argument| argument == "--test");
    let (each, many) = if once { (1, 2) } else { (20, MANY) };
    let emulator = Emulator::start(Settings::new(Clock::stopped(now()))).expect("started");
    let port = port(emulator.endpoint());
    let folder = tempfile::tempdir().expect("a folder");
    let desk = Desk::new(&port, folder.path());
    desk.port.habilitations().expect("the card has signed, and the session is resumed");

    let asked = median(each, |_| drop(desk.port.habilitations().expect("answered")));
    let made = median(each, |_| drop(LocalKey::generate().expect("a key")));
    let ordered = median(each, |at| desk.order(&format!("ordered-{at}")));
    let whole = median(each, |at| desk.order_and_retrieve(&format!("retrieved-{at}")));
    println!("| one at a time, median of {each} | |\n|---|---|");
    println!("| a question to the platform (`habilitations`) | {} |", ms(asked));
    println!("| a key, RSA 2048 | {} |", ms(made));
    println!("| an order | {} |", ms(ordered));
    println!("| an order and its retrieval | {} |", ms(whole));
    println!("\n| {many} ordered and retrieved | in all | each |\n|---|---|---|");
    for threads in [1, 8] {
        let begun = Instant::now();
        thread::scope(|scope| {
            for first in 0..threads {
                let desk = &desk;
                scope.spawn(move || {
                    for at in (first..many).step_by(threads) {
                        desk.order_and_retrieve(&format!("at-once-{threads}-{at}"));
                    }
                });
            }
        });
        let taken = begun.elapsed();
        let count = u32::try_from(many).expect("few");
        println!("| {threads} at a time | {} | {} |", ms(taken), ms(taken / count));
    }
}

struct Desk<'d> {
    port: &'d RestPort,
    journal: SqliteJournal,
    vault: Vault,
    here: Machine,
}

impl<'d> Desk<'d> {
    fn new(port: &'d RestPort, folder: &Path) -> Self {
        let journal = SqliteJournal::open(folder).expect("a journal");
        let vault = Vault::open(folder).expect("a vault");
        Self { port, journal, vault, here: Machine::of(folder, "bench").expect("a machine") }
    }

    fn lifecycle(&self) -> Lifecycle<'_> {
        let Self { port, journal, vault, here } = self;
        Lifecycle { port: *port, journal, vault, here, clock: now }
    }

    fn order(&self, service: &str) {
        self.ordered(service);
    }

    fn ordered(&self, service: &str) -> uuid::Uuid {
        let typed = Typed {
            offer: "ORG".to_owned(),
            usage: "AUTH_CLI".to_owned(),
            structure: "10B0990001".to_owned(),
            service: Some(service.to_owned()),
            ..Typed::default()
        };
        let want = Want::parse(&typed, Ps::Off).expect("a want");
        let new = NewOrder {
            want: &want,
            profile: None,
            card: None,
            fleet: None,
            contact: None,
            key: KeyOrigin::Local { password: None },
            again: Again::Enough,
        };
        self.lifecycle().order(&new).expect("ordered").order.reference
    }

    fn order_and_retrieve(&self, service: &str) {
        let reference = self.ordered(service);
        let acceptance = Acceptance { cgu: "1".to_owned(), pc: "1".to_owned(), by: None };
        let retrieval = Retrieval {
            acceptance: &acceptance,
            code: None,
            password: None,
            out: None,
            name: None,
            second: SecondPlace::Refused,
            judge: &Lenient,
        };
        self.lifecycle().retrieve(reference, &retrieval).expect("retrieved");
    }
}

fn port(endpoint: &str) -> RestPort {
    let reader = VirtualReader::insert(issue::builtin("medecin-cps3").expect("a persona"));
    let card = Card::open(Box::new(reader)).expect("a card");
    let card = CardCredential::open(card, Role::Authentication, Box::new(Holder), LastTry::Keep);
    let card = Arc::new(card.expect("a key"));
    RestPort::new(endpoint, Some(card), Arc::new(Lenient)).expect("a port")
}

fn median(times: usize, work: impl Fn(usize)) -> Duration {
    let mut taken: Vec<Duration> = (0..times)
        .map(|at| {
            let begun = Instant::now();
            work(at);
            begun.elapsed()
        })
        .collect();
    taken.sort_unstable();
    taken[times / 2]
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
