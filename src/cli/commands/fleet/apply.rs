//! `cpskit fleet apply`: does what the plan says. What fails leaves the others going; run again, it goes on where it was.

use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use serde::Serialize;

use super::perform::{Bench, Done, Fate};
use super::plan::{Line, render};
use super::{Board, read};
use crate::cli::args::fleet::FleetApply;
use crate::cli::context::Context;
use crate::cli::desk::Desk;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::cli::output::text::clean;
use crate::fleet::plan::{Action, Doer, Prune, What, plan};
use crate::fleet::{Fleet, Superseded};
use crate::platform::lifecycle::{Changed, Judge};

/// `cpskit.fleet.apply/1`.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    emulated: bool,
    changed: bool,
    dry_run: bool,
    fleet: String,
    results: Vec<ResultPart>,
}

#[derive(Serialize)]
struct ResultPart {
    #[serde(flatten)]
    line: Line,
    outcome: &'static str,
    changed: bool,
    state: Option<&'static str>,
    serial: Option<String>,
    files: Vec<String>,
    steps: Vec<String>,
    error: Option<ErrorPart>,
}

#[derive(Serialize)]
struct ErrorPart {
    code: &'static str,
    message: String,
    hint: Option<String>,
    causes: Vec<String>,
}

pub(super) fn run(args: &FleetApply, context: &Context) -> Result<Outcome, Failure> {
    let fleet = read(&args.fleet.file, context)?;
    if args.prune && fleet.certificates.is_empty() {
        return Err(Failure::new(
            "fleet.empty",
            Exit::Usage,
            format!("`{}` wants no certificate: nothing is revoked", args.fleet.file.display()),
        )
        .hint(
            "a bad merge? What a fleet no longer needs is revoked with `cpskit platform revoke ID`",
        ));
    }
    let desk = args.port.open(context)?;
    let prune = if args.prune { Prune::Yes } else { Prune::No };
    let planned = planned(&fleet, &desk, &desk.judge, prune, context)?;
    bounded(&fleet, &planned, args.max_revocations)?;
    let to_do: Vec<Action> =
        planned.iter().filter(|action| action.what.doer() == Doer::Apply).cloned().collect();
    if args.consent.dry_run || to_do.is_empty() {
        let done = planned.into_iter().map(|action| (action, Done::nothing())).collect();
        return Ok(outcome(&fleet, &desk, done, args.consent.dry_run));
    }
    if !args.consent.yes {
        context.printer.remark(&render(&planned));
        if !context.confirms("do this?", "--yes")? {
            return Err(Failure::new("platform.declined", Exit::Usage, "nothing was done"));
        }
    }
    let password = args.port.client.password.given()?;
    let bench = Bench::new(&fleet, &desk, password.as_ref())?;
    // Certificates first; what is revoked is planned again, when the successors are here.
    let (revocations, orders): (Vec<Action>, Vec<Action>) =
        planned.into_iter().partition(|action| matches!(action.what, What::Revoke(..)));
    let mut done = perform(&bench, orders, args.jobs, context);
    let known: Vec<What> = revocations.into_iter().map(|action| action.what).collect();
    let judge = args.port.assessor(context)?;
    let again = self::planned(&fleet, &desk, &judge, prune, context)?;
    let revocations: Vec<Action> =
        again.into_iter().filter(|action| matches!(action.what, What::Revoke(..))).collect();
    // Another runner may have changed the world meanwhile: no more than was bounded before.
    let most = args.max_revocations.max(known.len());
    let revocations = revocations.into_iter().take(most).collect();
    done.extend(perform(&bench, revocations, args.jobs, context));
    Ok(outcome(&fleet, &desk, done, false))
}

fn planned(
    fleet: &Fleet,
    desk: &Desk,
    judge: &dyn Judge,
    prune: Prune,
    context: &Context,
) -> Result<Vec<Action>, Failure> {
    let (binding, endpoint) = (desk.port.binding(), desk.port.endpoint());
    let board = Board::look(
        &desk.shelf,
        |order| order.binding == binding && order.endpoint == endpoint,
        Some(judge),
        context.now(),
    )?;
    Ok(plan(fleet, &board.known(), prune))
}

