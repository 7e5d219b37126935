//! Functional traces: who did what with which card, under which activity, when, and how it ended (imputability, PGSSI-S).
//!
//! A file of traces holds one JSON object a line, `cpskit.trace.entry/1`. Each line carries the hash of the line before it
//! and its own, so that what is removed, altered, added or put in another order shows; the first line names the file by
//! a random identifier, and each run ends with a line that counts its acts. What the chain cannot show by itself is that
//! its end was cut, or that all of it was written anew: the head, the hash of the last line, is therefore also kept apart
//! ([`Heads`]), and can be kept elsewhere.
//!
//! No secret and no content goes into a trace: a signed message is there by its hash.

mod act;
mod heads;
mod journal;
mod line;
mod verify;

use std::fmt;
use std::path::PathBuf;

pub use act::{Act, Action, Activity, Actor, Fate, Nature, Object};
pub use heads::Heads;
pub use journal::{Journal, Kept, Pending};
pub use line::Flaw;
pub use verify::{End, Flawed, Report, first_id, verify};

/// SHA-256 of a line, up to its own hash.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What stands before the first line.
    const NONE: Self = Self([0; 32]);

    fn of(bytes: &[u8]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
        Self(digest.as_ref().try_into().expect("SHA-256 gives 32 bytes"))
    }

    /// Reads 64 lower-case hexadecimal digits; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        digits(text).map(Self)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A random number of 16 bytes: it names a file of traces, or a run.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Id([u8; 16]);

impl Id {
    /// A new one.
    ///
    /// # Errors
    /// [`TraceError::Random`].
    pub fn random() -> Result<Self, TraceError> {
        let mut bytes = [0; 16];
        let random = ring::rand::SystemRandom::new();
        ring::rand::SecureRandom::fill(&random, &mut bytes).map_err(|_| TraceError::Random)?;
        Ok(Self(bytes))
    }

    /// Reads 32 lower-case hexadecimal digits; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        digits(text).map(Self)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Lower-case hexadecimal and nothing else: a letter put in the other case must show.
fn digits<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

/// Why an act cannot be recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// The file does not continue as it should: nothing is appended to it.
    #[error("the traces in `{path}` were altered: {flaw}", path = path.display())]
    Altered {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        flaw: Flaw,
    },
    /// Another program has kept it locked for too long.
    #[error("another program holds the traces in `{path}`", path = path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// It lacks the last line that was written from here.
    #[error("the traces in `{path}` were cut or written anew: what this machine wrote last is not there", path = path.display())]
    Cut {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be read or written.
    #[error("the traces in `{path}` cannot be written", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// A folder, a pipe, a device.
    #[error("`{path}` is not a file that traces can be kept in", path = path.display())]
    NotAFile {
        /// What was named.
        path: PathBuf,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// Others than its owner can write it.
    #[error("others can write `{path}`: traces there would prove nothing", path = path.display())]
    Shared {
        /// The file.
        path: PathBuf,
    },
}

#[cfg(test)]
mod tests;
