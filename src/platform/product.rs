//! What can be ordered: an offer and one of its usages (platform fact sheet §6).

use std::fmt;
use std::str::FromStr;

/// To whom a certificate belongs, and what it names.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Offer {
    /// A service of a structure, or the structure.
    Org,
    /// A server of a structure, by its FQDN or an e-mail address.
    Serv,
    /// A natural person of a structure.
    Pro,
    /// A health professional. Off unless asked for: what it takes is not published.
    Ps,
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Usage {
    /// Authentication of a person.
    Auth,
    /// TLS client authentication of a service.
    AuthCli,
    /// Confidentiality.
    Conf,
    /// Signature, or the cachet of a structure.
    Sign,
    /// Protected mail of a server.
    Smime,
    /// TLS server; `SSL_SERVEUR` in the forms.
    SslServ,
}

/// An offer with a usage that it has.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Product {
    offer: Offer,
    usage: Usage,
}

/// A field of names, which some products take.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Field {
    /// The service applicatif.
    Service,
    /// DNS names, the first of which is the server's.
    Dns,
    /// An e-mail address.
    Email,
}

/// Why there is no such product.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProductError {
    /// No offer has this name.
    #[error("`{0}` is no offer: ORG, SERV, PRO, PS")]
    Offer(String),
    /// No usage has this name.
    #[error("`{0}` is no usage: AUTH_CLI, SIGN, CONF, SSL_SERV, SMIME, AUTH")]
    Usage(String),
    /// The offer has no such usage.
    #[error("{offer} has no usage {usage}; it has {}", names(*offer))]
    NotOffered {
        /// The offer.
        offer: Offer,
        /// What was asked of it.
        usage: Usage,
    },
}

fn names(offer: Offer) -> String {
    offer.usages().iter().map(|usage| usage.name()).collect::<Vec<_>>().join(", ")
}

impl Offer {
    /// Every offer.
    pub const ALL: [Self; 4] = [Self::Org, Self::Serv, Self::Pro, Self::Ps];

    /// `ORG`, `SERV`, `PRO`, `PS`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Org => "ORG",
            Self::Serv => "SERV",
            Self::Pro => "PRO",
            Self::Ps => "PS",
        }
    }

    /// Its usages. Those of PS are inferred: the list is not published.
    pub fn usages(self) -> &'static [Usage] {
        match self {
            Self::Org => &[Usage::AuthCli, Usage::Sign, Usage::Conf],
            Self::Serv => &[Usage::SslServ, Usage::Smime, Usage::Sign, Usage::Conf],
            Self::Pro | Self::Ps => &[Usage::Auth, Usage::Sign, Usage::Conf],
        }
    }
}

impl Usage {
    /// Every usage.
    pub const ALL: [Self; 6] =
        [Self::AuthCli, Self::Sign, Self::Conf, Self::SslServ, Self::Smime, Self::Auth];

    /// Its name on the platform's screens: `AUTH_CLI`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auth => "AUTH",
            Self::AuthCli => "AUTH_CLI",
            Self::Conf => "CONF",
            Self::Sign => "SIGN",
            Self::Smime => "SMIME",
            Self::SslServ => "SSL_SERV",
        }
    }
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 3] = [Self::Service, Self::Dns, Self::Email];

    /// As typed on a command line, without dashes: `service`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Dns => "dns",
            Self::Email => "email",
        }
    }
}

impl Product {
    /// The product with this offer and this usage.
    ///
    /// # Errors
    /// [`ProductError::NotOffered`].
    pub fn new(offer: Offer, usage: Usage) -> Result<Self, ProductError> {
        if offer.usages().contains(&usage) {
            Ok(Self { offer, usage })
        } else {
            Err(ProductError::NotOffered { offer, usage })
        }
    }

    /// Every product.
    pub fn all() -> impl Iterator<Item = Self> {
        Offer::ALL
            .into_iter()
            .flat_map(|offer| offer.usages().iter().map(move |usage| Self { offer, usage: *usage }))
    }

    /// Its offer.
    pub fn offer(self) -> Offer {
        self.offer
    }

    /// Its usage.
    pub fn usage(self) -> Usage {
        self.usage
    }

    /// The one field of names that it takes, beside the structure (platform fact sheet §6, mostly inferred); none for PS, where
    /// the card says who it is.
    pub fn field(self) -> Option<Field> {
        match (self.offer, self.usage) {
            (Offer::Org, _) => Some(Field::Service),
            (Offer::Serv, Usage::SslServ) => Some(Field::Dns),
            (Offer::Serv | Offer::Pro, _) => Some(Field::Email),
            (Offer::Ps, _) => None,
        }
    }
}

/// In upper case only: it ends in names that are compared octet by octet.
impl FromStr for Offer {
    type Err = ProductError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|offer| offer.name() == text);
        found.ok_or_else(|| ProductError::Offer(text.to_owned()))
    }
}

/// `SSL_SERVEUR`, as the forms write it, is `SSL_SERV`; `S/MIME` is `SMIME`.
impl FromStr for Usage {
    type Err = ProductError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "SSL_SERVEUR" => return Ok(Self::SslServ),
            "S/MIME" => return Ok(Self::Smime),
            _ => {}
        }
        let found = Self::ALL.into_iter().find(|usage| usage.name() == text);
        found.ok_or_else(|| ProductError::Usage(text.to_owned()))
    }
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `ORG AUTH_CLI`.
impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.offer, self.usage)
    }
}
