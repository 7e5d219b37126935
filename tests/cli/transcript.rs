//! Transcripts of runs, compared whole with those in `tests/cli/snapshots`. `CPSKIT_BLESS=1` writes them anew: read the
//! difference before committing it.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use cpskit::emulate::Persona;

use crate::support::cli::{Run, command, finish};

/// Runs as a terminal shows them: the command, its standard output, its standard error after `!`, its exit code.
#[derive(Default)]
pub(crate) struct Transcript(String);

impl Transcript {
    /// Runs a command, with `PIN=1234` in its environment.
    pub(crate) fn run(&mut self, args: &[&str]) -> &mut Self {
        let run = finish(command(args).env("PIN", "1234"));
        self.add(args, &run)
    }

    /// Adds a run that was made.
    pub(crate) fn add(&mut self, args: &[&str], run: &Run) -> &mut Self {
        let text = &mut self.0;
        writeln!(text, "$ cpskit {}\n{}", args.join(" "), run.stdout).expect("memory");
        for line in run.stderr.lines() {
            writeln!(text, "! {line}").expect("memory");
        }
        writeln!(text, "exit {}\n", run.code).expect("memory");
        self
    }

    /// Runs a command on the card of each persona.
    pub(crate) fn on_each_persona(&mut self, args: &[&str]) -> &mut Self {
        for persona in Persona::list() {
            let emulated = format!("--emulated={persona}");
            self.run(&[args, &[emulated.as_str()]].concat());
        }
        self
    }

    /// Compares with the transcript of this name.
    pub(crate) fn is(&self, name: &str) {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/snapshots");
        let path = PathBuf::from(folder).join(format!("{name}.txt"));
        if std::env::var_os("CPSKIT_BLESS").is_some() {
            fs::write(&path, &self.0).expect("written");
        }
        let expected = fs::read_to_string(&path).expect("a transcript");
        let differs = self.0.lines().zip(expected.lines()).find(|(now, then)| now != then);
        assert!(self.0 == expected, "{name} has changed, first in {differs:?}:\n{}", self.0);
    }
}
