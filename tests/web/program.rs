//! The command itself: a virtual card, `openssl s_server` that wants its certificate, curl in front.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::cli::{command, run};
use crate::support::desk::{Desk, Slot};
use crate::support::schema;
use crate::support::tool::Tool;

const PROXY: [&str; 6] = ["tls", "proxy", "--listen", "127.0.0.1:0", "--client", "card"];

/// A service that asks for a certificate, and says in its page which session it was.
struct Service {
    folder: TempDir,
    port: u16,
    process: Child,
}

impl Service {
    fn start() -> Option<Self> {
        let openssl = Tool::or_skip("openssl", "openssl")?;
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (key, certificate) = (path("key.pem"), path("certificate.pem"));
        let made = openssl
            .command(
                folder.path(),
                ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"],
            )
            .args(["-keyout", &key, "-out", &certificate, "-subj", "/CN=localhost"])
            .args(["-addext", "subjectAltName=IP:127.0.0.1"])
            .output()
            .expect("it starts");
        assert!(made.status.success(), "{made:?}");
        let port = free_port();
        let process = openssl
            .command(folder.path(), ["s_server", "-quiet", "-www", "-Verify", "2"])
            .args(["-accept", &format!("127.0.0.1:{port}"), "-cert", &certificate, "-key", &key])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            thread::sleep(Duration::from_millis(10));
        }
        Some(Self { folder, port, process })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `cpskit tls proxy` in front of it, its first line read.
    fn proxy(&self, pin: &str, more: &[&str]) -> Running {
        self.proxy_of(command(PROXY), pin, more)
    }

