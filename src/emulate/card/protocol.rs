//! What T=0 and T=1 make of commands and answers (ISO/IEC 7816-3 §12; CPx fact sheet §2.1).
//!
//! A reader polices none of this for a virtual card, so the card does it itself.

use crate::iso7816::status::StatusWord;
use crate::transport::Protocol;

/// A command as the card understands it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Apdu<'a> {
    pub(super) class: Class,
    pub(super) ins: u8,
    pub(super) p1: u8,
    pub(super) p2: u8,
    pub(super) data: &'a [u8],
    /// The number of bytes wanted, 1 to 256. Under T=0 a command without data always has one: P3 cannot tell
    /// "none" from "256". PERFORM SECURITY OPERATION has none: recorded cards let the signature wait for GET RESPONSE.
    pub(super) le: Option<usize>,
}

/// What CLA says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Class {
    /// The CPS2ter volume, CLA A0.
    Cps2ter,
    /// Interindustry.
    Iso {
        /// Logical channel, 0 to 3.
        channel: u8,
        chaining: Chaining,
    },
}

/// Bit 5 of CLA.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Chaining {
    /// The last or only command.
    Last,
    /// Others follow.
    More,
}

impl Class {
    fn parse(cla: u8) -> Result<Self, StatusWord> {
        match cla {
            0xA0 => Ok(Self::Cps2ter),
            0x00..=0x03 => Ok(Self::Iso { channel: cla, chaining: Chaining::Last }),
            0x10..=0x13 => Ok(Self::Iso { channel: cla & 0x03, chaining: Chaining::More }),
            _ => Err(StatusWord::CLA_NOT_SUPPORTED),
        }
    }
}

impl<'a> Apdu<'a> {
    /// Reads a command by the rules of the protocol. Extended lengths do not exist on these cards.
    pub(super) fn parse(command: &'a [u8], protocol: Protocol) -> Result<Self, StatusWord> {
        let (&[cla, ins, p1, p2], body) =
            command.split_first_chunk::<4>().ok_or(StatusWord::WRONG_LENGTH)?;
        let (data, le): (&[u8], Option<usize>) = match (body, protocol) {
            ([] | [0], Protocol::T0) if ins == PSO => (&[], None),
            ([], Protocol::T1) => (&[], None),
            // A reader adds the missing P3.
            ([], Protocol::T0) => (&[], Some(256)),
            ([le], _) => (&[], Some(expected(*le))),
            ([lc, data @ ..], _) if *lc != 0 && data.len() == usize::from(*lc) => (data, None),
            ([lc, rest @ .., le], Protocol::T1) if *lc != 0 && rest.len() == usize::from(*lc) => {
                (rest, Some(expected(*le)))
            }
            _ => return Err(StatusWord::WRONG_LENGTH),
        };
        Ok(Self { class: Class::parse(cla)?, ins, p1, p2, data, le })
    }
}

/// PERFORM SECURITY OPERATION.
pub(super) const PSO: u8 = 0x2A;

fn expected(le: u8) -> usize {
    if le == 0 { 256 } else { usize::from(le) }
}

/// An answer of T=0 that waits for GET RESPONSE.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Pending {
    class: Class,
    data: Vec<u8>,
}

/// Whether the end of what there is to read deserves 6282.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Shortfall {
    /// READ BINARY: the file ended before Le.
    EndOfFile,
    /// Any other answer is as long as it is.
    Usual,
}

/// The bytes to send for an answer's data, and what then waits for GET RESPONSE.
pub(super) fn finish(
    apdu: &Apdu<'_>,
    protocol: Protocol,
    mut data: Vec<u8>,
    shortfall: Shortfall,
) -> (Vec<u8>, Option<Pending>) {
    let status = match (protocol, apdu.le) {
        _ if data.is_empty() => StatusWord::OK,
        (Protocol::T0, None) => {
            let status = more(apdu.class, data.len());
            return (status.0.to_be_bytes().to_vec(), Some(Pending { class: apdu.class, data }));
        }
        (Protocol::T0, Some(le)) if le > data.len() => {
            return (word(0x6C, data.len()).0.to_be_bytes().to_vec(), None);
        }
        (Protocol::T1, None) => {
            data.clear();
            StatusWord::OK
        }
        (Protocol::T1, Some(le))
            if le > data.len() && le != 256 && shortfall == Shortfall::EndOfFile =>
        {
            StatusWord::END_OF_FILE
        }
        (_, Some(le)) => {
            data.truncate(le);
            StatusWord::OK
        }
    };
    data.extend(status.0.to_be_bytes());
    (data, None)
}

