//! The answer to reset, ISO/IEC 7816-3 §8.2.

/// The parts of an ATR that tell what the card is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Atr {
    /// Protocols offered (T), in order, without repeats; `[0]` when no TDi is there.
    pub protocols: Vec<u8>,
    /// Historical bytes, at most 15.
    pub historical: Vec<u8>,
}

/// Why bytes are not an ATR.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AtrError {
    /// Fewer bytes than the interface and historical bytes announced.
    #[error("ATR cut after {0} bytes")]
    Truncated(usize),
    /// TS is neither 3B nor 3F.
    #[error("ATR does not begin with 3B or 3F")]
    InitialCharacter,
}

impl Atr {
    /// Reads the bytes TS to TCK. The check byte is not verified: readers rewrite ATRs of contactless cards.
    ///
    /// # Errors
    /// [`AtrError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, AtrError> {
        let cut = AtrError::Truncated(bytes.len());
        match bytes.first() {
            Some(0x3B | 0x3F) => {}
            Some(_) => return Err(AtrError::InitialCharacter),
            None => return Err(cut),
        }
        let t0 = *bytes.get(1).ok_or(cut)?;
        let mut at = 2;
        let mut announced = t0 >> 4;
        let mut protocols = Vec::new();
        loop {
            // TA, TB and TC of this round; TD announces the next one.
            at += usize::from(announced & 1)
                + usize::from(announced >> 1 & 1)
                + usize::from(announced >> 2 & 1);
            if announced & 8 == 0 {
                break;
            }
            let td = *bytes.get(at).ok_or(cut)?;
            at += 1;
            let protocol = td & 0x0F;
            // T=15 qualifies global interface bytes; it is no protocol.
            if protocol != 15 && !protocols.contains(&protocol) {
                protocols.push(protocol);
            }
            announced = td >> 4;
        }
        if protocols.is_empty() {
            protocols.push(0);
        }
        let historical = bytes.get(at..at + usize::from(t0 & 0x0F)).ok_or(cut)?.to_vec();
        Ok(Self { protocols, historical })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CPS4: [u8; 17] = [
        0x3B, 0x9B, 0x18, 0x80, 0x01, 0x00, 0x12, 0x25, 0x00, 0x64, 0x80, 0x04, 0x01, 0x00, 0x00,
        0x90, 0x44,
    ];

    #[test]
    fn protocols_and_historical_bytes_are_found() {
        let atr = Atr::parse(&CPS4).expect("a whole ATR");
        assert_eq!(atr.protocols, [0, 1]);
        assert_eq!(atr.historical, CPS4[5..16]);
        let cps3 = [
            0x3B, 0xAC, 0x00, 0x40, 0x2A, 0x00, 0x12, 0x25, 0x00, 0x64, 0x80, 0x00, 0x03, 0x10,
            0x00, 0x90, 0x00,
        ];
        let atr = Atr::parse(&cps3).expect("a whole ATR");
        assert_eq!((atr.protocols, atr.historical), (vec![0], cps3[5..].to_vec()));
    }

    #[test]
    fn a_cut_atr_is_an_error_at_every_length() {
        for length in 0..16 {
            assert_eq!(Atr::parse(&CPS4[..length]), Err(AtrError::Truncated(length)));
        }
        assert_eq!(Atr::parse(&[0x6E, 0]), Err(AtrError::InitialCharacter));
    }
}
