//! SARIF 2.1.0 (OASIS): one result a finding, one rule a code.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::cli::checked::{Checks, Row};

pub(in crate::cli) fn render(checks: &Checks) -> String {
    let mut rules: BTreeMap<&str, &str> = BTreeMap::new();
    for row in checks.results.iter().flat_map(|result| &result.findings) {
        rules.entry(&row.code).or_insert(&row.rule);
    }
    for unread in &checks.unread {
        rules.entry(unread.failure.code).or_insert("input");
    }
    let places: BTreeMap<&str, usize> =
        rules.keys().enumerate().map(|(place, code)| (*code, place)).collect();
    let place = |code: &str| places.get(code).copied();
    let descriptors: Vec<Value> = rules
        .iter()
        .map(|(code, rule)| {
            json!({
                "id": code,
                "shortDescription": { "text": rule },
                "help": { "text": HELP },
            })
        })
        .collect();
    let mut results: Vec<Value> = Vec::new();
    for result in &checks.results {
        for row in &result.findings {
            results.push(json!({
                "ruleId": row.code,
                "ruleIndex": place(&row.code),
                "level": level(row),
                "message": { "text": format!("{}: {} ({})", row.subject, row.message, row.rule) },
                "locations": result.file.as_deref().map(location).into_iter().collect::<Vec<_>>(),
                "properties": { "input": result.input, "verdict": result.verdict.name(), "severity": row.severity },
            }));
        }
    }
    for unread in &checks.unread {
        results.push(json!({
            "ruleId": unread.failure.code,
            "ruleIndex": place(unread.failure.code),
            "level": "error",
            "message": { "text": unread.failure.message },
            "locations": [location(&unread.input)],
            "properties": { "input": unread.input },
        }));
    }
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "cpskit",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": descriptors,
            } },
            "properties": { "command": checks.command, "emulated": checks.emulated, "verdict": checks.verdict().name() },
            "results": results,
        }],
    });
    serde_json::to_string_pretty(&document).expect("documents are plain data")
}

/// Where every code is explained.
const HELP: &str = "docs/reference/finding-codes.md of cpskit explains every code";

fn level(row: &Row) -> &'static str {
    if row.is_grave() { "error" } else { "warning" }
}

fn location(file: &str) -> Value {
    json!({ "physicalLocation": { "artifactLocation": { "uri": uri(file) } } })
}

/// A path as a relative or absolute URI reference (RFC 3986 §4.1).
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.replace('\\', "/").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}
