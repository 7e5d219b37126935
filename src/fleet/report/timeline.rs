//! The timeline of the report: a bar from the beginning to the end of each card and certificate, as inline SVG. How it stands is said by
//! pattern and words, beside colour.

use std::fmt::Write as _;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::{escape, mark};
use crate::fleet::status::{CardStatus, CertificateStatus, Need, Status};
use crate::fleet::{Opposition, TestCard};

/// Width of the drawing, in its own units.
const WIDTH: f64 = 1120.0;
/// Where the axis begins: names stand before.
const LEFT: f64 = 300.0;
/// Where it ends: room for a date after the last bar.
const RIGHT: f64 = 1030.0;
const ROW: f64 = 30.0;
const TOP: f64 = 34.0;

/// A line of the timeline.
struct Line {
    label: String,
    need: Need,
    /// From, and to.
    bar: Option<(Date, Date)>,
    /// Where the end is near: the renewal.
    due: Option<Date>,
    /// What is written behind the bar.
    end: String,
}

pub(super) fn svg(status: &Status) -> String {
    let cards: Vec<Line> = status.cards.iter().map(of_card).collect();
    let certificates: Vec<Line> = status.certificates.iter().map(of_certificate).collect();
    if cards.is_empty() && certificates.is_empty() {
        return String::new();
    }
    let today = date(status.at);
    let axis = Axis::over(cards.iter().chain(&certificates), today);
    let mut rows = String::new();
    let mut y = TOP;
    for (group, lines) in [("Certificates", &certificates), ("Cards", &cards)] {
        if lines.is_empty() {
            continue;
        }
        let _ =
            writeln!(rows, "<text class=\"group\" x=\"0\" y=\"{:.1}\">{group}</text>", y + 19.0);
        y += ROW;
        for line in lines {
            rows.push_str(&line.draw(&axis, y));
            y += ROW;
        }
    }
    let height = y + 8.0;
    let x = axis.at(today);
    format!(
        "<section>\n<h2>Timeline</h2>\n<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"When each certificate and card begins and ends; the tables below say the same\">\n{PATTERNS}{}{rows}<line class=\"today\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"22\" y2=\"{height}\"/>\n</svg>\n<p><small>Plain: nothing to do. Dotted: soon. Striped: to do now. A white end is the time in which a certificate is renewed. The dashed line is today, {today}. A card ends with its opposition.</small></p>\n</section>\n",
        axis.draw(height)
    )
}

fn of_card(found: &CardStatus) -> Line {
    let TestCard { number, persona, valid_from, ordered, received, .. } = &found.card;
    let label = match number {
        Some(number) => format!("{number} {persona}"),
        None => persona.clone(),
    };
    let start = valid_from.or(*ordered).or(*received);
    let end = match found.opposition {
        None => "not ordered".to_owned(),
        Some(Opposition::On(day)) => day.to_string(),
        Some(Opposition::About(day)) => format!("~ {day}"),
    };
    let bar = start.zip(found.opposition.map(Opposition::day));
    Line { label, need: found.need, bar, due: None, end }
}

fn of_certificate(found: &CertificateStatus) -> Line {
    let label = format!("{} ({})", found.wanted.name, found.wanted.want.product);
    let dates = found.validity.map(|valid| (date(valid.start), date(valid.end), date(valid.due)));
    let end = match dates {
        None => found.state().to_owned(),
        Some((_, end, _)) if found.state() == "collected" => end.to_string(),
        Some((_, end, _)) => format!("{end}, {}", found.state()),
    };
    Line {
        label,
        need: found.need,
        bar: dates.map(|(start, end, _)| (start, end)),
        due: dates.map(|(_, _, due)| due),
        end,
    }
}

