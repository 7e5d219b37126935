//! The prompt on a terminal: what is typed is used, and is not shown.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::search::found;
use crate::support::tool::Tool;

/// The codes of the virtual cards are public; the activities hold it nowhere.
const PIN: &str = "1234";

/// Runs `cpskit card` with these arguments on a terminal of its own, types this once the terminal no longer echoes, and gives
/// the exit code with all that the terminal showed.
fn typed(script: Tool, args: &str, text: &str) -> (Option<i32>, String) {
    let home = tempfile::tempdir().expect("a folder");
    let cpskit = env!("CARGO_BIN_EXE_cpskit");
    let line = format!("tty; exec '{cpskit}' card {args} --emulated=medecin-cps4 -vvv");
    let mut process = script
        .command(home.path(), ["-q", "-e", "-c", &line, "/dev/null"])
        .env("XDG_CONFIG_HOME", home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut shown = BufReader::new(process.stdout.take().expect("a pipe"));
    let mut terminal = String::new();
    shown.read_line(&mut terminal).expect("text");
    wait_for_silence(terminal.trim());
    let mut keyboard = process.stdin.take().expect("a pipe");
    keyboard.write_all(text.as_bytes()).expect("read");
    let mut rest = String::new();
    shown.read_to_string(&mut rest).expect("text");
    drop(keyboard);
    (process.wait().expect("it ends").code(), rest)
}

/// Until the terminal no longer shows what is typed. A person comes after the prompt; nothing else tells a program.
fn wait_for_silence(terminal: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        let output = Command::new("stty").args(["-a", "-F", terminal]).output().expect("stty");
        if String::from_utf8_lossy(&output.stdout).split_whitespace().any(|word| word == "-echo") {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("the terminal goes on showing what is typed");
}

#[test]
fn a_pin_typed_on_the_terminal_is_used_and_not_shown() {
    let Some(script) = Tool::or_none("script") else { return };
    let (code, shown) = typed(script, "activities", &format!("{PIN}\n"));
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("PIN (code porteur): "), "{shown}");
    assert!(shown.contains("activity"), "{shown}");
    assert_eq!(found(shown.as_bytes(), PIN), None, "{shown}");
}

#[test]
fn what_is_typed_and_is_not_a_pin_is_not_shown_either() {
    let Some(script) = Tool::or_none("script") else { return };
    let (code, shown) = typed(script, "activities", "7391x\n");
    assert_eq!(code, Some(2), "{shown}");
    assert!(shown.contains("a PIN is 4 to 12 digits"), "{shown}");
    assert_eq!(found(shown.as_bytes(), "7391"), None, "{shown}");
}

#[test]
fn a_new_pin_is_typed_twice_and_not_shown() {
    let Some(script) = Tool::or_none("script") else { return };
    for (again, expected) in [("7391", Some(0)), ("7392", Some(2))] {
        let (code, shown) = typed(script, "pin change", &format!("{PIN}\n7391\n{again}\n"));
        assert_eq!(code, expected, "{shown}");
        assert!(shown.contains("new PIN, once more: "), "{shown}");
        for pin in [PIN, "7391", "7392"] {
            assert_eq!(found(shown.as_bytes(), pin), None, "{shown}");
        }
    }
}

#[test]
fn a_signature_is_not_shown_on_a_terminal_and_the_card_is_not_used_for_it() {
    let Some(script) = Tool::or_none("script") else { return };
    let home = tempfile::tempdir().expect("a folder");
    let line = format!("'{}' card sign Cargo.toml --emulated -vvv", env!("CARGO_BIN_EXE_cpskit"));
    let args = ["-q", "-e", "-c", &line, "/dev/null"];
    let mut command = script.command(home.path(), args);
    let output = command.stdin(Stdio::null()).output().expect("it runs");
    let shown = String::from_utf8(output.stdout).expect("text");
    assert_eq!(output.status.code(), Some(2), "{shown}");
    assert!(shown.contains("`--out -`") && !shown.contains("recognised"), "{shown}");
}
