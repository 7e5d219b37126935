//! `cpskit trust …`, one file a verb.

mod import;
mod list;
mod update;

use std::path::Path;

use serde::Serialize;

use crate::cli::args::trust::Trust;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::cli::output::json::hex;
use crate::cli::trust_store::{Admission, Held, Kept};

pub(super) fn run(trust: &Trust, context: &Context) -> Result<Outcome, Failure> {
    match trust {
        Trust::List(args) => list::run(args),
        Trust::Update(args) => update::run(args, context),
        Trust::Import(args) => import::run(args),
    }
}

/// What became of one certificate or key that asked to be admitted.
#[derive(Debug, Serialize)]
struct Admitted {
    input: String,
    code: Option<&'static str>,
    environment: Option<&'static str>,
    subject: Option<String>,
    sha256: Option<String>,
    spki_sha256: String,
    /// `admitted`, `already` or `refused`.
    result: &'static str,
    /// `cpskit` or `user`.
    pinned_by: Option<&'static str>,
    file: Option<String>,
    reason: Option<String>,
}

impl Admitted {
    fn new(input: String, held: &Held, admission: Admission, kept: &Kept) -> Self {
        let (result, file) = match kept {
            Kept::Already(file) => ("already", file),
            Kept::New(file) => ("admitted", file),
        };
        let (code, environment, pinned_by) = match admission {
            Admission::Published(pin) => (Some(pin.code), Some(pin.world.name()), "cpskit"),
            Admission::User { .. } => (None, None, "user"),
        };
        Self {
            code,
            environment,
            result,
            pinned_by: Some(pinned_by),
            file: Some(file.display().to_string()),
            reason: None,
            ..Self::refused(input, held, "")
        }
    }

    fn refused(input: String, held: &Held, why: impl Into<String>) -> Self {
        let (subject, sha256, spki_sha256) = match held {
            Held::Certificate(certificate) => (
                Some(certificate.subject().to_string()),
                Some(hex(&certificate.sha256())),
                certificate.spki_sha256(),
            ),
            Held::Key(spki) => (None, None, crate::cli::sha256(spki)),
        };
        Self {
            input,
            code: None,
            environment: None,
            subject,
            sha256,
            spki_sha256: hex(&spki_sha256),
            result: "refused",
            pinned_by: None,
            file: None,
            reason: Some(why.into()),
        }
    }

    fn is_admitted(&self) -> bool {
        self.result != "refused"
    }

    fn is_new(&self) -> bool {
        self.result == "admitted"
    }
}

/// For people.
fn render(folder: &Path, results: &[Admitted]) -> String {
    let mut text = String::new();
    for result in results {
        let what = match (result.code, &result.subject) {
            (Some(code), _) => code.to_owned(),
            (None, Some(subject)) => crate::cli::output::text::clean(subject),
            (None, None) => format!("public key {}", result.spki_sha256),
        };
        let outcome = match (&result.reason, result.pinned_by) {
            (Some(reason), _) => format!("refused: {reason}"),
            (None, Some("user")) => format!("{}, by a pin of your own", result.result),
            (None, _) => result.result.to_owned(),
        };
        text.push_str(&format!("{what}: {outcome}\n"));
    }
    text.push_str(&format!("trust store: {}", folder.display()));
    text
}
