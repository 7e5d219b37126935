//! Where bytes go that a command gives: to a file, or to standard output. A terminal is shown none unless `--out -` says so,
//! as with `age`: what is not text garbles it, and where the bytes went would not be seen. That is refused before the
//! card is used.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::args::Format;
use super::context::Context;
use super::failure::Failure;

/// Where the bytes go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Delivery {
    /// Into the document, in hexadecimal, where it holds them.
    Document,
    /// To this file.
    File(PathBuf),
    /// To standard output, as they are.
    Output,
}

/// Who may read a file that is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Privacy {
    /// Whoever the user lets read new files.
    Usual,
    /// The user alone.
    Owner,
}

impl Delivery {
    /// What the arguments ask for. `what` names the bytes.
    pub(super) fn of(out: Option<&Path>, what: &str, context: &Context) -> Result<Self, Failure> {
        match (out, context.printer.format) {
            (Some(path), Format::Text) if path == Path::new("-") => Ok(Self::Output),
            (Some(path), _) if path == Path::new("-") => Err(Failure::arguments(
                "standard output holds the document: `--out -` and `--format json` exclude each other",
            )),
            (Some(path), _) => Ok(Self::File(path.to_owned())),
            (None, Format::Text) if io::stdout().is_terminal() => {
                Err(Failure::arguments(format!("{what} is not shown on a terminal"))
                    .hint("give `--out FILE`, redirect standard output, or insist with `--out -`"))
            }
            (None, Format::Text) => Ok(Self::Output),
            (None, _) => Ok(Self::Document),
        }
    }

    /// The file, for documents.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Document | Self::Output => None,
        }
    }

    /// Writes the file, when that is where the bytes go.
    pub(super) fn write(&self, bytes: &[u8], privacy: Privacy) -> Result<(), Failure> {
        match self {
            Self::File(path) => {
                write(path, bytes, privacy).map_err(|error| Failure::input(path, &error))
            }
            Self::Document | Self::Output => Ok(()),
        }
    }
}

/// Writes a file. A private one takes the place of another at once and is its owner's alone from creation.
pub(super) fn write(path: &Path, bytes: &[u8], privacy: Privacy) -> io::Result<()> {
    let special = fs::metadata(path).is_ok_and(|found| !found.is_file());
    if special || privacy == Privacy::Usual {
        return fs::write(path, bytes);
    }
    at_once(path, bytes, 0o600)
}

/// Writes a file that takes the place of another at once: whoever opens it finds the old one or the new one, whole. It has
/// the permissions that the user gives new files.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    at_once(path, bytes, 0o666)
}

/// `mode` is that of a new file, before the user's mask.
#[cfg_attr(not(unix), allow(unused_variables, reason = "there are no modes"))]
fn at_once(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    let mut file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
