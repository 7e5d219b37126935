//! Appending to a file of traces: locked and looked at before an act, written and on disk after it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use super::act::{Act, Nature};
use super::heads::{Heads, private, sync_folder};
use super::line::{Content, Flaw, LONGEST, Line, Place};
use super::verify::{first_id, verify};
use super::{Hash, Id, TraceError};

/// How often, and how many times, a lock that another program holds is asked for: half a minute in all.
const PAUSE: Duration = Duration::from_millis(50);
const ATTEMPTS: u32 = 600;

/// The traces of one run, in a file that other runs append to as well.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    heads: Option<Heads>,
    run: Id,
    tally: Mutex<Tally>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    acts: u64,
    nature: Nature,
}

/// Whether the new head was also kept apart from the file.
#[derive(Debug)]
#[must_use]
pub enum Kept {
    /// It was.
    Apart,
    /// It was not: there is no folder for it, or it cannot be written. That the end of the file is cut will not show.
    Not(Option<io::Error>),
}

impl Journal {
    /// For a run that begins. Nothing is opened yet; `heads` is where heads are kept apart, if anywhere.
    ///
    /// # Errors
    /// [`TraceError::Random`].
    pub fn new(path: PathBuf, heads: Option<Heads>) -> Result<Self, TraceError> {
        Ok(Self { path, heads, run: Id::random()?, tally: Mutex::new(Tally::default()) })
    }

    /// What an act that is about to be done needs: the file, locked, and its end as it should be. While the answer lives
    /// no other act can begin, here or in another program.
    ///
    /// # Errors
    /// [`TraceError`].
    pub fn begin(&self) -> Result<Pending<'_>, TraceError> {
        let io = |cause| TraceError::Io { path: self.path.clone(), cause };
        let file = open(&self.path).map_err(io)?;
        self.suits(&file)?;
        self.lock(&file)?;
        let tail = Tail::read(&file).map_err(io)?.map_err(|flaw| self.altered(flaw))?;
        let id = match tail.next {
            Some(_) => {
                let id = rewound(&file).and_then(first_id).map_err(io)?;
                Some(id.ok_or_else(|| self.altered(Flaw::Opening))?)
            }
            None => None,
        };
        let pending = Pending { journal: self, file, tail, id };
        pending.goes_on()?;
        Ok(pending)
    }

    /// Ends the run with a line that counts its acts; when there was none nothing is written.
    ///
    /// # Errors
    /// [`TraceError`].
    pub fn close(&self, at: Timestamp) -> Result<Option<Kept>, TraceError> {
        let Tally { acts, nature } = *self.tally();
        match acts {
            0 => Ok(None),
            _ => self.begin()?.append(at, nature, &[Content::Close(acts)]).map(Some),
        }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn altered(&self, flaw: Flaw) -> TraceError {
        TraceError::Altered { path: self.path.clone(), flaw }
    }

    /// A file of ours, that no one else can write.
    fn suits(&self, file: &File) -> Result<(), TraceError> {
        let path = || self.path.clone();
        let metadata = file.metadata().map_err(|cause| TraceError::Io { path: path(), cause })?;
        if !metadata.is_file() {
            return Err(TraceError::NotAFile { path: path() });
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let owner = rustix::process::geteuid().as_raw();
            if metadata.mode() & 0o022 != 0 || metadata.uid() != owner {
                return Err(TraceError::Shared { path: path() });
            }
        }
        Ok(())
    }

    fn lock(&self, file: &File) -> Result<(), TraceError> {
        for _ in 0..ATTEMPTS {
            match file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
                Err(TryLockError::Error(cause)) => {
                    return Err(TraceError::Io { path: self.path.clone(), cause });
                }
            }
        }
        Err(TraceError::Busy { path: self.path.clone() })
    }
}

/// A file of traces that waits for what an act comes to. Dropped, it is as it was.
#[derive(Debug)]
pub struct Pending<'j> {
    journal: &'j Journal,
    file: File,
    tail: Tail,
    /// `None` when the file has no line yet.
    id: Option<Id>,
}

