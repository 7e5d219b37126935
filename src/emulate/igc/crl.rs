//! The list that IGC-Santé publishes: complete, signed by the authority that issues (IGC-Santé fact sheet §8;
//! RFC 5280 §5). [`ListRequest`] makes the others.

use jiff::Timestamp;
use x509_cert::ext::pkix::CrlReason;

use super::{Authority, ListRequest, MintError};

/// Why a certificate is revoked: `CRLReason`, RFC 5280 §5.3.1.
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
    /// removeFromCRL (8): no longer revoked; in delta lists only.
    RemoveFromCrl,
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
            Reason::RemoveFromCrl => Self::RemoveFromCRL,
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

/// Makes the complete list of an authority in DER, entries in the order given.
///
/// Lists of IGC-Santé live 45 days (roots) or 6 days (intermediates).
///
/// # Errors
/// [`MintError::Period`] when `next_update` is not after `this_update`, [`MintError::Instant`] outside 1970 to 9999,
/// [`MintError::Der`] when a serial number is longer than 20 bytes.
pub fn crl(
    authority: Authority,
    this_update: Timestamp,
    next_update: Timestamp,
    number: u64,
    revoked: &[Revoked],
) -> Result<Vec<u8>, MintError> {
    let list = ListRequest::new(authority, this_update).until(next_update).number(number);
    revoked.iter().cloned().fold(list, ListRequest::revoking).der()
}

#[cfg(test)]
mod tests {
    use x509_parser::prelude::{FromDer, ParsedExtension};
    use x509_parser::revocation_list::CertificateRevocationList;

    use super::super::{Domain, Gamme, World};
    use super::*;

    const ISSUING: Authority =
        Authority::builtin(World::Test, Gamme::Elementaire, Domain::Organisations);

    fn instant(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn mint(authority: Authority, revoked: &[Revoked]) -> Result<Vec<u8>, MintError> {
        let (this, next) = ("2026-03-01T22:00:00Z", "2026-03-07T22:00:00Z");
        crl(authority, instant(this), instant(next), 1287, revoked)
    }

    fn read(bytes: &[u8]) -> CertificateRevocationList<'_> {
        let (rest, list) = CertificateRevocationList::from_der(bytes).expect("a list");
        assert_eq!(rest, [0; 0]);
        list
    }

    #[test]
    fn a_list_says_its_issuer_its_dates_and_its_number() {
        let bytes = mint(ISSUING, &[]).expect("minted");
        let list = read(&bytes);
        assert_eq!(list.version().map(|version| version.0), Some(1));
        assert_eq!(
            list.issuer().to_string(),
            "C=FR, O=CPSKIT, OU=EMULATION SANS VALEUR TEST, CN=EMULATION TEST AC ELEMENTAIRE ORGANISATIONS"
        );
        let dates = [Some(list.last_update()), list.next_update()]
            .map(|date| date.map(|date| date.timestamp()));
        let expected = ["2026-03-01T22:00:00Z", "2026-03-07T22:00:00Z"]
            .map(|text| Some(instant(text).as_second()));
        assert_eq!(dates, expected);
        assert_eq!(list.crl_number().map(ToString::to_string), Some("1287".to_owned()));
        assert_eq!(list.tbs_cert_list.revoked_certificates, []);
    }

    #[test]
    fn the_two_extensions_of_a_root_and_of_an_intermediate_are_in_their_own_order() {
        let order = |authority: Authority| {
            let bytes = mint(authority, &[]).expect("minted");
            let list = read(&bytes);
            let oids = list.extensions().iter().map(|found| found.oid.to_id_string());
            oids.collect::<Vec<_>>()
        };
        assert_eq!(order(Authority::root(World::Test, Gamme::Fort)), ["2.5.29.20", "2.5.29.35"]);
        assert_eq!(order(ISSUING), ["2.5.29.35", "2.5.29.20"]);
    }

    #[test]
    fn an_entry_has_a_reason_only_when_one_is_given() {
        let at = instant("2026-02-11T08:00:00Z");
        let entry = |serial: u8, reason| Revoked { serial: vec![0x7F, serial], at, reason };
        let bytes = mint(ISSUING, &[entry(1, None), entry(2, Some(Reason::CertificateHold))]);
        let bytes = bytes.expect("minted");
        let found: Vec<_> = read(&bytes)
            .iter_revoked_certificates()
            .map(|entry| {
                let reason = entry.extensions().first().map(|found| found.parsed_extension());
                let reason = match reason {
                    Some(ParsedExtension::ReasonCode(reason)) => Some(reason.0),
                    _ => None,
                };
                (entry.raw_serial().to_vec(), entry.revocation_date.timestamp(), reason)
            })
            .collect();
        let seconds = at.as_second();
        assert_eq!(found, [(vec![0x7F, 1], seconds, None), (vec![0x7F, 2], seconds, Some(6))]);
    }

    #[test]
    fn a_serial_number_is_at_most_twenty_bytes() {
        let refused = |serial: &[u8]| {
            let at = instant("2026-02-11T08:00:00Z");
            mint(ISSUING, &[Revoked { serial: serial.to_vec(), at, reason: None }]).is_err()
        };
        assert_eq!([refused(&[1; 20]), refused(&[1; 21])], [false, true]);
    }
}
