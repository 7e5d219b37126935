//! From a persona and certificates to the files of a card (CPx fact sheet §3.2, §3.3, §12).

use x509_parser::oid_registry::OID_PKCS1_RSAENCRYPTION;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::super::persona::{
    CertificateRole, Field, Generation, Limit, Persona, PersonaError, luhn_digit,
};
use super::fs::{Access, DF_CONTACT, DF_CONTACTLESS, Df, Ef, MF, Tree};
use super::model::Model;
use super::pkcs15::{self, Pair, padded};
use super::{Certificates, objects};
use crate::iso7816::tlv::encode;

/// The root application: DF name of the MF.
pub(super) const ROOT: &[u8] = &[0x80, 0x25, 0x00, 0x00, 0x01, 0xFF, 0x01, 0x00];

/// The PKCS#15 application, contact.
pub(super) const CONTACT: &[u8] =
    &[0xE8, 0x28, 0xBD, 0x08, 0x0F, 0x80, 0x25, 0x00, 0x00, 0x01, 0xFF, 0x00, 0x10];

/// The PKCS#15 application, contactless.
pub(super) const CONTACTLESS: &[u8] =
    &[0xE8, 0x28, 0xBD, 0x08, 0x0F, 0x80, 0x25, 0x00, 0x00, 0x01, 0xFF, 0x00, 0x20];

/// Size of EF.DIR on real CPS3 cards; ours is shorter and padded up to it.
const EF_DIR_SIZE: usize = 0x65;

/// Size of CPS_DATA. Unpublished; "a few KB" (inferred, CPx fact sheet §8.9).
const CPS_DATA_SIZE: usize = 2048;

/// Files are allocated in blocks larger than what they hold: inferred, so that readers meet padding.
const DIRECTORY_BLOCK: usize = 32;
const OBJECT_BLOCK: usize = 16;

/// The largest file READ BINARY can reach with its 15-bit offset.
const FILE_MAX: usize = 0x7FFF;

/// EF.ATR of real CPS3 cards (CPx fact sheet §2.4).
const EF_ATR: &[u8] = &[
    0x80, 0x43, 0x01, 0xB8, 0x46, 0x04, 0x04, 0xB0, 0xEC, 0xC1, 0x47, 0x03, 0x94, 0x01, 0x80, 0x4F,
    0x08, 0x80, 0x25, 0x00, 0x00, 0x01, 0xFF, 0x01, 0x00, 0xE0, 0x10, 0x02, 0x02, 0x01, 0x04, 0x02,
    0x02, 0x01, 0x04, 0x02, 0x02, 0x01, 0x00, 0x02, 0x02, 0x01, 0x00, 0x78, 0x08, 0x06, 0x06, 0x2B,
    0x81, 0x22, 0xF8, 0x78, 0x02, 0x82, 0x02, 0x90, 0x00,
];

/// The files of a card.
#[derive(Clone, Debug)]
pub(super) struct Image {
    pub(super) files: Tree,
    /// The volume behind CLA A0, on CPS3 contact only.
    pub(super) cps2ter: Option<Tree>,
}

/// What the persona alone decides, certificates apart: made once to know that the card can hold the persona.
struct Content {
    serial: Vec<u8>,
    label: String,
    updated: String,
    objects: Vec<DataObject>,
    /// Number of the file in the CPS2ter volume and its content.
    cps2ter: Vec<(u16, Vec<u8>)>,
}

struct DataObject {
    label: String,
    file: u16,
    content: Vec<u8>,
    read: Access,
    update: Access,
}

/// Refuses a persona that a card cannot hold.
pub(in crate::emulate) fn holds(persona: &Persona) -> Result<(), PersonaError> {
    super::pin::Pins::new(&persona.pin)?;
    let model = Model::of(&persona.card)?;
    super::keys::Keyring::new(model, &super::Keys::default(), persona.card.pss_salt)?;
    Content::new(persona, model).map(drop)
}

