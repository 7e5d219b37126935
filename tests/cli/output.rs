//! What goes where: colour, quiet, broken pipes, scripts for shells, the manual.

use std::io::Read;
use std::process::{Command, Stdio};

use crate::support::cli::{command, finish, run};
use crate::support::tool::{Tool, printed};

/// Said of every emulated result, however quiet.
const EMULATED: &str = "emulated: this is a virtual card, and its holder does not exist\n";

const ESCAPE: char = '\u{1b}';

#[test]
fn quiet_leaves_the_result_that_it_is_emulated_and_errors() {
    let id = run(["card", "id", "--emulated", "-q"]);
    assert_eq!((id.code, id.stdout.as_str(), id.stderr.as_str()), (0, "899700100011\n", EMULATED));
    let error = run(["card", "id", "--emulated=sans-contact-cps3", "--quiet"]);
    assert_eq!((error.code, error.stderr.starts_with("error: ")), (4, true));
}

#[test]
fn a_stream_that_is_not_a_terminal_has_no_colour_unless_asked_for() {
    let coloured = |args: &[&str], no_color: bool| {
        let mut command = command([&["card", "id", "--emulated", "-vvv"], args].concat());
        if no_color {
            command.env("NO_COLOR", "1");
        }
        finish(&mut command).stderr.contains(ESCAPE)
    };
    assert!(!coloured(&[], false));
    assert!(!coloured(&["--color", "never"], false));
    assert!(coloured(&["--color", "always"], false));
    assert!(!coloured(&[], true));
}

#[test]
fn usage_errors_are_coloured_as_asked_too() {
    let stderr = |args: &[&str]| run([&["card", "red"], args].concat()).stderr;
    assert!(!stderr(&[]).contains(ESCAPE));
    assert!(!stderr(&["--color", "never"]).contains(ESCAPE));
}

/// Runs a command whose standard output nobody reads.
fn into_a_broken_pipe(args: &[&str]) -> (Option<i32>, String) {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = command(args);
    let mut process = command.stdout(writer).stderr(Stdio::piped()).spawn().expect("cpskit starts");
    // The other end of the pipe is in the command too.
    drop(command);
    let mut stderr = String::new();
    let pipe = process.stderr.as_mut().expect("a pipe");
    pipe.read_to_string(&mut stderr).expect("text");
    (process.wait().expect("it ends").code(), stderr)
}

#[test]
fn a_broken_pipe_is_not_an_error() {
    for args in [
        &["card", "id", "--emulated", "--format", "json"][..],
        &["card", "read", "--emulated", "--format", "json"],
        &["card", "watch", "--emulated", "--format", "ndjson"],
        &["emulate", "card", "--list"],
        &["man"],
        &["completions", "bash"],
        &["--help"],
    ] {
        assert_eq!(into_a_broken_pipe(args), (Some(0), String::new()), "{args:?}");
    }
}

#[test]
fn a_result_that_cannot_be_written_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("the device");
    let output =
        command(["card", "id", "--emulated"]).stdout(full).output().expect("cpskit starts");
    let stderr = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.contains("error: the result cannot be written"), "{stderr}");
}

#[test]
fn completions_are_scripts_that_their_shells_read() {
    let home = tempfile::tempdir().expect("a folder");
    for shell in ["bash", "zsh", "fish"] {
        let script = run(["completions", shell]);
        assert_eq!((script.code, script.stderr.as_str()), (0, ""), "{shell}");
        assert!(script.stdout.contains("pin-env"), "{shell}");
        let path = home.path().join(shell);
        std::fs::write(&path, script.stdout).expect("written");
        let found = Command::new(shell).arg("--version").output().is_ok();
        if found {
            let (code, _, stderr) = printed(Command::new(shell).arg("-n").arg(&path));
            assert_eq!((code, stderr.as_str()), (0, ""), "{shell}");
        }
    }
    let unknown = run(["completions", "csh", "--format", "json"]);
    assert_eq!((unknown.code, unknown.error()["code"].as_str()), (2, Some("usage")));
}

#[test]
fn the_manual_is_a_page_for_man() {
    let page = run(["man"]);
    assert_eq!((page.code, page.stderr.as_str()), (0, ""));
    assert!(page.stdout.contains(".TH cpskit 1"), "{}", page.stdout);
    let Some(man) = Tool::or_none("man") else { return };
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("cpskit.1");
    std::fs::write(&path, page.stdout).expect("written");
    let (code, text, _) = printed(&mut man.command(home.path(), [&path]));
    assert_eq!(code, 0);
    assert!(text.contains("cpskit"), "{text}");
}
