//! The three tables of a journal, and what is done with them: one set of statements for both databases, which number
//! parameters alike. Every column is text, so that both compare and keep it alike.

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use uuid::Uuid;

use super::document::{self, unreadable};
use super::{Entered, Identity, Installation, JournalError, KeyHash, Machine, Order, Step};

/// The version of the tables that this program makes and knows.
pub(super) const VERSION: i64 = 1;

/// The tables, from nothing to [`VERSION`]; `{serial}` is how the database numbers rows.
///
/// `slot` is the identity of an order for as long as no second one may stand beside it: two that enter at once meet there.
pub(super) const TABLES: &str = "
    CREATE TABLE orders (
        reference TEXT PRIMARY KEY, identity TEXT NOT NULL, slot TEXT UNIQUE, state TEXT NOT NULL, demand TEXT, serial TEXT,
        created TEXT NOT NULL, document TEXT NOT NULL
    );
    CREATE INDEX orders_identity ON orders (identity);
    CREATE TABLE history (
        number {serial}, reference TEXT NOT NULL REFERENCES orders, at TEXT NOT NULL, what TEXT NOT NULL, detail TEXT
    );
    CREATE INDEX history_reference ON history (reference);
    CREATE TABLE installations (
        number {serial}, key TEXT NOT NULL, machine TEXT NOT NULL, machine_name TEXT NOT NULL, file TEXT NOT NULL,
        at TEXT NOT NULL, UNIQUE (key, machine, file)
    );
";

/// What a database does inside one transaction. A row is its columns.
pub(super) trait Statements {
    /// Runs a statement; the number of rows it touched.
    fn run(&mut self, statement: &str, values: &[Option<&str>]) -> Result<u64, JournalError>;

    /// The rows that a statement gives.
    fn rows(
        &mut self,
        statement: &str,
        values: &[Option<&str>],
    ) -> Result<Vec<Vec<Option<String>>>, JournalError>;
}

/// As [`Journal::enter`](super::Journal::enter).
pub(super) fn enter(
    tables: &mut dyn Statements,
    order: &Order,
    at: Timestamp,
) -> Result<Entered, JournalError> {
    if let Some(taken) = self::order(tables, order.reference)? {
        return Ok(Entered::Already(Box::new(taken)));
    }
    let identity = text(&order.identity());
    let alike = tables.rows(
        "SELECT document FROM orders WHERE identity = $1 ORDER BY created, reference",
        &[Some(&identity)],
    )?;
    for row in alike {
        let other = document::read(&column(&row, 0)?)?;
        if !other.is_alive(at) {
            tables.run(
                "UPDATE orders SET slot = NULL WHERE reference = $1",
                &[Some(&other.reference.to_string())],
            )?;
        } else if !order.forced {
            return Ok(Entered::Already(Box::new(other)));
        }
    }
    let entered = tables.run(
        "INSERT INTO orders (reference, identity, slot, state, created, document)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        &[
            Some(&order.reference.to_string()),
            Some(&identity),
            (!order.forced).then_some(&identity),
            Some(order.state.name()),
            Some(&order.created.to_string()),
            Some(&document::write(order)?),
        ],
    )?;
    if entered == 1 {
        let step = Step { what: "entered".to_owned(), detail: None };
        note(tables, order.reference, &step, at)?;
        return Ok(Entered::New);
    }
    // Another entered between the two statements.
    let winner = tables.rows(
        "SELECT document FROM orders WHERE slot = $1 OR reference = $2",
        &[Some(&identity), Some(&order.reference.to_string())],
    )?;
    let winner = winner.first().ok_or(JournalError::Absent { reference: order.reference })?;
    Ok(Entered::Already(Box::new(document::read(&column(winner, 0)?)?)))
}

/// As [`Journal::write`](super::Journal::write).
pub(super) fn write(
    tables: &mut dyn Statements,
    order: &Order,
    step: &Step,
    at: Timestamp,
) -> Result<(), JournalError> {
    let serial = order.serial.as_ref().map(ToString::to_string);
    let written = tables.run(
        "UPDATE orders SET state = $1, demand = $2, serial = $3, document = $4, slot = CASE WHEN $5 = 'yes' THEN slot END
         WHERE reference = $6",
        &[
            Some(order.state.name()),
            order.demand.as_ref().map(|demand| demand.0.as_str()),
            serial.as_deref(),
            Some(&document::write(order)?),
            Some(if order.is_alive(at) { "yes" } else { "no" }),
            Some(&order.reference.to_string()),
        ],
    )?;
    if written == 0 {
        return Err(JournalError::Absent { reference: order.reference });
    }
    note(tables, order.reference, step, at)
}