impl Image {
    pub(super) fn new(
        persona: &Persona,
        model: Model,
        certificates: &Certificates,
    ) -> Result<Self, PersonaError> {
        let content = Content::new(persona, model)?;
        let generation = model.generation();
        let mut files = Tree::default();
        files.dfs.push(Df { path: [MF].as_slice().into(), name: Some(ROOT) });
        files.efs.extend([
            Ef::new(&[MF, 0x2F00], ef_dir()).short_id(0xF0),
            Ef::new(&[MF, 0xD003], content.serial.clone()).short_id(0xE0).update(Access::Never),
        ]);
        if generation == Generation::Cps3 {
            // Unpublished on CPS4 (CPx fact sheet §3.3), so absent there.
            files.efs.push(Ef::new(&[MF, 0x2F01], EF_ATR.to_vec()).short_id(0xE8));
        }
        let technical =
            Key::read(pkcs15::TECHNICAL, CertificateRole::Technical, &certificates.technical)?;
        if model == Model::Cps3Contactless {
            add_contactless(&mut files, &content, &technical.required()?);
            return Ok(Self { files, cps2ter: None });
        }
        let keys = [
            Key::read(
                pkcs15::signature(generation),
                CertificateRole::Signature,
                &certificates.signature,
            )?
            .required()?,
            Key::read(
                pkcs15::authentication(generation),
                CertificateRole::Authentication,
                &certificates.authentication,
            )?
            .required()?,
        ];
        add_contact(&mut files, &content, generation, &keys);
        if let (Model::Cps3, Found::Key(key)) = (model, &technical) {
            add_contactless(&mut files, &content, key);
        }
        let cps2ter = (model == Model::Cps3).then(|| cps2ter_volume(&content));
        Ok(Self { files, cps2ter })
    }
}

impl Content {
    fn new(persona: &Persona, model: Model) -> Result<Self, PersonaError> {
        if !matches!(persona.card.card_type.as_str(), "00" | "01" | "02" | "03") {
            return Field::new("card.type").refuse(Limit::CardType);
        }
        let issued = Field::new("card.issued").date(&persona.card.issued)?;
        let mut content = Self {
            serial: serial(&persona.card.chip_serial)?,
            label: label(model, &persona.card.number)?,
            updated: issued.iter().map(|byte| format!("{byte:02X}")).collect::<String>()
                + "110000Z",
            objects: Vec::new(),
            cps2ter: Vec::new(),
        };
        // CPS_ID_CARD is made for every persona, so that its fields are always refused in the same way.
        let id_card = objects::id_card(persona)?;
        if model != Model::Cps3Contactless {
            content.add_objects(persona, model.generation(), id_card)?;
        }
        Ok(content)
    }

    /// File identifiers are those of the recorded exchanges where they have one, ours elsewhere (CPx fact sheet §14).
    fn add_objects(
        &mut self,
        persona: &Persona,
        generation: Generation,
        id_card: Vec<u8>,
    ) -> Result<(), PersonaError> {
        let name = objects::name(persona)?;
        let languages = objects::languages(persona)?;
        let billing = objects::billing(&persona.activities)?;
        self.free("CPS_DATA", 0xD107, vec![0; CPS_DATA_SIZE]);
        self.free("CPS_ID_CARD", 0xD100, id_card.clone());
        self.free("CPS_NAME_PS", 0xD101, name.clone());
        self.free("CPS_LANG_PS", 0xD102, languages.clone());
        self.free("CPS_INFO_PS", 0xD103, objects::info(persona)?);
        if generation == Generation::Cps4 {
            // Ordinary objects on CPS4, under the labels of the external specification (CPx fact sheet §8.1).
            self.free("CPS2TER_ID", 0xD140, id_card);
            self.free("CPS2TER_NAME", 0xD141, name);
            self.free("CPS2TER_LANG", 0xD142, languages);
            self.free("CPS2TER_PSINFO", 0xD143, objects::cps2ter_info(persona)?);
        }
        let mut seen = Vec::new();
        for activity in &persona.activities {
            let number = activity.number;
            if !(1..=16).contains(&number) || seen.contains(&number) {
                return Field::of("number", number).refuse(Limit::ActivityNumber);
            }
            seen.push(number);
            let place = u16::from(number) - 1;
            let current = objects::activity(activity)?;
            let older = objects::cps2ter_activity(activity)?;
            self.private(format!("CPS_ACTIVITY_{number:02}_PS"), 0xD120 + place, current);
            match generation {
                Generation::Cps3 => self.cps2ter.push((0x4010 + place, older)),
                Generation::Cps4 => {
                    self.private(format!("CPS2TER_ACTIVITY_{number:02}_PS"), 0xD150 + place, older);
                }
            }
        }
        match generation {
            Generation::Cps3 => self.cps2ter.push((SIT_FACT, billing)),
            Generation::Cps4 => self.private("CPS_SIT_FACT".to_owned(), 0xD130, billing),
        }
        Ok(())
    }

