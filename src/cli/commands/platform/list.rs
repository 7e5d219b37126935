//! `cpskit platform list`: the orders of the journal and of the platform.

use serde::Serialize;

use super::report::{OrderPart, ProgressPart, label, line};
use crate::cli::args::platform::PlatformList;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::cli::output::text::clean;
use crate::platform::lifecycle::Listed;

/// `cpskit.platform.list/1`.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    emulated: bool,
    orders: Vec<Row>,
    not_checked: Vec<String>,
}

#[derive(Serialize)]
struct Row {
    order: Option<OrderPart>,
    platform: Option<ProgressPart>,
}

pub(super) fn run(args: &PlatformList, context: &Context) -> Result<Outcome, Failure> {
    let desk = args.port.open(context)?;
    let listed = desk.lifecycle().list()?;
    let lines: Vec<String> = listed.iter().map(said).collect();
    let text = if lines.is_empty() { "none".to_owned() } else { lines.join("\n") };
    let emulated = desk.is_emulated()
        || listed.iter().any(|row| row.order.as_ref().is_some_and(|order| order.emulated));
    let document = Document {
        schema: "cpskit.platform.list/1",
        emulated,
        orders: listed
            .iter()
            .map(|row| Row {
                order: row.order.as_ref().map(OrderPart::from),
                platform: row.progress.as_ref().map(ProgressPart::from),
            })
            .collect(),
        not_checked: desk.not_checked(),
    };
    Ok(Outcome::new(clean(&text), &document).labelled(label(emulated)))
}

fn said(row: &Listed) -> String {
    let status = row.progress.as_ref().map(|progress| progress.status.name().to_owned());
    match (&row.order, &row.progress) {
        (Some(order), _) => {
            let status = status.map_or(String::new(), |status| format!("  [{status}]"));
            format!("{}{status}", line(order))
        }
        (None, Some(found)) => {
            let product = found.product.map_or(String::new(), |product| format!(" {product}"));
            format!("{}  [{}]{product}, not in this journal", found.id.0, found.status.name())
        }
        (None, None) => String::new(),
    }
}
