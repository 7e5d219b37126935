//! The command on a terminal: the PIN is typed once, the token is shown there, and neither is where others look.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::program::acts;
use crate::service::{Service, ask};
use crate::support::tool::Tool;

const PIN: &str = "1234";

/// `cpskit tls proxy` on a terminal of its own, and somebody at its keyboard.
struct Terminal {
    process: Child,
    name: String,
    keyboard: ChildStdin,
    shown: BufReader<ChildStdout>,
    /// All that was shown so far.
    all: String,
}

impl Terminal {
    fn or_skip(service: &Service, more: &str) -> Option<Self> {
        let script = Tool::or_skip("script", "bsdutils")?;
        let home = service.folder.path();
        let line = format!(
            "trap : INT; tty; '{}' tls proxy --listen 127.0.0.1:0 --to https://127.0.0.1:{}/ --client card --emulated=medecin-cps4 \
             --trust {}/certificate.pem --revocation off --offline --trace {}/acts {more}",
            env!("CARGO_BIN_EXE_cpskit"),
            service.port,
            home.display(),
            home.display(),
        );
        let mut process = script
            .command(home, ["-q", "-e", "-c", &line, "/dev/null"])
            .env("XDG_CONFIG_HOME", home)
            .env("XDG_STATE_HOME", home)
            .env("XDG_RUNTIME_DIR", home)
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let shown = BufReader::new(process.stdout.take().expect("a pipe"));
        let keyboard = process.stdin.take().expect("a pipe");
        let mut terminal =
            Self { process, name: String::new(), keyboard, shown, all: String::new() };
        terminal.name = terminal.line();
        Some(terminal)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.shown.read_line(&mut line).expect("text"), 0, "{}", self.all);
        self.all.push_str(&line);
        line.trim().to_owned()
    }

    /// What stands after this on the next line that has it.
    fn after(&mut self, what: &str) -> String {
        loop {
            if let Some((_, rest)) = self.line().split_once(what) {
                return rest.to_owned();
            }
        }
    }

    /// Types the PIN once the terminal no longer shows what is typed.
    fn pin(&mut self, pin: &str) {
        self.wait_for("-echo");
        self.keyboard.write_all(format!("{pin}\n").as_bytes()).expect("read");
        self.wait_for("echo");
    }

    fn wait_for(&self, mode: &str) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            let output =
                Command::new("stty").args(["-a", "-F", &self.name]).output().expect("stty");
            if String::from_utf8_lossy(&output.stdout).split_whitespace().any(|word| word == mode) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("the terminal never has {mode}: {}", self.all);
    }

    /// Address and token, as shown.
    fn door(&mut self) -> (String, String) {
        let line = self.after("http://");
        let address = line.split(' ').next().expect("an address");
        (format!("http://{address}"), self.after("token: "))
    }

    /// Ctrl-C; exit code, and all that was shown.
    fn interrupt(mut self) -> (Option<i32>, String) {
        self.keyboard.write_all(b"\x03").expect("read");
        self.end()
    }

    fn end(mut self) -> (Option<i32>, String) {
        self.shown.read_to_string(&mut self.all).expect("text");
        (self.process.wait().expect("it ends").code(), self.all)
    }
}

#[test]
fn the_pin_is_typed_once_when_the_proxy_starts_and_serves_every_signature() {
    let Some(service) = Service::forgetful() else { return };
    let Some(mut terminal) = Terminal::or_skip(&service, "--pin-idle 1h -vvv") else { return };
    terminal.pin(PIN);
    let (address, token) = terminal.door();
    assert_eq!(token.len(), 64);
    let once = terminal.after("in a browser, once: ");
    assert!(once.contains(".localhost:") && !once.contains(&token), "{once}");
    // On the terminal, and in no file.
    let files = fs::read_dir(service.folder.path()).expect("a folder");
    let mut names = files.map(|file| file.expect("an entry").file_name());
    assert!(names.all(|name| !name.to_string_lossy().contains("token")));
    for _ in 0..2 {
        assert_eq!(ask(&address, &token, "").0, "200");
    }
    let (code, shown) = terminal.interrupt();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(shown.matches("PIN (code porteur)").count(), 1, "{shown}");
    assert_eq!(shown.matches(&token).count(), 1, "{shown}");
    for secret in [" 1234", "31323334", "31 32 33 34"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    let signed = "tls.authenticate done 127.0.0.1";
    assert_eq!(acts(&service.path("acts")), ["card.pin.verify done -", signed, signed]);
}

#[test]
fn a_pin_that_was_not_used_for_long_enough_is_asked_for_again_on_the_terminal() {
    let Some(service) = Service::forgetful() else { return };
    let Some(mut terminal) = Terminal::or_skip(&service, "--pin-idle 1s") else { return };
    terminal.pin(PIN);
    let (address, token) = terminal.door();
    thread::sleep(Duration::from_millis(1200));
    let asked = thread::spawn(move || ask(&address, &token, "").0);
    terminal.pin(PIN);
    assert_eq!(asked.join().expect("an answer"), "200");
    let (code, shown) = terminal.interrupt();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(shown.matches("PIN (code porteur)").count(), 2, "{shown}");
}

#[test]
fn without_an_idle_time_the_pin_is_asked_for_at_each_signature_and_not_before() {
    let Some(service) = Service::forgetful() else { return };
    let Some(mut terminal) = Terminal::or_skip(&service, "--pin-idle 0") else { return };
    let (address, token) = terminal.door();
    for _ in 0..2 {
        let (address, token) = (address.clone(), token.clone());
        let asked = thread::spawn(move || ask(&address, &token, "").0);
        terminal.pin(PIN);
        assert_eq!(asked.join().expect("an answer"), "200");
    }
    let (code, shown) = terminal.interrupt();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(shown.matches("PIN (code porteur)").count(), 2, "{shown}");
}

#[test]
fn ctrl_c_while_the_pin_is_asked_for_gives_the_terminal_back_as_it_was() {
    let Some(service) = Service::forgetful() else { return };
    let more = "--pin-idle 0; stty -a";
    let Some(mut terminal) = Terminal::or_skip(&service, more) else { return };
    let (address, token) = terminal.door();
    let asked = thread::spawn(move || ask(&address, &token, ""));
    terminal.wait_for("-echo");
    let (code, shown) = terminal.interrupt();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.split_whitespace().any(|mode| mode == "echo"), "{shown}");
    asked.join().expect("an answer, or none");
}

#[test]
fn a_wrong_pin_typed_at_the_start_ends_the_proxy_before_the_door_opens() {
    let Some(service) = Service::start() else { return };
    let Some(mut terminal) = Terminal::or_skip(&service, "") else { return };
    terminal.pin("9999");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(5), "{shown}");
    assert!(!shown.contains("leads to") && !shown.contains("9999"), "{shown}");
    assert_eq!(acts(&service.path("acts")), ["card.pin.verify refused -"]);
}
