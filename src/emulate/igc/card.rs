//! The certificates of a card, from its persona (IGC-Santé fact sheet §5.3; CPx fact sheet §1.3, §9 and §10).

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use x509_cert::ext::Extension;
use x509_cert::name::Name;

use super::certificate::EndEntity;
use super::committed::{PERSONA_AUTHENTICATION, PERSONA_SIGNATURE, committed};
use super::extension::{self, Usage};
use super::holder::{
    decimal, national_id, nominative, professional_extensions, professional_subject,
    structure_rdns, surname, wrong,
};
use super::name::{Attribute, name};
use super::period::Period;
use super::{Authority, Domain, Gamme, MintError, TestKey, World};
use crate::emulate::card::{Certificates, Keys};
use crate::emulate::persona::{CardSpec, HolderSpec, Interface, Persona, StructureSpec};

/// A certificate and the key it certifies.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CardCertificate {
    /// The certificate, DER.
    pub der: Cow<'static, [u8]>,
    /// The private key, which a real card never shows.
    pub key: TestKey,
}

/// The certificates of one card: signature and authentication on a contact card, technical on a contactless one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CardCertificates {
    /// "Certificat de Signature CPS".
    pub signature: Option<CardCertificate>,
    /// "Certificat d'Authentification CPS".
    pub authentication: Option<CardCertificate>,
    /// "Certificat Technique CPS", which names the card and not its holder. Its profile is inferred: none is public.
    pub technical: Option<CardCertificate>,
}

impl From<&CardCertificates> for Certificates {
    fn from(found: &CardCertificates) -> Self {
        let der = |found: &Option<CardCertificate>| found.as_ref().map(|found| found.der.to_vec());
        let key = |found: &Option<CardCertificate>| found.as_ref().map(|found| found.key);
        Self {
            signature: der(&found.signature),
            authentication: der(&found.authentication),
            technical: der(&found.technical),
            keys: Keys {
                signature: key(&found.signature),
                authentication: key(&found.authentication),
                technical: key(&found.technical),
            },
        }
    }
}

/// The validity of a card, from midnight UTC of `issued` to midnight UTC of `expires`: `(notBefore, notAfter)`.
///
/// # Errors
/// [`MintError::Field`] when one of them is not a date written `YYYY-MM-DD`.
pub fn card_validity(persona: &Persona) -> Result<(Timestamp, Timestamp), MintError> {
    let midnight = |field, text: &str| {
        text.parse::<Date>()
            .ok()
            .and_then(|date| Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok())
            .ok_or_else(|| wrong(field, text, "a date written YYYY-MM-DD"))
    };
    Ok((
        midnight("card.issued", &persona.card.issued)?,
        midnight("card.expires", &persona.card.expires)?,
    ))
}

/// Makes the certificates of a card: for its own keys when its slug is one of [`committed`](super::committed)'s, for
/// the two key pairs kept for all other personas when it is not.
///
/// A card of category `80` to `FF` is issued in [`World::Test`]; types `00` and `01` by FORT PERSONNES, `02` and `03`
/// by STANDARD PERSONNES.
///
/// # Errors
/// [`MintError::Field`] and [`MintError::Missing`] name what the persona lacks, [`MintError::Empty`] what is empty; [`MintError::Period`] and
/// [`MintError::Instant`] refuse the dates.
pub fn card_certificates(
    persona: &Persona,
    not_before: Timestamp,
    not_after: Timestamp,
) -> Result<CardCertificates, MintError> {
    let validity = Period::new(not_before, not_after)?;
    let card = Card::of(persona)?;
    let ours = committed(&persona.slug);
    let mint = |entity: EndEntity, own: Option<&CardCertificate>, shared: TestKey| {
        let key = own.map_or(shared, |own| own.key);
        let der = entity.certificate(&key.public()?, validity)?;
        Ok::<_, MintError>(Some(CardCertificate { der: Cow::Owned(der), key }))
    };
    match persona.card.interface {
        Interface::Contact => Ok(CardCertificates {
            signature: mint(
                card.signature()?,
                ours.and_then(|ours| ours.signature.as_ref()),
                PERSONA_SIGNATURE,
            )?,
            authentication: mint(
                card.authentication()?,
                ours.and_then(|ours| ours.authentication.as_ref()),
                PERSONA_AUTHENTICATION,
            )?,
            technical: None,
        }),
        Interface::Contactless => Ok(CardCertificates {
            signature: None,
            authentication: None,
            technical: mint(
                card.technical()?,
                ours.and_then(|ours| ours.technical.as_ref()),
                PERSONA_AUTHENTICATION,
            )?,
        }),
    }
}

