//! The schema files themselves: valid, closed, and named as the documents they describe.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

#[path = "support/schema.rs"]
#[allow(dead_code)]
mod schema;

/// File name to content.
fn schemas() -> BTreeMap<String, Value> {
    let files = fs::read_dir(schema::folder()).expect("the folder of schemas");
    files
        .map(|file| {
            let path = file.expect("an entry").path();
            let text = fs::read_to_string(&path).expect("a text");
            let content = serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (path.file_name().expect("a name").to_string_lossy().into_owned(), content)
        })
        .collect()
}

/// Every schema of an object inside this one, itself included.
fn objects(schema: &Value) -> Vec<&Value> {
    let inside = match schema {
        Value::Object(members) => members.values().flat_map(objects).collect(),
        Value::Array(items) => items.iter().flat_map(objects).collect(),
        _ => Vec::new(),
    };
    let own = (schema["type"] == "object").then_some(schema);
    own.into_iter().chain(inside).collect()
}

#[test]
fn every_schema_is_a_valid_schema_of_draft_2020_12() {
    for (file, schema) in schemas() {
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{file}");
        if let Err(error) = jsonschema::draft202012::meta::validate(&schema) {
            panic!("{file}: {error}");
        }
        jsonschema::draft202012::new(&schema).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
}

#[test]
fn a_schema_file_is_named_as_the_document_it_describes() {
    for (file, schema) in schemas() {
        let name = schema["properties"]["schema"]["const"].as_str().unwrap_or_default();
        assert_eq!(file, format!("{}.json", name.replace('/', ".")));
        assert_eq!(schema["$id"], format!("urn:cpskit:{name}"), "{file}");
    }
}

#[test]
fn every_document_names_its_schema_and_all_but_errors_say_whether_they_are_emulated() {
    for (file, schema) in schemas() {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let expected = match file.as_str() {
            "cpskit.error.1.json" => vec![json!("schema"), json!("code")],
            _ => vec![json!("schema"), json!("emulated")],
        };
        assert_eq!(required.get(..2), Some(expected.as_slice()), "{file}");
    }
}

#[test]
fn no_object_takes_a_field_that_its_schema_does_not_describe() {
    for (file, schema) in schemas() {
        for object in objects(&schema) {
            assert_eq!(object["additionalProperties"], false, "{file}: {object:#}");
            let members = object["properties"].as_object().cloned().unwrap_or_default();
            for (member, schema) in members {
                let described = ["description", "$ref"].iter().any(|key| schema[key].is_string());
                assert!(described, "{file}: {member} has no description");
            }
        }
    }
}

#[test]
fn a_document_that_departs_from_its_schema_is_found_out() {
    let good = json!({
        "schema": "cpskit.error/1", "code": "card.none", "message": "no card", "hint": null, "causes": [],
    });
    schema::check(&good);
    let mut bad = good;
    bad["extra"] = json!(1);
    assert!(std::panic::catch_unwind(|| schema::check(&bad)).is_err());
}
