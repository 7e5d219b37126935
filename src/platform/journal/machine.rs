//! Which machine this is: `machine.toml` of the state folder, made once.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{JournalError, Machine};

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: String,
    name: String,
}

impl Machine {
    /// The machine of a state folder, which gets this name when it has none yet. Of two that make it at once one does.
    ///
    /// # Errors
    /// [`JournalError::File`], [`JournalError::Unreadable`].
    pub fn of(folder: &Path, name: &str) -> Result<Self, JournalError> {
        let path = folder.join("machine.toml");
        let failed = |cause| JournalError::File { path: path.clone(), cause };
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let made = File { id: Uuid::new_v4().to_string(), name: name.to_owned() };
                let text = toml::to_string(&made).expect("two strings are TOML");
                keep(folder, &path, &text).map_err(failed)?;
                fs::read_to_string(&path).map_err(failed)?
            }
            read => read.map_err(failed)?,
        };
        let unreadable = |found: String| JournalError::Unreadable {
            field: "the machine of machine.toml",
            found,
        };
        let file: File = toml::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
        let id = Uuid::parse_str(&file.id).map_err(|_| unreadable(file.id))?;
        Ok(Self { id, name: file.name })
    }
}

/// Writes the file unless there is one, whole and durable.
fn keep(folder: &Path, path: &Path, text: &str) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => fs::File::open(folder)?.sync_all(),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}
