//! What a command opens, seen from outside.

use std::fs;
use std::process::Command;

use super::tool::{Tool, printed};

/// The address families of the sockets that a command opened, in order, with its exit code.
pub(crate) fn sockets(strace: Tool, command: &Command) -> (i32, Vec<String>) {
    let home = tempfile::tempdir().expect("a folder");
    let log = home.path().join("log");
    let options = ["-f", "-qq", "-e", "trace=socket,socketpair,connect,sendto,sendmsg", "-o"];
    let mut traced = strace.command(home.path(), options);
    traced.arg(&log).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => traced.env(name, value),
            None => traced.env_remove(name),
        };
    }
    let (code, ..) = printed(traced.current_dir(&home));
    let log = fs::read_to_string(log).expect("a log");
    let family = |line: &str| {
        let (_, rest) = line.split_once("socket(")?;
        Some(rest.split(',').next().unwrap_or_default().to_owned())
    };
    (code, log.lines().filter_map(family).collect())
}

/// Whether strace may trace at all: a container can forbid it.
#[allow(clippy::print_stderr)]
pub(crate) fn strace_or_skip() -> Option<Tool> {
    let strace = Tool::or_skip("strace", "strace")?;
    let works = Command::new("strace").args(["-qq", "-e", "trace=socket", "true"]).output();
    if works.is_ok_and(|output| output.status.success()) {
        return Some(strace);
    }
    eprintln!("skipped: strace may not trace here");
    None
}
