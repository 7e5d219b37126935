use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::*;
use crate::pki::Weakness;

/// A list of the shape that a cache holds, with two entries: nobody signed it, an index does not ask.
const LIST: &[u8] = &[
    0x30, 0x4E, 0x30, 0x43, 0x30, 0x04, 0x06, 0x02, 0x2A, 0x03, 0x30, 0x00, 0x17, 0x0D, 0x32, 0x36,
    0x30, 0x31, 0x30, 0x31, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x5A, 0x30, 0x2A, 0x30, 0x12, 0x02,
    0x01, 0x07, 0x17, 0x0D, 0x32, 0x36, 0x30, 0x31, 0x30, 0x31, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30,
    0x5A, 0x30, 0x14, 0x02, 0x03, 0x09, 0x09, 0x09, 0x17, 0x0D, 0x32, 0x36, 0x30, 0x31, 0x30, 0x31,
    0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x5A, 0x30, 0x04, 0x06, 0x02, 0x2A, 0x03, 0x03, 0x01, 0x00,
];

/// A cache with a list and its index, and the key elsewhere.
struct Cache {
    folder: TempDir,
    state: TempDir,
}

impl Cache {
    fn new() -> Self {
        let folder = || tempfile::tempdir().expect("a folder");
        let cache = Self { folder: folder(), state: folder() };
        fs::write(cache.list(), LIST).expect("written");
        cache.index().expect("indexed");
        cache
    }

    fn list(&self) -> PathBuf {
        self.folder.path().join("list")
    }

    fn file(&self) -> PathBuf {
        beside(&self.list(), "index")
    }

    fn key(&self) -> Key {
        Key::at(&self.state.path().join("cpskit").join("index.key")).expect("a key")
    }

    fn index(&self) -> Result<(), IndexError> {
        let body = Body::read(&self.list())?;
        let crl = Crl::parse(&body.bytes).expect("a list");
        let signer = ListSigner { key_id: [3; 32], weaknesses: vec![Weakness::Sha1] };
        body.index(&crl, &signer, &self.key())
    }

    fn open(&self) -> Result<Sealed, IndexError> {
        Sealed::of(&self.list(), &self.key())
    }

    fn mode(&self, path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("ours");
    }
}

fn lists(sealed: &Sealed, serial: &[u8]) -> bool {
    let found = sealed.entries(serial).expect("there");
    CrlEntries::over(&found).flatten().any(|entry| entry.serial_content() == serial)
}

#[test]
fn an_index_answers_as_its_list_would() {
    let cache = Cache::new();
    let sealed = cache.open().expect("it counts");
    assert!(lists(&sealed, &[7]) && lists(&sealed, &[9, 9, 9]) && !lists(&sealed, &[8]));
    let list = sealed.list(Origin("cache".to_owned()));
    assert_eq!((list.signer.key_id, list.frame.entries().count()), ([3; 32], 0));
}

#[test]
fn a_key_that_others_could_read_is_none() {
    let cache = Cache::new();
    let path = cache.state.path().join("cpskit").join("index.key");
    let mode = fs::metadata(&path).expect("a key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    cache.mode(&path, 0o640);
    assert!(matches!(Key::at(&path), Err(IndexError::NotOurs(_))));
}

#[test]
fn another_key_opens_nothing() {
    let cache = Cache::new();
    let other = Key::at(&cache.state.path().join("other.key")).expect("another key");
    assert!(matches!(Sealed::of(&cache.list(), &other), Err(IndexError::Seal)));
}

#[test]
fn an_index_or_a_folder_that_others_may_write_to_counts_for_nothing() {
    let cache = Cache::new();
    cache.mode(&cache.file(), 0o620);
    assert!(matches!(cache.open(), Err(IndexError::NotOurs(_))));
    cache.mode(&cache.file(), 0o600);
    cache.mode(cache.folder.path(), 0o777);
    assert!(matches!(cache.open(), Err(IndexError::NotOurs(_))));
    assert!(matches!(cache.index(), Err(IndexError::NotOurs(_))));
}

#[test]
fn a_list_that_took_the_place_of_another_is_not_the_one_indexed() {
    let cache = Cache::new();
    let new = cache.folder.path().join("new");
    fs::write(&new, LIST).expect("written");
    fs::rename(&new, cache.list()).expect("replaced");
    assert!(matches!(cache.open(), Err(IndexError::OtherList)));
    cache.index().expect("indexed anew");
    assert!(cache.open().is_ok());
}

#[test]
fn a_broken_part_of_an_index_is_asked_of_the_list_itself_while_it_is_the_same() {
    let cache = Cache::new();
    let sealed = cache.open().expect("it counts");
    let mut bytes = fs::read(cache.file()).expect("an index");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    // In place: the index is open.
    fs::write(cache.file(), &bytes).expect("written");
    assert!(lists(&sealed, &[7]) && !lists(&sealed, &[8]));
    fs::write(cache.list(), b"another list").expect("written");
    assert_eq!(sealed.entries(&[7]), Err(LookupError));
}

#[test]
fn two_do_not_write_the_same_index() {
    let cache = Cache::new();
    let lock = File::create(beside(&cache.list(), "index.lock")).expect("a file");
    lock.lock().expect("ours");
    assert!(matches!(cache.index(), Err(IndexError::Busy)));
}
