//! `cpskit platform` with `--binding rest`: the emulated platform, and a virtual card in process.

use std::path::PathBuf;
use std::process::Command;

use cpskit::emulate::platform::{Clock, Emulator, Operation, Settings};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::cli::{Run, command, finish};

/// A platform, and a person with a card who orders there.
struct Scene {
    folder: TempDir,
    platform: Emulator,
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

const ACCEPT: [&str; 4] = ["--accept-cgu", "1", "--accept-pc", "2"];

impl Scene {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let platform = Emulator::start(Settings::new(Clock::running(Timestamp::now())));
        Self { folder, platform: platform.expect("a platform") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn fault(&self, fault: &str) {
        self.platform.inject(fault.parse().expect("a fault"));
    }

    /// How often the platform was asked for this.
    fn asked(&self, operation: Operation) -> usize {
        let seen = self.platform.seen();
        seen.iter().filter(|seen| seen.operation == Some(operation)).count()
    }

    /// A verb with a persona's card in the reader.
    fn with_card(&self, persona: &str, args: &[&str]) -> Command {
        let mut command = command(["--no-input", "platform"].iter().chain(args));
        command.args(["--binding", "rest", "--endpoint", self.platform.endpoint()]);
        command.arg(format!("--emulated={persona}")).arg("--state").arg(self.path("state"));
        command.args(["--pin-env", "PIN"]).env("PIN", "1234").env_remove("DATABASE_URL");
        command
    }

    fn run(&self, args: &[&str]) -> Run {
        finish(self.with_card("medecin-cps3", args).args(["--format", "json"]))
    }

    fn done(&self, args: &[&str]) -> Value {
        let run = self.run(args);
        assert_eq!(run.code, 0, "{args:?}: {run:?}");
        run.document()
    }

    /// Exit code and code of the error of a run that fails.
    fn refused(&self, args: &[&str]) -> (i32, Value) {
        let run = self.run(args);
        (run.code, run.error()["code"].clone())
    }

    /// Retrieves into `out`.
    fn retrieve(&self, reference: &str, more: &[&str]) -> Run {
        let out = self.text("out");
        self.run(&[&["retrieve", reference, "--out", &out], &ACCEPT[..], more].concat())
    }

    /// Verdict and exit code of `cert verify`, with what the platform publishes.
    fn verdict(&self, file: &str) -> (Value, i32) {
        let args = ["cert", "verify", file, "--environment", "emulated", "--format", "json"];
        let mut command = command(args);
        command.args(["--allow-private-addresses", "--cache"]).arg(self.path("cache"));
        // The addresses that its authorities name never resolve: whoever asks there is led to what the platform publishes.
        let run = finish(command.env("HTTP_PROXY", self.platform.publication()));
        let result = run.document()["results"][0].clone();
        (result["verdict"].clone(), run.code)
    }
}

fn reference(document: &Value) -> String {
    document["order"]["reference"].as_str().expect("a reference").to_owned()
}

fn state(document: &Value) -> &Value {
    &document["order"]["state"]
}

/// The file among those of an order that ends so.
fn file(document: &Value, end: &str) -> String {
    let files = document["order"]["files"].as_array().expect("files").iter();
    let found = files.filter_map(Value::as_str).find(|file| file.ends_with(end));
    found.unwrap_or_else(|| panic!("no {end}: {document:#}")).to_owned()
}

#[test]
fn a_card_orders_retrieves_and_revokes_and_each_verb_run_again_changes_nothing() {
    let scene = Scene::new();
    let known = scene.done(&["habilitations"]);
    assert!(known.to_string().contains("10B0990001"), "{known:#}");
    let ordered = scene.done(&ORDER);
    assert_eq!(ordered["changed"], true);
    let reference = reference(&ordered);
    let again = scene.done(&ORDER);
    assert_eq!((&again["changed"], self::reference(&again)), (&json!(false), reference.clone()));
    assert_eq!(scene.asked(Operation::Demander), 1);
    let listed = scene.done(&["list"]);
    assert_eq!(listed["orders"][0]["order"]["reference"], reference);
    let tracked = scene.done(&["track", &reference, "--watch", "--timeout", "60s"]);
    assert_eq!(state(&tracked), "ready");

    let retrieved = scene.retrieve(&reference, &[]);
    assert_eq!(retrieved.code, 0, "{retrieved:?}");
    let retrieved = retrieved.document();
    assert_eq!((state(&retrieved), &retrieved["changed"]), (&json!("collected"), &json!(true)));
    let key = file(&retrieved, ".key.pem");
    assert_eq!(retrieved["order"]["key"]["file"], key, "where it is now");
    let again = scene.retrieve(&reference, &[]).document();
    assert_eq!((state(&again), &again["changed"]), (&json!("collected"), &json!(false)));
    let certificate = file(&retrieved, ".crt.pem");
    assert_eq!(scene.verdict(&certificate), (json!("valid"), 0));

    let revoke = ["revoke", &reference, "--reason", "ceased", "--yes", "--wait-published"];
    let revoked = scene.done(&revoke);
    assert_eq!((state(&revoked), &revoked["changed"]), (&json!("published"), &json!(true)));
    assert_eq!(scene.verdict(&certificate), (json!("invalid"), 1));
    let again = scene.done(&revoke);
    assert_eq!((state(&again), &again["changed"]), (&json!("published"), &json!(false)));
}

#[test]
fn a_key_that_the_platform_makes_comes_once_under_the_password_given() {
    let scene = Scene::new();
    let order = [&ORDER[..], &["--key", "platform", "--password-env", "WORD"]].concat();
    let with = |args: &[&str], word: &str| {
        let mut command = scene.with_card("medecin-cps3", args);
        finish(command.args(["--format", "json"]).env("WORD", word))
    };
    assert_eq!(scene.refused(&order[..11]), (2, json!("platform.password.needed")));
    let ordered = with(&order, "un long mot de passe");
    assert_eq!(ordered.code, 0, "{ordered:?}");
    let reference = reference(&ordered.document());
    let out = scene.text("out");
    let retrieve = [&["retrieve", &reference, "--out", &out], &ACCEPT[..]].concat();
    let retrieve = [&retrieve[..], &["--password-env", "WORD"]].concat();
    let wrong = with(&retrieve, "un autre mot de passe");
    assert_ne!(wrong.code, 0, "{wrong:?}");
    assert!(!wrong.stderr.contains("un autre mot"), "{wrong:?}");
    let right = with(&retrieve, "un long mot de passe");
    assert_eq!((right.code, state(&right.document())), (0, &json!("collected")), "{right:?}");
}

#[test]
fn an_answer_that_is_lost_leaves_one_order_when_the_command_is_run_again() {
    let scene = Scene::new();
    scene.fault("lost-answer@demander");
    let first = scene.run(&ORDER);
    assert!([0, 75].contains(&first.code), "{first:?}");
    scene.done(&ORDER);
    let listed = scene.done(&["list"]);
    assert_eq!(listed["orders"].as_array().map(Vec::len), Some(1), "{listed:#}");
    assert!(listed["orders"][0]["platform"].is_object(), "{listed:#}");
}

#[test]
fn a_platform_that_says_later_is_a_matter_of_a_later_try() {
    let scene = Scene::new();
    for fault in ["too-many=1*always", "maintenance=1*always"] {
        scene.fault(fault);
        assert_eq!(scene.refused(&["habilitations"]), (75, json!("platform.later")), "{fault}");
        scene.platform.heal();
    }
}

#[test]
fn a_card_in_opposition_orders_nothing() {
    let scene = Scene::new();
    scene.fault("opposed-card");
    let (exit, code) = scene.refused(&ORDER);
    assert_eq!((exit, code), (7, json!("platform.refused")));
}

#[test]
fn a_certificate_that_was_not_ordered_is_refused_and_not_installed() {
    let mismatched = ["key", "name", "usage", "category"].map(|wrong| (wrong, "platform.mismatch"));
    for (wrong, code) in mismatched.into_iter().chain([("expired", "platform.certificate.invalid")])
    {
        let scene = Scene::new();
        scene.fault(&format!("wrong={wrong}"));
        // Of this usage the key usages are known, of others they are inferred.
        let order = ORDER.map(|word| if word == "AUTH_CLI" { "SIGN" } else { word });
        let reference = reference(&scene.done(&order));
        let run = scene.retrieve(&reference, &[]);
        assert_eq!((run.code, &run.error()["code"]), (1, &json!(code)), "{wrong}: {run:?}");
        assert!(!scene.path("out").exists(), "{wrong}");
    }
}

#[test]
fn a_departure_from_what_is_only_inferred_is_a_warning() {
    let scene = Scene::new();
    scene.fault("wrong=usage");
    let reference = reference(&scene.done(&ORDER));
    let document = scene.retrieve(&reference, &[]).document();
    let warnings = document["warnings"].as_array().expect("warnings").iter();
    let found: Vec<_> = warnings.map(|found| (&found["rule"], &found["confidence"])).collect();
    assert_eq!(found, [(&json!("platform.received.purposes"), &json!("inferred"))]);
}

#[test]
fn what_is_outside_the_perimeter_is_not_sent() {
    let scene = Scene::new();
    let server =
        ["order", "--offer", "SERV", "--usage", "SSL_SERV", "--structure", "10B0990001", "--dns"];
    let outside = [&server[..], &["a.evil-emulation.invalid"]].concat();
    assert_eq!(scene.refused(&outside), (2, json!("platform.rule")));
    assert_eq!(scene.asked(Operation::Demander), 0);
    let inside = [&server[..], &["a.emulation.invalid", "--dry-run"]].concat();
    assert_eq!(scene.done(&inside)["would"]["act"], "order");
    assert_eq!(scene.asked(Operation::Demander), 0);
}

#[test]
fn of_several_habilitations_one_is_chosen_by_name() {
    let scene = Scene::new();
    let mut command = scene.with_card("cde-cps3", &["habilitations"]);
    let known = finish(command.args(["--format", "json"])).document();
    let known = known["habilitations"].as_array().expect("habilitations").iter();
    let structures: Vec<_> = known
        .filter(|found| ["P1", "SERVEURS"].map(Value::from).contains(&found["profile"]))
        .map(|found| found["structure"].as_str().expect("a structure").to_owned())
        .collect();
    let [structure, other] = &structures[..] else { panic!("{structures:?}") };
    assert_eq!(structure, other);
    let order = |more: &[&str]| {
        let server = ["order", "--offer", "SERV", "--usage", "SMIME", "--structure", structure];
        let args = [&server[..], &["--email", "a@emulation.invalid", "--dry-run"], more].concat();
        finish(scene.with_card("cde-cps3", &args).args(["--format", "json"]))
    };
    let none = order(&[]);
    let error = none.error();
    assert_eq!((none.code, &error["code"]), (2, &json!("platform.habilitation")));
    let message = error["message"].as_str().expect("words");
    assert!(message.contains("SERVEURS") && message.contains("P1"), "{message}");
    let chosen = order(&["--habilitation", "SERVEURS"]);
    assert_eq!((chosen.code, &chosen.document()["would"]["profile"]), (0, &json!("SERVEURS")));
}

#[test]
fn without_network_the_platform_of_this_machine_is_still_reached() {
    let scene = Scene::new();
    let mut command = scene.with_card("medecin-cps3", &ORDER);
    let run = finish(command.args(["--offline", "--format", "json"]));
    assert_eq!((run.code, &run.document()["changed"]), (0, &json!(true)), "{run:?}");
}

#[test]
fn a_wrong_pin_is_said_before_anything_is_ordered() {
    let scene = Scene::new();
    let mut command = scene.with_card("medecin-cps3", &ORDER);
    let run = finish(command.env("PIN", "9999").args(["--format", "json"]));
    assert_eq!(run.code, 5, "{run:?}");
    assert_eq!(scene.asked(Operation::Demander), 0);
}

#[test]
fn each_change_that_is_watched_is_a_document() {
    let scene = Scene::new();
    scene.fault("slow-validation=2");
    let reference = reference(&scene.done(&ORDER));
    let mut command = scene.with_card("medecin-cps3", &["track", &reference, "--watch"]);
    let run = finish(command.args(["--format", "ndjson"]));
    let documents = run.stdout.lines().map(crate::support::schema::checked);
    let states: Vec<String> = documents.map(|document| state(&document).to_string()).collect();
    assert_eq!((run.code, states), (0, vec!["\"submitted\"".into(), "\"ready\"".into()]));
}

#[test]
fn of_an_emulated_card_nothing_is_feared() {
    let scene = Scene::new();
    let mut command = scene.with_card("medecin-cps3", &["habilitations"]);
    let shown = finish(&mut command);
    assert_eq!((shown.code, shown.stderr.contains("warning")), (0, false), "{shown:?}");
    let not_checked = &scene.done(&["habilitations"])["not_checked"];
    assert_eq!(not_checked.as_array().map(Vec::len), Some(1), "{not_checked}");
}
