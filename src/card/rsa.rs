//! The public half of RSA, and the blocks that signatures are (RFC 8017): what a card returns is compared with what it
//! should be, and what a card pads not is padded here.

use num_bigint::BigUint;

use super::{Hash, Hashed, Padding};
use crate::x509::PublicKey;

mod pss;
mod unpad;

pub(super) use unpad::unpad;

/// A modulus longer than this is not looked at: CPx cards have 2048 bits, and the power would take long.
const LONGEST: usize = 512;

/// An RSA public key, with which signatures are checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RsaPublicKey {
    modulus: BigUint,
    exponent: BigUint,
}

/// What a signature that is right says of itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verified {
    /// RSASSA-PKCS1-v1_5.
    Pkcs1,
    /// RSASSA-PSS.
    Pss {
        /// Bytes of its salt.
        salt: usize,
    },
}

impl RsaPublicKey {
    /// The key, when it is one of RSA, of at most 4096 bits, with an exponent of at most 64.
    pub fn of(key: &PublicKey) -> Option<Self> {
        match key {
            PublicKey::Rsa { modulus, exponent }
                if (64..=LONGEST).contains(&modulus.len()) && (1..=8).contains(&exponent.len()) =>
            {
                let (modulus, exponent) =
                    (BigUint::from_bytes_be(modulus), BigUint::from_bytes_be(exponent));
                // A zero modulus divides nothing.
                (modulus.bits() >= 512).then_some(Self { modulus, exponent })
            }
            _ => None,
        }
    }

    /// Bytes of the modulus, of a signature and of a cryptogram.
    pub fn length(&self) -> usize {
        usize::try_from(self.modulus.bits().div_ceil(8)).unwrap_or(LONGEST)
    }

    /// Bits of the modulus less one, which a PSS block has (RFC 8017 §9.1).
    fn pss_bits(&self) -> usize {
        usize::try_from(self.modulus.bits()).unwrap_or(LONGEST * 8) - 1
    }

    /// RSAVP1, RFC 8017 §5.2.2: the block in a signature, as long as the modulus.
    fn open(&self, signature: &[u8]) -> Option<Vec<u8>> {
        let length = self.length();
        let number = BigUint::from_bytes_be(signature);
        if signature.len() != length || number >= self.modulus {
            return None;
        }
        let block = number.modpow(&self.exponent, &self.modulus).to_bytes_be();
        Some([vec![0; length - block.len()], block].concat())
    }

    /// Whether the signature is that of the digest, in this padding (RFC 8017 §8.1.2, §8.2.2). The length of a PSS salt
    /// is read from the block, since no source says what that of a CPS4 is (CPx fact sheet §14.11).
    pub fn verify(&self, padding: Padding, hashed: &Hashed, signature: &[u8]) -> Option<Verified> {
        let block = self.open(signature)?;
        match padding {
            Padding::Pkcs1 => {
                (block == pkcs1_block(self.length(), hashed)?).then_some(Verified::Pkcs1)
            }
            Padding::Pss => {
                let salt = pss::salt(&block, self.pss_bits(), hashed)?;
                Some(Verified::Pss { salt: salt.len() })
            }
        }
    }

    /// EMSA-PSS with the salt given, RFC 8017 §9.1.1: the block that the private key turns into a signature.
    pub(super) fn pss_block(&self, hashed: &Hashed, salt: &[u8]) -> Option<Vec<u8>> {
        pss::block(self.pss_bits(), self.length(), hashed, salt)
    }
}

/// EMSA-PKCS1-v1_5, RFC 8017 §9.2: `00 01 FF … FF 00 DigestInfo`.
pub(super) fn pkcs1_block(length: usize, hashed: &Hashed) -> Option<Vec<u8>> {
    let digest_info = digest_info(hashed);
    let filling = length.checked_sub(digest_info.len() + 3).filter(|filling| *filling >= 8)?;
    Some([&[0, 1][..], &vec![0xFF; filling], &[0], &digest_info].concat())
}

/// `DigestInfo`, RFC 8017 §9.2 note 1.
pub(super) fn digest_info(hashed: &Hashed) -> Vec<u8> {
    let head: &[u8] = match hashed.hash() {
        Hash::Sha1 => &[0x30, 0x21, 0x30, 9, 6, 5, 0x2B, 0x0E, 3, 2, 0x1A, 5, 0, 4, 20],
        Hash::Sha256 => {
            &[0x30, 0x31, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 32]
        }
        Hash::Sha384 => {
            &[0x30, 0x41, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2, 5, 0, 4, 48]
        }
        Hash::Sha512 => {
            &[0x30, 0x51, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3, 5, 0, 4, 64]
        }
    };
    [head, hashed.digest()].concat()
}

#[cfg(test)]
mod tests;
