//! The structure of an order: a struct_IdNat of table TRE_G07, as it will stand in the OU (platform fact sheet §2.2).

use super::{Breach, Rule};
use crate::id::{LuhnKey, Shape, StructureId, StructureKind};

const FIELD: &str = "structure";

/// An OU has at most 64 characters (RFC 5280 appendix A.1, ub-organizational-unit-name).
const LONGEST: usize = 64;

/// Reads it; says what is wrong.
pub(super) fn read(text: &str, breaches: &mut Vec<Breach>) -> Option<StructureId> {
    if text.is_empty() {
        breaches.push(Rule::StructureAbsent.broken(FIELD, "no structure is given"));
        return None;
    }
    let parsed = match StructureId::parse(text) {
        Ok(parsed) => parsed,
        Err(error) => {
            breaches.push(Rule::StructureForm.broken(FIELD, error.to_string()));
            return None;
        }
    };
    let breach = breach(&parsed);
    let kept = breach.is_none();
    breaches.extend(breach);
    kept.then_some(parsed)
}

/// What is doubtful about one that is read.
pub(super) fn warnings(structure: &StructureId) -> Vec<Breach> {
    let luhn = (structure.luhn() == Some(LuhnKey::Wrong)).then(|| {
        let message = format!("the Luhn key of the structure {structure} is wrong");
        Rule::StructureLuhn.broken(FIELD, message)
    });
    let deprecated = is_deprecated(structure).then(|| {
        let message = format!("the type {} of the structure is deprecated", structure.type_code());
        Rule::StructureDeprecated.broken(FIELD, message)
    });
    luhn.into_iter().chain(deprecated).collect()
}

fn breach(structure: &StructureId) -> Option<Breach> {
    if structure.kind() == StructureKind::Unknown && !is_deprecated(structure) {
        let message = format!(
            "the structure `{structure}` begins with `{}`, which is no type of structure: 0, 1, 2, 3, 4, 40",
            structure.type_code()
        );
        return Some(Rule::StructureType.broken(FIELD, message));
    }
    if structure.as_str().contains(|c: char| c.is_ascii_lowercase()) {
        let capitals = structure.as_str().to_ascii_uppercase();
        let message = format!("the structure `{structure}` is written in capitals: `{capitals}`");
        return Some(Rule::StructureCase.broken(FIELD, message));
    }
    let fits = match structure.is_shaped() {
        Shape::Fits => true,
        // The length of what is deprecated, and of a national identifier (40), is not published.
        _ if is_deprecated(structure) => is_open(structure.number()),
        _ => structure.as_str().strip_prefix("40").is_some_and(is_open),
    };
    let shape = match structure.kind() {
        StructureKind::AdeliOffice => "0 and 11 letters or digits (cabinet ADELI)",
        StructureKind::Finess => "1 and 9 letters or digits (FINESS)",
        StructureKind::Siren => "2 and 9 digits (SIREN)",
        StructureKind::Siret => "3 and 14 digits (SIRET)",
        StructureKind::RppsOffice if structure.as_str().starts_with("40") => {
            "40 and letters or digits (national identifier)"
        }
        StructureKind::RppsOffice => "4 and 14 digits (cabinet RPPS)",
        StructureKind::Unknown => "letters or digits after its type",
    };
    (!fits).then(|| {
        let message = format!("the structure `{structure}` is not {shape}");
        Rule::StructureForm.broken(FIELD, message)
    })
}

/// A number of a length that nobody published.
fn is_open(number: &str) -> bool {
    (1..=LONGEST - 2).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_deprecated(structure: &StructureId) -> bool {
    matches!(structure.type_code(), '5' | '6')
}
