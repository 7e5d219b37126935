//! Orders at the emulated platform, with a card on the real smart card service.

use std::path::PathBuf;

use cpskit::emulate::platform::{Clock, Emulator, Settings};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::cli::{Run, finish};
use crate::support::desk::{Desk, Slot};

/// A desk, and a platform.
struct Bench {
    desk: Desk,
    platform: Emulator,
    folder: TempDir,
}

impl Bench {
    fn or_skip() -> Option<Self> {
        let desk = Desk::or_skip()?;
        let platform = Emulator::start(Settings::new(Clock::running(Timestamp::now())));
        let folder = TempDir::new().expect("a folder");
        Some(Self { desk, platform: platform.expect("a platform"), folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, pin: &str, args: &[&str]) -> Run {
        let mut command = self.desk.command(&[&["--no-input", "platform"], args].concat());
        command.args(["--binding", "rest", "--endpoint", self.platform.endpoint()]);
        command.args(["--pin-env", "PIN", "--format", "json"]).env("PIN", pin);
        command.arg("--state").arg(self.path("state")).env_remove("DATABASE_URL");
        finish(&mut command)
    }

    fn done(&self, args: &[&str]) -> Value {
        let run = self.run("1234", args);
        assert_eq!(run.code, 0, "{args:?}: {run:?}");
        let document = run.document();
        assert_eq!(document["emulated"], true, "{args:?}");
        document
    }

    /// Verdict and exit code of `cert verify`, with what the platform publishes.
    fn verdict(&self, file: &str) -> (Value, i32) {
        let args = ["cert", "verify", file, "--environment", "emulated", "--format", "json"];
        let mut command = self.desk.command(&args);
        command.args(["--allow-private-addresses", "--cache"]).arg(self.path("cache"));
        let run = finish(command.env("HTTP_PROXY", self.platform.publication()));
        (run.document()["results"][0]["verdict"].clone(), run.code)
    }
}

const ORDER: [&str; 9] = [
    "order",
    "--offer",
    "ORG",
    "--usage",
    "AUTH_CLI",
    "--structure",
    "10B0990001",
    "--service",
    "APPLI",
];

#[test]
fn a_card_in_a_reader_orders_retrieves_and_revokes() {
    let Some(bench) = Bench::or_skip() else { return };
    let card = bench.desk.insert(Slot::First, "medecin-cps3");
    let known = bench.done(&["habilitations"]);
    assert!(known["habilitations"].as_array().is_some_and(|all| !all.is_empty()), "{known:#}");
    let ordered = bench.done(&ORDER);
    let reference = ordered["order"]["reference"].as_str().expect("a reference").to_owned();
    assert_eq!(bench.done(&ORDER)["changed"], false);
    let tracked = bench.done(&["track", &reference, "--watch", "--timeout", "60s"]);
    assert_eq!(tracked["order"]["state"], "ready");
    let out = bench.path("out").display().to_string();
    let accept = ["--accept-cgu", "1", "--accept-pc", "2"];
    let retrieved = bench.done(&[&["retrieve", &reference, "--out", &out], &accept[..]].concat());
    let files = retrieved["order"]["files"].as_array().expect("files").iter();
    let mut files = files.filter_map(Value::as_str);
    let certificate = files.find(|file| file.ends_with(".crt.pem")).expect("a certificate");
    assert_eq!(bench.verdict(certificate), (json!("valid"), 0));
    bench.done(&["revoke", &reference, "--reason", "ceased", "--yes", "--wait-published"]);
    assert_eq!(bench.verdict(certificate), (json!("invalid"), 1));
    card.remove();
}

#[test]
fn without_a_card_or_with_a_wrong_pin_nothing_is_ordered() {
    let Some(bench) = Bench::or_skip() else { return };
    assert_eq!(bench.run("1234", &ORDER).code, 4);
    let card = bench.desk.insert(Slot::First, "medecin-cps3");
    let run = bench.run("9999", &ORDER);
    assert_eq!((run.code, &run.error()["code"]), (5, &json!("card.pin.refused")));
    card.remove();
    assert_eq!(bench.platform.seen().len(), 0);
}
