//! The files of the state folder that hold secrets: keys in `keys/`, codes de révocation apart in `codes/`. Each is its owner's
//! alone from creation (0600, in folders 0700), whole or absent, and durable before the function returns.

use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::secret::Secret;

/// The state folder.
#[derive(Debug)]
pub struct Vault {
    _root: PathBuf,
}

/// Why a file is not written, or not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The file system: disk full, read-only folder.
    #[error("{path}: {cause}")]
    File {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// Others may read it: it is not used.
    #[error("{path} can be read by others (mode {mode:o})")]
    Exposed {
        /// Which.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// There is one already, with another content.
    #[error("{path} is there already, with another content")]
    Occupied {
        /// Which.
        path: PathBuf,
    },
}

impl Vault {
    /// The vault of a state folder, which is made when it is not there.
    ///
    /// # Errors
    /// [`VaultError`], as of everything here.
    pub fn open(_root: &Path) -> Result<Self, VaultError> {
        todo!()
    }

    /// The file of an order's key, whether it is there or not.
    pub fn key_file(&self, _reference: Uuid) -> PathBuf {
        todo!()
    }

    /// The file of an order's code de révocation, whether it is there or not.
    pub fn code_file(&self, _reference: Uuid) -> PathBuf {
        todo!()
    }

    /// Writes a secret where nothing stands, or where the same stands.
    pub fn put(&self, _file: &Path, _content: &[u8]) -> Result<(), VaultError> {
        todo!()
    }

    /// Reads a secret; `None` when there is no such file.
    pub fn get(&self, _file: &Path) -> Result<Option<Secret<Vec<u8>>>, VaultError> {
        todo!()
    }
}
