//! `emulate card`, `demo`: what they print without a reader.

use crate::support::cli::run;
use crate::transcript::Transcript;

#[test]
fn personas_faults_and_mistakes_are_told() {
    Transcript::default()
        .run(&["emulate", "card", "--list"])
        .run(&["emulate", "card", "--fault", "help"])
        .run(&["emulate", "card", "--fault", "burn"])
        .run(&["emulate", "card", "--persona", "nobody"])
        .run(&["card", "id", "--emulated=nobody"])
        .run(&["emulate", "card", "--persona-file", "/nonexistent.toml"])
        .run(&["emulate", "card", "--fault", "truncate=3F00/0001/BEEF:1"])
        .run(&["emulate", "card", "--vpcd", "192.0.2.1:35963"])
        .is("emulate-card");
}

#[test]
fn every_step_of_the_demonstration_is_labelled_emulated() {
    let mut run = run(["demo"]);
    // What is revoked is revoked today.
    let words = run.stdout.split(' ').map(|word| match word.parse::<jiff::Timestamp>() {
        Ok(_) => "INSTANT",
        Err(_) => word,
    });
    run.stdout = words.collect::<Vec<_>>().join(" ");
    Transcript::default().add(&["demo"], &run).is("demo");
}

#[test]
fn the_slug_comes_first_on_each_line_of_the_list() {
    let run = run(["emulate", "card", "--list"]);
    let slugs: Vec<&str> = run.stdout.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(slugs, cpskit::emulate::Persona::list());
}
