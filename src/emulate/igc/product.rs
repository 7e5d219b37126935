//! Software certificates: products ORG, SERV, PRO and PS (IGC-Santé fact sheet §5.1, §5.2 and §10; platform fact sheet §6).

use std::net::IpAddr;

use der::asn1::{Ia5String, OctetString};
use jiff::Timestamp;
use x509_cert::ext::pkix::name::GeneralName;

use super::certificate::EndEntity;
use super::extension::{self, Usage};
use super::holder::{national_id, professional_extensions, professional_subject, structure_rdns};
use super::name::{Attribute, name};
use super::period::Period;
use super::points::Points;
use super::{Authority, Domain, Gamme, MintError, PublicKey, World};
use crate::emulate::persona::{HolderSpec, StructureSpec};

/// The products of a structure.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum OrganisationProduct<'a> {
    /// ORG AUTH_CLI: client authentication of a service.
    OrgAuthCli,
    /// ORG CONF: confidentiality.
    OrgConf,
    /// ORG SIGN: the cachet of a structure.
    OrgSign,
    /// SERV SSL: a server, and the names it has beside its CN.
    ServSsl {
        /// Further dNSNames, or iPAddresses where they are written as such; the CN is always the first.
        other_names: &'a [&'a str],
    },
    /// SERV S/MIME: mail of a server; the CN is its address, and its rfc822Name. Inferred: no such certificate is public.
    ServSmime,
    /// SERV SIGN, with the address of SERV S/MIME. Inferred.
    ServSign,
    /// SERV CONF, with the address of SERV S/MIME. Inferred.
    ServConf,
    /// PRO AUTH: a person of the structure, by an address; issued by ELEMENTAIRE PERSONNES. Inferred.
    ProAuth,
    /// PRO SIGN, as PRO AUTH. Inferred.
    ProSign,
    /// PRO CONF, as PRO AUTH. Inferred.
    ProConf,
}

impl OrganisationProduct<'_> {
    /// What its serial number is derived from, and its key usages.
    fn profile(self) -> (&'static str, Usage) {
        match self {
            Self::OrgAuthCli => ("ORG AUTH_CLI", Usage::ClientAuthentication),
            Self::OrgConf => ("ORG CONF", Usage::Confidentiality),
            Self::OrgSign => ("ORG SIGN", Usage::Seal),
            Self::ServSsl { .. } => ("SERV SSL", Usage::Server),
            Self::ServSmime => ("SERV SMIME", Usage::Mail),
            Self::ServSign => ("SERV SIGN", Usage::Seal),
            Self::ServConf => ("SERV CONF", Usage::Confidentiality),
            Self::ProAuth => ("PRO AUTH", Usage::ClientAuthentication),
            Self::ProSign => ("PRO SIGN", Usage::Seal),
            Self::ProConf => ("PRO CONF", Usage::Confidentiality),
        }
    }

    /// What it certifies, which says who issues it.
    fn domain(self) -> Domain {
        match self {
            Self::ProAuth | Self::ProSign | Self::ProConf => Domain::Personnes,
            _ => Domain::Organisations,
        }
    }

    /// subjectAltName, where it has one; the first is the CN.
    fn names(self, common_name: &str) -> Result<Vec<GeneralName>, MintError> {
        let other_names = match self {
            Self::OrgAuthCli | Self::OrgConf | Self::OrgSign => return Ok(Vec::new()),
            Self::ServSsl { other_names } => other_names,
            _ => return Ok(vec![GeneralName::Rfc822Name(Ia5String::new(common_name)?)]),
        };
        let names = [common_name].into_iter().chain(other_names.iter().copied());
        let name = |name: &str| {
            Ok(match name.parse() {
                Ok(IpAddr::V4(address)) => {
                    GeneralName::IpAddress(OctetString::new(address.octets())?)
                }
                Ok(IpAddr::V6(address)) => {
                    GeneralName::IpAddress(OctetString::new(address.octets())?)
                }
                Err(_) => GeneralName::DnsName(Ia5String::new(name)?),
            })
        };
        names.map(name).collect()
    }
}

/// What an emulated platform writes of its own into a certificate.
#[derive(Clone, Copy, Debug)]
pub struct Edition<'a> {
    /// Where lists, OCSP and issuers are: `http://127.0.0.1:PORT`. The nowhere of our authorities when absent.
    pub published: Option<&'a str>,
    /// Product category, table G01; that of the world when absent.
    pub category: Option<u8>,
    /// The number of the order: two orders of the same have two serial numbers.
    pub order: Option<&'a str>,
}

