//! The files of the state folder that hold secrets: keys in `keys/`, codes de révocation apart in `codes/`. Each is its owner's
//! alone from creation (0600, in folders 0700), whole or absent, and durable before the function returns.

mod file;
mod install;

use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use self::file::Readers;
pub use self::install::{Installed, Parcel, Place};
use crate::secret::Secret;

/// The state folder.
#[derive(Debug)]
pub struct Vault {
    root: PathBuf,
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
    /// Others may read it, or write into it: it is not used. `chmod go= FILE` mends it, unless somebody has read it.
    #[error("{path} is open to others (mode {mode:o})")]
    Exposed {
        /// Which.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It belongs to somebody else: it is not used.
    #[error("{path} belongs to another user ({owner})")]
    Foreign {
        /// Which.
        path: PathBuf,
        /// Whose, by number.
        owner: u32,
    },
    /// It is a symbolic link, a folder or a device where a file is expected: it is neither followed nor replaced.
    #[error("{path} is not a plain file")]
    NotPlain {
        /// Which.
        path: PathBuf,
    },
    /// It is longer than any secret.
    #[error("{path} has more than {} bytes: it is no key and no code", file::LONGEST)]
    TooLong {
        /// Which.
        path: PathBuf,
    },
    /// There is one already, with another content.
    #[error("{path} is there already, with another content")]
    Occupied {
        /// Which.
        path: PathBuf,
    },
    /// The key is neither in the vault nor at its place.
    #[error("the key is neither in {vault} nor in {place}")]
    Gone {
        /// Where it was kept.
        vault: PathBuf,
        /// Where it was to go.
        place: PathBuf,
    },
    /// What cannot be the name of a file: empty, or with a separator.
    #[error("{0:?} is no name of a file")]
    Name(String),
}

impl Vault {
    /// The vault of a state folder, which is made when it is not there.
    ///
    /// # Errors
    /// [`VaultError`], as of everything here.
    pub fn open(root: &Path) -> Result<Self, VaultError> {
        file::folder(root)?;
        let vault = Self { root: root.to_owned() };
        for folder in [vault.keys(), vault.codes()] {
            file::folder(&folder)?;
            file::closed_folder(&folder)?;
        }
        Ok(vault)
    }

    /// The file of an order's key, whether it is there or not.
    pub fn key_file(&self, reference: Uuid) -> PathBuf {
        self.keys().join(format!("{reference}.key.pem"))
    }

    /// The file of an order's code de révocation, whether it is there or not.
    pub fn code_file(&self, reference: Uuid) -> PathBuf {
        self.codes().join(format!("{reference}.code"))
    }

    /// The file of a PKCS#12 that came for an order, until it is installed, whether it is there or not.
    pub fn container_file(&self, reference: Uuid) -> PathBuf {
        self.keys().join(format!("{reference}.p12"))
    }

    /// Removes a secret that is of no use any more; nothing when there is none.
    ///
    /// # Errors
    /// [`VaultError::File`].
    pub fn discard(&self, file: &Path) -> Result<(), VaultError> {
        file::remove(file)
    }

    /// Writes a secret where nothing stands, or where the same stands. It is durable when this returns.
    ///
    /// # Errors
    /// [`VaultError::Occupied`] when another content stands there, and what reading and writing meet.
    pub fn put(&self, file: &Path, content: &[u8]) -> Result<(), VaultError> {
        file::put(file, content, Readers::Owner)
    }

    /// Reads a secret; `None` when there is no such file.
    ///
    /// # Errors
    /// [`VaultError`]: also for one that is not its owner's alone.
    pub fn get(&self, file: &Path) -> Result<Option<Secret<Vec<u8>>>, VaultError> {
        file::get(file, Readers::Owner)
    }

    fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    fn codes(&self) -> PathBuf {
        self.root.join("codes")
    }
}
