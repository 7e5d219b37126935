//! Files of revocation lists as they are named on the command line: DER or PEM, or standard input.
//!
//! A file is read whole before anything is made of it: a snapshot, which another process that writes to the file
//! meanwhile cannot change under a signature that was verified.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::thread;

use x509_parser::pem::Pem;

use super::exit::Exit;
use super::failure::Failure;
use super::inputs;
use crate::pki::{List, Origin};
use crate::x509::{Crl, X509Error};

/// A file of lists.
#[derive(Debug)]
pub(super) struct ListFile {
    /// As it was named: the path, or `-`.
    pub(super) name: String,
    /// Each list, DER; at least one.
    ders: Vec<Vec<u8>>,
}

/// From this size on, in bytes, a file is read by two threads: most of the time goes to memory that is touched for the
/// first time.
const LARGE: u64 = 4 << 20;

/// More than this is no list.
const LARGEST: u64 = 1 << 30;

impl ListFile {
    /// Reads a file.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let bytes = snapshot(path)?;
        let ders = match bytes.first() {
            Some(0x30) => vec![bytes],
            _ => blocks(&name, &bytes)?,
        };
        Ok(Self { name, ders })
    }

    /// The lists, over the bytes of the file.
    pub(super) fn lists(&self) -> Result<Vec<Crl<'_>>, Failure> {
        let lists = self.ders.iter().map(|der| Crl::parse(der));
        lists.map(|list| list.map_err(|error| unreadable(&self.name, &error))).collect()
    }

    /// The lists, as validations take them.
    pub(super) fn for_validation(&self) -> Result<Vec<List<'_>>, Failure> {
        let origin = Origin(format!("file:{}", self.name));
        let lists = self.lists()?.into_iter();
        Ok(lists.map(|crl| List { crl, origin: origin.clone() }).collect())
    }
}

/// The blocks of a PEM file that are lists; others, and text around them, are passed over.
fn blocks(name: &str, bytes: &[u8]) -> Result<Vec<Vec<u8>>, Failure> {
    let mut ders = Vec::new();
    for (index, block) in Pem::iter_from_buffer(bytes).enumerate() {
        match block {
            Ok(pem) if matches!(pem.label.as_str(), "X509 CRL" | "CRL") => ders.push(pem.contents),
            Ok(_) => {}
            Err(_) => return Err(unreadable(name, &X509Error::Pem { block: index + 1 })),
        }
    }
    if ders.is_empty() {
        let message = format!("`{name}`: neither DER nor a PEM file with a block `X509 CRL`");
        return Err(Failure::new("crl.unreadable", Exit::Usage, message));
    }
    Ok(ders)
}

pub(super) fn unreadable(name: &str, error: &X509Error) -> Failure {
    Failure::new("crl.unreadable", Exit::Usage, format!("`{name}`: {error}"))
}

#[cfg(unix)]
fn snapshot(path: &Path) -> Result<Vec<u8>, Failure> {
    use std::os::unix::fs::FileExt;

    let fail = |error: io::Error| Failure::input(path, &error);
    let size = fs::metadata(path).map_or(0, |data| if data.is_file() { data.len() } else { 0 });
    if !(LARGE..=LARGEST).contains(&size) {
        return inputs::bytes(path);
    }
    let file = fs::File::open(path).map_err(fail)?;
    let size = usize::try_from(size).map_err(|_| fail(ErrorKind::FileTooLarge.into()))?;
    let mut bytes = vec![0; size];
    let (first, second) = bytes.split_at_mut(size / 2);
    let middle = u64::try_from(first.len()).expect("half of a size that was one");
    thread::scope(|scope| {
        let half = scope.spawn(|| file.read_exact_at(first, 0));
        let other = file.read_exact_at(second, middle);
        half.join().expect("reading does not panic").and(other)
    })
    .map_err(fail)?;
    Ok(bytes)
}

#[cfg(not(unix))]
fn snapshot(path: &Path) -> Result<Vec<u8>, Failure> {
    inputs::bytes(path)
}
