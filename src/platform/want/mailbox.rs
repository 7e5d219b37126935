//! The e-mail address of a server or a person: a dot-atom at an FQDN (RFC 5321 §4.1.2), as an rfc822Name holds it.

use super::server::{self, Fault};
use super::{Breach, Field, Names, Product, Rule};

/// RFC 5321 §4.5.3.1.3: a path of 256 octets, angle brackets included.
const LONGEST: usize = 254;
/// RFC 5321 §4.5.3.1.1.
const LONGEST_LOCAL: usize = 64;

/// Reads it; says what is wrong.
pub(super) fn read(
    product: Product,
    text: Option<&str>,
    breaches: &mut Vec<Breach>,
) -> Option<Names> {
    let text = text.unwrap_or_default();
    let mut breach = |rule: Rule, message: String| {
        breaches.push(rule.broken_in(Field::Email, message));
    };
    if text.is_empty() {
        let message = format!("{product} names an e-mail address, and none is given");
        breach(Rule::EmailAbsent, message);
        return None;
    }
    match address(text) {
        Ok(address) => Some(Names::Mailbox(address)),
        Err(Fault { rule, what }) => {
            breach(rule, format!("the e-mail address {text:?} {what}"));
            None
        }
    }
}

/// An address, its domain in lower case; whether the case before the @ counts is for the domain to say.
pub(super) fn in_one_case(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", domain.to_ascii_lowercase()),
        None => address.to_owned(),
    }
}

fn address(text: &str) -> Result<String, Fault> {
    let fault = |rule, what: String| Err(Fault { rule, what });
    if !text.is_ascii() {
        let what = "is not ASCII: write the A-labels (xn--…) of its domain";
        return fault(Rule::EmailInternational, what.to_owned());
    }
    let Some((local, domain)) = text.rsplit_once('@') else {
        return fault(Rule::EmailForm, "has no @".to_owned());
    };
    if text.len() > LONGEST {
        let what = format!("has {} characters, at most {LONGEST}", text.len());
        return fault(Rule::EmailLength, what);
    }
    if local.len() > LONGEST_LOCAL {
        let what = format!("has {} characters before the @, at most {LONGEST_LOCAL}", local.len());
        return fault(Rule::EmailLength, what);
    }
    if !local.split('.').all(is_atom) {
        let what =
            "has before the @ something else than letters, digits, signs and single inner dots";
        return fault(Rule::EmailForm, what.to_owned());
    }
    match server::fqdn(domain) {
        Ok(domain) => Ok(format!("{local}@{domain}")),
        Err(Fault { what, .. }) => fault(Rule::EmailForm, format!("has a domain that {what}")),
    }
}

/// atext of RFC 5322 §3.2.3.
fn is_atom(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
}
