//! Runs of the binary, as a user's shell makes them.

use std::ffi::OsStr;
use std::process::Command;

use serde_json::Value;

use super::schema;

/// What a run left behind.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// The one document on stdout, checked against its schema.
    pub(crate) fn document(&self) -> Value {
        assert!(!self.stdout.is_empty(), "no document on stdout: {self:?}");
        schema::checked(&self.stdout)
    }

    /// The error on stderr, checked against its schema. Remarks may stand before it.
    pub(crate) fn error(&self) -> Value {
        let start = self.stderr.find('{').unwrap_or(self.stderr.len());
        let mut documents = serde_json::Deserializer::from_str(&self.stderr[start..]).into_iter();
        let document = match documents.next() {
            Some(Ok(document)) => document,
            _ => panic!("no JSON on stderr: {self:?}"),
        };
        schema::check(&document);
        document
    }
}

/// `cpskit` as tests start it: the same whatever the machine's user has configured.
pub(crate) fn command<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cpskit"));
    let of_users = ["CPSKIT_OFFLINE", "CPSKIT_CONFIG", "CPSKIT_TRUST_STORE", "NO_COLOR"];
    for variable in of_users.iter().chain(&["PCSCLITE_CSOCK_NAME", "RUST_LOG"]) {
        command.env_remove(variable);
    }
    command.args(args).env("XDG_CONFIG_HOME", "/nonexistent");
    command
}

/// Runs `cpskit` with these arguments.
pub(crate) fn run<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Run {
    finish(&mut command(args))
}

/// Runs a command made by [`command`], after more was set on it.
pub(crate) fn finish(command: &mut Command) -> Run {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes| String::from_utf8(bytes).expect("cpskit writes UTF-8");
    Run {
        code: output.status.code().expect("no signal ended cpskit"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}
