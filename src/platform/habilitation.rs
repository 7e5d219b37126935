//! What a card may order: for which structure, which offers, inside which perimeter (platform fact sheet §2 and §12.2).

use std::iter;

use jiff::civil::Date;

use super::product::{Field, Product};
use super::rule::{Breach, Rule};
use super::want::{Names, Want};
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

/// Why no habilitation is taken.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChoiceError {
    /// There is none at all.
    #[error("no habilitation is registered for this card")]
    Nothing,
    /// None has the profile that was named.
    #[error("no habilitation is called `{named}`; there is {}", there.join(", "))]
    Unknown {
        /// What was named.
        named: String,
        /// Those there are.
        there: Vec<String>,
    },
    /// Several admit it, and none was named: `--habilitation` says which.
    #[error("several habilitations admit it: {}", .0.join(", "))]
    Several(Vec<String>),
    /// None admits it: for each that was looked at, its profile and the rules that are not kept.
    #[error("{}", refusals(.0))]
    Refused(Vec<(String, Vec<Breach>)>),
}

impl Habilitation {
    /// The one that a want is ordered under: the one that was named, else the only one that admits it.
    ///
    /// # Errors
    /// [`ChoiceError`], also when the one that was named does not admit it.
    pub fn choose<'h>(
        all: &'h [Self],
        named: Option<&str>,
        want: &Want,
    ) -> Result<&'h Self, ChoiceError> {
        let profiles = |of: &[&Self]| of.iter().map(|one| one.profile.clone()).collect::<Vec<_>>();
        let looked_at: Vec<&Self> =
            all.iter().filter(|one| named.is_none_or(|named| one.profile == named)).collect();
        match (named, all.is_empty(), looked_at.is_empty()) {
            (_, true, _) => return Err(ChoiceError::Nothing),
            (Some(named), _, true) => {
                let there = profiles(&all.iter().collect::<Vec<_>>());
                return Err(ChoiceError::Unknown { named: named.to_owned(), there });
            }
            _ => {}
        }
        let (mut admitting, mut refusing) = (Vec::new(), Vec::new());
        for one in looked_at {
            match one.breaches(want) {
                breaches if breaches.is_empty() => admitting.push(one),
                breaches => refusing.push((one.profile.clone(), breaches)),
            }
        }
        match admitting[..] {
            [one] => Ok(one),
            [] => Err(ChoiceError::Refused(refusing)),
            _ => Err(ChoiceError::Several(profiles(&admitting))),
        }
    }

    /// Every rule of this habilitation that a want does not keep: structure, offer, usage, perimeter. None when it may be ordered.
    pub fn breaches(&self, want: &Want) -> Vec<Breach> {
        let mut breaches = Vec::new();
        if self.structure != want.structure {
            let message = format!(
                "the structure {} is not that of the habilitation {}, {}",
                want.structure, self.profile, self.structure
            );
            breaches.push(Rule::HabilitationStructure.broken("structure", message));
        }
        if !self.products.contains(&want.product) {
            let offered = self.products.iter().any(|one| one.offer() == want.product.offer());
            let field = if offered { "usage" } else { "offer" };
            let message = format!("the habilitation {} admits no {}", self.profile, want.product);
            breaches.push(Rule::HabilitationProduct.broken(field, message));
        }
        breaches.extend(self.perimeter.breaches(&self.profile, &want.names));
        breaches
    }
}

impl Perimeter {
    /// Whether a server may have this name: a domain, one under it, or one of the servers; in any case.
    pub fn admits_server(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let under = |domain: &String| {
            let domain = written(domain);
            name.strip_suffix(&domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
                && !domain.is_empty()
        };
        self.domains.iter().any(under) || self.servers.iter().any(|server| written(server) == name)
    }

    /// Whether an address may be of this domain: one of the mail domains, and none under them; in any case.
    pub fn admits_mail_domain(&self, domain: &str) -> bool {
        let domain = domain.to_ascii_lowercase();
        self.mail_domains
            .iter()
            .map(|admitted| written(admitted))
            .any(|admitted| admitted.strip_prefix('@').unwrap_or(&admitted) == domain)
    }

    fn breaches(&self, profile: &str, names: &Names) -> Vec<Breach> {
        match names {
            Names::Server { fqdn, others } => {
                let outside =
                    iter::once(fqdn).chain(others).filter(|name| !self.admits_server(name));
                let said = outside.map(|name| {
                    let message = format!(
                        "the DNS name `{name}` is outside the perimeter of the habilitation {profile}: {}",
                        listed(&[&self.domains, &self.servers])
                    );
                    Rule::PerimeterDns.broken_in(Field::Dns, message)
                });
                said.collect()
            }
            Names::Mailbox(address) => {
                let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
                if self.admits_mail_domain(domain) {
                    return Vec::new();
                }
                let message = format!(
                    "the e-mail address `{address}` is outside the mail domains of the habilitation {profile}: {}",
                    listed(&[&self.mail_domains])
                );
                vec![Rule::PerimeterEmail.broken_in(Field::Email, message)]
            }
            Names::Service(_) | Names::Holder => Vec::new(),
        }
    }
}

/// A name of a perimeter as names are compared. Perimeters are typed by people, on a form.
fn written(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    name.strip_suffix('.').map(str::to_owned).unwrap_or(name)
}

fn listed(names: &[&[String]]) -> String {
    match names.concat() {
        names if names.is_empty() => "it has none".to_owned(),
        names => names.join(", "),
    }
}

fn refusals(refusing: &[(String, Vec<Breach>)]) -> String {
    let breaches = refusing.iter().flat_map(|(_, breaches)| breaches);
    breaches.map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
