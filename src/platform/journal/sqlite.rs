//! The journal in a file of the state folder. Each write is on the disk when it returns (write-ahead log, synchronous FULL).

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use uuid::Uuid;

use super::tables::{self, Statements, TABLES, VERSION};
use super::{Entered, Hold, Installation, Journal, JournalError, KeyHash, Order, Step};

/// How long another process may have the file, or an order, before that is an error.
const PATIENCE: Duration = Duration::from_secs(60);

/// The journal in `journal.sqlite` of a state folder.
#[derive(Debug)]
pub struct SqliteJournal {
    path: PathBuf,
    locks: PathBuf,
    connection: Mutex<Connection>,
}

/// An order that is held: a lock of the system on a file, which ends with the process.
#[derive(Debug)]
struct HeldFile(#[expect(dead_code, reason = "held, and let go of when it is dropped")] File);

impl Hold for HeldFile {}

impl SqliteJournal {
    /// Opens the journal of a state folder; the folder and the file are made when they are not there, for their owner alone.
    ///
    /// # Errors
    /// [`JournalError::File`], [`JournalError::Sqlite`], [`JournalError::Newer`].
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        let locks = folder.join("locks");
        own_folder(&locks).map_err(|cause| JournalError::File { path: locks.clone(), cause })?;
        let path = folder.join("journal.sqlite");
        own_file(&path).map_err(|cause| JournalError::File { path: path.clone(), cause })?;
        let mut connection =
            connect(&path).map_err(|cause| JournalError::Sqlite { path: path.clone(), cause })?;
        migrate(&path, &mut connection)?;
        Ok(Self { path, locks, connection: Mutex::new(connection) })
    }

    /// Runs work in one transaction, which begins as a writer's: two that read and then write do it one after the other.
    fn transact<T>(
        &self,
        work: impl FnOnce(&mut dyn Statements) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        let failed = |cause| JournalError::Sqlite { path: self.path.clone(), cause };
        // A thread that died in a transaction has rolled it back.
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let result = work(&mut SqliteStatements { path: &self.path, transaction: &transaction })?;
        transaction.commit().map_err(failed)?;
        Ok(result)
    }
}

impl Journal for SqliteJournal {
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
        let path = self.locks.join(reference.to_string());
        let failed = |cause| JournalError::File { path: path.clone(), cause };
        let mut options = OpenOptions::new();
        let file = own(&mut options).create(true).append(true).open(&path).map_err(failed)?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Box::new(HeldFile(file))),
                Err(TryLockError::Error(cause)) => return Err(failed(cause)),
                Err(TryLockError::WouldBlock) if begun.elapsed() > PATIENCE => {
                    return Err(JournalError::Held { reference });
                }
                // The system has no lock that waits for a bounded time.
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    fn install(&self, installation: &Installation) -> Result<(), JournalError> {
        self.transact(|tables| tables::install(tables, installation))
    }

    fn installations(&self, key: KeyHash) -> Result<Vec<Installation>, JournalError> {
        self.transact(|tables| tables::installations(tables, key))
    }
}

struct SqliteStatements<'t> {
    path: &'t Path,
    transaction: &'t Transaction<'t>,
}

impl SqliteStatements<'_> {
    fn failed(&self, cause: rusqlite::Error) -> JournalError {
        JournalError::Sqlite { path: self.path.to_owned(), cause }
    }
}

impl Statements for SqliteStatements<'_> {
    fn run(&mut self, statement: &str, values: &[Option<&str>]) -> Result<u64, JournalError> {
        let touched = self
            .transaction
            .prepare_cached(statement)
            .and_then(|mut statement| statement.execute(rusqlite::params_from_iter(values)))
            .map_err(|cause| self.failed(cause))?;
        Ok(u64::try_from(touched).expect("a count of rows fits"))
    }

    fn rows(
        &mut self,
        statement: &str,
        values: &[Option<&str>],
    ) -> Result<Vec<Vec<Option<String>>>, JournalError> {
        let rows = self.transaction.prepare_cached(statement).and_then(|mut statement| {
            let columns = statement.column_count();
            let row = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get(at)).collect();
            statement.query_map(rusqlite::params_from_iter(values), row)?.collect()
        });
        rows.map_err(|cause| self.failed(cause))
    }
}

fn connect(path: &Path) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    Ok(connection)
}

/// Brings the tables to [`VERSION`], forwards only.
fn migrate(path: &Path, connection: &mut Connection) -> Result<(), JournalError> {
    let failed = |cause| JournalError::Sqlite { path: path.to_owned(), cause };
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let found: i64 =
        transaction.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    if found > VERSION {
        return Err(JournalError::Newer { found, known: VERSION });
    }
    if found < 1 {
        let tables = TABLES.replace("{serial}", "INTEGER PRIMARY KEY");
        transaction.execute_batch(&tables).map_err(failed)?;
    }
    transaction.pragma_update(None, "user_version", VERSION).map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// Makes a folder, and those above that are not there, for the owner alone.
fn own_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

/// Makes the file when it is not there. SQLite gives the files beside it the same mode.
fn own_file(path: &Path) -> io::Result<()> {
    match own(&mut OpenOptions::new()).create_new(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        opened => {
            opened?.sync_all()?;
            match path.parent() {
                Some(folder) => File::open(folder)?.sync_all(),
                None => Ok(()),
            }
        }
    }
}

/// A file that is made is its owner's alone.
fn own(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}
