//! `tls serve` as it is started: with which certificate, what it prints for people, how it ends.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use jiff::Timestamp;

use crate::serve::{badge, key};
use crate::support::cli::{Run, command};
use crate::support::tool::{Tool, printed};
use crate::transcript::Transcript;

const SERVE: [&str; 6] = ["tls", "serve", "--listen", "127.0.0.1:0", "--offline", "-q"];

/// A bench that runs in a folder, its first line read. Dropped, it ends.
struct Bench {
    process: Child,
    lines: BufReader<ChildStdout>,
    first: String,
}

impl Bench {
    fn start(folder: &Path, args: &[&str]) -> Self {
        let mut command = command(SERVE);
        command.args(args).current_dir(folder).env("CODE", "mot de passe é");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("it starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped"));
        let mut first = String::new();
        lines.read_line(&mut first).expect("text");
        Self { process, lines, first }
    }

    fn url(&self) -> &str {
        self.first.split_whitespace().nth(2).unwrap_or_else(|| panic!("{}", self.first))
    }

    /// Ends it with a signal. Its port stands as `PORT` in what it printed.
    fn end(mut self, signal: &str) -> Run {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().expect("kill").success());
        let code = self.process.wait().expect("it ends").code().expect("no signal ended it");
        let mut stdout = std::mem::take(&mut self.first);
        let port = stdout.rsplit_once(':').and_then(|(_, rest)| rest.split_once('/'));
        let port = port.expect("an address").0.to_owned();
        self.lines.read_to_string(&mut stdout).expect("text");
        let mut stderr = String::new();
        let mut pipe = self.process.stderr.take().expect("piped");
        pipe.read_to_string(&mut stderr).expect("text");
        Run { code, stdout: stdout.replace(&port, "PORT"), stderr }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // Ended already, but where a test fails.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The status that a client gets which trusts one certificate.
fn status(curl: Tool, folder: &Path, anchor: &str, more: &[&str], url: &str) -> (String, String) {
    let mut client = curl.command(folder, ["-sS", "--noproxy", "*", "-w", "%{http_code}"]);
    client.args(["-o", "body", "--cacert", anchor, url]).args(more).current_dir(folder);
    let (_, status, stderr) = printed(&mut client);
    (status, stderr)
}

#[test]
fn the_certificate_of_the_bench_is_ones_own_in_each_form_and_ctrl_c_ends_it() {
    let Some(curl) = Tool::or_skip("curl", "curl") else { return };
    let Some(openssl) = Tool::or_skip("openssl", "openssl") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    let openssl = |args: &str| {
        let mut command = openssl.command(home, args.split(' '));
        let made = printed(command.current_dir(home).env("CODE", "mot de passe é"));
        assert_eq!(made.0, 0, "{made:?}");
    };
    openssl(
        "req -x509 -newkey rsa:2048 -nodes -subj /CN=own -addext subjectAltName=IP:127.0.0.1 -days 30 -keyout own.key -out own.pem",
    );
    openssl("pkcs12 -export -passout env:CODE -inkey own.key -in own.pem -out own.p12");
    openssl("pkcs12 -export -legacy -passout env:CODE -inkey own.key -in own.pem -out old.p12");
    openssl("pkcs8 -topk8 -passout env:CODE -in own.key -out closed.key");
    let read = |name: &str| fs::read_to_string(home.join(name)).expect("made");
    fs::write(home.join("both.pem"), read("own.key") + &read("own.pem")).expect("written");
    for args in [
        &["--cert", "own.pem", "--key", "own.key"][..],
        &["--cert", "own.pem", "--key", "closed.key", "--password-env", "CODE"],
        &["--cert", "both.pem"],
        &["--cert", "own.p12", "--password-env", "CODE"],
        &["--cert", "old.p12", "--password-env", "CODE"],
    ] {
        let bench = Bench::start(home, args);
        let (status, stderr) = status(curl, home, "own.pem", &[], bench.url());
        assert_eq!(status, "403", "{args:?}: {stderr}");
        let run = bench.end("-INT");
        let lines = [
            "listening at https://127.0.0.1:PORT/",
            "anonymous: nobody; TLS 1.3, full session; no certificate was shown\n",
        ];
        let expected = Run { code: 0, stdout: lines.join("\n"), stderr: String::new() };
        assert_eq!(run, expected, "{args:?}");
    }
}

#[test]
fn a_bench_says_in_a_line_who_came_and_before_it_listens_what_is_wrong() {
    let Some(curl) = Tool::or_skip("curl", "curl") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let args = [
        "--environment",
        "emulated",
        "--admit",
        "CPS",
        "--revocation",
        "off",
        "--anchor",
        "anchor.pem",
    ];
    let bench = Bench::start(folder.path(), &args);
    let now = Timestamp::now();
    for slug in ["medecin-cps3", "cpe-cps3", "infirmier-adeli-cps3"] {
        let certificate = badge(folder.path(), slug, now).0.display().to_string();
        let shown = ["--cert", &certificate, "--key", &key(slug)];
        let (_, stderr) = status(curl, folder.path(), "anchor.pem", &shown, bench.url());
        assert_eq!(stderr, "", "{slug}");
    }
    status(curl, folder.path(), "anchor.pem", &[], bench.url());
    let mut transcript = Transcript::default();
    transcript.add(&[&SERVE[..], &args].concat(), &bench.end("-INT"));
    let (certificate, key) = ("certs-test/igc/test/serv-ssl.der", "certs-test/keys/serv-ssl.pem");
    let other = "certs-test/keys/org-auth-cli.pem";
    for wrong in [
        &["--cert", certificate, "--key", other][..],
        &["--cert", certificate],
        &["--cert", key],
        &["--cert", "absent.p12"],
        &["--cert", certificate, "--key", certificate],
        &["--key", key],
        &["--cert", certificate, "--key", key, "--anchor", "anchor.pem"],
        &["--listen", "192.0.2.1:8444"],
        &["--admit", "CPS,CPX"],
    ] {
        transcript.run(&[&["tls", "serve"], wrong].concat());
    }
    transcript.is("tls-serve");
}
