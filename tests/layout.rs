//! The shape of the source tree: who may import whom, and how long a file may be.
//!
//! The table is that of `docs/design/architecture.md`. Sources are read as text: comments and strings are blanked, then
//! every path that starts at the crate root (`crate::…`, or a chain of `super` that climbs there) is followed.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room and what it may use. A room that comes later has its row already; one without a row fails.
const TABLE: &[(&str, &[&str])] = &[
    ("id", &[]),
    ("iso7816", &[]),
    ("nomenclature", &[]),
    ("secret", &[]),
    ("x509", &["id", "iso7816", "nomenclature"]),
    ("transport", &["iso7816", "secret"]),
    ("card", &["transport", "iso7816", "id", "nomenclature", "secret", "x509"]),
    ("pki", &["id", "x509"]),
    ("index", &["pki", "x509"]),
    ("net", &["pki::source", "tls"]),
    ("credential", &["card", "secret", "store", "x509"]),
    ("cms", &["credential", "iso7816", "x509"]),
    ("tls", &["credential", "nomenclature", "pki", "x509"]),
    // HTTP over what `tls` opens; it names no TLS library.
    ("web", &["tls", "credential", "secret"]),
    (
        "platform",
        &["credential", "id", "nomenclature", "pki", "secret", "store", "tls", "web", "x509"],
    ),
    ("fleet", &["platform", "id", "nomenclature", "pki", "secret", "x509"]),
    ("form", &["fleet", "id", "platform"]),
    ("store", &["secret", "x509"]),
    ("trace", &["id", "secret"]),
    ("emulate", &["transport", "iso7816", "id", "secret", "tls"]),
    ("cli", &["*"]),
    // The binary: its one door is the command line.
    ("main", &["cli"]),
];

/// The only file that writes to the standard streams.
const PRINTER: &str = "src/cli/output.rs";

/// Longer than this, a file is split.
const LONGEST: usize = 800;

#[test]
fn a_room_uses_only_the_rooms_that_the_table_allows() {
    let breaches: Vec<Use> = uses()
        .into_iter()
        .filter(|found| {
            let row = TABLE.iter().find(|(room, _)| *room == found.room());
            let (_, allowed) = row.unwrap_or(&("", &[]));
            !allowed.iter().any(|allowed| found.is_of(allowed))
        })
        .collect();
    assert!(breaches.is_empty(), "\n{}", lines(&breaches));
}

#[test]
fn every_room_has_a_row_in_the_table() {
    let rooms = sources("src").into_iter().map(|source| source.room().to_owned());
    let unknown: Vec<String> =
        rooms.filter(|room| room != "lib" && TABLE.iter().all(|(row, _)| row != room)).collect();
    assert_eq!(unknown, Vec::<String>::new());
}

#[test]
fn nothing_but_the_binary_imports_the_command_line() {
    let breaches: Vec<Use> =
        uses().into_iter().filter(|found| found.is_of("cli") && found.room() != "main").collect();
    assert!(breaches.is_empty(), "\n{}", lines(&breaches));
}

#[test]
fn the_emulator_never_imports_the_driver() {
    let breaches: Vec<Use> = uses()
        .into_iter()
        .filter(|found| found.room() == "emulate" && found.is_of("card"))
        .collect();
    assert!(breaches.is_empty(), "\n{}", lines(&breaches));
}

#[test]
fn no_file_is_called_mod_rs() {
    let breaches: Vec<PathBuf> =
        everywhere().map(|source| source.path).filter(|path| path.ends_with("mod.rs")).collect();
    assert_eq!(breaches, Vec::<PathBuf>::new());
}

#[test]
fn no_file_but_one_of_tests_is_longer_than_800_lines() {
    let breaches: Vec<String> = everywhere()
        .filter(|source| !source.path.ends_with("tests.rs"))
        .map(|source| (source.text.lines().count(), source.path))
        .filter(|(length, _)| *length > LONGEST)
        .map(|(length, path)| format!("{}: {length} lines", path.display()))
        .collect();
    assert_eq!(breaches, Vec::<String>::new());
}

