//! The test PKI: authorities of the shape of IGC-Santé, under names that nobody can take for the real ones.
//!
//! Names, extensions, critical flags, orders and encodings follow the certificates that IGC-Santé has issued
//! (IGC-Santé fact sheet), with three differences that make confusion impossible: every name says EMULATION, every
//! address is under a reserved name that never resolves, and policies are under an arc reserved for examples.
//!
//! Every key is committed in `certs-test`, public on purpose, and every serial number is derived from names and dates:
//! the same request gives the same bytes, on any machine, at any time. There is no clock here; instants are
//! parameters.
//!
//! ```
//! use cpskit::emulate::igc::{self, Authority, Domain, Gamme, World};
//!
//! let card = igc::committed("medecin-cps3").ok_or("no such persona")?;
//! let issuer = Authority::builtin(World::Test, Gamme::Fort, Domain::Personnes);
//! assert_eq!(issuer.to_string(), "EMULATION TEST AC FORT PERSONNES");
//! assert!(card.signature.is_some() && card.technical.is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod authority;
mod card;
mod certificate;
mod committed;
mod crl;
mod error;
mod extension;
mod holder;
mod key;
mod legacy;
mod list;
mod name;
mod ocsp;
mod period;
mod points;
mod product;

use jiff::Timestamp;

pub use authority::{Authority, Domain, Gamme, World};
pub use card::{CardCertificate, CardCertificates, card_certificates, card_validity};
pub use committed::{committed, list_signer_key, product_key};
pub use crl::{Reason, Revoked, crl};
pub use error::MintError;
pub use key::{PublicKey, TestKey};
pub use legacy::{LegacyAuthority, LegacyProduct, LegacyUse, legacy_certificate};
pub use list::{ListIssuers, ListKinds, ListRequest, ListScope, Place};
pub use ocsp::{
    Answer, NamedBy, Question, Responder, Single, Standing, ocsp_error, ocsp_response,
    responder_certificate,
};
pub use product::{
    Edition, OrganisationProduct, OrganisationRequest, ProfessionalProduct, ProfessionalRequest,
    edited_certificate, organisation_certificate, professional_certificate,
};

/// Makes the certificate of an authority in DER: self-signed for a root, signed by its root for an intermediate.
///
/// [`Authority::certificate`] is the one to use; this makes it, and makes expired or future ones for tests.
///
/// # Errors
/// [`MintError::Period`] and [`MintError::Instant`] refuse the dates.
pub fn authority_certificate(
    authority: Authority,
    not_before: Timestamp,
    not_after: Timestamp,
) -> Result<Vec<u8>, MintError> {
    certificate::authority(authority, period::Period::new(not_before, not_after)?)
}

/// Makes the certificate of [`list_signer_key`]: it signs lists, and nothing else, under the name of EMULATION TEST AC
/// ELEMENTAIRE ORGANISATIONS, and its root certifies it (RFC 5280 §6.3.3(f)).
///
/// # Errors
/// As [`authority_certificate`].
pub fn list_signer_certificate(
    not_before: Timestamp,
    not_after: Timestamp,
) -> Result<Vec<u8>, MintError> {
    let authority = Authority::builtin(World::Test, Gamme::Elementaire, Domain::Organisations);
    let validity = period::Period::new(not_before, not_after)?;
    certificate::list_signer(authority, &list_signer_key().public()?, validity)
}
