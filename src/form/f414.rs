//! F414: the order of TEST cards (moyens d'identification électronique de test) and the declaration of the administrateurs
//! techniques who may order certificates, in its edition of March 2024 (platform fact sheet §4).
//!
//! Editions move, and two of them carry the same printed date: one is told by the [fingerprint](edition) of its fields.

pub mod catalogue;
pub mod draft;
pub mod edition;
pub mod field;
pub mod request;
pub mod values;

/// The month printed at the foot of the edition that is known.
pub const EDITION: &str = "2024-03";

/// Where the form goes once signed, dated and stamped (platform fact sheet §4).
pub const MAIL: &str = "monserviceclient.developpement@esante.gouv.fr";

/// Where the same can be asked for without the form (platform fact sheet §4).
pub const ONLINE: &str = "https://www.demarches-simplifiees.fr/commencer/f414";

/// Where the ANS publishes the blank form (platform fact sheet §4).
pub const BLANK: &str =
    "https://esante.gouv.fr/sites/default/files/media_entity/documents/F414.pdf";
