//! What the commands that judge came to (`cert verify`, `cert lint`, `cert scan`, `crl check`): one row a subject, in
//! every format. A command fills [`Checks`]; the formats are in [`crate::cli::output`], one file each.

use serde_json::{Map, Value};

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::output::{Outcome, github, junit, sarif};
use crate::cli::args::Format;
use crate::pki::profile::Remark;
use crate::pki::{Finding, Severity, Verdict};

/// What one command says about all its subjects, in the order of the input.
#[derive(Debug)]
pub(in crate::cli) struct Checks {
    /// `cert.verify`: the noun and the verb.
    pub(in crate::cli) command: &'static str,
    /// Whether any of it comes from the emulation authority.
    pub(in crate::cli) emulated: bool,
    /// What the document holds between `emulated` and `results`, but for `verdict`.
    pub(in crate::cli) head: Map<String, Value>,
    /// One row a subject.
    pub(in crate::cli) results: Vec<Checked>,
    /// Inputs that could not be read, or not as what they should be.
    pub(in crate::cli) unread: Vec<Unread>,
    /// Said on standard error after the result, in text.
    pub(in crate::cli) remarks: Vec<String>,
}

/// What is said about one subject.
#[derive(Debug)]
pub(in crate::cli) struct Checked {
    /// The input as it was named, `leaf.pem`; what tells several of one file apart follows, `bundle.pem#3`.
    pub(in crate::cli) input: String,
    /// The file to put an annotation on, when there is one.
    pub(in crate::cli) file: Option<String>,
    /// What it is, for a title: the subject's name, or the serial number.
    pub(in crate::cli) title: String,
    /// The verdict.
    pub(in crate::cli) verdict: Verdict,
    /// What was found, subject first.
    pub(in crate::cli) findings: Vec<Row>,
    /// For people, one line or several.
    pub(in crate::cli) text: String,
    /// Its element of `results`, or its line of ndjson: plain data.
    pub(in crate::cli) json: Value,
    /// What it comes to, when the verdict does not say it: an indeterminate one that a later try may change is 75.
    pub(in crate::cli) exit: Option<Exit>,
}

/// A finding, as every format shows it.
#[derive(Clone, Debug, Eq, PartialEq, serde::Serialize)]
pub(in crate::cli) struct Row {
    /// Stable, `pki.revoked`.
    pub(in crate::cli) code: String,
    /// `error`, `indeterminate` or `warning`.
    pub(in crate::cli) severity: &'static str,
    /// The clause or the source, `RFC 5280 6.3.3`.
    pub(in crate::cli) rule: String,
    /// The certificate it is about.
    pub(in crate::cli) subject: String,
    /// A sentence.
    pub(in crate::cli) message: String,
}

impl From<&Finding> for Row {
    fn from(finding: &Finding) -> Self {
        Self {
            code: finding.code().to_owned(),
            severity: finding.severity.name(),
            rule: finding.rule().to_owned(),
            subject: finding.subject.clone(),
            message: finding.message(),
        }
    }
}

impl Row {
    /// What a profile says of a subject.
    pub(in crate::cli) fn of_remark(remark: &Remark, subject: &str) -> Self {
        Self {
            code: remark.code().to_owned(),
            severity: remark.severity().name(),
            rule: remark.rule(),
            subject: subject.to_owned(),
            message: remark.message(),
        }
    }

    /// Whether it says more than a warning.
    pub(in crate::cli) fn is_grave(&self) -> bool {
        self.severity != Severity::Warning.name()
    }
}

/// An input that says nothing.
#[derive(Debug)]
pub(in crate::cli) struct Unread {
    /// The input as it was named.
    pub(in crate::cli) input: String,
    /// Why.
    pub(in crate::cli) failure: Failure,
}

impl Checks {
    /// The verdict on all: the worst of each, indeterminate when there is nothing.
    pub(in crate::cli) fn verdict(&self) -> Verdict {
        let any = |verdict| self.results.iter().any(|result| result.verdict == verdict);
        if any(Verdict::Invalid) {
            Verdict::Invalid
        } else if any(Verdict::Indeterminate) || self.results.is_empty() {
            Verdict::Indeterminate
        } else {
            Verdict::Valid
        }
    }

    /// The exit code: of the unread inputs and of each verdict, the first of the contract's order.
    pub(in crate::cli) fn exit(&self) -> Exit {
        let unread = self.unread.iter().map(|unread| unread.failure.exit);
        let results = self.results.iter().map(|result| {
            result.exit.unwrap_or(match result.verdict {
                Verdict::Valid => Exit::Ok,
                Verdict::Invalid => Exit::Negative,
                Verdict::Indeterminate => Exit::Indeterminate,
            })
        });
        Exit::worst(unread.chain(results))
    }

    /// Renders it in the format asked for, and in no other: of thousands of subjects each costs.
    pub(in crate::cli) fn outcome(mut self, context: &Context) -> Outcome {
        let exit = self.exit();
        let outcome = match context.printer.format {
            Format::Text => Outcome::rendered(self.text()),
            Format::Json => Outcome::document(self.document()),
            Format::Ndjson => Outcome::rendered(self.lines()),
            Format::Junit => Outcome::rendered(junit::render(&self)),
            Format::Sarif => Outcome::rendered(sarif::render(&self)),
            Format::Github => Outcome::rendered(github::render(&self)),
        };
        let label = self
            .emulated
            .then_some("[emulated: a certificate here comes from the emulation authority]");
        let unread = self.unread.iter().map(|unread| unread.failure.render());
        outcome.remarks(unread.chain(self.remarks.iter().cloned())).labelled(label).ending(exit)
    }

    fn text(&self) -> String {
        let texts: Vec<&str> = self.results.iter().map(|result| result.text.as_str()).collect();
        texts.join("\n")
    }

    /// The document of `--format json`.
    fn document(&mut self) -> Value {
        let mut document = self.start(&format!("cpskit.{}/1", self.command));
        document.insert("verdict".to_owned(), self.verdict().name().into());
        document.extend(self.head.clone());
        let results = self.results.iter_mut().map(|result| result.json.take()).collect();
        document.insert("results".to_owned(), Value::Array(results));
        document.insert(
            "unread".to_owned(),
            Value::Array(self.unread.iter().map(Unread::json).collect()),
        );
        Value::Object(document)
    }

    /// One document a line: each subject, then each input that could not be read.
    fn lines(&self) -> String {
        let schema = format!("cpskit.{}.line/1", self.command);
        let results = self.results.iter().map(|result| result.json.clone());
        let unread = self.unread.iter().map(Unread::json);
        let lines: Vec<String> = results
            .chain(unread)
            .map(|value| {
                let mut line = self.start(&schema);
                line.extend(self.head.clone());
                if let Value::Object(fields) = value {
                    line.extend(fields);
                }
                Value::Object(line).to_string()
            })
            .collect();
        lines.join("\n")
    }

    fn start(&self, schema: &str) -> Map<String, Value> {
        let mut document = Map::new();
        document.insert("schema".to_owned(), schema.into());
        document.insert("emulated".to_owned(), self.emulated.into());
        document
    }
}

impl Unread {
    /// As it stands in `unread` of a document.
    pub(in crate::cli) fn json(&self) -> Value {
        serde_json::json!({
            "input": self.input,
            "error": { "code": self.failure.code, "message": self.failure.message },
        })
    }
}
