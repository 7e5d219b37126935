//! The virtual card: files made from a persona, and an interpreter of the commands of CPx cards.
//!
//! Written from the CPx fact sheet. What the sheet marks unknown or inferred is said where it is decided.

use crate::iso7816::status::StatusWord;
use crate::transport::Protocol;

use super::persona::{Persona, PersonaError};

mod fs;
mod hash;
mod image;
mod interpreter;
mod keys;
mod model;
mod objects;
mod pin;
mod pkcs15;
mod protocol;
mod security;
pub mod vpcd;

pub use fs::{FilePath, FilePathError};
pub(in crate::emulate) use image::holds;
pub(in crate::emulate) use keys::Flaw;
pub use keys::Keys;

use fs::Tree;
use image::Image;
use interpreter::{GET_RESPONSE, Selection};
use keys::Keyring;
use model::Model;
use pin::{Pins, Reference};
use protocol::{Apdu, Pending};
use security::Environment;

/// The certificates a card holds, DER. A contact card needs the first two, a contactless one the third.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Certificates {
    /// `Certificat de Signature CPS`.
    pub signature: Option<Vec<u8>>,
    /// `Certificat d'Authentification CPS`.
    pub authentication: Option<Vec<u8>>,
    /// `Certificat Technique CPS`. A contact CPS3 that has one carries the contactless application too.
    pub technical: Option<Vec<u8>>,
    /// Their private keys.
    pub keys: Keys,
}

/// A card that exists in memory only.
///
/// It answers any bytes at all and never panics. PIN counters and files keep their state for its whole life;
/// security state, security environment, selection and logical channel are forgotten at each reset.
#[derive(Clone, Debug)]
pub struct VirtualCard {
    model: Model,
    files: Tree,
    cps2ter: Option<Tree>,
    pins: Pins,
    keys: Keyring,
    environment: Environment,
    application: Application,
    selection: Selection,
    cps2ter_selection: Selection,
    pending: Option<Pending>,
    resets: u64,
}

/// Which application answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Application {
    /// GlobalPlatform's, left selected by another program: it knows none of our commands.
    CardManager,
    /// CPS4 before its application is selected: channel 1 is not open.
    Closed,
    /// The card's own.
    Cpx,
}

impl VirtualCard {
    /// Makes the card of a persona.
    ///
    /// # Errors
    /// [`PersonaError`]: a field the card cannot hold, a combination that was never issued, a certificate missing or
    /// unreadable.
    pub fn new(persona: &Persona, certificates: &Certificates) -> Result<Self, PersonaError> {
        let model = Model::of(&persona.card)?;
        let Image { files, cps2ter } = Image::new(persona, model, certificates)?;
        let mut card = Self {
            model,
            files,
            cps2ter,
            pins: Pins::new(&persona.pin)?,
            keys: Keyring::new(model, &certificates.keys, persona.card.pss_salt)?,
            environment: Environment::default(),
            application: Application::Closed,
            selection: Selection::default(),
            cps2ter_selection: Selection::default(),
            pending: None,
            resets: 0,
        };
        card.forget();
        Ok(card)
    }

