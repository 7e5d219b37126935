//! The national identifier of a persona (CPx fact sheet §9.1, table G08).

use super::PersonaError;
use super::field::{Field, Limit};

/// Greatest size of what follows the type digit in CPS_INFO_PS tag 81.
const VALUE_MAX: usize = 30;

/// A national identifier whose form is that of its type.
///
/// Types `0` (ADELI, 9 characters), `8` (RPPS, 11 digits with a Luhn key), `9` (student), `1` `3` `4` `5` `6`
/// (structure identifier, `/`, number in the structure's register), `2` (DRASS).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PersonId(String);

impl PersonId {
    /// Reads the whole identifier, type digit included.
    ///
    /// # Errors
    /// [`PersonaError::Field`] on `holder.national_id`.
    pub fn parse(text: &str) -> Result<Self, PersonaError> {
        const FIELD: Field = Field::new("holder.national_id");
        let (kind, value) = text.split_at_checked(1).unwrap_or_default();
        let plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match kind {
            _ if value.len() > VALUE_MAX => FIELD.refuse(Limit::Text(1 + VALUE_MAX)),
            "0" if plain && value.len() == 9 => Ok(()),
            "2" | "9" if plain && !value.is_empty() => Ok(()),
            "8" => FIELD.luhn(value, 11).map(drop),
            "1" | "3" | "4" | "5" | "6" => match value.split_once('/') {
                Some((structure, register)) if !register.is_empty() => {
                    match (kind, structure.len()) {
                        ("3", 9) | ("1" | "6", 1..) => Ok(()),
                        ("4", _) => FIELD.luhn(structure, 9).map(drop),
                        ("5", _) => FIELD.luhn(structure, 14).map(drop),
                        _ => FIELD.refuse(Limit::NationalId),
                    }
                }
                _ => FIELD.refuse(Limit::NationalId),
            },
            _ => FIELD.refuse(Limit::NationalId),
        }?;
        Ok(Self(text.to_owned()))
    }

    /// The identifier, type digit first.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(text: &str) -> Option<Limit> {
        match PersonId::parse(text) {
            Ok(_) => None,
            Err(PersonaError::Field { limit, .. }) => Some(limit),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn each_type_has_its_form() {
        for good in
            ["899700218896", "0990000011", "3750100125/9762", "599900000000011/0001", "9123456789A"]
        {
            assert_eq!(limit(good), None, "{good}");
        }
        assert_eq!(limit("899700218897"), Some(Limit::Luhn));
        assert_eq!(limit("89970021889"), Some(Limit::Digits(11)));
        assert_eq!(limit("599900000000012/0001"), Some(Limit::Luhn));
        for bad in ["", "é", "0123", "7123", "3750100125", "375010012/9762", "3750100125/"] {
            assert_eq!(limit(bad), Some(Limit::NationalId), "{bad}");
        }
    }
}
