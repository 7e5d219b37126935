//! The journal, in SQLite and in PostgreSQL: the same rules for both.

use std::fs;
use std::path::{Path, PathBuf};

use cpskit::id::StructureId;
use cpskit::platform::journal::postgres::{Address, PostgresJournal};
use cpskit::platform::journal::sqlite::SqliteJournal;
use cpskit::platform::journal::{
    Entered, Installation, Journal, JournalError, Key, Machine, MadeKey, Order, State, Step,
};
use cpskit::platform::port::{Acceptance, DemandId, Reason};
use cpskit::platform::product::Product;
use cpskit::platform::want::{Names, Want};
use cpskit::x509::Serial;
use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use crate::support::postgres::Postgres;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).expect("an instant")
}

fn machine() -> Machine {
    Machine { id: Uuid::from_u128(7), name: "poste".to_owned() }
}

fn order(reference: u128, service: &str) -> Order {
    let product = Product::all().next().expect("ORG AUTH_CLI");
    Order {
        reference: Uuid::from_u128(reference),
        binding: "rest".to_owned(),
        endpoint: "https://localhost:1".to_owned(),
        emulated: true,
        profile: None,
        card: None,
        fleet: None,
        contact: None,
        want: Want {
            product,
            structure: StructureId::parse("10B0000001").expect("a structure"),
            names: Names::Service(service.to_owned()),
        },
        forced: false,
        key: Key::Local { machine: machine(), made: None },
        state: State::Prepared,
        demand: None,
        certificate: None,
        serial: None,
        files: Vec::new(),
        acceptance: None,
        reason: None,
        revoked_at: None,
        published_at: None,
        refusal: None,
        created: at(0),
        updated: at(0),
    }
}

fn step(what: &str) -> Step {
    Step { what: what.to_owned(), detail: None }
}

/// Two journals on the same place, as two processes have them; each rule is tried on both kinds.
fn on_both(rule: impl Fn(&dyn Journal, &dyn Journal)) {
    let folder = tempfile::tempdir().expect("a folder");
    let open = || SqliteJournal::open(folder.path()).expect("a journal");
    rule(&open(), &open());
    let Some(server) = Postgres::or_skip() else { return };
    let url = server.database("rule");
    let open =
        || PostgresJournal::open(Address::parse(&url).expect("an address")).expect("a journal");
    rule(&open(), &open());
}

#[test]
fn what_is_entered_and_written_is_there_for_another_process() {
    on_both(|one, other| {
        let mut order = order(1, "essai");
        assert_eq!(one.enter(&order).expect("entered"), Entered::New);
        order.state = State::Sending;
        order.updated = at(1);
        one.write(&order, &step("request-leaves"), at(1)).expect("written");
        assert_eq!(other.order(order.reference).expect("read"), Some(order.clone()));
        assert_eq!(other.orders().expect("read"), [order.clone()]);
        let history = vec![(at(0), step("entered")), (at(1), step("request-leaves"))];
        assert_eq!(other.history(order.reference).expect("read"), history);
    });
}

#[test]
fn one_order_is_entered_for_the_same_want_until_it_has_ended() {
    on_both(|one, other| {
        let mut first = order(1, "essai");
        assert_eq!(one.enter(&first).expect("entered"), Entered::New);
        let again = order(2, "essai");
        assert_eq!(
            other.enter(&again).expect("entered"),
            Entered::Already(Box::new(first.clone()))
        );
        first.state = State::Refused;
        one.write(&first, &step("request-refused"), at(1)).expect("written");
        assert_eq!(other.enter(&again).expect("entered"), Entered::New);
        assert_eq!(other.enter(&order(3, "autre")).expect("entered"), Entered::New);
    });
}

#[test]
fn a_forced_order_stands_beside_another_and_a_reference_is_taken_once() {
    on_both(|one, other| {
        one.enter(&order(1, "essai")).expect("entered");
        let forced = Order { forced: true, ..order(2, "essai") };
        assert_eq!(other.enter(&forced).expect("entered"), Entered::New);
        let taken = Order { forced: true, ..order(2, "autre") };
        assert_eq!(other.enter(&taken).expect("entered"), Entered::Already(Box::new(forced)));
    });
}

