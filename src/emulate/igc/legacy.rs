//! Look-alikes of the PKIs before IGC-Santé, 2bis and 2ter, for readers and validators that still meet them
//! (IGC-Santé fact sheet §9): SHA-1, keys of 1024 and 2047 bits, serials that are ASCII digits and a zero, a
//! certificate for each use of an authority's key under one name, T61String, and a SET in no order.

use const_oid::db::rfc5280::{
    ID_CE_EXT_KEY_USAGE, ID_KP_CLIENT_AUTH, ID_KP_EMAIL_PROTECTION, ID_KP_SERVER_AUTH,
};
use const_oid::db::{rfc4519, rfc5280};
use der::asn1::{Any, BitString, Ia5String, ObjectIdentifier};
use der::flagset::FlagSet;
use der::{Encode, Sequence, Tag};
use jiff::Timestamp;
use x509_cert::certificate::Version;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::Validity;

use super::authority::HOST;
use super::certificate::sign;
use super::extension::{self, Criticality};
use super::holder::decimal;
use super::key::Scheme;
use super::name::{Attribute, name};
use super::period::Period;
use super::{MintError, PublicKey, TestKey, committed};
use crate::emulate::persona::{HolderSpec, StructureSpec};

/// The authorities of the look-alikes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum LegacyAuthority {
    /// The root of 2bis: 2047 bits, its lists signed by another key.
    Racine2bis,
    /// Servers, in 2bis: 1024 bits, one key for certificates and lists.
    Classe4,
    /// The root of 2ter for professionals, its lists signed by another key.
    Professionnel,
    /// Cards of professionals, in 2ter, its lists signed by another key.
    Classe1,
}

/// What a key of an authority signs.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum LegacyUse {
    /// Certificates; in class 4, lists too.
    Certificates,
    /// Lists.
    Lists,
}

/// The certificate of an end entity.
#[derive(Clone, Copy, Debug)]
pub enum LegacyProduct<'a> {
    /// The authentication certificate of a professional's card, in 2ter.
    Authentication {
        /// Who holds it.
        holder: &'a HolderSpec,
        /// The ten digits of the card.
        card: &'a str,
    },
    /// Its signature certificate.
    Signature {
        /// Who holds it.
        holder: &'a HolderSpec,
        /// The ten digits of the card.
        card: &'a str,
    },
    /// A server, in 2bis.
    Server {
        /// Its structure.
        structure: &'a StructureSpec,
        /// Its host name.
        host: &'a str,
    },
}

/// `TBSCertificate` (RFC 5280 §4.1.2) with a subject that need not be in DER order.
#[derive(Sequence)]
struct TbsCertificate {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: Version,
    serial_number: SerialNumber,
    signature: AlgorithmIdentifierOwned,
    issuer: Name,
    validity: Validity,
    subject: Any,
    subject_public_key_info: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    extensions: Vec<Extension>,
}

impl LegacyAuthority {
    /// All four, roots before those they certify.
    pub const ALL: [Self; 4] =
        [Self::Racine2bis, Self::Classe4, Self::Professionnel, Self::Classe1];

