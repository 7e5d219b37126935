//! The JSON Schemas of `docs/reference/schemas`, applied to what the binary prints.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

/// Where the schemas are.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/schemas"))
}

/// Parses one document and checks it against the schema it names.
///
/// # Panics
/// When it is not JSON, names no schema, names one that has no file, or does not keep to it: every departure is listed.
pub(crate) fn checked(text: &str) -> Value {
    let document: Value =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in: {text}"));
    check(&document);
    document
}

/// As [`checked`], for a document that is parsed already.
pub(crate) fn check(document: &Value) {
    let first = document.as_object().and_then(|object| object.get("schema"));
    let name = first.and_then(Value::as_str).unwrap_or_else(|| panic!("no schema: {document}"));
    // `cpskit.card.read/1` is in `cpskit.card.read.1.json`.
    let path = folder().join(format!("{}.json", name.replace('/', ".")));
    let schema = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    let schema: Value = serde_json::from_str(&schema).expect("schemas are JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("schemas are valid");
    let departures: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(departures.is_empty(), "{name}: {departures:#?}\nin: {document:#}");
}
