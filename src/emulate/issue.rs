//! A persona and its certificates put together: the card as it leaves the issuer.

use jiff::Timestamp;

use super::card::{Certificates, VirtualCard};
use super::igc::{self, MintError};
use super::persona::{Persona, PersonaError};

/// Why a virtual card cannot be issued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// Its certificates cannot be made.
    #[error(transparent)]
    Mint(#[from] MintError),
    /// The persona does not fit a card.
    #[error(transparent)]
    Persona(#[from] PersonaError),
}

/// The card of one of our personas, with the certificates kept in `certs-test`: the same bytes each time, and no key is
/// touched.
///
/// # Errors
/// [`IssueError::Persona`] when there is no such persona.
pub fn builtin(slug: &str) -> Result<VirtualCard, IssueError> {
    let persona = Persona::builtin(slug)?;
    match igc::committed(slug) {
        Some(certificates) => Ok(VirtualCard::new(&persona, &Certificates::from(certificates))?),
        None => dated(&persona),
    }
}

/// The card of any persona, with certificates made now for the dates of the card.
///
/// # Errors
/// [`IssueError`] names the field at fault.
pub fn dated(persona: &Persona) -> Result<VirtualCard, IssueError> {
    let (not_before, not_after) = igc::card_validity(persona)?;
    between(persona, not_before, not_after)
}

/// The card of any persona, with certificates made now for these instants.
///
/// # Errors
/// As [`dated`].
pub fn between(
    persona: &Persona,
    not_before: Timestamp,
    not_after: Timestamp,
) -> Result<VirtualCard, IssueError> {
    let certificates = igc::card_certificates(persona, not_before, not_after)?;
    Ok(VirtualCard::new(persona, &Certificates::from(&certificates))?)
}
