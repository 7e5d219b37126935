//! EF.CIAInfo (TokenInfo): the label and what the card computes, PKCS#15 v1.1 §6.9, ISO/IEC 7816-15 §8.10.

use super::{Bits, ProblemKind, text, unsigned};
use crate::iso7816::tlv::{Tag, TlvError, objects};

/// What the card says of itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CiaInfo {
    /// 0 or 1.
    pub version: Option<usize>,
    /// Serial number; CPx cards leave it out.
    pub serial: Option<Vec<u8>>,
    /// Manufacturer, `ASIP SANTE`.
    pub manufacturer: Option<String>,
    /// Label, `CPS3v3-2600971845`: generation, version, card number (CPx fact sheet §4.4).
    pub label: Option<String>,
    /// readonly(0), authRequired(1), prnGeneration(2).
    pub flags: Bits,
    /// What the card computes.
    pub algorithms: Vec<Algorithm>,
    /// GeneralizedTime of the last update, as written.
    pub last_update: Option<String>,
    /// Language tag.
    pub language: Option<String>,
    /// Fields this version does not know, by tag.
    pub unknown: Vec<Tag>,
}

/// One entry of `supportedAlgorithms`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Algorithm {
    /// Reference used by the key entries.
    pub reference: Option<usize>,
    /// PKCS#11 mechanism number.
    pub mechanism: Option<usize>,
    /// compute-checksum(0), compute-signature(1), verify-checksum(2), verify-signature(3), encipher(4), decipher(5), hash(6), …
    pub operations: Bits,
    /// Content octets of the OBJECT IDENTIFIER.
    pub oid: Option<Vec<u8>>,
    /// The card's own identifier, tag 80 of MSE.
    pub card_id: Option<usize>,
}

/// Reads the file; a truncated one gives the fields that came before the cut.
///
/// # Errors
/// [`ProblemKind::Missing`] when it is not a SEQUENCE at all.
pub fn read(bytes: &[u8]) -> Result<CiaInfo, ProblemKind> {
    let content = match objects(bytes).next() {
        Some(Ok(info)) if info.tag == Tag(0x30) => info.value,
        // A cut file: what is there may still hold the label.
        Some(Err(TlvError { .. })) if bytes.first() == Some(&0x30) => after_header(bytes),
        _ => return Err(ProblemKind::Missing("CIAInfo sequence")),
    };
    let mut info = CiaInfo::default();
    for field in objects(content).map_while(Result::ok) {
        match field.tag.0 {
            0x02 => info.version = unsigned(field),
            0x04 => info.serial = Some(field.value.to_vec()),
            0x0C => info.manufacturer = Some(text(field.value)),
            0x80 => info.label = Some(text(field.value)),
            0x03 => info.flags = Bits::read(field),
            0xA2 => {
                let entries = field.children().map_while(Result::ok);
                info.algorithms = entries.map(|entry| algorithm(entry.value)).collect();
            }
            0x85 => info.last_update = Some(text(field.value)),
            0x13 => info.language = Some(text(field.value)),
            // seInfo, recordInfo, issuerId, holderId: read past.
            0x30 | 0xA1 | 0x83 | 0x84 => {}
            _ => info.unknown.push(field.tag),
        }
    }
    Ok(info)
}

fn after_header(bytes: &[u8]) -> &[u8] {
    let form = bytes.get(1).copied().unwrap_or_default();
    let length_bytes = if form < 0x80 { 0 } else { usize::from(form & 0x7F) };
    bytes.get(2 + length_bytes..).unwrap_or_default()
}

fn algorithm(content: &[u8]) -> Algorithm {
    let mut algorithm = Algorithm::default();
    let mut integers = Vec::new();
    for field in objects(content).map_while(Result::ok) {
        match field.tag.0 {
            0x02 => integers.push(unsigned(field)),
            0x03 => algorithm.operations = Bits::read(field),
            0x06 => algorithm.oid = Some(field.value.to_vec()),
            _ => {}
        }
    }
    let mut integers = integers.into_iter();
    algorithm.reference = integers.next().flatten();
    algorithm.mechanism = integers.next().flatten();
    algorithm.card_id = integers.next().flatten();
    algorithm
}
