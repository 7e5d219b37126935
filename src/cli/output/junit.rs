//! JUnit XML, as CI servers read it: one test case a subject; invalid is a failure, indeterminate and unread an error.

use crate::cli::checked::{Checked, Checks, Row};
use crate::pki::Verdict;

pub(in crate::cli) fn render(checks: &Checks) -> String {
    let failures = count(checks, Verdict::Invalid);
    let errors = count(checks, Verdict::Indeterminate) + checks.unread.len();
    let tests = checks.results.len() + checks.unread.len();
    let name = format!("cpskit {}", checks.command.replace('.', " "));
    let totals = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"");
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&format!("<testsuites name=\"{name}\" {totals}>\n"));
    text.push_str(&format!("  <testsuite name=\"{name}\" {totals} skipped=\"0\">\n"));
    if checks.emulated {
        text.push_str(
            "    <properties>\n      <property name=\"emulated\" value=\"true\"/>\n    </properties>\n",
        );
    }
    for result in &checks.results {
        text.push_str(&case(result));
    }
    for unread in &checks.unread {
        text.push_str(&open(&unread.input, &unread.input));
        text.push_str(&format!(
            ">\n      <error type=\"{}\" message=\"{}\"/>\n    </testcase>\n",
            escape(unread.failure.code),
            escape(&unread.failure.message)
        ));
    }
    text.push_str("  </testsuite>\n</testsuites>");
    text
}

fn count(checks: &Checks, verdict: Verdict) -> usize {
    checks.results.iter().filter(|result| result.verdict == verdict).count()
}

fn open(input: &str, title: &str) -> String {
    format!("    <testcase classname=\"{}\" name=\"{}\"", escape(input), escape(title))
}

fn case(result: &Checked) -> String {
    let mut text = open(&result.input, &result.title);
    let kind = match result.verdict {
        Verdict::Invalid => Some("failure"),
        Verdict::Indeterminate => Some("error"),
        Verdict::Valid => None,
    };
    let warnings = result.findings.iter().filter(|row| !row.is_grave());
    let warnings: Vec<String> = warnings.map(line).collect();
    if kind.is_none() && warnings.is_empty() {
        text.push_str("/>\n");
        return text;
    }
    text.push_str(">\n");
    if let Some(kind) = kind {
        let grave: Vec<&Row> = result.findings.iter().filter(|row| row.is_grave()).collect();
        let (code, message) = grave
            .iter()
            .max_by_key(|row| row.severity == "error")
            .map_or(("", result.verdict.name()), |row| (row.code.as_str(), row.message.as_str()));
        let lines: Vec<String> = grave.iter().map(|row| line(row)).collect();
        text.push_str(&format!(
            "      <{kind} type=\"{}\" message=\"{}\">{}</{kind}>\n",
            escape(code),
            escape(message),
            escape(&lines.join("\n"))
        ));
    }
    if !warnings.is_empty() {
        text.push_str(&format!(
            "      <system-out>{}</system-out>\n",
            escape(&warnings.join("\n"))
        ));
    }
    text.push_str("    </testcase>\n");
    text
}

fn line(row: &Row) -> String {
    format!("{}: {}: {}: {} ({})", row.severity, row.code, row.subject, row.message, row.rule)
}

/// XML 1.0 text: what cannot stand there becomes U+FFFD.
pub(in crate::cli) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push('\n'),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => {
                escaped.push('\u{FFFD}');
            }
            c => escaped.push(c),
        }
    }
    escaped
}
