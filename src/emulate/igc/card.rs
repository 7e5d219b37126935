//! The certificates of a card, from its persona (IGC-Santé fact sheet §5.3; CPx fact sheet §1.3, §9 and §10).

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use x509_cert::ext::Extension;
use x509_cert::name::Name;

use super::certificate::EndEntity;
use super::extension::{self, Usage};
use super::name::{Attribute, name};
use super::period::Period;
use super::{Authority, Domain, Gamme, MintError, TestKey, World, committed};
use crate::emulate::persona::{CardSpec, HolderSpec, Interface, Persona, StructureSpec};

/// What stands before the number of every card (IGC-Santé fact sheet §6).
const CARD_ISSUER: &str = "8025000001";
/// Where the user principal names of real cards say `carte-cps.fr`.
const PRINCIPAL_DOMAIN: &str = "carte-cps.emulation.invalid";

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
/// [`MintError::Field`] and [`MintError::Missing`] name what the persona lacks; [`MintError::Period`] and
/// [`MintError::Instant`] refuse the dates.
pub fn card_certificates(
    persona: &Persona,
    not_before: Timestamp,
    not_after: Timestamp,
) -> Result<CardCertificates, MintError> {
    let validity = Period::new(not_before, not_after)?;
    let card = Card::of(persona)?;
    let ours = committed::committed(&persona.slug);
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
                committed::PERSONA_SIGNATURE,
            )?,
            authentication: mint(
                card.authentication()?,
                ours.and_then(|ours| ours.authentication.as_ref()),
                committed::PERSONA_AUTHENTICATION,
            )?,
            technical: None,
        }),
        Interface::Contactless => Ok(CardCertificates {
            signature: None,
            authentication: None,
            technical: mint(
                card.technical()?,
                ours.and_then(|ours| ours.technical.as_ref()),
                committed::PERSONA_AUTHENTICATION,
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
            [_, _] => u8::from_str_radix(category, 16).ok(),
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

/// `C=FR / ST / O / OU`, the raison sociale cut at 40 characters as IGC-Santé does.
pub(super) fn structure_rdns(structure: &StructureSpec) -> Vec<Vec<(Attribute, &str)>> {
    let cut = structure.name.char_indices().nth(40).map_or(structure.name.len(), |(at, _)| at);
    vec![
        vec![(Attribute::Country, "FR")],
        vec![(Attribute::State, structure.department.as_str())],
        vec![(Attribute::Organisation, &structure.name[..cut])],
        vec![(Attribute::Unit, structure.id.as_str())],
    ]
}

/// `C=FR / title / GN+CN+SN`: cards of professionals and their software certificates.
pub(super) fn professional_subject(holder: &HolderSpec) -> Result<Name, MintError> {
    let title = holder.title.as_deref().ok_or(MintError::Missing { field: "holder.title" })?;
    name([vec![(Attribute::Country, "FR")], vec![(Attribute::Title, title)], nominative(holder)?])
}

/// Profession (G15) and speciality (R01).
pub(super) fn professional_extensions(holder: &HolderSpec) -> Result<Vec<Extension>, MintError> {
    let profession = decimal("holder.profession", holder.profession.as_deref())?;
    let profession =
        profession.map(|code| extension::private(extension::G15_PROFESSION, &code)).transpose()?;
    let speciality = holder.speciality.as_ref();
    let speciality = speciality
        .map(|code| extension::private(extension::R01_SPECIALITY, &vec![code.clone()]))
        .transpose()?;
    Ok(profession.into_iter().chain(speciality).collect())
}

/// The identifier, type digit included: the subject's CN.
pub(super) fn national_id(holder: &HolderSpec) -> Result<&str, MintError> {
    holder.national_id.as_deref().ok_or(MintError::Missing { field: "holder.national_id" })
}

/// Type digit, dot, rest, and `.` for `/`: the form seen since 2018 (IGC-Santé fact sheet §5.3).
fn principal_name(national_id: &str) -> String {
    let mut characters = national_id.chars();
    let kind: String = characters.by_ref().take(1).collect();
    let rest = characters.as_str().replace('/', ".");
    format!("{kind}.{rest}@{PRINCIPAL_DOMAIN}")
}

fn nominative(holder: &HolderSpec) -> Result<Vec<(Attribute, &str)>, MintError> {
    let surname = surname(holder).ok_or(MintError::Missing { field: "holder.family_name" })?;
    let given = holder.usual_name.as_deref().or(holder.given_names.first().map(String::as_str));
    let given = given.ok_or(MintError::Missing { field: "holder.given_names" })?;
    Ok(vec![
        (Attribute::GivenName, given),
        (Attribute::CommonName, national_id(holder)?),
        (Attribute::Surname, surname),
    ])
}

/// The nom d'exercice where there is one. Inferred: no source says which of the two names a certificate carries.
fn surname(holder: &HolderSpec) -> Option<&str> {
    holder.practice_name.as_deref().or(holder.family_name.as_deref())
}

fn decimal(field: &'static str, code: Option<&str>) -> Result<Option<u8>, MintError> {
    code.map(|code| code.parse().map_err(|_| wrong(field, code, "a decimal code up to 255")))
        .transpose()
}

fn wrong(field: &'static str, value: &str, expected: &'static str) -> MintError {
    MintError::Field { field, value: value.to_owned(), expected }
}
