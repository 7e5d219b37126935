//! What is wrong with a fleet file, each with its line, and what was probably meant.

use std::fmt;

use crate::platform::want::WantError;

/// Everything that is wrong with a fleet file; at least one thing.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct FleetError(pub Vec<Problem>);

/// One thing that is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// Line of the file, from 1.
    pub line: usize,
    /// What.
    pub kind: ProblemKind,
}

/// What is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// Not TOML, or a value of another type than its key takes.
    Form(String),
    /// A key that is none.
    UnknownKey {
        /// As it stands there.
        key: String,
        /// The keys of its table.
        known: Vec<String>,
        /// The one that was probably meant.
        nearest: Option<String>,
    },
    /// The file's version is not one that is known.
    Version {
        /// As it stands there.
        found: i64,
    },
    /// What must be said once stands twice.
    Duplicate {
        /// Of what: `certificate`, `name`…
        what: &'static str,
        /// What stands twice.
        value: String,
        /// Where it stands first.
        first: usize,
    },
    /// A certificate's structure is not in the file.
    UnknownStructure {
        /// As it stands there.
        id: String,
        /// The one that was probably meant.
        nearest: Option<String>,
    },
    /// A value that its key does not take.
    Value {
        /// The key.
        key: &'static str,
        /// What it takes.
        expected: String,
        /// As it stands there.
        found: String,
    },
    /// A certificate that cannot be ordered.
    Want {
        /// Its name.
        certificate: String,
        /// Why.
        error: WantError,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.kind)
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(message) => f.write_str(message),
            Self::UnknownKey { key, nearest: Some(nearest), .. } => {
                write!(f, "there is no key `{key}` here; did you mean `{nearest}`?")
            }
            Self::UnknownKey { key, known, nearest: None } => {
                write!(f, "there is no key `{key}` here; the keys are {}", known.join(", "))
            }
            Self::Version { found } => write!(
                f,
                "the file is of version {found}, and this cpskit knows {}",
                super::file::VERSION
            ),
            Self::Duplicate { what, value, first } => {
                write!(f, "{what} `{value}` stands on line {first} already")
            }
            Self::UnknownStructure { id, nearest: Some(nearest) } => {
                write!(f, "no structure has the id `{id}`; did you mean `{nearest}`?")
            }
            Self::UnknownStructure { id, nearest: None } => {
                write!(f, "no structure has the id `{id}`: add a `[[structure]]`")
            }
            Self::Value { key, expected, found } => {
                write!(f, "`{key}` is {expected}, and not `{found}`")
            }
            Self::Want { certificate, error } => write!(f, "certificate `{certificate}`: {error}"),
        }
    }
}

/// Of the words known, the one most like this, when one is like it at all.
pub(super) fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<String> {
    let like = |known: &'w str| (strsim::damerau_levenshtein(word, known), known);
    let (distance, found) = known.into_iter().map(like).min()?;
    let near = word.chars().count().max(found.chars().count());
    (distance * 2 < near).then(|| found.to_owned())
}
