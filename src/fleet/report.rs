//! The fleet as one page for people: self-contained HTML without a script, sorted by what needs action first, legible in print and
//! without colours.

mod timeline;

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Opposition;
use super::plan::{Condition, Holds, SeenFile, Standing};
use super::status::{CardStatus, CertificateStatus, Need, Status, Stray, names};

/// The page.
pub fn html(status: &Status) -> String {
    let title = format!("Fleet {}", escape(&status.fleet));
    let today = status.at.to_zoned(TimeZone::UTC).date();
    let mut page = String::new();
    page.push_str("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.push_str("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    // Without it, browsers ask for one.
    page.push_str("<link rel=\"icon\" href=\"data:,\">\n");
    page.push_str(&format!(
        "<title>{title}, {today}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    ));
    page.push_str(&format!("<header>\n<h1>{title}</h1>\n<p>As of {}.</p>\n", minute(status.at)));
    if status.is_emulated() {
        page.push_str("<p class=\"emulated\"><strong>Emulated:</strong> some of these certificates come from the emulated platform, and are worthless.</p>\n");
    }
    page.push_str(&summary(status));
    page.push_str("</header>\n<main>\n");
    page.push_str(&timeline::svg(status));
    page.push_str(&certificates(&status.certificates));
    page.push_str(&cards(&status.cards));
    page.push_str(&strays(&status.strays));
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn summary(status: &Status) -> String {
    let mut list = String::from("<ul class=\"summary\">\n");
    for need in [Need::Now, Need::Soon, Need::Later] {
        let (count, mark) = (status.count(need), mark(need));
        let _ = writeln!(
            list,
            "<li class=\"{}\"><b>{count}</b> {mark} {}</li>",
            need.name(),
            words(need)
        );
    }
    list.push_str("</ul>\n");
    list
}

fn certificates(found: &[CertificateStatus]) -> String {
    let head = ["", "Certificate", "State", "Valid until", "Renew from", "Files", "Lists and OCSP"];
    let rows = found.iter().map(|certificate| {
        let wanted = &certificate.wanted;
        let what = format!(
            "<b>{}</b>{}<br><small>{} · {}<br>{}</small>",
            escape(&wanted.name),
            if certificate.order.as_ref().is_some_and(|order| order.emulated) {
                EMULATED
            } else {
                ""
            },
            escape(&wanted.want.product.to_string()),
            escape(wanted.want.structure.as_str()),
            escape(&names(&wanted.want.names)),
        );
        let state = format!(
            "{}<br><small>{}: {}</small>",
            certificate.state(),
            certificate.action.what.name(),
            escape(&certificate.action.reason)
        );
        let end = certificate.validity.map_or_else(none, |validity| day(validity.end));
        let due = certificate.validity.map_or_else(none, |validity| {
            format!(
                "{}<br><small>by {}</small>",
                day(validity.due),
                escape(certificate.renewed_by())
            )
        });
        let files = certificate.seen.files.iter().map(file).collect::<Vec<_>>().join("<br>");
        let files = if files.is_empty() { none() } else { files };
        let standing = standing(certificate.seen.standing);
        row(certificate.need, &[what, state, end, due, files, standing])
    });
    table("Certificates", &head, rows)
}

fn cards(found: &[CardStatus]) -> String {
    let head = ["", "Card", "Holder", "Ordered", "Received", "Opposition", "To do"];
    let rows = found.iter().map(|status| {
        let card = &status.card;
        let number = card.number.as_ref().map_or("no number yet", |number| number.as_str());
        let family =
            card.family.as_deref().map(|family| format!("{family} · ")).unwrap_or_default();
        let what = format!(
            "<b>{number}</b><br><small>{}{}</small>",
            escape(&family),
            escape(&card.persona)
        );
        let date = |date: Option<Date>| date.map_or_else(none, whole);
        let opposition = match status.opposition {
            None => none(),
            Some(Opposition::On(day)) => whole(day),
            Some(Opposition::About(day)) => format!("about {}", whole(day)),
        };
        let holder = card.holder.as_deref().map_or_else(none, escape);
        let todo = format!(
            "{}<br><small>{}</small>",
            status.action.what.name(),
            escape(&status.action.reason)
        );
        row(status.need, &[what, holder, date(card.ordered), date(card.received), opposition, todo])
    });
    table("Cards", &head, rows)
}

fn strays(found: &[Stray]) -> String {
    if found.is_empty() {
        return String::new();
    }
    let head = ["", "Certificate", "State", "Valid until", "Serial number", "Why it is here"];
    let rows = found.iter().map(|stray| {
        let order = &stray.order;
        let what = format!(
            "<b>{}</b>{}<br><small>{}</small>",
            escape(&order.want.product.to_string()),
            if order.emulated { EMULATED } else { "" },
            escape(&names(&order.want.names))
        );
        let end = stray.end.map_or_else(none, day);
        let serial = order.serial.as_ref().map_or_else(none, |serial| escape(&serial.to_string()));
        row(Need::Later, &[what, order.state.name().to_owned(), end, serial, escape(&stray.reason)])
    });
    table("No longer in the file", &head, rows)
}

fn table<const N: usize>(
    title: &str,
    head: &[&str; N],
    rows: impl Iterator<Item = String>,
) -> String {
    let rows: String = rows.collect();
    if rows.is_empty() {
        return format!("<section><h2>{title}</h2><p>None in the file.</p></section>\n");
    }
    let head: String = head.iter().map(|cell| format!("<th scope=\"col\">{cell}</th>")).collect();
    format!(
        "<section>\n<h2>{title}</h2>\n<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</section>\n"
    )
}

fn row<const N: usize>(need: Need, cells: &[String; N]) -> String {
    let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
    let (name, mark, words) = (need.name(), mark(need), words(need));
    format!(
        "<tr class=\"{name}\"><td class=\"mark\">{mark}<br><small>{words}</small></td>{cells}</tr>\n"
    )
}

fn file(file: &SeenFile) -> String {
    let condition = match file.condition {
        Condition::Right => "right".to_owned(),
        Condition::Locked => "there, protected by a password".to_owned(),
        Condition::Missing => "missing".to_owned(),
        Condition::Other => "not the one".to_owned(),
        Condition::Exposed(mode) => format!("readable by others ({mode:04o})"),
        Condition::Unreadable => "cannot be read".to_owned(),
    };
    let holds = match file.holds {
        Holds::Certificate => "certificate",
        Holds::Key => "key",
    };
    let name = file.path.file_name().unwrap_or(file.path.as_os_str()).to_string_lossy();
    format!("<code>{}</code><br><small>{holds}: {condition}</small>", escape(&name))
}

fn standing(standing: Standing) -> String {
    match standing {
        Standing::Unknown => "not known".to_owned(),
        Standing::Good => "not revoked".to_owned(),
        Standing::Revoked(None) => "<b>revoked</b>".to_owned(),
        Standing::Revoked(Some(since)) => {
            format!("<b>revoked</b><br><small>{}</small>", minute(since))
        }
    }
}

/// A mark that needs no colour.
fn mark(need: Need) -> &'static str {
    match need {
        Need::Now => "▲",
        Need::Soon => "◆",
        Need::Later => "✓",
    }
}

fn words(need: Need) -> &'static str {
    match need {
        Need::Now => "to do now",
        Need::Soon => "soon",
        Need::Later => "nothing to do",
    }
}

fn none() -> String {
    "–".to_owned()
}

fn day(instant: Timestamp) -> String {
    whole(instant.to_zoned(TimeZone::UTC).date())
}

/// A date that is not broken over lines.
fn whole(date: Date) -> String {
    format!("<span class=\"date\">{date}</span>")
}

fn minute(instant: Timestamp) -> String {
    instant.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Text in an element or an attribute. Control characters are shown as what cannot be shown.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() => escaped.push('\u{FFFD}'),
            c => escaped.push(c),
        }
    }
    escaped
}

const EMULATED: &str = " <span class=\"tag\">emulated</span>";

const STYLE: &str = include_str!("report/page.css");
