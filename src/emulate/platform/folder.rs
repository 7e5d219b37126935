//! The state folder: one document, and the mails. Each write is whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::mail::Mail;
use super::state::State;

/// A folder of the emulated platform.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// The folder, made if need be, and what it holds.
    pub(super) fn open(path: &Path) -> io::Result<(Self, State)> {
        fs::create_dir_all(path.join(MAILS))?;
        let state = match fs::read(path.join(STATE)) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => State::default(),
            Err(error) => return Err(error),
        };
        Ok((Self(path.to_owned()), state))
    }

    pub(super) fn keep(&self, state: &State) -> io::Result<()> {
        write(&self.0, STATE, &serde_json::to_vec(state)?)
    }

    pub(super) fn mail(&self, mail: &Mail) -> io::Result<()> {
        write(&self.0.join(MAILS), &mail.file, mail.text.as_bytes())
    }
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(folder.join(name))?;
    File::open(folder)?.sync_all()
}

const STATE: &str = "platform.json";
const MAILS: &str = "mails";
