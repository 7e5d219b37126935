//! Object identifiers, as dotted text, and those of certificates that this crate knows.

use std::fmt;

use super::Hex;

/// An object identifier in dotted form: `2.5.4.3`.
///
/// Reading one never fails: content octets that are no identifier (an arc cut, padded, or over 128 bits) are kept as
/// `#` and hexadecimal digits. So two are equal when, and only when, their octets are.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Oid(String);

impl Oid {
    /// Reads the content octets of an OBJECT IDENTIFIER (ITU-T X.690 §8.19).
    pub fn from_content(octets: &[u8]) -> Self {
        Self(dotted(octets).unwrap_or_else(|| format!("#{}", Hex(octets))))
    }

    /// The dotted form, to compare with the constants of this module.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Oid {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Oid {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oid({self})")
    }
}

fn dotted(octets: &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut arc: Option<u128> = None;
    for octet in octets {
        let value = match (arc, octet) {
            // An arc never starts with a null group.
            (None, 0x80) => return None,
            (None, _) => u128::from(octet & 0x7F),
            (Some(high), _) => high.checked_mul(0x80)? | u128::from(octet & 0x7F),
        };
        if octet & 0x80 != 0 {
            arc = Some(value);
            continue;
        }
        arc = None;
        if text.is_empty() {
            // The first two arcs share one number: 40 × the first, which is at most 2.
            let first = (value / 40).min(2);
            text = format!("{first}.{}", value - 40 * first);
        } else {
            text.push_str(&format!(".{value}"));
        }
    }
    (arc.is_none() && !text.is_empty()).then_some(text)
}

/// `CN`, commonName.
pub const COMMON_NAME: &str = "2.5.4.3";
/// `SN`, surname.
pub const SURNAME: &str = "2.5.4.4";
/// serialNumber (of a subject, not of a certificate).
pub const SERIAL_NUMBER: &str = "2.5.4.5";
/// `C`, countryName.
pub const COUNTRY_NAME: &str = "2.5.4.6";
/// `L`, localityName.
pub const LOCALITY_NAME: &str = "2.5.4.7";
/// `ST`, stateOrProvinceName.
pub const STATE_OR_PROVINCE_NAME: &str = "2.5.4.8";
/// `STREET`, streetAddress.
pub const STREET_ADDRESS: &str = "2.5.4.9";
/// `O`, organizationName.
pub const ORGANIZATION_NAME: &str = "2.5.4.10";
/// `OU`, organizationalUnitName.
pub const ORGANIZATIONAL_UNIT_NAME: &str = "2.5.4.11";
/// `T`, title.
pub const TITLE: &str = "2.5.4.12";
/// `GN`, givenName.
pub const GIVEN_NAME: &str = "2.5.4.42";
/// pseudonym.
pub const PSEUDONYM: &str = "2.5.4.65";
/// `UID`, userId.
pub const USER_ID: &str = "0.9.2342.19200300.100.1.1";
/// `DC`, domainComponent.
pub const DOMAIN_COMPONENT: &str = "0.9.2342.19200300.100.1.25";
/// emailAddress (PKCS #9).
pub const EMAIL_ADDRESS: &str = "1.2.840.113549.1.9.1";

/// rsaEncryption (PKCS #1).
pub const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";

/// subjectKeyIdentifier.
pub const SUBJECT_KEY_IDENTIFIER: &str = "2.5.29.14";
/// keyUsage.
pub const KEY_USAGE: &str = "2.5.29.15";
/// subjectAltName.
pub const SUBJECT_ALT_NAME: &str = "2.5.29.17";
/// basicConstraints.
pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
/// cRLDistributionPoints.
pub const CRL_DISTRIBUTION_POINTS: &str = "2.5.29.31";
/// certificatePolicies.
pub const CERTIFICATE_POLICIES: &str = "2.5.29.32";
/// authorityKeyIdentifier.
pub const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
/// extKeyUsage.
pub const EXT_KEY_USAGE: &str = "2.5.29.37";
/// freshestCRL.
pub const FRESHEST_CRL: &str = "2.5.29.46";
/// authorityInfoAccess.
pub const AUTHORITY_INFO_ACCESS: &str = "1.3.6.1.5.5.7.1.1";
/// id-qt-cps: a policy qualifier that is a URI.
pub const CPS_POINTER: &str = "1.3.6.1.5.5.7.2.1";

