//! What a fleet says for F414, before it is judged.

use std::collections::BTreeMap;

use crate::fleet::{Address, Fleet, FormTable, Structure};
use crate::id::StructureKind;
use crate::platform::product::Offer;
use crate::platform::want::Names;

/// As it was typed in a file: nothing of it is judged.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Draft {
    /// The structure.
    pub structure: DraftAddress,
    /// FINESS, 9 letters or digits.
    pub finess: Option<String>,
    /// SIRET, 14 digits.
    pub siret: Option<String>,
    /// Who asks.
    pub applicant: DraftApplicant,
    /// Where the cards go.
    pub delivery: Option<DraftAddress>,
    /// Cards to order.
    pub cards: Option<DraftCards>,
    /// Certificates that the administrateurs techniques are to order.
    pub certificates: Option<DraftCertificates>,
    /// The cards of administrateurs techniques that there are already.
    pub administrators: Vec<DraftAdministrator>,
    /// What of the fleet does not go onto this form, for people.
    pub left_out: Vec<String>,
}

/// Of several structures none was chosen, or there is none.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{} structures in the file, and `form.structure` names none of them", .known.len())]
pub struct NoStructure {
    /// Their ids.
    pub known: Vec<String>,
}

/// An address as typed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[allow(missing_docs, reason = "each is what its name says")]
pub struct DraftAddress {
    pub name: Option<String>,
    pub complement: Option<String>,
    pub number: Option<String>,
    pub street_type: Option<String>,
    pub street: Option<String>,
    pub postcode: Option<String>,
    pub town: Option<String>,
    pub country: Option<String>,
}

/// Who asks, as typed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[allow(missing_docs, reason = "each is what its name says")]
pub struct DraftApplicant {
    pub family_name: Option<String>,
    pub given_names: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
}

/// Cards to order, as typed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DraftCards {
    /// What the cards are for.
    pub usage: Option<String>,
    /// The project: MSSanté, DMP, INSi, ROR…
    pub project: Option<String>,
    /// Kits.
    pub kits: u32,
    /// Cards and sets by slug, as CPS3.
    pub cps3: BTreeMap<String, u32>,
    /// Cards and sets by slug, as CPS4.
    pub cps4: BTreeMap<String, u32>,
}

/// Certificates, as typed. A line of the form that several names are for has room for one.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DraftCertificates {
    /// What the certificates are for.
    pub usage: Option<String>,
    /// The project.
    pub project: Option<String>,
    /// ORG, any usage.
    pub org: bool,
    /// SERV SSL_SERV: the whole domain.
    pub server_domains: Vec<String>,
    /// SERV SSL_SERV: servers that are in no domain given.
    pub server_names: Vec<String>,
    /// SERV SMIME, SIGN, CONF: domains of mail.
    pub mail_domains: Vec<String>,
    /// PRO: domains of mail.
    pub person_domains: Vec<String>,
}

/// A card of an administrateur technique, as typed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DraftAdministrator {
    /// Its number.
    pub number: String,
    /// CPS, CPF, CDE, CPE, CDA, CPA; absent, it is not looked at.
    pub family: Option<String>,
}

