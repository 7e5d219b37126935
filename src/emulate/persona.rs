//! Who a virtual card belongs to: a TOML file, from which the card's files and certificates are made.

use serde::Deserialize;

mod builtin;
mod error;
mod field;
mod identifier;

pub use error::{CertificateRole, PersonaError};
pub(in crate::emulate) use field::luhn_digit;
pub use field::{Field, Limit};
pub use identifier::PersonId;

/// A card holder that does not exist, and the card they were given.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persona {
    /// Name on the command line, `medecin-cps3`.
    pub slug: String,
    /// One line for people, in French.
    pub title: String,
    /// The plastic.
    pub card: CardSpec,
    /// The person.
    pub holder: HolderSpec,
    /// The employer, on the certificates of cards of types 02 and 03.
    #[serde(default)]
    pub structure: Option<StructureSpec>,
    /// The situations d'exercice, in the order of the card.
    #[serde(default, rename = "activity")]
    pub activities: Vec<ActivitySpec>,
    /// Codes and counters.
    #[serde(default)]
    pub pin: PinSpec,
}

impl Persona {
    /// The slugs of the personas that come with cpskit, in the order they are shown.
    pub fn list() -> &'static [&'static str] {
        builtin::SLUGS
    }

    /// A persona that comes with cpskit.
    ///
    /// # Errors
    /// [`PersonaError::Unknown`] when [`list`](Self::list) does not hold the slug.
    pub fn builtin(slug: &str) -> Result<Self, PersonaError> {
        Self::from_toml(builtin::toml(slug)?)
    }

    /// Reads a persona file and checks that a card can hold what it says.
    ///
    /// # Errors
    /// [`PersonaError`]: not TOML, not the fields of a persona, no such card, or a field with its limit.
    pub fn from_toml(text: &str) -> Result<Self, PersonaError> {
        let persona: Self = toml::from_str(text).map_err(Box::new)?;
        super::card::holds(&persona)?;
        persona.certificates_hold()?;
        Ok(persona)
    }

    /// Refuses what the certificates cannot hold: attributes of 64 characters (RFC 5280 appendix A.1).
    fn certificates_hold(&self) -> Result<(), PersonaError> {
        let mut texts = vec![("holder.title", self.holder.title.as_deref())];
        if let Some(structure) = &self.structure {
            texts.extend([
                ("structure.department", Some(structure.department.as_str())),
                ("structure.name", Some(&structure.name)),
                ("structure.id", Some(&structure.id)),
            ]);
        }
        for (name, text) in texts {
            text.map_or(Ok(()), |text| Field::new(name).text(text, 64).map(drop))?;
        }
        let level = self.holder.responsibility.as_deref();
        level.map_or(Ok(()), |level| Field::new("holder.responsibility").digits(level, 2).map(drop))
    }
}

/// Card generation.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
pub enum Generation {
    /// IAS-ECC applet.
    #[serde(rename = "CPS3")]
    Cps3,
    /// ChipDoc applet, driven on logical channel 1.
    #[serde(rename = "CPS4")]
    Cps4,
}

/// How the card is reached.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Interface {
    /// ISO 7816.
    #[default]
    Contact,
    /// ISO 14443-4, which a PC/SC reader shows as T=1.
    Contactless,
}

/// Transmission protocol offered in the ATR.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
pub enum ProtocolSpec {
    /// T=0 only.
    #[serde(rename = "T=0")]
    T0,
    /// T=1 (CPS4: the ATR offers both, T=1 is used).
    #[serde(rename = "T=1")]
    T1,
}

