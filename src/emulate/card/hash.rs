//! The hashes of the card, and how it finishes one that was begun outside (CPx fact sheet §7.3; FIPS 180-4).

use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::emulate::rsa::DIGEST_INFO_SHA1;

/// A hash function of the card.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
}

/// What a message outside has become: the state between two blocks, and how many bits went into it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Intermediate<'a> {
    /// Words of the state, big-endian.
    pub(super) state: &'a [u8],
    pub(super) bits: u64,
}

/// Bytes of a block of either function.
pub(super) const BLOCK: usize = 64;

impl Hash {
    /// Bytes of a digest, and of a state.
    pub(super) const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// `DigestInfo` up to the digest (RFC 8017 §9.2, note 1).
    pub(super) const fn digest_info(self) -> &'static [u8] {
        match self {
            Self::Sha1 => &DIGEST_INFO_SHA1,
            Self::Sha256 => DIGEST_INFO_SHA256,
        }
    }

    pub(super) fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(message).to_vec(),
            Self::Sha256 => Sha256::digest(message).to_vec(),
        }
    }

    /// The digest of a message of which only the end is here. `None` when the state is not one of this function, was
    /// taken within a block or before the first, or the message is too long for the function.
    pub(super) fn finish(self, from: Intermediate<'_>, rest: &[u8]) -> Option<Vec<u8>> {
        let here = u64::try_from(rest.len()).ok()?.checked_mul(8)?;
        let total = from.bits.checked_add(here)?;
        if from.state.len() != self.length() || from.bits == 0 || !from.bits.is_multiple_of(512) {
            return None;
        }
        // One bit set, zeros up to eight bytes before the end of a block, and the length of the whole.
        let mut padded = [rest, &[0x80]].concat();
        padded.resize((padded.len() + 8).next_multiple_of(BLOCK) - 8, 0);
        padded.extend(total.to_be_bytes());
        let (blocks, _) = padded.as_chunks::<BLOCK>();
        let words = from.state.as_chunks::<4>().0.iter().map(|word| u32::from_be_bytes(*word));
        let words: Vec<u32> = words.collect();
        let words = match self {
            Self::Sha1 => {
                let mut state: [u32; 5] = words.try_into().ok()?;
                sha1::block_api::compress(&mut state, blocks);
                state.to_vec()
            }
            Self::Sha256 => {
                let mut state: [u32; 8] = words.try_into().ok()?;
                sha2::block_api::compress256(&mut state, blocks);
                state.to_vec()
            }
        };
        Some(words.into_iter().flat_map(u32::to_be_bytes).collect())
    }
}

const DIGEST_INFO_SHA256: &[u8] =
    &[0x30, 0x31, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};

    use super::*;

    const SHA1_START: [u32; 5] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
    const SHA256_START: [u32; 8] = [
        0x6A09_E667,
        0xBB67_AE85,
        0x3C6E_F372,
        0xA54F_F53A,
        0x510E_527F,
        0x9B05_688C,
        0x1F83_D9AB,
        0x5BE0_CD19,
    ];

    /// The state after these whole blocks.
    fn state(hash: Hash, blocks: &[[u8; BLOCK]]) -> Vec<u8> {
        let words = match hash {
            Hash::Sha1 => {
                let mut state = SHA1_START;
                sha1::block_api::compress(&mut state, blocks);
                state.to_vec()
            }
            Hash::Sha256 => {
                let mut state = SHA256_START;
                sha2::block_api::compress256(&mut state, blocks);
                state.to_vec()
            }
        };
        words.into_iter().flat_map(u32::to_be_bytes).collect()
    }

    fn by_ring(hash: Hash, message: &[u8]) -> Vec<u8> {
        let algorithm = match hash {
            Hash::Sha1 => &SHA1_FOR_LEGACY_USE_ONLY,
            Hash::Sha256 => &SHA256,
        };
        digest(algorithm, message).as_ref().to_vec()
    }

    #[test]
    fn a_state_that_is_not_one_is_refused() {
        let finish = |length: usize, bits, rest: &[u8]| {
            Hash::Sha256.finish(Intermediate { state: &vec![1; length], bits }, rest)
        };
        assert!(finish(32, 512, b"end").is_some());
        let wrong = [
            finish(20, 512, b"end"),
            finish(32, 0, b"end"),
            finish(32, 511, b"end"),
            finish(32, u64::MAX - 511, &[0; 64]),
        ];
        assert_eq!(wrong, [None, None, None, None]);
    }

    proptest! {
        #[test]
        fn a_hash_begun_outside_is_finished_as_ring_computes_it_whole(
            message in proptest::collection::vec(any::<u8>(), 65..400),
        ) {
            for hash in [Hash::Sha1, Hash::Sha256] {
                let done = (message.len() - 1) / BLOCK * BLOCK;
                let (begun, rest) = message.split_at(done);
                let state = state(hash, begun.as_chunks().0);
                let from = Intermediate { state: &state, bits: 8 * u64::try_from(done).expect("small") };
                prop_assert_eq!(hash.finish(from, rest), Some(by_ring(hash, &message)));
                prop_assert_eq!(hash.digest(&message), by_ring(hash, &message));
            }
        }
    }
}
