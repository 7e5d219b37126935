//! Certificates: the profile of an authority, the profile of an end entity, and the signature
//! (IGC-Santé fact sheet §2 and §5; RFC 5280 §4.1).

use der::asn1::BitString;
use der::{Encode, Sequence};
use ring::digest::{SHA256, digest};
use x509_cert::certificate::Version;
use x509_cert::ext::Extension;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::Validity;

use super::authority::ObjectClass;
use super::extension::{self, Platform, Usage};
use super::key::{Scheme, Signer};
use super::period::Period;
use super::points::Points;
use super::{Authority, MintError, PublicKey};

/// `TBSCertificate`, RFC 5280 §4.1.2, version 3.
///
/// `x509-cert` reads this structure and keeps its fields private: it is written here.
#[derive(Sequence)]
struct TbsCertificate {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: Version,
    serial_number: SerialNumber,
    signature: AlgorithmIdentifierOwned,
    issuer: Name,
    validity: Validity,
    subject: Name,
    subject_public_key_info: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    extensions: Vec<Extension>,
}

/// What an authority signs, then how it signed it: certificates and lists alike (RFC 5280 §4.1.1 and §5.1.1).
#[derive(Sequence)]
struct Signed<'a> {
    content: der::asn1::AnyRef<'a>,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

/// Signs a `TBSCertificate` or a `TBSCertList`.
pub(super) fn sign(content: &impl Encode, signer: &Signer) -> Result<Vec<u8>, MintError> {
    let content = content.to_der()?;
    let signed = Signed {
        content: der::asn1::AnyRef::try_from(content.as_slice())?,
        algorithm: signer.algorithm(),
        signature: signer.sign(&content)?,
    };
    Ok(signed.to_der()?)
}

/// An end entity, before it has a key and a validity.
pub(super) struct EndEntity {
    pub(super) issuer: Authority,
    /// What the serial number is derived from, with key and dates: `2900100001/signature`.
    pub(super) identity: String,
    pub(super) subject: Name,
    pub(super) usage: Usage,
    /// What this product adds to the common profile.
    pub(super) extensions: Vec<Extension>,
}

impl EndEntity {
    /// Makes the certificate, as the platform in service at the start of the validity would.
    pub(super) fn certificate(
        self,
        key: &PublicKey,
        validity: Period,
    ) -> Result<Vec<u8>, MintError> {
        let points = Points::nowhere(self.issuer);
        self.published(&points, key, validity)
    }

    /// The same, with these addresses.
    pub(super) fn published(
        self,
        points: &Points,
        key: &PublicKey,
        validity: Period,
    ) -> Result<Vec<u8>, MintError> {
        // The former platform was last seen in July 2022, the current one first in December 2022.
        let platform = match validity.starts_before(2022, 12) {
            true => Platform::Former,
            false => Platform::Current,
        };
        let identifier = match platform {
            Platform::Former => key.identifier(),
            Platform::Current => key.whole_identifier()?,
        };
        let signer = self.issuer.key().load(Scheme::Sha256)?;
        let policy = self.issuer.policy(self.usage)?;
        let mut extensions = self.extensions;
        extensions.extend([
            extension::end_entity_constraints()?,
            extension::subject_key(identifier)?,
            extension::authority_key(signer.public()?.identifier())?,
            extension::policy(policy, &self.issuer.statement_url())?,
            extension::distribution_points(&points.lists)?,
        ]);
        extensions.extend(extension::status(points)?);
        extensions.extend(self.usage.extensions(validity)?);
        platform.sort(&mut extensions);
        let content = TbsCertificate {
            version: Version::V3,
            serial_number: serial_number(platform, self.issuer, &self.identity, key, validity)?,
            signature: signer.algorithm(),
            issuer: self.issuer.subject()?,
            validity: validity.validity(),
            subject: self.subject,
            subject_public_key_info: key.0.clone(),
            extensions,
        };
        sign(&content, &signer)
    }
}

/// Makes the certificate of an authority.
pub(super) fn authority(authority: Authority, validity: Period) -> Result<Vec<u8>, MintError> {
    let issuer = authority.issuer();
    let signer = issuer.key().load(Scheme::Sha256)?;
    let key = authority.key().public()?;
    let path_len = authority.domain().map(|_| 0);
    let mut extensions = extension::authority_constraints(path_len)?.to_vec();
    extensions.push(extension::any_policy(&authority.statement_url())?);
    if authority != issuer {
        let urls = issuer.crl_urls(ObjectClass::Authority);
        extensions.push(extension::distribution_points(&urls)?);
    }
    extensions.extend([
        extension::subject_key(key.identifier())?,
        extension::authority_key(signer.public()?.identifier())?,
    ]);
    let content = TbsCertificate {
        version: Version::V3,
        serial_number: serial_number(Platform::Current, issuer, &authority.code(), &key, validity)?,
        signature: signer.algorithm(),
        issuer: issuer.subject()?,
        validity: validity.validity(),
        subject: authority.subject()?,
        subject_public_key_info: key.0,
        extensions,
    };
    sign(&content, &signer)
}

/// Makes the certificate of a key that signs the lists of an authority, under its name.
pub(super) fn list_signer(
    authority: Authority,
    key: &PublicKey,
    validity: Period,
) -> Result<Vec<u8>, MintError> {
    let issuer = authority.issuer();
    let signer = issuer.key().load(Scheme::Sha256)?;
    let identity = format!("{}/lists", authority.code());
    let content = TbsCertificate {
        version: Version::V3,
        serial_number: serial_number(Platform::Current, issuer, &identity, key, validity)?,
        signature: signer.algorithm(),
        issuer: issuer.subject()?,
        validity: validity.validity(),
        subject: authority.subject()?,
        subject_public_key_info: key.0.clone(),
        extensions: vec![
            extension::end_entity_constraints()?,
            extension::list_signer_usage()?,
            extension::any_policy(&authority.statement_url())?,
            extension::distribution_points(&issuer.crl_urls(ObjectClass::Authority))?,
            extension::subject_key(key.identifier())?,
            extension::authority_key(signer.public()?.identifier())?,
        ],
    };
    sign(&content, &signer)
}

