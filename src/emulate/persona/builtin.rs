//! The personas that come with cpskit.

use super::PersonaError;

macro_rules! personas {
    ($($slug:literal),+ $(,)?) => {
        /// In the order they are shown.
        pub(super) const SLUGS: &[&str] = &[$($slug),+];
        const FILES: &[&str] = &[$(include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"), "/certs-test/cards/", $slug, "/persona.toml"
        ))),+];
    };
}

personas![
    "medecin-cps3",
    "pharmacien-cps4",
    "infirmier-adeli-cps3",
    "cpe-cps3",
    "cde-cps3",
    "cpa-cps4",
    "cpf-cps3",
    "pin-bloque-cps3",
    "opposee-cps3",
    "medecin-cps4",
    "sans-contact-cps3",
];

/// The text of a builtin persona's file.
pub(super) fn toml(slug: &str) -> Result<&'static str, PersonaError> {
    let found = SLUGS.iter().zip(FILES).find(|(name, _)| **name == slug);
    found.map(|(_, text)| *text).ok_or_else(|| PersonaError::Unknown { slug: slug.to_owned() })
}
