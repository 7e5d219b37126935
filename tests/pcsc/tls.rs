//! A service that requires a certificate, called with a card on the real smart card service.

use std::fs;

use cpskit::emulate::igc::Authority;
use cpskit::x509::Certificate;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::cli::{Run, finish};
use crate::support::daemon::Daemon;
use crate::support::desk::{Desk, Slot};
use crate::support::tool::{Tool, printed};

/// A desk, and `openssl s_server` that takes nobody but holders of emulated cards.
struct Bench {
    desk: Desk,
    service: Daemon,
    folder: TempDir,
}

impl Bench {
    fn or_skip() -> Option<Self> {
        let desk = Desk::or_skip()?;
        let openssl = Tool::or_skip("openssl", "openssl")?;
        let folder = tempfile::tempdir().expect("a folder");
        let home = folder.path();
        let own = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"];
        let mut made = openssl.command(home, own);
        made.args(["-addext", "subjectAltName=DNS:localhost", "-keyout", "server.key"]);
        made.args(["-out", "server.pem", "-days", "30"]).current_dir(home);
        assert_eq!(printed(&mut made).0, 0);
        let roots: String = ["ACR-EL-TEST", "ACR-ST-TEST", "ACR-FO-TEST"]
            .map(|code| Authority::by_code(code).expect("an authority").certificate())
            .map(|root| Certificate::parse(root).expect("ours").to_pem())
            .concat();
        fs::write(home.join("roots.pem"), roots).expect("written");
        let service = Daemon::start(|port| {
            let mut command = openssl.command(
                home,
                ["s_server", "-quiet", "-www", "-Verify", "3", "-verify_return_error"],
            );
            command.args(["-accept", &format!("127.0.0.1:{port}"), "-CAfile", "roots.pem"]);
            command.args(["-cert", "server.pem", "-key", "server.key"]).current_dir(home);
            command
        });
        Some(Self { desk, service, folder })
    }

    fn connect(&self, pin: &str, more: &[&str]) -> Run {
        let url = format!("https://localhost:{}/", self.service.port());
        let call = ["tls", "connect", &url, "--client", "card", "--pin-env", "PIN", "--offline"];
        let judge = ["--trust", "server.pem", "--revocation", "off", "--format", "json"];
        let mut command = self.desk.command(&[&call[..], &judge, more].concat());
        command.current_dir(self.folder.path()).env("PIN", pin);
        finish(command.env("XDG_STATE_HOME", self.folder.path()))
    }

    /// Actions and results recorded in a file of traces.
    fn acts(&self, file: &str) -> Vec<(Value, Value)> {
        let traces = fs::read_to_string(self.folder.path().join(file)).expect("traces");
        let lines = traces.lines().map(|line| serde_json::from_str(line).expect("a trace"));
        lines
            .filter(|line: &Value| line["action"].is_string())
            .map(|line| (line["action"].clone(), line["result"].clone()))
            .collect()
    }
}

#[test]
fn a_service_that_requires_the_card_takes_each_generation_and_transport() {
    let Some(bench) = Bench::or_skip() else { return };
    for (persona, protocol, scheme) in [
        ("medecin-cps3", "TLS 1.2", "rsa_pkcs1_sha256"),
        ("cpa-cps4", "TLS 1.3", "rsa_pss_sha256"),
        ("medecin-cps4", "TLS 1.3", "rsa_pss_sha256"),
    ] {
        let card = bench.desk.insert(Slot::First, persona);
        let run = bench.connect("1234", &["--trace", persona]);
        assert_eq!(run.code, 0, "{persona}: {run:?}");
        let document = run.document();
        assert_eq!(document["emulated"], true, "{persona}");
        let client = &document["client"];
        let found =
            [&document["connection"]["protocol"], &client["certificate"], &client["scheme"]];
        assert_eq!(found, [protocol, "shown", scheme], "{persona}");
        assert_eq!(document["response"]["status"], 200, "{persona}");
        // The PIN that opens the key is not told apart.
        let expected = [(json!("tls.authenticate"), json!("done"))];
        assert_eq!(bench.acts(persona), expected, "{persona}");
        card.remove();
    }
}

#[test]
fn what_a_card_refuses_and_a_wrong_signature_end_the_call() {
    let Some(bench) = Bench::or_skip() else { return };
    for persona in ["medecin-cps3", "cpa-cps4", "medecin-cps4"] {
        let card = bench.desk.insert(Slot::First, persona);
        let run = bench.connect("9999", &[]);
        assert_eq!((run.code, &run.error()["code"]), (5, &json!("card.pin.refused")), "{persona}");
        card.remove();
        let flaw = ["--persona", persona, "--fault", "wrong-signature"];
        let card = bench.desk.emulate(Slot::First, &flaw);
        let run = bench.connect("1234", &[]);
        let wrong = (4, &json!("card.signature.wrong"));
        assert_eq!((run.code, &run.error()["code"]), wrong, "{persona}");
        card.remove();
    }
    let run = bench.connect("1234", &[]);
    assert_eq!(run.code, 4, "{run:?}");
}
