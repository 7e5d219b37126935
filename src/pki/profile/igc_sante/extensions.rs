//! Which extensions each product has, how critical they are, and what is in those that do not name addresses.

use std::collections::BTreeSet;

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::{Kind, Lint};
use crate::pki::profile::Rule;
use crate::x509::{Extension, GeneralName, Product, PublicKey, Role, oid};

impl Lint<'_> {
    pub(super) fn extensions(&mut self) {
        self.set();
        self.criticality();
        self.constraints();
        self.uses();
        self.identifiers();
        self.alternative_names();
    }

    /// The exact set: what must be there, and what may.
    fn set(&mut self) {
        let found: BTreeSet<&str> =
            self.certificate.extensions().iter().map(|found| found.oid.as_str()).collect();
        let (required, optional) = self.expected();
        let names = |oids: &mut dyn Iterator<Item = &str>| {
            oids.map(|oid| oid::name(oid).unwrap_or(oid)).collect::<Vec<_>>().join(", ")
        };
        let missing = names(&mut required.iter().copied().filter(|oid| !found.contains(oid)));
        self.demand(missing.is_empty(), Rule::ExtensionsMissing, || missing);
        if self.product.is_none() {
            return;
        }
        let known = |oid: &&str| required.contains(oid) || optional.contains(oid);
        let unexpected = names(&mut found.iter().copied().filter(|oid| !known(oid)));
        self.demand(unexpected.is_empty(), Rule::ExtensionsUnexpected, || unexpected);
    }

    fn expected(&self) -> (Vec<&'static str>, Vec<&'static str>) {
        const AUTHORITY: [&str; 5] = [
            oid::BASIC_CONSTRAINTS,
            oid::KEY_USAGE,
            oid::CERTIFICATE_POLICIES,
            oid::SUBJECT_KEY_IDENTIFIER,
            oid::AUTHORITY_KEY_IDENTIFIER,
        ];
        const END_ENTITY: [&str; 5] = [
            oid::EXT_KEY_USAGE,
            oid::CRL_DISTRIBUTION_POINTS,
            oid::FRESHEST_CRL,
            oid::AUTHORITY_INFO_ACCESS,
            oid::CATEGORY,
        ];
        let mut required = AUTHORITY.to_vec();
        let mut optional = Vec::new();
        match self.kind() {
            Kind::Root => return (required, optional),
            Kind::Intermediate => {
                required.push(oid::CRL_DISTRIBUTION_POINTS);
                return (required, optional);
            }
            Kind::EndEntity => required.extend(END_ENTITY),
        }
        match self.product {
            Some(Product::ServSsl) => required.push(oid::SUBJECT_ALT_NAME),
            Some(Product::OrgSign) => required.push(oid::PRIVATE_KEY_USAGE_PERIOD),
            Some(Product::PsAuth | Product::CardAuthentication) => {
                required.push(oid::SUBJECT_ALT_NAME);
            }
            Some(Product::PsSign) => {
                required.push(oid::PRIVATE_KEY_USAGE_PERIOD);
                optional.push(oid::SUBJECT_ALT_NAME);
            }
            Some(Product::CardSignature) => required.push(oid::PRIVATE_KEY_USAGE_PERIOD),
            _ => {}
        }
        let card = [oid::CARD_TYPE, oid::CARD_NUMBER];
        match self.product {
            Some(Product::PsAuth | Product::PsSign) => {
                required.push(oid::PROFESSION);
                optional.extend([oid::SPECIALITIES, oid::SECTORS]);
            }
            Some(Product::CardTechnical) => required.extend(card),
            Some(Product::CardAuthentication | Product::CardSignature) => {
                required.extend(card);
                match self.card_type() {
                    Some("00") => {
                        required.push(oid::PROFESSION);
                        optional.extend([oid::SPECIALITIES, oid::SECTORS]);
                    }
                    Some("01") => {
                        optional.extend([oid::PROFESSION, oid::FUTURE_PROFESSION, oid::SECTORS]);
                    }
                    _ => optional.extend([oid::RESPONSIBILITY, oid::SECTORS]),
                }
            }
            _ => {}
        }
        (required, optional)
    }

    fn criticality(&mut self) {
        let authority = self.kind() != Kind::EndEntity;
        let wanted = |extension: &&Extension| {
            let critical = extension.oid == oid::KEY_USAGE
                || (authority && extension.oid == oid::BASIC_CONSTRAINTS);
            extension.is_critical() == critical
        };
        let wrong: Vec<&str> = self
            .certificate
            .extensions()
            .iter()
            .filter(|extension| !wanted(extension))
            .map(|extension| oid::name(extension.oid.as_str()).unwrap_or(extension.oid.as_str()))
            .collect();
        let wrong = wrong.join(", ");
        self.demand(wrong.is_empty(), Rule::ExtensionsCritical, || wrong);
    }

    fn constraints(&mut self) {
        let Some(extension) = self.certificate.extension(oid::BASIC_CONSTRAINTS) else { return };
        let Ok(Some(constraints)) = self.certificate.basic_constraints() else { return };
        let kept = match self.kind() {
            Kind::EndEntity => extension.value == [0x30, 0],
            Kind::Root => constraints.path_length.is_none(),
            Kind::Intermediate => constraints.path_length == Some(0),
        };
        self.demand(kept, Rule::BasicConstraints, || {
            match (constraints.role, constraints.path_length) {
                (Role::EndEntity, _) => "an end entity".to_owned(),
                (Role::Authority, None) => "an authority, without limit".to_owned(),
                (Role::Authority, Some(most)) => format!("an authority, with {most} below"),
            }
        });
    }

    fn uses(&mut self) {
        let Some(product) = self.product else { return };
        if let Ok(Some(uses)) = self.certificate.key_usage() {
            let kept = uses == product.key_uses().iter().copied().collect();
            self.demand(kept, Rule::KeyUsage, || {
                let names: Vec<_> = uses.iter().map(|found| found.name()).collect();
                format!("{} for {product}", names.join(", "))
            });
        }
        if let Ok(Some(purposes)) = self.certificate.extended_key_usage() {
            let found: BTreeSet<&str> = purposes.iter().map(|found| found.as_str()).collect();
            let kept = found.len() == purposes.len()
                && found == product.purposes().iter().copied().collect();
            self.demand(kept, Rule::ExtendedKeyUsage, || {
                let names: Vec<_> =
                    found.into_iter().map(|found| oid::name(found).unwrap_or(found)).collect();
                format!("{} for {product}", names.join(", "))
            });
        }
    }

    fn identifiers(&mut self) {
        if let Ok(Some(key)) = self.certificate.authority_key_identifier() {
            let alone = key.issuer.is_empty() && key.serial.is_none();
            let kept = alone && key.key.as_ref().is_some_and(|id| id.len() == 20);
            self.demand(kept, Rule::AuthorityKey, String::new);
        }
        let Ok(Some(found)) = self.certificate.subject_key_identifier() else { return };
        let sha1 = |bytes: &[u8]| digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec();
        let spki = self.certificate.spki();
        let of_key = PublicKey::bits(spki).is_ok_and(|bits| found == sha1(bits));
        let kept = of_key || (self.kind() == Kind::EndEntity && found == sha1(spki));
        self.demand(kept, Rule::SubjectKey, String::new);
    }

    fn alternative_names(&mut self) {
        let Ok(Some(names)) = self.certificate.subject_alt_name() else { return };
        match self.product {
            Some(Product::ServSsl) => {
                let hosts = names.iter().all(|name| matches!(name, GeneralName::Dns(_)));
                let first = match names.first() {
                    Some(GeneralName::Dns(host)) => Some(host.as_str()),
                    _ => None,
                };
                let name = self.certificate.subject().first(oid::COMMON_NAME);
                let kept = hosts && name.is_some() && first == name;
                let found = first.unwrap_or_default().to_owned();
                self.demand(kept, Rule::AlternativeDns, || found);
            }
            Some(Product::PsSign) => {
                let kept = matches!(&names[..], [GeneralName::Email(_)]);
                self.demand(kept, Rule::AlternativeEmail, String::new);
            }
            Some(Product::PsAuth | Product::CardAuthentication) => {
                let principal = match &names[..] {
                    [name] => name.user_principal_name(),
                    _ => None,
                };
                match principal {
                    None => self.say(Rule::AlternativePrincipal, String::new()),
                    Some(principal) => self.principal(&principal),
                }
            }
            _ => {}
        }
    }

    /// `8.99700041983@carte-cps.fr`, `5.00000000087098.CPAT0001@carte-cps.fr` or `30B0057881/CPET0002@carte-cps.fr` on
    /// a card (§5.3), an e-mail address in software (§5.2).
    fn principal(&mut self, principal: &str) {
        let (local, domain) = principal.rsplit_once('@').unwrap_or((principal, ""));
        let kept = match (self.product, &self.holder.national_id) {
            (Some(Product::CardAuthentication), Some(id)) => {
                let id = id.as_str();
                let kind: String = id.chars().take(1).collect();
                let dotted = format!("{kind}.{}", id.get(kind.len()..).unwrap_or_default());
                let forms = [id.to_owned(), dotted.replace('/', "."), dotted];
                forms.iter().any(|form| form == local)
                    && (self.is_emulated() || domain == "carte-cps.fr")
            }
            _ => !local.is_empty() && domain.contains('.'),
        };
        self.demand(kept, Rule::PrincipalForm, || principal.to_owned());
    }

    /// The code of table G02.
    pub(super) fn card_type(&self) -> Option<&str> {
        self.holder.card_type.as_ref().map(|code| code.code.as_str())
    }
}