impl Draft {
    /// What a fleet says: the structure that `[form]` names, or the only one; the perimeters of the certificates wanted for
    /// it; the cards that have a number, where `[form]` names none.
    ///
    /// # Errors
    /// [`NoStructure`].
    pub fn of(fleet: &Fleet) -> Result<Self, NoStructure> {
        let form = &fleet.form;
        let structure = match (&form.structure, fleet.structures.as_slice()) {
            (Some(id), _) => fleet.structure(id),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        let structure = structure.ok_or_else(|| NoStructure {
            known: fleet.structures.iter().map(|structure| structure.id.clone()).collect(),
        })?;
        let number = |kind: StructureKind| {
            let identifier = &structure.identifier;
            (identifier.kind() == kind).then(|| identifier.number().to_owned())
        };
        let mut left_out = Vec::new();
        Ok(Self {
            structure: DraftAddress::of_structure(structure),
            finess: structure.finess.clone().or_else(|| number(StructureKind::Finess)),
            siret: structure.siret.clone().or_else(|| number(StructureKind::Siret)),
            applicant: fleet.demandeur.as_ref().map(DraftApplicant::from).unwrap_or_default(),
            delivery: form.delivery.as_ref().map(|delivery| DraftAddress {
                complement: delivery.complement.clone(),
                ..DraftAddress::new(&delivery.name, Some(&delivery.address))
            }),
            cards: DraftCards::of(form),
            certificates: DraftCertificates::of(fleet, structure, &mut left_out),
            administrators: administrators(fleet, &mut left_out),
            left_out,
        })
    }
}

/// Cards that `[form]` names, else those of the fleet that have a number and may serve.
fn administrators(fleet: &Fleet, left_out: &mut Vec<String>) -> Vec<DraftAdministrator> {
    let numbered = fleet.cards.iter().filter_map(|card| Some((card.number.as_ref()?, card)));
    if let Some(named) = &fleet.form.administrators {
        let draft = |number: &String| {
            let card = numbered.clone().find(|(found, _)| found.as_str() == number.trim());
            DraftAdministrator {
                number: number.clone(),
                family: card.and_then(|(_, card)| card.family.clone()),
            }
        };
        return named.iter().map(draft).collect();
    }
    let mut drafts = Vec::new();
    for (number, card) in numbered {
        match card.family.as_deref() {
            Some("CPF") => {
                left_out.push(format!("{number} is a CPF, and not listed in section 5.3"));
            }
            family => drafts.push(DraftAdministrator {
                number: number.to_string(),
                family: family.map(ToOwned::to_owned),
            }),
        }
    }
    drafts
}

impl DraftCards {
    /// None when nothing is ordered.
    fn of(form: &FormTable) -> Option<Self> {
        (form.kits > 0 || !form.cps3.is_empty() || !form.cps4.is_empty()).then(|| Self {
            usage: form.cards_usage.clone(),
            project: form.cards_project.clone(),
            kits: form.kits,
            cps3: form.cps3.clone(),
            cps4: form.cps4.clone(),
        })
    }
}

impl DraftCertificates {
    /// None when the structure wants no certificate that the form has a box for.
    fn of(fleet: &Fleet, structure: &Structure, left_out: &mut Vec<String>) -> Option<Self> {
        let form = &fleet.form;
        let mut draft = Self {
            usage: form.certificates_usage.clone(),
            project: form.certificates_project.clone(),
            ..Self::default()
        };
        let mut any = false;
        for wanted in &fleet.certificates {
            if wanted.want.structure != structure.identifier {
                left_out.push(format!(
                    "certificate `{}` is of another structure: it takes another form",
                    wanted.name
                ));
                continue;
            }
            let domain = |address: &str| address.rsplit('@').next().unwrap_or_default().to_owned();
            match (&wanted.want.names, wanted.want.product.offer()) {
                (Names::Service(_), _) => draft.org = true,
                (Names::Server { fqdn, others }, _) => {
                    for name in std::iter::once(fqdn).chain(others) {
                        match &form.server_domain {
                            Some(domain) if is_inside(name, domain) => {}
                            _ => draft.server_names.push(name.clone()),
                        }
                    }
                    draft.server_domains = form.server_domain.clone().into_iter().collect();
                }
                (Names::Mailbox(address), Offer::Pro) => draft.person_domains.push(domain(address)),
                (Names::Mailbox(address), _) => draft.mail_domains.push(domain(address)),
                (Names::Holder, _) => {
                    left_out
                        .push(format!("certificate `{}`: the form has no box for PS", wanted.name));
                    continue;
                }
            }
            any = true;
        }
        any.then_some(draft)
    }
}

/// Whether a server is in a domain: it is that name, or below it.
fn is_inside(name: &str, domain: &str) -> bool {
    let below = name.to_lowercase();
    let domain = domain.trim().to_lowercase();
    below == domain || below.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.'))
}

impl DraftAddress {
    fn new(name: &str, address: Option<&Address>) -> Self {
        let name = Some(name.to_owned());
        let Some(address) = address else { return Self { name, ..Self::default() } };
        Self {
            name,
            complement: None,
            number: address.number.clone(),
            street_type: address.street_type.clone(),
            street: Some(address.street.clone()),
            postcode: Some(address.postcode.clone()),
            town: Some(address.town.clone()),
            country: address.country.clone(),
        }
    }

    fn of_structure(structure: &Structure) -> Self {
        Self {
            complement: structure.complement.clone(),
            ..Self::new(&structure.name, structure.address.as_ref())
        }
    }
}

impl From<&crate::fleet::Demandeur> for DraftApplicant {
    fn from(person: &crate::fleet::Demandeur) -> Self {
        Self {
            family_name: Some(person.family_name.clone()),
            given_names: Some(person.given_names.clone()),
            phone: Some(person.phone.clone()),
            email: Some(person.email.clone()),
        }
    }
}