/// What a structure asks for.
#[derive(Clone, Copy, Debug)]
pub struct OrganisationRequest<'a> {
    /// In which hierarchy.
    pub world: World,
    /// Which product.
    pub product: OrganisationProduct<'a>,
    /// For whom.
    pub structure: &'a StructureSpec,
    /// Subject `CN`: a service, or the FQDN of a server.
    pub name: &'a str,
}

/// Makes the certificate of an organisation or server product, issued by ELEMENTAIRE ORGANISATIONS.
///
/// # Errors
/// [`MintError::Der`] or [`MintError::Empty`] when a name cannot be encoded, [`MintError::Period`] and [`MintError::Instant`] for the dates.
pub fn organisation_certificate(
    request: &OrganisationRequest<'_>,
    key: &PublicKey,
    not_before: Timestamp,
    not_after: Timestamp,
) -> Result<Vec<u8>, MintError> {
    let edition = Edition { published: None, category: None, order: None };
    edited_certificate(request, &edition, key, not_before, not_after)
}

/// The same, as an emulated platform issues it.
///
/// # Errors
/// As [`organisation_certificate`].
pub fn edited_certificate(
    request: &OrganisationRequest<'_>,
    edition: &Edition<'_>,
    key: &PublicKey,
    not_before: Timestamp,
    not_after: Timestamp,
) -> Result<Vec<u8>, MintError> {
    let OrganisationRequest { world, product, structure, name: common_name } = *request;
    let validity = Period::new(not_before, not_after)?;
    let (label, usage) = product.profile();
    let category = edition.category.unwrap_or(category(world));
    let mut extensions = vec![extension::category(category)?];
    let names = product.names(common_name)?;
    if !names.is_empty() {
        extensions.push(extension::alternative_names(names)?);
    }
    let mut subject = structure_rdns(structure);
    subject.push(vec![(Attribute::CommonName, common_name)]);
    let issuer = Authority::builtin(world, Gamme::Elementaire, product.domain());
    let entity = EndEntity {
        issuer,
        identity: match edition.order {
            None => format!("{label}/{}/{common_name}", structure.id),
            Some(order) => format!("{label}/{}/{common_name}/{order}", structure.id),
        },
        subject: name(subject)?,
        usage,
        extensions,
    };
    match edition.published {
        None => entity.certificate(key, validity),
        Some(base) => entity.published(&Points::at(base, issuer), key, validity),
    }
}

/// The software products of a professional.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ProfessionalProduct<'a> {
    /// PS AUTH: authentication.
    PsAuth {
        /// The user principal name, an e-mail address.
        principal: &'a str,
    },
    /// PS SIGN: signature of documents.
    PsSign {
        /// rfc822Name, where the holder gave one.
        email: Option<&'a str>,
    },
}

/// What a professional asks for.
#[derive(Clone, Copy, Debug)]
pub struct ProfessionalRequest<'a> {
    /// In which hierarchy.
    pub world: World,
    /// Which product.
    pub product: ProfessionalProduct<'a>,
    /// For whom.
    pub holder: &'a HolderSpec,
}

/// Makes the software certificate of a professional, issued by ELEMENTAIRE PERSONNES.
///
/// # Errors
/// [`MintError::Field`] and [`MintError::Missing`] name what the holder lacks, [`MintError::Empty`] what is empty,
/// [`MintError::Der`] what cannot be encoded; [`MintError::Period`] and [`MintError::Instant`] refuse the dates.
pub fn professional_certificate(
    request: &ProfessionalRequest<'_>,
    key: &PublicKey,
    not_before: Timestamp,
    not_after: Timestamp,
) -> Result<Vec<u8>, MintError> {
    let ProfessionalRequest { world, product, holder } = *request;
    let validity = Period::new(not_before, not_after)?;
    let (label, usage, names) = match product {
        ProfessionalProduct::PsAuth { principal } => {
            ("PS AUTH", Usage::SmartcardLogon, vec![extension::principal_name(principal)?])
        }
        ProfessionalProduct::PsSign { email: None } => ("PS SIGN", Usage::Signature, Vec::new()),
        ProfessionalProduct::PsSign { email: Some(email) } => {
            ("PS SIGN", Usage::Signature, vec![GeneralName::Rfc822Name(Ia5String::new(email)?)])
        }
    };
    let mut extensions = professional_extensions(holder)?;
    extensions.push(extension::category(category(world))?);
    if !names.is_empty() {
        extensions.push(extension::alternative_names(names)?);
    }
    let entity = EndEntity {
        issuer: Authority::builtin(world, Gamme::Elementaire, Domain::Personnes),
        identity: format!("{label}/{}", national_id(holder)?),
        subject: professional_subject(holder)?,
        usage,
        extensions,
    };
    entity.certificate(key, validity)
}

/// Software certificate, table G01; the high bit says test.
fn category(world: World) -> u8 {
    match world {
        World::Production => 0x03,
        World::Test => 0x83,
    }
}