    fn free(&mut self, label: &str, file: u16, content: Vec<u8>) {
        let update = if label == "CPS_DATA" { Access::Pin } else { Access::Issuer };
        let content = padded(content, OBJECT_BLOCK);
        self.objects.push(DataObject {
            label: label.to_owned(),
            file,
            content,
            read: Access::Free,
            update,
        });
    }

    fn private(&mut self, label: String, file: u16, content: Vec<u8>) {
        let content = padded(content, OBJECT_BLOCK);
        let (read, update) = (Access::Pin, Access::Issuer);
        self.objects.push(DataObject { label, file, content, read, update });
    }
}

/// CPS_SIT_FACT in the CPS2ter volume.
const SIT_FACT: u16 = 0x4000;

/// A key pair with its certificate.
struct Key {
    pair: Pair,
    certificate: Vec<u8>,
    /// `RSAPublicKey`, the content of the certificate's subjectPublicKey.
    public_key: Vec<u8>,
}

enum Found {
    Absent(CertificateRole),
    Key(Key),
}

impl Found {
    fn required(self) -> Result<Key, PersonaError> {
        match self {
            Self::Absent(role) => Err(PersonaError::MissingCertificate { role }),
            Self::Key(key) => Ok(key),
        }
    }
}

impl Key {
    fn read(
        pair: Pair,
        role: CertificateRole,
        der: &Option<Vec<u8>>,
    ) -> Result<Found, PersonaError> {
        let Some(der) = der else {
            return Ok(Found::Absent(role));
        };
        let refused = PersonaError::Certificate { role };
        let (_, certificate) = X509Certificate::from_der(der).map_err(|_| refused.clone())?;
        let key = certificate.public_key();
        if der.len() > FILE_MAX || key.algorithm.algorithm != OID_PKCS1_RSAENCRYPTION {
            return Err(refused);
        }
        let public_key = key.subject_public_key.data.to_vec();
        Ok(Found::Key(Self { pair, certificate: der.clone(), public_key }))
    }
}

fn add_contact(files: &mut Tree, content: &Content, generation: Generation, keys: &[Key]) {
    let at = |file| [MF, DF_CONTACT, file];
    let directories =
        [(0xA8, 0x7001), (0xA0, 0x7002), (0xA1, 0x7004), (0xA4, 0x7005), (0xA7, 0x7006)];
    let info = pkcs15::cia_info(generation, &content.label, &content.updated);
    let objects = content.objects.iter().flat_map(|object| {
        pkcs15::data_object(&object.label, object.file, object.read, object.update)
    });
    files.dfs.push(Df { path: [MF, DF_CONTACT].as_slice().into(), name: Some(CONTACT) });
    files.efs.extend([
        Ef::new(&at(0x5031), pkcs15::odf(&directories)),
        Ef::new(&at(0x5032), info),
        Ef::new(&at(0x7001), padded(pkcs15::aod(), DIRECTORY_BLOCK)),
        Ef::new(
            &at(0x7002),
            padded(all(keys, |key| key.pair.private_key(CONTACT)), DIRECTORY_BLOCK),
        ),
        Ef::new(
            &at(0x7004),
            padded(all(keys, |key| key.pair.public_key(CONTACT)), DIRECTORY_BLOCK),
        ),
        Ef::new(
            &at(0x7005),
            padded(all(keys, |key| key.pair.certificate(CONTACT)), DIRECTORY_BLOCK),
        ),
        Ef::new(&at(0x7006), padded(objects.collect(), DIRECTORY_BLOCK)),
    ]);
    for key in keys {
        // Exactly as long as their DER: the vendor library counts from the end (CPx fact sheet §4.6).
        files.efs.push(Ef::new(&at(key.pair.certificate), key.certificate.clone()));
        files.efs.push(Ef::new(&at(key.pair.public_key), key.public_key.clone()));
    }
    files.efs.extend(content.objects.iter().map(|object| {
        Ef::new(&at(object.file), object.content.clone()).read(object.read).update(object.update)
    }));
}

