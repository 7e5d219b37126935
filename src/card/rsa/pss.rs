//! EMSA-PSS with MGF1 of the same hash, RFC 8017 §9.1 and §B.2.1.

use crate::card::{Hash, Hashed, Hasher};

/// The block of `length` bytes that holds `bits` bits; `None` when the salt leaves no room.
pub(super) fn block(bits: usize, length: usize, hashed: &Hashed, salt: &[u8]) -> Option<Vec<u8>> {
    let encoded = bits.div_ceil(8);
    let hash = hashed.hash();
    let filling = encoded.checked_sub(hash.length() + salt.len() + 2)?;
    let seed = seed(hashed, salt);
    let mut data = [&vec![0; filling], &[1][..], salt].concat();
    mask(hash, &seed, &mut data);
    clear(&mut data, unused(bits));
    Some([&vec![0; length - encoded], data.as_slice(), &seed, &[0xBC]].concat())
}

/// The salt in a block that is right, however long it is.
pub(super) fn salt(block: &[u8], bits: usize, hashed: &Hashed) -> Option<Vec<u8>> {
    let hash = hashed.hash();
    let (zeros, encoded) = block.split_at_checked(block.len().checked_sub(bits.div_ceil(8))?)?;
    let (masked, rest) = encoded.split_at_checked(encoded.len().checked_sub(hash.length() + 1)?)?;
    let (found, trailer) = rest.split_at(hash.length());
    let outside = masked.first()? & unused(bits);
    if zeros.iter().any(|byte| *byte != 0) || outside != 0 || trailer != [0xBC] {
        return None;
    }
    let mut data = masked.to_vec();
    mask(hash, found, &mut data);
    clear(&mut data, unused(bits));
    let one = data.iter().position(|byte| *byte != 0)?;
    let salt = data[one..].strip_prefix(&[1])?;
    (seed(hashed, salt) == found).then(|| salt.to_vec())
}

/// The hash of eight zeros, the digest and the salt, from which the mask is made.
fn seed(hashed: &Hashed, salt: &[u8]) -> Vec<u8> {
    let message = [&[0; 8], hashed.digest(), salt].concat();
    Hashed::of(hashed.hash(), &message).digest().to_vec()
}

/// MGF1, added to the data.
fn mask(hash: Hash, seed: &[u8], data: &mut [u8]) {
    for (counter, chunk) in (0_u32..).zip(data.chunks_mut(hash.length())) {
        let mut hasher = Hasher::new(hash);
        hasher.update(seed);
        hasher.update(&counter.to_be_bytes());
        let mask = hasher.finish();
        chunk.iter_mut().zip(mask.digest()).for_each(|(byte, mask)| *byte ^= mask);
    }
}

/// The bits of the first byte that a block of so many bits leaves at zero.
fn unused(bits: usize) -> u8 {
    let used = u32::try_from(bits % 8).unwrap_or_default();
    0xFF_u8.checked_shl(if used == 0 { 8 } else { used }).unwrap_or_default()
}

fn clear(data: &mut [u8], bits: u8) {
    if let Some(first) = data.first_mut() {
        *first &= !bits;
    }
}