/// The card types of table G02, by the subject they lead to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum CardType {
    Cps,
    Cpf,
    Establishment,
    Authorised,
}

impl CardType {
    fn parse(code: &str) -> Result<Self, MintError> {
        match code {
            "00" => Ok(Self::Cps),
            "01" => Ok(Self::Cpf),
            "02" => Ok(Self::Establishment),
            "03" => Ok(Self::Authorised),
            _ => Err(wrong("card.type", code, "00, 01, 02 or 03")),
        }
    }

    /// The INTEGER of the extension.
    fn number(self) -> u8 {
        match self {
            Self::Cps => 0,
            Self::Cpf => 1,
            Self::Establishment => 2,
            Self::Authorised => 3,
        }
    }

    fn gamme(self) -> Gamme {
        match self {
            Self::Cps | Self::Cpf => Gamme::Fort,
            Self::Establishment | Self::Authorised => Gamme::Standard,
        }
    }
}

/// A persona whose card fields have been read.
struct Card<'a> {
    persona: &'a Persona,
    card_type: CardType,
    issuer: Authority,
    category: u8,
    /// `8025000001/2900100001`.
    identifier: String,
}

impl<'a> Card<'a> {
    fn of(persona: &'a Persona) -> Result<Self, MintError> {
        let CardSpec { card_type, category, number, .. } = &persona.card;
        let card_type = CardType::parse(card_type)?;
        let category = match category.as_bytes() {
            // `from_str_radix` alone would take a sign.
            [a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {
                u8::from_str_radix(category, 16).ok()
            }
            _ => None,
        };
        let category = category.ok_or_else(|| {
            wrong("card.category", &persona.card.category, "two hexadecimal digits")
        })?;
        if number.len() != 10 || !number.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(wrong("card.number", number, "ten digits"));
        }
        let world = match category {
            0x80.. => World::Test,
            _ => World::Production,
        };
        Ok(Self {
            persona,
            card_type,
            issuer: Authority::builtin(world, card_type.gamme(), Domain::Personnes),
            category,
            identifier: format!("{CARD_ISSUER}/{number}"),
        })
    }

    fn signature(&self) -> Result<EndEntity, MintError> {
        self.entity("signature", Usage::Signature, self.person()?, self.person_extensions()?)
    }

    fn authentication(&self) -> Result<EndEntity, MintError> {
        let principal = principal_name(national_id(&self.persona.holder)?);
        let principal = extension::principal_name(&principal)?;
        let mut extensions = self.person_extensions()?;
        extensions.push(extension::alternative_names(vec![principal])?);
        self.entity("authentication", Usage::SmartcardLogon, self.person()?, extensions)
    }

    /// Inferred (CPx fact sheet §10): it identifies the card, so neither a person nor an identifier is in it, and
    /// client authentication is all its key can do.
    fn technical(&self) -> Result<EndEntity, MintError> {
        let subject = name([
            vec![(Attribute::Country, "FR")],
            vec![(Attribute::CommonName, "Certificat Technique CPS")],
            vec![(Attribute::SerialNumber, &self.identifier)],
        ])?;
        self.entity("technical", Usage::ClientAuthentication, subject, Vec::new())
    }

    fn entity(
        &self,
        use_of_key: &str,
        usage: Usage,
        subject: Name,
        mut extensions: Vec<Extension>,
    ) -> Result<EndEntity, MintError> {
        extensions.extend([
            extension::category(self.category)?,
            extension::private(extension::G02_CARD_TYPE, &self.card_type.number())?,
            extension::card_number(&self.identifier)?,
        ]);
        let identity = format!("{}/{use_of_key}", self.identifier);
        Ok(EndEntity { issuer: self.issuer, identity, subject, usage, extensions })
    }