/// The application of the contactless interface: no EF.AOD, no data object (CPx fact sheet §10).
fn add_contactless(files: &mut Tree, content: &Content, key: &Key) {
    let at = |file| [MF, DF_CONTACTLESS, file];
    let directories = [(0xA0, 0x7102), (0xA1, 0x7104), (0xA4, 0x7105), (0xA7, 0x7106)];
    let info = pkcs15::cia_info(Generation::Cps3, CONTACTLESS_LABEL, &content.updated);
    files.dfs.push(Df { path: [MF, DF_CONTACTLESS].as_slice().into(), name: Some(CONTACTLESS) });
    files.efs.extend([
        Ef::new(&at(0x5031), pkcs15::odf(&directories)),
        Ef::new(&at(0x5032), info),
        Ef::new(&at(0x7102), padded(key.pair.private_key(CONTACTLESS), DIRECTORY_BLOCK)),
        Ef::new(&at(0x7104), padded(key.pair.public_key(CONTACTLESS), DIRECTORY_BLOCK)),
        Ef::new(&at(0x7105), padded(key.pair.certificate(CONTACTLESS), DIRECTORY_BLOCK)),
        Ef::new(&at(0x7106), padded(Vec::new(), OBJECT_BLOCK)),
        Ef::new(&at(key.pair.certificate), key.certificate.clone()),
        Ef::new(&at(key.pair.public_key), key.public_key.clone()),
    ]);
}

/// The volume reached with CLA A0 (CPx fact sheet §3.4).
fn cps2ter_volume(content: &Content) -> Tree {
    let mut volume = Tree::default();
    volume.dfs.push(Df { path: [MF].as_slice().into(), name: None });
    volume.dfs.push(Df { path: [MF, 0x7F01].as_slice().into(), name: None });
    volume.efs.extend(content.cps2ter.iter().map(|(file, content)| {
        let path: &[u16] = if *file == SIT_FACT { &[MF, 0x7F01, SIT_FACT] } else { &[MF, *file] };
        Ef::new(path, content.clone()).read(Access::Pin)
    }));
    volume
}

fn all(keys: &[Key], entry: impl Fn(&Key) -> Vec<u8>) -> Vec<u8> {
    keys.iter().flat_map(entry).collect()
}

/// EF.DIR: the sheet's working example (§12), which holds the tag 51 without which the vendor library gives up, at
/// the size of real cards.
fn ef_dir() -> Vec<u8> {
    let record = |aid: &[u8], label: &[u8], df: u16| {
        let path = [MF.to_be_bytes(), df.to_be_bytes()].concat();
        let fields = [
            encode(0x4F, aid),
            encode(0x50, label),
            encode(0x51, &path),
            encode(0x73, &encode(0x4F, aid)),
        ];
        encode(0x61, &fields.concat())
    };
    let mut records =
        [record(CONTACT, b"CPS", DF_CONTACT), record(CONTACTLESS, b"CPS CL", DF_CONTACTLESS)]
            .concat();
    records.resize(EF_DIR_SIZE.max(records.len()), 0);
    records
}

/// EF.SN (CPx fact sheet §4.1).
fn serial(chip_serial: &str) -> Result<Vec<u8>, PersonaError> {
    let field = Field::new("card.chip_serial");
    let body = format!("{}{}", objects::ISSUER, field.digits(chip_serial, 8)?);
    Ok(encode(0x5A, &field.packed(&format!("{body}{}", luhn_digit(&body)), 19)?))
}

/// Label of the contactless volume, which has no card number.
const CONTACTLESS_LABEL: &str = "CPS3v3_CL";

