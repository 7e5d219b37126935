//! Files of certificates as they are named on the command line: containers, folders that are walked, standard input.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use zeroize::Zeroizing;

use super::checked::Unread;
use super::exit::Exit;
use super::failure::Failure;
use crate::secret::Secret;
use crate::store::{self, Contents, Place, Problem, StoreError};
use crate::x509::Certificate;

/// A file that holds what was looked for.
#[derive(Debug)]
pub(super) struct Input {
    /// As it was named: the path, or `-`.
    pub(super) name: String,
    /// What it holds.
    pub(super) contents: Contents,
}

/// What is looked for in files.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Wanted {
    Certificates,
    CertificatesAndKeys,
}

/// What the inputs came to.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    /// The files that hold what was looked for: those that were named in their order, those of a folder sorted by path.
    pub(super) files: Vec<Input>,
    /// Files that were named and hold nothing of it, or cannot be read, in whole or in part.
    pub(super) unread: Vec<Unread>,
    /// How many files of folders hold nothing of it.
    pub(super) skipped: usize,
    /// What is said and does not count: containers of folders that cannot be opened or read, and integrity that was not
    /// checked.
    pub(super) notes: Vec<Unread>,
}

/// The name of standard input.
const STDIN: &str = "-";

/// More than this is no file of certificates.
const LARGEST: u64 = 256 << 20;

impl Inputs {
    /// Reads files and folders that hold certificates; each file of [`files`](Self::files) has one at least.
    pub(super) fn read(paths: &[PathBuf], password: Option<&Secret<String>>) -> Self {
        Reader { wanted: Wanted::Certificates, password }.read(paths)
    }

    /// The certificates of files and folders that must all be readable, each with the name of its file.
    ///
    /// # Errors
    /// Of the first that is not: what was named as evidence is never passed over.
    pub(super) fn certificates(paths: &[PathBuf]) -> Result<Vec<(String, Certificate)>, Failure> {
        let inputs = Self::read(paths, None);
        if let Some(unread) = inputs.unread.into_iter().next() {
            return Err(unread.failure);
        }
        let files = inputs.files.into_iter().flat_map(|file| {
            let name = file.name;
            file.contents.certificates.into_iter().map(move |found| (name.clone(), found))
        });
        Ok(files.collect())
    }

    /// Reads files and folders that hold certificates or private keys.
    pub(super) fn with_keys(paths: &[PathBuf], password: Option<&Secret<String>>) -> Self {
        Reader { wanted: Wanted::CertificatesAndKeys, password }.read(paths)
    }

    /// The [`notes`](Self::notes) in words.
    pub(super) fn remarks(&self) -> Vec<String> {
        self.notes.iter().map(|note| format!("note: {}", note.failure.message)).collect()
    }
}

/// How a file came to be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Met {
    Named,
    Walking,
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    wanted: Wanted,
    password: Option<&'a Secret<String>>,
}

impl Reader<'_> {
    fn read(self, paths: &[PathBuf]) -> Inputs {
        let mut inputs = Inputs::default();
        let mut stdin_is_read = false;
        for path in paths {
            if path.is_dir() {
                self.walk(path, &mut inputs);
                continue;
            }
            let name = path.display().to_string();
            if name == STDIN && std::mem::replace(&mut stdin_is_read, true) {
                let failure = Failure::arguments("`-` is given twice: there is one standard input");
                inputs.unread.push(Unread { input: name, failure });
                continue;
            }
            let contents = self.contents(path);
            inputs.take(name, contents, Met::Named);
        }
        inputs
    }

    /// Walks a folder: symbolic links are not followed, what is no file is not opened.
    fn walk(self, folder: &Path, inputs: &mut Inputs) {
        let mut folders = vec![(folder.to_owned(), Met::Named)];
        let mut files = Vec::new();
        while let Some((folder, met)) = folders.pop() {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) => {
                    let error = Unreadable::File(Failure::input(&folder, &error));
                    inputs.take(folder.display().to_string(), Err(error), met);
                    continue;
                }
            };
            for entry in entries.flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push((entry.path(), Met::Walking)),
                    Ok(kind) if kind.is_file() => files.push(entry.path()),
                    _ => inputs.skipped += 1,
                }
            }
        }
        files.sort();
        let read: Vec<_> = files.par_iter().map(|path| self.contents(path)).collect();
        for (path, contents) in files.iter().zip(read) {
            inputs.take(path.display().to_string(), contents, Met::Walking);
        }
    }

    fn contents(self, path: &Path) -> Result<Contents, Unreadable> {
        let bytes = bytes(path).map_err(Unreadable::File)?;
        let contents = store::read(&bytes, self.password)?;
        let has_some = match self.wanted {
            Wanted::Certificates => !contents.certificates.is_empty(),
            Wanted::CertificatesAndKeys => {
                !(contents.certificates.is_empty() && contents.keys.is_empty())
            }
        };
        match (has_some, contents.is_locked()) {
            (true, _) => Ok(contents),
            (false, true) => Err(StoreError::PasswordNeeded.into()),
            (false, false) => Err(StoreError::Nothing(contents.instead()).into()),
        }
    }
}

/// Why a file gives nothing.
enum Unreadable {
    File(Failure),
    Container(StoreError),
}

impl From<StoreError> for Unreadable {
    fn from(error: StoreError) -> Self {
        Self::Container(error)
    }
}

impl Inputs {
    fn take(&mut self, name: String, contents: Result<Contents, Unreadable>, met: Met) {
        match contents {
            Ok(contents) => {
                for problem in &contents.problems {
                    self.problem(&name, problem, met);
                }
                self.files.push(Input { name, contents });
            }
            Err(Unreadable::Container(StoreError::Nothing(_))) if met == Met::Walking => {
                self.skipped += 1;
            }
            Err(error) => {
                let failure = match error {
                    Unreadable::File(failure) => failure,
                    Unreadable::Container(error) => failure(&name, &error),
                };
                let unread = Unread { input: name, failure };
                match met {
                    Met::Named => self.unread.push(unread),
                    Met::Walking => {
                        self.skipped += 1;
                        self.notes.push(unread);
                    }
                }
            }
        }
    }

    /// What is wrong with a part of a file whose other parts are kept.
    fn problem(&mut self, name: &str, problem: &Problem, met: Met) {
        let mut failure = failure(name, &problem.cause);
        failure.message = format!("`{name}`: {problem}");
        let unread = Unread { input: name.to_owned(), failure };
        let is_about_integrity = problem.place == Place::Whole;
        match met {
            Met::Named if !is_about_integrity => self.unread.push(unread),
            _ => self.notes.push(unread),
        }
    }
}

fn failure(name: &str, error: &StoreError) -> Failure {
    match error {
        StoreError::PasswordNeeded | StoreError::PasswordWrong => Failure::password(name, error),
        _ => Failure::unreadable(name, error),
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

/// As [`bytes`], of a file that may hold a private key: wiped when it is not needed any more.
pub(super) fn secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    bytes(path).map(Zeroizing::new)
}

/// The SubjectPublicKeyInfo of a file that is one block `PUBLIC KEY` of PEM.
pub(super) fn public_key(bytes: &[u8]) -> Option<Vec<u8>> {
    let (label, der) = pem_rfc7468::decode_vec(bytes.trim_ascii()).ok()?;
    (label == "PUBLIC KEY").then_some(der)
}
