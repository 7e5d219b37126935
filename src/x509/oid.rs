//! Object identifiers, as dotted text, and those of certificates that this crate knows.

use std::fmt;
use std::str::FromStr;

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

    /// The content octets of the OBJECT IDENTIFIER.
    pub fn to_content(&self) -> Vec<u8> {
        match self.0.strip_prefix('#') {
            Some(digits) => hexadecimal(digits),
            None => content(&self.0),
        }
    }

    /// The dotted form, to compare with the constants of this module.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Text that is no object identifier in dotted form.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not an object identifier: {0:?}")]
pub struct OidError(pub String);

/// Reads the dotted form: at least two arcs, each in decimal without leading zeros, within the bounds of ITU-T X.660.
impl FromStr for Oid {
    type Err = OidError;

    fn from_str(text: &str) -> Result<Self, OidError> {
        let arc = |arc: &str| {
            let digits = !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit());
            let shortest = arc.len() == 1 || !arc.starts_with('0');
            (digits && shortest).then(|| arc.parse::<u128>().ok()).flatten()
        };
        let arcs: Option<Vec<u128>> = text.split('.').map(arc).collect();
        match arcs.as_deref() {
            Some([0 | 1, 0..40, ..]) => Ok(Self(text.to_owned())),
            // The first two arcs share one number (X.690 §8.19.4).
            Some([2, second, ..]) if *second <= u128::MAX - 80 => Ok(Self(text.to_owned())),
            _ => Err(OidError(text.to_owned())),
        }
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
    let mut text = String::with_capacity(octets.len() * 3 + 2);
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
            push(&mut text, first);
            text.push('.');
            push(&mut text, value - 40 * first);
        } else {
            text.push('.');
            push(&mut text, value);
        }
    }
    (arc.is_none() && !text.is_empty()).then_some(text)
}

/// Adds the digits of a number. Identifiers are read by the thousand, and most of their arcs are short.
fn push(text: &mut String, number: u128) {
    match u8::try_from(number) {
        Ok(short) => {
            let digits = [short / 100, short / 10 % 10, short % 10];
            let zeros = digits.iter().take(2).take_while(|digit| **digit == 0).count();
            text.extend(digits[zeros..].iter().map(|digit| char::from(b'0' + digit)));
        }
        Err(_) => text.push_str(&number.to_string()),
    }
}

/// The content octets of a dotted form that is one.
fn content(dotted: &str) -> Vec<u8> {
    let mut arcs = dotted.split('.').map(|arc| arc.parse::<u128>().expect("dotted, or not an Oid"));
    let mut octets = Vec::new();
    // The first two arcs share one number.
    let first = arcs.next().unwrap_or(0) * 40 + arcs.next().unwrap_or(0);
    for arc in [first].into_iter().chain(arcs) {
        let groups = (128 - arc.leading_zeros()).div_ceil(7).max(1);
        for group in (0..groups).rev() {
            let more = if group == 0 { 0 } else { 0x80 };
            let [.., low] = (arc >> (7 * group)).to_be_bytes();
            octets.push(more | low & 0x7F);
        }
    }
    octets
}