#[test]
fn of_many_that_enter_at_once_one_does() {
    on_both(|one, other| {
        let enter = |reference: u128| {
            let journal = if reference.is_multiple_of(2) { one } else { other };
            journal.enter(&order(reference, "essai")).expect("entered") == Entered::New
        };
        let entered = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|reference| scope.spawn(move || enter(reference))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("ends"))
                .filter(|new| *new)
                .count()
        });
        assert_eq!(entered, 1);
    });
}

#[test]
fn an_order_that_is_held_is_waited_for() {
    on_both(|one, other| {
        let reference = Uuid::from_u128(1);
        let held = std::sync::atomic::AtomicBool::new(true);
        std::thread::scope(|scope| {
            let hold = one.hold(reference).expect("held");
            let waiting = scope.spawn(|| {
                let _hold = other.hold(reference).expect("held");
                held.load(std::sync::atomic::Ordering::SeqCst)
            });
            // Another order is not waited for.
            drop(other.hold(Uuid::from_u128(1 << 100)).expect("held"));
            held.store(false, std::sync::atomic::Ordering::SeqCst);
            drop(hold);
            assert!(!waiting.join().expect("ends"));
        });
    });
}

#[test]
fn an_order_that_was_not_entered_is_not_written() {
    on_both(|one, _| {
        let error = one.write(&order(1, "essai"), &step("x"), at(0)).expect_err("nothing there");
        assert!(matches!(error, JournalError::Absent { .. }), "{error}");
    });
}

#[test]
fn a_place_of_a_key_is_noted_once() {
    on_both(|one, other| {
        let installation =
            Installation { key: [3; 32], machine: machine(), file: "/a".into(), at: at(0) };
        one.install(&installation).expect("noted");
        one.install(&Installation { at: at(9), ..installation.clone() }).expect("noted");
        assert_eq!(other.installations([3; 32]).expect("read"), [installation]);
        assert_eq!(other.installations([4; 32]).expect("read"), []);
    });
}

#[test]
fn a_journal_of_a_later_version_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(SqliteJournal::open(folder.path()).expect("a journal"));
    let file = rusqlite::Connection::open(folder.path().join("journal.sqlite")).expect("opened");
    file.pragma_update(None, "user_version", 99).expect("written");
    let error = SqliteJournal::open(folder.path()).expect_err("of another version");
    assert_eq!(error.to_string(), "the journal is of version 99, and this cpskit knows 1");
}

#[test]
fn a_file_that_is_no_journal_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("journal.sqlite");
    fs::write(&file, [0x5A; 4096]).expect("written");
    let error = SqliteJournal::open(folder.path()).expect_err("no database");
    assert!(error.to_string().starts_with(&format!("the journal {}", file.display())), "{error}");
}

#[test]
fn the_files_of_a_journal_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state");
    let journal = SqliteJournal::open(&state).expect("a journal");
    journal.enter(&order(1, "essai")).expect("entered");
    let _hold = journal.hold(Uuid::from_u128(1)).expect("held");
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(&state), mode(&state.join("locks"))), (0o700, 0o700));
    let files: Vec<PathBuf> = [&state, &state.join("locks")]
        .into_iter()
        .flat_map(|folder| fs::read_dir(folder).expect("a folder"))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_file())
        .collect();
    assert!(files.len() >= 3, "{files:?}");
    assert_eq!(files.iter().filter(|file| mode(file) != 0o600).count(), 0);
}

#[test]
fn a_server_elsewhere_is_spoken_to_over_tls_or_not_at_all() {
    let refused = |url: &str| Address::parse(url).expect_err("refused").to_string();
    assert_eq!(
        refused("postgres://u:secret@db.example.fr/j?sslmode=disable"),
        "the address of the journal in PostgreSQL: `sslmode=disable` is for a server on this machine; this one is elsewhere"
    );
    assert_eq!(
        refused("postgres://u:secret@127.0.0.1/j?hostaddr=192.0.2.1&sslmode=disable"),
        refused("postgres://u:secret@db.example.fr/j?sslmode=disable")
    );
    for local in ["127.0.0.1", "[::1]", "localhost"] {
        Address::parse(&format!("postgres://u:secret@{local}/j?sslmode=disable")).expect("local");
    }
}

