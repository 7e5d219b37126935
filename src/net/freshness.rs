//! How long an HTTP response may be used without asking again (RFC 9111).

use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};
use ureq::http::header::{AGE, CACHE_CONTROL, DATE, EXPIRES};
use ureq::http::{HeaderMap, HeaderName};

/// Whether a response may be kept, and until when it is used without asking again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Keep {
    /// `no-store`.
    Nothing,
    /// Until then; afterwards it is asked for again, with its validators.
    Until(Timestamp),
}

/// The longest that a server is believed: whoever sits between may say anything, and must not pin an old list for long.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

impl Keep {
    /// What the headers of a response received now say. The cache is the user's own, so that `private` allows it.
    pub(super) fn of(headers: &HeaderMap, now: Timestamp) -> Self {
        let directives: Vec<String> = headers
            .get_all(CACHE_CONTROL)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|directive| directive.trim().to_ascii_lowercase())
            .collect();
        let says = |name: &str| {
            let mut named = directives.iter().filter_map(|directive| {
                let (found, value) = directive.split_once('=').unwrap_or((directive, ""));
                (found.trim_end() == name).then(|| value.trim().trim_matches('"'))
            });
            named.next()
        };
        if says("no-store").is_some() {
            return Self::Nothing;
        }
        let lifetime = if says("no-cache").is_some() {
            SignedDuration::ZERO
        } else if let Some(seconds) = says("max-age") {
            // What is no number is stale (RFC 9111 §4.2.1).
            seconds.parse().map_or(SignedDuration::ZERO, SignedDuration::from_secs)
        } else {
            expiry(headers, now).unwrap_or_default()
        };
        let age = text(headers, AGE).and_then(|age| age.parse().ok()).unwrap_or(0);
        let age = SignedDuration::from_secs(age).max(SignedDuration::ZERO);
        let left = lifetime.clamp(SignedDuration::ZERO, LONGEST).saturating_sub(age);
        Self::Until(now.checked_add(left.max(SignedDuration::ZERO)).unwrap_or(now))
    }
}

/// From `Date`, else from now, to `Expires`. What is no instant is past (RFC 9111 §5.3).
fn expiry(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let instant = |name| {
        let parsed = DateTimeParser::new().parse_timestamp(text(headers, name)?);
        parsed.ok()
    };
    let expires = instant(EXPIRES)?;
    Some(expires.duration_since(instant(DATE).unwrap_or(now)))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(headers: &[(&'static str, &str)]) -> Option<i64> {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().expect("an instant");
        let headers = headers.iter().map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, value.parse().expect("a header"))
        });
        match Keep::of(&headers.collect(), now) {
            Keep::Nothing => None,
            Keep::Until(until) => Some(until.duration_since(now).as_secs()),
        }
    }

    #[test]
    fn the_server_says_how_long_and_is_believed_for_a_day_at_most() {
        let control = |value: &str| keep(&[("cache-control", value)]);
        assert_eq!(keep(&[]), Some(0));
        assert_eq!(control("no-store"), None);
        assert_eq!(control("max-age=60, No-Store"), None);
        assert_eq!(control("no-cache, max-age=60"), Some(0));
        assert_eq!(control("private, max-age=60"), Some(60));
        assert_eq!(control("MAX-AGE=\"60\""), Some(60));
        assert_eq!(control("max-age=99999999999999999999"), Some(0));
        assert_eq!(control("max-age=-5"), Some(0));
        assert_eq!(control("max-age=31536000"), Some(86_400));
        assert_eq!(keep(&[("cache-control", "max-age=60"), ("age", "20")]), Some(40));
        assert_eq!(keep(&[("cache-control", "max-age=60"), ("age", "70")]), Some(0));
    }

    #[test]
    fn expires_counts_from_the_date_of_the_server_when_there_is_no_max_age() {
        let expires = ("expires", "Thu, 01 Jan 2026 01:00:00 GMT");
        assert_eq!(keep(&[expires]), Some(3600));
        assert_eq!(keep(&[expires, ("date", "Thu, 01 Jan 2026 00:30:00 GMT")]), Some(1800));
        assert_eq!(keep(&[expires, ("cache-control", "max-age=5")]), Some(5));
        assert_eq!(keep(&[("expires", "0")]), Some(0));
        assert_eq!(keep(&[("expires", "Thu, 01 Jan 1970 00:00:00 GMT")]), Some(0));
    }
}
