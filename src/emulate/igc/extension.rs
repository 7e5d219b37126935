//! The extensions of IGC-Santé: values, critical flags and order (IGC-Santé fact sheet §2, §5 and §6).

use const_oid::AssociatedOid;
use const_oid::db::rfc5280::{
    ANY_EXTENDED_KEY_USAGE, ANY_POLICY, ID_AD_CA_ISSUERS, ID_AD_OCSP,
    ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_BASIC_CONSTRAINTS, ID_CE_CERTIFICATE_POLICIES,
    ID_CE_CRL_DISTRIBUTION_POINTS, ID_CE_EXT_KEY_USAGE, ID_CE_FRESHEST_CRL, ID_CE_KEY_USAGE,
    ID_CE_PRIVATE_KEY_USAGE_PERIOD, ID_CE_SUBJECT_ALT_NAME, ID_CE_SUBJECT_KEY_IDENTIFIER,
    ID_KP_CLIENT_AUTH, ID_KP_EMAIL_PROTECTION, ID_KP_OCSP_SIGNING, ID_KP_SERVER_AUTH,
    ID_PE_AUTHORITY_INFO_ACCESS, ID_QT_CPS,
};
use der::asn1::{Ia5String, Null, ObjectIdentifier, OctetString, PrintableStringRef};
use der::{Any, Encode};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::certpolicy::{PolicyInformation, PolicyQualifierInfo};
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName, OtherName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints,
    CertificatePolicies, CrlDistributionPoints, ExtendedKeyUsage, FreshestCrl, KeyUsage, KeyUsages,
    SubjectAltName, SubjectKeyIdentifier,
};

use super::MintError;
use super::period::Period;
use super::points::Points;

/// `critical`, RFC 5280 §4.2.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Criticality {
    Critical,
    NonCritical,
}

/// What the key of an end entity is for: the profile of IGC-Santé follows from it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Usage {
    /// ORG AUTH_CLI.
    ClientAuthentication,
    /// ORG CONF, SERV CONF and PRO CONF.
    Confidentiality,
    /// SERV S/MIME. Inferred (platform fact sheet §6).
    Mail,
    /// ORG SIGN (cachet).
    Seal,
    /// SERV SSL.
    Server,
    /// Cards and PS SIGN.
    Signature,
    /// Cards and PS AUTH.
    SmartcardLogon,
}

impl Usage {
    fn key_usage(self) -> KeyUsage {
        KeyUsage(match self {
            Self::ClientAuthentication | Self::SmartcardLogon => KeyUsages::DigitalSignature.into(),
            Self::Confidentiality => KeyUsages::KeyEncipherment.into(),
            Self::Seal => KeyUsages::DigitalSignature | KeyUsages::NonRepudiation,
            Self::Server | Self::Mail => KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment,
            Self::Signature => KeyUsages::NonRepudiation.into(),
        })
    }

    fn extended_key_usage(self) -> ExtendedKeyUsage {
        ExtendedKeyUsage(match self {
            Self::ClientAuthentication => vec![ID_KP_CLIENT_AUTH],
            Self::Confidentiality => vec![ID_KP_EMAIL_PROTECTION, ANY_EXTENDED_KEY_USAGE],
            Self::Mail | Self::Seal | Self::Signature => vec![ID_KP_EMAIL_PROTECTION],
            Self::Server => vec![ID_KP_SERVER_AUTH, ID_KP_CLIENT_AUTH],
            Self::SmartcardLogon => vec![ID_KP_CLIENT_AUTH, SMARTCARD_LOGON],
        })
    }

    /// The product's arc in a policy: 3 to 5 as read in production policies (IGC-Santé fact sheet §5.5), 6 and 7 ours.
    pub(super) fn policy_arc(self) -> u32 {
        match self {
            Self::Seal | Self::Signature => 3,
            Self::ClientAuthentication | Self::SmartcardLogon => 4,
            Self::Server => 5,
            Self::Confidentiality => 6,
            Self::Mail => 7,
        }
    }

    /// keyUsage, extKeyUsage and, on what signs documents, privateKeyUsagePeriod over the whole validity.
    pub(super) fn extensions(self, validity: Period) -> Result<Vec<Extension>, MintError> {
        let mut extensions = vec![
            standard(Criticality::Critical, &self.key_usage())?,
            standard(Criticality::NonCritical, &self.extended_key_usage())?,
        ];
        if matches!(self, Self::Seal | Self::Signature) {
            extensions.push(standard(Criticality::NonCritical, &validity.private_key_usage())?);
        }
        Ok(extensions)
    }
}

/// The two issuing platforms of IGC-Santé, told apart by serial, key identifier and order of extensions
/// (IGC-Santé fact sheet §5).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Platform {
    /// In service until the middle of 2022.
    Former,
    /// Seen since the end of 2022.
    Current,
}

