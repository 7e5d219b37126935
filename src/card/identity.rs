//! Who a card belongs to: the data objects and the certificates read together, and compared.

use std::fmt;

use jiff::civil::Date;

use super::error::{Error, File, PinName};
use super::file::Extent;
use super::objects::{Decoded, HolderName, IdCard, Info, Info2ter, Kind, Object};
use super::pin::PinStatus;
use super::pkcs15::dcod::DataObject;
use super::session::{Note, NoteKind, SerialNumber};
use super::{CardCertificate, Interface, Role, Session};
use crate::id::{NationalId, Shape};
use crate::nomenclature::{Code, Table};
use crate::x509::Holder as CertificateHolder;

/// Which parts of a card to read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Parts {
    /// Chip serial, label, card number, dates.
    pub card: Wanted,
    /// Names, profession, national identifier.
    pub holder: Wanted,
    /// Certificates.
    pub certificates: Wanted,
    /// Tries left.
    pub pin: Wanted,
}

/// Whether a part is read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Wanted {
    /// Left out.
    #[default]
    No,
    /// Read.
    Yes,
}

impl Parts {
    /// Everything that needs no PIN.
    pub const ALL: Self = Self {
        card: Wanted::Yes,
        holder: Wanted::Yes,
        certificates: Wanted::Yes,
        pin: Wanted::Yes,
    };
}

/// What was read of a card without its PIN. A part that was not asked for, or could not be read, is `None` or empty;
/// [`Session::notes`] says why.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Identity {
    /// EF.SN.
    pub serial: Option<SerialNumber>,
    /// EF.CIAInfo, `CPS3v3-2600971845`.
    pub label: Option<String>,
    /// CPS_ID_CARD.
    pub id_card: Option<IdCard>,
    /// CPS_INFO_PS.
    pub info: Option<Info>,
    /// CPS2TER_INFO_PS, where a card has it as a data object.
    pub info_2ter: Option<Info2ter>,
    /// CPS_NAME_PS.
    pub name: Option<HolderName>,
    /// Certificates, in the order of EF.CD.
    pub certificates: Vec<CardCertificate>,
    /// Tries left of the code porteur.
    pub pin: Option<PinStatus>,
}

