//! The service applicatif of an ORG, which becomes the CN (platform fact sheet §6.2 and §12.2).

use super::{Breach, Field, Names, Rule};

/// `ub-common-name` of RFC 5280, in characters.
const LONGEST: usize = 64;

/// What INSi compares octet by octet.
const INSI: [&str; 2] = ["INSI-AUTO", "INSI-MANU"];

/// Reads it; says what is wrong.
pub(super) fn read(text: Option<&str>, breaches: &mut Vec<Breach>) -> Option<Names> {
    let before = breaches.len();
    let mut breach = |rule: Rule, message: String| {
        breaches.push(rule.broken_in(Field::Service, message));
    };
    let text = text.unwrap_or_default();
    if text.is_empty() {
        breach(Rule::ServiceAbsent, "ORG names a service applicatif, and none is given".to_owned());
        return None;
    }
    let length = text.chars().count();
    if length > LONGEST {
        let message = format!("the service has {length} characters, at most {LONGEST}");
        breach(Rule::ServiceLength, message);
    }
    if let Some(found) = text.chars().find(|c| !is_printable(*c)) {
        let message =
            format!("the service holds U+{:04X}, which is not printable", u32::from(found));
        breach(Rule::ServicePrintable, message);
    }
    if text.trim() != text {
        let message = format!("the service {text:?} begins or ends with a space");
        breach(Rule::ServiceSpaces, message);
    }
    if let Some(insi) = nearly_insi(text) {
        let message = format!("INSi admits no {text:?}: write `{insi}`");
        breach(Rule::ServiceInsi, message);
    }
    (breaches.len() == before).then(|| Names::Service(text.to_owned()))
}

/// What Rust shows without an escape: no control, format, unassigned or combining character, no space but U+0020. A letter is to
/// be one character with its accent, so that two names that look the same are the same octets.
fn is_printable(c: char) -> bool {
    matches!(c, '\'' | '"' | '\\') || c.escape_debug().len() == 1
}

/// The name of INSi that this one was meant to be: in another case, with another dash, or with spaces around.
fn nearly_insi(text: &str) -> Option<&'static str> {
    if INSI.contains(&text) {
        return None;
    }
    let plain: String = text.trim().chars().map(|c| if is_dash(c) { '-' } else { c }).collect();
    INSI.into_iter().find(|insi| insi.eq_ignore_ascii_case(&plain))
}

/// Dashes of Unicode (general category Pd, the minus sign), and what people type in place of one.
fn is_dash(c: char) -> bool {
    matches!(
        c,
        ' ' | '_' | '\u{AD}' | '\u{2010}'
            ..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}'
    )
}
