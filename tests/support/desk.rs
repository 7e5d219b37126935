//! A desk: a smart card service with its virtual reader, and cards to put in.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::cli::{self, Run};
use super::other::Other;
use super::pcscd::Pcscd;

/// The two slots of the virtual reader.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Slot {
    First,
    Second,
}

impl Slot {
    /// The name under which the service knows it.
    pub(crate) fn reader(self) -> &'static str {
        match self {
            Self::First => "Virtual PCD 00 00",
            Self::Second => "Virtual PCD 00 01",
        }
    }
}

/// A service of the test's own. One a test, since it starts in a tenth of a second: tests then neither wait for each
/// other's cards nor see them.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) service: Pcscd,
    watcher: RefCell<Other>,
}

impl Desk {
    /// A desk without a card, or a line that says what this machine lacks.
    pub(crate) fn or_skip() -> Option<Self> {
        let service = Pcscd::or_skip()?;
        let watcher = RefCell::new(Other::start(&service));
        Some(Self { service, watcher })
    }

    /// `cpskit` with these arguments, pointed at this service and not yet started.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = cli::command(args);
        self.service.env(&mut command);
        command
    }

    /// Runs `cpskit` on this service.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        cli::finish(&mut self.command(args))
    }

    /// As [`run`](Self::run), with `PIN` in the environment.
    pub(crate) fn run_with_pin(&self, pin: &str, args: &[&str]) -> Run {
        cli::finish(self.command(args).env("PIN", pin))
    }

    /// Another program on this service.
    pub(crate) fn other(&self) -> Other {
        Other::start(&self.service)
    }

    /// Puts a persona's card in, and waits until the service has seen it.
    pub(crate) fn insert(&self, slot: Slot, persona: &str) -> Inserted<'_> {
        self.emulate(slot, &["--persona", persona])
    }

    /// Runs `cpskit emulate card` with these arguments, and waits until the service has seen the card.
    pub(crate) fn emulate(&self, slot: Slot, args: &[&str]) -> Inserted<'_> {
        let address = self.address(slot);
        let mut command = cli::command(["emulate", "card", "--vpcd", &address]);
        let mut process = command
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("cpskit starts");
        let mut line = String::new();
        let mut stdout = BufReader::new(process.stdout.take().expect("a pipe"));
        stdout.read_line(&mut line).expect("text");
        let inserted = Inserted { process: Some(process), stdout, line, slot, desk: self };
        self.wait(slot, "present");
        inserted
    }

    /// `HOST:PORT` of a slot.
    pub(crate) fn address(&self, slot: Slot) -> String {
        let port = match slot {
            Slot::First => self.service.port(),
            Slot::Second => self.service.port2(),
        };
        format!("127.0.0.1:{port}")
    }

    /// Ends the service, cards in place.
    pub(crate) fn stop(&self) {
        self.service.interrupt();
    }

    /// Waits until the service says `present` or `empty` of a slot.
    pub(crate) fn wait(&self, slot: Slot, state: &str) {
        self.watcher.borrow_mut().must(&format!("wait {state} {}", slot.reader()));
    }
}

/// A card in a slot: a `cpskit emulate card` that runs. Dropped, it is interrupted.
#[derive(Debug)]
pub(crate) struct Inserted<'a> {
    process: Option<Child>,
    stdout: BufReader<std::process::ChildStdout>,
    /// What it said when the card was in place.
    pub(crate) line: String,
    slot: Slot,
    desk: &'a Desk,
}

impl Inserted<'_> {
    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.as_ref().expect("runs until removed").id()
    }

    /// Interrupts it with SIGTERM, waits until the service has seen the card leave, and says how it ended.
    pub(crate) fn remove(self) -> Run {
        self.end(Signal::TERM)
    }

    /// As [`remove`](Self::remove), with a signal of one's choice.
    pub(crate) fn end(mut self, signal: Signal) -> Run {
        let process = self.process.take().expect("runs until removed");
        interrupt(&process, signal);
        let run = finish(process, std::mem::take(&mut self.line), &mut self.stdout);
        self.desk.wait(self.slot, "empty");
        run
    }

    /// Waits for it to end by itself, and until the service has seen the card leave.
    pub(crate) fn left(self) -> Run {
        let (desk, slot) = (self.desk, self.slot);
        let run = self.process_end();
        desk.wait(slot, "empty");
        run
    }

    /// Waits for it to end by itself.
    pub(crate) fn process_end(mut self) -> Run {
        let process = self.process.take().expect("runs until removed");
        finish(process, std::mem::take(&mut self.line), &mut self.stdout)
    }
}

impl Drop for Inserted<'_> {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Sends a signal to a process of ours.
pub(crate) fn interrupt(process: &Child, signal: Signal) {
    let pid = i32::try_from(process.id()).ok().and_then(Pid::from_raw).expect("a process");
    kill_process(pid, signal).expect("it runs");
}

fn finish(process: Child, mut stdout: String, rest: &mut impl Read) -> Run {
    rest.read_to_string(&mut stdout).expect("text");
    let output = process.wait_with_output().expect("it ends");
    let stderr = String::from_utf8(output.stderr).expect("text");
    Run { code: output.status.code().expect("no signal ended cpskit"), stdout, stderr }
}
