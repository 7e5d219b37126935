//! The rules of orders: each with a stable code, how sure it is, and where it stands.
//!
//! The official table of mandatory fields is not readable in public copies (platform fact sheet §6), so most rules say what
//! follows from forms, samples and standards. `docs/reference/products.md` lists them.

use std::fmt;

use super::product::Field;

/// How sure a rule is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Confidence {
    /// In an RFC, whatever the platform says.
    Standard,
    /// In a page, form, repository or certificate of the ANS.
    Official,
    /// In public material of others.
    ThirdParty,
    /// Deduced.
    Inferred,
    /// Ours, for want of a published one.
    Proposed,
}

impl Confidence {
    /// `standard`, `official`, `third-party`, `inferred`, `proposed`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Official => "official",
            Self::ThirdParty => "third-party",
            Self::Inferred => "inferred",
            Self::Proposed => "proposed",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A rule that is not kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Breach {
    /// Which rule, by a stable code: `platform.service.length`.
    pub rule: &'static str,
    /// How sure it is.
    pub confidence: Confidence,
    /// The field, as typed on a command line without dashes: `service`.
    pub field: &'static str,
    /// A sentence with the facts.
    pub message: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (rule {}, {})", self.message, self.rule, self.confidence)
    }
}

macro_rules! rules {
    ($($rule:ident = $code:literal, $confidence:ident, $source:literal, $meaning:literal;)*) => {
        /// A rule.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = $meaning] $rule,)*
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$rule,)*];

            /// Its stable code.
            pub fn code(self) -> &'static str {
                match self { $(Self::$rule => $code,)* }
            }

            /// How sure it is.
            pub fn confidence(self) -> Confidence {
                match self { $(Self::$rule => Confidence::$confidence,)* }
            }

            /// Where it stands; a § alone is one of the platform fact sheet.
            pub fn source(self) -> &'static str {
                match self { $(Self::$rule => $source,)* }
            }

            /// What it asks for, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$rule => $meaning,)* }
            }
        }
    };
}