impl Session<'_> {
    /// The national identifier, with the fewest exchanges: CPS_INFO_PS alone, else the older form, else a certificate.
    ///
    /// # Errors
    /// [`Error::IdentifierAbsent`]; [`Error::Transport`]; [`Error::NotCpx`].
    pub fn national_id(&mut self) -> Result<NationalId, Error> {
        let labelled = |wanted: Kind| {
            move |object: &DataObject| {
                object.common.label.as_deref().map(Kind::of_label) == Some(wanted)
            }
        };
        // A refusal of the directory is not the end: the certificates name the holder too.
        let found = self.find_data_object(&labelled(Kind::Info));
        // One that does not even look like what it says it is, is given only when no place has a better one.
        let mut doubtful = None;
        if let Some(object) = self.tolerate(File::Dcod, found)?.flatten()
            && let Some(id) = self.identifier_in(&object)?
        {
            if id.is_shaped() != Shape::Off {
                return Ok(id);
            }
            doubtful = Some(id);
        }
        let objects = self.data_objects();
        let objects = self.tolerate(File::Dcod, objects)?.unwrap_or_default().entries;
        for object in &objects {
            let kind = Kind::of(&object.common);
            let candidate =
                matches!(kind, Kind::Info2ter | Kind::Unknown) && !object.common.is_private();
            if candidate && let Some(id) = self.identifier_in(object)? {
                if id.is_shaped() != Shape::Off {
                    return Ok(id);
                }
                doubtful = doubtful.or(Some(id));
            }
        }
        let certificates = self.certificates()?;
        let named = certificates
            .iter()
            .find_map(|found| CertificateHolder::of(&found.certificate).national_id);
        named.or(doubtful).ok_or(Error::IdentifierAbsent)
    }

    /// The identifier in one data object: the first 20 bytes hold that of a professional, and the header tells the rest.
    fn identifier_in(&mut self, object: &DataObject) -> Result<Option<NationalId>, Error> {
        let label = object.common.label.clone().unwrap_or_default();
        let file = File::Object(label);
        let content = self.identifier_content(&file, object);
        let Some(content) = self.tolerate(file.clone(), content)? else { return Ok(None) };
        Ok(identifier_of(&Object::decode(&content).object))
    }

    fn identifier_content(&mut self, file: &File, object: &DataObject) -> Result<Vec<u8>, Error> {
        let seen = |content: &[u8]| identifier_is_whole(content);
        if object.location.window.is_some() {
            return self.content(file.clone(), &object.location, Extent::Object, 0x14);
        }
        self.read_until(file.clone(), &object.location.path, Extent::Object, 0x14, &seen)
    }

    /// Reads the parts asked for.
    ///
    /// # Errors
    /// [`Error::Transport`], [`Error::NotCpx`]; anything less is noted.
    pub fn identity(&mut self, parts: Parts) -> Result<Identity, Error> {
        let mut identity = Identity::default();
        let card = parts.card == Wanted::Yes;
        let holder = parts.holder == Wanted::Yes;
        if card {
            let label = self.label();
            let label = self.tolerate(File::CiaInfo, label)?;
            if label == Some(None) {
                self.note(File::CiaInfo, NoteKind::Malformed);
            }
            identity.label = label.flatten();
        }
        if card || holder {
            self.read_objects(&mut identity, holder)?;
        }
        if parts.certificates == Wanted::Yes || identity.needs_certificates(parts) {
            identity.certificates = self.certificates()?;
        }
        // Last, because both leave the application: EF.SN makes the MF current, where the PIN objects are.
        if card {
            let serial = self.serial();
            identity.serial = self.tolerate(File::Serial, serial)?;
        }
        if parts.pin == Wanted::Yes && self.has_pin().is_ok() {
            match self.pin_status(PinName::User) {
                Ok(status) => identity.pin = Some(status),
                Err(Error::PinCounterUnreadable { pin, status }) => {
                    self.note(File::Object(pin.to_string()), NoteKind::Refused(status));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(identity)
    }

    fn read_objects(&mut self, identity: &mut Identity, holder: bool) -> Result<(), Error> {
        let objects = self.data_objects();
        let objects = self.tolerate(File::Dcod, objects)?.unwrap_or_default().entries;
        let mut older = Vec::new();
        for object in objects {
            let kind = Kind::of(&object.common);
            let wanted = match kind {
                Kind::IdCard | Kind::Info => true,
                Kind::Name | Kind::Info2ter => holder,
                // A label that says nothing: the content says what it is.
                Kind::Unknown => !object.common.is_private(),
                _ => false,
            };
            if wanted {
                self.read_object(identity, &object, kind)?;
            } else if matches!(kind, Kind::IdCard2ter | Kind::Name2ter) {
                older.push((kind, object));
            }
        }
        // They say the same as the newer ones, and are read only in their absence.
        for (kind, object) in older {
            let missing = match kind {
                Kind::Name2ter => holder && identity.name.is_none(),
                _ => identity.id_card.is_none(),
            };
            if missing {
                self.read_object(identity, &object, kind)?;
            }
        }
        if self.model.interface == Interface::Contact {
            self.name_absent("CPS_ID_CARD", identity.id_card.is_none());
            self.name_absent("CPS_INFO_PS", identity.info.is_none());
            self.name_absent("CPS_NAME_PS", holder && identity.name.is_none());
        }
        Ok(())
    }

    /// Names an object that every contact card has, unless its absence was named already (CPx fact sheet §8.1).
    fn name_absent(&mut self, label: &str, absent: bool) {
        let file = File::Object(label.to_owned());
        let named = |note: &Note| note.file == file || note.file == File::Dcod;
        if absent && !self.notes().iter().any(named) {
            self.note(file, NoteKind::Absent);
        }
    }

    fn read_object(
        &mut self,
        identity: &mut Identity,
        object: &DataObject,
        kind: Kind,
    ) -> Result<(), Error> {
        match self.decoded(object)? {
            Some(Object::IdCard(found)) => {
                identity.id_card = identity.id_card.take().or(Some(found));
            }
            Some(Object::Info(found)) => identity.info = identity.info.take().or(Some(found)),
            Some(Object::Info2ter(found)) => {
                identity.info_2ter = identity.info_2ter.take().or(Some(found));
            }
            Some(Object::Name(found)) => identity.name = identity.name.take().or(Some(found)),
            Some(_) if kind != Kind::Unknown => {
                let label = object.common.label.clone().unwrap_or_default();
                self.note(File::Object(label), NoteKind::Malformed);
            }
            _ => {}
        }
        Ok(())
    }
}

fn identifier_of(object: &Object) -> Option<NationalId> {
    let text = match object {
        Object::Info(info) => info.national_id.as_deref(),
        Object::Info2ter(info) => info.national_id.as_deref(),
        _ => None,
    };
    NationalId::parse(text?).ok()
}

/// Whether what was read so far of an object already holds the whole identifier.
fn identifier_is_whole(content: &[u8]) -> bool {
    let Decoded { object, .. } = Object::decode(content);
    identifier_of(&object).is_some()
}

/// A place where the national identifier stands.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum IdentityPlace {
    /// CPS_INFO_PS.
    Info,
    /// CPS2TER_INFO_PS.
    Info2ter,
    /// The subject of a certificate.
    Certificate(Role),
}

impl fmt::Display for IdentityPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Info => f.write_str("CPS_INFO_PS"),
            Self::Info2ter => f.write_str("CPS2TER_INFO_PS"),
            Self::Certificate(role) => write!(f, "the {role} certificate"),
        }
    }
}

