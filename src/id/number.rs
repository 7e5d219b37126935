//! Numbers of the plastic and of the chip, which say nothing of the holder.

use std::fmt;

use super::{IdError, is_digits};

/// The card number: 10 digits, printed on the card, in its label, in CPS_ID_CARD and in certificates.
///
/// It carries no Luhn key (CPx fact sheet §4.1).
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CardNumber(String);

impl CardNumber {
    /// The issuer that stands before the number in certificates and in EF.SN: ISO/IEC 7812 numbers 80 for health
    /// and 250 for France (IGC-Santé fact sheet §6).
    pub const ISSUER: &str = "8025000001";

    /// Reads `2800811112`, or the form of certificates, `8025000001/2800811112`.
    ///
    /// # Errors
    /// [`IdError::NotDigits`] for anything else, another issuer included.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let number =
            text.strip_prefix(Self::ISSUER).and_then(|rest| rest.strip_prefix('/')).unwrap_or(text);
        digits(number, 10).map(Self)
    }

    /// The 10 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The serial number of the chip: the 8 digits of EF.SN between the issuer and the Luhn key (CPx fact sheet §4.1).
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ChipSerial(String);

impl ChipSerial {
    /// Reads the 8 digits.
    ///
    /// # Errors
    /// [`IdError::NotDigits`] for anything else.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        digits(text, 8).map(Self)
    }

    /// The 8 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChipSerial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

fn digits(text: &str, expected: usize) -> Result<String, IdError> {
    match is_digits(text, expected) {
        true => Ok(text.to_owned()),
        false => Err(IdError::NotDigits { expected }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_card_number_is_read_with_or_without_its_issuer() {
        let number = CardNumber::parse("2800811112").expect("ten digits");
        assert_eq!(CardNumber::parse("8025000001/2800811112"), Ok(number.clone()));
        assert_eq!(number.to_string(), "2800811112");
        // The issuer's own digits are no prefix when nothing follows.
        assert_eq!(CardNumber::parse("8025000001").expect("ten digits").as_str(), "8025000001");
    }

    #[test]
    fn a_number_of_another_form_is_refused() {
        for text in
            ["", "280081111", "28008111122", "280081111A", "8025000002/2800811112", "/2800811112"]
        {
            assert_eq!(CardNumber::parse(text), Err(IdError::NotDigits { expected: 10 }), "{text}");
        }
        for text in ["", "9921384", "992138450", "9921384O", "٩٩٢١"] {
            assert_eq!(ChipSerial::parse(text), Err(IdError::NotDigits { expected: 8 }), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_given_back(text in "[0-9]{8}") {
            prop_assert_eq!(ChipSerial::parse(&text).expect("eight digits").to_string(), text);
        }

        #[test]
        fn no_text_makes_the_readers_panic(text in any::<String>()) {
            let _ = (CardNumber::parse(&text), ChipSerial::parse(&text));
        }
    }
}
