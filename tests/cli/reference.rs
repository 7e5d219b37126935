//! The reference pages against the program they describe.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::cli::{command, finish};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn page(name: &str) -> String {
    fs::read_to_string(format!("{ROOT}/docs/reference/{name}.md")).expect("a page")
}

/// The first cells of the rows of a page's tables, backquotes left out.
fn rows(page: &str) -> impl Iterator<Item = Vec<String>> {
    page.lines().filter(|line| line.starts_with("| ")).map(|line| {
        let cells = line.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().replace('`', "")).collect()
    })
}

#[test]
fn the_page_of_exit_codes_is_the_table_of_the_program() {
    let page = page("exit-codes");
    let written: Vec<(String, String)> = rows(&page)
        .filter(|row| row[0].chars().all(|c| c.is_ascii_digit()))
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();
    let table: Vec<(String, String)> = cpskit::cli::exit_codes()
        .map(|(code, meaning)| (code.to_string(), meaning.to_owned()))
        .collect();
    assert_eq!(written, table);
}

/// Every text between quotes, in the files below a folder, that has the form of a code: `card.pin.refused`.
fn codes(folder: &Path) -> BTreeSet<String> {
    let families = [
        "card.",
        "cert.none",
        "cert.password",
        "cert.unreadable",
        "client.",
        "cpskit.defect",
        "crl.entry",
        "crl.unreadable",
        "doctor.",
        "emulate.",
        "form.",
        "net.",
        "ocsp.",
        "fleet.acceptance",
        "fleet.empty",
        "fleet.file",
        "fleet.revocations",
        "platform.",
        "secret.",
        "tls.body",
        "tls.closed",
        "tls.protocol",
        "tls.refused",
        "tls.server",
        "tls.untrusted",
        "tls.version",
        "trace.",
        "trust.",
        "usage.",
    ];
    codes_of(folder, &families)
}

fn codes_of(folder: &Path, families: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.append(&mut codes_of(&path, families));
            continue;
        }
        let text = fs::read_to_string(&path).expect("text");
        let quoted = text.split('"').filter(|text| {
            families.iter().any(|family| text.starts_with(family))
                && text
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.".contains(c))
        });
        found.extend(quoted.map(str::to_owned));
    }
    found
}

#[test]
fn every_code_of_the_program_is_on_its_page_and_every_code_of_the_page_in_the_program() {
    let page = page("error-codes");
    let plain = ["config", "input", "output", "usage"];
    let written: BTreeSet<String> = rows(&page)
        .map(|row| row[0].clone())
        .filter(|code| code.contains('.') && !plain.contains(&code.as_str()))
        .collect();
    assert_eq!(written, codes(&Path::new(ROOT).join("src/cli")));
}

#[test]
fn every_answer_of_the_door_is_on_the_page_of_the_proxy_and_every_one_of_the_page_in_the_program() {
    let page = page("proxy");
    let rows = rows(&page).map(|row| row[0].clone());
    let written: BTreeSet<String> = rows.filter(|code| code.starts_with("proxy.")).collect();
    assert_eq!(written, codes_of(&Path::new(ROOT).join("src/web"), &["proxy."]));
}

#[test]
fn every_finding_of_a_scan_is_on_the_page_of_findings() {
    let page = page("finding-codes");
    let rows = rows(&page).map(|row| row[0].clone());
    let written: BTreeSet<String> = rows.filter(|code| code.starts_with("scan.")).collect();
    let folder = Path::new(ROOT).join("src/cli/commands/cert");
    assert_eq!(written, codes_of(&folder, &["scan."]));
}

#[test]
fn every_key_of_the_configuration_is_on_its_page() {
    let page = page("configuration");
    let written: BTreeSet<String> =
        rows(&page).map(|row| row[0].clone()).filter(|key| key != "Key").collect();
    let args = ["doctor", "--format", "json"];
    let document = finish(command(args).env("PCSCLITE_CSOCK_NAME", "/nonexistent")).document();
    let settings = document["config"].as_array().expect("an array").clone();
    let keys = settings.iter().filter_map(|setting| setting["key"].as_str());
    assert_eq!(written, keys.filter(|key| *key != "file").map(str::to_owned).collect());
}
