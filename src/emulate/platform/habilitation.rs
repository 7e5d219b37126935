//! Who may order what: habilitations of the cards of our personas, or those of a scenario file.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::product::Product;
use super::refusal::Refusal;
use super::wire::{HabilitationEcrite, OffreEcrite, Perimetres, StructureEcrite};
use crate::emulate::persona::{Persona, StructureSpec};

/// What one holder may order for one structure.
#[derive(Clone, Debug)]
pub struct Habilitation {
    /// Token identifier of a card; `None` for the software certificates of the structure.
    pub card: Option<String>,
    /// By which it is chosen.
    pub profile: String,
    /// The structure.
    pub structure: StructureSpec,
    /// What may be ordered.
    pub products: Vec<Product>,
    /// Domains, with what is under them.
    pub domains: Vec<String>,
    /// Servers, by their whole name.
    pub servers: Vec<String>,
    /// Domains of addresses.
    pub mail_domains: Vec<String>,
    /// Since when.
    pub since: Option<Date>,
}

/// What the emulated platform knows of the world.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Who may order what.
    pub habilitations: Vec<Habilitation>,
    /// Token identifiers of cards that are opposed.
    pub opposed: Vec<String>,
}

/// A scenario that cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// Not TOML, or not of the form.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// An offer or a usage that there is not.
    #[error("`{offre} {usage}` is no product: {}", products())]
    Product {
        /// The offer.
        offre: String,
        /// The usage.
        usage: String,
    },
}

fn products() -> String {
    let names = Product::ALL.map(|product| format!("{} {}", product.name().0, product.name().1));
    names.join(", ")
}

/// The issuer of cards, before their number in a token identifier.
const CARDS: &str = "8025000001";

impl Default for Scenario {
    /// The habilitations of the personas: one for each situation d'exercice, for every product; and one for the software
    /// certificates of a hospital.
    fn default() -> Self {
        let personas = Persona::list().iter().filter_map(|slug| Persona::builtin(slug).ok());
        // Types of cards that an administrateur technique may have (platform fact sheet §2): a CPF is none.
        let personas = personas.filter(|found| found.card.card_type != "01");
        let mut habilitations: Vec<Habilitation> = personas.flat_map(|found| of(&found)).collect();
        let hospital = habilitations.iter().find(|found| found.structure.id == "10B0990001");
        if let Some(hospital) = hospital.cloned() {
            let software = Habilitation { card: None, profile: "LOGICIEL".to_owned(), ..hospital };
            habilitations.push(software);
        }
        Self { habilitations, opposed: Vec::new() }
    }
}

fn of(persona: &Persona) -> Vec<Habilitation> {
    let department = persona.structure.as_ref().map(|found| found.department.as_str());
    let made = |profile: String, name: &str, id: &str, products: &[Product]| Habilitation {
        card: Some(format!("{CARDS}/{}", persona.card.number)),
        profile,
        structure: StructureSpec {
            department: department.unwrap_or("Paris (75)").to_owned(),
            name: name.to_owned(),
            id: id.to_owned(),
        },
        products: products.to_vec(),
        domains: vec!["emulation.invalid".to_owned(), "etablissement.example".to_owned()],
        servers: vec!["serveur.editeur.example".to_owned()],
        mail_domains: vec!["emulation.invalid".to_owned(), "etablissement.example".to_owned()],
        since: persona.card.issued.parse().ok(),
    };
    let mut all: Vec<Habilitation> = persona
        .activities
        .iter()
        .map(|found| {
            let profile = format!("P{}", found.number);
            made(profile, &found.structure_name, &found.structure_id, &Product::ALL)
        })
        .collect();
    // One card has two profiles for the same structure: whoever orders servers must say which.
    if let (Some(structure), true) = (&persona.structure, persona.slug == "cde-cps3") {
        let servers = [Product::ServSslServ, Product::ServSmime];
        let mut second = made("SERVEURS".to_owned(), &structure.name, &structure.id, &servers);
        second.domains = vec!["serveurs.emulation.invalid".to_owned()];
        all.push(second);
    }
    all
}

