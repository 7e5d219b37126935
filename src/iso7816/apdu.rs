//! Command and response APDUs, short form only (ISO/IEC 7816-4 §5.1; CPx cards take no extended length).

use std::fmt;

use zeroize::Zeroizing;

use super::status::StatusWord;

/// A command APDU before it is fitted to a transmission protocol.
///
/// `Debug` shows the header and the sizes, and the data only when it is not secret.
#[derive(Clone, Eq, PartialEq)]
pub struct Command {
    /// CLA, INS, P1, P2.
    pub header: [u8; 4],
    /// The data field, at most 255 bytes.
    data: Zeroizing<Vec<u8>>,
    /// The number of bytes wanted, 1 to 256.
    le: Option<u16>,
    visibility: Visibility,
    answer: Visibility,
}

/// Whether logs may show bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Visibility {
    /// They may.
    Public,
    /// They may not.
    Secret,
}

impl Command {
    /// Case 1: neither data nor answer.
    pub fn new(cla: u8, ins: u8, p1: u8, p2: u8) -> Self {
        Self {
            header: [cla, ins, p1, p2],
            data: Zeroizing::default(),
            le: None,
            visibility: Visibility::Public,
            answer: Visibility::Public,
        }
    }

    /// Adds a data field.
    ///
    /// # Panics
    /// Above 255 bytes: a caller that may have more chains commands.
    #[must_use]
    pub fn data(mut self, data: &[u8]) -> Self {
        assert!(data.len() <= 255, "a short APDU holds 255 bytes of data");
        self.data = Zeroizing::new(data.to_vec());
        self
    }

    /// Adds a data field that no log shows.
    ///
    /// # Panics
    /// As [`data`](Self::data).
    #[must_use]
    pub fn secret_data(mut self, data: &[u8]) -> Self {
        self = self.data(data);
        self.visibility = Visibility::Secret;
        self
    }

    /// What the card answers is secret: no log shows it.
    #[must_use]
    pub fn secret_answer(mut self) -> Self {
        self.answer = Visibility::Secret;
        self
    }

    /// Whether logs may show the answer.
    pub fn answer(&self) -> Visibility {
        self.answer
    }

    /// Asks for an answer of up to `le` bytes; 0 and anything above 256 mean 256.
    #[must_use]
    pub fn le(mut self, le: u16) -> Self {
        self.le = Some(if (1..=256).contains(&le) { le } else { 256 });
        self
    }

    /// The number of bytes wanted, 1 to 256.
    pub fn wanted(&self) -> Option<u16> {
        self.le
    }

    /// The bytes for T=1: the four cases of ISO/IEC 7816-3 §12.1 as they stand.
    pub fn encode_t1(&self) -> Zeroizing<Vec<u8>> {
        let mut out = self.start();
        if !self.data.is_empty() {
            out.push(low(self.data.len()));
            out.extend(self.data.iter());
        }
        if let Some(le) = self.le {
            out.push(low(usize::from(le)));
        }
        out
    }

    /// The bytes for T=0: always five header bytes, and no Le after data (case 4 is answered by `61xx`).
    pub fn encode_t0(&self) -> Zeroizing<Vec<u8>> {
        let mut out = self.start();
        if self.data.is_empty() {
            out.push(self.le.map_or(0, |le| low(usize::from(le))));
        } else {
            out.push(low(self.data.len()));
            out.extend(self.data.iter());
        }
        out
    }

    fn start(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(6 + self.data.len()));
        out.extend(self.header);
        out
    }
}

/// The low byte of a length, which is all that a short APDU carries: 256 becomes 00.
fn low(length: usize) -> u8 {
    length.to_le_bytes()[0]
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Hex(&self.header))?;
        match self.visibility {
            Visibility::Public if self.data.is_empty() => {}
            Visibility::Public => write!(f, " {:02X} {}", self.data.len(), Hex(&self.data))?,
            Visibility::Secret => write!(f, " {:02X} [secret]", self.data.len())?,
        }
        self.le.map_or(Ok(()), |le| write!(f, " {:02X}", low(usize::from(le))))
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Command({self})")
    }
}

/// Bytes as upper-case hexadecimal, for messages about the card, where that is the custom.
#[derive(Clone, Copy, Debug)]
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

/// What a card answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Response {
    /// The data field, without the status word.
    pub data: Vec<u8>,
    /// SW1 ‖ SW2.
    pub status: StatusWord,
}

impl Response {
    /// Splits the bytes that came from the card; `None` below two bytes.
    pub fn parse(mut bytes: Vec<u8>) -> Option<Self> {
        let at = bytes.len().checked_sub(2)?;
        let status = StatusWord(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
        bytes.truncate(at);
        Some(Self { data: bytes, status })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_cases_are_encoded_for_each_protocol() {
        let one = Command::new(0x01, 0x20, 0x00, 0x01);
        let two = Command::new(0x00, 0xB0, 0x00, 0x00).le(0x0C);
        let three = Command::new(0x00, 0xA4, 0x09, 0x0C).data(&[0x3F, 0x00]);
        let four = Command::new(0x00, 0xA4, 0x09, 0x04).data(&[0x3F, 0x00]).le(256);
        let t1 = |command: &Command| Hex(&command.encode_t1()).to_string();
        let t0 = |command: &Command| Hex(&command.encode_t0()).to_string();
        assert_eq!(
            [t1(&one), t1(&two), t1(&three), t1(&four)],
            ["01200001", "00B000000C", "00A4090C023F00", "00A40904023F0000"]
        );
        assert_eq!(
            [t0(&one), t0(&two), t0(&three), t0(&four)],
            ["0120000100", "00B000000C", "00A4090C023F00", "00A40904023F00"]
        );
    }

    #[test]
    fn secret_data_is_sent_and_never_shown() {
        let verify = Command::new(0, 0x20, 0, 1).secret_data(b"1234");
        assert_eq!(Hex(&verify.encode_t0()).to_string(), "002000010431323334");
        assert_eq!(
            format!("{verify} {verify:?}"),
            "00200001 04 [secret] Command(00200001 04 [secret])"
        );
    }

    #[test]
    fn an_answer_shorter_than_a_status_word_is_not_an_answer() {
        assert_eq!(Response::parse(vec![0x90]), None);
        let answer = Response::parse(vec![1, 0x61, 0x10]);
        assert_eq!(answer, Some(Response { data: vec![1], status: StatusWord(0x6110) }));
    }
}