impl Platform {
    /// Orders the extensions of an end entity as this platform does.
    pub(super) fn sort(self, extensions: &mut [Extension]) {
        let order: &[ObjectIdentifier] = match self {
            Self::Former => &FORMER_ORDER,
            Self::Current => &CURRENT_ORDER,
        };
        extensions.sort_by_key(|found| order.iter().position(|oid| *oid == found.extn_id));
    }
}

/// An extension of RFC 5280.
pub(super) fn standard<T: AssociatedOid + Encode>(
    criticality: Criticality,
    value: &T,
) -> Result<Extension, MintError> {
    of(T::OID, criticality, value)
}

/// A GIP-CPS extension: never critical.
pub(super) fn private(oid: ObjectIdentifier, value: &impl Encode) -> Result<Extension, MintError> {
    of(oid, Criticality::NonCritical, value)
}

/// An extension under this identifier.
pub(super) fn of(
    oid: ObjectIdentifier,
    criticality: Criticality,
    value: &impl Encode,
) -> Result<Extension, MintError> {
    Ok(Extension {
        extn_id: oid,
        critical: criticality == Criticality::Critical,
        extn_value: OctetString::new(value.to_der()?)?,
    })
}

/// subjectKeyIdentifier.
pub(super) fn subject_key(identifier: Vec<u8>) -> Result<Extension, MintError> {
    standard(Criticality::NonCritical, &SubjectKeyIdentifier(OctetString::new(identifier)?))
}

/// authorityKeyIdentifier with keyIdentifier only.
pub(super) fn authority_key(identifier: Vec<u8>) -> Result<Extension, MintError> {
    let value = AuthorityKeyIdentifier {
        key_identifier: Some(OctetString::new(identifier)?),
        ..Default::default()
    };
    standard(Criticality::NonCritical, &value)
}

/// basicConstraints of an end entity: an empty SEQUENCE, not critical.
pub(super) fn end_entity_constraints() -> Result<Extension, MintError> {
    let value = BasicConstraints { ca: false, path_len_constraint: None };
    standard(Criticality::NonCritical, &value)
}

/// basicConstraints and keyUsage of an authority, both critical.
pub(super) fn authority_constraints(path_len: Option<u8>) -> Result<[Extension; 2], MintError> {
    let constraints = BasicConstraints { ca: true, path_len_constraint: path_len };
    let usage = KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign);
    Ok([standard(Criticality::Critical, &constraints)?, standard(Criticality::Critical, &usage)?])
}

/// keyUsage of a key that signs lists only.
pub(super) fn list_signer_usage() -> Result<Extension, MintError> {
    standard(Criticality::Critical, &KeyUsage(KeyUsages::CRLSign.into()))
}

/// What makes an OCSP responder (RFC 6960 §4.2.2.2): keyUsage, extKeyUsage and id-pkix-ocsp-nocheck.
pub(super) fn responder() -> Result<[Extension; 3], MintError> {
    Ok([
        standard(Criticality::Critical, &KeyUsage(KeyUsages::DigitalSignature.into()))?,
        standard(Criticality::NonCritical, &ExtendedKeyUsage(vec![ID_KP_OCSP_SIGNING]))?,
        of(OCSP_NO_CHECK, Criticality::NonCritical, &Null)?,
    ])
}

/// certificatePolicies: one policy, one pointer to the practice statement.
pub(super) fn policy(policy: ObjectIdentifier, statement: &str) -> Result<Extension, MintError> {
    let qualifier = PolicyQualifierInfo {
        policy_qualifier_id: ID_QT_CPS,
        qualifier: Some(Any::encode_from(&Ia5String::new(statement)?)?),
    };
    let policy =
        PolicyInformation { policy_identifier: policy, policy_qualifiers: Some(vec![qualifier]) };
    standard(Criticality::NonCritical, &CertificatePolicies(vec![policy]))
}

/// certificatePolicies of an authority.
pub(super) fn any_policy(statement: &str) -> Result<Extension, MintError> {
    policy(ANY_POLICY, statement)
}

/// cRLDistributionPoints: one point for each URL.
pub(super) fn distribution_points(urls: &[String]) -> Result<Extension, MintError> {
    standard(Criticality::NonCritical, &CrlDistributionPoints(distribution(urls)?))
}

/// Where the holder's issuer publishes: freshestCRL and authorityInfoAccess (OCSP, then the issuer's certificate).
pub(super) fn status(points: &Points) -> Result<[Extension; 2], MintError> {
    let access = AuthorityInfoAccessSyntax(vec![
        AccessDescription { access_method: ID_AD_OCSP, access_location: url(&points.ocsp)? },
        AccessDescription {
            access_method: ID_AD_CA_ISSUERS,
            access_location: url(&points.issuer)?,
        },
    ]);
    Ok([
        standard(
            Criticality::NonCritical,
            &FreshestCrl(distribution(std::slice::from_ref(&points.delta))?),
        )?,
        standard(Criticality::NonCritical, &access)?,
    ])
}