/// The places that name the holder do not name the same one.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the card does not agree with itself on its holder: {}", join(places))]
pub struct Mismatch {
    /// Every place with what it says.
    pub places: Vec<(IdentityPlace, NationalId)>,
}

fn join(places: &[(IdentityPlace, NationalId)]) -> String {
    let each: Vec<String> = places.iter().map(|(place, id)| format!("{id} in {place}")).collect();
    each.join(", ")
}

/// Card family, as people name cards.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Family {
    /// Director of a structure that employs no professional of the registers.
    Cda,
    /// Director of an establishment.
    Cde,
    /// Authorised staff.
    Cpa,
    /// Staff of an establishment.
    Cpe,
    /// In training.
    Cpf,
    /// Health professional.
    Cps,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cda => "CDA",
            Self::Cde => "CDE",
            Self::Cpa => "CPA",
            Self::Cpe => "CPE",
            Self::Cpf => "CPF",
            Self::Cps => "CPS",
        })
    }
}

/// Whether the card itself tells the family.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Certainty {
    /// It does.
    Certain,
    /// Director and staff cannot be told apart; the family given is that of staff.
    Uncertain,
}

/// Years between the start of validity of a test card and its opposition (CPx platform fact sheet, R-03).
const TEST_CARD_YEARS: i64 = 3;

impl Identity {
    /// Whether the data objects leave something open that the certificates may tell.
    fn needs_certificates(&self, parts: Parts) -> bool {
        let nameless = self.national_id().is_none() || self.name.is_none();
        // Director and staff, types 02 and 03, differ in the certificates only.
        let professional =
            self.card_type().is_some_and(|card| ["00", "01"].contains(&card.code.as_str()));
        (parts.holder == Wanted::Yes && nameless)
            || (parts.card == Wanted::Yes && (self.id_card.is_none() || !professional))
    }

    /// Every place that names the holder, with what it says.
    pub fn places(&self) -> Vec<(IdentityPlace, NationalId)> {
        let parse = |text: Option<&String>| text.and_then(|text| NationalId::parse(text).ok());
        let info = self.info.as_ref().and_then(|info| parse(info.national_id.as_ref()));
        let info_2ter = self.info_2ter.as_ref().and_then(|info| parse(info.national_id.as_ref()));
        let mut places = Vec::new();
        places.extend(info.map(|id| (IdentityPlace::Info, id)));
        places.extend(info_2ter.map(|id| (IdentityPlace::Info2ter, id)));
        for found in &self.certificates {
            let id = CertificateHolder::of(&found.certificate).national_id;
            places.extend(id.map(|id| (IdentityPlace::Certificate(found.role), id)));
        }
        places
    }

    /// The national identifier: that of CPS_INFO_PS first.
    pub fn national_id(&self) -> Option<NationalId> {
        self.places().into_iter().next().map(|(_, id)| id)
    }

    /// Whether the places that name the holder agree.
    pub fn mismatch(&self) -> Option<Mismatch> {
        let places = self.places();
        let differ = places.windows(2).any(|pair| pair[0].1 != pair[1].1);
        differ.then_some(Mismatch { places })
    }

    /// What the first certificate that names a person says of the holder.
    fn certificate_holder(&self) -> Option<CertificateHolder> {
        self.certificates.iter().map(|found| CertificateHolder::of(&found.certificate)).next()
    }