/// Refused before anything is done: what is to be revoked now, and what is once its successor is here.
fn bounded(fleet: &Fleet, planned: &[Action], most: usize) -> Result<(), Failure> {
    let revoked =
        fleet.certificates.iter().filter(|wanted| wanted.renewal.old == Superseded::Revoked);
    let names: Vec<&str> = revoked.map(|wanted| wanted.name.as_str()).collect();
    let counts = |action: &&Action| match (&action.what, &action.subject) {
        (What::Revoke(..), _) => true,
        (What::Renew { .. }, crate::fleet::plan::Subject::Certificate(name)) => {
            names.contains(&name.as_str())
        }
        _ => false,
    };
    let number = planned.iter().filter(counts).count();
    if number <= most {
        return Ok(());
    }
    Err(Failure::new(
        "fleet.revocations",
        Exit::Usage,
        format!("{number} certificates would be revoked, and no more than {most} may be: nothing was done"),
    )
    .hint("a bad merge? `cpskit fleet plan --prune` lists them; `--max-revocations N` admits more"))
}

/// Each on a thread of its own, as many at a time as the user lets; in the order of the plan.
fn perform(
    bench: &Bench<'_>,
    actions: Vec<Action>,
    jobs: u8,
    context: &Context,
) -> Vec<(Action, Done)> {
    let mine = actions.iter().filter(|action| action.what.doer() == Doer::Apply).count();
    let progress = context.printer.slow_progress(mine);
    let one = |action: Action| {
        let done = bench.perform(&action);
        if action.what.doer() == Doer::Apply {
            progress.step();
        }
        (action, done)
    };
    match ThreadPoolBuilder::new().num_threads(usize::from(jobs)).build() {
        Ok(pool) => pool.install(|| actions.into_par_iter().with_max_len(1).map(one).collect()),
        Err(_) => actions.into_iter().map(one).collect(),
    }
}

fn outcome(fleet: &Fleet, desk: &Desk, done: Vec<(Action, Done)>, dry_run: bool) -> Outcome {
    let text = text(&done, dry_run);
    let exit = Exit::worst(done.iter().map(|(_, done)| done.exit()));
    let document = Document {
        schema: "cpskit.fleet.apply/1",
        emulated: desk.is_emulated(),
        changed: done.iter().any(|(_, done)| done.changed == Changed::Yes),
        dry_run,
        fleet: fleet.name.clone(),
        results: done.into_iter().map(ResultPart::from).collect(),
    };
    Outcome::new(text, &document).ending(exit)
}

fn text(done: &[(Action, Done)], dry_run: bool) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (action, done) in done {
        let Line { name, action: what, reason, .. } = Line::from(action);
        let would = if dry_run && action.what.doer() == Doer::Apply { "would " } else { "" };
        let what = match done.fate {
            Fate::Nothing => format!("{would}{what}: {reason}"),
            Fate::Done => format!("{what}: done"),
            Fate::Pending => {
                format!("{what}: the platform looks at it; run the same command again later")
            }
            Fate::ByHand(_) => format!("{what}: by hand"),
            Fate::HeldElsewhere(ref machine) => format!("{what}: {machine} was first, and has it"),
            Fate::Failed(ref failure) => format!("{what}: {}", failure.message),
        };
        lines.push(clean(&format!("{name}  {what}")));
        lines.extend(done.files().map(|file| format!("    {}", clean(&file))));
        match &done.fate {
            Fate::ByHand(steps) => {
                lines.extend(steps.iter().map(|step| format!("    {}", clean(step))));
            }
            Fate::Failed(failure) => {
                lines.extend(failure.hint.iter().map(|hint| format!("    hint: {hint}")));
            }
            Fate::Nothing | Fate::Done | Fate::Pending | Fate::HeldElsewhere(_) => {}
        }
    }
    let changed = done.iter().filter(|(_, done)| done.changed == Changed::Yes).count();
    lines.push(match changed {
        0 => "\nnothing changed".to_owned(),
        changed => format!("\n{changed} changed"),
    });
    lines.join("\n").trim_start().to_owned()
}

impl From<(Action, Done)> for ResultPart {
    fn from((action, done): (Action, Done)) -> Self {
        let files = done.files().collect();
        let (outcome, steps, error) = match done.fate {
            Fate::Nothing => ("nothing", Vec::new(), None),
            Fate::Done => ("done", Vec::new(), None),
            Fate::Pending => ("pending", Vec::new(), None),
            Fate::ByHand(steps) => ("by-hand", steps, None),
            Fate::HeldElsewhere(_) => ("held-elsewhere", Vec::new(), None),
            Fate::Failed(failure) => {
                let Failure { code, message, hint, causes, .. } = *failure;
                ("failed", Vec::new(), Some(ErrorPart { code, message, hint, causes }))
            }
        };
        Self {
            line: Line::from(&action),
            outcome,
            changed: done.changed == Changed::Yes,
            state: done.order.as_ref().map(|order| order.state.name()),
            serial: done
                .order
                .as_ref()
                .and_then(|order| order.serial.as_ref())
                .map(ToString::to_string),
            files,
            steps,
            error,
        }
    }
}
