//! The key that seals indexes: one a user, 0600, in the folder of the user's state and never in the cache.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::IndexError;
use super::file::{Sharing, ours};

/// Bytes of a key.
const LENGTH: usize = 32;

/// The key of a user.
#[derive(Clone, Debug)]
pub struct Key(pub(super) hmac::Key);

impl Key {
    /// Reads the key in this file; makes it, and the folder, when there is none.
    ///
    /// # Errors
    /// [`IndexError::NotOurs`] when others could have read the key or written it, [`IndexError::Io`].
    pub fn at(path: &Path) -> Result<Self, IndexError> {
        match Self::read(path) {
            Err(IndexError::Io(error)) if error.kind() == ErrorKind::NotFound => {
                Self::make(path)?;
                Self::read(path)
            }
            read => read,
        }
    }

    /// Reads the key in this file.
    ///
    /// # Errors
    /// As [`at`](Self::at), and [`IndexError::Io`] when there is none.
    pub fn read(path: &Path) -> Result<Self, IndexError> {
        let mut file = File::open(path)?;
        ours(path, &file.metadata()?, Sharing::Secret)?;
        let folder = path.parent().ok_or_else(|| IndexError::NotOurs(path.to_owned()))?;
        ours(folder, &fs::metadata(folder)?, Sharing::Readable)?;
        let mut bytes = Zeroizing::new([0; LENGTH]);
        file.read_exact(&mut bytes[..])?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes[..])))
    }

    /// Two processes that make one at the same time end with the same: the second finds that of the first.
    fn make(path: &Path) -> Result<(), IndexError> {
        let folder = path.parent().ok_or_else(|| IndexError::NotOurs(path.to_owned()))?;
        make_folder(folder)?;
        let mut bytes = Zeroizing::new([0; LENGTH]);
        let random = SystemRandom::new();
        let drawn = random.fill(&mut bytes[..]).map_err(|_| std::io::Error::other("no randomness"));
        drawn?;
        let new = path.with_extension(format!("{}.new", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        private(&mut options);
        options.open(&new)?.write_all(&bytes[..])?;
        let linked = fs::hard_link(&new, path);
        fs::remove_file(&new)?;
        match linked {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error.into()),
            _ => Ok(()),
        }
    }
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

#[cfg(not(unix))]
fn private(_options: &mut OpenOptions) {}

#[cfg(unix)]
fn make_folder(folder: &Path) -> Result<(), IndexError> {
    use std::os::unix::fs::DirBuilderExt;
    Ok(fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?)
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> Result<(), IndexError> {
    Ok(fs::create_dir_all(folder)?)
}
