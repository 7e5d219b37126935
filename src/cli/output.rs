//! The printer, which alone prints: data on standard output, all else on standard error.

pub(super) mod github;
pub(super) mod json;
pub(super) mod junit;
pub(super) mod progress;
pub(super) mod sarif;
pub(super) mod text;

use std::ffi::OsString;
use std::io::{self, BufWriter, ErrorKind, Write};

use anstream::{AutoStream, ColorChoice};
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::args::{Color, Format};
use super::exit::Exit;
use super::failure::Failure;

/// What a command came to.
#[derive(Debug)]
pub(super) struct Outcome {
    /// For people.
    pub(super) text: String,
    /// Printed as they are in place of the text.
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// The document, `None` for commands whose text is the contract (completions, manual).
    pub(super) document: Option<Value>,
    /// Said on standard error after the result: what was left out.
    pub(super) remarks: Vec<String>,
    /// Said on standard error even when quiet: that the result is emulated.
    pub(super) label: Option<&'static str>,
    /// A negative answer that comes with its document: said as an error, after it.
    pub(super) failure: Option<Failure>,
    /// What it comes to, where nothing is said as an error.
    pub(super) exit: Exit,
}

impl Outcome {
    /// A result with its two renderings.
    pub(super) fn new(text: String, document: &impl Serialize) -> Self {
        let document = serde_json::to_value(document).expect("documents are plain data");
        Self {
            text,
            bytes: Zeroizing::default(),
            document: Some(document),
            remarks: Vec::new(),
            label: None,
            failure: None,
            exit: Exit::Ok,
        }
    }

    /// A document alone, where the text was not asked for.
    pub(super) fn document(document: Value) -> Self {
        Self { document: Some(document), ..Self::plain(String::new()) }
    }

    /// Rendered already in the format asked for, which is neither text nor JSON.
    pub(super) fn rendered(text: String) -> Self {
        Self::plain(text)
    }

    /// Text that is the same in every format.
    pub(super) fn plain(text: String) -> Self {
        Self {
            text,
            bytes: Zeroizing::default(),
            document: None,
            remarks: Vec::new(),
            label: None,
            failure: None,
            exit: Exit::Ok,
        }
    }

    /// With bytes that are printed as they are, in place of a text.
    pub(super) fn bytes(self, bytes: Vec<u8>) -> Self {
        self.secret_bytes(Zeroizing::new(bytes))
    }

    /// As [`bytes`](Self::bytes), for bytes that were secret before they were asked for.
    pub(super) fn secret_bytes(mut self, bytes: Zeroizing<Vec<u8>>) -> Self {
        self.bytes = bytes;
        self
    }

    /// Adds remarks.
    pub(super) fn remarks(mut self, remarks: impl IntoIterator<Item = String>) -> Self {
        self.remarks.extend(remarks);
        self
    }

    /// Adds the label of a result that is not about a real card.
    pub(super) fn labelled(mut self, label: Option<&'static str>) -> Self {
        self.label = label;
        self
    }

    /// What it comes to, with nothing said as an error: a verdict is an answer.
    pub(super) fn ending(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// Makes the answer a negative one.
    pub(super) fn failing(mut self, failure: Option<Failure>) -> Self {
        self.failure = failure;
        self
    }
}

/// How loud.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Loudness {
    /// Results and errors only.
    Quiet,
    /// Remarks too.
    Normal,
}

/// Where and how to print.
#[derive(Clone, Copy, Debug)]
pub(super) struct Printer {
    pub(super) format: Format,
    pub(super) color: Color,
    pub(super) loudness: Loudness,
}

impl Printer {
    /// What can be told before the arguments are parsed, so that usage errors come in the format asked for.
    pub(super) fn for_arguments(arguments: &[OsString]) -> Self {
        let json = arguments.iter().enumerate().any(|(index, argument)| {
            let is = |at: usize, text: &str| arguments.get(at).is_some_and(|found| found == text);
            argument == "--format=json"
                || argument == "--format=ndjson"
                || (argument == "--format" && (is(index + 1, "json") || is(index + 1, "ndjson")))
        });
        let format = if json { Format::Json } else { Format::Text };
        Self { format, color: Color::Auto, loudness: Loudness::Normal }
    }

    /// Prints an outcome and says what it comes to.
    pub(super) fn finish(self, outcome: Result<Outcome, Failure>) -> Exit {
        match outcome {
            Ok(outcome) => {
                let printed = match (&outcome.document, self.format) {
                    (Some(document), Format::Json) => self.out(&pretty(document)),
                    (Some(document), Format::Ndjson) => self.out(&document.to_string()),
                    _ if !outcome.bytes.is_empty() => self.raw(&outcome.bytes),
                    _ => self.out(&outcome.text),
                };
                // Documents hold both, and standard error then holds nothing but an error object.
                if !matches!(self.format, Format::Json | Format::Ndjson) {
                    outcome.remarks.iter().for_each(|remark| self.remark(remark));
                    if let Some(label) = outcome.label {
                        // As in `remark`: there is nowhere left to say that nobody reads.
                        let _ = write(&mut self.stderr(), label);
                    }
                }
                match (printed, &outcome.failure) {
                    (Err(failure), _) => self.failure(&failure),
                    (Ok(()), Some(failure)) => self.failure(failure),
                    (Ok(()), None) => outcome.exit,
                }
            }
            Err(failure) => self.failure(&failure),
        }
    }