/// subjectAltName.
pub(super) fn alternative_names(names: Vec<GeneralName>) -> Result<Extension, MintError> {
    standard(Criticality::NonCritical, &SubjectAltName(names))
}

/// A user principal name, as smart card logon looks for it.
pub(super) fn principal_name(name: &str) -> Result<GeneralName, MintError> {
    let value = Any::encode_from(&name.to_owned())?;
    Ok(GeneralName::OtherName(OtherName { type_id: USER_PRINCIPAL_NAME, value }))
}

/// Product category.
pub(super) fn category(byte: u8) -> Result<Extension, MintError> {
    private(G01_CATEGORY, &OctetString::new([byte])?)
}

/// Card identifier.
pub(super) fn card_number(identifier: &str) -> Result<Extension, MintError> {
    private(CARD_NUMBER, &PrintableStringRef::new(identifier)?)
}

fn distribution(urls: &[String]) -> Result<Vec<DistributionPoint>, MintError> {
    urls.iter()
        .map(|found| {
            Ok(DistributionPoint {
                distribution_point: Some(DistributionPointName::FullName(vec![url(found)?])),
                reasons: None,
                crl_issuer: None,
            })
        })
        .collect()
}

fn url(text: &str) -> Result<GeneralName, MintError> {
    Ok(GeneralName::UniformResourceIdentifier(Ia5String::new(text)?))
}

/// Product category, table G01: one byte in an OCTET STRING.
pub(super) const G01_CATEGORY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.250.1.71.1.2.5");
/// Card type, table G02: INTEGER.
pub(super) const G02_CARD_TYPE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.250.1.71.1.2.2");
/// Card identifier: PrintableString, issuer number, `/`, card number.
pub(super) const CARD_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.250.1.71.1.2.3");
/// Responsibility level, table G04: INTEGER. Inferred (CPx fact sheet §1.3): seen in no certificate.
pub(super) const G04_RESPONSIBILITY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.250.1.71.1.2.12");
/// Profession, table G15: INTEGER.
pub(super) const G15_PROFESSION: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.250.1.71.1.2.7");
/// Future profession of a CPF, table G16: INTEGER. Inferred (IGC-Santé fact sheet §6): seen in no certificate.
pub(super) const G16_FUTURE_PROFESSION: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.250.1.71.1.2.8");
/// Speciality, table R01: SEQUENCE OF UTF8String.
pub(super) const R01_SPECIALITY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.250.1.71.4.2.5");

/// id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1).
const OCSP_NO_CHECK: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.5");
/// Microsoft smart card logon, an extended key usage.
const SMARTCARD_LOGON: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.20.2.2");
/// Microsoft user principal name, an `otherName`.
const USER_PRINCIPAL_NAME: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.20.2.3");

const FORMER_ORDER: [ObjectIdentifier; 18] = [
    ID_CE_BASIC_CONSTRAINTS,
    ID_CE_SUBJECT_KEY_IDENTIFIER,
    ID_CE_AUTHORITY_KEY_IDENTIFIER,
    ID_CE_KEY_USAGE,
    ID_CE_CERTIFICATE_POLICIES,
    ID_CE_EXT_KEY_USAGE,
    ID_CE_PRIVATE_KEY_USAGE_PERIOD,
    ID_CE_SUBJECT_ALT_NAME,
    ID_CE_CRL_DISTRIBUTION_POINTS,
    ID_CE_FRESHEST_CRL,
    ID_PE_AUTHORITY_INFO_ACCESS,
    G01_CATEGORY,
    G02_CARD_TYPE,
    CARD_NUMBER,
    G15_PROFESSION,
    G16_FUTURE_PROFESSION,
    R01_SPECIALITY,
    G04_RESPONSIBILITY,
];

/// No card certificate of this platform has been seen: the places of G02, of the card number, of G04 and of G16 are
/// guesses, beside their nearest relative.
const CURRENT_ORDER: [ObjectIdentifier; 18] = [
    ID_CE_EXT_KEY_USAGE,
    ID_CE_AUTHORITY_KEY_IDENTIFIER,
    ID_PE_AUTHORITY_INFO_ACCESS,
    ID_CE_CERTIFICATE_POLICIES,
    ID_CE_PRIVATE_KEY_USAGE_PERIOD,
    ID_CE_CRL_DISTRIBUTION_POINTS,
    ID_CE_SUBJECT_KEY_IDENTIFIER,
    ID_CE_FRESHEST_CRL,
    G15_PROFESSION,
    G16_FUTURE_PROFESSION,
    ID_CE_KEY_USAGE,
    G01_CATEGORY,
    G02_CARD_TYPE,
    CARD_NUMBER,
    G04_RESPONSIBILITY,
    ID_CE_SUBJECT_ALT_NAME,
    ID_CE_BASIC_CONSTRAINTS,
    R01_SPECIALITY,
];
