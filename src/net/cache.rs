//! What was fetched, kept in a folder that other processes may share. Nothing in it is proven: whoever uses a list verifies it.
//!
//! An entry is two files, named by the SHA-256 of its address: the body, in DER, and what is known about it, in JSON. Both are
//! replaced whole, under a lock, and a body without its JSON is no entry.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use tempfile::{Builder, NamedTempFile};

use crate::pki::source::{Fetch, FetchError, FetchProblem, Fetched, Freshness, Request};

/// A folder of what was fetched.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

/// What was kept from one address.
#[derive(Debug)]
pub struct Entry {
    path: PathBuf,
    body: File,
    about: About,
}

/// What the server gave to ask again with (RFC 9110 §8.8).
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Validators {
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
}

/// What is known about a body.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct About {
    pub(super) url: String,
    #[serde(flatten)]
    pub(super) validators: Validators,
    /// When the server last gave or confirmed it.
    pub(super) fetched_at: Timestamp,
    /// Until when it is used without asking again.
    pub(super) fresh_until: Timestamp,
}

/// A body that is being received. Dropped before it is kept, it leaves nothing behind.
#[derive(Debug)]
pub(super) struct Draft {
    body: NamedTempFile,
}

impl Cache {
    /// The cache in this folder, which is made at the first fetch.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What was kept from this address, however old. Opens no socket.
    pub fn lookup(&self, url: &str) -> Option<Entry> {
        let path = self.path(url, "");
        let _lock = self.lock(url, Access::Shared);
        let about = File::open(self.path(url, ".json")).ok()?;
        let about = BufReader::new(about).take(LARGEST_ABOUT);
        let about: About = serde_json::from_reader(about).ok()?;
        let body = File::open(&path).ok()?;
        (about.url == url).then_some(Entry { path, body, about })
    }

    /// A file of this folder that takes a body; the folder is made if need be, for its user alone.
    pub(super) fn draft(&self) -> io::Result<Draft> {
        make_private(&self.folder)?;
        Ok(Draft { body: self.temporary()? })
    }

    /// Puts a body in the place of what was kept from this address.
    pub(super) fn keep(&self, draft: Draft, about: About) -> io::Result<Entry> {
        let path = self.path(&about.url, "");
        draft.body.as_file().sync_all()?;
        let body = File::open(draft.body.path())?;
        let written = self.written(&about)?;
        let _lock = self.lock(&about.url, Access::Exclusive)?;
        let about_path = self.path(&about.url, ".json");
        // A crash between the two replacements leaves a body without its JSON: no entry, and never a mixed one.
        match fs::remove_file(&about_path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        draft.body.persist(&path)?;
        written.persist(&about_path)?;
        Ok(Entry { path, body, about })
    }

    /// Notes that a body is still right. Where that cannot be written it is right all the same.
    pub(super) fn confirm(&self, entry: Entry, about: About) -> Entry {
        let noted = self.written(&about).and_then(|written| {
            let _lock = self.lock(&about.url, Access::Exclusive)?;
            written.persist(self.path(&about.url, ".json"))?;
            Ok(())
        });
        if let Err(error) = noted {
            tracing::warn!(%error, "the cache cannot be written");
        }
        Entry { about, ..entry }
    }

    /// Forgets what was kept from an address whose server says that nothing may be.
    pub(super) fn forget(&self, url: &str) -> io::Result<()> {
        let _lock = self.lock(url, Access::Exclusive)?;
        fs::remove_file(self.path(url, ".json"))?;
        fs::remove_file(self.path(url, ""))
    }

    fn written(&self, about: &About) -> io::Result<NamedTempFile> {
        let mut written = self.temporary()?;
        serde_json::to_writer_pretty(&mut written, about)?;
        written.write_all(b"\n")?;
        written.as_file().sync_all()?;
        Ok(written)
    }

    /// Readable by its user alone, as `tempfile` makes them.
    fn temporary(&self) -> io::Result<NamedTempFile> {
        Builder::new().prefix(".part-").tempfile_in(&self.folder)
    }

    /// The file of an address: `` for the body, `.json` for what is known about it, `.lock`.
    fn path(&self, url: &str, suffix: &str) -> PathBuf {
        let digest = digest(&SHA256, url.as_bytes());
        let mut name = String::new();
        for byte in digest.as_ref() {
            name.push_str(&format!("{byte:02x}"));
        }
        self.folder.join(name + suffix)
    }

    /// Waits for other processes, which hold the lock for the time of two renames.
    fn lock(&self, url: &str, access: Access) -> io::Result<File> {
        let path = self.path(url, ".lock");
        let file = match access {
            Access::Shared => File::open(path)?,
            Access::Exclusive => private_file(&path)?,
        };
        let mut waited = Duration::ZERO;
        loop {
            let locked = match access {
                Access::Shared => file.try_lock_shared(),
                Access::Exclusive => file.try_lock(),
            };
            match locked {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if waited >= LOCK_PATIENCE => {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                Err(TryLockError::WouldBlock) => {
                    thread::sleep(LOCK_PAUSE);
                    waited += LOCK_PAUSE;
                }
            }
        }
    }
}

/// Without a network: what was kept is what there is.
impl Fetch for Cache {
    fn fetch(&self, request: &Request) -> Result<Fetched, FetchError> {
        let error = |problem| FetchError { url: request.url.clone(), problem };
        let entry = self.lookup(&request.url).ok_or(error(FetchProblem::Offline))?;
        let fetched_at = entry.fetched_at();
        let freshness = Freshness::Fallback { fetched_at, problem: FetchProblem::Offline };
        let bytes = entry
            .read()
            .map_err(|failure| error(FetchProblem::Storage { detail: failure.to_string() }))?;
        tracing::info!(url = request.url, %fetched_at, "offline: taken from the cache");
        Ok(Fetched { bytes, freshness })
    }
}

impl Entry {
    /// The file of the body, in DER. Another process may replace it meanwhile, whole.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where an index of the body may be kept: a file beside it, which the cache itself neither writes nor reads.
    pub fn index_path(&self) -> PathBuf {
        self.path.with_extension("index")
    }

    /// The body as it was when the entry was found, whatever takes its place meanwhile.
    pub fn body(&self) -> &File {
        &self.body
    }

    /// When the server last gave or confirmed it.
    pub fn fetched_at(&self) -> Timestamp {
        self.about.fetched_at
    }

    /// Whether its server says that it may be used now without asking again. What was fetched at this very instant may.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.about.fetched_at <= now
            && (now < self.about.fresh_until || self.about.fetched_at == now)
    }

    /// The bytes of the body.
    ///
    /// # Errors
    /// Those of the file.
    pub fn read(mut self) -> io::Result<Vec<u8>> {
        let length = usize::try_from(self.body.metadata()?.len()).unwrap_or_default();
        let mut bytes = Vec::with_capacity(length);
        self.body.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn validators(&self) -> &Validators {
        &self.about.validators
    }
}

impl Draft {
    /// The bytes, without keeping them.
    pub(super) fn read(&self) -> io::Result<Vec<u8>> {
        fs::read(self.body.path())
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.body.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.body.flush()
    }
}

#[derive(Clone, Copy)]
enum Access {
    Shared,
    Exclusive,
}

/// How long another process is waited for, and how long between two tries.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// More is no JSON of ours.
const LARGEST_ABOUT: u64 = 64 << 10;

fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests;
