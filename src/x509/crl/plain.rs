//! The shape that nearly every entry of a list has: a serial number, a UTCTime, and a reasonCode or nothing. It is
//! recognised at a glance, so that a list of a million entries is passed over at the speed of memory; what has any
//! other shape is left to the general reader, and so is every judgement.

use super::super::der::tag;

/// An extension list that holds a reasonCode which is not critical, but for the code itself.
const REASON_CODE: [u8; 13] = [
    tag::SEQUENCE,
    12,
    tag::SEQUENCE,
    10,
    tag::OID,
    3,
    0x55,
    0x1D,
    21,
    tag::OCTET_STRING,
    3,
    tag::ENUMERATED,
    1,
];

/// An entry of this shape.
pub(super) struct Plain<'a> {
    /// The content octets of its serial number.
    pub(super) serial: &'a [u8],
    /// Its size with tag and length, in bytes.
    pub(super) size: usize,
}

impl<'a> Plain<'a> {
    /// The entry at the start of these bytes, if it is whole and plain.
    #[inline]
    pub(super) fn at_start(bytes: &'a [u8]) -> Option<Self> {
        let [tag::SEQUENCE, length @ 0..=0x7F, tag::INTEGER, count @ 1..=0x7F, ..] = bytes else {
            return None;
        };
        let size = 2 + usize::from(*length);
        let (serial, date) = bytes.get(4..size)?.split_at_checked(usize::from(*count))?;
        let [tag::UTC_TIME, 13, after @ ..] = date else { return None };
        match after.len() {
            13 => {}
            27 if after[13..26] == REASON_CODE => {}
            _ => return None,
        }
        Some(Self { serial, size })
    }
}
