//! The identifier of a person (PS_IdNat): one digit for the register (table G08), then the number there.

use std::fmt;

use super::{IdError, LuhnKey, Shape, Text, is_alphanumeric, is_digits, luhn_key, shape};

/// The national identifier of a person, whole: `899700296140`, `00B6077602`, `30B0057881/CPET0002`.
///
/// It is what stands in tag 81 of CPS_INFO_PS and in the CN of a certificate (CPx fact sheet §9). Order is that of
/// the text.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct NationalId(Text);

/// The register an identifier comes from, as its first character says (table G08; IGC-Santé fact sheet §7).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum IdKind {
    /// `0`: ADELI, 9 letters or digits.
    Adeli,
    /// `1`: ADELI practice (11) `/` number in its staff register.
    AdeliPractice,
    /// `2`: DRASS, retired in 2020.
    Drass,
    /// `3`: FINESS (9 letters or digits) `/` number in the staff register.
    Finess,
    /// `4`: SIREN (9 digits) `/` number in the staff register.
    Siren,
    /// `5`: SIRET (14 digits) `/` number in the staff register.
    Siret,
    /// `6`: RPPS practice (14 digits) `/` number in its staff register.
    RppsPractice,
    /// `8`: RPPS, 11 digits of which the last is a Luhn key.
    Rpps,
    /// `9`: student number, retired in 2020.
    Student,
    /// Any other first character.
    Unknown,
}

impl NationalId {
    /// Reads an identifier as a card or a CN gives it. Nothing is trimmed and no case is changed.
    ///
    /// # Errors
    /// [`IdError`] when it is empty, longer than any CN, or holds a control character. A type that is not known, a
    /// shape that does not fit and a wrong key are no errors: see [`kind`](Self::kind),
    /// [`is_shaped`](Self::is_shaped) and [`luhn`](Self::luhn).
    pub fn parse(text: &str) -> Result<Self, IdError> {
        Text::parse(text).map(Self)
    }

    /// The whole identifier, type included.
    pub fn as_str(&self) -> &str {
        &self.0.0
    }

    /// The register it comes from.
    pub fn kind(&self) -> IdKind {
        match self.type_code() {
            '0' => IdKind::Adeli,
            '1' => IdKind::AdeliPractice,
            '2' => IdKind::Drass,
            '3' => IdKind::Finess,
            '4' => IdKind::Siren,
            '5' => IdKind::Siret,
            '6' => IdKind::RppsPractice,
            '8' => IdKind::Rpps,
            '9' => IdKind::Student,
            _ => IdKind::Unknown,
        }
    }

    /// The first character: a code of table G08, when it is one.
    pub fn type_code(&self) -> char {
        self.0.split().0
    }

    /// The 11 digits of the RPPS number; `None` for another type, or for another shape.
    pub fn rpps(&self) -> Option<&str> {
        let (code, number) = self.0.split();
        (code == '8' && is_digits(number, 11)).then_some(number)
    }

    /// The key of the RPPS number, which runs over its 11 digits without the leading `8`; `None` where no key
    /// applies.
    pub fn luhn(&self) -> Option<LuhnKey> {
        luhn_key(self.rpps()?, 11)
    }

    /// Whether length and alphabet are those of the type.
    pub fn is_shaped(&self) -> Shape {
        let number = self.0.split().1;
        let employee =
            |fits: fn(&str, usize) -> bool, length| {
                shape(number.split_once('/').is_some_and(|(employer, register)| {
                    fits(employer, length) && !register.is_empty()
                }))
            };
        match self.kind() {
            IdKind::Rpps => shape(is_digits(number, 11)),
            IdKind::Adeli => shape(is_alphanumeric(number, 9)),
            IdKind::AdeliPractice => employee(is_alphanumeric, 11),
            IdKind::Finess => employee(is_alphanumeric, 9),
            IdKind::Siren => employee(is_digits, 9),
            IdKind::Siret | IdKind::RppsPractice => employee(is_digits, 14),
            IdKind::Drass | IdKind::Student | IdKind::Unknown => Shape::Unpublished,
        }
    }
}

