//! `cpskit fleet status`: how each card and certificate is, for a terminal and for CI.

mod junit;

use serde::Serialize;

use super::{Board, read};
use crate::cli::args::Format;
use crate::cli::args::fleet::FleetStatus;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::cli::output::text::table;
use crate::fleet::Opposition;
use crate::fleet::plan::{Condition, Holds, SeenFile, Standing};
use crate::fleet::status::{CardStatus, CertificateStatus, Need, Status, Stray, names};

/// `cpskit.fleet.status/1`.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    emulated: bool,
    fleet: String,
    at: jiff::Timestamp,
    to_do: usize,
    certificates: Vec<CertificatePart>,
    cards: Vec<CardPart>,
    strays: Vec<StrayPart>,
}

#[derive(Serialize)]
struct CertificatePart {
    name: String,
    emulated: bool,
    need: &'static str,
    action: &'static str,
    reason: String,
    product: String,
    structure: String,
    names: String,
    state: &'static str,
    order: Option<String>,
    serial: Option<String>,
    not_before: Option<jiff::Timestamp>,
    not_after: Option<jiff::Timestamp>,
    renew_from: Option<jiff::Timestamp>,
    renewed_by: String,
    machine: Option<String>,
    revoked: Option<bool>,
    files: Vec<FilePart>,
}

#[derive(Serialize)]
struct FilePart {
    path: String,
    holds: &'static str,
    condition: &'static str,
    mode: Option<String>,
}

#[derive(Serialize)]
struct CardPart {
    number: Option<String>,
    persona: String,
    family: Option<String>,
    holder: Option<String>,
    need: &'static str,
    action: &'static str,
    reason: String,
    opposition_on: Option<String>,
    opposition_certain: bool,
}

#[derive(Serialize)]
struct StrayPart {
    order: String,
    emulated: bool,
    product: String,
    names: String,
    state: &'static str,
    serial: Option<String>,
    not_after: Option<jiff::Timestamp>,
    reason: String,
}

pub(super) fn run(args: &FleetStatus, context: &Context) -> Result<Outcome, Failure> {
    let fleet = read(&args.fleet.file, context)?;
    let shelf = args.state.open()?;
    let board = Board::look(&shelf, |_| true, None, context.now())?;
    let status = Status::of(&fleet, &board.known());
    if context.printer.format == Format::Junit {
        return Ok(Outcome::rendered(junit::render(&status)));
    }
    let document = Document {
        schema: "cpskit.fleet.status/1",
        emulated: status.is_emulated(),
        fleet: status.fleet.clone(),
        at: status.at,
        to_do: status.count(Need::Now),
        certificates: status.certificates.iter().map(CertificatePart::from).collect(),
        cards: status.cards.iter().map(CardPart::from).collect(),
        strays: status.strays.iter().map(StrayPart::from).collect(),
    };
    Ok(Outcome::new(render(&status), &document))
}

fn render(status: &Status) -> String {
    let head =
        ["", "CERTIFICATE", "STATE", "UNTIL", "FILES", "WHAT IS TO BE DONE"].map(str::to_owned);
    let certificates = status.certificates.iter().map(|found| {
        [
            mark(found.need).to_owned(),
            found.wanted.name.clone(),
            found.state().to_owned(),
            found.validity.map_or_else(String::new, |validity| day(validity.end)),
            files(&found.seen.files),
            format!("{}: {}", found.action.what.name(), found.action.reason),
        ]
    });
    let cards = status.cards.iter().map(|found| {
        [
            mark(found.need).to_owned(),
            found.card.title(),
            found.opposition.map_or_else(String::new, |opposition| opposition.day().to_string()),
            format!("{}: {}", found.action.what.name(), found.action.reason),
        ]
    });
    let card_head = ["", "CARD", "OPPOSITION", "WHAT IS TO BE DONE"].map(str::to_owned);
    let strays = status.strays.iter().map(|stray| {
        let order = &stray.order;
        let what = format!("{} {}", order.want.product, names(&order.want.names));
        [order.reference.to_string(), what, order.state.name().to_owned(), stray.reason.clone()]
    });
    let mut parts = vec![table(std::iter::once(head).chain(certificates))];
    if !status.cards.is_empty() {
        parts.push(table(std::iter::once(card_head).chain(cards)));
    }
    if !status.strays.is_empty() {
        parts.push(format!("no longer in the file:\n{}", table(strays)));
    }
    parts.push(format!(
        "{} to do, {} soon, {} with nothing to do",
        status.count(Need::Now),
        status.count(Need::Soon),
        status.count(Need::Later)
    ));
    parts.join("\n\n")
}