/// id-kp-serverAuth.
pub const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
/// id-kp-clientAuth.
pub const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
/// id-kp-emailProtection.
pub const EMAIL_PROTECTION: &str = "1.3.6.1.5.5.7.3.4";
/// id-kp-OCSPSigning.
pub const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";
/// anyExtendedKeyUsage.
pub const ANY_EXTENDED_KEY_USAGE: &str = "2.5.29.37.0";
/// msSmartcardLogon.
pub const SMARTCARD_LOGON: &str = "1.3.6.1.4.1.311.20.2.2";
/// User principal name, an otherName of subjectAltName.
pub const USER_PRINCIPAL_NAME: &str = "1.3.6.1.4.1.311.20.2.3";
/// id-ad-ocsp: an access method of authorityInfoAccess.
pub const OCSP: &str = "1.3.6.1.5.5.7.48.1";
/// id-ad-caIssuers: an access method of authorityInfoAccess.
pub const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";

/// The arc of the GIP-CPS, under which the private extensions stand (IGC-Santé fact sheet §6).
pub const GIP_CPS: &str = "1.2.250.1.71";
/// Card type, table G02.
pub const CARD_TYPE: &str = "1.2.250.1.71.1.2.2";
/// Card number, after its issuer.
pub const CARD_NUMBER: &str = "1.2.250.1.71.1.2.3";
/// Product category, table G01.
pub const CATEGORY: &str = "1.2.250.1.71.1.2.5";
/// Profession, table G15.
pub const PROFESSION: &str = "1.2.250.1.71.1.2.7";
/// Future profession of the holder of a CPF, table G16; inferred, not seen.
pub const FUTURE_PROFESSION: &str = "1.2.250.1.71.1.2.8";
/// Level of responsibility, table G04; inferred, not seen (CPx fact sheet §1.3).
pub const RESPONSIBILITY: &str = "1.2.250.1.71.1.2.12";
/// Sectors of activity, table R02 (CPx fact sheet §9.2).
pub const SECTORS: &str = "1.2.250.1.71.4.2.4";
/// Specialities (savoir-faire), table R01.
pub const SPECIALITIES: &str = "1.2.250.1.71.4.2.5";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn content_octets_are_read_as_dotted_arcs() {
        for (octets, dotted) in [
            (&[0x55, 4, 3][..], COMMON_NAME),
            (&[0x2A, 0x81, 0x7A, 1, 0x47, 1, 2, 5], CATEGORY),
            (&[0x2B, 6, 1, 4, 1, 0x82, 0x37, 0x14, 2, 3], USER_PRINCIPAL_NAME),
            (&[0x88, 0x37], "2.999"),
            (&[0], "0.0"),
        ] {
            assert_eq!(Oid::from_content(octets).as_str(), dotted);
        }
    }

    #[test]
    fn octets_that_are_no_identifier_are_kept_in_hexadecimal() {
        let long = [0xFF; 19];
        for (octets, text) in
            [(&[][..], "#"), (&[0x55, 0x80, 4], "#558004"), (&[0x55, 0x84], "#5584")]
        {
            assert_eq!(Oid::from_content(octets).as_str(), text);
        }
        assert!(Oid::from_content(&[&long[..], &[0x7F]].concat()).as_str().starts_with("#ffff"));
    }

    proptest! {
        #[test]
        fn two_are_equal_only_when_their_octets_are(
            one in proptest::collection::vec(any::<u8>(), 0..6),
            other in proptest::collection::vec(any::<u8>(), 0..6),
        ) {
            prop_assert_eq!(Oid::from_content(&one) == Oid::from_content(&other), one == other);
        }
    }
}