/// The token label (CPx fact sheet §4.4).
fn label(model: Model, number: &str) -> Result<String, PersonaError> {
    let number = Field::new("card.number").digits(number, 10)?;
    Ok(match model {
        Model::Cps3 => format!("CPS3v3-{number}"),
        Model::Cps3Contactless => CONTACTLESS_LABEL.to_owned(),
        Model::Cps4T0 | Model::Cps4T1 => format!("CPS4v1-{number}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulate::card::{VirtualCard, test_card, test_certificates};

    fn persona(slug: &str) -> Persona {
        Persona::builtin(slug).expect("a builtin persona")
    }

    #[test]
    fn every_builtin_persona_makes_a_card_and_bears_the_name_it_is_asked_by() {
        for slug in Persona::list() {
            let persona = persona(slug);
            assert_eq!(persona.slug, *slug);
            assert!(VirtualCard::new(&persona, &test_certificates()).is_ok(), "{slug}");
        }
    }

    #[test]
    fn no_two_builtin_cards_have_the_same_serial_or_number() {
        let mut seen: Vec<_> = Persona::list()
            .iter()
            .map(|slug| persona(slug).card)
            .flat_map(|card| [card.chip_serial, card.number])
            .collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 2 * Persona::list().len());
    }

    #[test]
    fn a_card_needs_the_certificates_of_its_interface() {
        let none = Certificates::default();
        let missing = |slug| match VirtualCard::new(&persona(slug), &none) {
            Err(PersonaError::MissingCertificate { role }) => Some(role),
            _ => None,
        };
        assert_eq!(missing("medecin-cps3"), Some(CertificateRole::Signature));
        assert_eq!(missing("sans-contact-cps3"), Some(CertificateRole::Technical));
    }

    #[test]
    fn a_certificate_that_cannot_be_read_is_refused() {
        let certificates =
            Certificates { authentication: Some(vec![0x30, 0x00]), ..test_certificates() };
        let refused = VirtualCard::new(&persona("medecin-cps3"), &certificates).err();
        let role = CertificateRole::Authentication;
        assert_eq!(refused, Some(PersonaError::Certificate { role }));
    }

    #[test]
    fn certificate_files_are_exactly_their_der_and_public_keys_come_from_them() {
        let card = test_card("medecin-cps3");
        let certificate = test_certificates().signature.expect("made by the test");
        assert_eq!(card.file(&[MF, DF_CONTACT, 0xA001]), Some(certificate.as_slice()));
        let key = card.file(&[MF, DF_CONTACT, 0xA011]).expect("the public key");
        assert_eq!((key.len(), &key[..8]), (270, &[0x30, 0x82, 0x01, 0x0A, 0x02, 0x82, 1, 1][..]));
        assert!(certificate.windows(key.len()).any(|part| part == key));
    }

    #[test]
    fn a_contact_cps3_has_the_files_of_the_sheet() {
        let paths: Vec<_> =
            test_card("medecin-cps3").files().iter().map(ToString::to_string).collect();
        assert_eq!(
            paths,
            [
                "3F00/2F00",
                "3F00/D003",
                "3F00/2F01",
                "3F00/0001/5031",
                "3F00/0001/5032",
                "3F00/0001/7001",
                "3F00/0001/7002",
                "3F00/0001/7004",
                "3F00/0001/7005",
                "3F00/0001/7006",
                "3F00/0001/A001",
                "3F00/0001/A011",
                "3F00/0001/A002",
                "3F00/0001/A012",
                "3F00/0001/D107",
                "3F00/0001/D100",
                "3F00/0001/D101",
                "3F00/0001/D102",
                "3F00/0001/D103",
                "3F00/0001/D120",
                "3F00/0001/D121",
                "3F00/0001/D123",
                "3F00/0002/5031",
                "3F00/0002/5032",
                "3F00/0002/7102",
                "3F00/0002/7104",
                "3F00/0002/7105",
                "3F00/0002/7106",
                "3F00/0002/A003",
                "3F00/0002/A013",
                "3F00/4010",
                "3F00/4011",
                "3F00/4013",
                "3F00/7F01/4000",
            ]
        );
    }

    #[test]
    fn an_activity_number_is_used_once_and_is_at_most_16() {
        let mut twice = persona("medecin-cps3");
        twice.activities[1].number = 1;
        let refused = Field::of("number", 1).refuse(Limit::ActivityNumber);
        assert_eq!(holds(&twice), refused);
        twice.activities[1].number = 17;
        assert_eq!(holds(&twice), Field::of("number", 17).refuse(Limit::ActivityNumber));
    }
}
