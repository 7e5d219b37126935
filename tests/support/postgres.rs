//! A PostgreSQL of the test's own: its files in a temporary folder, a socket there and nothing on the network.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::tool::{Tool, printed};

/// A server that runs until it is dropped.
pub(crate) struct Postgres {
    folder: TempDir,
    server: Child,
}

impl Postgres {
    /// Starts one, when the programs are there.
    pub(crate) fn or_skip() -> Option<Self> {
        let initdb = Tool::or_skip("initdb", "postgresql")?;
        let postgres = Tool::or_skip("postgres", "postgresql")?;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        let mut make = initdb.command(folder.path(), ["-U", "cpskit", "-A", "trust", "-N", "-D"]);
        let (code, _, said) = printed(unprivileged(make.arg(&data), folder.path()));
        assert_eq!(code, 0, "{said}");
        let server = start(postgres, &folder, &data);
        let started = Self { folder, server };
        started.wait();
        Some(started)
    }

    /// A new database; its address.
    pub(crate) fn database(&self, name: &str) -> String {
        let mut server =
            postgres::Client::connect(&self.url("postgres"), postgres::NoTls).expect("connected");
        server.batch_execute(&format!("CREATE DATABASE {name}")).expect("created");
        self.url(name)
    }

    /// The address of a database.
    fn url(&self, name: &str) -> String {
        format!("postgres:///{name}?user=cpskit&host={}", self.folder.path().display())
    }

    /// Until it answers.
    fn wait(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        // A server says so in no way that can be waited for.
        while postgres::Client::connect(&self.url("postgres"), postgres::NoTls).is_err() {
            assert!(Instant::now() < deadline, "the database server does not start");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The files of the database.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

fn start(postgres: Tool, folder: &TempDir, data: &Path) -> Child {
    let mut command: Command = postgres.command(folder.path(), ["-c", "listen_addresses="]);
    command.arg("-k").arg(folder.path()).arg("-D").arg(data);
    let command = unprivileged(&mut command, folder.path());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
}

/// PostgreSQL does not run as root: it is `nobody` then, and the folder is its own.
fn unprivileged<'c>(command: &'c mut Command, folder: &Path) -> &'c mut Command {
    const NOBODY: u32 = 65534;
    if !rustix::process::geteuid().is_root() {
        return command;
    }
    std::os::unix::fs::chown(folder, Some(NOBODY), Some(NOBODY)).expect("root may");
    command.uid(NOBODY).gid(NOBODY)
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
