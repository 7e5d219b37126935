//! The DNS names of a server: FQDN in LDH labels (RFC 1123 §2.1, RFC 5280 §4.2.1.6), in lower case.

use std::net::IpAddr;

use super::{Breach, Field, Names, Rule};

/// RFC 1035 §2.3.4: 255 octets on the wire are 253 characters.
const LONGEST: usize = 253;
/// RFC 1035 §2.3.4.
const LONGEST_LABEL: usize = 63;
/// `ub-common-name` of RFC 5280.
const LONGEST_COMMON_NAME: usize = 64;

/// Reads them, the first of which is the CN; says what is wrong.
pub(super) fn read(typed: &[String], breaches: &mut Vec<Breach>) -> Option<Names> {
    let before = breaches.len();
    let mut breach = |rule: Rule, message: String| {
        breaches.push(rule.broken_in(Field::Dns, message));
    };
    let mut names: Vec<String> = Vec::new();
    for text in typed {
        match fqdn(text) {
            Ok(name) if names.contains(&name) => {
                breach(Rule::DnsDuplicate, format!("the DNS name `{name}` is given twice"));
            }
            Ok(name) => names.push(name),
            Err(Fault { rule, what }) => breach(rule, format!("the DNS name {text:?} {what}")),
        }
    }
    if let Some(first) = names.first().filter(|first| first.len() > LONGEST_COMMON_NAME) {
        let message = format!(
            "the DNS name `{first}` has {} characters, at most {LONGEST_COMMON_NAME} as the first one, which is the CN",
            first.len()
        );
        breach(Rule::DnsCommonName, message);
    }
    if typed.is_empty() {
        let message = "SERV SSL_SERV names a server by its FQDN, and none is given";
        breach(Rule::DnsAbsent, message.to_owned());
    }
    let mut names = names.into_iter();
    let fqdn = names.next().filter(|_| breaches.len() == before)?;
    Some(Names::Server { fqdn, others: names.collect() })
}

/// What is wrong with a name, to be said after it.
pub(super) struct Fault {
    pub(super) rule: Rule,
    pub(super) what: String,
}

/// Reads one, in lower case.
pub(super) fn fqdn(text: &str) -> Result<String, Fault> {
    let fault = |rule, what: &str| Err(Fault { rule, what: what.to_owned() });
    if text.is_empty() {
        return fault(Rule::DnsForm, "is empty");
    }
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    if bare.parse::<IpAddr>().is_ok() {
        return fault(Rule::DnsAddress, "is an IP address: give the FQDN");
    }
    if !text.is_ascii() {
        let what = "is not ASCII: write the A-labels (xn--…) of its labels";
        return fault(Rule::DnsInternational, what);
    }
    if text.contains('*') {
        return fault(Rule::DnsWildcard, "has a wildcard: name each server");
    }
    if text.ends_with('.') {
        return fault(Rule::DnsForm, "ends with a dot: leave it out");
    }
    if text.len() > LONGEST {
        let what = format!("has {} characters, at most {LONGEST}", text.len());
        return Err(Fault { rule: Rule::DnsLength, what });
    }
    let labels: Vec<&str> = text.split('.').collect();
    if let Some(long) = labels.iter().find(|label| label.len() > LONGEST_LABEL) {
        let what = format!("has a label of {} characters, at most {LONGEST_LABEL}", long.len());
        return Err(Fault { rule: Rule::DnsForm, what });
    }
    if !labels.iter().all(|label| is_ldh(label)) {
        return fault(Rule::DnsForm, "is not made of labels of letters, digits and inner hyphens");
    }
    if labels.len() < 2 {
        return fault(Rule::DnsForm, "has one label only: give the whole FQDN");
    }
    // What looks like an address is one to many readers (RFC 1123 §2.1).
    if labels.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit())) {
        return fault(Rule::DnsForm, "ends with a label of digits only");
    }
    Ok(text.to_ascii_lowercase())
}

fn is_ldh(label: &str) -> bool {
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
