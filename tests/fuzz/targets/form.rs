//! A PDF form: read, filled in its first fields, flattened.
#![no_main]

use cpskit::form::acroform::{Blank, Finish, Kind, Value};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for finish in [Finish::Fields, Finish::Pages] {
        let Ok(blank) = Blank::read(bytes) else { return };
        let value = |kind| match kind {
            Kind::CheckBox => Value::Ticked,
            Kind::Radio => Value::Choice("0".to_owned()),
            _ => Value::Text("é".to_owned()),
        };
        let fields = blank.fields().into_iter().take(3);
        let values: Vec<(String, Value)> = fields.map(|field| (field.name, value(field.kind))).collect();
        let _filled = blank.fill(&values, finish);
    }
});
