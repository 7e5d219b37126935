//! Arguments that cannot be: said in the format asked for, exit code 2.

use crate::support::cli::run;
use crate::transcript::Transcript;

#[test]
fn mistakes_in_arguments_are_usage_errors_for_people() {
    Transcript::default()
        .run(&["card", "read", "--no-such-flag"])
        .run(&["card", "red"])
        .run(&["card", "read", "--fields", "name"])
        .run(&["card", "read", "--emulated", "medecin-cps4"])
        .run(&["card", "read", "--emulated", "--reader", "x"])
        .run(&["card", "activities", "--pin-env", "A", "--pin-file", "b"])
        .run(&["card", "read", "--activity", "300"])
        .run(&["card", "read", "-q", "-v"])
        .run(&["card", "id", "--format", "xml"])
        .is("usage");
}

#[test]
fn under_json_a_usage_error_is_json_wherever_the_flag_stands() {
    for args in [
        &["card", "read", "--no-such-flag", "--format", "json"][..],
        &["--format=json", "card", "read", "--no-such-flag"],
        &["card", "watch", "--no-such-flag", "--format", "ndjson"],
        &["card", "frobnicate", "--format", "json"],
        &["--format", "json"],
        &["card", "--format", "json"],
    ] {
        let run = run(args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}");
        assert_eq!(run.error()["code"], "usage", "{args:?}");
    }
}

#[test]
fn help_and_version_are_results() {
    let version = run(["--version"]);
    let expected = concat!("cpskit ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!((version.code, version.stdout.as_str(), version.stderr.as_str()), (0, expected, ""));
    for args in [&["--help"][..], &["card", "--help"], &["card", "read", "-h"]] {
        let help = run(args);
        assert_eq!((help.code, help.stderr.as_str()), (0, ""), "{args:?}");
        assert!(help.stdout.contains("Usage: cpskit"), "{args:?}");
    }
}