rules! {
    OfferPs = "platform.offer.ps", Proposed, "§12.2",
        "PS is off unless the configuration turns it on: what it takes is not published.";
    FieldForeign = "platform.field.foreign", Inferred, "§6",
        "A product takes the fields of its offer and usage, and no other.";

    StructureAbsent = "platform.structure.absent", Official, "§5, §6",
        "Every order names its structure.";
    StructureType = "platform.structure.type", Official, "§2.2 (TRE_G07)",
        "A struct_IdNat begins with 0 (cabinet ADELI), 1 (FINESS), 2 (SIREN), 3 (SIRET), 4 (cabinet RPPS) or 40 (national identifier).";
    StructureForm = "platform.structure.form", Official, "§2.2 (TRE_G07)",
        "The number of a structure has the length and the alphabet of its register.";
    StructureCase = "platform.structure.case", Inferred, "§2.2, §13.2",
        "Letters of a struct_IdNat are capitals: it is compared octet by octet with the OU.";
    StructureLuhn = "platform.structure.luhn", Inferred, "§2.2",
        "The digits of a SIREN, SIRET or cabinet RPPS end in their Luhn key; only a warning.";
    StructureDeprecated = "platform.structure.deprecated", Official, "§2.2 (TRE_G07)",
        "Types 5 and 6 are deprecated; only a warning.";

    ServiceAbsent = "platform.service.absent", Inferred, "§6, §12.2",
        "ORG names a service applicatif.";
    ServiceLength = "platform.service.length", Standard, "RFC 5280 appendix A.1 (ub-common-name), §12.2",
        "A service applicatif has at most 64 characters: it is the CN.";
    ServicePrintable = "platform.service.printable", Proposed, "§12.2",
        "A service applicatif has printable characters only: no control, no invisible or combining character, no space but the ordinary one.";
    ServiceSpaces = "platform.service.spaces", Proposed, "§12.2",
        "A service applicatif neither begins nor ends with a space.";
    ServiceInsi = "platform.service.insi", ThirdParty, "§6.2",
        "INSi takes exactly INSI-AUTO or INSI-MANU: capitals, hyphen-minus.";

    DnsAbsent = "platform.dns.absent", Official, "§2, §6",
        "SERV SSL_SERV names a server by its FQDN.";
    DnsForm = "platform.dns.form", Standard, "RFC 1123 §2.1, RFC 5280 §4.2.1.6",
        "An FQDN is two labels or more of letters, digits and inner hyphens, none longer than 63, the last not all digits, without a dot at its end.";
    DnsLength = "platform.dns.length", Standard, "RFC 1035 §2.3.4",
        "An FQDN has at most 253 characters.";
    DnsCommonName = "platform.dns.common-name", Standard, "RFC 5280 appendix A.1 (ub-common-name)",
        "The first FQDN has at most 64 characters: it is the CN.";
    DnsAddress = "platform.dns.address", Official, "§2, §6",
        "A server is named by its FQDN, not by an IP address.";
    DnsWildcard = "platform.dns.wildcard", Inferred, "§2, §6",
        "An FQDN has no wildcard.";
    DnsInternational = "platform.dns.international", Standard, "RFC 5280 §7.2",
        "An internationalised name is written as A-labels (xn--…).";
    DnsDuplicate = "platform.dns.duplicate", Proposed, "§12.2",
        "No DNS name stands twice, whatever its case.";

    EmailAbsent = "platform.email.absent", Inferred, "§6, §12.2",
        "SERV SMIME, SIGN, CONF and PRO name an e-mail address.";
    EmailForm = "platform.email.form", Standard, "RFC 5321 §4.1.2, RFC 5280 §4.2.1.6",
        "An e-mail address is a dot-atom, an @ and an FQDN.";
    EmailLength = "platform.email.length", Standard, "RFC 5321 §4.5.3.1",
        "An e-mail address has at most 254 characters, and at most 64 before the @.";
    EmailInternational = "platform.email.international", Standard, "RFC 5280 §4.2.1.6",
        "An e-mail address is ASCII; its domain is written as A-labels (xn--…).";

    HabilitationStructure = "platform.habilitation.structure", Official, "§2, §5",
        "The structure is the one of the habilitation.";
    HabilitationProduct = "platform.habilitation.product", Official, "§2, §5",
        "The offer and the usage are of those of the habilitation.";
    PerimeterDns = "platform.perimeter.dns", Official, "§2",
        "A DNS name is a domain of the habilitation, under one, or one of its servers.";
    PerimeterEmail = "platform.perimeter.email", Official, "§2",
        "An e-mail address is of a mail domain of the habilitation, not of one under it.";

    ReceivedCommonName = "platform.received.common-name", Official, "§6, §13.2",
        "The CN is the name that was asked for.";
    ReceivedMailbox = "platform.received.mailbox", Official, "§13.2",
        "An e-mail address in the certificate is the one that was asked for.";
    ReceivedMailboxPlace = "platform.received.mailbox.place", Inferred, "§6",
        "The e-mail address stands in the certificate: rfc822Name, or CN.";
    ReceivedStructure = "platform.received.structure", Official, "§6.1, §13.2",
        "The OU is the structure that was asked for.";
    ReceivedDns = "platform.received.dns", Official, "§6, §13.2",
        "The dNSNames are those that were asked for, and no other.";
    ReceivedCategory = "platform.received.category", Official, "§6.1 (TRE_G01)",
        "The category is 83: software certificate, test.";
    ReceivedEnvironment = "platform.received.environment", Official, "§6.1",
        "The issuer is an authority of IGC-Santé TEST, or of an emulator.";
    ReceivedDomain = "platform.received.domain", Inferred, "§6.1",
        "The issuer is of the range ELEMENTAIRE: ORGANISATIONS for ORG and SERV, PERSONNES for PRO and PS; only a warning.";
    ReceivedKeyUsage = "platform.received.key-usage", Official, "§6",
        "keyUsage is that of the product; where it is inferred, only a warning.";
    ReceivedPurposes = "platform.received.purposes", Official, "§6",
        "extKeyUsage is that of the product; where it is inferred, only a warning.";
    ReceivedKey = "platform.received.key", Official, "§13.2",
        "The public key is that of the key it was ordered for.";
    ReceivedKeyKind = "platform.received.key.kind", Inferred, "§6.1",
        "The key is RSA of at least 2048 bits: samples are, but they are old; only a warning.";
    ReceivedValidity = "platform.received.validity", Inferred, "§3, §13.2",
        "It is valid for about three years; only a warning.";
}

impl Rule {
    /// A breach of it in a field.
    pub(super) fn broken(self, field: &'static str, message: impl Into<String>) -> Breach {
        Breach { rule: self.code(), confidence: self.confidence(), field, message: message.into() }
    }

    /// A breach of it in a field of names.
    pub(super) fn broken_in(self, field: Field, message: impl Into<String>) -> Breach {
        self.broken(field.name(), message)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
