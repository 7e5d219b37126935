//! The extensions of RFC 5280 §4.2.1 that say what a certificate is for and where to ask about it.
//!
//! Each is read when asked for: one that is broken says so itself and hides nothing else.

use std::collections::BTreeSet;

use super::der::{DerError, Element, Reader, tag};
use super::{Attribute, Certificate, GeneralName, Oid, Serial, X509Error, name, oid};

/// An extension, unread.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Extension {
    /// Its type.
    pub oid: Oid,
    /// The content of its OCTET STRING.
    pub value: Vec<u8>,
    critical: bool,
}

impl Extension {
    /// The list inside the explicit tag of a certificate or a list; none when the tag is not there.
    pub(super) fn read_all(explicit: Option<Element<'_>>) -> Result<Vec<Self>, DerError> {
        let Some(explicit) = explicit else { return Ok(Vec::new()) };
        let mut explicit = explicit.inside();
        let list = explicit.take(tag::SEQUENCE)?;
        explicit.end()?;
        list.inside().all(Self::read)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DerError> {
        let mut fields = reader.take(tag::SEQUENCE)?.inside();
        let oid = Oid::from_content(fields.take(tag::OID)?.value);
        let critical = match fields.optional(tag::BOOLEAN)? {
            None => false,
            Some(element) => match element.value {
                [octet] => *octet != 0,
                _ => return Err(element.unreadable()),
            },
        };
        let value = fields.take(tag::OCTET_STRING)?.value.to_vec();
        fields.end()?;
        Ok(Self { oid, value, critical })
    }

    /// Whether whoever does not know it must refuse the certificate.
    pub fn is_critical(&self) -> bool {
        self.critical
    }
}

/// What a key may be used for (RFC 5280 §4.2.1.3).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum KeyUse {
    /// digitalSignature (0).
    DigitalSignature,
    /// nonRepudiation (1), contentCommitment since.
    NonRepudiation,
    /// keyEncipherment (2).
    KeyEncipherment,
    /// dataEncipherment (3).
    DataEncipherment,
    /// keyAgreement (4).
    KeyAgreement,
    /// keyCertSign (5).
    KeyCertSign,
    /// cRLSign (6).
    CrlSign,
    /// encipherOnly (7).
    EncipherOnly,
    /// decipherOnly (8).
    DecipherOnly,
}

impl KeyUse {
    /// In the order of the bits.
    const ALL: [Self; 9] = [
        Self::DigitalSignature,
        Self::NonRepudiation,
        Self::KeyEncipherment,
        Self::DataEncipherment,
        Self::KeyAgreement,
        Self::KeyCertSign,
        Self::CrlSign,
        Self::EncipherOnly,
        Self::DecipherOnly,
    ];

    /// As RFC 5280 spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::DigitalSignature => "digitalSignature",
            Self::NonRepudiation => "nonRepudiation",
            Self::KeyEncipherment => "keyEncipherment",
            Self::DataEncipherment => "dataEncipherment",
            Self::KeyAgreement => "keyAgreement",
            Self::KeyCertSign => "keyCertSign",
            Self::CrlSign => "cRLSign",
            Self::EncipherOnly => "encipherOnly",
            Self::DecipherOnly => "decipherOnly",
        }
    }
}

/// Whether a subject may issue certificates.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Role {
    /// `cA` is true.
    Authority,
    /// `cA` is false, or absent.
    EndEntity,
}

/// basicConstraints (RFC 5280 §4.2.1.9).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct BasicConstraints {
    /// `cA`.
    pub role: Role,
    /// Greatest number of intermediates below.
    pub path_length: Option<u32>,
}

/// authorityKeyIdentifier (RFC 5280 §4.2.1.1).
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct AuthorityKeyIdentifier {
    /// The identifier of the issuer's key.
    pub key: Option<Vec<u8>>,
    /// The issuer of the issuer's certificate.
    pub issuer: Vec<GeneralName>,
    /// The serial of the issuer's certificate.
    pub serial: Option<Serial>,
}

