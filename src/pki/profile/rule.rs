//! The rules of the IGC-Santé profiles: code, section of the fact sheet, what it rests on, how grave a breach is.

use std::fmt;

use super::Confidence;
use crate::pki::Severity;

/// Writes the enum of rules from one list.
macro_rules! rules {
    ($($rule:ident $code:literal $section:literal $confidence:ident $severity:ident $statement:literal,)*) => {
        /// A rule of the IGC-Santé profiles.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = concat!($statement, ".")] $rule,)*
        }

        impl Rule {
            /// Every rule, sorted by code.
            pub const ALL: &'static [Self] = &[$(Self::$rule,)*];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self { $(Self::$rule => $code,)* }
            }

            /// The section of the IGC-Santé fact sheet it comes from.
            pub fn section(self) -> &'static str {
                match self { $(Self::$rule => $section,)* }
            }

            /// What it rests on.
            pub fn confidence(self) -> Confidence {
                match self { $(Self::$rule => Confidence::$confidence,)* }
            }

            /// What a breach of it means for the verdict.
            pub fn severity(self) -> Severity {
                match self { $(Self::$rule => Severity::$severity,)* }
            }
        }

        /// What it says.
        impl fmt::Display for Rule {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$rule => $statement,)* })
            }
        }
    };
}

