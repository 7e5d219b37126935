//! The identifier of a structure (Struct_IdNat): one digit for the register (table G07), then the number there.

use std::fmt;

use super::{IdError, LuhnKey, Shape, Text, is_alphanumeric, is_digits, luhn_key, shape};

/// The national identifier of a structure, whole: `10B0152872`, `318751275100020`.
///
/// It is what stands in tag 85 of CPS_ACTIVITY_nn_PS and in the OU of a certificate (IGC-Santé fact sheet §7). Order
/// is that of the text.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct StructureId(Text);

/// The register an identifier comes from, as its first character says (table G07).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum StructureKind {
    /// `0`: office (cabinet) ADELI: ADELI number and rank, 11 letters or digits.
    AdeliOffice,
    /// `1`: FINESS, 9 letters or digits; legal entity or site, not told apart.
    Finess,
    /// `2`: SIREN, 9 digits of which the last is a Luhn key.
    Siren,
    /// `3`: SIRET, 14 digits of which the last is a Luhn key.
    Siret,
    /// `4`: office (cabinet) RPPS: RPPS number (11), rank (2), Luhn key over all (1).
    RppsOffice,
    /// Any other first character.
    Unknown,
}

impl StructureId {
    /// Reads an identifier as a card or an OU gives it. Nothing is trimmed and no case is changed.
    ///
    /// # Errors
    /// [`IdError`] as for [`NationalId::parse`](super::NationalId::parse).
    pub fn parse(text: &str) -> Result<Self, IdError> {
        Text::parse(text).map(Self)
    }

    /// The whole identifier, type included.
    pub fn as_str(&self) -> &str {
        &self.0.0
    }

    /// The register it comes from.
    pub fn kind(&self) -> StructureKind {
        match self.type_code() {
            '0' => StructureKind::AdeliOffice,
            '1' => StructureKind::Finess,
            '2' => StructureKind::Siren,
            '3' => StructureKind::Siret,
            '4' => StructureKind::RppsOffice,
            _ => StructureKind::Unknown,
        }
    }

    /// The first character: a code of table G07, when it is one.
    pub fn type_code(&self) -> char {
        self.0.split().0
    }

    /// The number in the register, without the type.
    pub fn number(&self) -> &str {
        self.0.split().1
    }

    /// The key of a SIREN, a SIRET or an RPPS office, over all its digits; `None` where no key applies.
    pub fn luhn(&self) -> Option<LuhnKey> {
        match self.kind() {
            StructureKind::Siren => luhn_key(self.number(), 9),
            StructureKind::Siret | StructureKind::RppsOffice => luhn_key(self.number(), 14),
            _ => None,
        }
    }

    /// Whether length and alphabet are those of the type.
    pub fn is_shaped(&self) -> Shape {
        let number = self.number();
        match self.kind() {
            StructureKind::AdeliOffice => shape(is_alphanumeric(number, 11)),
            StructureKind::Finess => shape(is_alphanumeric(number, 9)),
            StructureKind::Siren => shape(is_digits(number, 9)),
            StructureKind::Siret | StructureKind::RppsOffice => shape(is_digits(number, 14)),
            StructureKind::Unknown => Shape::Unpublished,
        }
    }
}

impl fmt::Display for StructureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for StructureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StructureId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_facts(text: &str, expected: (StructureKind, Shape, Option<LuhnKey>)) {
        let id = StructureId::parse(text).expect(text);
        assert_eq!((id.kind(), id.is_shaped(), id.luhn()), expected, "{text}");
        assert_eq!(
            (id.to_string(), format!("{}{}", id.type_code(), id.number())),
            (text.to_owned(), text.to_owned())
        );
    }

    #[test]
    fn the_register_is_told_by_the_first_character() {
        let right = Some(LuhnKey::Right);
        assert_facts("01234567890A", (StructureKind::AdeliOffice, Shape::Fits, None));
        assert_facts("10B0152872", (StructureKind::Finess, Shape::Fits, None));
        assert_facts("2187512751", (StructureKind::Siren, Shape::Fits, right));
        assert_facts("318751275100020", (StructureKind::Siret, Shape::Fits, right));
        assert_facts("499700367909006", (StructureKind::RppsOffice, Shape::Fits, right));
        assert_facts("55", (StructureKind::Unknown, Shape::Unpublished, None));
    }

    #[test]
    fn a_wrong_key_and_a_wrong_shape_are_facts_and_not_errors() {
        assert_facts("2187512752", (StructureKind::Siren, Shape::Fits, Some(LuhnKey::Wrong)));
        assert_facts("218751275", (StructureKind::Siren, Shape::Off, None));
        assert_facts("1", (StructureKind::Finess, Shape::Off, None));
    }

    #[test]
    fn what_cannot_be_an_identifier_is_refused() {
        assert_eq!(StructureId::parse(""), Err(IdError::Empty));
        assert_eq!(StructureId::parse("1\n"), Err(IdError::Control { position: 1 }));
    }
}
