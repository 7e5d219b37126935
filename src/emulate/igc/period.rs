//! A validity: two instants in the types that certificates and lists write.

use std::time::Duration;

use der::DateTime;
use der::asn1::GeneralizedTime;
use jiff::Timestamp;
use x509_cert::ext::pkix::PrivateKeyUsagePeriod;
use x509_cert::time::{Time, Validity};

use super::MintError;

/// Two instants, the second after the first, in whole seconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Period {
    start: DateTime,
    end: DateTime,
}

impl Period {
    /// Fractions of a second are dropped.
    pub(super) fn new(from: Timestamp, to: Timestamp) -> Result<Self, MintError> {
        match (date_time(from)?, date_time(to)?) {
            (start, end) if start < end => Ok(Self { start, end }),
            _ => Err(MintError::Period { from, to }),
        }
    }

    /// UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5).
    pub(super) fn start(self) -> Time {
        Time::from(self.start)
    }

    /// As [`start`](Self::start).
    pub(super) fn end(self) -> Time {
        Time::from(self.end)
    }

    pub(super) fn validity(self) -> Validity {
        Validity::new(self.start(), self.end())
    }

    /// Always GeneralizedTime, as privateKeyUsagePeriod wants them.
    pub(super) fn private_key_usage(self) -> PrivateKeyUsagePeriod {
        PrivateKeyUsagePeriod {
            not_before: Some(GeneralizedTime::from_date_time(self.start)),
            not_after: Some(GeneralizedTime::from_date_time(self.end)),
        }
    }

    /// `2026-01-05T00:00:00Z/2029-01-05T00:00:00Z`.
    pub(super) fn text(self) -> String {
        format!("{}/{}", self.start, self.end)
    }

    pub(super) fn starts_before(self, year: u16, month: u8) -> bool {
        (self.start.year(), self.start.month()) < (year, month)
    }
}

/// An instant as DER writes it.
pub(super) fn date_time(instant: Timestamp) -> Result<DateTime, MintError> {
    u64::try_from(instant.as_second())
        .ok()
        .and_then(|seconds| DateTime::from_unix_duration(Duration::from_secs(seconds)).ok())
        .ok_or(MintError::Instant(instant))
}

#[cfg(test)]
mod tests {
    use der::Encode;

    use super::*;

    fn period(from: &str, to: &str) -> Result<Period, MintError> {
        let instant = |text: &str| text.parse().expect("an instant");
        Period::new(instant(from), instant(to))
    }

    #[test]
    fn years_up_to_2049_are_written_with_two_digits_and_later_ones_with_four() {
        let period = period("2049-12-31T23:59:59.9Z", "2050-01-01T00:00:00Z").expect("one second");
        let start = period.start().to_der().expect("short");
        let end = period.end().to_der().expect("short");
        let expected = [b"\x17\x0d491231235959Z".as_slice(), b"\x18\x0f20500101000000Z"];
        assert_eq!([start.as_slice(), end.as_slice()], expected);
    }

    #[test]
    fn an_instant_before_1970_or_a_period_under_a_second_is_refused() {
        let refused = |from, to| period(from, to).expect_err("refused").to_string();
        let found = [
            refused("1969-12-31T23:59:59Z", "2026-01-01T00:00:00Z"),
            refused("2026-01-01T00:00:00.1Z", "2026-01-01T00:00:00.9Z"),
        ];
        let expected = [
            "1969-12-31T23:59:59Z is before 1970 or after 9999, which no certificate can say",
            "the period from 2026-01-01T00:00:00.1Z to 2026-01-01T00:00:00.9Z is empty",
        ];
        assert_eq!(found, expected);
    }
}