rules! {
    AccessAddress "igc.aia.address" "4" Read Error
        "authorityInfoAccess must name the responder of IGC-Santé and the issuer's certificate",
    AccessForm "igc.aia.form" "5" Read Error
        "authorityInfoAccess must hold an OCSP address, then a caIssuers address",
    AuthorityKey "igc.aki.form" "5" Read Error
        "authorityKeyIdentifier must hold a key identifier of 20 octets and nothing else",
    BasicConstraints "igc.basic_constraints" "5" Read Error
        "basicConstraints must be empty in an end entity, without limit in a root, and limit to no authority below in an intermediate",
    CardIssuer "igc.card.issuer" "6" Inferred Warning
        "the card number should stand after the issuer number 8025000001",
    CardNumber "igc.card.number" "6" Read Error
        "the card identifier must be ten digits, `/`, ten digits, in a PrintableString",
    CardTypeIssuer "igc.card.type_issuer" "5.3" Read Error
        "cards of type 00 and 01 must come from FORT PERSONNES, those of type 02 and 03 from STANDARD PERSONNES",
    CategoryCarrier "igc.category.carrier" "6" Read Error
        "the category must be that of a card under FORT and STANDARD PERSONNES, and of software under ELEMENTAIRE and ORGANISATIONS",
    CategoryEnvironment "igc.category.environment" "6" Read Error
        "the category must be under 80 in production, and 80 or more outside it",
    CategoryUnknown "igc.category.unknown" "6" Official Warning
        "the category should be one of table G01",
    ListAddress "igc.crl.address" "4" Read Error
        "the addresses of lists must be those of the issuer",
    DeltaForm "igc.crl.delta" "5" Read Error
        "freshestCRL must hold one point, an LDAP address",
    ListForm "igc.crl.form" "5" Read Error
        "cRLDistributionPoints must hold two points, an HTTP address, then an LDAP address",
    Emulated "igc.emulated" "1" Official Warning
        "the emulation authority issued this: it is worth nothing, and its names, addresses and policies were not held against those of IGC-Santé",
    Environment "igc.environment.consistent" "1" Read Error
        "issuer, policy, practice statement and category must tell the same environment",
    ExtendedKeyUsage "igc.extended_key_usage" "5" Read Error
        "extKeyUsage must be that of the product",
    ExtensionsCritical "igc.extensions.critical" "5" Read Error
        "keyUsage must be critical, basicConstraints too in an authority, and no other extension",
    ExtensionsMissing "igc.extensions.missing" "5" Read Error
        "the extensions of the product must be there",
    ExtensionsUnexpected "igc.extensions.unexpected" "5" Read Error
        "no extension but those of the product must be there",
    Foreign "igc.foreign" "1" Read Warning
        "IGC-Santé did not issue this: it was held against RFC 5280 section 4 only",
    Issuer "igc.issuer.unknown" "1" Read Error
        "the issuer's name must be that of an authority of IGC-Santé",
    KeyExponent "igc.key.exponent" "5" Read Error
        "the public exponent must be 65537",
    KeySize "igc.key.size" "5" Read Error
        "the key must have 2048 bits, that of an authority 4096",
    KeyType "igc.key.type" "5" Read Error
        "the key must be an RSA key",
    KeyUsage "igc.key_usage" "5" Read Error
        "keyUsage must be that of the product",
    Legacy "igc.legacy" "9" Official Warning
        "a PKI before IGC-Santé issued this: inactive since 2021, never trusted by default, and held against no profile",
    PersonForm "igc.person.form" "7" Official Error
        "the CN must be a national identifier of the shape of its type",
    PersonLuhn "igc.person.luhn" "7" Official Warning
        "the RPPS number should have the right Luhn key",
    PersonType "igc.person.type" "5.3" Read Warning
        "a professional should have an RPPS or ADELI identifier, and staff one of their employer",
    PolicyEnvironment "igc.policy.environment" "5.5" Read Error
        "the policy must be one of the environment, and anyPolicy in an authority",
    PolicyForm "igc.policy.form" "5" Read Error
        "certificatePolicies must hold one policy with one practice statement",
    PolicyProduct "igc.policy.product" "5.5" Inferred Warning
        "the policy should be the one of the range, the domain and the product",
    PolicyStatement "igc.policy.statement" "4" Read Error
        "the practice statement must be that of the environment",
    KeyPeriod "igc.private_key_usage_period" "5" Read Error
        "privateKeyUsagePeriod must start with the validity, and end with it or three years later",
    Product "igc.product.unknown" "5" Inferred Warning
        "no published certificate has this profile: it was held against what all have in common",
    ProfessionUnknown "igc.profession.unknown" "6" Official Warning
        "the profession should be one of table G15",
    Recette "igc.recette" "1" Read Warning
        "a RECETTE authority issued this: it is neither production nor TEST",
    AlternativeDns "igc.san.dns" "5.1" Read Error
        "subjectAltName of a server must hold host names, the CN first",
    AlternativeEmail "igc.san.email" "5.2" Read Error
        "subjectAltName of a signature must hold nothing but an e-mail address",
    AlternativePrincipal "igc.san.upn" "5.3" Read Error
        "subjectAltName of an authentication must hold one user principal name and nothing else",
    PrincipalForm "igc.san.upn_form" "5.3" Read Warning
        "the user principal name should be made of the national identifier on a card, and an e-mail address in software",
    SerialAuthority "igc.serial.authority" "2" Read Error
        "the serial number of an authority must have 18 octets that start with 1120",
    SerialLength "igc.serial.length" "5" Read Error
        "the serial number must have 16 octets",
    SignatureAlgorithm "igc.signature.algorithm" "5" Read Error
        "the signature must be sha256WithRSAEncryption",
    SubjectKey "igc.ski.value" "5" Read Error
        "subjectKeyIdentifier must be the SHA-1 of the key, or in an end entity of the whole SubjectPublicKeyInfo",
    SpecialityUnknown "igc.speciality.unknown" "6" Official Warning
        "the speciality should be one of table R01",
    StructureForm "igc.structure.form" "7" Official Error
        "the OU must be a structure identifier of the shape of its type",
    StructureLuhn "igc.structure.luhn" "7" Official Warning
        "the SIREN, SIRET or RPPS office number should have the right Luhn key",
    SubjectDepartment "igc.subject.department" "5.1" Read Warning
        "the ST should be a département and its number, `Paris (75)`",
    SubjectEncoding "igc.subject.encoding" "1" Read Error
        "C must be a PrintableString, and every other attribute a UTF8String",
    SubjectForm "igc.subject.form" "5" Read Error
        "the subject must have the attributes of the product, in their order",
    SubjectOrganisation "igc.subject.organisation" "5.1" Read Error
        "the O must have 40 characters at most",
    SubjectSorted "igc.subject.sorted" "5.4" Read Error
        "the attributes of one relative name must be in the order of DER",
    Title "igc.title" "6" Read Warning
        "the title should be the label of the profession, or one of those of staff",
    Validity "igc.validity" "5" Read Warning
        "the validity should be three years, two for a server, twenty for an authority, with one month more for former signatures",
    Version "igc.version" "2" Read Error
        "the certificate must be of version 3",
}