/// One of certificatePolicies (RFC 5280 §4.2.1.4).
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Policy {
    /// The policy.
    pub oid: Oid,
    /// Where its text is (qualifiers id-qt-cps); other qualifiers are left out.
    pub cps: Vec<String>,
}

/// Where a revocation list is (RFC 5280 §4.2.1.13).
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct DistributionPoint {
    /// Several ways to the same list (`fullName`).
    pub names: Vec<GeneralName>,
    /// The name relative to that of who signs the list (`nameRelativeToCRLIssuer`); empty when there is none.
    pub relative: Vec<Attribute>,
    /// The bits of the reasons the list is limited to, as encoded; `None` for all reasons.
    pub reasons: Option<Vec<u8>>,
    /// Who signs the list, when it is not the issuer of the certificate.
    pub crl_issuer: Vec<GeneralName>,
}

/// One of authorityInfoAccess (RFC 5280 §4.2.2.1).
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct AccessDescription {
    /// [`oid::OCSP`], [`oid::CA_ISSUERS`] or another.
    pub method: Oid,
    /// Where.
    pub location: GeneralName,
}

/// The content of extensions. `Ok(None)` when the certificate has not got it, [`X509Error::Extension`] when it cannot
/// be read.
impl Certificate {
    /// keyUsage; bits that RFC 5280 does not name are left out.
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn key_usage(&self) -> Result<Option<BTreeSet<KeyUse>>, X509Error> {
        self.read_extension(oid::KEY_USAGE, |reader| {
            let octets = reader.take(tag::BIT_STRING)?.bits()?;
            let bits = octets.iter().flat_map(|octet| (0..8).map(move |bit| octet << bit & 0x80));
            Ok(KeyUse::ALL
                .into_iter()
                .zip(bits)
                .filter(|(_, bit)| *bit != 0)
                .map(|(r#use, _)| r#use)
                .collect())
        })
    }

    /// extKeyUsage, in the order of the encoding.
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn extended_key_usage(&self) -> Result<Option<Vec<Oid>>, X509Error> {
        self.read_extension(oid::EXT_KEY_USAGE, |reader| {
            let list = reader.take(tag::SEQUENCE)?.inside();
            list.all(|purposes| Ok(Oid::from_content(purposes.take(tag::OID)?.value)))
        })
    }

    /// basicConstraints.
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn basic_constraints(&self) -> Result<Option<BasicConstraints>, X509Error> {
        self.read_extension(oid::BASIC_CONSTRAINTS, |reader| {
            let mut fields = reader.take(tag::SEQUENCE)?.inside();
            let authority = fields.optional(tag::BOOLEAN)?;
            let path_length = fields.optional(tag::INTEGER)?.map(|e| e.number()).transpose()?;
            fields.end()?;
            let role = match authority.map(|element| element.value) {
                None | Some([0]) => Role::EndEntity,
                Some(_) => Role::Authority,
            };
            Ok(BasicConstraints { role, path_length })
        })
    }

    /// subjectKeyIdentifier.
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn subject_key_identifier(&self) -> Result<Option<Vec<u8>>, X509Error> {
        self.read_extension(oid::SUBJECT_KEY_IDENTIFIER, |reader| {
            Ok(reader.take(tag::OCTET_STRING)?.value.to_vec())
        })
    }

    /// authorityKeyIdentifier.
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn authority_key_identifier(&self) -> Result<Option<AuthorityKeyIdentifier>, X509Error> {
        self.read_extension(oid::AUTHORITY_KEY_IDENTIFIER, |reader| {
            let mut fields = reader.take(tag::SEQUENCE)?.inside();
            let key = fields.optional(tag::context(0))?.map(|element| element.value.to_vec());
            let issuer = general_names(fields.optional(tag::constructed(1))?.map(|e| e.inside()))?;
            let serial = fields.optional(tag::context(2))?.map(|e| Serial::read(&e)).transpose()?;
            fields.end()?;
            Ok(AuthorityKeyIdentifier { key, issuer, serial })
        })
    }

    /// certificatePolicies, in the order of the encoding.
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn certificate_policies(&self) -> Result<Option<Vec<Policy>>, X509Error> {
        self.read_extension(oid::CERTIFICATE_POLICIES, |reader| {
            reader.take(tag::SEQUENCE)?.inside().all(policy)
        })
    }

    /// subjectAltName, in the order of the encoding.
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn subject_alt_name(&self) -> Result<Option<Vec<GeneralName>>, X509Error> {
        self.read_extension(oid::SUBJECT_ALT_NAME, |reader| {
            general_names(Some(reader.take(tag::SEQUENCE)?.inside()))
        })
    }

    /// The user principal name of subjectAltName: `8.99700041983@carte-cps.fr`.
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn user_principal_name(&self) -> Result<Option<String>, X509Error> {
        let names = self.subject_alt_name()?.unwrap_or_default();
        Ok(names.iter().find_map(GeneralName::user_principal_name))
    }

    /// cRLDistributionPoints: where the complete lists are.
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn crl_distribution_points(&self) -> Result<Option<Vec<DistributionPoint>>, X509Error> {
        self.read_extension(oid::CRL_DISTRIBUTION_POINTS, distribution_points)
    }

    /// freshestCRL: where the delta lists are.
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn freshest_crl(&self) -> Result<Option<Vec<DistributionPoint>>, X509Error> {
        self.read_extension(oid::FRESHEST_CRL, distribution_points)
    }

    /// authorityInfoAccess: where the responder and the issuer's certificate are.
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn authority_info_access(&self) -> Result<Option<Vec<AccessDescription>>, X509Error> {
        self.read_extension(oid::AUTHORITY_INFO_ACCESS, |reader| {
            reader.take(tag::SEQUENCE)?.inside().all(|list| {
                let mut fields = list.take(tag::SEQUENCE)?.inside();
                let method = Oid::from_content(fields.take(tag::OID)?.value);
                let location = GeneralName::read(&fields.any()?);
                fields.end()?;
                Ok(AccessDescription { method, location })
            })
        })
    }
}

pub(super) fn general_names(list: Option<Reader<'_>>) -> Result<Vec<GeneralName>, DerError> {
    let read = |names: &mut Reader<'_>| names.any().map(|element| GeneralName::read(&element));
    list.map_or(Ok(Vec::new()), |names| names.all(read))
}

fn policy(list: &mut Reader<'_>) -> Result<Policy, DerError> {
    let mut fields = list.take(tag::SEQUENCE)?.inside();
    let policy = Oid::from_content(fields.take(tag::OID)?.value);
    let mut cps = Vec::new();
    if let Some(qualifiers) = fields.optional(tag::SEQUENCE)? {
        let mut qualifiers = qualifiers.inside();
        while !qualifiers.is_empty() {
            let mut qualifier = qualifiers.take(tag::SEQUENCE)?.inside();
            let kind = Oid::from_content(qualifier.take(tag::OID)?.value);
            let value = qualifier.any()?;
            qualifier.end()?;
            if kind == oid::CPS_POINTER {
                cps.push(name::string(&value)?);
            }
        }
    }
    fields.end()?;
    Ok(Policy { oid: policy, cps })
}

fn distribution_points(reader: &mut Reader<'_>) -> Result<Vec<DistributionPoint>, DerError> {
    reader.take(tag::SEQUENCE)?.inside().all(|list| {
        let mut fields = list.take(tag::SEQUENCE)?.inside();
        let (names, relative) = match fields.optional(tag::constructed(0))? {
            None => (Vec::new(), Vec::new()),
            Some(point) => point_name(&mut point.inside())?,
        };
        let reasons =
            fields.optional(tag::context(1))?.map(|e| e.bits().map(<[u8]>::to_vec)).transpose()?;
        let crl_issuer = fields.optional(tag::constructed(2))?.map(|e| e.inside());
        fields.end()?;
        Ok(DistributionPoint { names, relative, reasons, crl_issuer: general_names(crl_issuer)? })
    })
}

/// DistributionPointName: the full name, or the one relative to that of who signs.
pub(super) fn point_name(
    point: &mut Reader<'_>,
) -> Result<(Vec<GeneralName>, Vec<Attribute>), DerError> {
    let names = general_names(point.optional(tag::constructed(0))?.map(|e| e.inside()))?;
    let relative = match point.optional(tag::constructed(1))? {
        None => Vec::new(),
        Some(relative) => relative.inside().all(Attribute::read)?,
    };
    point.end()?;
    Ok((names, relative))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, attribute, extension, name, sequence};
    use super::super::{DerErrorKind, Name};
    use super::*;
    use crate::iso7816::tlv::encode;

    fn full() -> Certificate {
        Certificate::parse(&Sample::full().der()).expect("whole")
    }

    /// A certificate with one extension of id-ce.
    fn with(last: u8, value: &[u8]) -> Certificate {
        let extensions = vec![extension(&[0x55, 0x1D, last], value)];
        Certificate::parse(&Sample { extensions, ..Sample::default() }.der()).expect("whole")
    }

    fn uri(text: &str) -> GeneralName {
        GeneralName::Uri(text.to_owned())
    }

    #[test]
    fn what_a_key_is_for_is_read_in_the_order_of_the_bits() {
        let usage = BTreeSet::from([KeyUse::DigitalSignature, KeyUse::NonRepudiation]);
        assert_eq!(full().key_usage(), Ok(Some(usage)));
        let usage = BTreeSet::from([KeyUse::KeyCertSign, KeyUse::CrlSign, KeyUse::DecipherOnly]);
        assert_eq!(with(15, &[3, 3, 7, 0x06, 0x80]).key_usage(), Ok(Some(usage)));
        assert_eq!(with(15, &[3, 1, 0]).key_usage(), Ok(Some(BTreeSet::new())));
        let purposes = full().extended_key_usage().expect("read").expect("present");
        let purposes: Vec<_> = purposes.iter().map(Oid::as_str).collect();
        assert_eq!(purposes, [oid::CLIENT_AUTH, oid::SMARTCARD_LOGON]);
    }

    #[test]
    fn an_extension_that_is_absent_is_none() {
        let certificate = Certificate::parse(&Sample::default().der()).expect("whole");
        assert_eq!(certificate.key_usage(), Ok(None));
        assert_eq!(certificate.subject_alt_name(), Ok(None));
        assert_eq!(certificate.user_principal_name(), Ok(None));
        assert_eq!(certificate.extensions(), []);
    }

    #[test]
    fn an_extension_that_is_critical_says_so() {
        let critical: Vec<_> = full().extensions().iter().map(Extension::is_critical).collect();
        assert_eq!(critical.iter().filter(|critical| **critical).count(), 1);
        assert!(full().extension(oid::KEY_USAGE).is_some_and(Extension::is_critical));
    }

    #[test]
    fn constraints_are_those_of_an_end_entity_unless_they_say_otherwise() {
        let constraints = |value| with(19, value).basic_constraints().expect("read");
        let end_entity = BasicConstraints { role: Role::EndEntity, path_length: None };
        assert_eq!(constraints(&[0x30, 0]), Some(end_entity));
        assert_eq!(constraints(&[0x30, 3, 1, 1, 0]), Some(end_entity));
        let authority = BasicConstraints { role: Role::Authority, path_length: Some(0) };
        assert_eq!(constraints(&[0x30, 6, 1, 1, 0xFF, 2, 1, 0]), Some(authority));
    }

    #[test]
    fn a_negative_path_length_is_an_error_of_that_extension() {
        let oid = Oid::from_content(&[0x55, 0x1D, 19]);
        let cause = DerError { position: 5, kind: DerErrorKind::Content };
        let error = X509Error::Extension { oid, cause };
        let certificate = with(19, &[0x30, 6, 1, 1, 0xFF, 2, 1, 0xFF]);
        assert_eq!(certificate.basic_constraints(), Err(error));
    }

    #[test]
    fn the_keys_of_subject_and_issuer_are_identified() {
        assert_eq!(full().subject_key_identifier(), Ok(Some(vec![1, 2, 3])));
        let issuer = name(&[&[attribute(&[0x55, 4, 6], 0x13, b"FR")]]);
        let directory = Reader::new(&issuer).any().and_then(|e| Name::read(&e)).expect("a name");
        let expected = AuthorityKeyIdentifier {
            key: Some(vec![4, 5]),
            issuer: vec![GeneralName::Directory(directory)],
            serial: Serial::from_content(&[0x12]),
        };
        let names = encode(0xA1, &encode(0xA4, &issuer));
        let value = sequence(&[encode(0x80, &[4, 5]), names, encode(0x82, &[0x12])]);
        assert_eq!(with(35, &value).authority_key_identifier(), Ok(Some(expected)));
    }

    #[test]
    fn policies_give_the_address_of_their_text() {
        let expected = Policy {
            oid: Oid::from_content(&[0x2A, 0x81, 0x7A, 1]),
            cps: vec!["http://example.org/PC".to_owned()],
        };
        assert_eq!(full().certificate_policies(), Ok(Some(vec![expected])));
    }

    #[test]
    fn the_places_of_lists_and_responders_are_read() {
        let point = |names: &[&str]| DistributionPoint {
            names: names.iter().copied().map(uri).collect(),
            relative: vec![],
            reasons: None,
            crl_issuer: vec![],
        };
        let complete = point(&["http://example.org/a.crl", "ldap://example.org/a"]);
        assert_eq!(full().crl_distribution_points(), Ok(Some(vec![complete])));
        assert_eq!(full().freshest_crl(), Ok(Some(vec![point(&["ldap://example.org/delta"])])));
        let access = full().authority_info_access().expect("read").expect("present");
        let access: Vec<_> = access.iter().map(|a| (a.method.as_str(), &a.location)).collect();
        let (ocsp, issuer) = (uri("http://ocsp.example.org"), uri("http://example.org/a.cer"));
        assert_eq!(access, [(oid::OCSP, &ocsp), (oid::CA_ISSUERS, &issuer)]);
    }

    #[test]
    fn a_list_limited_to_reasons_or_signed_by_another_says_so() {
        let issuer = encode(0xA2, &encode(0x82, b"example.org"));
        let point = sequence(&[encode(0x81, &[4, 0x60]), issuer]);
        let expected = DistributionPoint {
            names: vec![],
            relative: vec![],
            reasons: Some(vec![0x60]),
            crl_issuer: vec![GeneralName::Dns("example.org".to_owned())],
        };
        let certificate = with(31, &sequence(&[point]));
        assert_eq!(certificate.crl_distribution_points(), Ok(Some(vec![expected])));
    }

    #[test]
    fn other_names_of_the_subject_are_read_each_by_its_kind() {
        let upn = "8.99700296140@carte-cps.fr";
        assert_eq!(full().user_principal_name().expect("read").as_deref(), Some(upn));
        let names = [
            encode(0x81, b"a@example.org"),
            encode(0x82, &[0xFF]),
            encode(0x87, &[127, 0, 0, 1]),
            encode(0x88, &[0x55, 4, 3]),
            encode(0xA5, &[]),
        ];
        let expected = vec![
            GeneralName::Email("a@example.org".to_owned()),
            GeneralName::Unread { tag: 0x82, value: vec![0xFF] },
            GeneralName::Ip(vec![127, 0, 0, 1]),
            GeneralName::RegisteredId(Oid::from_content(&[0x55, 4, 3])),
            GeneralName::Unread { tag: 0xA5, value: vec![] },
        ];
        assert_eq!(with(17, &sequence(&names)).subject_alt_name(), Ok(Some(expected)));
    }
}
