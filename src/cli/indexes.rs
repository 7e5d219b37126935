//! The indexes of lists that were verified: whose key seals them, and which lists have one that counts.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::index::{Body, IndexError, Key, Sealed};
use crate::pki::{IndexedList, ListSigner, Origin};
use crate::x509::Crl;

/// Where the key is: in the user's state folder, never in the cache, which another machine may have filled.
fn key_path() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    let folder = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
    Some(folder.join("cpskit").join("index.key"))
}

/// The index of the list in this file, if it counts: then the list need not be read.
pub(super) fn of(list: &Path) -> Option<Sealed> {
    let key = Key::read(&key_path()?).ok()?;
    Sealed::of(list, &key)
        .inspect_err(|error| tracing::debug!(list = %list.display(), %error, "not indexed"))
        .ok()
}

/// Writes the index of a list that was verified. A list without one is verified again: nothing is lost but time.
pub(super) fn write(body: &Body, crl: &Crl<'_>, signer: &ListSigner) {
    let written = key_path()
        .ok_or(IndexError::Unsupported)
        .and_then(|path| Key::at(&path))
        .and_then(|key| body.index(crl, signer, &key));
    if let Err(error) = written {
        tracing::debug!(%error, "no index written");
    }
}

/// A list that is not read, but looked up.
#[derive(Debug)]
pub(super) struct Indexed {
    sealed: Sealed,
    origin: Origin,
}

impl Indexed {
    /// The list in this file, under the address it was fetched from, if it has an index that counts.
    pub(super) fn fetched(list: &Path, url: &str) -> Option<Self> {
        Some(Self { sealed: of(list)?, origin: Origin(format!("crl:{url}")) })
    }

    /// Takes from these files those that have an index that counts.
    pub(super) fn take(paths: &mut Vec<PathBuf>) -> Vec<Self> {
        let mut found = Vec::new();
        paths.retain(|path| match of(path) {
            None => true,
            Some(sealed) => {
                let origin = Origin(format!("crl:{}", path.display()));
                found.push(Self { sealed, origin });
                false
            }
        });
        found
    }

    /// As a validation takes it.
    pub(super) fn list(&self) -> IndexedList<'_> {
        self.sealed.list(self.origin.clone())
    }
}
