//! Helvetica, which every reader of PDF has, in WinAnsiEncoding: which characters it writes, and how wide they are.

use lopdf::Encoding;

/// The first character that Helvetica in WinAnsiEncoding cannot write. `é`, `ç` and `œ` it can.
pub fn unwritable(text: &str) -> Option<char> {
    text.chars().find(|character| *character != '\n' && encode(*character).is_none())
}

/// The bytes of a text, without the characters that cannot be written.
pub(super) fn bytes(text: &str) -> Vec<u8> {
    text.chars().filter_map(encode).collect()
}

/// How wide bytes are, in thousandths of the size of the font.
pub(super) fn width(bytes: &[u8]) -> f32 {
    bytes.iter().map(|byte| f32::from(WIDTHS[usize::from(byte.saturating_sub(FIRST))])).sum()
}

fn encode(character: char) -> Option<u8> {
    if character.is_control() {
        return None;
    }
    let encoding = Encoding::SimpleEncoding(b"WinAnsiEncoding");
    // The library leaves out what it cannot encode.
    let bytes = encoding.string_to_bytes(character.encode_utf8(&mut [0; 4]));
    match bytes.as_slice() {
        [byte] if *byte >= FIRST => Some(*byte),
        _ => None,
    }
}

/// The space.
const FIRST: u8 = 0x20;

/// Widths of the characters from [`FIRST`] on (Adobe's metrics of the 14 standard fonts).
const WIDTHS: [u16; 224] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, //
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, //
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, //
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, //
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, //
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, 350, //
    556, 350, 222, 556, 333, 1000, 556, 556, 333, 1000, 667, 333, 1000, 350, 611, 350, //
    350, 222, 222, 333, 333, 350, 556, 1000, 333, 1000, 500, 333, 944, 350, 500, 667, //
    278, 333, 556, 556, 556, 556, 260, 556, 333, 737, 370, 556, 584, 333, 737, 333, //
    400, 584, 333, 333, 333, 556, 537, 278, 333, 333, 365, 556, 834, 834, 834, 611, //
    667, 667, 667, 667, 667, 667, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278, //
    722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611, //
    556, 556, 556, 556, 556, 556, 889, 500, 556, 556, 556, 556, 278, 278, 278, 278, //
    556, 556, 556, 556, 556, 556, 556, 584, 611, 556, 556, 556, 556, 500, 556, 500,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_is_written_and_what_winansi_lacks_is_told() {
        assert_eq!(unwritable("Établissement « Œuvre », 3 €, l’hôpital — ça\nva"), None);
        assert_eq!(unwritable("Wałęsa"), Some('ł'));
        assert_eq!(unwritable("a\tb"), Some('\t'));
    }

    #[test]
    fn widths_are_those_of_the_standard_font() {
        assert_eq!(width(&bytes("Wi")), 944.0 + 222.0);
        assert_eq!(width(&bytes("œé")), 944.0 + 556.0);
    }
}
