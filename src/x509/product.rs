//! Which product of the health PKIs a certificate is, and in which environment it counts (IGC-Santé fact sheet §5, §9
//! and §10).
//!
//! A product is told from the authority, the category, the key's uses and the extensions of cards together; a name
//! alone makes none. Like the issuer's name, all this is a claim: only a signature proves it.

use std::collections::BTreeSet;
use std::fmt;

use super::{
    Certificate, Domain, Gamme, IssuedBy, KeyUse, LegacyPki, Oid, Place, Role, World, oid,
};

/// A product of IGC-Santé, of its emulation, or of a PKI before it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Product {
    /// ORG AUTH_CLI: a service that a structure runs, as a client.
    OrgAuthCli,
    /// ORG CONF: encryption for a structure.
    OrgConf,
    /// ORG SIGN: the seal of a structure. A SERV SIGN looks the same (inferred, IGC-Santé fact sheet §5.1).
    OrgSign,
    /// SERV SSL: a server.
    ServSsl,
    /// PS AUTH: a professional, in software.
    PsAuth,
    /// PS SIGN: the signature of a professional, in software.
    PsSign,
    /// The authentication certificate of a card.
    CardAuthentication,
    /// The signature certificate of a card.
    CardSignature,
    /// The certificate of a card that names no holder; its profile is inferred, none is published.
    CardTechnical,
    /// A root.
    Root(Gamme),
    /// An authority under a root.
    Intermediate(Gamme, Domain),
    /// A product of a PKI before IGC-Santé.
    Legacy(LegacyPki, LegacyProduct),
}

/// What the PKIs before IGC-Santé issued (IGC-Santé fact sheet §9).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum LegacyProduct {
    /// An authority.
    Authority,
    /// Signs the lists of an authority, under its name.
    ListSigner,
    /// A server: class 4.
    Server,
    /// Encryption: class 5.
    Confidentiality,
    /// A front end of the health insurance: class 6.
    FrontEnd,
    /// The authentication certificate of a card.
    CardAuthentication,
    /// The signature certificate of a card.
    CardSignature,
    /// Another.
    Unknown,
}

/// Where a certificate counts, as its issuer's name says.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Environment {
    /// IGC-Santé, production.
    Prod,
    /// IGC-Santé, TEST.
    Test,
    /// IGC-Santé, RECETTE: not TEST, although its authorities have the same CN.
    Recette,
    /// The emulation of this crate: worth nothing.
    Emulated,
    /// A PKI before IGC-Santé: inactive, never trusted by default.
    Legacy,
    /// The TEST side of such a PKI.
    LegacyTest,
}

impl Product {
    /// The product of a certificate; `None` when it is none that is known.
    pub fn of(certificate: &Certificate) -> Option<Self> {
        if let IssuedBy::Legacy { pki, .. } = certificate.issued_by() {
            return Some(Self::Legacy(pki, LegacyProduct::of(certificate, pki)));
        }
        let issuer = Place::named(certificate.issuer())?;
        if is_authority(certificate) {
            let subject = Place::named(certificate.subject())?;
            let own = certificate.subject().raw() == certificate.issuer().raw();
            return match (issuer.domain, subject.domain) {
                (Domain::Racine, Domain::Racine) if own => Some(Self::Root(subject.gamme)),
                (Domain::Racine, Domain::Racine) => None,
                (Domain::Racine, domain) => Some(Self::Intermediate(subject.gamme, domain)),
                _ => None,
            };
        }
        let candidates: &[Self] = match issuer.domain {
            Domain::Racine => &[],
            Domain::Organisations => {
                &[Self::OrgAuthCli, Self::OrgSign, Self::OrgConf, Self::ServSsl]
            }
            Domain::Personnes if !is_of_card(certificate, issuer.gamme) => {
                // With a structure it is a PRO, whose profile nobody published.
                match certificate.subject().first(oid::ORGANIZATION_NAME) {
                    None => &[Self::PsAuth, Self::PsSign],
                    Some(_) => &[],
                }
            }
            Domain::Personnes => match names_a_holder(certificate) {
                true => &[Self::CardAuthentication, Self::CardSignature],
                false => &[Self::CardTechnical],
            },
        };
        let uses = certificate.key_usage().ok().flatten().unwrap_or_default();
        let purposes = certificate.extended_key_usage().ok().flatten().unwrap_or_default();
        let purposes: BTreeSet<&str> = purposes.iter().map(Oid::as_str).collect();
        // What the key is for when both agree; else extKeyUsage, which tells more than keyUsage does.
        let same_purposes =
            |product: &&Self| purposes == product.purposes().iter().copied().collect();
        let same_uses = |product: &&Self| uses == product.key_uses().iter().copied().collect();
        let found = candidates.iter().find(same_purposes);
        found.or_else(|| candidates.iter().find(same_uses)).copied()
    }