impl Scenario {
    /// Reads a scenario file; `docs/reference/platform-emulator.md` has its form.
    ///
    /// # Errors
    /// [`ScenarioError`].
    pub fn from_toml(text: &str) -> Result<Self, ScenarioError> {
        let file: File = toml::from_str(text)?;
        let habilitations: Result<_, _> =
            file.habilitation.into_iter().map(Habilitation::try_from).collect();
        Ok(Self { habilitations: habilitations?, opposed: file.opposees })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    opposees: Vec<String>,
    #[serde(default)]
    habilitation: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    carte: Option<String>,
    profil: String,
    structure: String,
    raison_sociale: String,
    #[serde(default = "department")]
    departement: String,
    /// All products when absent.
    offres: Option<BTreeMap<String, Vec<String>>>,
    #[serde(default)]
    domaines: Vec<String>,
    #[serde(default)]
    serveurs: Vec<String>,
    #[serde(default)]
    domaines_mail: Vec<String>,
    valide_depuis: Option<String>,
}

fn department() -> String {
    "Paris (75)".to_owned()
}

impl TryFrom<Entry> for Habilitation {
    type Error = ScenarioError;

    fn try_from(entry: Entry) -> Result<Self, ScenarioError> {
        let products = match entry.offres {
            None => Product::ALL.to_vec(),
            Some(offres) => {
                let pairs = offres.into_iter().flat_map(|(offre, usages)| {
                    usages.into_iter().map(move |usage| (offre.clone(), usage))
                });
                let product = |(offre, usage): (String, String)| {
                    Product::of(&offre, &usage).ok_or(ScenarioError::Product { offre, usage })
                };
                pairs.map(product).collect::<Result<_, _>>()?
            }
        };
        Ok(Self {
            card: entry.carte,
            profile: entry.profil,
            structure: StructureSpec {
                department: entry.departement,
                name: entry.raison_sociale,
                id: entry.structure,
            },
            products,
            domains: entry.domaines,
            servers: entry.serveurs,
            mail_domains: entry.domaines_mail,
            since: entry.valide_depuis.and_then(|date| date.parse().ok()),
        })
    }
}

impl Habilitation {
    /// Refuses the name of a server outside the perimeter.
    pub(super) fn server(&self, name: &str) -> Result<(), Refusal> {
        let name = name.to_ascii_lowercase();
        let under = |domain: &String| {
            let domain = domain.to_ascii_lowercase();
            name == domain || name.ends_with(&format!(".{domain}"))
        };
        let is_server = self.servers.iter().any(|server| server.eq_ignore_ascii_case(&name));
        match is_server || self.domains.iter().any(under) {
            true => Ok(()),
            false => Err(Refusal::Perimeter(name)),
        }
    }

    /// Refuses an address outside the perimeter.
    pub(super) fn address(&self, address: &str) -> Result<(), Refusal> {
        let (_, domain) = address.rsplit_once('@').unwrap_or_default();
        match self.mail_domains.iter().any(|known| known.eq_ignore_ascii_case(domain)) {
            true => Ok(()),
            false => Err(Refusal::Perimeter(address.to_owned())),
        }
    }

    pub(super) fn written(&self) -> HabilitationEcrite<'_> {
        let mut offres: Vec<OffreEcrite> = Vec::new();
        for product in &self.products {
            let (offre, usage) = product.name();
            match offres.iter_mut().find(|found| found.offre == offre) {
                Some(found) => found.usages.push(usage),
                None => offres.push(OffreEcrite { offre, usages: vec![usage] }),
            }
        }
        HabilitationEcrite {
            profil: &self.profile,
            structure: StructureEcrite {
                id_nat: &self.structure.id,
                raison_sociale: &self.structure.name,
            },
            offres,
            perimetres: Perimetres {
                domaines: &self.domains,
                serveurs: &self.servers,
                domaines_mail: &self.mail_domains,
            },
            carte: self.card.as_deref(),
            valide_depuis: self.since,
        }
    }
}
