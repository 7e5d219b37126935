//! The heads, kept apart from the files they are of: one small file for each file of traces, named by its identifier.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::{Hash, Id};

/// The folder of the heads.
#[derive(Clone, Debug)]
pub struct Heads {
    folder: PathBuf,
}

impl Heads {
    /// In this folder, which is made when the first head is kept.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The head that was kept last of a file of traces; `None` when there is none that can be read.
    pub fn of(&self, id: Id) -> Option<Hash> {
        let text = fs::read_to_string(self.path(id)).ok()?;
        Hash::parse(text.trim_end())
    }

    /// Keeps a head, in place of the one before: at once, or not at all.
    ///
    /// # Errors
    /// Those of the system.
    pub fn keep(&self, id: Id, head: Hash) -> io::Result<()> {
        create_private_folder(&self.folder)?;
        // Those who append hold the lock of the file of traces: nobody else writes this one.
        let new = self.path(id).with_extension("new");
        match fs::remove_file(&new) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = private(OpenOptions::new().write(true).create_new(true)).open(&new)?;
        writeln!(file, "{head}")?;
        file.sync_all()?;
        fs::rename(&new, self.path(id))?;
        sync_folder(&self.folder);
        Ok(())
    }

    fn path(&self, id: Id) -> PathBuf {
        self.folder.join(id.to_string())
    }
}

/// Mode 0600 from creation.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// So that a name that was just written outlives a loss of power. Not every system can.
pub(super) fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}
