//! Programs of others, which judge our work: absent, they are named and the test does nothing.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A program of the system, run with the same language whatever the user's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tool {
    name: &'static str,
}

impl Tool {
    /// The program, or a line that says which package brings it.
    ///
    /// # Panics
    /// When it is lacking and `CI` or `CPSKIT_REQUIRE_PCSCD` is set.
    #[allow(clippy::print_stderr)]
    pub(crate) fn or_skip(name: &'static str, package: &str) -> Option<Self> {
        if let Some(tool) = Self::or_none(name) {
            return Some(tool);
        }
        let required = ["CI", "CPSKIT_REQUIRE_PCSCD"];
        assert!(
            required.iter().all(|name| std::env::var_os(name).is_none()),
            "no {name} ({package})"
        );
        eprintln!("skipped: {name} is missing (package {package})");
        None
    }

    /// The program, if it is there.
    pub(crate) fn or_none(name: &'static str) -> Option<Self> {
        let tool = Self { name };
        tool.path().map(|_| tool)
    }

    /// Where it is. Servers are where ordinary users do not look.
    fn path(self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        // Those of PostgreSQL have a folder for each version.
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let folders = std::env::split_paths(&path)
            .chain([PathBuf::from("/usr/sbin")])
            .chain(versions.map(|version| version.path().join("bin")));
        folders.map(|folder| folder.join(self.name)).find(|path| path.is_file())
    }

    /// The program with these arguments, its own files in `home`.
    pub(crate) fn command<A: AsRef<OsStr>>(
        self,
        home: &Path,
        args: impl IntoIterator<Item = A>,
    ) -> Command {
        let mut command = Command::new(self.path().expect("it was found"));
        command.args(args).env("HOME", home).env("XDG_CACHE_HOME", home).env("LC_ALL", "C.UTF-8");
        command
    }
}

/// What a program printed: exit code, standard output, standard error.
pub(crate) fn printed(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("it starts");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (status.code().expect("no signal"), text(stdout), text(stderr))
}
