//! Hashing a message for a card that finishes the hash itself: the state before the last block is kept.
//!
//! A CPS3 signs with its signature key only what it hashed the end of (CPx fact sheet §7.3): it takes the state after the
//! whole blocks that were processed here, how many bits they were, and the last block, which is never empty. Any message
//! is held in constant memory: one block, and one state.

use sha2::Digest as _;

use super::Hash;

/// Bytes of a block of SHA-1 and SHA-256.
const BLOCK: usize = 64;

/// SHA-1's and SHA-256's first states, FIPS 180-4 §5.3.1 and §5.3.3.
const SHA1: [u32; 5] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
const SHA256: [u32; 8] = [
    0x6A09_E667,
    0xBB67_AE85,
    0x3C6E_F372,
    0xA54F_F53A,
    0x510E_527F,
    0x9B05_688C,
    0x1F83_D9AB,
    0x5BE0_CD19,
];

/// Hashes a message of any size as it comes.
#[derive(Clone, Debug)]
pub struct Hasher(Running);

#[derive(Clone, Debug)]
enum Running {
    Blocks(Blocks),
    Sha384(sha2::Sha384),
    Sha512(sha2::Sha512),
}

/// A hash of which the last block is held back.
#[derive(Clone, Debug)]
struct Blocks {
    state: State,
    /// Bytes that are in the state: whole blocks.
    processed: u64,
    /// 1 to 64 bytes, or none of an empty message.
    last: Vec<u8>,
}

#[derive(Clone, Debug)]
enum State {
    Sha1([u32; 5]),
    Sha256([u32; 8]),
}

/// A message hashed, or a digest that was made elsewhere.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hashed {
    hash: Hash,
    digest: Vec<u8>,
    unfinished: Option<Unfinished>,
}

/// What a card needs to finish a hash.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Unfinished {
    /// Big-endian words.
    pub(super) state: Vec<u8>,
    /// Bits that are in the state, a multiple of 512.
    pub(super) bits: u64,
    /// 1 to 64 bytes.
    pub(super) last: Vec<u8>,
}

/// The bytes given as a digest are not as many as the hash makes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a {hash} digest has {} bytes, and {length} were given", hash.length())]
pub struct DigestLengthError {
    /// The hash.
    pub hash: Hash,
    /// Bytes given.
    pub length: usize,
}

impl Hasher {
    /// Nothing hashed yet.
    pub fn new(hash: Hash) -> Self {
        let blocks = |state| Running::Blocks(Blocks { state, processed: 0, last: Vec::new() });
        Self(match hash {
            Hash::Sha1 => blocks(State::Sha1(SHA1)),
            Hash::Sha256 => blocks(State::Sha256(SHA256)),
            Hash::Sha384 => Running::Sha384(sha2::Sha384::new()),
            Hash::Sha512 => Running::Sha512(sha2::Sha512::new()),
        })
    }

    /// Takes the next bytes of the message.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Running::Blocks(blocks) => blocks.update(bytes),
            Running::Sha384(hasher) => hasher.update(bytes),
            Running::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// The message has ended.
    pub fn finish(self) -> Hashed {
        match self.0 {
            Running::Blocks(blocks) => blocks.finish(),
            Running::Sha384(hasher) => Hashed::whole(Hash::Sha384, hasher.finalize().to_vec()),
            Running::Sha512(hasher) => Hashed::whole(Hash::Sha512, hasher.finalize().to_vec()),
        }
    }
}

impl Blocks {
    fn update(&mut self, bytes: &[u8]) {
        let missing = BLOCK - self.last.len();
        let Some((head, rest)) =
            bytes.split_at_checked(missing).filter(|(_, rest)| !rest.is_empty())
        else {
            return self.last.extend(bytes);
        };
        self.last.extend(head);
        let (full, _) = self.last.as_chunks();
        self.processed += self.state.compress(full);
        self.last.clear();
        // The block that may be the last one stays here.
        let (whole, end) = rest.split_at((rest.len() - 1) / BLOCK * BLOCK);
        self.processed += self.state.compress(whole.as_chunks().0);
        self.last.extend(end);
    }

    fn finish(self) -> Hashed {
        let bits = self.processed.wrapping_mul(8);
        let unfinished = Unfinished { state: self.state.bytes(), bits, last: self.last };
        let count = u64::try_from(unfinished.last.len()).unwrap_or_default();
        // FIPS 180-4 §5.1.1.
        let mut end = unfinished.last.clone();
        end.push(0x80);
        let zeros = (BLOCK + BLOCK - 8 - end.len() % BLOCK) % BLOCK;
        end.resize(end.len() + zeros, 0);
        end.extend(bits.wrapping_add(count.wrapping_mul(8)).to_be_bytes());
        let mut state = self.state;
        state.compress(end.as_chunks().0);
        let hash = match state {
            State::Sha1(_) => Hash::Sha1,
            State::Sha256(_) => Hash::Sha256,
        };
        let unfinished = Some(unfinished).filter(|unfinished| !unfinished.last.is_empty());
        Hashed { hash, digest: state.bytes(), unfinished }
    }
}

