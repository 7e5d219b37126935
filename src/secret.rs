//! Values that must not be seen: zeroed when dropped, never printed, never serialised.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

/// A value that is zeroed when dropped and that no `Debug` shows.
///
/// There is no `Display`, no `Serialize`, no `Clone`: a secret is moved or borrowed through [`expose`](Secret::expose),
/// so that every place that reads one can be found by that name.
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Takes the value in charge.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself; the borrow must not outlive the use.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// A PIN of a CPx card: 4 to 12 ASCII digits (code porteur: 4; code de déblocage: 8).
///
/// The card says which lengths it takes (EF.AOD); this type only guarantees digits, so that nothing else
/// than a PIN can be spent as a try.
#[derive(Debug)]
pub struct Pin(Secret<Vec<u8>>);

impl Pin {
    /// Reads a PIN as typed or as found in a file: one line end at the end is dropped.
    ///
    /// # Errors
    /// [`PinFormatError`] when it is not 4 to 12 digits. The error does not repeat what was given.
    pub fn parse(mut text: String) -> Result<Self, PinFormatError> {
        let kept = text.trim_end_matches(['\r', '\n']).len();
        let digits = text.as_bytes()[..kept].to_vec();
        text.zeroize();
        let pin = Self(Secret::new(digits));
        match pin.digits() {
            digits if !(4..=12).contains(&digits.len()) => Err(PinFormatError),
            digits if !digits.iter().all(u8::is_ascii_digit) => Err(PinFormatError),
            _ => Ok(pin),
        }
    }

    /// The digits, ASCII.
    pub fn digits(&self) -> &[u8] {
        self.0.expose()
    }
}

/// What was given as a PIN is not 4 to 12 digits.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a PIN is 4 to 12 digits")]
pub struct PinFormatError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        assert_eq!(format!("{:?}", Secret::new("1234".to_owned())), "[secret]");
        let pin = Pin::parse("1234\r\n".to_owned()).expect("four digits");
        assert_eq!(format!("{pin:?}"), "Pin([secret])");
        assert_eq!(pin.digits(), b"1234");
    }

    #[test]
    fn a_pin_is_digits_and_the_error_does_not_repeat_it() {
        for wrong in ["", "123", "12a4", "1234567890123", " 1234", "12\n34"] {
            let error = Pin::parse(wrong.to_owned()).expect_err("not a PIN");
            assert_eq!(error.to_string(), "a PIN is 4 to 12 digits");
        }
    }
}
