//! The journal of a team, in the schema `cpskit` of a PostgreSQL database. A commit is on the server's disk when it returns.

mod address;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use postgres::Client;
use postgres::error::SqlState;
use postgres::types::ToSql;
use uuid::Uuid;

pub use self::address::{Address, AddressError};
use super::tables::{self, Statements, TABLES, VERSION};
use super::{Entered, Hold, Installation, Journal, JournalError, KeyHash, Order, Step};

/// Whoever makes or changes the tables has this lock (`cpskit` in ASCII).
const MIGRATION: i64 = 0x6370_736b_6974;

/// The journal in a database that several machines share.
pub struct PostgresJournal {
    address: Address,
    client: Mutex<Client>,
}

/// An order that is held: an advisory lock of a session of its own, which ends with the connection, and so with the process.
struct HeldSession(#[expect(dead_code, reason = "held, and let go of when it is dropped")] Client);

impl Hold for HeldSession {}

impl PostgresJournal {
    /// Connects, and makes the tables when they are not there.
    ///
    /// # Errors
    /// [`JournalError::Postgres`], [`JournalError::Newer`].
    pub fn open(address: Address) -> Result<Self, JournalError> {
        let mut client = connect(&address)?;
        migrate(&mut client)?;
        Ok(Self { address, client: Mutex::new(client) })
    }

    /// Runs work in one transaction. A connection that was lost since the last one is made again: nothing was asked on it yet.
    fn transact<T>(
        &self,
        work: impl FnOnce(&mut dyn Statements) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        let mut client = self.client();
        if client.simple_query("").is_err() {
            *client = connect(&self.address)?;
        }
        let mut transaction = client.transaction().map_err(failed)?;
        let result = work(&mut PostgresStatements(&mut transaction))?;
        transaction.commit().map_err(failed)?;
        Ok(result)
    }

    fn client(&self) -> MutexGuard<'_, Client> {
        // A thread that died in a transaction has rolled it back.
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for PostgresJournal {
    fn enter(&self, order: &Order) -> Result<Entered, JournalError> {
        self.transact(|tables| tables::enter(tables, order, order.created))
    }

    fn write(&self, order: &Order, step: &Step, at: Timestamp) -> Result<(), JournalError> {
        self.transact(|tables| tables::write(tables, order, step, at))
    }

    fn order(&self, reference: Uuid) -> Result<Option<Order>, JournalError> {
        self.transact(|tables| tables::order(tables, reference))
    }

    fn orders(&self) -> Result<Vec<Order>, JournalError> {
        self.transact(|tables| tables::orders(tables))
    }

    fn history(&self, reference: Uuid) -> Result<Vec<(Timestamp, Step)>, JournalError> {
        self.transact(|tables| tables::history(tables, reference))
    }

    fn hold(&self, reference: Uuid) -> Result<Box<dyn Hold + '_>, JournalError> {
        let mut client = connect(&self.address)?;
        client.batch_execute("SET lock_timeout = '60s'").map_err(failed)?;
        // Half of a random UUID; two orders that share it wait for each other, and nothing else.
        let half = reference.as_u64_pair().0;
        match client.execute("SELECT pg_advisory_lock($1)", &[&half.cast_signed()]) {
            Ok(_) => Ok(Box::new(HeldSession(client))),
            Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                Err(JournalError::Held { reference })
            }
            Err(error) => Err(failed(error)),
        }
    }

    fn install(&self, installation: &Installation) -> Result<(), JournalError> {
        self.transact(|tables| tables::install(tables, installation))
    }

    fn installations(&self, key: KeyHash) -> Result<Vec<Installation>, JournalError> {
        self.transact(|tables| tables::installations(tables, key))
    }
}

/// Without the address, which may hold a password.
impl fmt::Debug for PostgresJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresJournal")
    }
}

impl fmt::Debug for HeldSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HeldSession")
    }
}

struct PostgresStatements<'t, 'c>(&'t mut postgres::Transaction<'c>);

impl Statements for PostgresStatements<'_, '_> {
    fn run(&mut self, statement: &str, values: &[Option<&str>]) -> Result<u64, JournalError> {
        self.0.execute(statement, &parameters(values)).map_err(failed)
    }

    fn rows(
        &mut self,
        statement: &str,
        values: &[Option<&str>],
    ) -> Result<Vec<Vec<Option<String>>>, JournalError> {
        let rows = self.0.query(statement, &parameters(values)).map_err(failed)?;
        let row = |row: &postgres::Row| (0..row.len()).map(|at| row.try_get(at)).collect();
        rows.iter().map(row).collect::<Result<_, _>>().map_err(failed)
    }
}

fn parameters<'v>(values: &'v [Option<&'v str>]) -> Vec<&'v (dyn ToSql + Sync)> {
    values.iter().map(|value| -> &(dyn ToSql + Sync) { value }).collect()
}

fn connect(address: &Address) -> Result<Client, JournalError> {
    let mut client = address.connect()?;
    client
        .batch_execute("SET search_path TO cpskit; SET synchronous_commit TO on")
        .map_err(failed)?;
    Ok(client)
}

/// Brings the tables to [`VERSION`], forwards only; of several that begin at once one does it.
fn migrate(client: &mut Client) -> Result<(), JournalError> {
    let mut transaction = client.transaction().map_err(failed)?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION]).map_err(failed)?;
    transaction
        .batch_execute(
            "CREATE SCHEMA IF NOT EXISTS cpskit; CREATE TABLE IF NOT EXISTS version (version BIGINT NOT NULL)",
        )
        .map_err(failed)?;
    let found: i64 = transaction
        .query_one("SELECT COALESCE(MAX(version), 0) FROM version", &[])
        .and_then(|row| row.try_get(0))
        .map_err(failed)?;
    if found > VERSION {
        return Err(JournalError::Newer { found, known: VERSION });
    }
    if found < 1 {
        let number = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY";
        transaction.batch_execute(&TABLES.replace("{serial}", number)).map_err(failed)?;
        transaction.execute("INSERT INTO version VALUES ($1)", &[&VERSION]).map_err(failed)?;
    }
    transaction.commit().map_err(failed)
}

fn failed(error: postgres::Error) -> JournalError {
    JournalError::Postgres(Box::new(error))
}
