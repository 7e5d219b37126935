//! The trust store: a folder of PEM files, one for each anchor that a pin admitted. What its files hold is held against
//! the pins again at every run, so that it can live in a repository that others write to.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::args::cert::TrustStoreArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::inputs;
use super::output::json::hex;
use super::sha256;
use crate::pki::Pin;
use crate::x509::Certificate;

/// The folder.
#[derive(Debug)]
pub(super) struct TrustStore {
    folder: PathBuf,
    /// Files that are in it and that no pin admits.
    unpinned: Vec<PathBuf>,
    entries: Vec<Entry>,
}

/// A file of the store whose content its pin proves.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) file: PathBuf,
    pub(super) admission: Admission,
    pub(super) held: Held,
}

/// What a file holds.
#[derive(Clone, Debug)]
pub(super) enum Held {
    Certificate(Box<Certificate>),
    /// A SubjectPublicKeyInfo in DER.
    Key(Vec<u8>),
}

/// What admits it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Admission {
    /// The pin of a published authority.
    Published(&'static Pin),
    /// A pin of the user's own: SHA-256 of the certificate, or of its public key.
    User { pin: [u8; 32] },
}

/// How the file of a user's pin begins; its pin follows.
const USER: &str = "user-";

impl TrustStore {
    /// The folder that the flags, the environment or the system name; it may be absent.
    pub(super) fn at(args: &TrustStoreArgs) -> Result<Self, Failure> {
        let folder = args.folder().ok_or_else(|| {
            Failure::new("trust.store", Exit::Usage, "no folder for the trust store is known")
                .hint("name one with `--trust-store DIR`")
        })?;
        let mut store = Self { folder, unpinned: Vec::new(), entries: Vec::new() };
        store.read()?;
        Ok(store)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the pins admit, by file name.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Files that are in it and that no pin admits.
    pub(super) fn unpinned(&self) -> &[PathBuf] {
        &self.unpinned
    }

    /// Said when the store is used.
    pub(super) fn remarks(&self) -> impl Iterator<Item = String> + '_ {
        self.unpinned.iter().map(|file| {
            format!("warning: trust store: `{}` matches no pin and is not trusted", file.display())
        })
    }

    fn read(&mut self) -> Result<(), Failure> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Failure::input(&self.folder, &error)),
        };
        let mut files: Vec<PathBuf> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "pem"))
            .collect();
        files.sort();
        for file in files {
            let held = Held::read(&inputs::bytes(&file)?);
            let admission = held.as_ref().and_then(|held| held.admission(&file));
            match held.zip(admission) {
                Some((held, admission)) => self.entries.push(Entry { file, admission, held }),
                None => self.unpinned.push(file),
            }
        }
        Ok(())
    }

    /// Keeps what a pin admits; says whether anything changed.
    pub(super) fn admit(&self, held: &Held, admission: Admission) -> Result<Kept, Failure> {
        let name = match admission {
            Admission::Published(pin) => format!("{}.pem", pin.code),
            Admission::User { pin } => format!("{USER}{}.pem", hex(&pin)),
        };
        let file = self.folder.join(name);
        let pem = held.to_pem();
        if fs::read_to_string(&file).is_ok_and(|there| there == pem) {
            return Ok(Kept::Already(file));
        }
        self.write(&file, &pem).map_err(|error| {
            Failure::new("trust.store", Exit::Usage, format!("`{}`: {error}", file.display()))
                .hint("name a folder that you may write to with `--trust-store DIR`")
        })?;
        Ok(Kept::New(file))
    }

    /// Whole or not at all.
    fn write(&self, file: &Path, text: &str) -> std::io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let unfinished = file.with_extension(format!("new-{}", std::process::id()));
        let mut open = fs::File::create(&unfinished)?;
        open.write_all(text.as_bytes())?;
        open.sync_all()?;
        fs::rename(&unfinished, file)
    }
}

/// Where something is kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Kept {
    Already(PathBuf),
    New(PathBuf),
}

impl Held {
    /// The certificate or the public key of a file of the store.
    fn read(bytes: &[u8]) -> Option<Self> {
        match inputs::public_key(bytes) {
            Some(key) => Some(Self::Key(key)),
            None => Certificate::from_pem_or_der(bytes)
                .ok()
                .map(|found| Self::Certificate(Box::new(found))),
        }
    }

    /// The pin of a published authority that this is.
    pub(super) fn published(&self) -> Option<&'static Pin> {
        match self {
            Self::Certificate(certificate) => Pin::of(certificate),
            Self::Key(spki) => Pin::of_key(sha256(spki)),
        }
    }

    /// Whether a pin of the user's own is that of this certificate, or of its key.
    pub(super) fn is_pinned_by(&self, pin: [u8; 32]) -> bool {
        match self {
            Self::Certificate(found) => found.sha256() == pin || found.spki_sha256() == pin,
            Self::Key(_) => false,
        }
    }

    fn admission(&self, file: &Path) -> Option<Admission> {
        if let Some(pin) = self.published() {
            return Some(Admission::Published(pin));
        }
        let name = file.file_stem()?.to_str()?;
        let pin = parse_pin(name.strip_prefix(USER)?)?;
        self.is_pinned_by(pin).then_some(Admission::User { pin })
    }

    fn to_pem(&self) -> String {
        match self {
            Self::Certificate(certificate) => certificate.to_pem(),
            Self::Key(spki) => {
                pem_rfc7468::encode_string("PUBLIC KEY", pem_rfc7468::LineEnding::LF, spki)
                    .expect("bytes of any kind can be encoded")
            }
        }
    }
}

/// 64 hexadecimal digits, with or without colons.
pub(super) fn parse_pin(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b':').collect();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut pin = [0; 32];
    for (byte, pair) in pin.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(pin)
}
