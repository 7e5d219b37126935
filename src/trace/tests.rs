use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use jiff::Timestamp;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::id::NationalId;

/// A folder with a file of traces to be, and the folder of heads.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("traces")
    }

    fn heads(&self) -> Heads {
        Heads::new(self.0.path().join("state/cpskit/trace"))
    }

    fn journal(&self) -> Journal {
        Journal::new(self.file(), Some(self.heads())).expect("random numbers")
    }

    /// A run of so many signatures, which ends as it should.
    fn run(&self, acts: usize) {
        let journal = self.journal();
        for _ in 0..acts {
            record(&journal, &[act()]).expect("recorded");
        }
        let _ = journal.close(AT).expect("closed");
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.file()).expect("traces")
    }

    fn put(&self, bytes: &[u8]) {
        fs::write(self.file(), bytes).expect("written");
    }
}

const AT: Timestamp = Timestamp::UNIX_EPOCH;

fn act() -> Act {
    let national_id = NationalId::parse("899700100011").ok();
    Act {
        nature: Nature::Emulated,
        actor: Actor { national_id, ..Actor::default() },
        activity: None,
        action: Action::CardSign,
        object: Object { hash: Some("sha256".to_owned()), ..Object::default() },
        fate: Fate::Done,
        code: None,
    }
}

fn record(journal: &Journal, acts: &[Act]) -> Result<(), TraceError> {
    let _ = journal.begin()?.record(AT, acts)?;
    Ok(())
}

fn read(bytes: &[u8]) -> Report {
    verify(BufReader::new(bytes), &[]).expect("memory")
}

/// Whether it passes for what was written.
fn is_whole(bytes: &[u8]) -> bool {
    let report = read(bytes);
    report.flawed.is_none() && report.end != End::Torn
}

/// Two runs, of two acts and of one: the first line of the file, three acts, two ends.
fn two_runs() -> Vec<u8> {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    MADE.get_or_init(other_two_runs).clone()
}

fn other_two_runs() -> Vec<u8> {
    let desk = Desk::new();
    desk.run(2);
    desk.run(1);
    desk.bytes()
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

fn flaw(bytes: &[u8]) -> Option<(u64, Flaw)> {
    read(bytes).flawed.map(|found| (found.line, found.flaw))
}

#[test]
fn runs_append_to_one_chain_that_is_whole() {
    let report = read(&two_runs());
    assert_eq!((report.lines, report.acts, report.open_runs), (6, 3, 0));
    assert_eq!((report.end, report.flawed), (End::Sealed, None));
}

#[test]
fn a_line_says_who_what_and_how_it_ended_and_that_it_is_emulated() {
    let text = String::from_utf8(two_runs()).expect("text");
    let line = text.lines().nth(1).expect("an act");
    let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
    let keys: Vec<&str> =
        value.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "schema", "emulated", "kind", "seq", "at", "run", "actor", "activity", "action",
            "object", "result", "code", "previous", "hash"
        ]
    );
    assert_eq!(value["emulated"], true);
    assert_eq!(value["actor"]["national_id"], "899700100011");
    assert_eq!(value["action"], "card.sign");
    assert_eq!(value["at"], "1970-01-01T00:00:00Z");
}

#[test]
fn a_run_without_an_act_writes_nothing() {
    let desk = Desk::new();
    assert!(desk.journal().close(AT).expect("closed").is_none());
    assert!(!desk.file().exists());
}

#[test]
fn any_removed_doubled_or_swapped_line_shows() {
    let lines = lines(&two_runs());
    for at in 0..lines.len() {
        let mut removed = lines.clone();
        removed.remove(at);
        // The last line is the end of the file: its loss shows by the head that was kept.
        assert_eq!(is_whole(&removed.concat()), at + 1 == lines.len(), "{at}");
        let mut doubled = lines.clone();
        doubled.insert(at, lines[at].clone());
        assert!(!is_whole(&doubled.concat()), "{at}");
        for other in at + 1..lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(at, other);
            assert!(!is_whole(&swapped.concat()), "{at} {other}");
        }
    }
}

#[test]
fn a_file_cut_at_any_byte_is_torn_or_lacks_its_head() {
    let whole = two_runs();
    let head = read(&whole).head.expect("a head");
    for length in 0..whole.len() {
        let report = verify(BufReader::new(&whole[..length]), &[head]).expect("memory");
        assert_eq!(report.flawed, None, "{length}");
        assert_eq!(report.missing, [head], "{length}");
        let at_border = length == 0 || whole[length - 1] == b'\n';
        assert_eq!(report.end == End::Torn, !at_border, "{length}");
    }
}

#[test]
fn a_run_that_was_not_ended_shows_as_open() {
    let lines = lines(&two_runs());
    let report = read(&lines[..5].concat());
    assert_eq!((report.end, report.open_runs), (End::Open, 1));
}

#[test]
fn each_kind_of_tampering_is_named() {
    let lines = lines(&two_runs());
    let text = String::from_utf8(two_runs()).expect("text");
    assert_eq!(flaw(text.replacen("899700", "899701", 1).as_bytes()), Some((2, Flaw::Hash)));
    assert_eq!(flaw(&lines[1..].concat()), Some((1, Flaw::Opening)));
    let sequence = Flaw::Sequence { expected: 1, found: 2 };
    assert_eq!(flaw(&[&lines[..1], &lines[2..]].concat().concat()), Some((2, sequence)));
    assert_eq!(flaw(b"# traces\n"), Some((1, Flaw::Form)));
    let other = self::lines(&other_two_runs());
    assert_eq!(flaw(&[&lines[..2], &other[2..]].concat().concat()), Some((3, Flaw::Previous)));
}