/// Makes the certificate of the OCSP responder of an authority.
pub(super) fn responder(
    issuer: Authority,
    key: &PublicKey,
    validity: Period,
) -> Result<Vec<u8>, MintError> {
    let signer = issuer.key().load(Scheme::Sha256)?;
    let mut extensions = extension::responder()?.to_vec();
    extensions.extend([
        extension::end_entity_constraints()?,
        extension::subject_key(key.whole_identifier()?)?,
        extension::authority_key(signer.public()?.identifier())?,
    ]);
    let content = TbsCertificate {
        version: Version::V3,
        serial_number: serial_number(Platform::Current, issuer, "ocsp", key, validity)?,
        signature: signer.algorithm(),
        issuer: issuer.subject()?,
        validity: validity.validity(),
        subject: responder_name(issuer)?,
        subject_public_key_info: key.0.clone(),
        extensions,
    };
    sign(&content, &signer)
}

/// The name of the OCSP responder of an authority: its own, and what it does.
pub(super) fn responder_name(issuer: Authority) -> Result<Name, MintError> {
    issuer.named(&format!("{} OCSP", issuer.common_name()))
}

/// Sixteen bytes that look drawn at random and are not: the same name, key and dates give the same serial number.
fn serial_number(
    platform: Platform,
    issuer: Authority,
    identity: &str,
    key: &PublicKey,
    validity: Period,
) -> Result<SerialNumber, MintError> {
    let seed = format!("{}\n{identity}\n{}\n", issuer.code(), validity.text());
    let drawn = digest(&SHA256, &[seed.as_bytes(), &key.to_der()?].concat());
    let mut bytes = drawn.as_ref()[..16].to_vec();
    if platform == Platform::Former {
        // Eight bytes constant for each authority (IGC-Santé fact sheet §5).
        let constant = digest(&SHA256, issuer.code().as_bytes());
        bytes[..8].copy_from_slice(&constant.as_ref()[..8]);
    }
    // Positive, and never shorter: RFC 5280 §4.1.2.2.
    bytes[0] = bytes[0] & 0x3F | 0x40;
    Ok(SerialNumber::new(&bytes)?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use der::Decode;
    use x509_cert::Certificate;

    use super::super::{Domain, Gamme, World, committed};
    use super::*;

    fn read(bytes: &[u8]) -> Certificate {
        Certificate::from_der(bytes).expect("a committed certificate")
    }

    /// Every extension in order, `!` before a critical one.
    fn order(certificate: &Certificate) -> Vec<String> {
        let extensions = certificate.tbs_certificate().extensions().expect("version 3");
        let critical = |found: &Extension| if found.critical { "!" } else { "" };
        extensions.iter().map(|found| format!("{}{}", critical(found), found.extn_id)).collect()
    }

    fn value(certificate: &Certificate, oid: &str) -> Vec<u8> {
        let extensions = certificate.tbs_certificate().extensions().expect("version 3");
        let found = extensions.iter().find(|found| found.extn_id.to_string() == oid);
        found.expect("present").extn_value.as_bytes().to_vec()
    }

    #[test]
    fn an_authority_has_the_extensions_of_igc_sante_in_their_order() {
        let root = read(Authority::root(World::Production, Gamme::Fort).certificate());
        let issuing =
            Authority::builtin(World::Production, Gamme::Fort, Domain::Personnes).certificate();
        let issuing = read(issuing);
        let expected = ["!2.5.29.19", "!2.5.29.15", "2.5.29.32", "2.5.29.14", "2.5.29.35"];
        assert_eq!(order(&root), expected);
        let expected =
            ["!2.5.29.19", "!2.5.29.15", "2.5.29.32", "2.5.29.31", "2.5.29.14", "2.5.29.35"];
        assert_eq!(order(&issuing), expected);
        let constraints = [value(&root, "2.5.29.19"), value(&issuing, "2.5.29.19")];
        assert_eq!(constraints, [vec![0x30, 3, 1, 1, 0xFF], vec![0x30, 6, 1, 1, 0xFF, 2, 1, 0]]);
    }

    #[test]
    fn the_issuer_key_identifier_is_the_subject_key_identifier_of_the_issuer() {
        for authority in Authority::all() {
            let subject = value(&read(authority.issuer().certificate()), "2.5.29.14");
            let issuer = value(&read(authority.certificate()), "2.5.29.35");
            // SEQUENCE { [0] identifier } and OCTET STRING identifier.
            assert_eq!(issuer[4..], subject[2..], "{authority}");
        }
    }

    #[test]
    fn serial_numbers_are_sixteen_bytes_and_never_the_same() {
        let card = committed("medecin-cps3").expect("embedded");
        let card = [&card.signature, &card.authentication];
        let card = card.into_iter().flatten().map(|found| read(&found.der));
        let all = Authority::all().map(|authority| read(authority.certificate())).chain(card);
        let serials: Vec<Vec<u8>> = all
            .map(|certificate| certificate.tbs_certificate().serial_number().as_bytes().to_vec())
            .collect();
        assert!(serials.iter().all(|serial| serial.len() == 16));
        assert_eq!(serials.iter().collect::<BTreeSet<_>>().len(), serials.len());
    }
}
