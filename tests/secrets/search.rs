//! Looking for a PIN in what a run left.

/// The forms under which a PIN would be seen: its digits, its bytes in hexadecimal with or without separators, its bytes as
/// Rust lists them; all that in BCD too.
fn forms(pin: &str) -> Vec<String> {
    let joined = |format: fn(u8) -> String, separator: &str| {
        pin.bytes().map(format).collect::<Vec<_>>().join(separator)
    };
    let hex = |byte: u8| format!("{byte:02x}");
    // BCD: two digits a byte.
    let packed = |separator: &str, format: fn(u8) -> String| {
        let bytes = pin.as_bytes().chunks(2);
        let byte = |pair: &[u8]| pair.iter().fold(0, |byte, digit| byte << 4 | (digit & 0x0F));
        bytes.map(|pair| format(byte(pair))).collect::<Vec<_>>().join(separator)
    };
    vec![
        pin.to_owned(),
        joined(hex, ""),
        joined(hex, " "),
        joined(hex, ":"),
        joined(hex, ", "),
        joined(|byte| format!("0x{byte:02x}"), ", "),
        joined(|byte| byte.to_string(), ", "),
        packed(" ", |byte| format!("{byte:02x}")),
        packed(":", |byte| format!("{byte:02x}")),
        packed(", ", |byte| format!("{byte:02x}")),
        packed(", ", |byte| format!("0x{byte:02x}")),
        packed(", ", |byte| byte.to_string()),
    ]
}

/// The form under which a PIN stands in this content, letters of either case.
pub(crate) fn found(content: &[u8], pin: &str) -> Option<String> {
    let content = content.to_ascii_lowercase();
    let holds = |form: &String| content.windows(form.len()).any(|window| window == form.as_bytes());
    forms(pin).into_iter().find(holds)
}

/// What changes from run to run is taken out: instants, random identifiers and the hashes that follow from both, whose digits
/// could be those of any PIN, and the port of the reader.
pub(crate) fn stable(content: &str) -> String {
    let words = content.split_inclusive([' ', '"', '\n', '/']);
    words
        .filter(|word| {
            let bare = word.trim_end_matches([' ', '"', '\n', '/']);
            let is_instant = bare.contains('T') && bare.ends_with('Z');
            let is_hex = bare.bytes().all(|byte| byte.is_ascii_hexdigit());
            let is_random = is_hex && matches!(bare.len(), 32 | 64);
            !is_instant && !is_random && !word.contains("127.0.0.1:")
        })
        .collect()
}

/// Certificates and signatures are taken out, whose digits could be those of any PIN. Where one is seen, the number is short.
pub(crate) fn without_long_numbers(text: &str) -> String {
    let is_long =
        |word: &str| word.len() > 32 && word.trim().bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split_inclusive([' ', '\n', '"'])
        .filter(|word| !is_long(word.trim_end_matches('"')))
        .collect()
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
        "73 91",
        "[115, 145]",
    ] {
        assert!(found(text.as_bytes(), "7391").is_some(), "{text}");
    }
    assert_eq!(found(b"739 1 3733393 [55, 51, 57]", "7391"), None);
}

#[test]
fn instants_random_numbers_and_ports_are_taken_out_and_nothing_else() {
    let text = "{\"at\": \"2026-11-22T13:07:39.173910Z\"} at 127.0.0.1:27391 T 7391Z\n";
    assert_eq!(stable(text), "{\"at\": \"} at T 7391Z\n");
    let random = "7391".repeat(8);
    assert_eq!(
        stable(&format!("trace/{random}/x \"{random}\" {random}7391")),
        format!("trace/x \" {random}7391")
    );
}
