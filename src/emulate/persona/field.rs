//! The fields of a persona, turned into the codings of the card (CPx fact sheet §8.1).
//!
//! Each function is the only statement of its limit: what it refuses, the card cannot hold.

use jiff::civil::Date;

use super::PersonaError;

/// Which field of a persona file is meant, for messages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Field {
    /// Name in the file, with its table: `holder.national_id`.
    pub name: &'static str,
    /// Number of the activity the field belongs to.
    pub activity: Option<u8>,
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.activity {
            Some(number) => write!(f, "`{}` of activity {number}", self.name),
            None => write!(f, "`{}`", self.name),
        }
    }
}

/// What the card, or the standard behind a field, can hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Limit {
    /// Number of an activity: the objects are CPS_ACTIVITY_01_PS to CPS_ACTIVITY_16_PS.
    #[error("must be between 1 and 16, each number once")]
    ActivityNumber,
    /// Table G02.
    #[error("must be 00, 01, 02 or 03 (table G02)")]
    CardType,
    /// Templates of CPS_SIT_FACT, or codes and names in a list.
    #[error("holds at most {0} entries")]
    Count(usize),
    /// A calendar date.
    #[error("must be a date YYYY-MM-DD")]
    Date,
    /// Exactly so many decimal digits.
    #[error("must be exactly {0} digits")]
    Digits(usize),
    /// One to so many decimal digits.
    #[error("must be 1 to {0} digits")]
    DigitsUpTo(usize),
    /// One byte.
    #[error("must be two hexadecimal digits")]
    HexByte,
    /// The check digit of an RPPS or SIRET number is wrong.
    #[error("has a wrong check digit (Luhn)")]
    Luhn,
    /// No text at all.
    #[error("must not be absent")]
    Missing,
    /// The national identifier has a type that no card has, or not the form of its type.
    #[error("must be a type digit (table G08) followed by an identifier of that type")]
    NationalId,
    /// The salt of a PSS signature, in a block of 2048 bits with a hash of 256.
    #[error("must be at most {0} bytes")]
    Salt(u8),
    /// A counter above its maximum.
    #[error("must be at most {0}")]
    Tries(u8),
    /// Text in ISO-8859-1, of at most so many characters, not empty.
    #[error("must be 1 to {0} characters of ISO-8859-1")]
    Text(usize),
}

impl Field {
    pub(in crate::emulate) const fn new(name: &'static str) -> Self {
        Self { name, activity: None }
    }

    pub(in crate::emulate) const fn of(name: &'static str, activity: u8) -> Self {
        Self { name, activity: Some(activity) }
    }

    pub(in crate::emulate) fn refuse<T>(self, limit: Limit) -> Result<T, PersonaError> {
        Err(PersonaError::Field { field: self, limit })
    }