impl State {
    /// All the blocks in one call, which is what the implementations are fast at. How many bytes they were.
    fn compress(&mut self, blocks: &[[u8; BLOCK]]) -> u64 {
        match self {
            Self::Sha1(state) => sha1::block_api::compress(state, blocks),
            Self::Sha256(state) => sha2::block_api::compress256(state, blocks),
        }
        u64::try_from(blocks.as_flattened().len()).unwrap_or_default()
    }

    fn bytes(&self) -> Vec<u8> {
        let words: &[u32] = match self {
            Self::Sha1(state) => state,
            Self::Sha256(state) => state,
        };
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }
}

impl Hashed {
    /// A message in memory.
    pub fn of(hash: Hash, message: &[u8]) -> Self {
        let mut hasher = Hasher::new(hash);
        hasher.update(message);
        hasher.finish()
    }

    /// A digest made elsewhere.
    ///
    /// # Errors
    /// [`DigestLengthError`].
    pub fn ready(hash: Hash, digest: &[u8]) -> Result<Self, DigestLengthError> {
        match digest.len() {
            length if length == hash.length() => Ok(Self::whole(hash, digest.to_vec())),
            length => Err(DigestLengthError { hash, length }),
        }
    }

    fn whole(hash: Hash, digest: Vec<u8>) -> Self {
        Self { hash, digest, unfinished: None }
    }

    /// The hash function.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The digest, as long as the hash makes it.
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }

    /// What a card needs to finish the hash; `None` for an empty message, and for a digest made elsewhere.
    pub(super) fn unfinished(&self) -> Option<&Unfinished> {
        self.unfinished.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ring::digest;

    use super::*;

    fn known(hash: Hash, message: &[u8]) -> Vec<u8> {
        let algorithm = match hash {
            Hash::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Hash::Sha256 => &digest::SHA256,
            Hash::Sha384 => &digest::SHA384,
            Hash::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, message).as_ref().to_vec()
    }

    const ALL: [Hash; 4] = [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512];

    #[test]
    fn the_digest_is_that_of_another_library_at_every_length_around_the_blocks() {
        for length in 0..=260 {
            let message = vec![0xA5; length];
            for hash in ALL {
                let found = Hashed::of(hash, &message);
                assert_eq!(found.digest(), known(hash, &message), "{hash} {length}");
            }
        }
    }

    #[test]
    fn the_last_block_is_never_empty_and_the_state_is_that_of_whole_blocks() {
        for (length, bits, last) in
            [(1, 0, 1), (55, 0, 55), (64, 0, 64), (65, 512, 1), (128, 512, 64), (150, 1024, 22)]
        {
            let found = Hashed::of(Hash::Sha256, &vec![7; length]);
            let unfinished = found.unfinished().expect("a last block");
            assert_eq!((unfinished.bits, unfinished.last.len()), (bits, last), "{length}");
            assert_eq!(unfinished.state.len(), 32);
        }
        assert_eq!(Hashed::of(Hash::Sha1, b"").unfinished(), None);
        assert_eq!(Hashed::of(Hash::Sha384, b"abc").unfinished(), None);
    }

    #[test]
    fn a_ready_digest_has_the_length_of_its_hash() {
        let digest = known(Hash::Sha256, b"abc");
        let ready = Hashed::ready(Hash::Sha256, &digest).expect("32 bytes");
        assert_eq!((ready.digest(), ready.unfinished()), (digest.as_slice(), None));
        let refused = Hashed::ready(Hash::Sha1, &digest).map_err(|error| error.to_string());
        assert_eq!(refused, Err("a SHA-1 digest has 20 bytes, and 32 were given".to_owned()));
    }

    proptest! {
        #[test]
        fn however_a_message_is_cut_its_hash_is_the_same(
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..8)
        ) {
            let message = parts.concat();
            for hash in ALL {
                let mut hasher = Hasher::new(hash);
                parts.iter().for_each(|part| hasher.update(part));
                let found = hasher.finish();
                prop_assert_eq!(found.digest(), known(hash, &message));
                prop_assert_eq!(found, Hashed::of(hash, &message));
            }
        }
    }
}
