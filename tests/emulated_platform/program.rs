//! `cpskit emulate platform`.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use der::DecodePem;
use x509_cert::Certificate;

use crate::support::cli::{command, run};
use crate::support::schema;

#[cfg(unix)]
#[test]
fn it_says_where_it_listens_and_stops_at_a_signal() {
    let folder = tempfile::tempdir().expect("a folder");
    let anchor = folder.path().join("anchor.pem");
    let state = folder.path().join("state");
    for signal in ["-INT", "-TERM"] {
        let mut program = command(["emulate", "platform", "--listen", "127.0.0.1:0"]);
        program.arg("--anchor").arg(&anchor).arg("--state").arg(&state);
        program.args(["--at", "2026-06-01T08:00:00Z", "--publish-every", "1s", "--format", "json"]);
        let mut child = program.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        output.read_line(&mut line).expect("a line");
        let document = schema::checked(&line);
        let at = document["listen"].as_str().expect("an address");
        TcpStream::connect(at).expect("it listens");
        let publication = document["publication"].as_str().expect("an address");
        TcpStream::connect(publication.trim_start_matches("http://")).expect("it listens");
        let pem = std::fs::read(&anchor).expect("written");
        let root = Certificate::from_pem(pem).expect("a certificate");
        let name = root.tbs_certificate().subject().to_string();
        assert!(name.starts_with("CN=EMULATION TEST AC RACINE ELEMENTAIRE,"), "{name}");
        let kill = Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(kill.expect("kill").success());
        assert_eq!(child.wait().expect("it ends").code(), Some(0));
    }
}

#[test]
fn nothing_but_loopback_is_listened_at() {
    for flag in ["--listen", "--publish"] {
        let run = run(["emulate", "platform", flag, "0.0.0.0:0", "--format", "json"]);
        assert_eq!((run.code, &run.error()["code"]), (2, &serde_json::json!("usage")));
    }
}

#[test]
fn the_menu_of_faults_is_printed_and_what_is_not_in_it_refused() {
    let menu = run(["emulate", "platform", "--fault", "help"]);
    assert_eq!(menu.code, 0);
    for planned in cpskit::emulate::platform::Planned::menu() {
        assert!(menu.stdout.contains(planned.form), "{}", planned.form);
    }
    for wrong in ["burn", "cut=nowhere", "latency", "refused@nowhere", "refused*often"] {
        assert_eq!(run(["emulate", "platform", "--fault", wrong]).code, 2, "{wrong}");
    }
}