/// As [`Journal::order`](super::Journal::order).
pub(super) fn order(
    tables: &mut dyn Statements,
    reference: Uuid,
) -> Result<Option<Order>, JournalError> {
    let rows = tables.rows(
        "SELECT document FROM orders WHERE reference = $1",
        &[Some(&reference.to_string())],
    )?;
    rows.first().map(|row| document::read(&column(row, 0)?)).transpose()
}

/// As [`Journal::orders`](super::Journal::orders).
pub(super) fn orders(tables: &mut dyn Statements) -> Result<Vec<Order>, JournalError> {
    let rows = tables.rows("SELECT document FROM orders", &[])?;
    let mut orders = rows
        .iter()
        .map(|row| document::read(&column(row, 0)?))
        .collect::<Result<Vec<_>, JournalError>>()?;
    // By instants, which as text do not sort: a fraction of a second is written when there is one.
    orders.sort_by_key(|order| (order.created, order.reference));
    Ok(orders)
}

/// As [`Journal::history`](super::Journal::history).
pub(super) fn history(
    tables: &mut dyn Statements,
    reference: Uuid,
) -> Result<Vec<(Timestamp, Step)>, JournalError> {
    let rows = tables.rows(
        "SELECT at, what, detail FROM history WHERE reference = $1 ORDER BY number",
        &[Some(&reference.to_string())],
    )?;
    let line = |row: &Vec<Option<String>>| {
        let detail = row.get(2).cloned().flatten();
        Ok((instant(&column(row, 0)?)?, Step { what: column(row, 1)?, detail }))
    };
    rows.iter().map(line).collect()
}

/// As [`Journal::install`](super::Journal::install).
pub(super) fn install(
    tables: &mut dyn Statements,
    installation: &Installation,
) -> Result<(), JournalError> {
    let file = installation
        .file
        .to_str()
        .ok_or_else(|| unreadable("a path in Unicode", &installation.file.to_string_lossy()))?;
    tables.run(
        "INSERT INTO installations (key, machine, machine_name, file, at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING",
        &[
            Some(&HEXLOWER.encode(&installation.key)),
            Some(&installation.machine.id.to_string()),
            Some(&installation.machine.name),
            Some(file),
            Some(&installation.at.to_string()),
        ],
    )?;
    Ok(())
}

/// As [`Journal::installations`](super::Journal::installations).
pub(super) fn installations(
    tables: &mut dyn Statements,
    key: KeyHash,
) -> Result<Vec<Installation>, JournalError> {
    let rows = tables.rows(
        "SELECT machine, machine_name, file, at FROM installations WHERE key = $1 ORDER BY number",
        &[Some(&HEXLOWER.encode(&key))],
    )?;
    let installation = |row: &Vec<Option<String>>| {
        let id = document::uuid("the identifier of a machine", &column(row, 0)?)?;
        Ok(Installation {
            key,
            machine: Machine { id, name: column(row, 1)? },
            file: PathBuf::from(column(row, 2)?),
            at: instant(&column(row, 3)?)?,
        })
    };
    rows.iter().map(installation).collect()
}

fn note(
    tables: &mut dyn Statements,
    reference: Uuid,
    step: &Step,
    at: Timestamp,
) -> Result<(), JournalError> {
    tables.run(
        "INSERT INTO history (reference, at, what, detail) VALUES ($1, $2, $3, $4)",
        &[
            Some(&reference.to_string()),
            Some(&at.to_string()),
            Some(&step.what),
            step.detail.as_deref(),
        ],
    )?;
    Ok(())
}

/// An identity as one text: no part can hold a line end.
fn text(Identity { platform, profile, want }: &Identity) -> String {
    format!("{platform}\n{profile}\n{want}")
}

fn column(row: &[Option<String>], number: usize) -> Result<String, JournalError> {
    let found = row.get(number).cloned().flatten();
    found.ok_or_else(|| unreadable("a value", "nothing"))
}

fn instant(text: &str) -> Result<Timestamp, JournalError> {
    text.parse().map_err(|_| unreadable("an instant", text))
}
