//! The file that holds the token where there is no terminal to show it on: for its owner only, from its first byte to the end of the run.

use std::fs::{self, DirBuilder};
use std::io::Write;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use tempfile::NamedTempFile;

use crate::cli::failure::Failure;
use crate::web::proxy::Token;

/// Removed when dropped.
#[derive(Debug)]
pub(super) struct TokenFile {
    path: PathBuf,
}

impl TokenFile {
    /// Writes it whole under another name, then gives it this one: nobody reads half a token.
    pub(super) fn write(path: &Path, token: &Token) -> Result<Self, Failure> {
        let failed = |error: &std::io::Error| Failure::input(path, error);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        // Made by `tempfile` for its owner only.
        let mut file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))
            .map_err(|error| failed(&error))?;
        writeln!(file, "{}", token.expose()).map_err(|error| failed(&error))?;
        file.persist(path).map_err(|error| failed(&error.error))?;
        Ok(Self { path: path.to_owned() })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where it is when no flag says so: what is there is gone when the user leaves, where the system has such a folder.
    pub(super) fn default_path(port: u16) -> Result<PathBuf, Failure> {
        let nowhere = || {
            Failure::arguments("this user has no folder to keep the token in")
                .hint("name a file with `--token-file FILE`")
        };
        let strategy = etcetera::choose_base_strategy().map_err(|_| nowhere())?;
        let folder = strategy.runtime_dir().or_else(|| strategy.state_dir());
        let folder = folder.unwrap_or_else(|| strategy.data_dir()).join("cpskit");
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder).map_err(|error| Failure::input(&folder, &error))?;
        Ok(folder.join(format!("proxy-{port}.token")))
    }
}

impl Drop for TokenFile {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = fs::remove_file(&self.path);
    }
}