impl fmt::Display for NationalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for NationalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NationalId({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Facts<'a> = (char, IdKind, Shape, Option<&'a str>, Option<LuhnKey>);

    fn assert_facts(text: &str, expected: Facts<'_>) {
        let id = NationalId::parse(text).expect(text);
        let facts = (id.type_code(), id.kind(), id.is_shaped(), id.rpps(), id.luhn());
        assert_eq!(facts, expected, "{text}");
        assert_eq!(id.to_string(), text);
    }

    #[test]
    fn an_rpps_number_has_a_key_over_its_eleven_digits() {
        for text in ["899700218896", "899900038839", "899900063480", "899700296140"] {
            let expected = ('8', IdKind::Rpps, Shape::Fits, Some(&text[1..]), Some(LuhnKey::Right));
            assert_facts(text, expected);
        }
        // A placeholder of documents: read all the same.
        let expected = ('8', IdKind::Rpps, Shape::Fits, Some("01234567892"), Some(LuhnKey::Wrong));
        assert_facts("801234567892", expected);
    }

    #[test]
    fn an_rpps_number_of_another_shape_is_kept_but_is_none() {
        for text in ["8", "81234", "8012345678921", "80123456789X"] {
            assert_facts(text, ('8', IdKind::Rpps, Shape::Off, None, None));
        }
    }

    #[test]
    fn the_other_registers_are_told_by_the_first_character() {
        for (text, code, kind) in [
            ("00B6077602", '0', IdKind::Adeli),
            ("02A1234567", '0', IdKind::Adeli),
            ("11234567890A/7", '1', IdKind::AdeliPractice),
            ("30B0057881/CPET0002", '3', IdKind::Finess),
            ("3750100125/9762", '3', IdKind::Finess),
            ("4187512751/1", '4', IdKind::Siren),
            ("500000000087098/CPAT0001", '5', IdKind::Siret),
            ("699700367909006/12", '6', IdKind::RppsPractice),
        ] {
            assert_facts(text, (code, kind, Shape::Fits, None, None));
        }
    }

    #[test]
    fn a_shape_that_does_not_fit_the_type_is_said() {
        for (text, code, kind) in [
            ("00B60776", '0', IdKind::Adeli),
            ("3750100125", '3', IdKind::Finess),
            ("3750100125/", '3', IdKind::Finess),
            ("4ABC512751/1", '4', IdKind::Siren),
            ("50000000008709/1", '5', IdKind::Siret),
        ] {
            assert_facts(text, (code, kind, Shape::Off, None, None));
        }
    }

    #[test]
    fn types_without_a_published_shape_are_kept_whole() {
        for (text, code, kind) in [
            ("2 anything", '2', IdKind::Drass),
            ("912345", '9', IdKind::Student),
            ("7X", '7', IdKind::Unknown),
            ("été", 'é', IdKind::Unknown),
        ] {
            assert_facts(text, (code, kind, Shape::Unpublished, None, None));
        }
    }

    #[test]
    fn what_cannot_be_an_identifier_is_refused() {
        assert_eq!(NationalId::parse(""), Err(IdError::Empty));
        assert_eq!(NationalId::parse("80\u{1b}[31m"), Err(IdError::Control { position: 2 }));
        let long = "8".repeat(129);
        assert_eq!(NationalId::parse(&long), Err(IdError::TooLong { length: 129, max: 128 }));
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_given_back_whole(text in any::<String>()) {
            if let Ok(id) = NationalId::parse(&text) {
                prop_assert_eq!(id.as_str(), &text);
                prop_assert_eq!(id.luhn().is_some(), id.rpps().is_some());
                prop_assert_eq!(id.rpps().is_some(), id.kind() == IdKind::Rpps && id.is_shaped() == Shape::Fits);
            }
        }
    }
}
