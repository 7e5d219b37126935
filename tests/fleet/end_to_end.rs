//! `cpskit fleet` as a team runs it: a file, the emulated platform, a virtual card.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use cpskit::emulate::platform::{Clock, Emulator, Settings};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::cli::{Run, command, finish};

/// A team: its folder, with the file and the state, and its platform.
struct Team {
    folder: TempDir,
    platform: Emulator,
}

impl Team {
    fn new(certificates: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let platform = Emulator::start(Settings::new(Clock::running(Timestamp::now())));
        let team = Self { folder, platform: platform.expect("a platform") };
        team.wants(certificates);
        team
    }

    /// Writes the file.
    fn wants(&self, certificates: &str) {
        let text = format!(
            "version = 1\n[fleet]\nname = \"essai\"\n[acceptance]\ncgu = \"1\"\npc = \"1\"\nby = \"A. Martin\"\n[[structure]]\nid = \"hopital\"\nidentifier = \"10B0990001\"\nname = \"HOPITAL\"\n{certificates}"
        );
        fs::write(self.path("fleet.toml"), text).expect("written");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, verb: &str, rest: &[&str]) -> Command {
        let (file, state) = (self.path("fleet.toml"), self.path("state"));
        let mut command = command(["--no-input", "fleet", verb]);
        command.arg("--file").arg(file).arg("--state").arg(state);
        if matches!(verb, "plan" | "apply") {
            command.args(["--binding", "rest", "--endpoint", self.platform.endpoint()]);
            command.args(["--emulated=medecin-cps3", "--pin-env", "PIN"]).env("PIN", "1234");
        }
        if !rest.contains(&"--format") {
            command.args(["--format", "json"]);
        }
        command.args(rest);
        command
    }

    fn run(&self, verb: &str, rest: &[&str]) -> Run {
        finish(&mut self.command(verb, rest))
    }

    fn apply(&self, rest: &[&str]) -> Value {
        let mut all = vec!["--yes"];
        all.extend(rest);
        let run = self.run("apply", &all);
        assert_eq!(run.code, 0, "{run:?}");
        run.document()
    }
}

/// A certificate of the file.
fn service(name: &str) -> String {
    format!(
        "[[certificate]]\nname = \"{name}\"\nstructure = \"hopital\"\noffer = \"ORG\"\nusage = \"AUTH_CLI\"\nservice = \"{name}\"\nout = \"out\"\n"
    )
}

/// Action and outcome of each result.
fn results(document: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let results = document["results"].as_array().expect("results").iter();
    results
        .map(|found| (text(&found["name"]), text(&found["action"]), text(&found["outcome"])))
        .collect()
}

#[test]
fn a_fleet_is_ordered_and_retrieved_in_one_run_and_a_second_run_changes_nothing() {
    let team = Team::new(&[service("dmp"), service("ror")].concat());
    let planned = team.run("plan", &["--exit-code"]);
    assert_eq!((planned.code, planned.document()["to_do"].clone()), (1, json!(2)));
    let first = team.apply(&[]);
    assert_eq!(first["changed"], true, "{first:#}");
    let done = |name: &str| (name.to_owned(), "order".to_owned(), "done".to_owned());
    assert_eq!(results(&first), [done("dmp"), done("ror")]);
    for name in ["dmp", "ror"] {
        let key = fs::metadata(team.path(&format!("out/{name}.key.pem"))).expect("a key");
        assert_eq!(key.permissions().mode() & 0o777, 0o600);
        assert!(team.path(&format!("out/{name}.crt.pem")).is_file());
    }
    let second = team.apply(&[]);
    assert_eq!(second["changed"], false, "{second:#}");
    let planned = team.run("plan", &["--exit-code"]);
    assert_eq!((planned.code, planned.document()["to_do"].clone()), (0, json!(0)));
}

#[test]
fn a_dry_run_tells_the_platform_nothing() {
    let team = Team::new(&service("dmp"));
    let document = team.apply(&["--dry-run"]);
    assert_eq!((&document["changed"], &document["dry_run"]), (&json!(false), &json!(true)));
    assert_eq!(results(&document)[0].2, "nothing");
    assert_eq!(team.platform.seen().len(), 0);
}

#[test]
fn without_an_answer_nothing_is_done() {
    let team = Team::new(&service("dmp"));
    let run = team.run("apply", &[]);
    assert_eq!((run.code, run.error()["code"].clone()), (2, json!("usage")));
    assert_eq!(team.run("plan", &[]).document()["to_do"], 1);
}

#[test]
fn what_fails_leaves_the_others_going_and_the_worst_exit_wins() {
    let elsewhere =
        service("autre").replace("\"AUTH_CLI\"", "\"AUTH_CLI\"\nhabilitation = \"none\"");
    let team = Team::new(&[elsewhere, service("dmp")].concat());
    let run = team.run("apply", &["--yes"]);
    assert_eq!(run.code, 2, "{run:?}");
    let document = run.document();
    let outcomes: Vec<String> = results(&document).into_iter().map(|found| found.2).collect();
    assert_eq!(outcomes, ["failed", "done"]);
    assert_eq!(document["results"][0]["error"]["code"], "platform.habilitation");
}

