use tempfile::TempDir;

use super::*;

const URL: &str = "http://example.fr/a.crl";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("an instant")
}

fn about(url: &str) -> About {
    let etag = Some("\"1\"".to_owned());
    let validators = Validators { etag, last_modified: None };
    About { url: url.to_owned(), validators, fetched_at: at(100), fresh_until: at(200) }
}

fn cache() -> (TempDir, Cache) {
    let home = tempfile::tempdir().expect("a folder");
    let cache = Cache::new(home.path().join("a").join("b"));
    (home, cache)
}

fn keep(cache: &Cache, url: &str, body: &[u8]) -> Entry {
    let mut draft = cache.draft().expect("a draft");
    draft.write_all(body).expect("written");
    cache.keep(draft, about(url)).expect("kept")
}

fn names(cache: &Cache) -> Vec<String> {
    let entries = fs::read_dir(cache.folder()).expect("a folder");
    let name = |entry: io::Result<fs::DirEntry>| entry.expect("an entry").file_name().into_string();
    let mut names: Vec<String> = entries.map(|entry| name(entry).expect("text")).collect();
    names.sort();
    names
}

#[test]
fn what_is_kept_is_found_by_its_address_and_by_no_other() {
    let (_home, cache) = cache();
    assert!(cache.lookup(URL).is_none());
    let kept = keep(&cache, URL, b"list");
    let found = cache.lookup(URL).expect("an entry");
    assert_eq!((found.path(), &found.about), (kept.path(), &about(URL)));
    assert_eq!(found.read().expect("bytes"), b"list");
    assert!(cache.lookup("http://example.fr/b.crl").is_none());
}

#[test]
fn an_entry_is_used_from_its_fetch_until_its_time_is_over() {
    let (_home, cache) = cache();
    let entry = keep(&cache, URL, b"list");
    let fresh = [99, 100, 199, 200].map(|second| entry.is_fresh(at(second)));
    assert_eq!(fresh, [false, true, true, false]);
}

#[test]
fn a_body_that_is_replaced_stays_whole_for_who_holds_it() {
    let (_home, cache) = cache();
    let held = keep(&cache, URL, b"old list");
    keep(&cache, URL, b"new");
    assert_eq!(held.read().expect("bytes"), b"old list");
    assert_eq!(cache.lookup(URL).expect("an entry").read().expect("bytes"), b"new");
}

#[test]
fn a_draft_that_is_dropped_leaves_nothing() {
    let (_home, cache) = cache();
    let mut draft = cache.draft().expect("a draft");
    draft.write_all(b"half").expect("written");
    drop(draft);
    assert_eq!(names(&cache), Vec::<String>::new());
}

#[test]
fn an_entry_is_named_by_the_digest_of_its_address() {
    let (_home, cache) = cache();
    keep(&cache, URL, b"list");
    let key = "7c09124554b9cd3611f0d9e08272e3004463794ad94a272719e003df7e01a0a2";
    assert_eq!(names(&cache), [key.to_owned(), format!("{key}.json"), format!("{key}.lock")]);
}

#[cfg(unix)]
#[test]
fn the_folder_and_its_files_are_for_their_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (_home, cache) = cache();
    keep(&cache, URL, b"list");
    let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(cache.folder()), 0o700);
    for name in names(&cache) {
        assert_eq!(mode(&cache.folder().join(&name)), 0o600, "{name}");
    }
}

#[test]
fn what_is_damaged_or_of_another_address_is_no_entry() {
    let (_home, cache) = cache();
    keep(&cache, URL, b"list");
    let json = cache.path(URL, ".json");
    let whole = fs::read(&json).expect("bytes");
    for length in 0..whole.len() - 2 {
        fs::write(&json, &whole[..length]).expect("written");
        assert!(cache.lookup(URL).is_none(), "{length}");
    }
    let other = serde_json::to_vec(&about("http://other.fr/")).expect("JSON");
    fs::write(&json, other).expect("written");
    assert!(cache.lookup(URL).is_none());
    fs::write(&json, &whole).expect("written");
    assert!(cache.lookup(URL).is_some());
    fs::remove_file(cache.path(URL, "")).expect("removed");
    assert!(cache.lookup(URL).is_none());
}

#[test]
fn what_is_confirmed_keeps_its_body() {
    let (_home, cache) = cache();
    let entry = keep(&cache, URL, b"list");
    let later = About { fetched_at: at(300), fresh_until: at(400), ..about(URL) };
    cache.confirm(entry, later.clone());
    let found = cache.lookup(URL).expect("an entry");
    assert_eq!(found.about, later);
    assert_eq!(found.read().expect("bytes"), b"list");
}

#[test]
fn what_is_forgotten_is_gone() {
    let (_home, cache) = cache();
    keep(&cache, URL, b"list");
    cache.forget(URL).expect("forgotten");
    assert!(cache.lookup(URL).is_none());
}

#[test]
fn writers_that_meet_leave_one_of_their_entries_whole() {
    let (_home, cache) = cache();
    let bodies: Vec<Vec<u8>> = (0..8_u8).map(|byte| vec![byte; 10_000]).collect();
    thread::scope(|scope| {
        for body in &bodies {
            scope.spawn(|| {
                keep(&cache, URL, body);
                let found = cache.lookup(URL).expect("an entry").read().expect("bytes");
                assert!(bodies.contains(&found));
            });
        }
    });
    assert_eq!(names(&cache).len(), 3);
}

#[test]
fn offline_what_was_kept_is_given_with_its_age_and_the_rest_is_an_error() {
    let (_home, cache) = cache();
    keep(&cache, URL, b"list");
    let request = |url: &str| Request { url: url.to_owned(), what: crate::pki::source::What::List };
    let freshness = Freshness::Fallback { fetched_at: at(100), problem: FetchProblem::Offline };
    let expected = Fetched { bytes: b"list".to_vec(), freshness };
    assert_eq!(cache.fetch(&request(URL)), Ok(expected));
    let url = "http://example.fr/b.crl".to_owned();
    let error = FetchError { url: url.clone(), problem: FetchProblem::Offline };
    assert_eq!(cache.fetch(&request(&url)), Err(error));
}
