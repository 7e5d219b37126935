//! Habilitations as a person writes them down from the platform's screens: a TOML file with one table each.

use serde::Deserialize;

use crate::id::StructureId;
use crate::platform::habilitation::{Habilitation, Perimeter};
use crate::platform::product::Product;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    habilitation: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    profile: String,
    structure: String,
    name: Option<String>,
    products: Vec<String>,
    #[serde(default)]
    domains: Vec<String>,
    #[serde(default)]
    servers: Vec<String>,
    #[serde(default)]
    mail_domains: Vec<String>,
    card: Option<String>,
}

/// Why a file of habilitations is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordedError {
    /// It is not this TOML.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A structure is none.
    #[error("the habilitation {profile}: {cause}")]
    Structure {
        /// Of which habilitation.
        profile: String,
        /// Why.
        #[source]
        cause: crate::id::IdError,
    },
    /// A product is not an offer and a usage.
    #[error(
        "the habilitation {profile}: `{found}` is not an offer and its usage, as `ORG AUTH_CLI`"
    )]
    Product {
        /// Of which habilitation.
        profile: String,
        /// What stands there.
        found: String,
    },
}

/// Reads such a file.
///
/// # Errors
/// [`RecordedError`].
pub fn recorded(text: &str) -> Result<Vec<Habilitation>, RecordedError> {
    let file: File = toml::from_str(text)?;
    file.habilitation.into_iter().map(habilitation).collect()
}

fn habilitation(entry: Entry) -> Result<Habilitation, RecordedError> {
    let Entry { profile, structure, name, products, domains, servers, mail_domains, card } = entry;
    let structure = StructureId::parse(&structure)
        .map_err(|cause| RecordedError::Structure { profile: profile.clone(), cause })?;
    let product = |text: &String| {
        let found = text
            .split_once(' ')
            .and_then(|(offer, usage)| Product::new(offer.parse().ok()?, usage.parse().ok()?).ok());
        found
            .ok_or_else(|| RecordedError::Product { profile: profile.clone(), found: text.clone() })
    };
    let products = products.iter().map(product).collect::<Result<_, _>>()?;
    Ok(Habilitation {
        profile,
        structure,
        name,
        products,
        perimeter: Perimeter { domains, servers, mail_domains },
        card,
        since: None,
    })
}