#[test]
fn what_left_the_file_is_revoked_with_prune_only_and_no_more_than_is_admitted() {
    let team =
        Team::new(&[service("dmp"), service("ror"), service("sas"), service("insi")].concat());
    team.apply(&[]);
    // A bad merge: half of it is gone.
    team.wants(&[service("dmp"), service("ror")].concat());
    assert_eq!(team.apply(&[])["changed"], false);
    let refused = team.run("apply", &["--yes", "--prune"]);
    assert_eq!((refused.code, refused.error()["code"].clone()), (2, json!("fleet.revocations")));
    // A worse one: all of it is.
    team.wants("");
    let refused = team.run("apply", &["--yes", "--prune", "--max-revocations", "99"]);
    assert_eq!((refused.code, refused.error()["code"].clone()), (2, json!("fleet.empty")));
    // Meant: one, asked for.
    team.wants(&[service("dmp"), service("ror"), service("sas")].concat());
    let pruned = team.apply(&["--prune"]);
    let revoked: Vec<String> = results(&pruned)
        .into_iter()
        .filter(|(_, action, outcome)| action == "revoke" && outcome == "done")
        .map(|(name, ..)| name)
        .collect();
    assert_eq!(revoked.len(), 1, "{pruned:#}");
    assert_eq!(team.apply(&["--prune"])["changed"], false);
}

#[test]
fn a_renewal_stands_beside_the_old_one_which_is_revoked_when_the_file_says_so() {
    let team = Team::new(&service("dmp"));
    team.apply(&[]);
    let soon = format!("{}renew_before = \"900d\"\nsuperseded = \"revoked\"\n", service("dmp"));
    // The emulated certificates live three years: none is due.
    team.wants(&soon);
    assert_eq!(team.apply(&[])["changed"], false);
    // Its key is lost: the successor is ordered now.
    fs::remove_file(team.path("out/dmp.key.pem")).expect("removed");
    let renewed = team.apply(&[]);
    let actions: Vec<(String, String)> =
        results(&renewed).into_iter().map(|(_, action, outcome)| (action, outcome)).collect();
    let done = |action: &str| (action.to_owned(), "done".to_owned());
    assert_eq!(actions, [done("renew"), done("revoke")], "{renewed:#}");
    let keys = fs::read_dir(team.path("out")).expect("a folder").filter_map(|entry| {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        name.ends_with(".key.pem").then_some(name)
    });
    assert_eq!(keys.count(), 1);
    assert_eq!(team.apply(&[])["changed"], false);
}

#[test]
fn a_certificate_that_is_missing_is_put_back() {
    let team = Team::new(&service("dmp"));
    team.apply(&[]);
    let file = team.path("out/dmp.crt.pem");
    let before = fs::read(&file).expect("a certificate");
    fs::remove_file(&file).expect("removed");
    let repaired = team.apply(&[]);
    assert_eq!(results(&repaired)[0].1, "repair");
    assert_eq!(fs::read(&file).expect("a certificate"), before);
}

#[test]
fn another_machine_neither_orders_nor_retrieves_what_is_held_here() {
    let team = Team::new(&service("dmp"));
    team.apply(&[]);
    let machine = team.path("state/machine.toml");
    let text = fs::read_to_string(&machine).expect("a machine");
    let other = text
        .replace(text.split('"').nth(1).expect("an id"), "00000000-0000-4000-8000-000000000002");
    fs::write(&machine, other).expect("written");
    let document = team.apply(&[]);
    assert_eq!(document["changed"], false);
    assert_eq!(results(&document)[0].1, "held-elsewhere");
}

#[test]
fn fifty_certificates_are_ordered_in_parallel_with_one_card() {
    let names: Vec<String> = (0..50).map(|number| format!("service-{number:02}")).collect();
    let team = Team::new(&names.iter().map(|name| service(name)).collect::<String>());
    let document = team.apply(&["--jobs", "8"]);
    let outcomes = results(&document);
    assert_eq!(outcomes.iter().filter(|found| found.2 == "done").count(), 50, "{document:#}");
    assert_eq!(team.apply(&[])["changed"], false);
}

#[test]
fn status_and_report_say_how_it_is() {
    let team = Team::new(&[service("dmp"), service("ror")].concat());
    team.apply(&[]);
    team.wants(&[service("dmp"), service("ror"), service("sas")].concat());
    let status = team.run("status", &[]);
    let document = status.document();
    assert_eq!(
        (status.code, &document["to_do"], &document["emulated"]),
        (0, &json!(1), &json!(true))
    );
    assert_eq!(document["certificates"][0]["name"], "sas");
    assert_eq!(document["certificates"][1]["files"][0]["condition"], "right");
    let junit = team.run("status", &["--format", "junit"]);
    assert_eq!(junit.stdout.matches("<failure").count(), 1, "{junit:?}");
    let page = team.path("report.html");
    let report = team.run("report", &["--html", &page.to_string_lossy()]);
    assert_eq!(report.document()["html"], page.to_string_lossy().as_ref());
    assert!(fs::read_to_string(page).expect("a page").contains("<strong>Emulated:</strong>"));
}

#[test]
fn by_hand_each_order_gets_a_key_and_a_request_and_says_what_to_click() {
    let team = Team::new(
        "[[certificate]]\nname = \"dmp\"\nstructure = \"hopital\"\noffer = \"ORG\"\nusage = \"AUTH_CLI\"\nservice = \"DMP\"\nout = \"certificates\"\n",
    );
    let mut command = command(["--no-input", "fleet", "apply", "--yes", "--format", "json"]);
    command.arg("--file").arg(team.path("fleet.toml")).arg("--state").arg(team.path("state"));
    finish(&mut command).document();
    let files = |folder: &str| -> Vec<String> {
        let entries = fs::read_dir(team.path("state").join(folder)).expect("a folder");
        entries.map(|file| file.expect("a file").file_name().into_string().expect("text")).collect()
    };
    let (keys, requests) = (files("keys"), files("requests"));
    let reference = |name: &str| name.split('.').next().map(str::to_owned);
    assert_eq!((keys.len(), requests.len()), (1, 1));
    assert_eq!(reference(&keys[0]), reference(&requests[0]));
    let request = fs::read_to_string(team.path("state/requests").join(&requests[0])).expect("text");
    assert!(request.starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
}
