//! Files of certificates as they are named on the command line: containers, folders that are walked, standard input.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::checked::Unread;
use super::exit::Exit;
use super::failure::Failure;
use crate::secret::Secret;
use crate::store::{self, Contents, StoreError};

/// A file that holds certificates.
#[derive(Debug)]
pub(super) struct Input {
    /// As it was named: the path, or `-`.
    pub(super) name: String,
    /// What it holds; at least one certificate.
    pub(super) contents: Contents,
}

/// What the inputs came to.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    /// The files that hold certificates: those that were named in their order, those of a folder sorted by path.
    pub(super) files: Vec<Input>,
    /// Files that were named and hold none, or cannot be read.
    pub(super) unread: Vec<Unread>,
    /// How many files of folders hold no certificate.
    pub(super) skipped: usize,
}

/// The name of standard input.
const STDIN: &str = "-";

/// More than this is no file of certificates.
const LARGEST: u64 = 256 << 20;

impl Inputs {
    /// Reads files and folders.
    pub(super) fn read(paths: &[PathBuf], password: Option<&Secret<String>>) -> Self {
        let mut inputs = Self::default();
        for path in paths {
            if path.is_dir() {
                inputs.folder(path, password);
                continue;
            }
            let name = path.display().to_string();
            let read = bytes(path).and_then(|bytes| contents(&name, &bytes, password));
            match read {
                Ok(contents) => inputs.files.push(Input { name, contents }),
                Err(failure) => inputs.unread.push(Unread { input: name, failure }),
            }
        }
        inputs
    }

    /// Walks a folder, following no symbolic link. A file that holds no certificate is skipped and counted.
    fn folder(&mut self, folder: &Path, password: Option<&Secret<String>>) {
        let mut folders = vec![folder.to_owned()];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) => {
                    let input = folder.display().to_string();
                    self.unread.push(Unread { input, failure: Failure::input(&folder, &error) });
                    continue;
                }
            };
            for entry in entries.flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                    Ok(kind) if kind.is_file() => files.push(entry.path()),
                    _ => self.skipped += 1,
                }
            }
        }
        files.sort();
        for path in files {
            let name = path.display().to_string();
            match bytes(&path).and_then(|bytes| contents(&name, &bytes, password)) {
                Ok(contents) => self.files.push(Input { name, contents }),
                Err(_) => self.skipped += 1,
            }
        }
    }
}

/// The bytes of a file, or of standard input.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == STDIN {
        io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|file| {
            // Room for all of it at once; what the file says of its size is a hint.
            let size = file.metadata().map_or(0, |data| data.len().min(LARGEST));
            bytes.reserve_exact(usize::try_from(size).unwrap_or(0).saturating_add(1));
            file.take(LARGEST + 1).read_to_end(&mut bytes)
        })
    };
    let length = read.map_err(|error| Failure::input(path, &error))?;
    if u64::try_from(length).is_ok_and(|length| length > LARGEST) {
        let message = format!("`{}`: more than {LARGEST} bytes", path.display());
        return Err(Failure::new("input", Exit::Usage, message));
    }
    Ok(bytes)
}

/// The SubjectPublicKeyInfo of a file that is one block `PUBLIC KEY` of PEM.
pub(super) fn public_key(bytes: &[u8]) -> Option<Vec<u8>> {
    let (label, der) = pem_rfc7468::decode_vec(bytes.trim_ascii()).ok()?;
    (label == "PUBLIC KEY").then_some(der)
}

/// What a file holds, at least one certificate.
fn contents(
    name: &str,
    bytes: &[u8],
    password: Option<&Secret<String>>,
) -> Result<Contents, Failure> {
    let contents = store::read(bytes, password).map_err(|error| unreadable(name, &error))?;
    if contents.certificates.is_empty() {
        let error = match contents.is_locked() {
            true => StoreError::PasswordNeeded,
            false => StoreError::Nothing(contents.instead()),
        };
        return Err(unreadable(name, &error));
    }
    Ok(contents)
}

fn unreadable(name: &str, error: &StoreError) -> Failure {
    let message = format!("`{name}`: {error}");
    match error {
        StoreError::PasswordNeeded => Failure::new("cert.password", Exit::Usage, message)
            .hint("give it with `--password-env VAR`, `--password-file FILE` or `--password-fd N`"),
        StoreError::PasswordWrong => Failure::new("cert.password", Exit::Usage, message),
        _ => Failure::new("cert.unreadable", Exit::Usage, message).causes(error),
    }
}
