//! `cpskit fleet plan`: what is to be done, and why. Nobody is told anything.

use serde::Serialize;

use super::{Board, read};
use crate::cli::args::fleet::FleetPlan;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::cli::output::text::{count, table};
use crate::fleet::plan::{Action, Doer, Prune, Subject, What, plan};

/// `cpskit.fleet.plan/1`.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    emulated: bool,
    fleet: String,
    at: jiff::Timestamp,
    to_do: usize,
    actions: Vec<Line>,
}

/// An action, as documents tell it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Line {
    subject: &'static str,
    pub(super) name: String,
    pub(super) action: &'static str,
    /// Who does it: `apply`, `somebody`, `nobody`.
    by: &'static str,
    order: Option<String>,
    pub(super) reason: String,
}

pub(super) fn run(args: &FleetPlan, context: &Context) -> Result<Outcome, Failure> {
    let fleet = read(&args.fleet.file, context)?;
    let shelf = args.port.state.open()?;
    let judge = args.port.assessor(context)?;
    let binding = args.port.binding.name();
    let endpoint = args.port.endpoint.as_deref().unwrap_or_default().trim_end_matches('/');
    let here = |order: &crate::platform::journal::Order| {
        order.binding == binding && order.endpoint.trim_end_matches('/') == endpoint
    };
    let board = Board::look(&shelf, here, Some(&judge), context.now())?;
    let prune = if args.prune { Prune::Yes } else { Prune::No };
    let actions = plan(&fleet, &board.known(), prune);
    let to_do = to_do(&actions);
    let document = Document {
        schema: "cpskit.fleet.plan/1",
        emulated: board.is_emulated(&fleet),
        fleet: fleet.name.clone(),
        at: context.now(),
        to_do,
        actions: actions.iter().map(Line::from).collect(),
    };
    let exit = if args.exit_code && to_do > 0 { Exit::Negative } else { Exit::Ok };
    Ok(Outcome::new(render(&actions), &document).ending(exit))
}

pub(super) fn to_do(actions: &[Action]) -> usize {
    actions.iter().filter(|action| action.what.doer() != Doer::Nobody).count()
}

/// For people: what is to be done first.
pub(super) fn render(actions: &[Action]) -> String {
    let (mut first, rest): (Vec<&Action>, Vec<&Action>) =
        actions.iter().partition(|action| action.what.doer() != Doer::Nobody);
    let number = first.len();
    first.extend(rest);
    let rows = first.into_iter().map(|action| {
        let line = Line::from(action);
        let mark = match action.what.doer() {
            Doer::Apply => "+",
            Doer::Somebody => "!",
            Doer::Nobody => " ",
        };
        [mark.to_owned(), line.name, line.action.to_owned(), line.reason]
    });
    let number = u64::try_from(number).unwrap_or(u64::MAX);
    let end = match number {
        0 => "nothing to do".to_owned(),
        number => format!("{} to do", count(number, "thing", "things")),
    };
    format!("{}\n\n{end}", table(rows)).trim_start().to_owned()
}

impl From<&Action> for Line {
    fn from(action: &Action) -> Self {
        let (subject, name) = match &action.subject {
            Subject::Certificate(name) => ("certificate", name.clone()),
            Subject::Card(title) => ("card", title.clone()),
            Subject::Stray(reference) => ("stray", reference.to_string()),
        };
        let reason = match &action.what {
            What::RenewByHand(somebody) => format!("{}; {somebody} renews it", action.reason),
            _ => action.reason.clone(),
        };
        Self {
            subject,
            name,
            action: action.what.name(),
            by: match action.what.doer() {
                Doer::Apply => "apply",
                Doer::Somebody => "somebody",
                Doer::Nobody => "nobody",
            },
            order: action.what.order().map(|order| order.to_string()),
            reason,
        }
    }
}
