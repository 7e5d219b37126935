//! What opens the door: the token, the cookie of a browser, and the one-time addresses that set it.

use std::sync::{Mutex, PoisonError};

use ring::rand::{SecureRandom, SystemRandom};

use crate::secret::Secret;

/// One-time addresses not yet used; older ones are forgotten.
const MOST_ADDRESSES: usize = 8;

/// 256 random bits, 64 hexadecimal digits.
#[derive(Debug)]
pub struct Token(Secret<String>);

/// The system gave no random bits.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the system gives no random bits")]
pub struct NoRandom;

impl Token {
    /// A new one.
    ///
    /// # Errors
    /// [`NoRandom`].
    pub fn generate() -> Result<Self, NoRandom> {
        random::<32>().map(|digits| Self(Secret::new(digits)))
    }

    /// The digits.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Compares in constant time.
    pub(super) fn is(&self, given: &[u8]) -> bool {
        let token = self.expose().as_bytes();
        // The length of a token is no secret.
        let differ = |(a, b): (&u8, &u8)| a ^ b;
        let all = token.iter().zip(given).map(differ).fold(0, |all, bits| all | bits);
        std::hint::black_box(all) == 0 && token.len() == given.len()
    }
}

/// All that opens one door.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) token: Token,
    pub(super) cookie: Token,
    once: Mutex<Vec<Token>>,
}

impl Keys {
    pub(super) fn generate() -> Result<Self, NoRandom> {
        let once = Mutex::new(Vec::new());
        Ok(Self { token: Token::generate()?, cookie: Token::generate()?, once })
    }

    /// A value that opens once.
    pub(super) fn once(&self) -> Result<String, NoRandom> {
        let token = Token::generate()?;
        let value = token.expose().to_owned();
        let mut once = self.once.lock().unwrap_or_else(PoisonError::into_inner);
        if once.len() >= MOST_ADDRESSES {
            once.remove(0);
        }
        once.push(token);
        Ok(value)
    }

    /// Whether this value opens; it never does again.
    pub(super) fn spend(&self, given: &[u8]) -> bool {
        let mut once = self.once.lock().unwrap_or_else(PoisonError::into_inner);
        let before = once.len();
        once.retain(|token| !token.is(given));
        once.len() < before
    }
}

/// Random bytes in hexadecimal.
pub(super) fn random<const N: usize>() -> Result<String, NoRandom> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandom)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_256_random_bits_that_are_never_printed_by_accident() {
        let (a, b) = (Token::generate().expect("one"), Token::generate().expect("another"));
        assert_eq!(a.expose().len(), 64);
        assert!(a.expose().bytes().all(|digit| digit.is_ascii_hexdigit()));
        assert_ne!(a.expose(), b.expose());
        assert_eq!(format!("{a:?}"), "Token([secret])");
    }

    #[test]
    fn a_token_is_itself_and_nothing_near_it() {
        let token = Token::generate().expect("one");
        let text = token.expose();
        assert!(token.is(text.as_bytes()));
        for wrong in [
            "",
            &text[1..],
            &text[..63],
            &format!("{text}0"),
            &text.to_uppercase().replace(|c: char| c.is_ascii_digit(), "f"),
        ] {
            assert!(!token.is(wrong.as_bytes()), "{wrong}");
        }
    }

    #[test]
    fn a_one_time_value_opens_once_and_the_oldest_is_forgotten() {
        let keys = Keys::generate().expect("keys");
        let first = keys.once().expect("a value");
        assert!(!keys.spend(b""));
        assert!(keys.spend(first.as_bytes()));
        assert!(!keys.spend(first.as_bytes()));
        let many: Vec<String> = (0..9).map(|_| keys.once().expect("a value")).collect();
        assert!(!keys.spend(many[0].as_bytes()));
        assert!(many[1..].iter().all(|value| keys.spend(value.as_bytes())));
    }
}
