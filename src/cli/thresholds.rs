//! Expiry thresholds (`--warn-before`, `--fail-before`), for certificates and lists, the same in every command.

use jiff::Timestamp;

use super::args::cert::{Threshold, ThresholdArgs};
use super::checked::Row;
use crate::pki::Severity;
use crate::x509::Certificate;

/// What is left of a certificate or of a list, in time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::cli) struct Life {
    /// notBefore, or thisUpdate.
    pub(in crate::cli) start: Timestamp,
    /// notAfter, or nextUpdate.
    pub(in crate::cli) end: Timestamp,
}

impl Life {
    /// The validity of a certificate; `None` when a date of it cannot be read.
    pub(in crate::cli) fn of(certificate: &Certificate) -> Option<Self> {
        let start = certificate.not_before().ok()?;
        Some(Self { start, end: certificate.not_after().ok()? })
    }

    /// Whole days left at an instant, rounded down: negative after the end.
    pub(in crate::cli) fn days_left(self, at: Timestamp) -> i64 {
        self.seconds_left(at).div_euclid(24 * 60 * 60)
    }

    fn seconds_left(self, at: Timestamp) -> i64 {
        self.end.duration_since(at).as_secs()
    }

    /// Whether less is left than the threshold asks for.
    fn is_under(self, threshold: Threshold, at: Timestamp) -> bool {
        let left = self.seconds_left(at);
        match threshold {
            Threshold::Hours(hours) => left < i64::from(hours) * 60 * 60,
            Threshold::Percent(part) => {
                let whole = self.end.duration_since(self.start).as_secs();
                left * 100 < whole * i64::from(part)
            }
        }
    }

    /// `12 days left`, `ended 3 days ago`.
    fn say(self, at: Timestamp) -> String {
        let days = self.days_left(at);
        let count = |days: i64| format!("{days} {}", if days == 1 { "day" } else { "days" });
        match self.seconds_left(at) {
            ..=0 => format!("ended on {}", self.end),
            1..86_400 => format!("less than a day left, until {}", self.end),
            _ => format!("{} left, until {}", count(days), self.end),
        }
    }
}

/// Of a certificate: less is left than a threshold asks for.
const CERTIFICATE: &str = "pki.validity.expiring";

/// Of a revocation list: less is left until its nextUpdate than a threshold asks for.
const LIST: &str = "pki.list.expiring";

impl ThresholdArgs {
    /// The finding on a certificate with less left than a threshold asks for, an error before a warning. A certificate
    /// that has ended has nothing left. None without thresholds, and none when its dates cannot be read.
    pub(in crate::cli) fn certificate(
        &self,
        certificate: &Certificate,
        at: Timestamp,
    ) -> Option<Row> {
        let subject = certificate.subject().to_string();
        self.judge(CERTIFICATE, "RFC 5280 4.1.2.5", subject, Life::of(certificate)?, at)
    }

    /// The finding on a list of this issuer, in the same way.
    pub(in crate::cli) fn list(&self, issuer: String, life: Life, at: Timestamp) -> Option<Row> {
        self.judge(LIST, "RFC 5280 5.1.2.5", issuer, life, at)
    }

    fn judge(
        &self,
        code: &str,
        rule: &str,
        subject: String,
        life: Life,
        at: Timestamp,
    ) -> Option<Row> {
        let under = |threshold: Option<Threshold>| {
            threshold.filter(|threshold| life.is_under(*threshold, at))
        };
        let (severity, threshold) = match (under(self.fail_before), under(self.warn_before)) {
            (Some(threshold), _) => (Severity::Error, threshold),
            (None, Some(threshold)) => (Severity::Warning, threshold),
            (None, None) => return None,
        };
        Some(Row {
            code: code.to_owned(),
            severity: severity.name(),
            rule: rule.to_owned(),
            subject,
            message: format!("{}, and at least {threshold} asked for", life.say(at)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life() -> Life {
        let instant = |text: &str| text.parse().expect("an instant");
        Life { start: instant("2026-01-01T00:00:00Z"), end: instant("2026-04-11T00:00:00Z") }
    }

    fn found(warn: Option<&str>, fail: Option<&str>, at: &str) -> Option<(&'static str, String)> {
        let threshold = |text: &str| text.parse().expect("a threshold");
        let thresholds =
            ThresholdArgs { warn_before: warn.map(threshold), fail_before: fail.map(threshold) };
        let at = at.parse().expect("an instant");
        let row = thresholds.list("CN=AC".to_owned(), life(), at)?;
        assert_eq!((row.code.as_str(), row.subject.as_str()), (LIST, "CN=AC"));
        Some((row.severity, row.message))
    }

    #[test]
    fn less_left_than_asked_for_is_a_finding_and_as_much_is_none() {
        let message =
            "29 days left, until 2026-04-11T00:00:00Z, and at least 30 days asked for".to_owned();
        assert_eq!(found(Some("30d"), None, "2026-03-12T00:00:00Z"), None);
        assert_eq!(
            found(Some("30d"), None, "2026-03-12T00:00:01Z"),
            Some(("warning", message.clone()))
        );
        assert_eq!(found(None, Some("30d"), "2026-03-12T00:00:01Z"), Some(("error", message)));
        assert_eq!(found(None, None, "2030-01-01T00:00:00Z"), None);
    }

    #[test]
    fn a_part_of_the_whole_life_is_a_threshold_too() {
        assert_eq!(found(Some("10%"), None, "2026-04-01T00:00:00Z"), None);
        let message =
            "9 days left, until 2026-04-11T00:00:00Z, and at least 10 % of its life asked for";
        assert_eq!(
            found(Some("10%"), None, "2026-04-01T00:00:01Z"),
            Some(("warning", message.to_owned()))
        );
    }

    #[test]
    fn the_graver_threshold_speaks_for_both() {
        let message =
            "less than a day left, until 2026-04-11T00:00:00Z, and at least 36 hours asked for";
        assert_eq!(
            found(Some("30d"), Some("36h"), "2026-04-10T12:00:00Z"),
            Some(("error", message.to_owned()))
        );
    }

    #[test]
    fn what_has_ended_has_nothing_left() {
        let message = "ended on 2026-04-11T00:00:00Z, and at least 1 day asked for";
        let found = found(Some("1d"), None, "2026-05-01T00:00:00Z");
        assert_eq!(found, Some(("warning", message.to_owned())));
    }
}