    /// Type of the card, table G02: from CPS_INFO_PS, else from a certificate.
    pub fn card_type(&self) -> Option<Code> {
        let info = self.info.as_ref().and_then(|info| info.card_type.as_ref());
        let older = self.info_2ter.as_ref().and_then(|info| info.card_type.as_ref());
        let on_card = info.or(older).map(|card| card.code.clone());
        on_card.or_else(|| self.certificate_holder()?.card_type)
    }

    /// Family of the card. Director and staff share a type; the responsibility level in the certificates tells them apart,
    /// where it is there (inferred, CPx fact sheet §1.3).
    pub fn family(&self) -> Option<(Family, Certainty)> {
        let level = self.certificate_holder().and_then(|holder| holder.responsibility);
        let level = level.as_ref().map(|level| level.code.as_str());
        let staff = |director, staff| match level {
            Some("01") => (director, Certainty::Certain),
            Some("00") => (staff, Certainty::Certain),
            _ => (staff, Certainty::Uncertain),
        };
        match self.card_type()?.code.as_str() {
            "00" => Some((Family::Cps, Certainty::Certain)),
            "01" => Some((Family::Cpf, Certainty::Certain)),
            "02" => Some(staff(Family::Cde, Family::Cpe)),
            "03" => Some(staff(Family::Cda, Family::Cpa)),
            _ => None,
        }
    }

    /// Category, table G01: from CPS_ID_CARD, else from a certificate.
    pub fn category(&self) -> Option<Code> {
        let on_card = self.id_card.as_ref().and_then(|card| card.category.clone());
        on_card.or_else(|| self.certificate_holder()?.category)
    }

    /// Card number, ten digits: from CPS_ID_CARD, else the label, else a certificate.
    pub fn number(&self) -> Option<String> {
        let on_card = self.id_card.as_ref().and_then(|card| card.number.clone());
        let in_label = || {
            let (_, number) = self.label.as_deref()?.rsplit_once('-')?;
            (number.len() == 10 && number.bytes().all(|b| b.is_ascii_digit()))
                .then(|| number.to_owned())
        };
        let certified = || self.certificate_holder()?.card_number.map(|number| number.to_string());
        on_card.or_else(in_label).or_else(certified)
    }

    /// When a test card is put in opposition: three years after its start of validity. `None` for other cards.
    pub fn opposition(&self) -> Option<Date> {
        let test = self.category().is_some_and(|category| category.code.starts_with('8'));
        let issued = self.id_card.as_ref()?.issued?;
        test.then(|| issued.checked_add(jiff::Span::new().years(TEST_CARD_YEARS)).ok()).flatten()
    }

    /// The holder, data objects first, then certificates.
    pub fn holder(&self) -> Holder {
        let certified = self.certificate_holder();
        let certified = certified.as_ref();
        let info = self.info.as_ref();
        let name = self.name.as_ref();
        let given = name
            .and_then(|name| name.usual_name.clone().or_else(|| name.given_names.first().cloned()));
        Holder {
            national_id: self.national_id(),
            civility: name.and_then(|name| name.civility.clone()),
            family_name: name
                .and_then(|name| name.family_name.clone())
                .or_else(|| certified?.family_name.clone()),
            given_name: given.or_else(|| certified?.given_name.clone()),
            profession: info
                .and_then(|info| info.profession.clone())
                .or_else(|| certified?.profession.clone()),
            speciality: info
                .and_then(|info| info.speciality.clone())
                .or_else(|| certified?.specialities.first().cloned()),
            practice_name: info.and_then(|info| info.practice_name.clone()),
        }
    }
}

/// The holder of a card.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Holder {
    /// National identifier.
    pub national_id: Option<NationalId>,
    /// Civility, table G03.
    pub civility: Option<Code>,
    /// Family name.
    pub family_name: Option<String>,
    /// Usual first name, else the first one.
    pub given_name: Option<String>,
    /// Profession, table G15 or G16.
    pub profession: Option<Code>,
    /// Speciality, table R01.
    pub speciality: Option<Code>,
    /// Nom d'exercice.
    pub practice_name: Option<String>,
}

/// The slug of a category, table G01: what the JSON calls it.
pub fn category_name(code: &str) -> Option<&'static str> {
    Table::G01.label(code)?;
    match code {
        "00" => Some("real"),
        "80" => Some("test"),
        "02" => Some("module"),
        "82" => Some("module-test"),
        "03" => Some("software"),
        "83" => Some("software-test"),
        _ => None,
    }
}