/// The card itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardSpec {
    /// Generation.
    pub generation: Generation,
    /// Interface.
    #[serde(default)]
    pub interface: Interface,
    /// Protocol.
    pub protocol: ProtocolSpec,
    /// Eight digits, in EF.SN.
    pub chip_serial: String,
    /// Ten digits, in the label, CPS_ID_CARD and the certificates.
    pub number: String,
    /// Table G02, two digits: `00` CPS, `01` CPF, `02` CDE/CPE, `03` CDA/CPA.
    #[serde(rename = "type")]
    pub card_type: String,
    /// Table G01, two hexadecimal digits; `80` is a test card.
    #[serde(default = "test_card")]
    pub category: String,
    /// `YYYY-MM-DD`, start of validity of card and certificates.
    pub issued: String,
    /// `YYYY-MM-DD`, end of validity.
    pub expires: String,
    /// CPS4: bytes of salt in a PSS signature; as many as the hash has when absent. What real cards take is unknown.
    #[serde(default)]
    pub pss_salt: Option<u8>,
}

fn test_card() -> String {
    "80".to_owned()
}

/// The person.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HolderSpec {
    /// The whole national identifier, type digit included: `899700100014`, `300B0000001/0000018`.
    /// Absent on a contactless card.
    #[serde(default)]
    pub national_id: Option<String>,
    /// Table G03, two decimal digits.
    #[serde(default)]
    pub civility: Option<String>,
    /// Family name.
    #[serde(default)]
    pub family_name: Option<String>,
    /// Second name.
    #[serde(default)]
    pub second_name: Option<String>,
    /// One to three first names.
    #[serde(default)]
    pub given_names: Vec<String>,
    /// Usual first name.
    #[serde(default)]
    pub usual_name: Option<String>,
    /// Nom d'exercice.
    #[serde(default)]
    pub practice_name: Option<String>,
    /// Table G15 (G16 on a CPF), two decimal digits.
    #[serde(default)]
    pub profession: Option<String>,
    /// Subject `title`: the label of the profession, or what cards of staff carry.
    #[serde(default)]
    pub title: Option<String>,
    /// Table R01, `SM26`.
    #[serde(default)]
    pub speciality: Option<String>,
    /// Table G04, `01` head of the structure: what tells a director from staff, in the certificates.
    #[serde(default)]
    pub responsibility: Option<String>,
    /// Two-letter codes of table G00.
    #[serde(default)]
    pub languages: Vec<String>,
}

/// The employer of a staff card.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StructureSpec {
    /// Subject `ST`: `Paris (75)`.
    pub department: String,
    /// Subject `O`.
    pub name: String,
    /// Subject `OU`: type digit and identifier, `10B0000001`.
    pub id: String,
}

/// One situation d'exercice and its billing data.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivitySpec {
    /// Number in the label of the data object, 1 to 16; gaps are allowed.
    pub number: u8,
    /// Table G17, two decimal digits.
    pub mode: String,
    /// Status, one byte, two hexadecimal digits.
    #[serde(default)]
    pub status: Option<String>,
    /// Table G05, register section of a pharmacist.
    #[serde(default)]
    pub section: Option<String>,
    /// Structure name, at most 40 characters.
    pub structure_name: String,
    /// Structure identifier, type digit first (table G07).
    pub structure_id: String,
    /// Table R02, `SA07`.
    pub sector: String,
    /// `YYYY-MM-DD`.
    #[serde(default)]
    pub end: Option<String>,
    /// What CPS_SIT_FACT says of this activity.
    #[serde(default)]
    pub billing: Option<BillingSpec>,
}

/// One template of CPS_SIT_FACT.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BillingSpec {
    /// Billing identifier, at most ten digits.
    pub id: String,
    /// Table G100, two digits.
    pub speciality: String,
    /// Table G101, one digit.
    pub convention: String,
    /// Table G102, two digits.
    pub zone: String,
    /// Table G103, one digit.
    pub travel: String,
    /// Table G104, two digits each, at most three.
    #[serde(default)]
    pub approvals: Vec<String>,
    /// One byte, two hexadecimal digits: `10` may sign claim forms, `01` batches, `11` both.
    #[serde(default)]
    pub signs: Option<String>,
}