impl Pending<'_> {
    /// Appends acts, in the order in which they were done. They are on disk when this returns.
    ///
    /// # Errors
    /// [`TraceError`]: then what the acts gave must not leave the program.
    pub fn record(self, at: Timestamp, acts: &[Act]) -> Result<Kept, TraceError> {
        let emulated = acts.iter().any(|act| act.nature == Nature::Emulated);
        let nature = if emulated { Nature::Emulated } else { Nature::Real };
        let journal = self.journal;
        let contents: Vec<Content<'_>> = acts.iter().map(Content::Act).collect();
        let kept = self.append(at, nature, &contents)?;
        let mut tally = journal.tally();
        tally.acts += u64::try_from(acts.len()).unwrap_or_default();
        if emulated {
            tally.nature = nature;
        }
        Ok(kept)
    }

    fn append(
        mut self,
        at: Timestamp,
        nature: Nature,
        contents: &[Content<'_>],
    ) -> Result<Kept, TraceError> {
        let io = |cause| TraceError::Io { path: self.journal.path.clone(), cause };
        let id = match self.id {
            Some(id) => id,
            None => Id::random()?,
        };
        let mut all = Vec::new();
        all.extend(self.tail.next.is_none().then_some(Content::Open(id)));
        all.extend((self.tail.torn > 0).then_some(Content::Mend(self.tail.torn)));
        all.extend_from_slice(contents);
        let (mut seq, mut head) = self.tail.next.unwrap_or((0, Hash::NONE));
        let mut text = String::from(if self.tail.unended { "\n" } else { "" });
        for content in all {
            let nature = match content {
                Content::Act(act) => act.nature,
                _ => nature,
            };
            let place = Place { seq, at, run: self.journal.run, previous: head, nature };
            let (line, hash) = content.write(place);
            if line.len() > LONGEST {
                return Err(io(io::ErrorKind::FileTooLarge.into()));
            }
            text.push_str(&line);
            (seq, head) = (seq + 1, hash);
        }
        self.file.set_len(self.tail.length).map_err(io)?;
        self.file.write_all(text.as_bytes()).map_err(io)?;
        self.file.sync_all().map_err(io)?;
        if self.id.is_none() {
            let folder = self.journal.path.parent().unwrap_or(Path::new(""));
            sync_folder(if folder == Path::new("") { Path::new(".") } else { folder });
        }
        // Behind the file at worst: a head that is kept is always in the file.
        Ok(match &self.journal.heads {
            None => Kept::Not(None),
            Some(heads) => match heads.keep(id, head) {
                Ok(()) => Kept::Apart,
                Err(error) => Kept::Not(Some(error)),
            },
        })
    }

    /// Refuses a file that lacks the line that was written last from here.
    fn goes_on(&self) -> Result<(), TraceError> {
        let path = || self.journal.path.clone();
        let (Some(heads), Some(id)) = (&self.journal.heads, self.id) else { return Ok(()) };
        let (Some(head), Some((_, last))) = (heads.of(id), self.tail.next) else { return Ok(()) };
        if head == last {
            return Ok(());
        }
        // Another machine has appended meanwhile, or it was cut: all of it tells.
        let report = rewound(&self.file).and_then(|reader| verify(reader, &[head]));
        let report = report.map_err(|cause| TraceError::Io { path: path(), cause })?;
        match report.flawed {
            Some(flawed) => Err(self.journal.altered(flawed.flaw)),
            None if !report.missing.is_empty() => Err(TraceError::Cut { path: path() }),
            None => Ok(()),
        }
    }
}

/// The end of a file of traces.
#[derive(Clone, Copy, Debug)]
struct Tail {
    /// Number of the next line, and hash of the last; `None` when there is no line yet.
    next: Option<(u64, Hash)>,
    /// Bytes of a line that had been begun, which are dropped.
    torn: u64,
    /// The last line is whole, but for the character that ends it.
    unended: bool,
    /// Bytes that are kept.
    length: u64,
}

impl Tail {
    fn read(file: &File) -> io::Result<Result<Self, Flaw>> {
        let length = file.metadata()?.len();
        let limit = u64::try_from(2 * LONGEST).unwrap_or(u64::MAX);
        let start = length.saturating_sub(limit);
        let mut file = file;
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(limit).read_to_end(&mut bytes)?;
        Ok(Self::of(&bytes, length))
    }

    fn of(bytes: &[u8], length: u64) -> Result<Self, Flaw> {
        let after = |bytes: &[u8]| bytes.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
        let fragment = &bytes[after(bytes).unwrap_or(0)..];
        let whole = &bytes[..bytes.len() - fragment.len()];
        let follow = |line: Line| Some((line.seq.saturating_add(1), line.hash));
        if !fragment.is_empty() {
            if let Ok(line) = Line::parse(fragment) {
                return Ok(Self { next: follow(line), torn: 0, unended: true, length });
            }
            if fragment.len() >= LONGEST || !Line::is_torn(fragment) {
                return Err(Flaw::Form);
            }
        }
        let torn = u64::try_from(fragment.len()).unwrap_or(u64::MAX);
        let length = length - torn;
        let next = match whole.strip_suffix(b"\n") {
            Some(lines) => follow(Line::parse(&lines[after(lines).unwrap_or(0)..])?),
            None => None,
        };
        Ok(Self { next, torn, unended: false, length })
    }
}

fn open(path: &Path) -> io::Result<File> {
    private(OpenOptions::new().read(true).append(true).create(true)).open(path)
}

/// The file from its beginning.
fn rewound(mut file: &File) -> io::Result<BufReader<&File>> {
    file.rewind()?;
    Ok(BufReader::new(file))
}
