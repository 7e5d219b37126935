//! Revocation lists in files: DER or PEM, several in one.
//!
//! A file is read whole before anything is made of it: a snapshot, which another process that writes to the file
//! meanwhile cannot change under a signature that was verified.

use std::fs;
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::failure::Failure;
use super::inputs;
use crate::pki::{List, Origin};
use crate::x509::Crl;

/// A list in memory, whole: a file that changes under us changes nothing.
#[derive(Debug)]
pub(super) struct ListFile {
    /// Where it comes from: the path, or the address.
    pub(super) name: String,
    /// DER.
    pub(super) der: Vec<u8>,
}

impl ListFile {
    /// Reads the lists of these files, and of the files of these folders that end in `.crl` or `.pem`.
    ///
    /// # Errors
    /// The first file that cannot be read, or holds no list: evidence that was named and is not there is not passed over.
    pub(super) fn read(paths: &[PathBuf]) -> Result<Vec<Self>, Failure> {
        let mut lists = Vec::new();
        let files = paths.iter().map(|path| files(path)).collect::<Result<Vec<_>, _>>()?;
        for path in files.iter().flatten() {
            let name = path.display().to_string();
            let bytes = snapshot(path)?;
            for der in Self::decode(bytes).map_err(|why| unreadable(&name, why))? {
                let list = Self { name: name.clone(), der };
                list.crl()?;
                lists.push(list);
            }
        }
        Ok(lists)
    }

    /// The lists of a file: the bytes themselves, or the blocks of PEM.
    fn decode(bytes: Vec<u8>) -> Result<Vec<Vec<u8>>, &'static str> {
        const BEGIN: &[u8] = b"-----BEGIN";
        if bytes.first() == Some(&0x30) {
            return Ok(vec![bytes]);
        }
        let mut lists = Vec::new();
        let mut rest = &bytes[..];
        while let Some(start) = rest.windows(BEGIN.len()).position(|window| window == BEGIN) {
            rest = &rest[start..];
            let after = rest.get(BEGIN.len()..).unwrap_or_default();
            let next = after.windows(BEGIN.len()).position(|window| window == BEGIN);
            let block = next.map_or(rest, |next| &rest[..next + BEGIN.len()]);
            let (label, der) = pem_rfc7468::decode_vec(block.trim_ascii())
                .map_err(|_| "a block of PEM that is cut or not base64")?;
            if label == "X509 CRL" {
                lists.push(der);
            }
            rest = &rest[block.len()..];
        }
        if lists.is_empty() { Err("neither DER nor a block `X509 CRL` of PEM") } else { Ok(lists) }
    }

    /// The list, read over its bytes.
    pub(super) fn crl(&self) -> Result<Crl<'_>, Failure> {
        Crl::parse(&self.der).map_err(|error| unreadable(&self.name, &error).causes(&error))
    }

    /// As a validation takes it.
    pub(super) fn list(&self) -> Result<List<'_>, Failure> {
        Ok(List { crl: self.crl()?, origin: Origin(format!("crl:{}", self.name)) })
    }
}

/// The file itself, or the lists of a folder by name.
fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).map_err(|error| Failure::input(path, &error))?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "crl" || end == "pem"))
        .collect();
    files.sort();
    Ok(files)
}

pub(super) fn unreadable(name: &str, why: impl std::fmt::Display) -> Failure {
    Failure::new("crl.unreadable", Exit::Usage, format!("`{name}`: {why}"))
}

/// The bytes of a file. A large one is read by two threads: most of the time goes to memory that is touched for the
/// first time.
#[cfg(unix)]
fn snapshot(path: &Path) -> Result<Vec<u8>, Failure> {
    use std::fs;
    use std::os::unix::fs::FileExt;
    use std::thread;

    const LARGE: std::ops::Range<u64> = 4 << 20..1 << 30;

    let size = fs::metadata(path).map_or(0, |data| if data.is_file() { data.len() } else { 0 });
    let Some(size) = usize::try_from(size).ok().filter(|_| LARGE.contains(&size)) else {
        return inputs::bytes(path);
    };
    let fail = |error: &std::io::Error| Failure::input(path, error);
    let file = fs::File::open(path).map_err(|error| fail(&error))?;
    let mut bytes = vec![0; size];
    let (first, second) = bytes.split_at_mut(size / 2);
    let middle = u64::try_from(first.len()).expect("a size fits in 64 bits");
    let read = thread::scope(|scope| {
        let half = scope.spawn(|| file.read_exact_at(first, 0));
        let other = file.read_exact_at(second, middle);
        half.join().expect("reading does not panic").and(other)
    });
    read.map_err(|error| fail(&error))?;
    Ok(bytes)
}

#[cfg(not(unix))]
fn snapshot(path: &Path) -> Result<Vec<u8>, Failure> {
    inputs::bytes(path)
}
