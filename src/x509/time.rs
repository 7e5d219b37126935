//! Dates of certificates (RFC 5280 §4.1.2.5): UTCTime and GeneralizedTime, in UTC, to the second.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::der::{Element, tag};

/// A date that cannot be read; the certificate that has it can.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("date of type {tag:02x} that is none: {text:?}")]
pub struct TimeError {
    /// The ASN.1 tag: `17` UTCTime, `18` GeneralizedTime.
    pub tag: u8,
    /// What stands there; bytes that are no UTF-8 are replaced.
    pub text: String,
}

/// Reads `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`. A year of two digits is in 1950-2049.
///
/// `99991231235959Z`, which means "no end" (RFC 5280 §4.1.2.5), is some hours later than a [`Timestamp`] can be: it
/// is given as [`Timestamp::MAX`].
pub(super) fn timestamp(element: &Element<'_>) -> Result<Timestamp, TimeError> {
    instant(element.tag, element.value).ok_or_else(|| TimeError {
        tag: element.tag,
        text: String::from_utf8_lossy(element.value).into_owned(),
    })
}

/// Reads the content of a GeneralizedTime, whatever tag it stands under.
pub(super) fn generalized(value: &[u8]) -> Option<Timestamp> {
    instant(tag::GENERALIZED_TIME, value)
}

fn instant(tag: u8, value: &[u8]) -> Option<Timestamp> {
    let (year, rest) = match tag {
        tag::UTC_TIME => {
            let (year, rest) = value.split_at_checked(2)?;
            let year = number(year)?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        tag::GENERALIZED_TIME => {
            let (year, rest) = value.split_at_checked(4)?;
            (number(year)?, rest)
        }
        _ => return None,
    };
    let (digits, b"Z") = rest.split_at_checked(10)? else { return None };
    let mut fields = digits.chunks(2).map(|two| number(two).and_then(|n| i8::try_from(n).ok()));
    let mut field = || fields.next().flatten();
    let civil = DateTime::new(year, field()?, field()?, field()?, field()?, field()?, 0).ok()?;
    Some(Offset::UTC.to_timestamp(civil).unwrap_or(Timestamp::MAX))
}

/// At most four ASCII digits.
fn number(digits: &[u8]) -> Option<i16> {
    digits.iter().try_fold(0_i16, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + i16::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(tag: u8, value: &str) -> Option<String> {
        instant(tag, value.as_bytes()).map(|instant| instant.to_string())
    }

    #[test]
    fn two_digits_of_a_year_are_in_1950_to_2049() {
        let utc = |text| read(tag::UTC_TIME, text);
        assert_eq!(utc("130625000000Z").as_deref(), Some("2013-06-25T00:00:00Z"));
        assert_eq!(utc("491231235959Z").as_deref(), Some("2049-12-31T23:59:59Z"));
        assert_eq!(utc("500101000000Z").as_deref(), Some("1950-01-01T00:00:00Z"));
    }

    #[test]
    fn years_of_four_digits_are_all_read() {
        let general = |text| read(tag::GENERALIZED_TIME, text);
        assert_eq!(general("20500101000000Z").as_deref(), Some("2050-01-01T00:00:00Z"));
        assert_eq!(general("00000101000000Z").as_deref(), Some("0000-01-01T00:00:00Z"));
        assert_eq!(general("99991231235959Z"), Some(Timestamp::MAX.to_string()));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["", "Z", "1306250000Z", "130625000000", "130625000000+0100", "13062500000xZ"] {
            assert_eq!(read(tag::UTC_TIME, text), None, "{text}");
        }
        for text in ["20130230000000Z", "20131301000000Z", "20130625000060Z", "20130625000000.5Z"] {
            assert_eq!(read(tag::GENERALIZED_TIME, text), None, "{text}");
        }
        assert_eq!(read(tag::IA5_STRING, "130625000000Z"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(
            tag in 0x16_u8..0x1A,
            value in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..20),
                "[0-9]{10,14}Z".prop_map(String::into_bytes),
            ],
        ) {
            let _ = instant(tag, &value);
        }
    }
}
