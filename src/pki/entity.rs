//! Who signs: anchors, and certificates that may stand on a path, made ready to be searched and compared.

use std::collections::BTreeSet;

use ring::digest;

use super::name::NormalName;
use super::report::{Origin, PathElement, PathElementKind};
use crate::x509::{AlgorithmIdentifier, Certificate, KeyUse, Name, PublicKey, X509Error};

/// A trust anchor (RFC 5280 §6.1.1(d)): a name and a key, with the certificate that gave them where there is one.
#[derive(Clone, Debug)]
pub struct Anchor {
    pub(super) entity: Entity,
    pub(super) certificate: Option<Certificate>,
}

impl Anchor {
    /// Trusts the name and the key of a certificate, whatever its dates and its signature. Its constraints on names,
    /// policies and path length hold for what is below (RFC 5937).
    pub fn from_certificate(certificate: Certificate, origin: Origin) -> Self {
        Self { entity: Entity::of(&certificate, origin), certificate: Some(certificate) }
    }

    /// Trusts a public key, given as a SubjectPublicKeyInfo in DER, under a name.
    ///
    /// # Errors
    /// [`X509Error::Key`].
    pub fn from_key(name: &Name, spki: &[u8], origin: Origin) -> Result<Self, X509Error> {
        let entity = Entity {
            display: name.to_string(),
            subject: NormalName::of(name),
            key: Some(PublicKey::from_spki(spki)?),
            key_id: sha256(spki),
            spki: spki.to_vec(),
            usage: None,
            origin,
        };
        Ok(Self { entity, certificate: None })
    }

    /// The certificate that gave the name and the key, where there is one.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// The SubjectPublicKeyInfo, DER.
    pub fn spki(&self) -> &[u8] {
        &self.entity.spki
    }

    /// Whether this very certificate is the anchor.
    pub(super) fn is(&self, node: &Node) -> bool {
        self.certificate
            .as_ref()
            .is_some_and(|certificate| certificate.der() == node.certificate.der())
    }

    pub(super) fn element(&self) -> PathElement {
        let (sha256, kind) = match &self.certificate {
            Some(certificate) => (certificate.sha256(), PathElementKind::Anchor),
            None => (self.entity.key_id, PathElementKind::AnchorKey),
        };
        let Entity { display, origin, .. } = &self.entity;
        PathElement { subject: display.clone(), sha256, kind, origin: origin.clone() }
    }
}

/// A name and its key.
#[derive(Clone, Debug)]
pub(super) struct Entity {
    /// The name, for people.
    pub(super) display: String,
    pub(super) subject: NormalName,
    /// `None` when it cannot be read.
    pub(super) key: Option<PublicKey>,
    /// SHA-256 of the SubjectPublicKeyInfo.
    pub(super) key_id: [u8; 32],
    /// The SubjectPublicKeyInfo, DER.
    pub(super) spki: Vec<u8>,
    /// keyUsage; `None` when there is none, which allows all. One that cannot be read allows nothing.
    pub(super) usage: Option<BTreeSet<KeyUse>>,
    pub(super) origin: Origin,
}

impl Entity {
    fn of(certificate: &Certificate, origin: Origin) -> Self {
        Self {
            display: certificate.subject().to_string(),
            subject: NormalName::of(certificate.subject()),
            key: certificate.public_key().ok(),
            key_id: certificate.spki_sha256(),
            spki: certificate.spki().to_vec(),
            usage: certificate.key_usage().unwrap_or_else(|_| Some(BTreeSet::new())),
            origin,
        }
    }

    /// Whether its key takes its parameters from the key of its issuer (RFC 5280 §6.1.4(d)).
    pub(super) fn lacks_parameters(&self) -> bool {
        self.key.as_ref().and_then(PublicKey::dsa).is_some_and(|key| key.parameters.is_none())
    }

    /// The same name and key, with the parameters of the issuer's key, which has them.
    pub(super) fn inheriting(&self, issuer: &Self) -> Option<Self> {
        let (Some(PublicKey::Other { algorithm, key }), Some(own)) = (&self.key, &issuer.key)
        else {
            return None;
        };
        let PublicKey::Other { algorithm: whole, .. } = own else { return None };
        own.dsa()?.parameters?;
        let algorithm =
            AlgorithmIdentifier { parameters: whole.parameters.clone(), ..algorithm.clone() };
        let key = Some(PublicKey::Other { algorithm, key: key.clone() });
        // Not the same key as with the parameters of another: outcomes are kept by this identifier.
        let key_id = sha256(&[self.key_id, issuer.key_id].concat());
        Some(Self { key, key_id, ..self.clone() })
    }

    /// Whether keyUsage, where there is one, allows it.
    pub(super) fn may(&self, wanted: KeyUse) -> bool {
        self.usage.as_ref().is_none_or(|uses| uses.contains(&wanted))
    }

    /// Whether it is the same name with the same key.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.key_id == other.key_id && self.subject == other.subject
    }
}

/// A certificate that may stand on a path.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) entity: Entity,
    pub(super) issuer: NormalName,
    pub(super) certificate: Certificate,
    /// SHA-256 of the certificate.
    pub(super) id: [u8; 32],
    /// subjectKeyIdentifier: a hint.
    pub(super) subject_key: Option<Vec<u8>>,
    /// The key identifier of authorityKeyIdentifier: a hint.
    pub(super) authority_key: Option<Vec<u8>>,
}

impl Node {
    pub(super) fn new(certificate: Certificate, origin: Origin) -> Self {
        let authority_key = certificate.authority_key_identifier().ok().flatten();
        Self {
            entity: Entity::of(&certificate, origin),
            issuer: NormalName::of(certificate.issuer()),
            id: certificate.sha256(),
            subject_key: certificate.subject_key_identifier().ok().flatten(),
            authority_key: authority_key.and_then(|identifier| identifier.key),
            certificate,
        }
    }

    /// Whether subject and issuer bear the same name (RFC 5280 §6.1).
    pub(super) fn is_self_issued(&self) -> bool {
        self.issuer == self.entity.subject
    }

    pub(super) fn element(&self) -> PathElement {
        PathElement {
            subject: self.entity.display.clone(),
            sha256: self.id,
            kind: PathElementKind::Certificate,
            origin: self.entity.origin.clone(),
        }
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref().try_into().expect("SHA-256 gives 32 bytes")
}
