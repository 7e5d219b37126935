//! Files that are whole or absent, durable, and never open to more readers than they are meant for.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use super::VaultError;
use crate::secret::Secret;

/// More than any key with its encryption, PKCS#12 with a chain, or code.
pub(super) const LONGEST: u64 = 1 << 20;

/// For whom a file is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Readers {
    /// Its owner alone: 0600.
    Owner,
    /// Everybody: 0644.
    All,
}

/// Makes a folder and those above it, for their owner alone, where there is none.
pub(super) fn folder(path: &Path) -> Result<(), VaultError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path).map_err(|cause| at(path, cause))
}

/// Refuses a folder of secrets that is a link, that others may write into, or that is theirs.
pub(super) fn closed_folder(path: &Path) -> Result<(), VaultError> {
    let data = fs::symlink_metadata(path).map_err(|cause| at(path, cause))?;
    if !data.is_dir() {
        return Err(VaultError::NotPlain { path: path.to_owned() });
    }
    closed(path, &data, 0o022)
}

/// Writes a file where nothing stands, or where the same stands.
pub(super) fn put(path: &Path, content: &[u8], readers: Readers) -> Result<(), VaultError> {
    let folder = parent(path);
    if !is_there(path, content, readers)? {
        let failed = |cause| at(path, cause);
        let mut new = temporary(folder, readers).map_err(|error| failed(plain(error)))?;
        new.as_file_mut().write_all(content).map_err(failed)?;
        new.as_file().sync_all().map_err(failed)?;
        // Nothing is replaced: of two that write at once one comes first, and both have to be the same.
        match new.persist_noclobber(path) {
            Ok(_) => {}
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                drop(error);
                is_there(path, content, readers)?;
            }
            Err(error) => return Err(failed(error.error)),
        }
    }
    // Also when it was there: who wrote it may have died before this.
    durable(folder)
}

/// Whether this content stands there already.
///
/// # Errors
/// [`VaultError::Occupied`] when another does.
pub(super) fn is_there(path: &Path, content: &[u8], readers: Readers) -> Result<bool, VaultError> {
    match get(path, readers)? {
        None => Ok(false),
        Some(found) if found.expose() == content => Ok(true),
        Some(_) => Err(VaultError::Occupied { path: path.to_owned() }),
    }
}

/// Reads a file; `None` when there is none.
pub(super) fn get(path: &Path, readers: Readers) -> Result<Option<Secret<Vec<u8>>>, VaultError> {
    let failed = |cause| at(path, cause);
    match fs::symlink_metadata(path) {
        Ok(data) if !data.is_file() => return Err(VaultError::NotPlain { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Ok(_) => {}
        Err(error) => return Err(failed(error)),
    }
    let file = open(path).map_err(failed)?;
    let data = file.metadata().map_err(failed)?;
    if readers == Readers::Owner {
        closed(path, &data, 0o077)?;
    }
    if data.len() > LONGEST {
        return Err(VaultError::TooLong { path: path.to_owned() });
    }
    // Room for all of it at once: a buffer that grows leaves copies behind.
    let room = usize::try_from(data.len()).unwrap_or_default() + 1;
    let mut content = zeroize::Zeroizing::new(Vec::with_capacity(room));
    file.take(LONGEST).read_to_end(&mut content).map_err(failed)?;
    Ok(Some(Secret::new(std::mem::take(&mut *content))))
}

/// Whether two paths lead to one file.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// Takes a file away, if it is there.
pub(super) fn remove(path: &Path) -> Result<(), VaultError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(path, error)),
        _ => durable(parent(path)),
    }
}

fn temporary(folder: &Path, readers: Readers) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".cpskit-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = match readers {
            Readers::Owner => 0o600,
            Readers::All => 0o644,
        };
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = readers;
    builder.tempfile_in(folder)
}

/// The error without the name of a temporary file, which tells nobody anything.
fn plain(error: io::Error) -> io::Error {
    if error.get_ref().is_some() { error.kind().into() } else { error }
}

/// A link that took the place of the file meanwhile is not followed.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    // Nor is a pipe waited for.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Refuses what is not ours, or is open to others in one of these bits.
#[cfg(unix)]
fn closed(path: &Path, data: &fs::Metadata, open: u32) -> Result<(), VaultError> {
    use std::os::unix::fs::MetadataExt;
    let path = path.to_owned();
    if data.mode() & open != 0 {
        return Err(VaultError::Exposed { path, mode: data.mode() & 0o7777 });
    }
    if data.uid() != rustix::process::geteuid().as_raw() {
        return Err(VaultError::Foreign { path, owner: data.uid() });
    }
    Ok(())
}

/// Who may read is inherited from the folder there.
#[cfg(not(unix))]
fn closed(_path: &Path, _data: &fs::Metadata, _open: u32) -> Result<(), VaultError> {
    Ok(())
}

/// Makes the entries of a folder durable.
#[cfg(unix)]
fn durable(folder: &Path) -> Result<(), VaultError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|cause| at(folder, cause))
}

#[cfg(not(unix))]
fn durable(_folder: &Path) -> Result<(), VaultError> {
    Ok(())
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn at(path: &Path, cause: io::Error) -> VaultError {
    VaultError::File { path: path.to_owned(), cause }
}
