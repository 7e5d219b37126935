//! CPS_LANG_PS (CPx fact sheet §8.4): tag and layout are inferred, so the bytes are kept as well.

use crate::nomenclature::{Code, Table};

/// Languages the holder speaks.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Languages {
    /// Two-letter codes, table G00, found as runs of lower-case letters.
    pub codes: Vec<Code>,
    /// The whole object.
    pub raw: Vec<u8>,
}

impl Languages {
    pub(super) fn of(content: &[u8]) -> Self {
        let runs = content.split(|byte| !byte.is_ascii_alphabetic());
        let codes = runs.flat_map(|run| run.chunks_exact(2)).map(|code| {
            Table::G00.code(
                code.iter()
                    .map(|letter| char::from(letter.to_ascii_lowercase()))
                    .collect::<String>(),
            )
        });
        Self { codes: codes.collect(), raw: content.to_vec() }
    }
}