fn mark(need: Need) -> &'static str {
    match need {
        Need::Now => "!",
        Need::Soon => "~",
        Need::Later => " ",
    }
}

fn day(instant: jiff::Timestamp) -> String {
    instant.strftime("%Y-%m-%d").to_string()
}

/// `right`, or what is wrong.
fn files(found: &[SeenFile]) -> String {
    let wrong = found
        .iter()
        .filter(|file| !matches!(file.condition, Condition::Right | Condition::Locked))
        .map(|file| format!("{} {}", holds(file.holds), condition(file.condition)));
    let wrong: Vec<String> = wrong.collect();
    match (found.is_empty(), wrong.is_empty()) {
        (true, _) => "-".to_owned(),
        (false, true) => "right".to_owned(),
        (false, false) => wrong.join(", "),
    }
}

fn holds(holds: Holds) -> &'static str {
    match holds {
        Holds::Certificate => "certificate",
        Holds::Key => "key",
    }
}

fn condition(condition: Condition) -> &'static str {
    match condition {
        Condition::Right => "right",
        Condition::Locked => "locked",
        Condition::Missing => "missing",
        Condition::Other => "other",
        Condition::Exposed(_) => "exposed",
        Condition::Unreadable => "unreadable",
    }
}

impl From<&CertificateStatus> for CertificatePart {
    fn from(found: &CertificateStatus) -> Self {
        let order = found.order.as_ref();
        Self {
            name: found.wanted.name.clone(),
            emulated: order.is_some_and(|order| order.emulated),
            need: found.need.name(),
            action: found.action.what.name(),
            reason: found.action.reason.clone(),
            product: found.wanted.want.product.to_string(),
            structure: found.wanted.want.structure.to_string(),
            names: names(&found.wanted.want.names),
            state: found.state(),
            order: order.map(|order| order.reference.to_string()),
            serial: order.and_then(|order| order.serial.as_ref()).map(ToString::to_string),
            not_before: found.validity.map(|validity| validity.start),
            not_after: found.validity.map(|validity| validity.end),
            renew_from: found.validity.map(|validity| validity.due),
            renewed_by: found.renewed_by().to_owned(),
            machine: order.map(|order| order.key.machine().name.clone()),
            revoked: match found.seen.standing {
                Standing::Unknown => None,
                Standing::Good => Some(false),
                Standing::Revoked(_) => Some(true),
            },
            files: found.seen.files.iter().map(FilePart::from).collect(),
        }
    }
}

impl From<&SeenFile> for FilePart {
    fn from(file: &SeenFile) -> Self {
        Self {
            path: file.path.display().to_string(),
            holds: holds(file.holds),
            condition: condition(file.condition),
            mode: match file.condition {
                Condition::Exposed(mode) => Some(format!("{mode:04o}")),
                _ => None,
            },
        }
    }
}

impl From<&CardStatus> for CardPart {
    fn from(found: &CardStatus) -> Self {
        let card = &found.card;
        Self {
            number: card.number.as_ref().map(ToString::to_string),
            persona: card.persona.clone(),
            family: card.family.clone(),
            holder: card.holder.clone(),
            need: found.need.name(),
            action: found.action.what.name(),
            reason: found.action.reason.clone(),
            opposition_on: found.opposition.map(|opposition| opposition.day().to_string()),
            opposition_certain: matches!(found.opposition, Some(Opposition::On(_))),
        }
    }
}

impl From<&Stray> for StrayPart {
    fn from(stray: &Stray) -> Self {
        let order = &stray.order;
        Self {
            order: order.reference.to_string(),
            emulated: order.emulated,
            product: order.want.product.to_string(),
            names: names(&order.want.names),
            state: order.state.name(),
            serial: order.serial.as_ref().map(ToString::to_string),
            not_after: stray.end,
            reason: stray.reason.clone(),
        }
    }
}
