//! privateKeyUsagePeriod (RFC 3280 §4.2.1.4, left out of RFC 5280): when the private key may sign.

use jiff::Timestamp;

use super::der::tag;
use super::time::generalized;
use super::{Certificate, X509Error, oid};

/// The period in which the private key may be used; a bound that is absent is `None`.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct KeyPeriod {
    /// Its start.
    pub not_before: Option<Timestamp>,
    /// Its end.
    pub not_after: Option<Timestamp>,
}

impl Certificate {
    /// privateKeyUsagePeriod.
    ///
    /// # Errors
    /// [`X509Error::Extension`], also when a bound is no date.
    pub fn private_key_usage_period(&self) -> Result<Option<KeyPeriod>, X509Error> {
        self.read_extension(oid::PRIVATE_KEY_USAGE_PERIOD, |reader| {
            let mut fields = reader.take(tag::SEQUENCE)?.inside();
            let mut bound = |number| {
                let element = fields.optional(tag::context(number))?;
                element.map(|e| generalized(e.value).ok_or_else(|| e.unreadable())).transpose()
            };
            let period = KeyPeriod { not_before: bound(0)?, not_after: bound(1)? };
            fields.end()?;
            Ok(period)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, extension};
    use super::*;
    use crate::iso7816::tlv::encode;

    fn with(value: &[u8]) -> Certificate {
        let extensions = vec![extension(&[0x55, 0x1D, 16], value)];
        Certificate::parse(&Sample { extensions, ..Sample::default() }.der()).expect("whole")
    }

    #[test]
    fn the_period_of_a_key_has_one_bound_or_two() {
        let start = encode(0x80, b"20201215130831Z");
        let end = encode(0x81, b"20231215130831Z");
        let instant = |text: &str| Some(text.parse().expect("an instant"));
        let both = KeyPeriod {
            not_before: instant("2020-12-15T13:08:31Z"),
            not_after: instant("2023-12-15T13:08:31Z"),
        };
        let read =
            |value: &[Vec<u8>]| with(&encode(0x30, &value.concat())).private_key_usage_period();
        assert_eq!(read(&[start, end.clone()]), Ok(Some(both)));
        assert_eq!(read(&[end]), Ok(Some(KeyPeriod { not_before: None, ..both })));
        assert!(read(&[encode(0x80, b"2020")]).is_err());
        assert_eq!(
            Certificate::parse(&Sample::default().der()).expect("whole").private_key_usage_period(),
            Ok(None)
        );
    }
}
