//! A service that wants a certificate, and the command in front of it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::cli::command;
use crate::support::schema;
use crate::support::tool::Tool;

/// Up to the service.
pub(crate) const PROXY: [&str; 6] = ["tls", "proxy", "--listen", "127.0.0.1:0", "--client", "card"];

/// A service that asks for a certificate, and says in its page which session it was.
pub(crate) struct Service {
    pub(crate) folder: TempDir,
    pub(crate) port: u16,
    pub(crate) process: Child,
}

impl Service {
    pub(crate) fn start() -> Option<Self> {
        Self::with(&[])
    }

    /// One that resumes no session: each connection is a signature.
    pub(crate) fn forgetful() -> Option<Self> {
        Self::with(&["-no_cache", "-no_ticket", "-num_tickets", "0"])
    }

    fn with(more: &[&str]) -> Option<Self> {
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
            .args(["-addext", "subjectAltName=IP:127.0.0.1,DNS:service.example"])
            .output()
            .expect("it starts");
        assert!(made.status.success(), "{made:?}");
        let port = free_port();
        let process = openssl
            .command(folder.path(), ["s_server", "-quiet", "-www", "-Verify", "2"])
            .args(["-accept", &format!("127.0.0.1:{port}"), "-cert", &certificate, "-key", &key])
            .args(more)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            thread::sleep(Duration::from_millis(10));
        }
        Some(Self { folder, port, process })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `cpskit tls proxy` in front of it, its first line read.
    pub(crate) fn proxy(&self, pin: &str, more: &[&str]) -> Running {
        self.proxy_of(command(PROXY), pin, more)
    }

    pub(crate) fn proxy_of(&self, mut command: Command, pin: &str, more: &[&str]) -> Running {
        command.args(["--to", &format!("https://127.0.0.1:{}/", self.port), "--offline"]);
        if !pin.is_empty() {
            fs::write(self.path("pin"), pin).expect("written");
            command.arg("--pin-file").arg(self.path("pin"));
        }
        self.started(command.args(more))
    }

    /// The same, with the flags that say where the service is and what the PIN is.
    pub(crate) fn started(&self, command: &mut Command) -> Running {
        let token = self.path("token");
        command
            .arg("--trust")
            .arg(self.path("certificate.pem"))
            .args(["--revocation", "off", "--format", "ndjson", "--token-file"])
            .arg(&token);
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

pub(crate) struct Running {
    pub(crate) process: Child,
    lines: BufReader<ChildStdout>,
    pub(crate) address: String,
    pub(crate) token: PathBuf,
}

impl Running {
    /// Status and body.
    pub(crate) fn get(&self, path: &str) -> (String, String) {
        let token = fs::read_to_string(&self.token).expect("it is there");
        ask(&self.address, token.trim(), path)
    }

    /// The code of a refusal.
    pub(crate) fn refused(&self, status: &str) -> String {
        let (found, body) = self.get("");
        assert_eq!(found, status, "{body}");
        let document = schema::checked(&body);
        document["code"].as_str().expect("a code").to_owned()
    }

    /// Exit code, and all that was printed after the first line.
    pub(crate) fn end(mut self) -> (i32, Vec<Value>, String) {
        let code = self.process.wait().expect("it ends").code().expect("no signal ended it");
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).expect("text");
        let mut said = String::new();
        let mut stderr = self.process.stderr.take().expect("piped");
        stderr.read_to_string(&mut said).expect("text");
        (code, rest.lines().map(schema::checked).collect(), said)
    }

    pub(crate) fn interrupt(self) -> (i32, Vec<Value>, String) {
        let killed = Command::new("kill").arg("-INT").arg(self.process.id().to_string()).status();
        assert!(killed.expect("kill").success());
        self.end()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Ended already, but where a test fails.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Status and body of what curl is answered.
pub(crate) fn ask(address: &str, token: &str, path: &str) -> (String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let fields = folder.path().join("fields");
    fs::write(&fields, format!("X-Cpskit-Token: {token}\nAccept: application/json\n"))
        .expect("written");
    let output = Command::new("curl")
        .args(["--silent", "--noproxy", "*", "--max-time", "60", "--write-out", "\n%{http_code}"])
        .arg("--header")
        .arg(format!("@{}", fields.display()))
        .arg(format!("{address}{path}"))
        .output()
        .expect("curl");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, status) = text.rsplit_once('\n').expect("two parts");
    (status.to_owned(), body.to_owned())
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