#[test]
fn only_the_printer_prints() {
    let printing = ["print", "println", "eprint", "eprintln", "dbg"];
    let breaches: Vec<String> = sources("src")
        .iter()
        .filter(|source| source.path != Path::new(PRINTER))
        .flat_map(|source| {
            let tokens = tokens(&source.text);
            let found = tokens.windows(2).filter(|pair| {
                pair[1].text == "!" && printing.iter().any(|name| pair[0].text == *name)
            });
            let say = |pair: &[Token]| {
                format!("{}:{}: {}!", source.path.display(), pair[0].line, pair[0].text)
            };
            found.map(say).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(breaches, Vec::<String>::new());
}

#[test]
fn paths_are_found_through_groups_chains_and_inline_modules_and_not_in_comments_or_strings() {
    let text = r##"
        //! [`crate::comment`] /* crate::comment */
        use crate::{transport, id::{self, Luhn}};
        /* crate::comment /* crate::nested */ crate::comment */
        const A: &str = "crate::string \" crate::string"; const B: &str = r#"crate::"raw"#;
        fn f<'a>(c: char) -> crate::secret::Pin<'a> { let d = '"'; super::super::cli::run(d) }
        use super::file::Bytes;
        mod tests { use super::super::super::x509; use super::*; }
    "##;
    let source = Source { path: "src/card/file.rs".into(), text: text.to_owned() };
    let found: Vec<String> = source
        .uses()
        .iter()
        .map(|found| format!("{} {}", found.line, found.path.join("::")))
        .collect();
    assert_eq!(
        found,
        [
            "3 transport",
            "3 id",
            "3 id::Luhn",
            "6 secret::Pin",
            "6 cli::run",
            "7 card::file::Bytes",
            "8 x509",
            "8 card::file::*",
        ]
    );
}

/// A path from the crate root, where it stands.
struct Use {
    file: PathBuf,
    line: usize,
    path: Vec<String>,
}

impl Use {
    fn room(&self) -> &str {
        room(&self.file)
    }

    /// Whether the path begins with this one, `pki::source`; `*` is every path.
    fn is_of(&self, start: &str) -> bool {
        let start: Vec<&str> = start.split("::").collect();
        start == ["*"] || self.path.get(..start.len()).is_some_and(|path| path == start)
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, path } = self;
        write!(f, "{}:{line}: `{}` uses crate::{}", file.display(), self.room(), path.join("::"))
    }
}

fn lines(uses: &[Use]) -> String {
    uses.iter().map(|found| format!("{found}\n")).collect()
}

/// Every use of another room in `src`. `lib.rs` is the root itself and has none.
fn uses() -> Vec<Use> {
    let sources = sources("src").into_iter().filter(|source| source.room() != "lib");
    let uses = sources.flat_map(|source| source.uses());
    uses.filter(|found| found.path.first().is_none_or(|first| first != found.room())).collect()
}

/// A source file, its path relative to the repository.
struct Source {
    path: PathBuf,
    text: String,
}

fn everywhere() -> impl Iterator<Item = Source> {
    ["src", "tests", "benches"].into_iter().flat_map(sources)
}

/// The Rust files under a folder, in the order of their paths.
fn sources(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("sources are UTF-8");
                let path = path.strip_prefix(root).expect("under the root").to_owned();
                found.push(Source { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The room a file of `src` belongs to: `card` for `src/card.rs` and for all of `src/card/`.
fn room(path: &Path) -> &str {
    let name = path.components().nth(1).and_then(|part| part.as_os_str().to_str());
    name.map_or("", |name| name.trim_end_matches(".rs"))
}

impl Source {
    fn room(&self) -> &str {
        room(&self.path)
    }

    /// The paths that start at the crate root, in order.
    fn uses(&self) -> Vec<Use> {
        let tokens = tokens(&self.text);
        let mut module: Vec<String> = self
            .path
            .with_extension("")
            .iter()
            .skip(1)
            .map(|part| part.to_string_lossy().into_owned())
            .collect();
        // For each open brace, whether it is that of an inline module.
        let mut braces = Vec::new();
        let mut found = Vec::new();
        let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
        for at in 0..tokens.len() {
            let path_goes_on = text(at + 1) == "::";
            let starts = at == 0 || text(at - 1) != "::";
            match text(at) {
                "{" if at >= 2 && text(at - 2) == "mod" => {
                    module.push(text(at - 1).to_owned());
                    braces.push(true);
                }
                "{" => braces.push(false),
                "}" if braces.pop() == Some(true) => {
                    module.pop();
                }
                "crate" | "cpskit" if path_goes_on && starts => {
                    self.follow(&tokens, at + 2, Vec::new(), &mut found);
                }
                "super" if path_goes_on && starts => {
                    let mut base = module.clone();
                    let mut next = at;
                    while text(next) == "super" {
                        base.pop();
                        next += 2;
                    }
                    self.follow(&tokens, next, base, &mut found);
                }
                _ => {}
            }
        }
        found
    }

    /// Follows a path, and each branch of a group; returns the position after it.
    fn follow(
        &self,
        tokens: &[Token],
        mut at: usize,
        mut path: Vec<String>,
        found: &mut Vec<Use>,
    ) -> usize {
        while let Some(token) = tokens.get(at) {
            if token.text == "{" {
                at += 1;
                while tokens.get(at).is_some_and(|token| token.text != "}") {
                    let after = self.follow(tokens, at, path.clone(), found);
                    // Always forwards, over the comma or over what is no path.
                    at = after.max(at + 1);
                    at += usize::from(tokens.get(at).is_some_and(|token| token.text == ","));
                }
                return at + 1;
            }
            if token.text != "self" {
                path.push(token.text.clone());
            }
            at += 1;
            if tokens.get(at).is_none_or(|token| token.text != "::") {
                break;
            }
            at += 1;
        }
        let line = tokens.get(at.saturating_sub(1)).map_or(0, |token| token.line);
        found.push(Use { file: self.path.clone(), line, path });
        at
    }
}

/// A word, `::`, or one other character.
#[derive(Debug)]
struct Token {
    text: String,
    line: usize,
}

/// Cuts Rust into tokens, without comments, strings and character literals.
fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
        let (length, kept) = match first {
            _ if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), false),
            _ if rest.starts_with("/*") => (block_comment(rest), false),
            'r' | 'b' | 'c' | '"' if string(rest).is_some() => {
                (string(rest).unwrap_or(rest.len()), false)
            }
            '\'' => (character(rest), false),
            _ if word > 0 => (word, true),
            _ if rest.starts_with("::") => (2, true),
            _ => (first.len_utf8(), !first.is_whitespace()),
        };
        let (token, after) = rest.split_at(length);
        if kept {
            found.push(Token { text: token.to_owned(), line });
        }
        line += token.matches('\n').count();
        rest = after;
    }
    found
}

/// Length of a block comment; they nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// Length of a string literal of any kind, when one stands here.
fn string(text: &str) -> Option<usize> {
    let body = text.trim_start_matches(['b', 'c']);
    if text.len() - body.len() > 1 {
        return None;
    }
    if let Some(raw) = body.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let inside = raw[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = inside.find(&end).map_or(inside.len(), |at| at + end.len());
        return Some(text.len() - inside.len() + length);
    }
    let inside = body.strip_prefix('"')?;
    Some(text.len() - inside.len() + until(inside, '"'))
}

/// Length of a character literal, or of the quote that starts a lifetime.
fn character(text: &str) -> usize {
    let mut inside = text.chars().skip(1);
    match (inside.next(), inside.next()) {
        (Some('\\'), _) => 1 + until(&text[1..], '\''),
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 1,
    }
}

/// Length up to and with this mark, which a backslash hides.
fn until(text: &str, mark: char) -> usize {
    let mut hidden = false;
    for (at, c) in text.char_indices() {
        if c == mark && !hidden {
            return at + c.len_utf8();
        }
        hidden = c == '\\' && !hidden;
    }
    text.len()
}
