//! Names as RFC 5280 §7.1 compares them: whatever the string type, the case and the spaces.

use crate::x509::{Attribute, Name, Oid, StringKind};

/// A distinguished name in the form in which two are equal when RFC 5280 §7.1 says so.
///
/// Text is compared in lower case, without spaces at the ends, and any run of spaces as one; without the characters that
/// RFC 4518 §2.2 maps to nothing; the attributes of a relative name in any order; a value that is no text by its bytes.
/// Of that preparation, compatibility decomposition is left out: names that differ by it only are taken for different.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct NormalName(Vec<Vec<(Oid, String)>>);

impl NormalName {
    pub(super) fn of(name: &Name) -> Self {
        Self(name.rdns().iter().map(|rdn| relative(rdn)).collect())
    }

    /// The name one level below, as nameRelativeToCRLIssuer has it (RFC 5280 §4.2.1.13).
    pub(super) fn below(&self, attributes: &[Attribute]) -> Self {
        let mut rdns = self.0.clone();
        rdns.push(relative(attributes));
        Self(rdns)
    }

    /// Whether it is `base` or below it (RFC 5280 §4.2.1.10, directoryName).
    pub(super) fn is_within(&self, base: &Self) -> bool {
        self.0.starts_with(&base.0)
    }
}

fn relative(attributes: &[Attribute]) -> Vec<(Oid, String)> {
    let mut pairs: Vec<_> = attributes.iter().map(|a| (a.oid.clone(), value(a))).collect();
    pairs.sort();
    pairs
}

fn value(attribute: &Attribute) -> String {
    if attribute.kind == StringKind::Other {
        // Hexadecimal digits after a mark that no text keeps, as its spaces and control characters are folded.
        return format!(" {}", attribute.value);
    }
    let seen: String = attribute.value.chars().filter(|letter| !is_nothing(*letter)).collect();
    let mut folded = String::with_capacity(seen.len());
    for word in seen.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        for letter in word.chars() {
            match letter {
                // Case folding (RFC 3454 table B.2), where it is more than the lower case.
                'ß' | 'ẞ' => folded.push_str("ss"),
                'ſ' => folded.push('s'),
                'ς' => folded.push('σ'),
                letter => folded.extend(letter.to_lowercase()),
            }
        }
    }
    folded
}

/// What RFC 4518 §2.2 maps to nothing: soft hyphens, joiners, variation selectors, controls that are no space.
fn is_nothing(letter: char) -> bool {
    (letter.is_control() && !letter.is_whitespace())
        || matches!(
            letter,
            '\u{AD}' | '\u{34F}' | '\u{6DD}' | '\u{70F}' | '\u{1806}' | '\u{180B}'..='\u{180E}'
                | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2063}'
                | '\u{206A}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
                | '\u{FFF9}'..='\u{FFFC}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::sample::name;

    fn normal(attributes: &[(&[u8], u8, &[u8])]) -> NormalName {
        NormalName::of(&name(attributes))
    }

    const CN: &[u8] = &[0x55, 4, 3];
    const O: &[u8] = &[0x55, 4, 10];

    #[test]
    fn case_spaces_and_string_type_do_not_distinguish_names() {
        let plain = normal(&[(CN, 0x0C, "Société Générale".as_bytes())]);
        assert_eq!(plain, normal(&[(CN, 0x0C, "  SOCIÉTÉ   générale ".as_bytes())]));
        assert_eq!(plain, normal(&[(CN, 0x14, b"Soci\xE9t\xE9 G\xE9n\xE9rale")]));
        assert_ne!(plain, normal(&[(CN, 0x0C, "SociétéGénérale".as_bytes())]));
        assert_ne!(plain, normal(&[(O, 0x0C, "Société Générale".as_bytes())]));
    }

    #[test]
    fn what_is_not_seen_and_the_long_forms_of_letters_do_not_distinguish_names() {
        let text = |text: &str| normal(&[(CN, 0x0C, text.as_bytes())]);
        assert_eq!(text("Straße"), text("STRASSE"));
        assert_eq!(text("co\u{AD}op\u{200D}\u{FEFF}"), text("COOP"));
        assert_eq!(text("a\u{A0}b\tc \u{200B} d"), text("a b c d"));
        assert_ne!(text("coop"), text("co op"));
    }

    #[test]
    fn the_order_of_relative_names_counts() {
        let (a, b) = ((O, 0x13_u8, &b"a"[..]), (CN, 0x13_u8, &b"b"[..]));
        assert_ne!(normal(&[a, b]), normal(&[b, a]));
        assert!(normal(&[a, b]).is_within(&normal(&[a])));
        assert!(!normal(&[a]).is_within(&normal(&[a, b])));
        assert!(normal(&[a]).is_within(&normal(&[])));
    }

    #[test]
    fn text_is_never_taken_for_a_value_that_is_none() {
        assert_ne!(normal(&[(CN, 0x13, b"#020107")]), normal(&[(CN, 2, &[7])]));
        assert_ne!(normal(&[(CN, 0x13, b" #020107")]), normal(&[(CN, 2, &[7])]));
    }
}
