//! Who calls: the emulated platform's own look at the certificate that was shown.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::ID_KP_CLIENT_AUTH;
use der::{Decode, Encode};
use jiff::{SignedDuration, Timestamp};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use x509_cert::Certificate;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage, KeyUsages};

use super::habilitation::Habilitation;
use super::refusal::{Distrust, Refusal};
use crate::emulate::igc::Authority;

/// Whoever calls, admitted.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// Token identifier of a card.
    pub(super) token: Option<String>,
    /// Subject `OU`: the structure of a software certificate.
    structure: Option<String>,
    /// By which their own requests are told: the token identifier, or the subject.
    pub(super) name: String,
}

/// What makes a certificate revoked, beside its dates.
pub(super) trait Standing {
    /// Whether this card is opposed.
    fn is_opposed(&self, token: &str) -> bool;
    /// Whether this certificate, issued here, is revoked.
    fn is_revoked(&self, serial: &str) -> bool;
}

impl Caller {
    /// Looks at the certificate that was shown, if any.
    pub(super) fn of(
        shown: &[Vec<u8>],
        standing: &impl Standing,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let leaf = shown.first().ok_or(Refusal::CertificateAbsent)?;
        let untrusted = Refusal::Certificate(Distrust::Untrusted);
        let certificate = Certificate::from_der(leaf).map_err(|_| untrusted.clone())?;
        let shown = Shown(&certificate);
        let category = shown.category();
        if category.is_some_and(|category| category < 0x80) {
            return Err(Refusal::Production);
        }
        if category.is_none() || !shown.is_ours() {
            return Err(untrusted);
        }
        let (from, to) = shown.period().ok_or(untrusted)?;
        let token = shown.token();
        // A card is opposed three years after it begins (platform fact sheet §1); its certificates are revoked with it.
        let opposed = token.as_ref().is_some_and(|token| {
            let three_years = from.saturating_add(SignedDuration::from_hours(24 * 365 * 3));
            standing.is_opposed(token) || three_years.is_ok_and(|end| end < now)
        });
        if opposed || standing.is_revoked(&shown.serial()) {
            return Err(Refusal::Certificate(Distrust::Revoked));
        }
        if now < from || to < now {
            return Err(Refusal::Certificate(Distrust::Expired));
        }
        if !shown.authenticates() {
            return Err(Refusal::Certificate(Distrust::Usage));
        }
        let structure = shown.subject(ORGANISATIONAL_UNIT);
        let name =
            token.clone().unwrap_or_else(|| certificate.tbs_certificate().subject().to_string());
        Ok(Self { token, structure, name })
    }

    /// Their habilitations: those of the card, or for a software certificate those of its structure.
    pub(super) fn habilitations<'h>(
        &'h self,
        all: &'h [Habilitation],
    ) -> impl Iterator<Item = &'h Habilitation> {
        all.iter().filter(|found| match (&self.token, &found.card) {
            (Some(token), card) => card.as_ref() == Some(token),
            (None, None) => self.structure.as_ref() == Some(&found.structure.id),
            (None, Some(_)) => false,
        })
    }

    /// Whether they see what was ordered for this structure (platform fact sheet §7.3: own habilitations).
    pub(super) fn sees(&self, all: &[Habilitation], structure: &str) -> bool {
        self.habilitations(all).any(|found| found.structure.id == structure)
    }
}

/// A certificate, and what is looked at in it.
struct Shown<'c>(&'c Certificate);

impl Shown<'_> {
    fn extension(&self, oid: ObjectIdentifier) -> Option<&[u8]> {
        let extensions = self.0.tbs_certificate().extensions()?;
        let found = extensions.iter().find(|found| found.extn_id == oid)?;
        Some(found.extn_value.as_bytes())
    }

    /// Table G01: one byte in an OCTET STRING.
    fn category(&self) -> Option<u8> {
        match self.extension(CATEGORY)? {
            [4, 1, category] => Some(*category),
            _ => None,
        }
    }

    /// PrintableString.
    fn token(&self) -> Option<String> {
        match self.extension(TOKEN)? {
            [0x13, _, token @ ..] => String::from_utf8(token.to_vec()).ok(),
            _ => None,
        }
    }

    /// Whether an intermediate authority of ours signed it.
    fn is_ours(&self) -> bool {
        let content = self.0.tbs_certificate();
        let issued = |authority: Authority| {
            let issuer = Certificate::from_der(authority.certificate()).ok()?;
            if issuer.tbs_certificate().subject() != content.issuer() {
                return None;
            }
            let key =
                issuer.tbs_certificate().subject_public_key_info().subject_public_key.raw_bytes();
            let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key);
            key.verify(&content.to_der().ok()?, self.0.signature().raw_bytes()).ok()
        };
        Authority::all()
            .filter(|found| found.domain().is_some())
            .any(|found| issued(found).is_some())
    }

    fn period(&self) -> Option<(Timestamp, Timestamp)> {
        let validity = self.0.tbs_certificate().validity();
        let instant = |time: x509_cert::time::Time| {
            Timestamp::from_second(i64::try_from(time.to_unix_duration().as_secs()).ok()?).ok()
        };
        Some((instant(validity.not_before)?, instant(validity.not_after)?))
    }

    fn serial(&self) -> String {
        let serial = self.0.tbs_certificate().serial_number().as_bytes();
        data_encoding::HEXLOWER.encode(serial)
    }

    /// digitalSignature and clientAuth.
    fn authenticates(&self) -> bool {
        let usage = self.extension(KEY_USAGE).and_then(|der| KeyUsage::from_der(der).ok());
        let extended =
            self.extension(EXTENDED_USAGE).and_then(|der| ExtendedKeyUsage::from_der(der).ok());
        usage.is_some_and(|usage| usage.0.contains(KeyUsages::DigitalSignature))
            && extended.is_some_and(|extended| extended.0.contains(&ID_KP_CLIENT_AUTH))
    }

    fn subject(&self, oid: ObjectIdentifier) -> Option<String> {
        let found = self.0.tbs_certificate().subject().iter().find(|found| found.oid == oid)?;
        String::from_utf8(found.value.value().to_vec()).ok()
    }
}

const CATEGORY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.250.1.71.1.2.5");
const TOKEN: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.250.1.71.1.2.3");
const KEY_USAGE: ObjectIdentifier = const_oid::db::rfc5280::ID_CE_KEY_USAGE;
const EXTENDED_USAGE: ObjectIdentifier = const_oid::db::rfc5280::ID_CE_EXT_KEY_USAGE;
const ORGANISATIONAL_UNIT: ObjectIdentifier = const_oid::db::rfc4519::OU;
