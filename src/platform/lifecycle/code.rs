//! A code de révocation of our making.

use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::super::key::KeyError;
use crate::secret::Secret;

/// Letters and digits of which none is taken for another; 32, so that a random octet chooses evenly.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// 100 bits, within 8 to 32 characters (platform fact sheet §12.2).
const LENGTH: usize = 20;

/// Makes a code.
pub(super) fn generate() -> Result<Secret<String>, KeyError> {
    let mut octets = Zeroizing::new([0; LENGTH]);
    SystemRandom::new().fill(&mut *octets).map_err(|_| KeyError::Randomness)?;
    let letter = |octet: &u8| char::from(ALPHABET[usize::from(octet % 32)]);
    Ok(Secret::new(octets.iter().map(letter).collect()))
}
