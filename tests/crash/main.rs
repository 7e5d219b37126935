//! A process that orders, retrieves and revokes is killed (SIGKILL) at a step of its journal or of the network, and run again: no
//! order is made twice, no key is lost, and the journal says what the platform says.
//!
//! `cargo test --test crash -- --ignored --nocapture` makes the 200 runs of `docs/reference/lifecycle.md` and prints its table.
#![cfg(all(target_os = "linux", feature = "cli"))]

mod killer;
mod platform;
#[path = "../support/support.rs"]
mod support;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use cpskit::emulate::platform::{Clock, Emulator, Settings};
use cpskit::pki::Report;
use cpskit::platform::journal::postgres::{Address, PostgresJournal};
use cpskit::platform::journal::sqlite::SqliteJournal;
use cpskit::platform::journal::{Journal, Machine, State};
use cpskit::platform::key::LocalKey;
use cpskit::platform::lifecycle::{
    Again, Held, Judge, KeyOrigin, Lifecycle, NewOrder, Retrieval, SecondPlace, Target,
};
use cpskit::platform::port::{Acceptance, Reason};
use cpskit::platform::vault::Vault;
use cpskit::platform::want::{Ps, Typed, Want};
use cpskit::x509::Certificate;
use jiff::Timestamp;
use uuid::Uuid;

use self::killer::{Killer, MortalJournal, MortalPort};
use self::platform::{found, port};
use self::support::postgres::Postgres;

/// The folder of a run, the platform, the step to die at, how far to go, and the database of a team.
const FOLDER: &str = "CPSKIT_CRASH_FOLDER";
const ENDPOINT: &str = "CPSKIT_CRASH_ENDPOINT";
const STEP: &str = "CPSKIT_CRASH_STEP";
const VERB: &str = "CPSKIT_CRASH_VERB";
const RUNNER: &str = "CPSKIT_CRASH_RUNNER";
const DATABASE: &str = "CPSKIT_CRASH_DATABASE";

const VERBS: [&str; 3] = ["order", "retrieve", "revoke"];

fn now() -> Timestamp {
    "2026-06-01T08:00:00Z".parse().expect("an instant")
}

/// Finds nothing against a certificate.
#[derive(Debug)]
struct Lenient;

impl Judge for Lenient {
    fn judge(&self, leaf: &Certificate, _others: &[Certificate]) -> Report {
        Report {
            subject: leaf.subject().to_string(),
            at: now(),
            path: Vec::new(),
            findings: Vec::new(),
            revocation: Vec::new(),
            not_checked: Vec::new(),
        }
    }
}

/// What is killed: all verbs up to one, as often as it takes.
#[test]
#[ignore = "what the other tests start"]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let text = |name| std::env::var(name).expect("given");
    let killer = Killer::at(text(STEP).parse().expect("a number"));
    let state = folder.join(text(RUNNER));
    let vault = Vault::open(&state).expect("a vault");
    let journal = journal(&state, std::env::var(DATABASE).ok().as_deref());
    let machine = Machine::of(&state, &text(RUNNER)).expect("a machine");
    let platform = port(&text(ENDPOINT));
    let lifecycle = Lifecycle {
        port: &MortalPort(&platform, &killer),
        journal: &MortalJournal(journal.as_ref(), &killer),
        vault: &vault,
        here: &machine,
        clock: now,
    };
    // A team names the order: else one machine could order anew what the other has just revoked, and be right.
    let again = match (text(VERB).as_str(), std::env::var_os(DATABASE)) {
        ("revoke", Some(_)) => Again::Reference(Uuid::from_u128(1)),
        _ => Again::Enough,
    };
    live(&lifecycle, &text(VERB), again, &state);
    fs::write(state.join("steps"), killer.passed().to_string()).expect("written");
}

