//! `cpskit platform …`: each verb goes on where its last run ended.

mod habilitations;
mod list;
mod order;
mod report;
mod retrieve;
mod revoke;
mod track;

use uuid::Uuid;

use crate::cli::args::platform::Platform;
use crate::cli::context::Context;
use crate::cli::desk::Shelf;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::platform::journal::Order;

pub(super) fn run(args: &Platform, context: &Context) -> Result<Outcome, Failure> {
    match args {
        Platform::Habilitations(args) => habilitations::run(args, context),
        Platform::Order(args) => order::run(args, context),
        Platform::List(args) => list::run(args, context),
        Platform::Track(args) => track::run(args, context),
        Platform::Retrieve(args) => retrieve::run(args, context),
        Platform::Revoke(args) => revoke::run(args, context),
    }
}

/// The order that was named: by our reference, the platform's number, or the serial number of its certificate.
fn named(shelf: &Shelf, id: &str) -> Result<Order, Failure> {
    if let Ok(reference) = Uuid::parse_str(id)
        && let Some(order) = shelf.journal.order(reference)?
    {
        return Ok(order);
    }
    let serial = id.to_ascii_lowercase();
    let orders = shelf.journal.orders()?;
    let mut found = orders.into_iter().filter(|order| {
        order.demand.as_ref().is_some_and(|demand| demand.0 == id)
            || order.serial.as_ref().is_some_and(|found| found.to_string() == serial)
    });
    match (found.next(), found.next()) {
        (Some(order), None) => Ok(order),
        (Some(_), Some(_)) => Err(Failure::new(
            "platform.order.ambiguous",
            Exit::Usage,
            format!("`{id}` names several orders of the journal"),
        )
        .hint("name one by its reference, as `cpskit platform list` shows it")),
        (None, _) => Err(Failure::new(
            "platform.order.unknown",
            Exit::Usage,
            format!("`{id}` names no order of the journal"),
        )
        .hint("`cpskit platform list` shows them; `--state DIR` names another folder")),
    }
}