#[test]
fn a_torn_line_is_dropped_by_the_next_run_which_says_so() {
    let desk = Desk::new();
    desk.run(1);
    let whole = desk.bytes();
    for torn in [&b"{\"schema\":\"cpskit.tr"[..], &[0; 40]] {
        desk.put(&[&whole, torn].concat());
        desk.run(1);
        let text = String::from_utf8(desk.bytes()).expect("text");
        assert!(is_whole(text.as_bytes()));
        assert!(text.contains(&format!("\"dropped\":{}", torn.len())), "{text}");
        desk.put(&whole);
        desk.heads()
            .keep(read(&whole).id.expect("an id"), read(&whole).head.expect("a head"))
            .expect("kept");
    }
}

#[test]
fn a_line_that_lacks_only_its_end_is_kept() {
    let desk = Desk::new();
    desk.run(1);
    let whole = desk.bytes();
    desk.put(&whole[..whole.len() - 1]);
    desk.run(1);
    assert!(is_whole(&desk.bytes()));
    assert_eq!(read(&desk.bytes()).acts, 2);
}

#[test]
fn what_was_written_last_from_here_must_be_there_when_more_is_written() {
    let desk = Desk::new();
    desk.run(1);
    let before = desk.bytes();
    desk.run(1);
    let whole = desk.bytes();
    desk.put(&before);
    assert!(matches!(desk.journal().begin(), Err(TraceError::Cut { .. })));
    // Another machine may have gone on.
    desk.put(&whole);
    let elsewhere = Journal::new(desk.file(), None).expect("random numbers");
    record(&elsewhere, &[act()]).expect("recorded");
    desk.run(1);
    assert!(is_whole(&desk.bytes()));
}

#[test]
fn nothing_is_appended_to_what_is_not_a_whole_file_of_traces() {
    let desk = Desk::new();
    desk.run(1);
    let whole = desk.bytes();
    for wrong in [&b"hello\n"[..], b"hello", &whole[10..], &[&whole[..], b"{}\n"].concat()] {
        desk.put(wrong);
        assert!(matches!(desk.journal().begin(), Err(TraceError::Altered { .. })), "{wrong:?}");
        assert_eq!(desk.bytes(), wrong);
    }
}

#[test]
fn programs_append_in_turn() {
    let desk = Desk::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| desk.run(5));
        }
    });
    let report = read(&desk.bytes());
    assert_eq!((report.flawed, report.acts, report.open_runs), (None, 20, 0));
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_only_and_refused_when_others_can_write_it() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    let desk = Desk::new();
    desk.run(1);
    assert_eq!(mode(&desk.file()), 0o600);
    let id = read(&desk.bytes()).id.expect("an id");
    let folder = desk.0.path().join("state/cpskit/trace");
    assert_eq!((mode(&folder), mode(&folder.join(id.to_string()))), (0o700, 0o600));
    fs::set_permissions(desk.file(), fs::Permissions::from_mode(0o620)).expect("changed");
    assert!(matches!(desk.journal().begin(), Err(TraceError::Shared { .. })));
    let folder = Journal::new(desk.0.path().to_owned(), None).expect("random numbers");
    assert!(folder.begin().is_err());
}

#[test]
fn without_a_place_for_heads_that_is_said() {
    let desk = Desk::new();
    let kept = |heads: Option<Heads>| {
        let journal = Journal::new(desk.file(), heads).expect("random numbers");
        journal.begin().expect("begun").record(AT, &[act()]).expect("recorded")
    };
    assert!(matches!(kept(None), Kept::Not(None)));
    let nowhere = desk.file().join("below-a-file");
    assert!(matches!(kept(Some(Heads::new(nowhere))), Kept::Not(Some(_))));
    assert!(matches!(kept(Some(desk.heads())), Kept::Apart));
}

#[test]
fn a_hash_is_lower_case_hexadecimal_and_is_given_back() {
    let text = "0123456789abcdef".repeat(4);
    assert_eq!(Hash::parse(&text).map(|hash| hash.to_string()), Some(text.clone()));
    for wrong in [&text[1..], &text.to_uppercase(), &text.replace('0', "g")] {
        assert_eq!(Hash::parse(wrong), None);
    }
}

proptest! {
    #[test]
    fn any_byte_that_changes_shows(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut bytes = two_runs();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        prop_assert!(!is_whole(&bytes));
    }

    #[test]
    fn any_byte_that_goes_or_comes_shows(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let whole = two_runs();
        let at = at.index(whole.len());
        let mut less = whole.clone();
        less.remove(at);
        prop_assert!(!is_whole(&less));
        let mut more = whole;
        more.insert(at, byte);
        prop_assert!(!is_whole(&more));
    }

    #[test]
    fn nothing_makes_the_reader_panic(bytes in any::<Vec<u8>>()) {
        let report = read(&bytes);
        prop_assert_eq!(report.acts, 0);
    }
}
