//! Sealed indexes: a list that was verified once is looked up again without reading it.
//!
//! An index stands beside the file of its list, in the cache, and is sealed with a key that stands elsewhere: who can
//! write to the cache cannot write an index that counts. What an index answers is what the list said when its
//! signature was verified, under the key that verified it; whether that key is to be trusted, and whether the list is
//! current, is asked anew each time. The note `docs/design/0005-sealed-index.md` has the threats and the format.
//!
//! Paths are given; nothing here knows where the cache is.

mod file;
mod format;
mod key;

pub use file::{Body, Sealed};
pub use format::{Index, ReadAt, encode};
pub use key::Key;

/// Why there is no index, or none that counts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// The folder, the index or the key belongs to somebody else, or others may write to it.
    #[error("others may write to {}", .0.display())]
    NotOurs(std::path::PathBuf),
    /// An index that was not sealed with this key, is cut or was changed.
    #[error("the seal is broken")]
    Seal,
    /// The list beside it is not the one that was indexed.
    #[error("the list is another one")]
    OtherList,
    /// A list that only a walk can tell about: an entry that cannot be read or must not be passed over, or one that
    /// names an issuer.
    #[error("the list cannot be indexed")]
    Unindexable,
    /// Another process writes the same index.
    #[error("another process is writing it")]
    Busy,
    /// Who owns a file cannot be told on this system.
    #[error("file owners are not known on this system")]
    Unsupported,
    /// A file cannot be read or written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}