    /// Decimal digits as ASCII, exactly `count`.
    pub(in crate::emulate) fn digits(self, text: &str, count: usize) -> Result<&str, PersonaError> {
        if text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(text);
        }
        self.refuse(Limit::Digits(count))
    }

    /// Packed digits, `F` filling an odd end.
    pub(in crate::emulate) fn packed(
        self,
        text: &str,
        max: usize,
    ) -> Result<Vec<u8>, PersonaError> {
        let digits: Vec<u8> =
            text.chars().filter_map(|c| u8::try_from(c.to_digit(10)?).ok()).collect();
        if digits.is_empty() || digits.len() > max || digits.len() != text.chars().count() {
            return self.refuse(Limit::DigitsUpTo(max));
        }
        Ok(digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0x0F)).collect())
    }

    /// One binary byte that is shown as two decimal digits.
    pub(in crate::emulate) fn decimal(self, text: &str) -> Result<u8, PersonaError> {
        let digits = self.digits(text, 2)?;
        digits.parse().or_else(|_| self.refuse(Limit::Digits(2)))
    }

    /// One byte written as two hexadecimal digits.
    pub(in crate::emulate) fn hex(self, text: &str) -> Result<u8, PersonaError> {
        if text.len() != 2 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return self.refuse(Limit::HexByte);
        }
        u8::from_str_radix(text, 16).or_else(|_| self.refuse(Limit::HexByte))
    }

    /// Text in ISO-8859-1, one byte per character.
    pub(in crate::emulate) fn text(self, text: &str, max: usize) -> Result<Vec<u8>, PersonaError> {
        let bytes: Result<Vec<u8>, _> = text.chars().map(|c| u8::try_from(u32::from(c))).collect();
        match bytes {
            Ok(bytes) if (1..=max).contains(&bytes.len()) && !bytes.contains(&0) => Ok(bytes),
            _ => self.refuse(Limit::Text(max)),
        }
    }

    /// A date as eight packed digits, YYYYMMDD.
    pub(in crate::emulate) fn date(self, text: &str) -> Result<Vec<u8>, PersonaError> {
        match text.parse::<Date>() {
            Ok(date) if date.to_string() == text => self.packed(&text.replace('-', ""), 8),
            _ => self.refuse(Limit::Date),
        }
    }

    /// Digits whose last one is the Luhn check digit of the others.
    pub(in crate::emulate) fn luhn(self, text: &str, count: usize) -> Result<&str, PersonaError> {
        let digits = self.digits(text, count)?;
        let (body, check) = digits.split_at(count - 1);
        if check == luhn_digit(body).to_string() { Ok(digits) } else { self.refuse(Limit::Luhn) }
    }
}

/// The Luhn check digit (ISO/IEC 7812-1 annex B) to write after these digits; other characters are skipped.
pub(in crate::emulate) fn luhn_digit(body: &str) -> u8 {
    let sum =
        body.chars().rev().filter_map(|c| c.to_digit(10)).enumerate().fold(0, |sum, (i, d)| {
            let weighted = if i % 2 == 0 { 2 * d } else { d };
            sum + weighted / 10 + weighted % 10
        });
    u8::try_from((10 - sum % 10) % 10).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELD: Field = Field::new("field");

    #[test]
    fn luhn_digits_agree_with_published_numbers() {
        // CPx fact sheet §4.1 (EF.SN) and §9.1 (RPPS).
        assert_eq!(luhn_digit("802500000199213845"), 0);
        assert_eq!(luhn_digit("802500000199214803"), 8);
        assert_eq!(FIELD.luhn("99700218896", 11), Ok("99700218896"));
        assert_eq!(FIELD.luhn("99700218897", 11), FIELD.refuse(Limit::Luhn));
    }

    #[test]
    fn an_odd_number_of_packed_digits_is_filled_with_f() {
        assert_eq!(FIELD.packed("991234567", 10), Ok(vec![0x99, 0x12, 0x34, 0x56, 0x7F]));
        assert_eq!(FIELD.packed("12A", 10), FIELD.refuse(Limit::DigitsUpTo(10)));
        assert_eq!(FIELD.packed("", 10), FIELD.refuse(Limit::DigitsUpTo(10)));
    }

    #[test]
    fn text_is_latin_1_and_nothing_else() {
        assert_eq!(FIELD.text("Ébène", 5), Ok(vec![0xC9, b'b', 0xE8, b'n', b'e']));
        assert_eq!(FIELD.text("Œuvre", 27), FIELD.refuse(Limit::Text(27)));
        assert_eq!(FIELD.text("long", 3), FIELD.refuse(Limit::Text(3)));
    }

    #[test]
    fn a_date_is_a_day_that_exists() {
        assert_eq!(FIELD.date("2028-02-29"), Ok(vec![0x20, 0x28, 0x02, 0x29]));
        assert_eq!(FIELD.date("2027-02-29"), FIELD.refuse(Limit::Date));
        assert_eq!(FIELD.date("20280229"), FIELD.refuse(Limit::Date));
    }
}