    /// The name of its files: `2bis-root`, `2ter-classe-1`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Racine2bis => "2bis-root",
            Self::Classe4 => "2bis-classe-4",
            Self::Professionnel => "2ter-root",
            Self::Classe1 => "2ter-classe-1",
        }
    }

    /// Who signed its certificates: its root, itself for a root.
    pub fn issuer(self) -> Self {
        match self {
            Self::Racine2bis | Self::Classe4 => Self::Racine2bis,
            Self::Professionnel | Self::Classe1 => Self::Professionnel,
        }
    }

    /// The key that signs certificates.
    pub fn key(self) -> TestKey {
        committed::legacy(self, LegacyUse::Certificates)
    }

    /// The key that signs lists.
    pub fn list_key(self) -> TestKey {
        committed::legacy(self, LegacyUse::Lists)
    }

    /// Makes one of its certificates: one for each use of its keys, under the same name. Class 4 has one key, and the
    /// same certificate for both.
    ///
    /// # Errors
    /// [`MintError::Period`] and [`MintError::Instant`] refuse the dates.
    pub fn certificate(
        self,
        usage: LegacyUse,
        not_before: Timestamp,
        not_after: Timestamp,
    ) -> Result<Vec<u8>, MintError> {
        // The signer of lists is certified by the key beside it, whoever that is certified by.
        let (issuer, key, usages) = match (self, usage) {
            (Self::Classe4, _) => {
                (self.issuer(), self.key(), KeyUsages::KeyCertSign | KeyUsages::CRLSign)
            }
            (_, LegacyUse::Certificates) => {
                (self.issuer(), self.key(), KeyUsages::KeyCertSign.into())
            }
            (_, LegacyUse::Lists) => (self, self.list_key(), KeyUsages::CRLSign.into()),
        };
        let mut extensions = vec![key_usage(usages)?];
        if usages.contains(KeyUsages::KeyCertSign) {
            let path_len_constraint = (self != self.issuer()).then_some(0);
            let value = BasicConstraints { ca: true, path_len_constraint };
            extensions.push(extension::standard(Criticality::Critical, &value)?);
        }
        extensions.push(extension::subject_key(key.public()?.identifier())?);
        extensions.push(policy(self.policy())?);
        let content = Content {
            serial: self.serial(usage),
            subject: Any::encode_from(&self.subject()?)?,
            key: &key.public()?,
            extensions,
        };
        content.certificate(issuer, Period::new(not_before, not_after)?)
    }

    pub(super) fn subject(self) -> Result<Name, MintError> {
        let country = vec![(Attribute::Country, "FR")];
        let organisation = vec![(Attribute::Organisation, "EMULATION GIP-CPS")];
        let unit = |unit| vec![(Attribute::Unit, unit)];
        match self {
            Self::Racine2bis => name([country, organisation]),
            Self::Classe4 => name([country, organisation, unit("EMULATION AC-CLASSE-4")]),
            Self::Professionnel => name([country, organisation, unit("EMULATION PROFESSIONNEL")]),
            Self::Classe1 => name([
                country,
                organisation,
                unit("EMULATION PROFESSIONNEL"),
                vec![(Attribute::CommonName, "EMULATION CLASSE-1")],
            ]),
        }
    }

    /// Digits in ASCII and a zero in 2bis, small integers in 2ter.
    fn serial(self, usage: LegacyUse) -> &'static [u8] {
        match (self, usage) {
            (Self::Racine2bis, LegacyUse::Certificates) => b"0001100000000001\0",
            (Self::Racine2bis, LegacyUse::Lists) => b"0001100000000002\0",
            (Self::Classe4, _) => b"0001100000000004\0",
            (Self::Professionnel, LegacyUse::Certificates) => &[1, 0x10, 0],
            (Self::Professionnel, LegacyUse::Lists) => &[1, 0x20, 0],
            (Self::Classe1, LegacyUse::Certificates) => &[0x11, 0x12],
            (Self::Classe1, LegacyUse::Lists) => &[0x11, 0x13],
        }
    }

    fn policy(self) -> ObjectIdentifier {
        match self {
            Self::Racine2bis => POLICY_2BIS_ROOT,
            Self::Classe4 => POLICY_CLASSE_4,
            Self::Professionnel | Self::Classe1 => POLICY_2TER,
        }
    }
}

/// Makes the certificate of an end entity.
///
/// # Errors
/// [`MintError::Missing`] and [`MintError::Field`] name what the holder lacks, [`MintError::Der`] what cannot be
/// encoded; [`MintError::Period`] and [`MintError::Instant`] refuse the dates.
pub fn legacy_certificate(
    product: LegacyProduct<'_>,
    key: &PublicKey,
    not_before: Timestamp,
    not_after: Timestamp,
) -> Result<Vec<u8>, MintError> {
    let period = Period::new(not_before, not_after)?;
    let (issuer, serial, subject, extensions) = match product {
        LegacyProduct::Server { structure, host } => {
            let extensions = server(host)?;
            (LegacyAuthority::Classe4, SERVER_SERIAL, server_subject(structure, host)?, extensions)
        }
        LegacyProduct::Authentication { holder, card } => {
            let extensions = authentication(holder, card)?;
            (LegacyAuthority::Classe1, AUTHENTICATION_SERIAL, person(holder)?, extensions)
        }
        LegacyProduct::Signature { holder, card } => {
            let extensions = signature(holder, card)?;
            (LegacyAuthority::Classe1, SIGNATURE_SERIAL, person(holder)?, extensions)
        }
    };
    Content { serial, subject, key, extensions }.certificate(issuer, period)
}