/// GET RESPONSE of T=0: exactly what was announced, piece by piece. 6985 when nothing waits is inferred.
pub(super) fn get_response(
    apdu: &Apdu<'_>,
    pending: Option<Pending>,
) -> (Vec<u8>, Option<Pending>) {
    let refuse = |status: StatusWord| (status.0.to_be_bytes().to_vec(), None);
    let mut pending = match pending {
        Some(pending) if pending.class == apdu.class => pending,
        _ => return refuse(StatusWord::CONDITIONS_OF_USE),
    };
    let Some(le) = apdu.le else {
        return refuse(StatusWord::WRONG_LENGTH);
    };
    if (apdu.p1, apdu.p2) != (0, 0) {
        return refuse(StatusWord::WRONG_P1P2);
    }
    if le > pending.data.len() {
        return (word(0x6C, pending.data.len()).0.to_be_bytes().to_vec(), Some(pending));
    }
    let rest = pending.data.split_off(le);
    let mut answer = pending.data;
    if rest.is_empty() {
        answer.extend(StatusWord::OK.0.to_be_bytes());
        return (answer, None);
    }
    answer.extend(more(apdu.class, rest.len()).0.to_be_bytes());
    (answer, Some(Pending { class: apdu.class, data: rest }))
}

/// 61xx, or 9Fxx on the CPS2ter volume; 00 stands for 256 and more.
fn more(class: Class, length: usize) -> StatusWord {
    word(if class == Class::Cps2ter { 0x9F } else { 0x61 }, length)
}

fn word(sw1: u8, length: usize) -> StatusWord {
    StatusWord(u16::from_be_bytes([sw1, u8::try_from(length).unwrap_or(0)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn le(command: &[u8], protocol: Protocol) -> Result<(usize, Option<usize>), StatusWord> {
        Apdu::parse(command, protocol).map(|apdu| (apdu.data.len(), apdu.le))
    }

    #[test]
    fn t0_has_no_le_after_data_and_t1_may() {
        let four = [0, 0xA4, 9, 4, 2, 0x3F, 0, 0];
        assert_eq!(le(&four, Protocol::T0), Err(StatusWord::WRONG_LENGTH));
        assert_eq!(le(&four, Protocol::T1), Ok((2, Some(256))));
        assert_eq!(le(&four[..7], Protocol::T0), Ok((2, None)));
        assert_eq!(le(&four[..7], Protocol::T1), Ok((2, None)));
    }

    #[test]
    fn extended_lengths_and_wrong_lc_are_wrong_lengths() {
        for protocol in [Protocol::T0, Protocol::T1] {
            for wrong in [
                &[0, 0xB0, 0, 0, 0, 1, 0][..],
                &[0, 0xA4, 0, 0, 3, 0x3F, 0],
                &[0, 0xA4, 0, 0, 1, 0x3F, 0, 0],
                &[0, 0xA4, 0],
                &[],
            ] {
                assert_eq!(le(wrong, protocol), Err(StatusWord::WRONG_LENGTH), "{wrong:02X?}");
            }
        }
    }

    #[test]
    fn a_class_of_secure_messaging_or_nobody_is_not_supported() {
        for cla in [0x04, 0x0C, 0x20, 0x80, 0xFF] {
            let found = le(&[cla, 0xB0, 0, 0, 0], Protocol::T0);
            assert_eq!(found, Err(StatusWord::CLA_NOT_SUPPORTED));
        }
    }
}