    /// The answer to reset: one of the five strings of CPx fact sheet §1.1.
    pub fn atr(&self) -> &'static [u8] {
        self.model.atr()
    }

    /// The protocol the card is used with.
    pub fn protocol(&self) -> Protocol {
        self.model.protocol()
    }

    /// Cold reset.
    pub fn power_on(&mut self) {
        self.reset();
    }

    /// The reader cuts the power.
    pub fn power_off(&mut self) {
        self.forget();
    }

    /// Warm reset.
    pub fn reset(&mut self) {
        self.forget();
        self.resets += 1;
    }

    /// How many resets the card has lived, for readers that must notice one made by another program.
    pub fn resets(&self) -> u64 {
        self.resets
    }

    /// Answers a command: data, then SW1 SW2. Commands of any length and content are answered.
    pub fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        let protocol = self.protocol();
        // Any other command discards what waits for GET RESPONSE.
        let pending = self.pending.take();
        let refuse = |status: StatusWord| status.0.to_be_bytes().to_vec();
        let apdu = match Apdu::parse(command, protocol) {
            Ok(apdu) => apdu,
            Err(status) => return refuse(status),
        };
        let (bytes, pending) = if apdu.ins == GET_RESPONSE && protocol == Protocol::T0 {
            protocol::get_response(&apdu, pending)
        } else {
            match self.execute(&apdu) {
                Ok(answer) => protocol::finish(&apdu, protocol, answer.data, answer.shortfall),
                Err(status) => (refuse(status), None),
            }
        };
        self.pending = pending;
        bytes
    }

    /// Tries left of the code porteur, 0 to 3.
    pub fn user_tries_left(&self) -> u8 {
        self.pins.tries_left(Reference::User)
    }

    /// Tries left of the code de déblocage, 0 to 10.
    pub fn unblock_tries_left(&self) -> u8 {
        self.pins.tries_left(Reference::Unblock)
    }

    /// The paths of all elementary files, those of the CPS2ter volume last.
    pub fn files(&self) -> Vec<FilePath> {
        self.trees().flat_map(|tree| &tree.efs).map(|ef| ef.path.clone()).collect()
    }

    /// The content of a file, whatever its access rules.
    pub fn file(&self, path: &[u16]) -> Option<&[u8]> {
        self.trees().find_map(|tree| tree.ef(path)).map(|ef| ef.content.as_slice())
    }

    /// The content of a file, to alter it.
    pub fn file_mut(&mut self, path: &[u16]) -> Option<&mut Vec<u8>> {
        self.ef_mut(path).map(|ef| &mut ef.content)
    }

    /// Replaces the content of a file; SELECT announces the new size.
    ///
    /// # Errors
    /// [`NoSuchFile`] when the card has no elementary file there.
    pub fn replace_file(&mut self, path: &[u16], content: Vec<u8>) -> Result<(), NoSuchFile> {
        let ef = self.ef_mut(path).ok_or_else(|| NoSuchFile(path.into()))?;
        ef.content = content;
        ef.announced = None;
        Ok(())
    }

    /// Makes SELECT announce a size that need not be that of the file.
    ///
    /// # Errors
    /// [`NoSuchFile`] when the card has no elementary file there.
    pub fn announce(&mut self, path: &[u16], size: u16) -> Result<(), NoSuchFile> {
        self.ef_mut(path).ok_or_else(|| NoSuchFile(path.into()))?.announced = Some(size);
        Ok(())
    }

    fn ef_mut(&mut self, path: &[u16]) -> Option<&mut fs::Ef> {
        let volume = self.cps2ter.as_mut().and_then(|tree| tree.ef_mut(path));
        self.files.ef_mut(path).or(volume)
    }

    fn trees(&self) -> impl Iterator<Item = &Tree> {
        std::iter::once(&self.files).chain(&self.cps2ter)
    }

    /// Gives its signatures a fault.
    pub(in crate::emulate) fn spoil(&mut self, flaw: Flaw) {
        self.keys.spoil(flaw);
    }

    fn forget(&mut self) {
        self.pins.forget();
        self.environment = Environment::default();
        self.selection = Selection::default();
        self.cps2ter_selection = Selection::default();
        self.pending = None;
        self.application = match self.model {
            Model::Cps3 | Model::Cps3Contactless => Application::Cpx,
            Model::Cps4T0 | Model::Cps4T1 => Application::Closed,
        };
    }
}

/// The card has no such elementary file.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the card has no file {0}")]
pub struct NoSuchFile(pub FilePath);

#[cfg(test)]
#[path = "../../tests/support/placeholder.rs"]
mod placeholder;

/// Certificates that fill the files and that nobody signed.
#[cfg(test)]
pub(in crate::emulate) fn test_certificates() -> Certificates {
    Certificates {
        signature: Some(placeholder::certificate("signature", 0x51)),
        authentication: Some(placeholder::certificate("authentication", 0x41)),
        technical: Some(placeholder::certificate("technical", 0x54)),
        keys: Keys::default(),
    }
}

/// A builtin persona's card.
#[cfg(test)]
pub(in crate::emulate) fn test_card(slug: &str) -> VirtualCard {
    let persona = Persona::builtin(slug).expect("a builtin persona");
    VirtualCard::new(&persona, &test_certificates()).expect("a card that can hold it")
}
