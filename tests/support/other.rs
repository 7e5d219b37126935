//! Another program that uses the card: this very test binary, started again, driven line by line.
//!
//! `libpcsclite` reads the address of its service once per process, and what two programs do to each other is the point:
//! so it is a process of its own. A test binary that wants one holds
//! `#[test] #[ignore] fn other_program() { other::serve() }` at its root.

use std::ffi::CString;
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use cpskit::transport::Transport as _;
use cpskit::transport::pcsc::{Patience, PcscCard};
use pcsc::{Card, Context, Disposition, Error, Protocols, ReaderState, Scope, ShareMode, State};

use super::pcscd::Pcscd;

/// What marks a line of ours between those of the test harness.
const MARK: &str = "@ ";

/// How long a card may take to come or go: vpcd looks every 400 ms.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running program. Dropped, it ends.
#[derive(Debug)]
pub(crate) struct Other {
    process: Child,
    orders: Option<ChildStdin>,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Other {
    /// Starts a program that talks to this service.
    pub(crate) fn start(service: &Pcscd) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("a path"));
        command.args(["--exact", "other_program", "--ignored", "--nocapture"]);
        service.env(&mut command).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("this binary starts");
        let orders = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        Self { process, orders, answers }
    }

    /// Gives an order without waiting for what comes of it.
    pub(crate) fn order(&mut self, order: &str) {
        let orders = self.orders.as_mut().expect("open until dropped");
        writeln!(orders, "{order}").expect("the other program reads");
    }

    /// What came of the last order.
    pub(crate) fn answer(&mut self) -> String {
        for line in self.answers.by_ref() {
            if let Some((_, answer)) = line.expect("text").split_once(MARK) {
                return answer.to_owned();
            }
        }
        panic!("the other program ended");
    }

    /// Gives an order and waits for what comes of it: `ok`, the bytes of an answer, or the name of an error.
    pub(crate) fn ask(&mut self, order: &str) -> String {
        self.order(order);
        self.answer()
    }

    /// As [`ask`](Self::ask), for an order that has to succeed.
    pub(crate) fn must(&mut self, order: &str) {
        assert_eq!(self.ask(order), "ok", "{order}");
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // The end of its orders ends it, unless it waits for the card.
        self.orders = None;
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The other program: obeys standard input until it ends.
///
/// Orders: `wait present|empty READER`, `connect shared|exclusive READER`, `transmit HEX`, `begin`, `end`, `reset` (as a
/// program that reconnects with a reset), `reconnect`, `disconnect`.
pub(crate) fn serve() {
    let mut program = Program { context: None, card: None, ours: None };
    let mut orders = std::io::stdin().lines().map(|line| line.expect("text"));
    while let Some(order) = orders.next() {
        let done = match (order.as_str(), program.card.as_mut()) {
            ("begin", Some(card)) => hold(card, &mut orders),
            _ => program.obey(&order),
        };
        say(done);
    }
}

struct Program {
    context: Option<Context>,
    card: Option<Card>,
    /// A connection of the library.
    ours: Option<PcscCard>,
}

impl Program {
    fn obey(&mut self, order: &str) -> Result<String, Error> {
        let (verb, rest) = order.split_once(' ').unwrap_or((order, ""));
        let (what, reader) = rest.split_once(' ').unwrap_or((rest, ""));
        match (verb, self.card.as_mut()) {
            ("wait", _) => self.wait(what, reader)?,
            ("open", _) => {
                self.ours = PcscCard::connect(rest, Patience::default()).ok();
            }
            ("presence", _) => {
                let ours = self.ours.as_mut().expect("opened before");
                return Ok(format!("{:?}", ours.presence()));
            }
            ("connect", _) => {
                let mode =
                    if what == "exclusive" { ShareMode::Exclusive } else { ShareMode::Shared };
                let reader = CString::new(reader).expect("no zero");
                self.card = Some(self.context()?.connect(&reader, mode, Protocols::ANY)?);
            }
            ("transmit", Some(card)) => return transmit(card, rest),
            ("reset", Some(card)) => {
                card.reconnect(ShareMode::Shared, Protocols::ANY, Disposition::ResetCard)?;
            }
            ("reconnect", Some(card)) => {
                card.reconnect(ShareMode::Shared, Protocols::ANY, Disposition::LeaveCard)?;
            }
            ("disconnect", Some(_)) => {
                let card = self.card.take().expect("just seen");
                card.disconnect(Disposition::LeaveCard).map_err(|(_, error)| error)?;
            }
            _ => panic!("no such order, or no card: {order}"),
        }
        Ok("ok".to_owned())
    }

    fn context(&mut self) -> Result<&Context, Error> {
        if self.context.is_none() {
            self.context = Some(Context::establish(Scope::User)?);
        }
        Ok(self.context.as_ref().expect("just made"))
    }

    fn wait(&mut self, what: &str, reader: &str) -> Result<(), Error> {
        let wanted = if what == "present" { State::PRESENT } else { State::EMPTY };
        let reader = CString::new(reader).expect("no zero");
        let context = self.context()?;
        let mut states = [ReaderState::new(reader, State::UNAWARE)];
        loop {
            context.get_status_change(PATIENCE, &mut states)?;
            let [state] = &mut states;
            // An unpowered card is present too; a card that is being powered is not yet usable.
            if state.event_state().contains(wanted) {
                return Ok(());
            }
            state.sync_current_state();
        }
    }
}

/// Holds a transaction until told to `end` it, or until there are no more orders.
fn hold(card: &mut Card, orders: &mut impl Iterator<Item = String>) -> Result<String, Error> {
    let transaction = card.transaction()?;
    say(Ok("ok".to_owned()));
    for order in orders {
        match order.split_once(' ') {
            Some(("transmit", bytes)) => say(transmit(&transaction, bytes)),
            _ => {
                let ended = transaction.end(Disposition::LeaveCard);
                return ended.map(|()| "ok".to_owned()).map_err(|(_, error)| error);
            }
        }
    }
    Ok("ok".to_owned())
}

fn transmit(card: &Card, bytes: &str) -> Result<String, Error> {
    let pairs = bytes.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).expect("ASCII");
        u8::from_str_radix(pair, 16).expect("hexadecimal")
    });
    let command: Vec<u8> = pairs.collect();
    let mut buffer = [0; pcsc::MAX_BUFFER_SIZE];
    let answer = card.transmit(&command, &mut buffer)?;
    Ok(answer.iter().map(|byte| format!("{byte:02X}")).collect())
}

#[allow(clippy::print_stdout)]
fn say(answer: Result<String, Error>) {
    let answer = answer.unwrap_or_else(|error| format!("{error:?}"));
    println!("{MARK}{answer}");
    std::io::stdout().flush().expect("the test reads");
}
