//! The command itself: a virtual card, `openssl s_server` or nginx that wants its certificate, curl in front.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;

use serde_json::Value;

use crate::service::{PROXY, Service};
use crate::support::cli::{command, finish, run};
use crate::support::daemon::Daemon;
use crate::support::desk::{Desk, Slot};
use crate::support::schema;
#[cfg(target_os = "linux")]
use crate::support::strace::strace_or_skip;
use crate::support::tool::Tool;

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
    assert!(TcpStream::connect(host).is_err());
}

#[test]
fn without_a_pin_and_nobody_to_ask_the_proxy_does_not_start_and_says_what_to_do() {
    for idle in ["15m", "0"] {
        let more = ["--emulated=medecin-cps4", "--no-input", "--format", "json"];
        let to = ["--to", "https://127.0.0.1:1/", "--pin-idle", idle];
        let found = finish(command(PROXY).args(to).args(more).stdin(Stdio::null()));
        assert_eq!((found.code, found.stdout.as_str()), (2, ""), "{found:?}");
        let error = found.error();
        assert_eq!(error["code"], "card.pin.needed");
        let hint = "give it with `--pin-env VAR`, `--pin-file FILE` or `--pin-fd N`";
        assert_eq!(error["hint"], hint);
    }
}

#[test]
fn each_full_handshake_is_an_act_towards_the_host_and_a_resumed_one_is_none() {
    let (Some(resuming), Some(forgetful)) = (Service::start(), Service::forgetful()) else {
        return;
    };
    for (service, signatures) in [(resuming, 1), (forgetful, 3)] {
        let file = service.path("acts");
        let trace = file.to_str().expect("text");
        let running = service.proxy("1234", &["--emulated=medecin-cps3", "--trace", trace]);
        for _ in 0..3 {
            assert_eq!(running.get("").0, "200");
        }
        let (code, _, said) = running.interrupt();
        assert_eq!(code, 0, "{said}");
        let expected = vec!["tls.authenticate done 127.0.0.1"; signatures];
        assert_eq!(acts(&file), expected);
    }
}

/// Action, result and host of each act in a file.
pub(crate) fn acts(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).expect("traces");
    let lines = text.lines().map(schema::checked).filter(|line| line["kind"] == "act");
    let part = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    lines
        .map(|line| {
            let parts = [&line["action"], &line["result"], &line["object"]["host"]].map(part);
            parts.join(" ")
        })
        .collect()
}

#[test]
fn a_service_on_the_internet_is_reached_through_the_proxy_of_the_environment() {
    let Some(service) = Service::start() else { return };
    let (port, asked) = tunnels(service.port);
    let mut command = command(PROXY);
    command
        .args(["--to", "https://service.example/", "--emulated=medecin-cps4", "--pin-env", "CODE"])
        .env("CODE", "1234")
        .env("HTTPS_PROXY", format!("http://user:secret@127.0.0.1:{port}"))
        .env_remove("https_proxy")
        .env_remove("NO_PROXY")
        .env_remove("no_proxy");
    let running = service.started(&mut command);
    let (status, body) = running.get("");
    assert_eq!(status, "200", "{body}");
    let (code, lines, said) = running.interrupt();
    assert_eq!(code, 0, "{said}");
    let head = asked.recv().expect("a head");
    assert!(head.starts_with("CONNECT service.example:443 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nProxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"), "{head}");
    assert!(!format!("{lines:?}{said}").contains("secret"), "{said}");
}

/// A proxy whose tunnels all lead to this port; its own, and the heads it was sent.
fn tunnels(to: u16) -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                let mut byte = [0];
                client.read_exact(&mut byte).expect("a head");
                head.push(char::from(byte[0]));
            }
            let _ = tell.send(head);
            let mut server = TcpStream::connect(("127.0.0.1", to)).expect("it listens");
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").expect("it reads");
            let (mut back, mut out) = (server.try_clone(), client.try_clone());
            thread::spawn(move || {
                let _ = io::copy(back.as_mut().expect("a handle"), out.as_mut().expect("a handle"));
                let _ = out.expect("a handle").shutdown(Shutdown::Both);
            });
            thread::spawn(move || io::copy(&mut client, &mut server));
        }
    });
    (port, told)
}

