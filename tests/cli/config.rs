//! The configuration file.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::support::cli::{Run, command, finish, run};

/// A configuration file with this content.
fn config(content: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.toml");
    std::fs::write(&path, content).expect("written");
    (folder, path)
}

fn refused(run: &Run, code: &str) -> String {
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    let error = run.error();
    assert_eq!(error["code"], code);
    error["message"].as_str().expect("a message").to_owned()
}

const ID: [&str; 5] = ["card", "id", "--emulated", "--format", "json"];

#[test]
fn what_the_file_cannot_say_is_an_error_that_names_it() {
    for (content, named) in [
        ("readr = \"x\"\n", "unknown field `readr`"),
        ("color = \"blue\"\n", "`color` is `auto`, `always` or `never`"),
        ("card_timeout = 0\n", "`card_timeout` is a number of seconds, 1 to 3600"),
        ("offline = \"yes\"\n", "invalid type"),
        ("not toml", "key"),
    ] {
        let (_folder, path) = config(content);
        let path = path.to_str().expect("text");
        let run = run(ID.iter().copied().chain(["--config", path]));
        let message = refused(&run, "config");
        assert!(message.contains(named) && message.contains(path), "{message}");
    }
}

#[test]
fn a_file_that_was_named_has_to_be_there() {
    let missing = run(ID.iter().copied().chain(["--config", "/nonexistent/config.toml"]));
    refused(&missing, "input");
    refused(&finish(command(ID).env("CPSKIT_CONFIG", "/nonexistent/config.toml")), "input");
}

#[test]
fn a_file_that_was_not_named_may_be_absent() {
    assert_eq!(run(ID).code, 0);
}

#[test]
fn the_file_is_found_in_the_configuration_folder_of_the_system() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("cpskit")).expect("made");
    std::fs::write(folder.path().join("cpskit/config.toml"), "nonsense = 1\n").expect("written");
    refused(&finish(command(ID).env("XDG_CONFIG_HOME", folder.path())), "config");
}

#[test]
fn a_time_to_wait_that_is_not_one_is_an_error() {
    for wrong in ["0", "-1", "soon", "3601", ""] {
        let run = finish(command(ID).env("CPSKIT_CARD_TIMEOUT", wrong));
        refused(&run, "usage");
    }
}
