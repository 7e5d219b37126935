//! What a certificate says of its holder, on a card or in software: subject and extensions
//! (IGC-Santé fact sheet §5 and §6).

use x509_cert::ext::Extension;
use x509_cert::name::Name;

use super::MintError;
use super::extension;
use super::name::{Attribute, name};
use crate::emulate::persona::{HolderSpec, StructureSpec};

/// `C=FR / ST / O / OU`, the raison sociale cut at 40 characters as IGC-Santé does.
pub(super) fn structure_rdns(structure: &StructureSpec) -> Vec<Vec<(Attribute, &str)>> {
    let cut = structure.name.char_indices().nth(40).map_or(structure.name.len(), |(at, _)| at);
    vec![
        vec![(Attribute::Country, "FR")],
        vec![(Attribute::State, structure.department.as_str())],
        vec![(Attribute::Organisation, &structure.name[..cut])],
        vec![(Attribute::Unit, structure.id.as_str())],
    ]
}

/// `C=FR / title / GN+CN+SN`: cards of professionals and their software certificates.
pub(super) fn professional_subject(holder: &HolderSpec) -> Result<Name, MintError> {
    let title = holder.title.as_deref().ok_or(MintError::Missing { field: "holder.title" })?;
    name([vec![(Attribute::Country, "FR")], vec![(Attribute::Title, title)], nominative(holder)?])
}

/// Profession (G15) and speciality (R01).
pub(super) fn professional_extensions(holder: &HolderSpec) -> Result<Vec<Extension>, MintError> {
    let profession = decimal("holder.profession", holder.profession.as_deref())?;
    let profession =
        profession.map(|code| extension::private(extension::G15_PROFESSION, &code)).transpose()?;
    let speciality = holder.speciality.as_ref();
    let speciality = speciality
        .map(|code| extension::private(extension::R01_SPECIALITY, &vec![code.clone()]))
        .transpose()?;
    Ok(profession.into_iter().chain(speciality).collect())
}

/// The identifier, type digit included: the subject's CN.
pub(super) fn national_id(holder: &HolderSpec) -> Result<&str, MintError> {
    holder.national_id.as_deref().ok_or(MintError::Missing { field: "holder.national_id" })
}

pub(super) fn nominative(holder: &HolderSpec) -> Result<Vec<(Attribute, &str)>, MintError> {
    let surname = surname(holder).ok_or(MintError::Missing { field: "holder.family_name" })?;
    let given = holder.usual_name.as_deref().or(holder.given_names.first().map(String::as_str));
    let given = given.ok_or(MintError::Missing { field: "holder.given_names" })?;
    Ok(vec![
        (Attribute::GivenName, given),
        (Attribute::CommonName, national_id(holder)?),
        (Attribute::Surname, surname),
    ])
}

/// The nom d'exercice where there is one. Inferred: no source says which of the two names a certificate carries.
pub(super) fn surname(holder: &HolderSpec) -> Option<&str> {
    holder.practice_name.as_deref().or(holder.family_name.as_deref())
}

pub(super) fn decimal(field: &'static str, code: Option<&str>) -> Result<Option<u8>, MintError> {
    code.map(|code| code.parse().map_err(|_| wrong(field, code, "a decimal code up to 255")))
        .transpose()
}

pub(super) fn wrong(field: &'static str, value: &str, expected: &'static str) -> MintError {
    MintError::Field { field, value: value.to_owned(), expected }
}
