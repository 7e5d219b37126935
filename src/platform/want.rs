//! What somebody wants to have: a product for a structure, and the names that go into it, each kept to the rules of its offer
//! before anything is sent (platform fact sheet §6 and §6.2).

use std::fmt;

use super::product::{Product, ProductError};
use crate::id::StructureId;

/// A certificate that is wanted. It holds together: names of its offer, each of its form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Want {
    /// Offer and usage.
    pub product: Product,
    /// The structure, as it stands in the certificate's OU (struct_IdNat).
    pub structure: StructureId,
    /// What the certificate names.
    pub names: Names,
}

/// What a certificate names, as its offer has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Names {
    /// ORG: CN, 1 to 64 printable characters.
    Service(String),
    /// SERV SSL_SERV: CN and further dNSNames, lower case, ASCII.
    Server {
        /// CN, and the first dNSName.
        fqdn: String,
        /// Beside it; none twice.
        others: Vec<String>,
    },
    /// SERV SMIME, SIGN, CONF and PRO: an e-mail address, its domain in lower case.
    Mailbox(String),
    /// PS: nothing; the card says who it is.
    Holder,
}

/// A want as typed: on a command line, in `fleet.toml`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Typed {
    /// `--offer`.
    pub offer: String,
    /// `--usage`.
    pub usage: String,
    /// `--structure`.
    pub structure: String,
    /// `--service`.
    pub service: Option<String>,
    /// `--dns`, in order.
    pub dns: Vec<String>,
    /// `--email`.
    pub email: Option<String>,
}

/// Whether PS, whose rules are not published, may be ordered.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Ps {
    /// It is refused.
    #[default]
    Off,
    /// The user asked for it.
    On,
}

/// How sure a rule is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Confidence {
    /// In a page, form, repository or certificate of the ANS.
    Official,
    /// In public material of others.
    ThirdParty,
    /// Deduced.
    Inferred,
    /// Ours, for want of a published one.
    Proposed,
}

impl Confidence {
    /// `official`, `third-party`, `inferred`, `proposed`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Official => "official",
            Self::ThirdParty => "third-party",
            Self::Inferred => "inferred",
            Self::Proposed => "proposed",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A rule that is not kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Breach {
    /// Which rule, by a stable code: `platform.name.service.length`.
    pub rule: &'static str,
    /// How sure it is.
    pub confidence: Confidence,
    /// The field, as typed on a command line without dashes: `service`.
    pub field: &'static str,
    /// A sentence with the facts.
    pub message: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (rule {}, {})", self.message, self.rule, self.confidence)
    }
}

/// Why a want is none.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WantError {
    /// There is no such product.
    #[error(transparent)]
    Product(#[from] ProductError),
    /// Rules are not kept; all that are not.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Breaches(Vec<Breach>),
}

impl Want {
    /// Reads what was typed.
    ///
    /// # Errors
    /// [`WantError`]: every rule that is not kept, with its confidence.
    pub fn parse(_typed: &Typed, _ps: Ps) -> Result<Self, WantError> {
        todo!("the rules of names")
    }

    /// The same for the same certificate wanted twice: product, structure and names, in one order and one case.
    pub fn key(&self) -> String {
        todo!()
    }
}