#[test]
fn nginx_takes_the_card_and_its_sessions_are_resumed() {
    let Some(nginx) = Tool::or_skip("nginx", "nginx-light") else { return };
    let Some(service) = Service::start() else { return };
    let home = tempfile::tempdir().expect("a folder");
    let daemon = Daemon::start(|port| {
        let config = home.path().join("nginx.conf");
        fs::write(&config, nginx_configuration(home.path(), &service, port)).expect("written");
        let mut command = nginx.command(home.path(), ["-e", "stderr", "-p"]);
        command.arg(home.path()).arg("-c").arg(config);
        command
    });
    for persona in ["--emulated=medecin-cps3", "--emulated=medecin-cps4"] {
        fs::write(service.path("pin"), "1234").expect("written");
        let mut command = command(PROXY);
        command
            .args([
                "--to",
                &format!("https://127.0.0.1:{}/app", daemon.port()),
                "--offline",
                persona,
            ])
            .arg("--pin-file")
            .arg(service.path("pin"));
        let running = service.started(&mut command);
        for reused in [".", "r", "r"] {
            let (status, body) = running.get("who?x=1");
            assert_eq!(status, "200", "{body}");
            assert!(body.starts_with(&format!("/app/who?x=1 {reused} ")), "{body}");
            assert!(body.contains("EMULATION TEST"), "{body}");
        }
        let (code, lines, said) = running.interrupt();
        assert_eq!(code, 0, "{said}");
        let connections: Vec<&Value> = lines.iter().map(|line| &line["connection"]).collect();
        assert_eq!(connections, ["new", "resumed", "resumed"]);
    }
}

fn nginx_configuration(home: &Path, service: &Service, port: u16) -> String {
    let (home, at) = (home.display(), service.folder.path().display());
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|what| format!("{what}_temp_path {home}/{what};\n"))
        .concat();
    format!(
        "daemon off;\nmaster_process off;\nerror_log stderr;\npid {home}/pid;\nevents {{}}\nhttp {{\n\
         access_log off;\nkeepalive_timeout 0;\n{temporary}\
         server {{\nlisten 127.0.0.1:{port} ssl;\nssl_certificate {at}/certificate.pem;\n\
         ssl_certificate_key {at}/key.pem;\nssl_protocols TLSv1.2 TLSv1.3;\nssl_session_cache shared:all:1m;\n\
         ssl_verify_client optional_no_ca;\ndefault_type text/plain;\n\
         location / {{ return 200 '$request_uri $ssl_session_reused $ssl_client_i_dn'; }}\n}}\n}}\n"
    )
}

#[cfg(target_os = "linux")]
#[test]
fn the_file_of_the_token_is_its_owners_from_its_first_byte() {
    let Some(strace) = strace_or_skip() else { return };
    let home = tempfile::tempdir().expect("a folder");
    let (log, token) = (home.path().join("log"), home.path().join("token"));
    let proxy = ["tls", "proxy", "--listen", "127.0.0.1:0", "--to", "https://127.0.0.1:1/"];
    let mut process = strace
        .command(home.path(), ["-f", "-qq", "-e", "trace=file,fchmod,umask", "-o"])
        .arg(&log)
        .args(["sh", "-c", "umask 0; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_cpskit")])
        .args(proxy)
        .arg("--token-file")
        .arg(&token)
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    // Nobody reads its first line: it ends there.
    drop(process.stdout.take());
    assert!(process.wait().expect("it ends").success());
    let log = fs::read_to_string(log).expect("a log");
    let home = home.path().to_str().expect("text");
    let made: Vec<&str> =
        log.lines().filter(|line| line.contains(home) && line.contains("O_CREAT")).collect();
    assert_eq!(made.len(), 1, "{log}");
    assert!(made[0].contains("O_EXCL") && made[0].contains(", 0600)"), "{made:?}");
    assert!(!log.contains("chmod("), "{log}");
    assert!(log.lines().any(|line| line.contains("rename") && line.contains("/token\"")), "{log}");
    assert!(!token.exists());
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