/// A certificate, but for its issuer and its dates.
struct Content<'a> {
    serial: &'a [u8],
    subject: Any,
    key: &'a PublicKey,
    /// All but authorityKeyIdentifier.
    extensions: Vec<Extension>,
}

impl Content<'_> {
    fn certificate(self, issuer: LegacyAuthority, period: Period) -> Result<Vec<u8>, MintError> {
        let signer = issuer.key().load(Scheme::Sha1)?;
        let mut extensions = vec![extension::authority_key(signer.public()?.identifier())?];
        extensions.extend(self.extensions);
        let content = TbsCertificate {
            version: Version::V3,
            serial_number: SerialNumber::new(self.serial)?,
            signature: signer.algorithm(),
            issuer: issuer.subject()?,
            validity: period.validity(),
            subject: self.subject,
            subject_public_key_info: self.key.0.clone(),
            extensions,
        };
        sign(&content, &signer)
    }
}

/// `C=FR / O / L=<department> / OU=<identifier> / CN=<host>`.
fn server_subject(structure: &StructureSpec, host: &str) -> Result<Any, MintError> {
    name_of(&[
        &[attribute(rfc4519::COUNTRY_NAME, Tag::PrintableString, b"FR")?],
        &[attribute(rfc4519::O, Tag::PrintableString, b"EMULATION")?],
        &[attribute(rfc4519::L, Tag::PrintableString, structure.department.as_bytes())?],
        &[attribute(rfc4519::OU, Tag::PrintableString, structure.id.as_bytes())?],
        &[attribute(rfc4519::COMMON_NAME, Tag::PrintableString, host.as_bytes())?],
    ])
}

fn server(host: &str) -> Result<Vec<Extension>, MintError> {
    Ok(vec![
        key_usage(KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment)?,
        extended(vec![ID_KP_SERVER_AUTH, ID_KP_CLIENT_AUTH])?,
        netscape(0xC0)?,
        extension::alternative_names(vec![GeneralName::DnsName(Ia5String::new(host)?)])?,
        policy(POLICY_SERVER)?,
        extension::category(0x82)?,
        extension::subject_key(LegacyAuthority::Classe4.key().public()?.identifier())?,
    ])
}

/// `C=FR / O / OU=<profession> / CN+SN+GN`: the profession in OU, accents in Latin-1 under T61String, and the last SET
/// not in DER order.
fn person(holder: &HolderSpec) -> Result<Any, MintError> {
    let [given, common, surname] = super::holder::nominative(holder)?[..] else {
        return Err(MintError::Missing { field: "holder" });
    };
    let title = holder.title.as_deref().ok_or(MintError::Missing { field: "holder.title" })?;
    let common = attribute(rfc4519::COMMON_NAME, Tag::PrintableString, common.1.as_bytes())?;
    name_of(&[
        &[attribute(rfc4519::COUNTRY_NAME, Tag::PrintableString, b"FR")?],
        &[attribute(rfc4519::O, Tag::PrintableString, b"EMULATION")?],
        &[attribute(rfc4519::OU, Tag::TeletexString, &latin1("holder.title", title)?)?],
        &[
            common,
            attribute(
                rfc4519::SURNAME,
                Tag::TeletexString,
                &latin1("holder.family_name", surname.1)?,
            )?,
            attribute(
                rfc4519::GIVEN_NAME,
                Tag::TeletexString,
                &latin1("holder.given_names", given.1)?,
            )?,
        ],
    ])
}

fn authentication(holder: &HolderSpec, card: &str) -> Result<Vec<Extension>, MintError> {
    let mut extensions = vec![
        key_usage(KeyUsages::DigitalSignature.into())?,
        extended(vec![ID_KP_CLIENT_AUTH])?,
        policy(POLICY_AUTHENTICATION)?,
        netscape(0x80)?,
    ];
    extensions.extend(of_card(holder, card)?);
    Ok(extensions)
}

