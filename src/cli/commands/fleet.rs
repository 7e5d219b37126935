//! `cpskit fleet …`: the file, what is known of it, and what is to be done.

mod apply;
mod perform;
mod plan;
mod report;
mod status;

use std::collections::HashMap;
use std::path::Path;

use jiff::Timestamp;
use uuid::Uuid;

use crate::cli::args::fleet::Fleet as Args;
use crate::cli::context::Context;
use crate::cli::desk::Shelf;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::fleet::plan::{Known, Seen, Standing};
use crate::fleet::{Fleet, FleetError, files};
use crate::pki::{Report, Status};
use crate::platform::journal::{Order, State};
use crate::platform::lifecycle::Judge;
use crate::x509::Certificate;

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Failure> {
    match args {
        Args::Plan(args) => plan::run(args, context),
        Args::Apply(args) => apply::run(args, context),
        Args::Status(args) => status::run(args, context),
        Args::Report(args) => report::run(args, context),
    }
}

pub(super) fn read(path: &Path, context: &Context) -> Result<Fleet, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::input(path, &error))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    Fleet::parse(&text, folder, context.config.ps()).map_err(|error| unread(path, &error))
}

fn unread(path: &Path, FleetError(problems): &FleetError) -> Failure {
    let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let (first, others) =
        words.split_first().map_or(("", &[][..]), |(first, others)| (first.as_str(), others));
    let message = format!("`{}`: {first}", path.display());
    let mut failure = Failure::new("fleet.file", Exit::Usage, message);
    failure.causes = others.to_vec();
    failure.hint("`docs/reference/fleet-file.md` lists the keys; nothing was done")
}

/// What the journal and the files say now.
struct Board<'b> {
    shelf: &'b Shelf,
    orders: Vec<Order>,
    seen: HashMap<Uuid, Seen>,
    now: Timestamp,
}

impl<'b> Board<'b> {
    /// Of the orders that `admits` lets in. Without a judge, lists and OCSP are not asked.
    fn look(
        shelf: &'b Shelf,
        admits: impl Fn(&Order) -> bool,
        judge: Option<&dyn Judge>,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let orders: Vec<Order> = shelf.journal.orders()?.into_iter().filter(admits).collect();
        let here = &shelf.machine;
        let collected = orders.iter().filter(|order| order.state == State::Collected);
        let seen = collected
            .map(|order| {
                let standing = judge.map_or(Standing::Unknown, |judge| standing(order, judge));
                (order.reference, Seen { files: files::look(order, here), standing })
            })
            .collect();
        Ok(Self { shelf, orders, seen, now })
    }

    fn known(&self) -> Known<'_> {
        let Self { orders, seen, now, .. } = self;
        Known { orders, seen, here: &self.shelf.machine, now: *now }
    }

    fn is_emulated(&self, fleet: &Fleet) -> bool {
        let mut mine = self.orders.iter().filter(|order| order.fleet.as_ref() == Some(&fleet.name));
        mine.any(|order| order.emulated)
    }
}

fn standing(order: &Order, judge: &dyn Judge) -> Standing {
    let Some(certificate) = order.certificate.as_ref().and_then(|der| Certificate::parse(der).ok())
    else {
        return Standing::Unknown;
    };
    let report: Report = judge.judge(&certificate, &[]);
    match report.revocation.first().map(|first| first.status) {
        Some(Status::Revoked { at, .. }) => Standing::Revoked(Some(at)),
        Some(Status::Good) => Standing::Good,
        Some(Status::Unknown) | None => Standing::Unknown,
    }
}