fn hexadecimal(digits: &str) -> Vec<u8> {
    let digits = digits.as_bytes().chunks(2).filter_map(|two| str::from_utf8(two).ok());
    digits.filter_map(|two| u8::from_str_radix(two, 16).ok()).collect()
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

/// id-RSASSA-PSS (PKCS #1).
pub const RSASSA_PSS: &str = "1.2.840.113549.1.1.10";
/// id-mgf1 (PKCS #1).
pub const MGF1: &str = "1.2.840.113549.1.1.8";
/// sha1WithRSAEncryption (PKCS #1).
pub const SHA1_WITH_RSA: &str = "1.2.840.113549.1.1.5";
/// sha256WithRSAEncryption (PKCS #1).
pub const SHA256_WITH_RSA: &str = "1.2.840.113549.1.1.11";
/// sha384WithRSAEncryption (PKCS #1).
pub const SHA384_WITH_RSA: &str = "1.2.840.113549.1.1.12";
/// sha512WithRSAEncryption (PKCS #1).
pub const SHA512_WITH_RSA: &str = "1.2.840.113549.1.1.13";
/// id-dsa (RFC 3279).
pub const DSA: &str = "1.2.840.10040.4.1";
/// id-dsa-with-sha1 (RFC 3279).
pub const DSA_WITH_SHA1: &str = "1.2.840.10040.4.3";
/// id-dsa-with-sha256 (RFC 5758).
pub const DSA_WITH_SHA256: &str = "2.16.840.1.101.3.4.3.2";
/// id-ecPublicKey (RFC 5480).
pub const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
/// secp256r1, P-256 (RFC 5480).
pub const P256: &str = "1.2.840.10045.3.1.7";
/// secp384r1, P-384 (RFC 5480).
pub const P384: &str = "1.3.132.0.34";
/// ecdsa-with-SHA256 (RFC 5758).
pub const ECDSA_WITH_SHA256: &str = "1.2.840.10045.4.3.2";
/// ecdsa-with-SHA384 (RFC 5758).
pub const ECDSA_WITH_SHA384: &str = "1.2.840.10045.4.3.3";
/// id-Ed25519 (RFC 8410).
pub const ED25519: &str = "1.3.101.112";
/// id-sha1 (RFC 3279).
pub const SHA1: &str = "1.3.14.3.2.26";
/// id-sha256 (RFC 4055).
pub const SHA256: &str = "2.16.840.1.101.3.4.2.1";
/// id-sha384 (RFC 4055).
pub const SHA384: &str = "2.16.840.1.101.3.4.2.2";
/// id-sha512 (RFC 4055).
pub const SHA512: &str = "2.16.840.1.101.3.4.2.3";

/// subjectKeyIdentifier.
pub const SUBJECT_KEY_IDENTIFIER: &str = "2.5.29.14";
/// keyUsage.
pub const KEY_USAGE: &str = "2.5.29.15";
/// privateKeyUsagePeriod (RFC 3280 §4.2.1.4).
pub const PRIVATE_KEY_USAGE_PERIOD: &str = "2.5.29.16";
/// subjectAltName.
pub const SUBJECT_ALT_NAME: &str = "2.5.29.17";
/// issuerAltName.
pub const ISSUER_ALT_NAME: &str = "2.5.29.18";
/// basicConstraints.
pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
/// cRLNumber.
pub const CRL_NUMBER: &str = "2.5.29.20";
/// reasonCode, of an entry of a list.
pub const REASON_CODE: &str = "2.5.29.21";
/// invalidityDate, of an entry of a list.
pub const INVALIDITY_DATE: &str = "2.5.29.24";
/// deltaCRLIndicator.
pub const DELTA_CRL_INDICATOR: &str = "2.5.29.27";
/// issuingDistributionPoint.
pub const ISSUING_DISTRIBUTION_POINT: &str = "2.5.29.28";
/// certificateIssuer, of an entry of a list.
pub const CERTIFICATE_ISSUER: &str = "2.5.29.29";
/// nameConstraints.
pub const NAME_CONSTRAINTS: &str = "2.5.29.30";
/// cRLDistributionPoints.
pub const CRL_DISTRIBUTION_POINTS: &str = "2.5.29.31";
/// certificatePolicies.
pub const CERTIFICATE_POLICIES: &str = "2.5.29.32";
/// anyPolicy.
pub const ANY_POLICY: &str = "2.5.29.32.0";
/// policyMappings.
pub const POLICY_MAPPINGS: &str = "2.5.29.33";
/// authorityKeyIdentifier.
pub const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
/// policyConstraints.
pub const POLICY_CONSTRAINTS: &str = "2.5.29.36";
/// extKeyUsage.
pub const EXT_KEY_USAGE: &str = "2.5.29.37";
/// freshestCRL.
pub const FRESHEST_CRL: &str = "2.5.29.46";
/// inhibitAnyPolicy.
pub const INHIBIT_ANY_POLICY: &str = "2.5.29.54";
/// authorityInfoAccess.
pub const AUTHORITY_INFO_ACCESS: &str = "1.3.6.1.5.5.7.1.1";
/// subjectInfoAccess.
pub const SUBJECT_INFO_ACCESS: &str = "1.3.6.1.5.5.7.1.11";
/// tlsFeature (RFC 7633).
pub const TLS_FEATURE: &str = "1.3.6.1.5.5.7.1.24";
/// id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1).
pub const OCSP_NO_CHECK: &str = "1.3.6.1.5.5.7.48.1.5";
/// The list of signed certificate timestamps (RFC 6962 §3.3).
pub const SCT_LIST: &str = "1.3.6.1.4.1.11129.2.4.2";
/// Netscape certificate type, in the PKIs before IGC-Santé (IGC-Santé fact sheet §9).
pub const NETSCAPE_CERT_TYPE: &str = "2.16.840.1.113730.1.1";
/// id-qt-cps: a policy qualifier that is a URI.
pub const CPS_POINTER: &str = "1.3.6.1.5.5.7.2.1";

/// id-kp-serverAuth.
pub const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
/// id-kp-clientAuth.
pub const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
/// id-kp-codeSigning.
pub const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
/// id-kp-emailProtection.
pub const EMAIL_PROTECTION: &str = "1.3.6.1.5.5.7.3.4";
/// id-kp-timeStamping.
pub const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
/// id-kp-OCSPSigning.
pub const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";
/// anyExtendedKeyUsage.
pub const ANY_EXTENDED_KEY_USAGE: &str = "2.5.29.37.0";
/// msSmartcardLogon.
pub const SMARTCARD_LOGON: &str = "1.3.6.1.4.1.311.20.2.2";
/// User principal name, an otherName of subjectAltName.
pub const USER_PRINCIPAL_NAME: &str = "1.3.6.1.4.1.311.20.2.3";
/// id-pkix-ocsp-basic (RFC 6960): the type of an answer.
pub const OCSP_BASIC: &str = "1.3.6.1.5.5.7.48.1.1";
/// id-pkix-ocsp-nonce (RFC 9654).
pub const OCSP_NONCE: &str = "1.3.6.1.5.5.7.48.1.2";
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

/// What people call an extension, a purpose, an algorithm or a curve; `None` for one that is not known here.
pub fn name(oid: &str) -> Option<&'static str> {
    Some(match oid {
        SUBJECT_KEY_IDENTIFIER => "subjectKeyIdentifier",
        KEY_USAGE => "keyUsage",
        PRIVATE_KEY_USAGE_PERIOD => "privateKeyUsagePeriod",
        SUBJECT_ALT_NAME => "subjectAltName",
        ISSUER_ALT_NAME => "issuerAltName",
        BASIC_CONSTRAINTS => "basicConstraints",
        NAME_CONSTRAINTS => "nameConstraints",
        CRL_DISTRIBUTION_POINTS => "cRLDistributionPoints",
        CERTIFICATE_POLICIES => "certificatePolicies",
        ANY_POLICY => "anyPolicy",
        POLICY_MAPPINGS => "policyMappings",
        AUTHORITY_KEY_IDENTIFIER => "authorityKeyIdentifier",
        POLICY_CONSTRAINTS => "policyConstraints",
        EXT_KEY_USAGE => "extKeyUsage",
        FRESHEST_CRL => "freshestCRL",
        INHIBIT_ANY_POLICY => "inhibitAnyPolicy",
        AUTHORITY_INFO_ACCESS => "authorityInfoAccess",
        SUBJECT_INFO_ACCESS => "subjectInfoAccess",
        NETSCAPE_CERT_TYPE => "netscapeCertType",
        TLS_FEATURE => "tlsFeature",
        OCSP_NO_CHECK => "ocspNoCheck",
        SCT_LIST => "signedCertificateTimestampList",
        CARD_TYPE => "card type (G02)",
        CARD_NUMBER => "card number",
        CATEGORY => "category (G01)",
        PROFESSION => "profession (G15)",
        FUTURE_PROFESSION => "future profession (G16)",
        RESPONSIBILITY => "responsibility (G04)",
        SECTORS => "sectors (R02)",
        SPECIALITIES => "specialities (R01)",
        SERVER_AUTH => "serverAuth",
        CLIENT_AUTH => "clientAuth",
        CODE_SIGNING => "codeSigning",
        EMAIL_PROTECTION => "emailProtection",
        TIME_STAMPING => "timeStamping",
        OCSP_SIGNING => "OCSPSigning",
        ANY_EXTENDED_KEY_USAGE => "anyExtendedKeyUsage",
        SMARTCARD_LOGON => "msSmartcardLogon",
        RSA_ENCRYPTION => "RSA",
        RSASSA_PSS => "RSASSA-PSS",
        SHA1_WITH_RSA => "sha1WithRSAEncryption",
        SHA256_WITH_RSA => "sha256WithRSAEncryption",
        SHA384_WITH_RSA => "sha384WithRSAEncryption",
        SHA512_WITH_RSA => "sha512WithRSAEncryption",
        EC_PUBLIC_KEY => "EC",
        P256 => "P-256",
        P384 => "P-384",
        ECDSA_WITH_SHA256 => "ecdsa-with-SHA256",
        ECDSA_WITH_SHA384 => "ecdsa-with-SHA384",
        ED25519 => "Ed25519",
        _ => return None,
    })
}

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

    #[test]
    fn the_dotted_form_is_read_when_it_is_one() {
        for dotted in
            [COMMON_NAME, "2.999", "0.0", USER_ID, "2.25.329800735698586629295641978511506172918"]
        {
            assert_eq!(dotted.parse::<Oid>().map(|oid| oid.to_string()), Ok(dotted.to_owned()));
        }
        for text in ["", "2", "3.1", "1.40", "2.05", "2..5", "2.+5", "#55", "2.5.", "é.1"] {
            assert_eq!(text.parse::<Oid>(), Err(OidError(text.to_owned())));
        }
    }

    proptest! {
        #[test]
        fn content_octets_are_written_as_they_were_read(
            octets in proptest::collection::vec(any::<u8>(), 0..30),
            arcs in proptest::collection::vec(any::<u64>(), 0..4),
        ) {
            prop_assert_eq!(Oid::from_content(&octets).to_content(), octets);
            let dotted = arcs.iter().fold("2.999".to_owned(), |text, arc| format!("{text}.{arc}"));
            let oid: Oid = dotted.parse().expect("dotted");
            prop_assert_eq!(Oid::from_content(&oid.to_content()), oid);
        }

        #[test]
        fn two_are_equal_only_when_their_octets_are(
            one in proptest::collection::vec(any::<u8>(), 0..6),
            other in proptest::collection::vec(any::<u8>(), 0..6),
        ) {
            prop_assert_eq!(Oid::from_content(&one) == Oid::from_content(&other), one == other);
        }
    }
}