impl Line {
    fn draw(&self, axis: &Axis, y: f64) -> String {
        let mut text = String::new();
        let baseline = y + 19.0;
        let label = escape(&shortened(&self.label));
        let mark = mark(self.need);
        let _ = writeln!(text, "<text x=\"4\" y=\"{baseline:.1}\">{mark} {label}</text>");
        let Some((start, end)) = self.bar else {
            let x = LEFT + 6.0;
            let end = escape(&self.end);
            let _ = writeln!(
                text,
                "<text class=\"quiet\" x=\"{x:.1}\" y=\"{baseline:.1}\">{end}</text>"
            );
            return text;
        };
        let (from, to) = (axis.at(start), axis.at(end));
        let width = (to - from).max(2.0);
        let need = self.need.name();
        let top = y + 6.0;
        let _ = writeln!(
            text,
            "<rect class=\"bar\" x=\"{from:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"17\" fill=\"url(#{need})\"/>"
        );
        if let Some(due) = self.due.map(|due| axis.at(due)).filter(|due| *due > from) {
            let width = (to - due).max(1.5);
            let _ = writeln!(
                text,
                "<rect class=\"bar\" x=\"{due:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"17\" fill=\"#fff\"/>"
            );
        }
        let end = escape(&self.end);
        let _ = writeln!(
            text,
            "<text class=\"quiet\" x=\"{:.1}\" y=\"{baseline:.1}\">{end}</text>",
            to.max(from + 2.0) + 6.0
        );
        text
    }
}

/// A label that fits before the axis.
fn shortened(label: &str) -> String {
    const LONGEST: usize = 38;
    match label.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &label[..cut]),
        None => label.to_owned(),
    }
}

/// Days to units.
struct Axis {
    first: Date,
    days: f64,
}

impl Axis {
    /// From the first day to the last that is drawn; what is more than four years away is cut.
    fn over<'l>(lines: impl Iterator<Item = &'l Line>, today: Date) -> Self {
        let far = |years: i16| today.saturating_add(Span::new().years(years));
        let near = |months: i32| today.saturating_add(Span::new().months(months));
        let (mut first, mut last) = (near(-2), near(6));
        for (start, end) in lines.filter_map(|line| line.bar) {
            first = first.min(start);
            last = last.max(end);
        }
        let (first, last) = (first.max(far(-4)), last.min(far(4)));
        Self { first, days: days(first, last).max(1.0) }
    }

    fn at(&self, day: Date) -> f64 {
        let part = (days(self.first, day) / self.days).clamp(0.0, 1.0);
        LEFT + part * (RIGHT - LEFT)
    }

    /// A line a year, and one a quarter where there is room.
    fn draw(&self, height: f64) -> String {
        let mut text = String::new();
        let step = if self.days > 900.0 { 6 } else { 3 };
        let january = Date::new(self.first.year(), 1, 1).unwrap_or(self.first);
        let mut day = january;
        while days(self.first, day) <= self.days {
            if day >= self.first {
                let x = self.at(day);
                let label = day.strftime("%Y-%m");
                let _ = writeln!(
                    text,
                    "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"22\" y2=\"{height}\"/><text class=\"quiet\" x=\"{x:.1}\" y=\"15\" text-anchor=\"middle\">{label}</text>"
                );
            }
            match day.checked_add(Span::new().months(step)) {
                Ok(next) => day = next,
                Err(_) => break,
            }
        }
        text
    }
}

fn days(from: Date, to: Date) -> f64 {
    from.duration_until(to).as_secs_f64() / 86_400.0
}

fn date(instant: Timestamp) -> Date {
    instant.to_zoned(TimeZone::UTC).date()
}

const PATTERNS: &str = "<defs>\n<pattern id=\"later\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\"><rect width=\"8\" height=\"8\" fill=\"#b7dcc4\"/></pattern>\n<pattern id=\"soon\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\"><rect width=\"8\" height=\"8\" fill=\"#f7e2a8\"/><circle cx=\"4\" cy=\"4\" r=\"1.6\" fill=\"#6b4700\"/></pattern>\n<pattern id=\"now\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect width=\"8\" height=\"8\" fill=\"#f6c5c1\"/><rect width=\"3\" height=\"8\" fill=\"#b3261e\"/></pattern>\n</defs>\n";
