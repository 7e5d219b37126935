//! What the system shows of a process that has a PIN.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::cli::command;

const PIN: &str = "1234";

#[test]
fn a_process_that_was_given_a_pin_shows_none_and_leaves_no_core_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let fifo = folder.path().join("code");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("mkfifo").success());
    let path = fifo.to_str().expect("text");
    let process = command(["card", "activities", "--emulated=medecin-cps4", "--pin-file", path])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("cpskit starts");
    // Opens once cpskit reads from it: from here on it waits for the PIN.
    let mut writer = fs::OpenOptions::new().write(true).open(&fifo).expect("cpskit reads it");
    let of_process =
        |file: &str| fs::read(format!("/proc/{}/{file}", process.id())).expect("it runs");
    let limits = String::from_utf8(of_process("limits")).expect("text");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a limit");
    let words: Vec<&str> = core.split_whitespace().collect();
    assert_eq!(words, ["Max", "core", "file", "size", "0", "0", "bytes"]);
    let expected = [
        env!("CARGO_BIN_EXE_cpskit"),
        "card",
        "activities",
        "--emulated=medecin-cps4",
        "--pin-file",
        path,
        "",
    ];
    assert_eq!(of_process("cmdline"), expected.join("\0").into_bytes());
    writer.write_all(PIN.as_bytes()).expect("read");
    drop(writer);
    assert_eq!(process.wait_with_output().expect("it ends").status.code(), Some(0));
}
