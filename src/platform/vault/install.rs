//! Putting a key and its certificates at a place of the user's. A key of the vault is moved: at every instant it is at one place
//! at least, and at the end at one only (platform fact sheet §13, rule 3).

use std::path::{Path, PathBuf};

use super::file::{self, Readers};
use super::{Vault, VaultError};
use crate::x509::Certificate;

/// A place of the user's: a folder, and what the files there are called.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    folder: PathBuf,
    name: String,
}

/// What is installed.
#[derive(Clone, Copy, Debug)]
pub enum Parcel<'p> {
    /// A key with its certificate, which is followed by its chain: `NAME.key.pem` and `NAME.crt.pem`.
    Local {
        /// The file in the vault, from where it is moved; or a first place, from where it is copied.
        key: &'p Path,
        /// The certificate, then its issuers.
        certificates: &'p [Certificate],
    },
    /// What the platform made, as it came: `NAME.p12`.
    Pkcs12(&'p [u8]),
}

/// Where it stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Installed {
    /// The file with the key.
    pub key: PathBuf,
    /// The file with the certificates, when that is another one.
    pub certificates: Option<PathBuf>,
}

impl Installed {
    /// All files.
    pub fn files(&self) -> Vec<PathBuf> {
        [Some(&self.key), self.certificates.as_ref()].into_iter().flatten().cloned().collect()
    }
}

impl Place {
    /// A place; the folder need not be there.
    ///
    /// # Errors
    /// [`VaultError::Name`].
    pub fn new(folder: &Path, name: &str) -> Result<Self, VaultError> {
        if name.is_empty() || name.contains(['/', '\\', '\0']) {
            return Err(VaultError::Name(name.to_owned()));
        }
        Ok(Self { folder: folder.to_owned(), name: name.to_owned() })
    }

    /// `NAME.key.pem`.
    pub fn key_file(&self) -> PathBuf {
        self.file("key.pem")
    }

    /// `NAME.crt.pem`.
    pub fn certificates_file(&self) -> PathBuf {
        self.file("crt.pem")
    }

    /// `NAME.p12`.
    pub fn pkcs12_file(&self) -> PathBuf {
        self.file("p12")
    }

    fn file(&self, extension: &str) -> PathBuf {
        self.folder.join(format!("{}.{extension}", self.name))
    }
}

impl Vault {
    /// Installs a parcel. The folder is made when it is not there, its owner's alone. Run again after an interruption, it goes on.
    ///
    /// # Errors
    /// [`VaultError::Occupied`] when another content stands at one of the places, before anything is written;
    /// [`VaultError::Gone`] for a key that is nowhere.
    pub fn install(&self, place: &Place, parcel: Parcel<'_>) -> Result<Installed, VaultError> {
        file::folder(&place.folder)?;
        match parcel {
            Parcel::Local { key, certificates } => self.install_local(place, key, certificates),
            Parcel::Pkcs12(content) => {
                let key = place.pkcs12_file();
                file::put(&key, content, Readers::Owner)?;
                Ok(Installed { key, certificates: None })
            }
        }
    }

    fn install_local(
        &self,
        place: &Place,
        kept: &Path,
        certificates: &[Certificate],
    ) -> Result<Installed, VaultError> {
        let (key, chain) = (place.key_file(), place.certificates_file());
        let pem: String = certificates.iter().map(Certificate::to_pem).collect();
        file::is_there(&chain, pem.as_bytes(), Readers::All)?;
        match self.get(kept)? {
            Some(content) => file::put(&key, content.expose(), Readers::Owner)?,
            // An earlier run has moved it.
            None if file::get(&key, Readers::Owner)?.is_some() => {}
            None => return Err(VaultError::Gone { vault: kept.to_owned(), place: key }),
        }
        file::put(&chain, pem.as_bytes(), Readers::All)?;
        // Only now: what stands at the place is durable. A key that is installed elsewhere stays there.
        if kept.starts_with(self.keys()) && !file::is_same(kept, &key) {
            file::remove(kept)?;
        }
        Ok(Installed { key, certificates: Some(chain) })
    }
}