fn live(lifecycle: &Lifecycle<'_>, verb: &str, again: Again, state: &Path) {
    let want = want();
    let new = NewOrder {
        want: &want,
        profile: None,
        card: None,
        fleet: None,
        contact: None,
        key: KeyOrigin::Local { password: None },
        again,
    };
    // A revoked one is ordered no more: the same command again would be a new wish.
    let known = lifecycle.journal.orders().expect("orders");
    let revoked = known.iter().find(|order| order.state >= State::Revoking);
    let order = match revoked {
        Some(order) => order.clone(),
        None => lifecycle.order(&new).expect("ordered").order,
    };
    if verb == "order" || lifecycle.held(&order) == Held::Elsewhere {
        return;
    }
    if order.state < State::Collected {
        let acceptance = Acceptance { cgu: "1".into(), pc: "1".into(), by: None };
        let retrieval = Retrieval {
            acceptance: &acceptance,
            code: None,
            password: None,
            out: Some(state.join("installed")),
            name: None,
            second: SecondPlace::Refused,
            judge: &Lenient,
        };
        lifecycle.retrieve(order.reference, &retrieval).expect("retrieved");
    }
    if verb == "revoke" {
        let target = Target::Reference(order.reference);
        lifecycle.revoke(&target, Reason::Superseded, None).expect("revoked");
    }
}

fn want() -> Want {
    let typed = Typed {
        offer: "ORG".into(),
        usage: "AUTH_CLI".into(),
        structure: "10B0990001".into(),
        service: Some("essai".into()),
        ..Typed::default()
    };
    Want::parse(&typed, Ps::Off).expect("a want")
}

fn journal(state: &Path, database: Option<&str>) -> Box<dyn Journal> {
    match database {
        None => Box::new(SqliteJournal::open(state).expect("a journal")),
        Some(url) => {
            let address = Address::parse(url).expect("an address");
            Box::new(PostgresJournal::open(address).expect("a journal"))
        }
    }
}

/// What was counted over many runs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Tally {
    runs: usize,
    killed: usize,
    orders_duplicated: usize,
    keys_lost: usize,
    states_wrong: usize,
}

/// One folder and one platform, which outlives the processes that ask it; runs of the child.
struct Scene<'s> {
    folder: tempfile::TempDir,
    emulator: Emulator,
    verb: &'s str,
    database: Option<&'s str>,
}

impl<'s> Scene<'s> {
    fn new(verb: &'s str, database: Option<&'s str>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let emulator = Emulator::start(Settings::new(Clock::stopped(now()))).expect("started");
        Self { folder, emulator, verb, database }
    }

    fn start(&self, runner: &str, step: usize) -> Child {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command
            .args(["--exact", "child", "--ignored"])
            .env(FOLDER, self.folder.path())
            .env(ENDPOINT, self.emulator.endpoint())
            .env(STEP, step.to_string())
            .env(VERB, self.verb)
            .env(RUNNER, runner)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit());
        if let Some(url) = self.database {
            command.env(DATABASE, url);
        }
        command.spawn().expect("it starts")
    }

    fn run(&self, runner: &str, step: usize) -> ExitStatus {
        self.start(runner, step).wait().expect("it ends")
    }

    /// How many steps there are when nothing kills.
    fn steps(&self) -> usize {
        assert!(self.run("first", 0).success());
        let text = fs::read_to_string(self.folder.path().join("first/steps")).expect("counted");
        text.parse().expect("a number")
    }

    /// Compares the platform, the files and the journal.
    fn judge(&self, runners: &[&str], tally: &mut Tally) {
        tally.runs += 1;
        let mut expected = found(&port(self.emulator.endpoint()));
        tally.orders_duplicated += expected.len().saturating_sub(1);
        let journal = journal(&self.folder.path().join(runners[0]), self.database);
        let orders = journal.orders().expect("orders");
        let mut said: Vec<(Uuid, State)> =
            orders.iter().map(|order| (order.reference, order.state)).collect();
        expected.sort();
        said.sort();
        let wished = match self.verb {
            "order" => State::Ready,
            "retrieve" => State::Collected,
            _ => State::Revoked,
        };
        tally.states_wrong +=
            usize::from(said != expected || !said.iter().any(|(_, state)| *state == wished));
        for order in &orders {
            let hash = order.key.hash().expect("a key of ours");
            let held = runners.iter().any(|runner| holds(&self.folder.path().join(runner), hash));
            tally.keys_lost += usize::from(!held);
        }
    }
}