#[cfg(test)]
mod tests {
    use x509_parser::prelude::{FromDer, ParsedExtension, X509Certificate};

    use super::super::product_key;
    use super::*;

    fn structure() -> StructureSpec {
        StructureSpec {
            department: "Côte-d'Or (21)".to_owned(),
            name: "HOPITAL D'EMULATION".to_owned(),
            id: "10B0990001".to_owned(),
        }
    }

    fn holder() -> HolderSpec {
        let text = r#"
            national_id = "899700100011"
            family_name = "EMULATION"
            given_names = ["AGATHE"]
            profession = "10"
            title = "Médecin"
        "#;
        toml::from_str(text).expect("a holder")
    }

    fn key() -> PublicKey {
        product_key("org-sign").expect("embedded").public().expect("RSA")
    }

    fn organisation(world: World, product: OrganisationProduct<'_>) -> Vec<u8> {
        let structure = structure();
        let name = "serveur.emulation.invalid";
        let request = OrganisationRequest { world, product, structure: &structure, name };
        let (from, to) = dates();
        organisation_certificate(&request, &key(), from, to).expect("minted")
    }

    /// A product that names an address, from a platform that says where it publishes.
    fn addressed(product: OrganisationProduct<'_>) -> Vec<u8> {
        let structure = structure();
        let name = "bal@emulation.invalid";
        let request =
            OrganisationRequest { world: World::Test, product, structure: &structure, name };
        let edition =
            Edition { published: Some("http://127.0.0.1:1"), category: None, order: None };
        let (from, to) = dates();
        edited_certificate(&request, &edition, &key(), from, to).expect("minted")
    }

    fn professional(product: ProfessionalProduct<'_>) -> Vec<u8> {
        let holder = holder();
        let request = ProfessionalRequest { world: World::Test, product, holder: &holder };
        let (from, to) = dates();
        professional_certificate(&request, &key(), from, to).expect("minted")
    }

    fn dates() -> (Timestamp, Timestamp) {
        let instant = |text: &str| text.parse().expect("an instant");
        (instant("2026-01-05T00:00:00Z"), instant("2029-01-05T00:00:00Z"))
    }

    /// keyUsage, extKeyUsage, subjectAltName, whether there is a privateKeyUsagePeriod, category: what tells products
    /// apart, as x509-parser reads it.
    fn profile(bytes: &[u8]) -> String {
        let (_, certificate) = X509Certificate::from_der(bytes).expect("a certificate");
        let mut facts = Vec::new();
        for oid in ["2.5.29.15", "2.5.29.37", "2.5.29.17", "2.5.29.16", "1.2.250.1.71.1.2.5"] {
            let found =
                certificate.extensions().iter().find(|found| found.oid.to_id_string() == oid);
            let Some(found) = found else { continue };
            facts.push(match found.parsed_extension() {
                ParsedExtension::KeyUsage(usage) => usage.to_string(),
                ParsedExtension::ExtendedKeyUsage(usage) => {
                    let named = [
                        (usage.any, "any"),
                        (usage.client_auth, "clientAuth"),
                        (usage.server_auth, "serverAuth"),
                        (usage.email_protection, "emailProtection"),
                        (!usage.other.is_empty(), "smartcardLogon"),
                    ];
                    let named = named.iter().filter(|(present, _)| *present);
                    named.map(|(_, name)| *name).collect::<Vec<_>>().join("+")
                }
                ParsedExtension::SubjectAlternativeName(names) => {
                    let names: Vec<String> =
                        names.general_names.iter().map(ToString::to_string).collect();
                    names.join(" ")
                }
                _ if oid == "2.5.29.16" => "period".to_owned(),
                _ => format!("{:02x?}", found.value),
            });
        }
        facts.join("; ")
    }