    fn person(&self) -> Result<Name, MintError> {
        let holder = &self.persona.holder;
        match self.card_type {
            CardType::Cps | CardType::Cpf => professional_subject(holder),
            CardType::Establishment | CardType::Authorised => {
                let structure = self.persona.structure.as_ref();
                let structure = structure.ok_or(MintError::Missing { field: "structure" })?;
                self.staff_subject(holder, structure)
            }
        }
    }

    fn staff_subject(
        &self,
        holder: &HolderSpec,
        structure: &StructureSpec,
    ) -> Result<Name, MintError> {
        let person = match surname(holder) {
            Some(_) => nominative(holder)?,
            // A "carte de service" names nobody.
            None => vec![(Attribute::CommonName, national_id(holder)?)],
        };
        let title = match (&holder.title, self.card_type, surname(holder)) {
            (Some(title), _, _) => title,
            (None, CardType::Authorised, _) => "Personnel autorisé",
            (None, _, Some(_)) => "Personnel santé ou social",
            (None, _, None) => "Carte de service santé ou social",
        };
        let mut rdns = structure_rdns(structure);
        rdns.push(vec![(Attribute::Title, title)]);
        rdns.push(person);
        name(rdns)
    }

    /// Professions are on the certificates of professionals only, responsibilities on those of staff only.
    fn person_extensions(&self) -> Result<Vec<Extension>, MintError> {
        let holder = &self.persona.holder;
        match self.card_type {
            CardType::Cps => professional_extensions(holder),
            CardType::Cpf => {
                let code = decimal("holder.profession", holder.profession.as_deref())?;
                let code =
                    code.map(|code| extension::private(extension::G16_FUTURE_PROFESSION, &code));
                Ok(code.transpose()?.into_iter().collect())
            }
            CardType::Establishment | CardType::Authorised => {
                let level = decimal("holder.responsibility", holder.responsibility.as_deref())?;
                let level =
                    level.map(|level| extension::private(extension::G04_RESPONSIBILITY, &level));
                Ok(level.transpose()?.into_iter().collect())
            }
        }
    }
}

/// Type digit, dot, rest, and `.` for `/`: the form seen since 2018 (IGC-Santé fact sheet §5.3).
fn principal_name(national_id: &str) -> String {
    let mut characters = national_id.chars();
    let kind: String = characters.by_ref().take(1).collect();
    let rest = characters.as_str().replace('/', ".");
    format!("{kind}.{rest}@{PRINCIPAL_DOMAIN}")
}

/// What stands before the number of every card (IGC-Santé fact sheet §6).
const CARD_ISSUER: &str = "8025000001";
/// Where the user principal names of real cards say `carte-cps.fr`.
const PRINCIPAL_DOMAIN: &str = "carte-cps.emulation.invalid";

#[cfg(test)]
mod tests {
    use der::{Decode, Encode};
    use proptest::prelude::*;
    use x509_cert::Certificate;

    use super::*;

    const FROM: &str = "2026-01-05T00:00:00Z";
    const TO: &str = "2029-01-05T00:00:00Z";

    const CARD: &str = r#"
        slug = "someone"
        title = "Quelqu'un"
        card = { generation = "CPS3", protocol = "T=0", chip_serial = "99100099", number = "2900100099", type = "TYPE", category = "80", issued = "2026-01-05", expires = "2029-01-05" }
    "#;
    const PROFESSIONAL: &str = r#"
        holder = { national_id = "899700100011", family_name = "NAISSANCE", practice_name = "EMULATION", given_names = ["AGATHE"], profession = "10", title = "Médecin", speciality = "SM26" }
    "#;
    const STAFF: &str = r#"
        holder = { national_id = "30B0990001/CPE0001", family_name = "EMULATION", given_names = ["CHARLES"], responsibility = "01" }
        structure = { department = "Paris (75)", name = "HOPITAL D'EMULATION", id = "10B0990001" }
    "#;

    fn persona(card_type: &str, rest: &str) -> Persona {
        toml::from_str(&format!("{}{rest}", CARD.replace("TYPE", card_type))).expect("a persona")
    }

    fn mint(persona: &Persona) -> Result<CardCertificates, MintError> {
        let instant = |text: &str| text.parse().expect("an instant");
        card_certificates(persona, instant(FROM), instant(TO))
    }

    fn read(certificate: Option<CardCertificate>) -> Certificate {
        Certificate::from_der(&certificate.expect("made").der).expect("DER")
    }

