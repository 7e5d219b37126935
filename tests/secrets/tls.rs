//! The card shown to services: what passes through is for both ends only, and the codes and keys for nobody.

use std::fs;
use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::search::{found, without_long_numbers};
use crate::support::desk::{Desk, Slot};
use crate::support::tool::{Tool, printed};
use crate::traces::files;

const PIN: &str = "7391";
const WRONG: &str = "8264";
const PASSWORD: &str = "password-never-seen";

/// What a program and a service tell each other. Of a request, the log has method and path.
const SAID: [&str; 6] = [
    "query-never-seen",
    "authorization-never-seen",
    "cookie-never-seen",
    "body-never-seen",
    "answered-cookie-never-seen",
    "answered-body-never-seen",
];

const ANSWER: &str = "HTTP/1.1 200 OK\r\nSet-Cookie: one=answered-cookie-never-seen; Path=/\r\nContent-Length: 24\r\n\r\nanswered-body-never-seen";

/// `openssl s_server` that wants a certificate, both of its ends in the hands of the test.
struct Service {
    process: Child,
    said: BufReader<ChildStdout>,
    answer: ChildStdin,
    port: u16,
}

impl Service {
    fn start(openssl: Tool, folder: &Path) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let mut process = openssl
            .command(folder, ["s_server", "-quiet", "-Verify", "2", "-cert", "own.pem"])
            .args(["-key", "own.key", "-accept", &format!("127.0.0.1:{port}")])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let said = BufReader::new(process.stdout.take().expect("piped"));
        let answer = process.stdin.take().expect("piped");
        // A connection without TLS is refused, and the next one awaited.
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            thread::sleep(Duration::from_millis(10));
        }
        Self { process, said, answer, port }
    }

    /// Reads a request up to the end of its body, and answers it.
    fn serve(&mut self, answer: &str) -> String {
        let mut request = String::new();
        while !request.ends_with("body-never-seen") {
            let mut byte = [0];
            self.said.read_exact(&mut byte).expect("a request");
            request.push(char::from(byte[0]));
        }
        self.answer.write_all(answer.as_bytes()).expect("it reads");
        request
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Bench {
    desk: Desk,
    curl: Tool,
    openssl: Tool,
    /// Where the files are that hold a secret on purpose.
    given: TempDir,
    /// Where everything that is written goes.
    written: TempDir,
}

impl Bench {
    fn or_skip() -> Option<Self> {
        let bench = Self {
            desk: Desk::or_skip()?,
            curl: Tool::or_skip("curl", "curl")?,
            openssl: Tool::or_skip("openssl", "openssl")?,
            given: tempfile::tempdir().expect("a folder"),
            written: tempfile::tempdir().expect("a folder"),
        };
        let own = "req -x509 -newkey rsa:2048 -nodes -subj /CN=own -addext subjectAltName=IP:127.0.0.1 -days 30 -keyout own.key -out own.pem";
        let closed = "pkcs12 -export -passout env:CODE -inkey own.key -in own.pem -out own.p12";
        for args in [own, closed] {
            let mut command = bench.openssl.command(bench.given.path(), args.split(' '));
            let made = printed(command.current_dir(bench.given.path()).env("CODE", PASSWORD));
            assert_eq!(made.0, 0, "{made:?}");
        }
        let request =
            "authorization: Bearer authorization-never-seen\ncookie: one=cookie-never-seen\n";
        for (name, content) in
            [("pin", PIN), ("wrong", WRONG), ("fields", request), ("body", SAID[3])]
        {
            fs::write(bench.given(name), content).expect("written");
        }
        Some(bench)
    }

    fn given(&self, name: &str) -> String {
        self.given.path().join(name).display().to_string()
    }

    /// `cpskit` at the highest verbosity, whose output goes to two files; it answers in JSON, or for people.
    fn cpskit(&self, name: &str, format: &str, args: &[&str]) -> Command {
        let more = ["-vvv", "--format", format, "--offline", "--trace", "acts"];
        let mut command = self.desk.command(&[args, &more].concat());
        let file = |end| fs::File::create(self.written.path().join(format!("{name}.{end}")));
        command.stdout(file("out").expect("made")).stderr(file("err").expect("made"));
        for variable in ["HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "TMPDIR"] {
            command.env(variable, self.written.path());
        }
        command.current_dir(self.written.path()).env("CODE", PASSWORD).stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    fn ends(&self, name: &str, format: &str, args: &[&str], code: i32) {
        let status = self.cpskit(name, format, args).status().expect("it starts");
        assert_eq!(status.code(), Some(code), "{}", self.left(name));
    }

    /// Starts what listens; where it does is what it says first.
    fn listens(&self, name: &str, format: &str, args: &[&str]) -> (Child, String) {
        let mut process = self.cpskit(name, format, args).spawn().expect("it starts");
        loop {
            let said = self.left(name);
            let url = said.split([' ', '"', '\n']).find(|word| word.contains("://127.0.0.1:"));
            if let Some(url) = url {
                return (process, url.to_owned());
            }
            assert_eq!(process.try_wait().expect("ours"), None, "{said}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// What it has written so far.
    fn left(&self, name: &str) -> String {
        let read = |end| fs::read_to_string(self.written.path().join(format!("{name}.{end}")));
        [read("out"), read("err")].map(|text| text.expect("text")).concat()
    }

    /// A program of others that says what is not to be seen.
    fn curl(&self, url: &str, fields: &str) -> Command {
        let mut curl = self.curl.command(self.given.path(), ["-sS", "-i", "--noproxy", "*"]);
        curl.args(["--cacert", "own.pem", "--header", fields, "--header", "@fields"]);
        curl.args(["--data", "@body", "--max-time", "60", &format!("{url}?query-never-seen")]);
        curl.current_dir(self.given.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        curl
    }

    /// Looks for every secret in everything that was written.
    fn find_nothing(&self, tokens: &[String]) {
        let key = fs::read_to_string(self.given("own.key")).expect("made");
        // Whole lines of its Base64.
        let lines = key.lines().filter(|line| line.len() == 64 && !line.starts_with('-'));
        let tokens = tokens.iter().map(String::as_str);
        let secrets: Vec<&str> =
            SAID.into_iter().chain([PASSWORD]).chain(tokens).chain(lines).collect();
        assert!(secrets.len() > 20, "{secrets:?}");
        let left = files(self.written.path());
        assert!(left.iter().any(|(_, text)| text.contains("[secret]")), "no PIN was presented");
        for (name, text) in left {
            for secret in &secrets {
                assert!(!text.contains(secret), "{secret} in {name}:\n{text}");
            }
            let text = without_long_numbers(&text);
            for pin in [PIN, WRONG] {
                assert_eq!(found(text.as_bytes(), pin), None, "{name}:\n{text}");
            }
        }
    }
}

fn interrupt(process: &mut Child) {
    let pid = process.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill").success());
    assert_eq!(process.wait().expect("it ends").code(), Some(0));
}

#[test]
fn what_is_told_to_a_service_and_what_opens_the_door_are_in_nothing_that_is_left() {
    let Some(bench) = Bench::or_skip() else { return };
    let persona = persona(bench.given.path());
    let _card = bench.desk.emulate(Slot::First, &["--persona-file", &persona, "-vvv"]);
    let mut service = Service::start(bench.openssl, bench.given.path());
    let url = format!("https://127.0.0.1:{}/", service.port);
    let given = |name: &str| bench.given(name);
    let (own, pin, wrong, token) = (given("own.pem"), given("pin"), given("wrong"), given("token"));
    let judge = ["--trust", &own, "--revocation", "off"];
    let mut tokens = Vec::new();
    for format in ["ndjson", "text"] {
        let proxy = ["tls", "proxy", "--listen", "127.0.0.1:0", "--to", &url, "--client", "card"];
        let proxy = [&proxy[..], &judge, &["--token-file", &token]].concat();
        let name = format!("proxy-{format}");
        let with = |pin| [&proxy[..], &["--pin-file", pin]].concat();
        let (mut process, door) = bench.listens(&name, format, &with(&pin));
        let opens = fs::read_to_string(&token).expect("a token").trim().to_owned();
        fs::write(given("opens"), format!("X-Cpskit-Token: {opens}\n")).expect("written");
        let client = bench.curl(&door, "@opens").spawn().expect("it starts");
        let request = service.serve(ANSWER);
        let output = client.wait_with_output().expect("it ends");
        let answered = String::from_utf8_lossy(&output.stdout);
        assert!(SAID[..4].iter().all(|said| request.contains(said)), "{request}");
        assert!(SAID[4..].iter().all(|said| answered.contains(said)), "{output:?}");
        assert!(!request.contains(&opens), "{request}");
        tokens.push(opens);
        interrupt(&mut process);
        let (mut process, door) = bench.listens(&format!("{name}-wrong"), format, &with(&wrong));
        let opens = fs::read_to_string(&token).expect("a token").trim().to_owned();
        fs::write(given("opens"), format!("X-Cpskit-Token: {opens}\n")).expect("written");
        let refused = bench.curl(&door, "@opens").output().expect("it ends");
        assert!(String::from_utf8_lossy(&refused.stdout).contains(" 503 "), "{refused:?}");
        tokens.push(opens);
        assert_eq!(process.wait().expect("it ends").code(), Some(5));
    }
    let (fields, body) = (format!("@{}", given("fields")), format!("@{}", given("body")));
    let container = given("own.p12");
    for format in ["json", "text"] {
        let call = ["tls", "connect", &url, "--header", &fields, "--data", &body];
        let call = [&call[..], &judge, &["--out", "answer"]].concat();
        for (name, client, code) in [
            ("card", ["--client", "card", "--pin-file", &pin], 0),
            ("card-wrong", ["--client", "card", "--pin-file", &wrong], 5),
            ("file", ["--client", &container, "--password-env", "CODE"], 0),
            ("file-wrong", ["--client", &container, "--password-env", "PATH"], 2),
        ] {
            let name = format!("connect-{name}-{format}");
            let args = [&call[..], &client].concat();
            thread::scope(|scope| {
                if code == 0 {
                    scope.spawn(|| service.serve("HTTP/1.1 204 No Content\r\n\r\n"));
                }
                bench.ends(&name, format, &args, code);
            });
        }
        let name = format!("serve-{format}");
        let format = if format == "json" { "ndjson" } else { format };
        let serve = ["tls", "serve", "--listen", "127.0.0.1:0", "--cert", &container];
        let serve = [&serve[..], &["--password-env", "CODE"]].concat();
        let (mut process, bench_url) = bench.listens(&name, format, &serve);
        let output = bench.curl(&bench_url, "@fields").output().expect("it ends");
        assert!(String::from_utf8_lossy(&output.stdout).contains(" 403"), "{output:?}");
        interrupt(&mut process);
    }
    bench.find_nothing(&tokens);
}

/// The file of a persona with a PIN of its own.
pub(crate) fn persona(folder: &Path) -> String {
    let builtin =
        format!("{}/certs-test/cards/medecin-cps4/persona.toml", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(builtin).expect("a persona");
    let file = folder.join("persona.toml");
    fs::write(&file, format!("{text}\n[pin]\nuser = \"{PIN}\"\n")).expect("written");
    file.display().to_string()
}
