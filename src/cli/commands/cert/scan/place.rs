//! What the place of a file says: its names, and who may read it.

use std::fs;
use std::path::{Component, Path};

/// What the names of a path say it is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Purpose {
    /// Nothing is said, or both.
    Unsaid,
    Production,
    Test,
}

const PRODUCTION: [&str; 2] = ["prod", "production"];
const TEST: [&str; 11] = [
    "dev",
    "development",
    "integration",
    "preprod",
    "preproduction",
    "qualif",
    "qualification",
    "recette",
    "staging",
    "test",
    "tests",
];
const TRUST: [&str; 15] = [
    "ac",
    "anchor",
    "anchors",
    "authorities",
    "ca",
    "cacert",
    "cacerts",
    "cas",
    "certauth",
    "root",
    "roots",
    "trust",
    "trusted",
    "truststore",
    "truststores",
];

impl Purpose {
    /// Words of the path, the deepest name that says something first.
    pub(super) fn of(path: &str) -> Self {
        let names: Vec<Vec<String>> = Path::new(path)
            .components()
            .filter(|part| matches!(part, Component::Normal(_)))
            .map(|part| words(&part.as_os_str().to_string_lossy()))
            .collect();
        for words in names.iter().rev() {
            let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
            match (has(&PRODUCTION), has(&TEST)) {
                // `pre-prod` and `non_prod` are not production.
                (true, _) if words.iter().any(|word| matches!(&word[..], "pre" | "non" | "no")) => {
                    return Self::Test;
                }
                (true, true) => return Self::Unsaid,
                (true, false) => return Self::Production,
                (false, true) => return Self::Test,
                (false, false) => {}
            }
        }
        Self::Unsaid
    }
}

/// Whether the name of a file, or of the folder it is in, says that what it holds is trusted.
pub(super) fn is_of_trust(path: &str) -> bool {
    let path = Path::new(path);
    let names = [path.file_name(), path.parent().and_then(Path::file_name)];
    names.into_iter().flatten().any(|name| {
        words(&name.to_string_lossy()).iter().any(|word| TRUST.contains(&word.as_str()))
    })
}

/// The words of a name, lower-case: `Prod-Server.p12` is `prod`, `server`, `p`; a change of case begins a word, as in
/// `trustStore`, and both the whole and its parts count.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    for whole in name.split(|c: char| !c.is_alphanumeric()) {
        let letters: Vec<char> = whole.chars().collect();
        let mut word = String::new();
        for (at, letter) in letters.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|before| letters.get(before));
            let begins = before.is_some_and(|before| {
                (before.is_lowercase() && letter.is_uppercase())
                    || (before.is_alphabetic() && letter.is_numeric())
                    || (before.is_numeric() && letter.is_alphabetic())
            });
            if begins {
                words.push(std::mem::take(&mut word));
            }
            word.extend(letter.to_lowercase());
        }
        words.push(word);
        words.push(whole.to_lowercase());
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Who may read a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Access {
    /// Its owner only.
    Owner,
    /// Others too, with this mode.
    Others(u32),
    /// There is no mode: standard input, or another system than Unix.
    Unknown,
}

impl Access {
    #[cfg(unix)]
    pub(super) fn of(path: &str) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file);
        match metadata.map(|metadata| metadata.permissions().mode() & 0o777) {
            None => Self::Unknown,
            Some(mode) if mode & 0o077 == 0 => Self::Owner,
            Some(mode) => Self::Others(mode),
        }
    }

    #[cfg(not(unix))]
    pub(super) fn of(_path: &str) -> Self {
        Self::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_by_the_words_of_its_names() {
        for (path, purpose) in [
            ("/srv/prod/server.pem", Purpose::Production),
            ("conf/Production-2026/server.pem", Purpose::Production),
            ("server.prod.p12", Purpose::Production),
            ("serverProd.p12", Purpose::Production),
            ("prod1/server.pem", Purpose::Production),
            ("product/server.pem", Purpose::Unsaid),
            ("reproduction/server.pem", Purpose::Unsaid),
            ("test/server.pem", Purpose::Test),
            ("preprod/server.pem", Purpose::Test),
            ("pre-prod/server.pem", Purpose::Test),
            ("contest/server.pem", Purpose::Unsaid),
            ("test/prod/server.pem", Purpose::Production),
            ("prod/test/server.pem", Purpose::Test),
            ("prod-test/server.pem", Purpose::Unsaid),
            ("-", Purpose::Unsaid),
        ] {
            assert_eq!(Purpose::of(path), purpose, "{path}");
        }
    }

    #[test]
    fn a_place_of_trust_is_told_by_the_words_of_its_names() {
        for path in
            ["ca.pem", "etc/ssl/trust/x.pem", "trustStore.jks", "my-ca-bundle.crt", "CA2.pem"]
        {
            assert!(is_of_trust(path), "{path}");
        }
        for path in ["server.pem", "cards/x.pem", "trust/deep/x.pem", "certificate.pem"] {
            assert!(!is_of_trust(path), "{path}");
        }
    }
}
