//! EMSA-PKCS1-v1_5 for decryption, taken off in constant time (RFC 8017 §7.2.2): who learns where a padding broke reads
//! other people's messages with it (Bleichenbacher, 1998).

use crate::secret::Secret;

/// The message in `00 02 filling 00 message`, the filling at least eight bytes, none of them zero.
///
/// Every byte is looked at, in the same way whatever it is; what remains visible is whether the padding is right, and the
/// length of the message then. A wrong one has no further reason.
pub(in crate::card) fn unpad(block: &[u8]) -> Option<Secret<Vec<u8>>> {
    // Known beforehand: the length is the key's.
    if block.len() < 11 {
        return None;
    }
    let mut wrong = block[0] | (block[1] ^ 2);
    // All ones until the zero that ends the filling was seen, then all zeros.
    let mut filling = 0xFF_u8;
    let mut length = 0_usize;
    for (index, byte) in block.iter().enumerate().skip(2) {
        let zero = is_zero(*byte);
        // The first eight bytes are filling: a zero there is wrong. `index` is not secret.
        if index < 10 {
            wrong |= zero;
        }
        length += usize::from(!filling & 1);
        filling &= !zero;
    }
    // No zero at all.
    wrong |= filling;
    let right = std::hint::black_box(is_zero(wrong));
    // Of a wrong padding nothing is copied, whatever stood in it.
    length *= usize::from(right & 1);
    let message = Secret::new(block[block.len() - length..].to_vec());
    (right == 0xFF).then_some(message)
}

/// All ones for zero, all zeros for anything else, without a branch.
fn is_zero(byte: u8) -> u8 {
    let byte = u16::from(std::hint::black_box(byte));
    // 0 − 1 borrows from the high byte; nothing else does.
    let [high, _] = byte.wrapping_sub(1).to_be_bytes();
    high
}
