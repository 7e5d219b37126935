//! Workflow commands of GitHub Actions: one annotation a finding, on the file it is about.

use crate::cli::checked::Checks;

pub(in crate::cli) fn render(checks: &Checks) -> String {
    let mut lines = Vec::new();
    for result in &checks.results {
        for row in &result.findings {
            let level = if row.is_grave() { "error" } else { "warning" };
            let place = result.file.as_deref().map(property);
            let place = place.map_or(String::new(), |file| format!("file={file},"));
            let message =
                format!("{}: {}: {} ({})", result.input, row.subject, row.message, row.rule);
            let title = property(&row.code);
            lines.push(format!("::{level} {place}title={title}::{}", data(&message)));
        }
    }
    for unread in &checks.unread {
        let (file, title) = (property(&unread.input), property(unread.failure.code));
        let message = data(&unread.failure.message);
        lines.push(format!("::error file={file},title={title}::{message}"));
    }
    let verdicts = checks.results.iter().map(|result| {
        let emulated = if checks.emulated { " [emulated]" } else { "" };
        format!("{}: {}{emulated}", result.input, result.verdict.name())
    });
    lines.extend(verdicts.map(|line| data(&line)));
    lines.join("\n")
}

/// The text of a command: what would end its line is escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property: its separators too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
