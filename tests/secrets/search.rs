//! Looking for a PIN in what a run left.

/// The forms under which a PIN would be seen: its digits, its bytes in hexadecimal with or without separators, its bytes as
/// Rust lists them.
fn forms(pin: &str) -> Vec<String> {
    let joined = |format: fn(u8) -> String, separator: &str| {
        pin.bytes().map(format).collect::<Vec<_>>().join(separator)
    };
    let hex = |byte: u8| format!("{byte:02x}");
    vec![
        pin.to_owned(),
        joined(hex, ""),
        joined(hex, " "),
        joined(hex, ":"),
        joined(hex, ", "),
        joined(|byte| format!("0x{byte:02x}"), ", "),
        joined(|byte| byte.to_string(), ", "),
    ]
}

/// The form under which a PIN stands in this content, letters of either case.
pub(crate) fn found(content: &[u8], pin: &str) -> Option<String> {
    let content = content.to_ascii_lowercase();
    let holds = |form: &String| content.windows(form.len()).any(|window| window == form.as_bytes());
    forms(pin).into_iter().find(holds)
}

/// What changes from run to run is taken out: instants, whose digits could be those of any PIN, and the port of the reader.
pub(crate) fn stable(content: &str) -> String {
    let words = content.split_inclusive([' ', '"', '\n']);
    let is_instant =
        |word: &str| word.contains('T') && word.trim_end_matches([' ', '"', '\n']).ends_with('Z');
    words.filter(|word| !is_instant(word) && !word.contains("127.0.0.1:")).collect()
}

#[test]
fn a_pin_is_found_in_every_form() {
    for text in [
        "x7391x",
        "37333931",
        "37 33 39 31",
        "37:33:39:31",
        "[55, 51, 57, 49]",
        "0X37, 0x33, 0x39, 0x31",
    ] {
        assert!(found(text.as_bytes(), "7391").is_some(), "{text}");
    }
    assert_eq!(found(b"739 1 3733393 [55, 51, 57]", "7391"), None);
}

#[test]
fn instants_and_ports_are_taken_out_and_nothing_else() {
    let text = "{\"at\": \"2026-11-22T13:07:39.173910Z\"} at 127.0.0.1:27391 T 7391Z\n";
    assert_eq!(stable(text), "{\"at\": \"} at T 7391Z\n");
}