    /// As documents spell it: `ORG AUTH_CLI`.
    pub fn name(self) -> &'static str {
        match self {
            Self::OrgAuthCli => "ORG AUTH_CLI",
            Self::OrgConf => "ORG CONF",
            Self::OrgSign => "ORG SIGN",
            Self::ServSsl => "SERV SSL",
            Self::PsAuth => "PS AUTH",
            Self::PsSign => "PS SIGN",
            Self::CardAuthentication => "card authentication",
            Self::CardSignature => "card signature",
            Self::CardTechnical => "card technical",
            Self::Root(_) => "root authority",
            Self::Intermediate(..) => "intermediate authority",
            Self::Legacy(LegacyPki::Cps2bis, product) => match product {
                LegacyProduct::Authority => "IGC-CPS2bis authority",
                LegacyProduct::ListSigner => "IGC-CPS2bis list signer",
                LegacyProduct::Server => "IGC-CPS2bis server",
                LegacyProduct::Confidentiality => "IGC-CPS2bis confidentiality",
                LegacyProduct::FrontEnd => "IGC-CPS2bis front end",
                LegacyProduct::CardAuthentication => "IGC-CPS2bis card authentication",
                LegacyProduct::CardSignature => "IGC-CPS2bis card signature",
                LegacyProduct::Unknown => "IGC-CPS2bis",
            },
            Self::Legacy(LegacyPki::Cps2ter, product) => match product {
                LegacyProduct::Authority => "IGC-CPS2ter authority",
                LegacyProduct::ListSigner => "IGC-CPS2ter list signer",
                LegacyProduct::Server => "IGC-CPS2ter server",
                LegacyProduct::Confidentiality => "IGC-CPS2ter confidentiality",
                LegacyProduct::FrontEnd => "IGC-CPS2ter front end",
                LegacyProduct::CardAuthentication => "IGC-CPS2ter card authentication",
                LegacyProduct::CardSignature => "IGC-CPS2ter card signature",
                LegacyProduct::Unknown => "IGC-CPS2ter",
            },
        }
    }

    /// The exact keyUsage of its profile (IGC-Santé fact sheet §2 and §5); none for what has no known profile.
    pub fn key_uses(self) -> &'static [KeyUse] {
        match self {
            Self::OrgAuthCli | Self::PsAuth | Self::CardAuthentication | Self::CardTechnical => {
                &[KeyUse::DigitalSignature]
            }
            Self::OrgConf => &[KeyUse::KeyEncipherment],
            Self::OrgSign => &[KeyUse::DigitalSignature, KeyUse::NonRepudiation],
            Self::ServSsl => &[KeyUse::DigitalSignature, KeyUse::KeyEncipherment],
            Self::PsSign | Self::CardSignature => &[KeyUse::NonRepudiation],
            Self::Root(_) | Self::Intermediate(..) => &[KeyUse::KeyCertSign, KeyUse::CrlSign],
            Self::Legacy(..) => &[],
        }
    }

    /// The purposes of extKeyUsage in its profile; none where the profile has no extKeyUsage.
    pub fn purposes(self) -> &'static [&'static str] {
        match self {
            Self::OrgAuthCli | Self::CardTechnical => &[oid::CLIENT_AUTH],
            Self::OrgConf => &[oid::EMAIL_PROTECTION, oid::ANY_EXTENDED_KEY_USAGE],
            Self::OrgSign | Self::PsSign | Self::CardSignature => &[oid::EMAIL_PROTECTION],
            Self::ServSsl => &[oid::SERVER_AUTH, oid::CLIENT_AUTH],
            Self::PsAuth | Self::CardAuthentication => &[oid::CLIENT_AUTH, oid::SMARTCARD_LOGON],
            Self::Root(_) | Self::Intermediate(..) | Self::Legacy(..) => &[],
        }
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl LegacyProduct {
    fn of(certificate: &Certificate, pki: LegacyPki) -> Self {
        let uses = certificate.key_usage().ok().flatten().unwrap_or_default();
        if uses.contains(&KeyUse::KeyCertSign) || is_authority(certificate) {
            return Self::Authority;
        }
        if uses.contains(&KeyUse::CrlSign) {
            return Self::ListSigner;
        }
        match pki {
            LegacyPki::Cps2bis => {
                let unit = certificate.issuer().first(oid::ORGANIZATIONAL_UNIT_NAME).unwrap_or("");
                match unit.strip_prefix("AC-CLASSE-").and_then(|class| class.chars().next()) {
                    Some('4') => Self::Server,
                    Some('5') => Self::Confidentiality,
                    Some('6') => Self::FrontEnd,
                    _ => Self::Unknown,
                }
            }
            LegacyPki::Cps2ter if uses.contains(&KeyUse::NonRepudiation) => Self::CardSignature,
            LegacyPki::Cps2ter if uses.contains(&KeyUse::DigitalSignature) => {
                Self::CardAuthentication
            }
            LegacyPki::Cps2ter => Self::Unknown,
        }
    }
}

impl Environment {
    /// As documents spell it: `test`. Both sides of a PKI before IGC-Santé are `legacy`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prod => "prod",
            Self::Test => "test",
            Self::Recette => "recette",
            Self::Emulated => "emulated",
            Self::Legacy | Self::LegacyTest => "legacy",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl IssuedBy {
    /// Where what this authority issues counts; `None` for an authority that is not known.
    pub fn environment(self) -> Option<Environment> {
        Some(match self {
            Self::Emulation => Environment::Emulated,
            Self::IgcSante { world: World::Production, .. } => Environment::Prod,
            Self::IgcSante { world: World::Test, .. } => Environment::Test,
            Self::IgcSante { world: World::Recette, .. } => Environment::Recette,
            Self::Legacy { world: World::Production, .. } => Environment::Legacy,
            Self::Legacy { .. } => Environment::LegacyTest,
            Self::Other => return None,
        })
    }
}

/// What is told from several fields at once.
impl Certificate {
    /// The product it is; `None` when it is none that is known.
    pub fn product(&self) -> Option<Product> {
        Product::of(self)
    }

    /// Where it counts; `None` when its issuer is not known.
    pub fn environment(&self) -> Option<Environment> {
        self.issued_by().environment()
    }
}

fn is_authority(certificate: &Certificate) -> bool {
    let constraints = certificate.basic_constraints().ok().flatten();
    constraints.is_some_and(|constraints| constraints.role == Role::Authority)
}

/// Whether it was put in a card: the category says it, else the extensions of cards, else the range.
fn is_of_card(certificate: &Certificate, gamme: Gamme) -> bool {
    let category = certificate.category().ok().flatten();
    match category.as_ref().map(|category| category.code.as_str()) {
        Some("00" | "80") => true,
        Some("03" | "83") => false,
        _ => {
            let has = |oid| certificate.extension(oid).is_some();
            has(oid::CARD_TYPE) || has(oid::CARD_NUMBER) || gamme != Gamme::Elementaire
        }
    }
}

/// Whether the subject is a person, or the employee that a card without names stands for.
fn names_a_holder(certificate: &Certificate) -> bool {
    let subject = certificate.subject();
    let types = [oid::SURNAME, oid::GIVEN_NAME, oid::PSEUDONYM, oid::TITLE];
    types.into_iter().any(|oid| subject.first(oid).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, attribute, extension, name, sequence};
    use super::*;
    use crate::iso7816::tlv::encode;

    const CLIENT: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 3, 2];
    const EMAIL: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 3, 4];
    const LOGON: &[u8] = &[0x2B, 6, 1, 4, 1, 0x82, 0x37, 0x14, 2, 2];
    const SERVER: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 3, 1];
    const ANY: &[u8] = &[0x55, 0x1D, 37, 0];

    fn dn(parts: &[(u8, &str)]) -> Vec<u8> {
        let rdns: Vec<_> = parts
            .iter()
            .map(|(last, value)| [attribute(&[0x55, 4, *last], 0x0C, value.as_bytes())])
            .collect();
        name(&rdns.iter().map(|rdn| &rdn[..]).collect::<Vec<_>>())
    }

    fn igc(cn: &str) -> Vec<u8> {
        let (asip, siren) = ((10, "ASIP-SANTE"), (11, "0002 187512751"));
        dn(&[(6, "FR"), asip, siren, (11, "IGC-SANTE TEST"), (3, cn)])
    }

    /// Extensions: keyUsage, extKeyUsage, category.
    fn profile(usage: u8, purposes: &[&[u8]], category: Option<u8>) -> Vec<Vec<u8>> {
        let purposes: Vec<_> = purposes.iter().map(|purpose| encode(6, purpose)).collect();
        let mut extensions = vec![
            extension(&[0x55, 0x1D, 15], &[3, 2, 0, usage]),
            extension(&[0x55, 0x1D, 37], &sequence(&purposes)),
        ];
        let oid = [0x2A, 0x81, 0x7A, 1, 0x47, 1, 2, 5];
        extensions.extend(category.map(|byte| extension(&oid, &[4, 1, byte])));
        extensions
    }

    fn certificate(issuer: Vec<u8>, extensions: Vec<Vec<u8>>) -> Certificate {
        Certificate::parse(&Sample { issuer, extensions, ..Sample::default() }.der())
            .expect("whole")
    }

    #[test]
    #[expect(clippy::type_complexity, reason = "the columns of a table")]
    fn a_product_is_told_by_its_issuer_its_category_and_the_uses_of_its_key() {
        let org = "TEST AC IGC-SANTE ELEMENTAIRE ORGANISATIONS";
        let software = "TEST AC IGC-SANTE ELEMENTAIRE PERSONNES";
        let card = "TEST AC IGC-SANTE FORT PERSONNES";
        let cases: [(&str, u8, &[&[u8]], u8, Option<Product>); 11] = [
            (org, 0x80, &[CLIENT], 0x83, Some(Product::OrgAuthCli)),
            (org, 0xC0, &[EMAIL], 0x83, Some(Product::OrgSign)),
            (org, 0x20, &[EMAIL, ANY], 0x83, Some(Product::OrgConf)),
            (org, 0xA0, &[SERVER, CLIENT], 0x83, Some(Product::ServSsl)),
            (software, 0x80, &[CLIENT, LOGON], 0x83, Some(Product::PsAuth)),
            (software, 0x40, &[EMAIL], 0x83, Some(Product::PsSign)),
            (card, 0x80, &[LOGON, CLIENT], 0x80, Some(Product::CardAuthentication)),
            (card, 0x40, &[EMAIL], 0x80, Some(Product::CardSignature)),
            // One of the two is enough, and neither is too little.
            (org, 0x01, &[CLIENT], 0x83, Some(Product::OrgAuthCli)),
            (org, 0xC0, &[LOGON], 0x83, Some(Product::OrgSign)),
            (org, 0x01, &[LOGON], 0x83, None),
        ];
        for (issuer, usage, purposes, category, expected) in cases {
            let certificate = certificate(igc(issuer), profile(usage, purposes, Some(category)));
            assert_eq!(certificate.product(), expected, "{issuer} {usage:02x}");
            assert_eq!(certificate.environment(), Some(Environment::Test));
        }
    }

    #[test]
    fn the_category_then_the_extensions_of_cards_tell_a_card_from_software() {
        let of = |issuer: &str, category, more: &[Vec<u8>]| {
            let extensions = [&profile(0x40, &[EMAIL], category)[..], more].concat();
            certificate(igc(issuer), extensions).product()
        };
        let software = "TEST AC IGC-SANTE ELEMENTAIRE PERSONNES";
        let card = "TEST AC IGC-SANTE FORT PERSONNES";
        let card_type = extension(&[0x2A, 0x81, 0x7A, 1, 0x47, 1, 2, 2], &[2, 1, 0]);
        assert_eq!(of(software, Some(0x80), &[]), Some(Product::CardSignature));
        assert_eq!(of(card, Some(0x03), &[]), Some(Product::PsSign));
        assert_eq!(of(software, None, &[card_type]), Some(Product::CardSignature));
        assert_eq!(of(software, None, &[]), Some(Product::PsSign));
        assert_eq!(of(card, None, &[]), Some(Product::CardSignature));
    }

    #[test]
    fn the_same_profile_under_another_name_is_no_product() {
        let issuer = dn(&[(6, "FR"), (3, "TEST AC IGC-SANTE FORT PERSONNES")]);
        let certificate = certificate(issuer, profile(0x40, &[EMAIL], Some(0x80)));
        assert_eq!((certificate.product(), certificate.environment()), (None, None));
    }

    #[test]
    fn an_authority_is_told_by_its_own_place_and_by_who_signed_it() {
        let root = "TEST AC RACINE IGC-SANTE FORT";
        let own = "TEST AC IGC-SANTE FORT PERSONNES";
        let ca = extension(&[0x55, 0x1D, 19], &[0x30, 3, 1, 1, 0xFF]);
        let of = |issuer: &str, subject: &str| {
            let (issuer, subject) = (igc(issuer), igc(subject));
            let extensions = vec![ca.clone()];
            let der = Sample { issuer, subject, extensions, ..Sample::default() }.der();
            Certificate::parse(&der).expect("whole").product()
        };
        assert_eq!(of(root, root), Some(Product::Root(Gamme::Fort)));
        let intermediate = Product::Intermediate(Gamme::Fort, Domain::Personnes);
        assert_eq!(of(root, own), Some(intermediate));
        assert_eq!(of(own, own), None);
    }

    #[test]
    fn recette_and_legacy_are_environments_of_their_own() {
        let (asip, siren) = ((10, "ASIP-SANTE"), (11, "0002 187512751"));
        let cn = (3, "TEST AC IGC-SANTE FORT PERSONNES");
        let recette = dn(&[(6, "FR"), asip, siren, (11, "IGC-SANTE TEST"), (11, "RECETTE"), cn]);
        let legacy = dn(&[(6, "FR"), (10, "GIP-CPS-TEST"), (11, "AC-CLASSE-4-TEST")]);
        let of = |issuer, profile| {
            let certificate = certificate(issuer, profile);
            (certificate.environment(), certificate.product())
        };
        let signature = profile(0x40, &[EMAIL], Some(0x80));
        assert_eq!(
            of(recette, signature),
            (Some(Environment::Recette), Some(Product::CardSignature))
        );
        let server = Product::Legacy(LegacyPki::Cps2bis, LegacyProduct::Server);
        assert_eq!(
            of(legacy, profile(0xA0, &[SERVER, CLIENT], Some(0x82))),
            (Some(Environment::LegacyTest), Some(server))
        );
    }
}
