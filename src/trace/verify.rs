//! Reading a whole file of traces: is it what was written?

use std::collections::{HashMap, HashSet};
use std::io::{self, BufRead, Read};

use super::act::Nature;
use super::line::{Flaw, Kind, LONGEST, Line};
use super::{Hash, Id};

/// What a file of traces comes to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// Whether any line is about a virtual card.
    pub nature: Nature,
    /// The identifier in its first line.
    pub id: Option<Id>,
    /// Lines that are right, from the first.
    pub lines: u64,
    /// Acts among them.
    pub acts: u64,
    /// Runs that did not end: still going on, or cut short.
    pub open_runs: u64,
    /// Hash of the last line that is right.
    pub head: Option<Hash>,
    /// How it ends.
    pub end: End,
    /// What is wrong, at the first line where something is. What follows was not looked at.
    pub flawed: Option<Flawed>,
    /// Of the heads that were to be found, those that are not there.
    pub missing: Vec<Hash>,
}

/// How a file of traces ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// With the end of a run.
    Sealed,
    /// After an act: its run goes on, or was cut short.
    Open,
    /// Inside a line whose writing was cut short: a loss of power, or a file that was cut there.
    Torn,
}

/// A line, and what is wrong with it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Flawed {
    /// Counted from 1.
    pub line: u64,
    /// What is wrong.
    pub flaw: Flaw,
}

/// Reads all of it, in memory that grows with the runs and not with the lines. `heads` are hashes of lines that must be
/// there.
///
/// # Errors
/// Those of the reader.
pub fn verify(mut reader: impl BufRead, heads: &[Hash]) -> io::Result<Report> {
    let mut chain = Chain::default();
    let mut missing: HashSet<Hash> = heads.iter().copied().collect();
    let mut flawed = None;
    let mut torn = false;
    let mut line = Vec::new();
    loop {
        line.clear();
        let limit = u64::try_from(LONGEST).unwrap_or(u64::MAX);
        reader.by_ref().take(limit).read_until(b'\n', &mut line)?;
        let Some((last, content)) = line.split_last() else { break };
        let whole = *last == b'\n';
        if !whole && (line.len() < LONGEST && (Line::is_torn(&line) || Line::parse(&line).is_ok()))
        {
            torn = true;
            break;
        }
        let read = if whole { Line::parse(content) } else { Err(Flaw::Form) };
        match read.and_then(|line| chain.take(&line).map(|()| line)) {
            Ok(line) => {
                missing.remove(&line.hash);
            }
            Err(flaw) => {
                flawed = Some(Flawed { line: chain.lines + 1, flaw });
                break;
            }
        }
    }
    let open_runs = chain.runs.values().filter(|run| matches!(run, Run::Open(_))).count();
    Ok(Report {
        nature: chain.nature,
        id: chain.id,
        lines: chain.lines,
        acts: chain.acts,
        open_runs: u64::try_from(open_runs).unwrap_or(u64::MAX),
        head: (chain.lines > 0).then_some(chain.head),
        end: match (torn, chain.last) {
            (true, _) => End::Torn,
            (false, Some(Kind::Close)) => End::Sealed,
            (false, _) => End::Open,
        },
        flawed,
        missing: heads.iter().filter(|head| missing.contains(head)).copied().collect(),
    })
}

/// The identifier in the first line, when that line is right.
///
/// # Errors
/// Those of the reader.
pub fn first_id(mut reader: impl BufRead) -> io::Result<Option<Id>> {
    let mut line = Vec::new();
    reader
        .by_ref()
        .take(u64::try_from(LONGEST).unwrap_or(u64::MAX))
        .read_until(b'\n', &mut line)?;
    let content = line.strip_suffix(b"\n").unwrap_or(&line);
    Ok(Line::parse(content).ok().and_then(|line| line.trace))
}

/// The lines so far.
struct Chain {
    nature: Nature,
    id: Option<Id>,
    lines: u64,
    acts: u64,
    head: Hash,
    last: Option<Kind>,
    runs: HashMap<Id, Run>,
}

#[derive(Clone, Copy)]
enum Run {
    Ended,
    Open(u64),
}

impl Default for Chain {
    fn default() -> Self {
        let runs = HashMap::new();
        Self {
            nature: Nature::Real,
            id: None,
            lines: 0,
            acts: 0,
            head: Hash::NONE,
            last: None,
            runs,
        }
    }
}

impl Chain {
    /// Takes the next line when it follows.
    fn take(&mut self, line: &Line) -> Result<(), Flaw> {
        if (line.kind == Kind::Open) != (self.lines == 0) {
            return Err(Flaw::Opening);
        }
        if line.seq != self.lines {
            return Err(Flaw::Sequence { expected: self.lines, found: line.seq });
        }
        if line.previous != self.head {
            return Err(Flaw::Previous);
        }
        let run = self.runs.entry(line.run).or_insert(Run::Open(0));
        let Run::Open(acts) = run else { return Err(Flaw::Ended) };
        match (line.kind, line.acts) {
            (Kind::Act, _) => {
                *acts += 1;
                self.acts += 1;
            }
            (Kind::Close, Some(counted)) if counted != *acts => {
                return Err(Flaw::Count { counted, found: *acts });
            }
            (Kind::Close, _) => *run = Run::Ended,
            (Kind::Open | Kind::Mend, _) => {}
        }
        if line.nature == Nature::Emulated {
            self.nature = line.nature;
        }
        self.id = self.id.or(line.trace);
        self.lines += 1;
        self.head = line.hash;
        self.last = Some(line.kind);
        Ok(())
    }
}