fn signature(holder: &HolderSpec, card: &str) -> Result<Vec<Extension>, MintError> {
    let mut extensions = vec![
        key_usage(KeyUsages::DigitalSignature | KeyUsages::NonRepudiation)?,
        extended(vec![ID_KP_EMAIL_PROTECTION])?,
        policy(POLICY_SIGNATURE)?,
        netscape(0x20)?,
    ];
    extensions.extend(of_card(holder, card)?);
    Ok(extensions)
}

/// What both certificates of a card have.
fn of_card(holder: &HolderSpec, card: &str) -> Result<Vec<Extension>, MintError> {
    let entry = "cn=emulation classe-1,ou=emulation professionnel,o=emulation gip-cps,c=fr";
    let lists = [
        // The spaces stand there as they are.
        format!("http://{HOST}/crl/EMULATION CLASSE-1.crl"),
        format!("ldap://{HOST}/{entry}?certificaterevocationlist;binary"),
    ];
    let mut extensions = vec![
        extension::end_entity_constraints()?,
        extension::distribution_points(&lists)?,
        extension::card_number(&format!("8025000001/{card}"))?,
        extension::category(0x80)?,
        extension::private(extension::G02_CARD_TYPE, &0_u8)?,
    ];
    if let Some(profession) = decimal("holder.profession", holder.profession.as_deref())? {
        extensions.push(extension::private(extension::G15_PROFESSION, &profession)?);
    }
    Ok(extensions)
}

fn key_usage(usages: FlagSet<KeyUsages>) -> Result<Extension, MintError> {
    extension::standard(Criticality::Critical, &KeyUsage(usages))
}

fn extended(usages: Vec<ObjectIdentifier>) -> Result<Extension, MintError> {
    extension::of(ID_CE_EXT_KEY_USAGE, Criticality::NonCritical, &ExtendedKeyUsage(usages))
}

/// Netscape cert type: one octet of bits, from sslClient (0x80).
fn netscape(bits: u8) -> Result<Extension, MintError> {
    let unused = u8::try_from(bits.trailing_zeros()).unwrap_or(0);
    extension::of(NETSCAPE_CERT_TYPE, Criticality::NonCritical, &BitString::new(unused, [bits])?)
}

/// certificatePolicies without a qualifier.
fn policy(oid: ObjectIdentifier) -> Result<Extension, MintError> {
    let information = Any::new(Tag::Sequence, oid.to_der()?)?;
    let policies = Any::new(Tag::Sequence, information.to_der()?)?;
    extension::of(rfc5280::ID_CE_CERTIFICATE_POLICIES, Criticality::NonCritical, &policies)
}

fn attribute(oid: ObjectIdentifier, tag: Tag, value: &[u8]) -> Result<Vec<u8>, MintError> {
    let value = Any::new(tag, value)?.to_der()?;
    Ok(Any::new(Tag::Sequence, [oid.to_der()?, value].concat())?.to_der()?)
}

/// A name of these sets, their attributes in the order given.
fn name_of(sets: &[&[Vec<u8>]]) -> Result<Any, MintError> {
    let sets: Result<Vec<_>, der::Error> =
        sets.iter().map(|set| Any::new(Tag::Set, set.concat())?.to_der()).collect();
    Ok(Any::new(Tag::Sequence, sets?.concat())?)
}

/// What T61String held in these PKIs, whatever X.690 says.
fn latin1(field: &'static str, text: &str) -> Result<Vec<u8>, MintError> {
    let bytes: Result<Vec<u8>, _> = text.chars().map(|c| u8::try_from(u32::from(c))).collect();
    bytes.map_err(|_| super::holder::wrong(field, text, "in Latin-1"))
}

const SERVER_SERIAL: &[u8] = b"00012790\0\x40\xDC\x92\x6A\x8D\xAA";
const AUTHENTICATION_SERIAL: &[u8] = &[0x4C, 0x97, 0x17];
const SIGNATURE_SERIAL: &[u8] = &[0x4C, 0x97, 0x18];

/// Policies of the same ends under the number reserved for examples (RFC 5612).
const POLICY_2BIS_ROOT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.3.7.3");
const POLICY_SERVER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.3.7.4");
const POLICY_CLASSE_4: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.3.7.5");
const POLICY_2TER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.3.7.8");
const POLICY_AUTHENTICATION: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.3.7.9.1.1.1.1");
const POLICY_SIGNATURE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.3.7.9.1.1.2.1");
const NETSCAPE_CERT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.113730.1.1");