#[test]
fn the_address_of_a_database_is_in_no_error_and_in_no_debug_text() {
    for url in [
        "mysql://u:secret@h/j",
        "postgres://u:secret@h:port/j",
        "postgres://u:secret@h/j?sslmode=x",
    ] {
        let error = Address::parse(url).expect_err("refused");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
    let address = Address::parse("postgres://u:secret@127.0.0.1:1/j").expect("an address");
    assert!(!format!("{address:?}").contains("secret"));
    let error = PostgresJournal::open(address).expect_err("nothing listens");
    assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_order_comes_back_as_it_was_written(order in orders()) {
        let folder = tempfile::tempdir().expect("a folder");
        let journal = SqliteJournal::open(folder.path()).expect("a journal");
        prop_assert_eq!(journal.enter(&order).expect("entered"), Entered::New);
        prop_assert_eq!(journal.order(order.reference).expect("read"), Some(order));
    }
}

fn orders() -> impl Strategy<Value = Order> {
    let names = prop_oneof![
        any::<String>().prop_map(Names::Service),
        (any::<String>(), prop::collection::vec(any::<String>(), 0..3))
            .prop_map(|(fqdn, others)| Names::Server { fqdn, others }),
        any::<String>().prop_map(Names::Mailbox),
        Just(Names::Holder),
    ];
    let product = prop::sample::select(Product::all().collect::<Vec<_>>());
    let made = (any::<[u8; 32]>(), any::<String>(), any::<Vec<u8>>())
        .prop_map(|(hash, file, csr)| MadeKey { hash, file: file.into(), csr });
    let key = (any::<u128>(), any::<String>(), any::<bool>(), prop::option::of(made)).prop_map(
        |(id, name, local, made)| {
            let machine = Machine { id: Uuid::from_u128(id), name };
            if local { Key::Local { machine, made } } else { Key::Platform { machine } }
        },
    );
    let reasons = [
        Reason::Lost,
        Reason::Stolen,
        Reason::Compromised,
        Reason::Changed,
        Reason::Superseded,
        Reason::Ceased,
        Reason::Other,
    ];
    let instant = (0..4_000_000_000_i64, 0..1_000_000_000_i32)
        .prop_map(|(second, nano)| Timestamp::new(second, nano).expect("an instant"));
    let words = || prop::option::of(any::<String>());
    let texts = (words(), words(), words(), words(), words(), any::<bool>(), any::<bool>());
    let ends = (
        prop::sample::select(State::ALL.to_vec()),
        prop::option::of(prop::sample::select(reasons.to_vec())),
        prop::option::of(any::<Vec<u8>>()),
        prop::option::of(prop::collection::vec(any::<u8>(), 1..20)),
        prop::collection::vec(any::<String>(), 0..3),
        prop::option::of((any::<String>(), any::<String>(), words())),
        prop::option::of(instant.clone()),
        prop::option::of(instant.clone()),
        instant.clone(),
        instant,
    );
    (any::<u128>(), product, names, key, texts, ends).prop_map(
        |(reference, product, names, key, texts, ends)| {
            let (profile, card, fleet, contact, demand, emulated, forced) = texts;
            let (state, reason, certificate, serial, files, accepted, revoked, published, c, u) =
                ends;
            let mut order = order(reference, "");
            order.want.product = product;
            order.want.names = names;
            Order {
                profile,
                card,
                fleet,
                contact: contact.clone(),
                emulated,
                forced,
                key,
                state,
                demand: demand.map(DemandId),
                certificate,
                serial: serial.and_then(|octets| Serial::from_content(&octets)),
                files: files.into_iter().map(PathBuf::from).collect(),
                acceptance: accepted.map(|(cgu, pc, by)| Acceptance { cgu, pc, by }),
                reason,
                revoked_at: revoked,
                published_at: published,
                refusal: contact,
                created: c,
                updated: u,
                ..order
            }
        },
    )
}
