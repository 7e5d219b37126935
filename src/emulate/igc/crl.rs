//! Revocation lists: complete ones, signed by the authority that issues (IGC-Santé fact sheet §8; RFC 5280 §5).

use der::asn1::Uint;
use jiff::Timestamp;
use x509_cert::certificate::Version;
use x509_cert::crl::{RevokedCert, TbsCertList};
use x509_cert::ext::pkix::{CrlNumber, CrlReason};
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::Time;

use super::certificate::sign;
use super::extension::{self, Criticality};
use super::key::Signer;
use super::period::{Period, date_time};
use super::{Authority, MintError};

/// Why a certificate is revoked: `CRLReason`, RFC 5280 §5.3.1, without `removeFromCRL`, which only delta lists have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reason {
    /// keyCompromise (1).
    KeyCompromise,
    /// cACompromise (2).
    CaCompromise,
    /// affiliationChanged (3).
    AffiliationChanged,
    /// superseded (4).
    Superseded,
    /// cessationOfOperation (5).
    CessationOfOperation,
    /// certificateHold (6).
    CertificateHold,
    /// privilegeWithdrawn (9).
    PrivilegeWithdrawn,
    /// aACompromise (10).
    AaCompromise,
}

impl From<Reason> for CrlReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::KeyCompromise => Self::KeyCompromise,
            Reason::CaCompromise => Self::CaCompromise,
            Reason::AffiliationChanged => Self::AffiliationChanged,
            Reason::Superseded => Self::Superseded,
            Reason::CessationOfOperation => Self::CessationOfOperation,
            Reason::CertificateHold => Self::CertificateHold,
            Reason::PrivilegeWithdrawn => Self::PrivilegeWithdrawn,
            Reason::AaCompromise => Self::AaCompromise,
        }
    }
}

/// An entry of a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Revoked {
    /// The serial number, big endian, unsigned, at most 20 bytes.
    pub serial: Vec<u8>,
    /// `revocationDate`.
    pub at: Timestamp,
    /// `reasonCode`; the lists of IGC-Santé give none.
    pub reason: Option<Reason>,
}

impl Revoked {
    fn entry(&self) -> Result<RevokedCert, MintError> {
        let reason = self.reason.map(CrlReason::from);
        let extensions = reason
            .map(|reason| extension::standard(Criticality::NonCritical, &reason))
            .transpose()?
            .map(|extension| vec![extension]);
        Ok(RevokedCert {
            serial_number: SerialNumber::new(&self.serial)?,
            revocation_date: Time::from(date_time(self.at)?),
            crl_entry_extensions: extensions,
        })
    }
}

/// Makes the complete list of an authority in DER, entries in the order given.
///
/// Lists of IGC-Santé live 45 days (roots) or 6 days (intermediates).
///
/// # Errors
/// [`MintError::Period`] when `next_update` is not after `this_update`, [`MintError::Instant`] outside 1970 to 9999,
/// [`MintError::Der`] when a serial number is empty or longer than 20 bytes.
pub fn crl(
    authority: Authority,
    this_update: Timestamp,
    next_update: Timestamp,
    number: u64,
    revoked: &[Revoked],
) -> Result<Vec<u8>, MintError> {
    let period = Period::new(this_update, next_update)?;
    let entries: Result<Vec<_>, _> = revoked.iter().map(Revoked::entry).collect();
    // An empty list has no revokedCertificates at all (RFC 5280 §5.1.2.6).
    let entries = Some(entries?).filter(|entries| !entries.is_empty());
    let signer = authority.key().load()?;
    let key = extension::authority_key(signer.public()?.identifier())?;
    let number = CrlNumber(Uint::new(&number.to_be_bytes())?);
    let number = extension::standard(Criticality::NonCritical, &number)?;
    let extensions = match authority.domain() {
        None => vec![number, key],
        Some(_) => vec![key, number],
    };
    let content = TbsCertList {
        version: Version::V2,
        signature: Signer::algorithm(),
        issuer: authority.subject()?,
        this_update: period.start(),
        next_update: Some(period.end()),
        revoked_certificates: entries,
        crl_extensions: Some(extensions),
    };
    sign(&content, &signer)
}
