//! A sample of the cases through the binary: `cpskit cert verify` says what the library says.

use std::fs;
use std::path::{Path, PathBuf};

use cpskit::pki::{Conformance, Options};
use tempfile::TempDir;

use super::suite::{Case, Suite};
use super::support::cli;
use super::{alone, options};

#[test]
fn the_binary_judges_a_sample_of_pkits_as_the_library_does() {
    compare("pkits", Conformance::Lenient);
}

#[test]
fn the_binary_judges_a_sample_of_limbo_as_the_library_does() {
    compare("limbo", Conformance::Strict);
}

/// One case of four, in the order of the file.
const SAMPLE: usize = 4;

fn compare(name: &str, conformance: Conformance) {
    let Some(suite) = Suite::load(name) else { return };
    let mut wrong = Vec::new();
    for case in suite.cases.iter().step_by(SAMPLE) {
        let report = alone(&suite, case, &Options { conformance, ..options(case) });
        let verdict = report.map_or("unreadable", |report| report.verdict().name());
        let expected = match verdict {
            "valid" => 0,
            "invalid" => 1,
            "indeterminate" => 3,
            _ => 2,
        };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut arguments = arguments(&suite, case, &folder);
        if conformance == Conformance::Strict {
            arguments.push("--strict".to_owned());
        }
        let run = cli::run(&arguments);
        if run.code != expected {
            wrong.push(format!("{}: {verdict} by the library, {run:?}", case.id));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The case as a user would type it, its certificates and lists in files of `folder`.
fn arguments(suite: &Suite, case: &Case, folder: &TempDir) -> Vec<String> {
    let file = |name: &String| path(write(suite, name, folder.path()));
    let mut typed = vec!["cert".to_owned(), "verify".to_owned(), "--offline".to_owned()];
    let mut option = |name: &str, value: String| typed.extend([name.to_owned(), value]);
    for name in suite.names(&case.anchors, "cert") {
        option("--trust", file(&name));
    }
    for name in suite.names(&case.untrusted, "cert") {
        option("--untrusted", file(&name));
    }
    for name in suite.names(&case.crls, "crl") {
        option("--crl", file(&name));
    }
    option("--at", case.at.clone());
    let revocation = if case.revocation == "none" { "off" } else { "require" };
    option("--revocation", revocation.to_owned());
    for policy in &case.policies {
        option("--policy", policy.clone());
    }
    if let Some(most) = case.max_intermediates {
        option("--max-intermediates", most.to_string());
    }
    match case.purpose.as_deref() {
        Some("serverAuth") => option("--purpose", "server".to_owned()),
        Some("clientAuth") => option("--purpose", "client".to_owned()),
        _ => {}
    }
    if let Some(name) = &case.peer_name {
        let flag = match name.kind.as_str() {
            "dns" => "--dns",
            "ip" => "--ip",
            "rfc822" => "--email",
            other => panic!("names of kind {other}"),
        };
        option(flag, name.value.clone());
    }
    for (asked, flag) in [
        (case.explicit_policy, "--require-explicit-policy"),
        (case.inhibit_policy_mapping, "--inhibit-policy-mapping"),
        (case.inhibit_any_policy, "--inhibit-any-policy"),
    ] {
        typed.extend(asked.then(|| flag.to_owned()));
    }
    typed.push(file(&case.leaf));
    typed
}

fn write(suite: &Suite, name: &str, folder: &Path) -> PathBuf {
    let path = folder.join(name.replace(['/', ':'], "_"));
    fs::write(&path, suite.der(name)).expect("writable");
    path
}

fn path(path: PathBuf) -> String {
    path.into_os_string().into_string().expect("UTF-8")
}