/// Whether a key is in the vault of a state folder, or installed.
fn holds(state: &Path, hash: [u8; 32]) -> bool {
    let files = ["keys", "installed"].into_iter().flat_map(|folder| {
        let entries = fs::read_dir(state.join(folder)).into_iter().flatten();
        entries.map(|entry| entry.expect("an entry").path()).collect::<Vec<_>>()
    });
    files.filter(|file| file.to_string_lossy().ends_with(".key.pem")).any(|file| {
        LocalKey::from_pem(&fs::read(file).expect("read"), None).is_ok_and(|key| key.hash() == hash)
    })
}

/// Numbers that are the same for the same seed (Steele, Lea and Flood, SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(bound).expect("fits"))
            .expect("fits")
    }
}

/// Kills one process at a step, then again at another where the seed is odd, then lets it end.
fn one_runner(runs: u64) -> Tally {
    let mut tally = Tally::default();
    let steps: Vec<usize> = VERBS.iter().map(|verb| Scene::new(verb, None).steps()).collect();
    for seed in 0..runs {
        let mut random = Random(seed);
        let verb = random.below(VERBS.len());
        let scene = Scene::new(VERBS[verb], None);
        for _ in 0..=seed % 2 {
            let status = scene.run("runner", 1 + random.below(steps[verb]));
            tally.killed += usize::from(status.signal() == Some(9));
            assert!(status.success() || status.signal() == Some(9), "seed {seed}: {status}");
        }
        let last = scene.run("runner", 0);
        assert!(last.success(), "seed {seed}: {last}");
        scene.judge(&["runner"], &mut tally);
    }
    tally
}

/// The same with two machines on one database: both begin at once, each is killed somewhere; then both run again at once. The one
/// that has the key and the code goes on.
fn two_runners(runs: u64, server: &Postgres) -> Tally {
    let mut tally = Tally::default();
    for seed in 0..runs {
        let database = server.database(&format!("seed_{seed}"));
        let mut random = Random(seed);
        let scene = Scene::new(VERBS[random.below(VERBS.len())], Some(&database));
        let first = scene.start("left", 1 + random.below(40));
        let second = scene.start("right", 1 + random.below(80));
        for mut child in [first, second] {
            let status = child.wait().expect("it ends");
            tally.killed += usize::from(status.signal() == Some(9));
            assert!(status.success() || status.signal() == Some(9), "seed {seed}: {status}");
        }
        let again = [scene.start("left", 0), scene.start("right", 0)];
        for mut child in again {
            assert!(child.wait().expect("it ends").success(), "seed {seed}");
        }
        scene.judge(&["left", "right"], &mut tally);
    }
    tally
}

fn nothing_wrong(tally: Tally) -> Tally {
    Tally { orders_duplicated: 0, keys_lost: 0, states_wrong: 0, ..tally }
}

#[test]
fn a_process_that_is_killed_anywhere_and_run_again_orders_once_and_loses_nothing() {
    let tally = one_runner(16);
    assert_eq!(tally, nothing_wrong(tally));
}

#[test]
fn two_machines_on_one_database_that_are_killed_and_run_again_order_once_and_lose_nothing() {
    let Some(server) = Postgres::or_skip() else { return };
    let tally = two_runners(8, &server);
    assert_eq!(tally, nothing_wrong(tally));
}

#[test]
#[ignore = "200 runs each; `make judges`"]
#[allow(clippy::print_stdout)]
fn two_hundred_runs_of_each() {
    let one = one_runner(200);
    println!("| | runs | killed | orders duplicated | keys lost | states wrong |");
    println!("|---|---|---|---|---|---|");
    row("one machine, SQLite", one);
    assert_eq!(one, nothing_wrong(one));
    let Some(server) = Postgres::or_skip() else { return };
    let two = two_runners(200, &server);
    row("two machines, PostgreSQL", two);
    assert_eq!(two, nothing_wrong(two));
}

#[allow(clippy::print_stdout)]
fn row(name: &str, tally: Tally) {
    let Tally { runs, killed, orders_duplicated, keys_lost, states_wrong } = tally;
    println!("| {name} | {runs} | {killed} | {orders_duplicated} | {keys_lost} | {states_wrong} |");
}
