//! `cpskit trace verify`: whether traces are whole and unaltered.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::PathBuf;

use serde::Serialize;

use crate::cli::acts;
use crate::cli::args::trace::{Trace, TraceVerify};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::cli::output::text::{Facts, count};
use crate::trace::{End, Hash, Nature, Report, first_id, verify};

/// `cpskit.trace.verify/1`.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    emulated: bool,
    file: PathBuf,
    verdict: &'static str,
    reason: String,
    line: Option<u64>,
    trace: Option<String>,
    lines: u64,
    acts: u64,
    open_runs: u64,
    end: &'static str,
    head: Option<String>,
    known_heads: Vec<KnownHead>,
}

/// A hash that must be in the file.
#[derive(Serialize)]
struct KnownHead {
    origin: &'static str,
    hash: String,
    found: bool,
}

/// What a file of traces comes to, and why.
struct Verdict {
    name: &'static str,
    exit: Exit,
    reason: String,
    line: Option<u64>,
}

pub(super) fn run(args: &Trace, _context: &Context) -> Result<Outcome, Failure> {
    let Trace::Verify(args) = args;
    let given = args.head.as_deref().map(parse).transpose()?;
    let (report, kept) = read(args, given).map_err(|error| Failure::input(&args.file, &error))?;
    let is_found = |head: &Hash| !report.missing.contains(head);
    let known = [("given", given), ("this machine", kept)];
    let known: Vec<KnownHead> = known
        .into_iter()
        .filter_map(|(origin, head)| {
            let head = head?;
            Some(KnownHead { origin, hash: head.to_string(), found: is_found(&head) })
        })
        .collect();
    let verdict = Verdict::of(&report, &known);
    let head = report.head.map(|head| head.to_string());
    let mut facts = Facts::default();
    facts
        .add("verdict", Some(format!("{}: {}", verdict.name, verdict.reason)))
        .add("lines", Some(report.lines))
        .add("acts", Some(report.acts))
        .add("head", head.as_ref());
    let mut remarks = Vec::new();
    if report.open_runs > 0 && report.flawed.is_none() {
        let runs = count(report.open_runs, "run", "runs");
        remarks.push(format!("{runs} did not end: still going on, or cut short"));
    }
    let document = Document {
        schema: "cpskit.trace.verify/1",
        emulated: report.nature == Nature::Emulated,
        file: args.file.clone(),
        verdict: verdict.name,
        reason: verdict.reason,
        line: verdict.line,
        trace: report.id.map(|id| id.to_string()),
        lines: report.lines,
        acts: report.acts,
        open_runs: report.open_runs,
        end: match report.end {
            End::Sealed => "sealed",
            End::Open => "open",
            End::Torn => "torn",
        },
        head,
        known_heads: known,
    };
    let emulated =
        document.emulated.then_some("emulated: acts in these traces were done with a virtual card");
    Ok(Outcome::new(facts.render(), &document)
        .remarks(remarks)
        .labelled(emulated)
        .ending(verdict.exit))
}

fn parse(head: &str) -> Result<Hash, Failure> {
    Hash::parse(&head.to_ascii_lowercase()).ok_or_else(|| {
        Failure::arguments(
            "`--head` takes the 64 hexadecimal digits that `cpskit trace verify` prints",
        )
    })
}

/// The file, and the head of it that this machine kept.
fn read(args: &TraceVerify, given: Option<Hash>) -> io::Result<(Report, Option<Hash>)> {
    let open = || File::open(&args.file).map(BufReader::new);
    // Before the file is read: a program that appends meanwhile keeps the head after the line.
    let kept = first_id(open()?)?.and_then(|id| acts::heads()?.of(id));
    let heads: Vec<Hash> = given.into_iter().chain(kept).collect();
    Ok((verify(open()?, &heads)?, kept))
}

impl Verdict {
    fn of(report: &Report, known: &[KnownHead]) -> Self {
        let altered = |reason, line| Self { name: "altered", exit: Exit::Negative, reason, line };
        let open = |reason: &str| Self {
            name: "indeterminate",
            exit: Exit::Indeterminate,
            reason: reason.to_owned(),
            line: None,
        };
        if let Some(found) = report.flawed {
            return altered(format!("line {}: {}", found.line, found.flaw), Some(found.line));
        }
        if let Some(missing) = known.iter().find(|head| !head.found) {
            let whose = match missing.origin {
                "given" => "the head given with `--head`",
                _ => "the head that this machine kept",
            };
            let reason =
                format!("{whose} is not there: the end was cut, or all of it written anew");
            return altered(reason, None);
        }
        match (report.end, known) {
            (End::Torn, _) => open(
                "whole up to its last line, whose writing was cut short, as by a loss of power; the next run goes on after it",
            ),
            (_, []) => open(
                "whole as far as it goes, and nothing tells whether its end was cut: keep the head elsewhere, and give it with `--head`",
            ),
            (_, [..]) => Self {
                name: "whole",
                exit: Exit::Ok,
                reason: "every line is as it was written, and the known head is there".to_owned(),
                line: None,
            },
        }
    }
}
