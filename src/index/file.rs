//! The files: an index beside its list, `LIST.index`, in a folder that is ours.

use std::fs::{self, File, Metadata};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use ring::digest::{SHA256, digest};

use super::format::{Index, ReadAt, encode};
use super::{IndexError, Key};
use crate::pki::{IndexedList, ListSigner, Lookup, LookupError, Origin};
use crate::x509::{Crl, CrlEntries};

/// The file of a list, read whole, with what tells it apart from any other file, or from itself changed.
#[derive(Debug)]
pub struct Body {
    path: PathBuf,
    identity: Vec<u8>,
    /// What the file holds.
    pub bytes: Vec<u8>,
}

impl Body {
    /// Reads a file.
    ///
    /// # Errors
    /// [`IndexError::Io`], and [`IndexError::OtherList`] when the file changes meanwhile.
    pub fn read(path: &Path) -> Result<Self, IndexError> {
        let mut file = File::open(path)?;
        let before = identity(&file.metadata()?)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        if identity(&file.metadata()?)? != before {
            return Err(IndexError::OtherList);
        }
        Ok(Self { path: path.to_owned(), identity: before, bytes })
    }

    /// Writes the index of the list that the file holds, whose signature holds with the key said. It takes the place
    /// of an earlier one at once, or not at all.
    ///
    /// # Errors
    /// [`IndexError`]: then there is no index, or the earlier one.
    pub fn index(&self, crl: &Crl<'_>, signer: &ListSigner, key: &Key) -> Result<(), IndexError> {
        our_folder(&self.path)?;
        let lock = File::create(beside(&self.path, "index.lock"))?;
        lock.try_lock().map_err(|_| IndexError::Busy)?;
        let new = beside(&self.path, "index.new");
        let written = self.write(&new, crl, signer, key);
        let placed = written.and_then(|()| Ok(fs::rename(&new, beside(&self.path, "index"))?));
        if placed.is_err() {
            // What is left there is no index: the next writer starts it anew.
            let _ = fs::remove_file(&new);
        }
        placed
    }

    fn write(
        &self,
        new: &Path,
        crl: &Crl<'_>,
        signer: &ListSigner,
        key: &Key,
    ) -> Result<(), IndexError> {
        let mut out = BufWriter::with_capacity(1 << 18, File::create(new)?);
        encode(&self.identity, crl, signer, &key.0, &mut out)?;
        out.flush()?;
        Ok(())
    }
}

/// An index that counts: in a folder of ours, sealed with our key, of the list that stands beside it.
#[derive(Debug)]
pub struct Sealed {
    body: PathBuf,
    index: Index<File>,
}

impl Sealed {
    /// Opens the index of the list in this file. The list is not read.
    ///
    /// # Errors
    /// [`IndexError`]: then the list has to be read and verified.
    pub fn of(body: &Path, key: &Key) -> Result<Self, IndexError> {
        our_folder(body)?;
        let path = beside(body, "index");
        let file = File::open(&path)?;
        ours(&path, &file.metadata()?, Sharing::Readable)?;
        let index = Index::open(file, &key.0)?;
        if identity(&fs::metadata(body)?)? != index.header.body {
            return Err(IndexError::OtherList);
        }
        // Read once, so that using it cannot fail.
        Crl::parse(index.frame()).map_err(|_| IndexError::Seal)?;
        Ok(Self { body: body.to_owned(), index })
    }

    /// The list, as validations take it.
    pub fn list(&self, origin: Origin) -> IndexedList<'_> {
        let frame = Crl::parse(self.index.frame()).expect("read when it was opened");
        IndexedList { frame, origin, signer: self.index.signer().clone(), entries: self }
    }

    /// The entries of a serial number from the list itself, if it still is the one that was indexed.
    fn read_body(&self, serial: &[u8]) -> Option<Vec<u8>> {
        let bytes = fs::read(&self.body).ok()?;
        if digest(&SHA256, &bytes).as_ref() != self.index.header.sha256 {
            return None;
        }
        let der = Crl::parse(&bytes).ok()?.entries_der();
        let mut entries = CrlEntries::over(der);
        let mut found = Vec::new();
        loop {
            entries.skip_others(serial);
            let start = entries.rest();
            let Some(entry) = entries.next() else { return Some(found) };
            if entry.ok()?.serial_content() == serial {
                found.extend(&start[..start.len() - entries.rest().len()]);
            }
        }
    }
}

impl Lookup for Sealed {
    /// A part of the index that does not bear its seal counts for nothing: the list is read in its place.
    fn entries(&self, serial: &[u8]) -> Result<Vec<u8>, LookupError> {
        let indexed = self.index.entries(serial).ok();
        indexed.or_else(|| self.read_body(serial)).ok_or(LookupError)
    }
}

impl ReadAt for File {
    #[cfg(unix)]
    fn read_at(&self, offset: u64, length: usize) -> Option<Vec<u8>> {
        use std::os::unix::fs::FileExt;
        // Nothing is set aside for bytes that are not there.
        let size = self.metadata().ok()?.len();
        let end = offset.checked_add(u64::try_from(length).ok()?)?;
        if end > size {
            return None;
        }
        let mut bytes = vec![0; length];
        self.read_exact_at(&mut bytes, offset).ok()?;
        Some(bytes)
    }

    #[cfg(not(unix))]
    fn read_at(&self, _offset: u64, _length: usize) -> Option<Vec<u8>> {
        None
    }
}

/// What others may do with a file of ours.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Sharing {
    /// Read it.
    Readable,
    /// Nothing.
    Secret,
}

/// Refuses what is not ours alone to write, or to read either.
#[cfg(unix)]
pub(super) fn ours(path: &Path, data: &Metadata, sharing: Sharing) -> Result<(), IndexError> {
    use std::os::unix::fs::MetadataExt;
    let others = match sharing {
        Sharing::Readable => 0o022,
        Sharing::Secret => 0o077,
    };
    let us = rustix::process::geteuid().as_raw();
    if data.uid() == us && data.mode() & others == 0 {
        Ok(())
    } else {
        Err(IndexError::NotOurs(path.to_owned()))
    }
}

#[cfg(not(unix))]
pub(super) fn ours(_path: &Path, _data: &Metadata, _sharing: Sharing) -> Result<(), IndexError> {
    Err(IndexError::Unsupported)
}

/// The folder of a list must be ours: who can write to it can take files away and put others there.
fn our_folder(body: &Path) -> Result<(), IndexError> {
    let folder = match body.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return Err(IndexError::NotOurs(body.to_owned())),
    };
    ours(folder, &fs::metadata(folder)?, Sharing::Readable)
}

/// `LIST.index` of `LIST`.
fn beside(body: &Path, extension: &str) -> PathBuf {
    let mut name = body.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

/// Device, inode, size, and when content and inode last changed: nobody but the administrator sets the last.
#[cfg(unix)]
fn identity(data: &Metadata) -> Result<Vec<u8>, IndexError> {
    use std::os::unix::fs::MetadataExt;
    let numbers = [data.dev(), data.ino(), data.size()].map(u64::to_be_bytes);
    let times = [data.mtime(), data.mtime_nsec(), data.ctime(), data.ctime_nsec()];
    Ok([numbers.as_flattened(), times.map(i64::to_be_bytes).as_flattened()].concat())
}

#[cfg(not(unix))]
fn identity(_data: &Metadata) -> Result<Vec<u8>, IndexError> {
    Err(IndexError::Unsupported)
}

#[cfg(all(test, unix))]
mod tests;