    fn proxy_of(&self, mut command: Command, pin: &str, more: &[&str]) -> Running {
        fs::write(self.path("pin"), pin).expect("written");
        let token = self.path("token");
        command
            .arg("--to")
            .arg(format!("https://127.0.0.1:{}/", self.port))
            .arg("--trust")
            .arg(self.path("certificate.pem"))
            .args(["--revocation", "off", "--format", "ndjson", "--offline"])
            .arg("--token-file")
            .arg(&token)
            .args(more);
        if !pin.is_empty() {
            command.arg("--pin-file").arg(self.path("pin"));
        }
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped"));
        let ready = line(&mut lines);
        assert_eq!(ready["event"], "ready");
        assert_eq!(ready["emulated"], true);
        let address = ready["address"].as_str().expect("an address").to_owned();
        Running { process, lines, address, token }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Running {
    process: Child,
    lines: BufReader<ChildStdout>,
    address: String,
    token: PathBuf,
}

impl Running {
    /// Status and body.
    fn get(&self, path: &str) -> (String, String) {
        let fields = self.token.with_extension("fields");
        let token = fs::read_to_string(&self.token).expect("it is there");
        fs::write(&fields, format!("X-Cpskit-Token: {token}Accept: application/json\n"))
            .expect("written");
        let output = Command::new("curl")
            .args([
                "--silent",
                "--noproxy",
                "*",
                "--max-time",
                "60",
                "--write-out",
                "\n%{http_code}",
            ])
            .arg("--header")
            .arg(format!("@{}", fields.display()))
            .arg(format!("{}{path}", self.address))
            .output()
            .expect("curl");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (body, status) = text.rsplit_once('\n').expect("two parts");
        (status.to_owned(), body.to_owned())
    }

    /// The code of a refusal.
    fn refused(&self, status: &str) -> String {
        let (found, body) = self.get("");
        assert_eq!(found, status, "{body}");
        let document = schema::checked(&body);
        document["code"].as_str().expect("a code").to_owned()
    }

    /// Exit code, and all that was printed after the first line.
    fn end(mut self) -> (i32, Vec<Value>, String) {
        let code = self.process.wait().expect("it ends").code().expect("no signal ended it");
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).expect("text");
        let mut said = String::new();
        let mut stderr = self.process.stderr.take().expect("piped");
        stderr.read_to_string(&mut said).expect("text");
        (code, rest.lines().map(schema::checked).collect(), said)
    }

    fn interrupt(self) -> (i32, Vec<Value>, String) {
        let killed = Command::new("kill").arg("-INT").arg(self.process.id().to_string()).status();
        assert!(killed.expect("kill").success());
        self.end()
    }
}

fn line(lines: &mut BufReader<ChildStdout>) -> Value {
    let mut line = String::new();
    lines.read_line(&mut line).expect("text");
    schema::checked(&line)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

#[test]
fn the_card_signs_once_and_the_sessions_that_follow_are_resumed() {
    for persona in ["--emulated=medecin-cps3", "--emulated=medecin-cps4"] {
        let Some(service) = Service::start() else { return };
        let running = service.proxy("1234\n", &[persona, "-vvv"]);
        let mode = fs::metadata(&running.token).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let token = fs::read_to_string(&running.token).expect("text").trim().to_owned();
        let of_process = fs::read_to_string(format!("/proc/{}/cmdline", running.process.id()));
        assert!(!of_process.unwrap_or_default().contains(&token));
        for _ in 0..4 {
            let (status, body) = running.get("?identifier=180019912345678");
            assert_eq!(status, "200", "{body}");
            assert!(body.contains("EMULATION TEST"), "{body}");
        }
        let file = running.token.clone();
        let (code, lines, said) = running.interrupt();
        assert_eq!(code, 0, "{said}");
        assert!(!file.exists());
        let connections: Vec<&str> =
            lines.iter().filter_map(|line| line["connection"].as_str()).collect();
        assert_eq!(connections, ["new", "resumed", "resumed", "resumed"]);
        // Every exchange with the card is there, the PIN masked; nothing of a request but its path.
        let all = format!("{lines:?}{said}");
        for secret in [token.as_str(), "180019912345678", "31323334", "EMULATION TEST"] {
            assert!(!all.contains(secret), "{secret}: {all}");
        }
    }
}

#[test]
fn a_wrong_pin_costs_one_try_and_ends_the_proxy() {
    let Some(service) = Service::start() else { return };
    let running = service.proxy("9999", &["--emulated=medecin-cps4"]);
    assert_eq!(running.refused("503"), "card.pin.refused");
    let file = running.token.clone();
    let (code, _, said) = running.end();
    assert_eq!(code, 5, "{said}");
    assert_eq!(schema::checked(&said)["code"], "card.pin.refused");
    assert!(!file.exists());
}

#[test]
fn taking_the_card_out_closes_the_door() {
    let Some(desk) = Desk::or_skip() else { return };
    let Some(service) = Service::start() else { return };
    let card = desk.insert(Slot::First, "medecin-cps4");
    let running = service.proxy_of(desk.command(&PROXY), "1234", &[]);
    for connection in ["new", "resumed"] {
        let (status, body) = running.get("");
        assert_eq!(status, "200", "{connection}: {body}");
    }
    let (file, address) = (running.token.clone(), running.address.clone());
    card.remove();
    let (code, lines, said) = running.end();
    assert_eq!((code, lines.len()), (4, 2), "{said}");
    assert_eq!(schema::checked(&said)["code"], "card.removed");
    assert!(!file.exists());
    let host = address.trim_start_matches("http://").trim_end_matches('/');
    assert!(std::net::TcpStream::connect(host).is_err());
}

#[test]
fn without_a_pin_and_nobody_to_ask_requests_are_told_what_to_do() {
    let Some(service) = Service::start() else { return };
    let running = service.proxy("", &["--emulated=medecin-cps4"]);
    assert_eq!(running.refused("503"), "card.pin.needed");
    assert_eq!(running.refused("503"), "card.pin.needed");
    assert_eq!(running.interrupt().0, 0);
}

#[test]
fn a_service_that_is_not_trusted_or_not_there_is_told_to_the_client() {
    let Some(mut gone) = Service::start() else { return };
    let running = gone.proxy("1234", &["--emulated=medecin-cps4"]);
    gone.process.kill().expect("it runs");
    gone.process.wait().expect("it ends");
    assert_eq!(running.refused("502"), "net.connect");
    assert_eq!(running.interrupt().0, 0);

    let (Some(service), Some(trusted)) = (Service::start(), Service::start()) else { return };
    fs::copy(trusted.path("certificate.pem"), service.path("certificate.pem")).expect("copied");
    let running = service.proxy("1234", &["--emulated=medecin-cps4"]);
    assert_eq!(running.refused("502"), "tls.untrusted");
    assert_eq!(running.interrupt().0, 0);
}

#[test]
fn what_cannot_be_a_door_is_said_before_anything_is_asked_of_the_card() {
    for (args, code) in [
        (vec!["--to", "http://127.0.0.1/"], "usage"),
        (vec!["--to", "https://127.0.0.1/?q"], "usage"),
        (vec!["--to", "https://127.0.0.1/", "--listen", "0.0.0.0:0"], "usage"),
        (
            vec!["--to", "https://service.example/", "--listen", "127.0.0.1:0", "--offline"],
            "net.offline",
        ),
        (vec!["--to", "https://127.0.0.1/", "--pin-idle", "soon"], "usage"),
        (
            vec![
                "--to",
                "https://127.0.0.1/",
                "--listen",
                "127.0.0.1:0",
                "--client",
                "/nonexistent",
            ],
            "input",
        ),
    ] {
        let found = run(["tls", "proxy", "--format", "json"].iter().chain(&args));
        assert_eq!(found.code, 2, "{args:?}: {found:?}");
        assert_eq!(found.error()["code"], code, "{args:?}");
    }
}
