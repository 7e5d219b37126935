//! What a card may order: for which structure, which offers, inside which perimeter (platform fact sheet §2 and §12.2).

use jiff::civil::Date;

use super::product::Product;
use super::want::{Breach, Want};
use crate::id::StructureId;

/// One habilitation of a card. Several are several profiles.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Habilitation {
    /// By which it is chosen: `--habilitation`.
    pub profile: String,
    /// The structure.
    pub structure: StructureId,
    /// Its raison sociale; not all platforms say.
    pub name: Option<String>,
    /// What may be ordered.
    pub products: Vec<Product>,
    /// Names that certificates may have.
    pub perimeter: Perimeter,
    /// The card it is given to, by its token identifier.
    pub card: Option<String>,
    /// Since when.
    pub since: Option<Date>,
}

/// Names that certificates may have.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Perimeter {
    /// Domains, with all that is under them.
    pub domains: Vec<String>,
    /// Servers, by their whole name.
    pub servers: Vec<String>,
    /// Domains of mail addresses, without those under them.
    pub mail_domains: Vec<String>,
}

/// What an order may rest on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Choice<'h> {
    /// This one.
    One(&'h Habilitation),
    /// Several admit it: the user says which.
    Several,
    /// None admits it.
    None,
}

impl Habilitation {
    /// Every rule of this habilitation that a want does not keep: structure, offer, usage, perimeter. None when it may be ordered.
    pub fn breaches(&self, _want: &Want) -> Vec<Breach> {
        todo!()
    }
}