/// Codes and what is left of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PinSpec {
    /// Code porteur, four digits. Public on purpose.
    pub user: String,
    /// Tries left of three.
    pub tries_left: u8,
    /// Code de déblocage, eight digits. Public on purpose.
    pub unblock: String,
    /// Tries left of ten.
    pub unblock_tries_left: u8,
}

impl Default for PinSpec {
    fn default() -> Self {
        Self {
            user: "1234".to_owned(),
            tries_left: 3,
            unblock: "12345678".to_owned(),
            unblock_tries_left: 10,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MEDECIN: &str = include_str!("../../certs-test/cards/medecin-cps3/persona.toml");

    /// Why the first builtin persona is refused once a line of its file is replaced.
    fn refused(line: &str, by: &str) -> Option<PersonaError> {
        assert!(MEDECIN.contains(line), "{line}");
        Persona::from_toml(&MEDECIN.replacen(line, by, 1)).err()
    }

    #[test]
    fn the_builtin_personas_are_listed_in_order_and_others_are_unknown() {
        assert_eq!(Persona::list().first(), Some(&"medecin-cps3"));
        assert_eq!(Persona::list().len(), 11);
        let unknown = PersonaError::Unknown { slug: "nobody".to_owned() };
        assert_eq!(Persona::builtin("nobody").err(), Some(unknown));
    }

    #[test]
    fn the_example_of_the_reference_page_is_a_persona() {
        let page = include_str!("../../docs/reference/virtual-card.md");
        let example = page.split_once("```toml\n").and_then(|(_, rest)| rest.split_once("```"));
        let (example, _) = example.expect("the page has an example");
        assert_eq!(Persona::from_toml(example).map(|persona| persona.activities.len()), Ok(1));
    }

    #[test]
    fn a_refusal_names_the_field_and_its_limit() {
        let cases = [
            (
                "chip_serial = \"99100001\"",
                "chip_serial = \"9910000\"",
                "card.chip_serial",
                Limit::Digits(8),
            ),
            ("number = \"2900100001\"", "number = \"29001\"", "card.number", Limit::Digits(10)),
            ("type = \"00\"", "type = \"04\"", "card.type", Limit::CardType),
            ("issued = \"2026-01-05\"", "issued = \"2026-02-30\"", "card.issued", Limit::Date),
            ("\"899700100011\"", "\"899700100012\"", "holder.national_id", Limit::Luhn),
            ("civility = \"22\"", "civility = \"F\"", "holder.civility", Limit::Digits(2)),
            ("title = \"Médecin\"", "title = \"\"", "holder.title", Limit::Text(64)),
        ];
        for (line, by, name, limit) in cases {
            let error = PersonaError::Field { field: Field::new(name), limit };
            assert_eq!(refused(line, by), Some(error));
        }
        let error = refused("sector = \"SA08\"", "sector = \"SA088\"").expect("too long");
        let message = "`sector` of activity 4 must be 1 to 4 characters of ISO-8859-1";
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn a_card_never_issued_is_refused() {
        let error = PersonaError::NoSuchCard {
            generation: Generation::Cps3,
            interface: Interface::Contact,
            protocol: ProtocolSpec::T1,
        };
        assert_eq!(refused("\"T=0\"", "\"T=1\""), Some(error));
    }

    #[test]
    fn a_field_nobody_knows_is_refused() {
        let error = refused("[holder]", "[holder]\nnationality = \"FR\"");
        assert!(matches!(error, Some(PersonaError::Toml(_))));
    }

    proptest! {
        #[test]
        fn a_cut_or_altered_file_never_panics(at in 0..MEDECIN.len(), byte in 0x20_u8..0x7F) {
            let mut bytes = MEDECIN.as_bytes().to_vec();
            bytes[at] = byte;
            let _ = Persona::from_toml(&String::from_utf8_lossy(&bytes));
            let _ = Persona::from_toml(&String::from_utf8_lossy(&bytes[..at]));
        }
    }
}
