//! Software certificates: products ORG, SERV and PS (IGC-Santé fact sheet §5.1, §5.2 and §10).

use der::asn1::Ia5String;
use jiff::Timestamp;
use x509_cert::ext::pkix::name::GeneralName;

use super::card::{national_id, professional_extensions, professional_subject, structure_rdns};
use super::certificate::EndEntity;
use super::extension::{self, Usage};
use super::name::{Attribute, name};
use super::period::Period;
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
        /// Further dNSNames; the CN is always the first.
        other_names: &'a [&'a str],
    },
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
/// [`MintError::Der`] when a name cannot be encoded, [`MintError::Period`] and [`MintError::Instant`] for the dates.
pub fn organisation_certificate(
    request: &OrganisationRequest<'_>,
    key: &PublicKey,
    not_before: Timestamp,
    not_after: Timestamp,
) -> Result<Vec<u8>, MintError> {
    let OrganisationRequest { world, product, structure, name: common_name } = *request;
    let validity = Period::new(not_before, not_after)?;
    let (label, usage) = match product {
        OrganisationProduct::OrgAuthCli => ("ORG AUTH_CLI", Usage::ClientAuthentication),
        OrganisationProduct::OrgConf => ("ORG CONF", Usage::Confidentiality),
        OrganisationProduct::OrgSign => ("ORG SIGN", Usage::Seal),
        OrganisationProduct::ServSsl { .. } => ("SERV SSL", Usage::Server),
    };
    let mut extensions = vec![extension::category(category(world))?];
    if let OrganisationProduct::ServSsl { other_names } = product {
        let names: Result<Vec<_>, MintError> = [common_name]
            .iter()
            .chain(other_names)
            .map(|name| Ok(GeneralName::DnsName(Ia5String::new(name)?)))
            .collect();
        extensions.push(extension::alternative_names(names?)?);
    }
    let mut subject = structure_rdns(structure);
    subject.push(vec![(Attribute::CommonName, common_name)]);
    let entity = EndEntity {
        issuer: Authority::builtin(world, Gamme::Elementaire, Domain::Organisations),
        identity: format!("{label}/{}/{common_name}", structure.id),
        subject: name(subject)?,
        usage,
        extensions,
    };
    entity.certificate(key, validity)
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
/// [`MintError::Field`] and [`MintError::Missing`] name what the holder lacks, [`MintError::Der`] what cannot be
/// encoded; [`MintError::Period`] and [`MintError::Instant`] refuse the dates.
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
