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
        Ok(persona)
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