    fn signature(card_type: &str, rest: &str) -> Certificate {
        read(mint(&persona(card_type, rest)).expect("minted").signature)
    }

    fn subject(card_type: &str, rest: &str) -> String {
        signature(card_type, rest).tbs_certificate().subject().to_string()
    }

    fn issuer(certificate: &Certificate) -> String {
        certificate.tbs_certificate().issuer().to_string()
    }

    /// The GIP-CPS extensions, values in hexadecimal.
    fn private(certificate: &Certificate) -> Vec<(String, String)> {
        let extensions = certificate.tbs_certificate().extensions().expect("version 3");
        extensions
            .iter()
            .filter(|found| found.extn_id.to_string().starts_with("1.2.250."))
            .map(|found| {
                let bytes = found.extn_value.as_bytes();
                let hex = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
                (found.extn_id.to_string(), hex)
            })
            .collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(oid, value)| ((*oid).to_owned(), (*value).to_owned())).collect()
    }

    /// Every extension in order, `!` before a critical one.
    fn order(certificate: &Certificate) -> Vec<String> {
        let extensions = certificate.tbs_certificate().extensions().expect("version 3");
        extensions
            .iter()
            .map(|found| match found.critical {
                true => format!("!{}", found.extn_id),
                false => found.extn_id.to_string(),
            })
            .collect()
    }

    const NUMBER: &str = "1315383032353030303030312F32393030313030303939";

    #[test]
    fn the_certificate_of_a_cps_names_the_professional_and_comes_from_fort_personnes() {
        let certificate = signature("00", PROFESSIONAL);
        assert_eq!(
            issuer(&certificate),
            "CN=EMULATION TEST AC FORT PERSONNES,OU=EMULATION SANS VALEUR TEST,O=CPSKIT,C=FR"
        );
        assert_eq!(
            subject("00", PROFESSIONAL),
            "GN=AGATHE+SN=EMULATION+CN=899700100011,TITLE=Médecin,C=FR"
        );
        let expected = [
            ("1.2.250.1.71.1.2.7", "02010A"),
            ("1.2.250.1.71.1.2.5", "040180"),
            ("1.2.250.1.71.1.2.2", "020100"),
            ("1.2.250.1.71.1.2.3", NUMBER),
            ("1.2.250.1.71.4.2.5", "30060C04534D3236"),
        ];
        assert_eq!(private(&certificate), pairs(&expected));
    }

    #[test]
    fn the_certificate_of_a_cpf_says_the_future_profession_and_no_speciality() {
        let expected = [
            ("1.2.250.1.71.1.2.8", "02010A"),
            ("1.2.250.1.71.1.2.5", "040180"),
            ("1.2.250.1.71.1.2.2", "020101"),
            ("1.2.250.1.71.1.2.3", NUMBER),
        ];
        assert_eq!(private(&signature("01", PROFESSIONAL)), pairs(&expected));
    }

    #[test]
    fn the_certificate_of_staff_names_the_structure_and_comes_from_standard_personnes() {
        let certificate = signature("02", STAFF);
        assert_eq!(
            issuer(&certificate),
            "CN=EMULATION TEST AC STANDARD PERSONNES,OU=EMULATION SANS VALEUR TEST,O=CPSKIT,C=FR"
        );
        assert_eq!(
            subject("02", STAFF),
            "GN=CHARLES+SN=EMULATION+CN=30B0990001/CPE0001,TITLE=Personnel santé ou social,\
             OU=10B0990001,O=HOPITAL D'EMULATION,ST=Paris (75),C=FR"
        );
        let expected = [
            ("1.2.250.1.71.1.2.5", "040180"),
            ("1.2.250.1.71.1.2.2", "020102"),
            ("1.2.250.1.71.1.2.3", NUMBER),
            ("1.2.250.1.71.1.2.12", "020101"),
        ];
        assert_eq!(private(&certificate), pairs(&expected));
    }

    #[test]
    fn the_title_of_staff_follows_the_card_and_a_carte_de_service_names_nobody() {
        let anonymous =
            STAFF.replace(r#"family_name = "EMULATION", given_names = ["CHARLES"], "#, "");
        let structure = "OU=10B0990001,O=HOPITAL D'EMULATION,ST=Paris (75),C=FR";
        assert_eq!(
            [subject("03", STAFF), subject("02", &anonymous)],
            [
                format!(
                    "GN=CHARLES+SN=EMULATION+CN=30B0990001/CPE0001,TITLE=Personnel autorisé,{structure}"
                ),
                format!("CN=30B0990001/CPE0001,TITLE=Carte de service santé ou social,{structure}"),
            ]
        );
    }

    #[test]
    fn the_raison_sociale_is_cut_at_forty_characters() {
        let long = "É".repeat(41);
        let staff = STAFF.replace("HOPITAL D'EMULATION", &long);
        assert!(subject("02", &staff).contains(&format!(",O={},", "É".repeat(40))));
    }

    #[test]
    fn the_key_of_authentication_logs_on_and_the_key_of_signature_only_signs() {
        let card = mint(&persona("00", PROFESSIONAL)).expect("minted");
        let common = |name: &str| {
            let value = |certificate: &Certificate| {
                let extensions = certificate.tbs_certificate().extensions().expect("version 3");
                let found = extensions.iter().find(|found| found.extn_id.to_string() == name);
                found.map(|found| found.extn_value.as_bytes().to_vec())
            };
            [value(&read(card.signature.clone())), value(&read(card.authentication.clone()))]
        };
        let bytes = |hex: &[u8]| Some(hex.to_vec());
        let usages = [bytes(&[3, 2, 6, 0x40]), bytes(&[3, 2, 7, 0x80])];
        assert_eq!(common("2.5.29.15"), usages);
        let [period, none] = common("2.5.29.16");
        let expected =
            [b"\x30\x22\x80\x0f20260105000000Z".as_slice(), b"\x81\x0f20290105000000Z".as_slice()];
        assert_eq!([period, none], [Some(expected.concat()), None]);
        let [none, principal] = common("2.5.29.17");
        let principal = principal.expect("on authentication");
        assert_eq!(none, None);
        assert!(principal.ends_with(b"8.99700100011@carte-cps.emulation.invalid"));
    }

    #[test]
    fn a_contactless_card_has_one_certificate_that_names_the_card() {
        let mut contactless = persona("00", PROFESSIONAL);
        contactless.card.interface = Interface::Contactless;
        let card = mint(&contactless).expect("minted");
        assert_eq!((card.signature, card.authentication), (None, None));
        let certificate = read(card.technical);
        assert_eq!(
            certificate.tbs_certificate().subject().to_string(),
            "SERIALNUMBER=8025000001/2900100099,CN=Certificat Technique CPS,C=FR"
        );
    }

    #[test]
    fn a_persona_of_ours_keeps_its_keys_and_all_others_share_two() {
        let keys = |slug: &str| {
            let mut persona = persona("00", PROFESSIONAL);
            slug.clone_into(&mut persona.slug);
            let card = mint(&persona).expect("minted");
            [card.signature, card.authentication].map(|found| found.map(|found| found.key))
        };
        let ours = committed("medecin-cps3").expect("embedded");
        let own = [&ours.signature, &ours.authentication];
        assert_eq!(keys("medecin-cps3"), own.map(|found| found.as_ref().map(|found| found.key)));
        assert_eq!(keys("someone"), [Some(PERSONA_SIGNATURE), Some(PERSONA_AUTHENTICATION)]);
    }

    #[test]
    fn each_platform_has_its_order_of_extensions() {
        let persona = persona("00", PROFESSIONAL);
        let at = |year: i16| {
            let instant = |year: i16| {
                Offset::UTC
                    .to_timestamp(jiff::civil::date(year, 3, 1).at(0, 0, 0, 0))
                    .expect("near")
            };
            let card = card_certificates(&persona, instant(year), instant(year + 3));
            order(&read(card.expect("minted").signature))
        };
        let former = [
            "2.5.29.19",
            "2.5.29.14",
            "2.5.29.35",
            "!2.5.29.15",
            "2.5.29.32",
            "2.5.29.37",
            "2.5.29.16",
            "2.5.29.31",
            "2.5.29.46",
            "1.3.6.1.5.5.7.1.1",
            "1.2.250.1.71.1.2.5",
            "1.2.250.1.71.1.2.2",
            "1.2.250.1.71.1.2.3",
            "1.2.250.1.71.1.2.7",
            "1.2.250.1.71.4.2.5",
        ];
        let current = [
            "2.5.29.37",
            "2.5.29.35",
            "1.3.6.1.5.5.7.1.1",
            "2.5.29.32",
            "2.5.29.16",
            "2.5.29.31",
            "2.5.29.14",
            "2.5.29.46",
            "1.2.250.1.71.1.2.7",
            "!2.5.29.15",
            "1.2.250.1.71.1.2.5",
            "1.2.250.1.71.1.2.2",
            "1.2.250.1.71.1.2.3",
            "2.5.29.19",
            "1.2.250.1.71.4.2.5",
        ];
        assert_eq!(
            (at(2022), at(2023)),
            (former.map(str::to_owned).to_vec(), current.map(str::to_owned).to_vec())
        );
    }

    #[test]
    fn a_card_of_a_category_below_80_belongs_to_the_other_world() {
        let mut real = persona("00", PROFESSIONAL);
        real.card.category = "00".to_owned();
        let certificate = read(mint(&real).expect("minted").signature);
        assert_eq!(
            issuer(&certificate),
            "CN=EMULATION AC FORT PERSONNES,OU=EMULATION SANS VALEUR,O=CPSKIT,C=FR"
        );
    }

    #[test]
    fn what_a_persona_lacks_is_named() {
        let error = |change: fn(&mut Persona)| {
            let mut persona = persona("00", PROFESSIONAL);
            change(&mut persona);
            mint(&persona).expect_err("refused").to_string()
        };
        let found = [
            error(|persona| persona.holder.national_id = None),
            error(|persona| persona.holder.title = None),
            error(|persona| persona.holder.given_names.clear()),
            error(|persona| persona.holder.profession = Some("dix".to_owned())),
            error(|persona| persona.card.card_type = "02".to_owned()),
            error(|persona| persona.card.card_type = "04".to_owned()),
            error(|persona| persona.card.category = "+8".to_owned()),
            error(|persona| persona.card.number = "290010009".to_owned()),
        ];
        let expected = [
            "`holder.national_id` is missing, and the certificate names it",
            "`holder.title` is missing, and the certificate names it",
            "`holder.given_names` is missing, and the certificate names it",
            "`holder.profession` is `dix`, not a decimal code up to 255",
            "`structure` is missing, and the certificate names it",
            "`card.type` is `04`, not 00, 01, 02 or 03",
            "`card.category` is `+8`, not two hexadecimal digits",
            "`card.number` is `290010009`, not ten digits",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_validity_that_is_empty_or_not_a_date_is_refused() {
        let mut persona = persona("00", PROFESSIONAL);
        let (from, to) = card_validity(&persona).expect("dates");
        assert_eq!((from.to_string(), to.to_string()), (FROM.to_owned(), TO.to_owned()));
        let empty = card_certificates(&persona, to, to).expect_err("empty");
        assert_eq!(empty.to_string(), format!("the period from {TO} to {TO} is empty"));
        persona.card.expires = "2029-02-30".to_owned();
        let error = card_validity(&persona).expect_err("not a date");
        assert_eq!(
            error.to_string(),
            "`card.expires` is `2029-02-30`, not a date written YYYY-MM-DD"
        );
    }

    proptest! {
        // Each case signs twice with 4096 bits.
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn any_holder_is_certified_or_refused_and_the_subject_is_in_der_order(
            identifier in "\\PC{0,40}", name in "\\PC{0,60}", given in "\\PC{0,60}", title in "\\PC{0,80}",
            number in "[0-9]{9,11}",
        ) {
            let mut persona = persona("00", PROFESSIONAL);
            persona.card.number = number;
            persona.holder.national_id = Some(identifier);
            persona.holder.practice_name = Some(name);
            persona.holder.usual_name = Some(given);
            persona.holder.title = Some(title);
            if let Ok(card) = mint(&persona) {
                let certificate = read(card.signature);
                for rdn in certificate.tbs_certificate().subject().iter_rdn() {
                    let encodings: Vec<Vec<u8>> =
                        rdn.iter().map(|found| found.to_der().expect("short")).collect();
                    prop_assert!(encodings.is_sorted());
                }
            }
        }
    }
}