    #[test]
    fn each_product_has_its_profile() {
        let other_names = ["secours.emulation.invalid"];
        let organisation = |product| profile(&organisation(World::Test, product));
        let professional = |product| profile(&professional(product));
        let found = [
            organisation(OrganisationProduct::OrgAuthCli),
            organisation(OrganisationProduct::OrgConf),
            organisation(OrganisationProduct::OrgSign),
            organisation(OrganisationProduct::ServSsl { other_names: &other_names }),
            profile(&addressed(OrganisationProduct::ServSmime)),
            profile(&addressed(OrganisationProduct::ServConf)),
            profile(&addressed(OrganisationProduct::ProAuth)),
            professional(ProfessionalProduct::PsSign { email: None }),
            professional(ProfessionalProduct::PsSign { email: Some("a@emulation.invalid") }),
        ];
        let expected = [
            "Digital Signature; clientAuth; [04, 01, 83]",
            "Key Encipherment; any+emailProtection; [04, 01, 83]",
            "Digital Signature, Non Repudiation; emailProtection; period; [04, 01, 83]",
            "Digital Signature, Key Encipherment; clientAuth+serverAuth; \
             DNSName(serveur.emulation.invalid) DNSName(secours.emulation.invalid); [04, 01, 83]",
            "Digital Signature, Key Encipherment; emailProtection; \
             RFC822Name(bal@emulation.invalid); [04, 01, 83]",
            "Key Encipherment; any+emailProtection; RFC822Name(bal@emulation.invalid); [04, 01, 83]",
            "Digital Signature; clientAuth; RFC822Name(bal@emulation.invalid); [04, 01, 83]",
            "Non Repudiation; emailProtection; period; [04, 01, 83]",
            "Non Repudiation; emailProtection; RFC822Name(a@emulation.invalid); period; [04, 01, 83]",
        ];
        assert_eq!(found, expected);
        let authentication =
            professional(ProfessionalProduct::PsAuth { principal: "a@emulation.invalid" });
        assert!(
            authentication.starts_with("Digital Signature; clientAuth+smartcardLogon; OtherName")
        );
    }

    #[test]
    fn an_organisation_is_named_by_department_name_identifier_and_service() {
        let bytes = organisation(World::Production, OrganisationProduct::OrgAuthCli);
        let (_, certificate) = X509Certificate::from_der(&bytes).expect("a certificate");
        assert_eq!(
            [certificate.issuer().to_string(), certificate.subject().to_string()],
            [
                "C=FR, O=CPSKIT, OU=EMULATION SANS VALEUR, CN=EMULATION AC ELEMENTAIRE ORGANISATIONS",
                "C=FR, ST=Côte-d'Or (21), O=HOPITAL D'EMULATION, OU=10B0990001, \
                 CN=serveur.emulation.invalid",
            ]
        );
    }

    #[test]
    fn a_person_of_a_structure_is_certified_with_persons_and_its_certificate_says_where_lists_are()
    {
        let bytes = addressed(OrganisationProduct::ProSign);
        let (_, certificate) = X509Certificate::from_der(&bytes).expect("a certificate");
        assert_eq!(
            certificate.issuer().to_string(),
            "C=FR, O=CPSKIT, OU=EMULATION SANS VALEUR TEST, CN=EMULATION TEST AC ELEMENTAIRE PERSONNES"
        );
        let urls = [
            "http://127.0.0.1:1/CRL/ACI-EL-PP-TEST.crl",
            "http://127.0.0.1:1/CRL/ACI-EL-PP-TEST-delta.crl",
            "http://127.0.0.1:1/OCSP",
            "http://127.0.0.1:1/AC/ACI-EL-PP-TEST.cer",
        ];
        let stands = |url: &&str| {
            let framed = [&[u8::try_from(url.len()).expect("short")][..], url.as_bytes()].concat();
            bytes.windows(framed.len()).any(|window| window == framed)
        };
        assert_eq!(urls.iter().filter(|url| !stands(url)).collect::<Vec<_>>(), [&""; 0]);
    }

    #[test]
    fn production_has_a_policy_for_each_product_and_test_one_for_all() {
        let policy = |world, product| {
            let bytes = organisation(world, product);
            let (_, certificate) = X509Certificate::from_der(&bytes).expect("a certificate");
            let policies =
                certificate.extensions().iter().find_map(|found| match found.parsed_extension() {
                    ParsedExtension::CertificatePolicies(policies) => Some(policies.clone()),
                    _ => None,
                });
            policies.expect("present").iter().map(|found| found.policy_id.to_id_string()).collect()
        };
        let found: [Vec<String>; 4] = [
            policy(World::Production, OrganisationProduct::OrgSign),
            policy(World::Production, OrganisationProduct::OrgAuthCli),
            policy(World::Test, OrganisationProduct::OrgSign),
            policy(World::Test, OrganisationProduct::OrgAuthCli),
        ];
        let expected = [
            ["1.3.6.1.4.1.32473.7.1.1.2.3.1"],
            ["1.3.6.1.4.1.32473.7.1.1.2.4.1"],
            ["1.3.6.1.4.1.32473.7.2.1.1.1.1"],
            ["1.3.6.1.4.1.32473.7.2.1.1.1.1"],
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_name_outside_its_string_type_is_refused() {
        let structure = structure();
        let product = OrganisationProduct::ServSsl { other_names: &["é.invalid"] };
        let name = "serveur.emulation.invalid";
        let request =
            OrganisationRequest { world: World::Test, product, structure: &structure, name };
        let (from, to) = dates();
        let refused = organisation_certificate(&request, &key(), from, to);
        assert!(matches!(refused, Err(MintError::Der(_))));
    }
}