    /// Prints one line of a stream, at once.
    ///
    /// # Errors
    /// A broken pipe ends the stream without an error of its own: `false`.
    pub(super) fn line(self, text: &str, document: &impl Serialize) -> Result<Stream, Failure> {
        let line = match self.format {
            Format::Text => text.to_owned(),
            _ => serde_json::to_string(document).expect("documents are plain data"),
        };
        match write(&mut self.stdout(), &line) {
            Ok(()) => Ok(Stream::Open),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Stream::Closed),
            Err(error) => Err(Failure::output(&error)),
        }
    }

    /// Tells what happens on the way: where documents are lines, one; else a remark.
    ///
    /// # Errors
    /// Standard output.
    pub(super) fn meanwhile(self, text: &str, outcome: &Outcome) -> Result<(), Failure> {
        match (self.format, &outcome.document) {
            (Format::Ndjson, Some(document)) => self.line(text, document).map(|_| ()),
            _ => {
                self.remark(text);
                Ok(())
            }
        }
    }

    /// Prints a result piece by piece as it is made, for one that is too long to be held; nothing is left to print.
    pub(super) fn stream(
        self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<Outcome, Failure> {
        let mut out = BufWriter::with_capacity(1 << 16, self.stdout());
        match write(&mut out).and_then(|()| out.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::output(&error)),
            _ => Ok(Outcome::plain(String::new())),
        }
    }

    /// Asks on standard error, where the answer is typed on the same line.
    pub(super) fn ask(self, question: &str) {
        let mut stderr = self.stderr();
        let question = text::clean(question);
        // Nobody reads it: then nobody answers.
        let _ = stderr.write_all(format!("{question} [y/N] ").as_bytes());
        let _ = stderr.flush();
    }

    fn raw(self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::output(&error)),
            _ => Ok(()),
        }
    }

    /// Prints a piece of what is not text, as it is.
    ///
    /// # Errors
    /// As [`line`](Self::line).
    pub(super) fn piece(self, bytes: &[u8]) -> Result<Stream, Failure> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Ok(()) => Ok(Stream::Open),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Stream::Closed),
            Err(error) => Err(Failure::output(&error)),
        }
    }

    /// Says something on standard error, unless quiet.
    pub(super) fn remark(self, text: &str) {
        if self.loudness > Loudness::Quiet {
            // Nobody reads standard error: there is nowhere left to say so.
            let _ = write(&mut self.stderr(), text);
        }
    }

    /// Prints a failure and gives its exit code.
    pub(super) fn failure(self, failure: &Failure) -> Exit {
        let text = match self.format {
            Format::Text | Format::Github | Format::Junit | Format::Sarif => failure.render(),
            Format::Json | Format::Ndjson => {
                serde_json::to_string(&failure.document()).expect("documents are plain data")
            }
        };
        let _ = write(&mut self.stderr(), &text);
        failure.exit
    }

    /// Prints what `clap` made of the arguments: help and version are results, the rest are usage errors.
    pub(super) fn usage(self, error: &clap::Error) -> Exit {
        if !error.use_stderr() {
            let text = error.render().ansi().to_string();
            return match self.out(text.trim_end()) {
                Ok(()) => Exit::Ok,
                Err(failure) => self.failure(&failure),
            };
        }
        match self.format {
            Format::Text | Format::Github | Format::Junit | Format::Sarif => {
                let _ = write(&mut self.stderr(), error.render().ansi().to_string().trim_end());
                Exit::Usage
            }
            Format::Json | Format::Ndjson => self.failure(&Failure::usage(error)),
        }
    }

    fn out(self, text: &str) -> Result<(), Failure> {
        if text.is_empty() {
            return Ok(());
        }
        match write(&mut self.stdout(), text) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::output(&error)),
            _ => Ok(()),
        }
    }

    fn stdout(self) -> impl Write {
        AutoStream::new(io::stdout(), self.choice())
    }

    fn stderr(self) -> impl Write {
        AutoStream::new(io::stderr(), self.choice())
    }

    fn choice(self) -> ColorChoice {
        match self.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        }
    }
}

/// Whether somebody still reads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stream {
    Closed,
    Open,
}

fn pretty(document: &Value) -> String {
    serde_json::to_string_pretty(document).expect("documents are plain data")
}

fn write(stream: &mut impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.write_all(b"\n")?;
    stream.flush()
}
