//! The code tables of the dictionary of CPx cards: French labels for the codes of cards and certificates.
//!
//! Source: DICO-FR.GIP 02.18 of 2020-02-28 (CPx fact sheet §13). Codes newer than that are met on real cards, so
//! an unknown code is never an error: it keeps its text and has no label.

use std::fmt;

mod adeli;
mod billing;
mod card;
mod department;
mod holder;
mod identifier;
mod language;
mod profession;
mod rpps;

/// Writes the enum of tables from one list: name, family (file), title.
macro_rules! tables {
    ($($table:ident $family:ident $title:literal,)*) => {
        /// A code table, named as the dictionary names it. G102 stands apart: [`tariff_zone`].
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum Table {
            $(#[doc = concat!($title, ".")] $table,)*
        }

        impl Table {
            /// Every table but G102.
            pub const ALL: &'static [Self] = &[$(Self::$table,)*];

            /// The title the dictionary gives it, in French.
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$table => $title,)*
                }
            }

            /// Codes and labels, sorted by the bytes of the code.
            pub fn entries(self) -> &'static [(&'static str, &'static str)] {
                match self {
                    $(Self::$table => $family::$table,)*
                }
            }
        }
    };
}

tables! {
    G00 language "Codes langues",
    G01 card "Catégories cartes",
    G02 card "Types de cartes CPS",
    G03 holder "Codes civilité",
    G04 holder "Niveaux de responsabilité",
    G05 profession "Tableaux des Pharmaciens",
    G06 holder "Codes civilité abrégés",
    G07 identifier "Types d'identifiants des structures",
    G08 identifier "Types d'identifiants des personnes",
    G09 department "Codes départements",
    G11 adeli "Natures de qualification ADELI",
    G12 adeli "Spécialités ADELI",
    G13 adeli "Orientations particulières",
    G15 profession "Professions",
    G16 profession "Professions en formation",
    G17 profession "Modes d'exercice",
    G18 adeli "Attributions complémentaires",
    G19 adeli "Secteurs d'activité ADELI",
    G20 adeli "Spécialisations",
    G100 billing "Spécialités Assurance Maladie",
    G101 billing "Codes conventionnels",
    G103 billing "Codes Indemnités kilométriques",
    G104 billing "Codes Agréments",
    G105 billing "Codes zones géographiques",
    R01 rpps "Spécialités RPPS",
    R02 rpps "Secteurs d'activité RPPS",
    R03 rpps "Attributions particulières",
}

impl Table {
    /// The label of a code written as the table writes it (`"10"`, `"SM26"`), or `None` when it has no such code.
    pub fn label(self, code: &str) -> Option<&'static str> {
        let entries = self.entries();
        let index = entries.binary_search_by_key(&code, |(code, _)| code).ok()?;
        Some(entries[index].1)
    }

    /// The code with its label, if it has one here.
    pub fn code(self, code: impl Into<String>) -> Code {
        let code = code.into();
        Code { label: self.label(&code), code }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// A code as it was read, and what the dictionary calls it; `label` is `None` for a code it does not know.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Code {
    /// The code, whole.
    pub code: String,
    /// Its French label.
    pub label: Option<&'static str>,
}

/// The label, or the code itself when it has none.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label.unwrap_or(&self.code))
    }
}

/// The label of a tariff zone (table G102, "Codes zones tarifaires"): two digits that mean something only beside a
/// convention code of table G101. An entry of the dictionary whose convention is `*` holds beside any.
pub fn tariff_zone(zone: &str, convention: &str) -> Option<&'static str> {
    let find = |convention| {
        let key = |(zone, convention, _): &(&'static str, &'static str, _)| (*zone, *convention);
        let index = billing::G102.binary_search_by_key(&(zone, convention), key).ok()?;
        Some(billing::G102[index].2)
    };
    find(convention).or_else(|| find("*"))
}

/// Table G102 whole: zone, convention or `*`, label; sorted.
pub fn tariff_zones() -> &'static [(&'static str, &'static str, &'static str)] {
    billing::G102
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Write;
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn tables_are_sorted_and_hold_each_code_once() {
        for table in Table::ALL {
            let codes: Vec<_> = table.entries().iter().map(|(code, _)| *code).collect();
            let sorted: Vec<_> =
                codes.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
            assert_eq!(codes, sorted, "{table}");
        }
        let zones: Vec<_> = tariff_zones().iter().map(|(zone, of, _)| (*zone, *of)).collect();
        let sorted: Vec<_> = zones.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        assert_eq!(zones, sorted);
    }

    #[test]
    fn every_code_of_every_table_finds_its_own_label() {
        for table in Table::ALL {
            for (code, label) in table.entries() {
                assert_eq!(table.label(code), Some(*label), "{table} {code}");
            }
        }
    }

    #[test]
    fn an_unknown_code_is_kept_without_a_label() {
        assert_eq!(Table::G15.code("10"), Code { code: "10".to_owned(), label: Some("Médecin") });
        assert_eq!(Table::G15.code("77"), Code { code: "77".to_owned(), label: None });
        assert_eq!(Table::G15.code("77").to_string(), "77");
        assert_eq!(Table::R01.label(""), None);
    }

    #[test]
    fn a_tariff_zone_is_read_beside_its_convention() {
        assert_eq!(tariff_zone("30", "1"), Some("Zone C"));
        assert_eq!(tariff_zone("30", "3"), Some("Zone B"));
        assert_eq!(tariff_zone("30", "2"), None);
        assert_eq!(tariff_zone("99", "1"), Some("Non définie"));
        assert_eq!(tariff_zone("99", "*"), Some("Non définie"));
    }

    /// One line of CSV (RFC 4180 without line breaks in a field).
    fn fields(line: &str) -> Vec<String> {
        let mut fields = vec![String::new()];
        let mut quoted = false;
        for character in line.chars() {
            match character {
                '"' => quoted = !quoted,
                ',' if !quoted => fields.push(String::new()),
                other => fields.last_mut().expect("never empty").push(other),
            }
        }
        fields
    }

    #[test]
    fn tables_are_those_of_the_published_dictionary() {
        let facts = std::env::var_os("CPSKIT_FACTS").map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/reference"),
            PathBuf::from,
        );
        let folder = facts.join("codes");
        let Ok(index) = std::fs::read_to_string(folder.join("index.csv")) else {
            writeln!(std::io::stderr(), "skipped: no code tables in {}", folder.display()).ok();
            return;
        };
        let mut seen = 0;
        for line in index.lines().skip(1) {
            let [name, title, _, file] = &fields(line)[..] else { panic!("{line}") };
            let text = std::fs::read_to_string(folder.join(file)).expect(file);
            let mut published: Vec<_> = text.lines().skip(1).map(fields).collect();
            published.sort();
            let ours: Vec<Vec<&str>> = if name == "G102" {
                tariff_zones().iter().map(|(zone, of, label)| vec![*zone, *of, *label]).collect()
            } else {
                let table = Table::ALL.iter().find(|table| table.to_string() == *name);
                let table = table.unwrap_or_else(|| panic!("no table {name}"));
                assert_eq!(table.title(), title);
                table.entries().iter().map(|(code, label)| vec![*code, *label]).collect()
            };
            assert_eq!(ours, published, "{name}");
            seen += 1;
        }
        assert_eq!(seen, Table::ALL.len() + 1);
    }
}
