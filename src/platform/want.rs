//! What somebody wants to have: a product for a structure, and the names that go into it, each kept to the rules of its offer
//! before anything is sent (platform fact sheet §6 and §6.2).

mod mailbox;
mod server;
mod service;
mod structure;

use super::product::{Field, Offer, Product, ProductError};
use super::rule::Rule;
pub use super::rule::{Breach, Confidence};
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
    pub fn parse(typed: &Typed, ps: Ps) -> Result<Self, WantError> {
        let product = typed.product()?;
        let mut breaches = Vec::new();
        if product.offer() == Offer::Ps && ps == Ps::Off {
            let message = "the offer PS is off, for what it takes is not published; `platform_ps = true` in the \
                           configuration turns it on, unverified";
            breaches.push(Rule::OfferPs.broken("offer", message));
        }
        let structure = structure::read(&typed.structure, &mut breaches);
        for field in typed.fields().filter(|field| product.field() != Some(*field)) {
            let takes = match product.field() {
                Some(takes) => format!("{product} takes `{takes}`, and no `{field}`"),
                None => format!("{product} takes no `{field}`"),
            };
            breaches.push(Rule::FieldForeign.broken_in(field, takes));
        }
        let names = match product.field() {
            Some(Field::Service) => service::read(typed.service.as_deref(), &mut breaches),
            Some(Field::Dns) => server::read(&typed.dns, &mut breaches),
            Some(Field::Email) => mailbox::read(product, typed.email.as_deref(), &mut breaches),
            None => Some(Names::Holder),
        };
        match (structure, names) {
            (Some(structure), Some(names)) if breaches.is_empty() => {
                Ok(Self { product, structure, names })
            }
            _ => Err(WantError::Breaches(breaches)),
        }
    }

    /// What is doubtful, and refused by nobody here: a wrong Luhn key, a deprecated type of structure, the offer PS.
    pub fn warnings(&self) -> Vec<Breach> {
        let mut warnings = structure::warnings(&self.structure);
        if self.product.offer() == Offer::Ps {
            let message = "what PS takes is not published: nothing about this order is verified";
            warnings.push(Rule::OfferPs.broken("offer", message));
        }
        warnings
    }

    /// The same for the same certificate wanted twice: product, structure and names, in one order and one case. The case of a
    /// service applicatif and of what stands before the @ tells certificates apart, and is kept.
    pub fn key(&self) -> String {
        let names = match &self.names {
            Names::Service(service) => format!("service:{service}"),
            Names::Server { fqdn, others } => {
                let mut others: Vec<String> =
                    others.iter().map(|name| name.to_ascii_lowercase()).collect();
                others.sort_unstable();
                others.insert(0, fqdn.to_ascii_lowercase());
                format!("dns:{}", others.join(","))
            }
            Names::Mailbox(address) => format!("email:{}", mailbox::in_one_case(address)),
            Names::Holder => "holder".to_owned(),
        };
        format!("{}|{}|{names}", self.product, self.structure)
    }
}

impl Typed {
    /// Offer and usage; the offer's error first.
    fn product(&self) -> Result<Product, ProductError> {
        Product::new(self.offer.parse()?, self.usage.parse()?)
    }

    /// The fields of names that something was typed for.
    fn fields(&self) -> impl Iterator<Item = Field> {
        Field::ALL.into_iter().filter(|field| match field {
            Field::Service => self.service.is_some(),
            Field::Dns => !self.dns.is_empty(),
            Field::Email => self.email.is_some(),
        })
    }
}
