//! Which edition a blank is: a fingerprint of its fields, and what differs from the edition that is known.
//!
//! The fingerprint is the SHA-256 of one line a field, `name TAB type TAB limit`, the lines sorted. It covers what the fact
//! sheet tells: a name that the sheet cuts short is written with `…`, and a type or a limit that it does not tell as `*`, for
//! the table and for the blank alike. Push buttons hold nothing and do not count.

use std::collections::BTreeSet;
use std::fmt;

use sha2::{Digest, Sha256};

use super::field::{Field, Name, Slot};
use crate::form::acroform::{Found, Kind};

/// A SHA-256 over the fields of a form.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fingerprint([u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// One thing in which a blank is not the edition that is known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Difference {
    /// It has no such field.
    Missing {
        /// As the table has it.
        name: Name,
    },
    /// It has a field that the table has not.
    Added {
        /// As the blank has it.
        name: String,
        /// Its type.
        kind: Kind,
    },
    /// The field is of another type.
    OtherKind {
        /// As the blank has it.
        name: String,
        /// In the table.
        expected: Kind,
        /// In the blank.
        found: Kind,
    },
    /// The field takes another number of characters.
    OtherLimit {
        /// As the blank has it.
        name: String,
        /// In the table.
        expected: u32,
        /// In the blank.
        found: Option<u32>,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name } => write!(f, "missing: `{}`", name.shown()),
            Self::Added { name, kind } => write!(f, "added: `{name}` ({kind})"),
            Self::OtherKind { name, expected, found } => {
                write!(f, "other type: `{name}` is a {found}, not a {expected}")
            }
            Self::OtherLimit { name, expected, found } => {
                let found = found.map_or("any number of".to_owned(), |limit| limit.to_string());
                write!(f, "other limit: `{name}` takes {found} characters, not {expected}")
            }
        }
    }
}

/// The blank is not an edition that is known.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("this edition of the form is not known (fingerprint {fingerprint}, known: {known})")]
pub struct Unknown {
    /// Of the blank.
    pub fingerprint: Fingerprint,
    /// Of the edition that is known.
    pub known: Fingerprint,
    /// What differs, in the order of the table, then what was added.
    pub differences: Vec<Difference>,
}

/// A blank whose edition is known: what its fields are called in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Edition {
    /// Of the blank, and of the table.
    pub fingerprint: Fingerprint,
    names: Vec<(Slot, String)>,
}

impl Edition {
    /// Recognises a blank by its fields.
    ///
    /// # Errors
    /// [`Unknown`], with everything that differs.
    pub fn recognise(table: &[Field], found: &[Found]) -> Result<Self, Unknown> {
        let found: Vec<&Found> =
            found.iter().filter(|found| found.kind != Kind::PushButton).collect();
        let mut taken = BTreeSet::new();
        let mut names = Vec::new();
        let mut lines = Vec::new();
        let mut differences = Vec::new();
        for field in table {
            let place = found
                .iter()
                .enumerate()
                .find(|(at, found)| !taken.contains(at) && field.name.is_of(&found.name));
            let Some((at, found)) = place else {
                differences.push(Difference::Missing { name: field.name.clone() });
                continue;
            };
            taken.insert(at);
            let kind = field.kind.map(|_| found.kind);
            let limit = field.limit.map(|_| found.limit);
            lines.push(line(&field.name.shown(), kind, limit));
            let name = found.name.clone();
            match (field.kind, field.limit) {
                (Some(expected), _) if expected != found.kind => {
                    differences.push(Difference::OtherKind { name, expected, found: found.kind });
                }
                (_, Some(expected)) if found.limit != Some(expected) => {
                    differences.push(Difference::OtherLimit { name, expected, found: found.limit });
                }
                _ => names.push((field.slot, name)),
            }
        }
        let added = found.iter().enumerate().filter(|(at, _)| !taken.contains(at));
        for (_, found) in added {
            lines.push(line(&found.name, Some(found.kind), Some(found.limit)));
            differences.push(Difference::Added { name: found.name.clone(), kind: found.kind });
        }
        let fingerprint = hash(lines);
        match differences.is_empty() {
            true => Ok(Self { fingerprint, names }),
            false => Err(Unknown { fingerprint, known: known(table), differences }),
        }
    }

    /// What a field is called in the blank.
    pub fn name(&self, slot: Slot) -> Option<&str> {
        let found = self.names.iter().find(|(known, _)| *known == slot);
        found.map(|(_, name)| name.as_str())
    }
}

/// The fingerprint of the edition that a table describes.
pub fn known(table: &[Field]) -> Fingerprint {
    hash(
        table
            .iter()
            .map(|field| line(&field.name.shown(), field.kind, field.limit.map(Some)))
            .collect(),
    )
}

fn line(name: &str, kind: Option<Kind>, limit: Option<Option<u32>>) -> String {
    let kind = kind.map_or("*", Kind::name);
    let limit = match limit {
        None => "*".to_owned(),
        Some(None) => "none".to_owned(),
        Some(Some(limit)) => limit.to_string(),
    };
    format!("{name}\t{kind}\t{limit}")
}

fn hash(mut lines: Vec<String>) -> Fingerprint {
    lines.sort();
    Fingerprint(Sha256::digest(lines.join("\n").as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::f414::field::fields;

    fn blank(table: &[Field]) -> Vec<Found> {
        let found = |field: &Field| Found {
            name: field.name.shown(),
            kind: field.kind.unwrap_or(Kind::Text),
            limit: field.limit,
        };
        table.iter().map(found).collect()
    }

    #[test]
    fn a_blank_with_the_fields_of_the_table_in_any_order_is_the_known_edition() {
        let table = fields();
        let mut found = blank(&table);
        found.reverse();
        found.push(Found { name: "Imprimer".to_owned(), kind: Kind::PushButton, limit: None });
        let edition = Edition::recognise(&table, &found).expect("it is known");
        assert_eq!(edition.fingerprint, known(&table));
        assert_eq!(edition.name(Slot::StructureSiret), Some("N SIRET"));
    }

    #[test]
    fn everything_that_differs_is_told() {
        let mut table = fields();
        table.truncate(3);
        table[0].limit = Some(40);
        let mut found = blank(&table);
        found[0].limit = None;
        found[1].kind = Kind::CheckBox;
        found[2].name = "N FINESS".to_owned();
        let unknown = Edition::recognise(&table, &found).expect_err("it is another");
        let told: Vec<String> = unknown.differences.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "other limit: `Dénomination de la structure` takes any number of characters, not 40",
                "other type: `Mention complémentaire` is a check box, not a text field",
                "missing: `(uniquement pour les structures prenant en charge des patients/usagers)`",
                "added: `N FINESS` (text field)",
            ]
        );
        assert_ne!(unknown.fingerprint, unknown.known);
    }
}
