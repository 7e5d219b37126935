//! What each command does (CPx fact sheet §2.2, §3.4, §3.5, §6.2).

use ring::rand::{SecureRandom, SystemRandom};

use super::fs::{Access, DF_CONTACT, Ef, FilePath, MF, Tree};
use super::image::ROOT;
use super::model::Model;
use super::pin::Reference;
use super::protocol::{Apdu, Chaining, Class, PSO, Shortfall};
use super::security::{CHAINING_NOT_SUPPORTED, Environment};
use super::{Application, VirtualCard};
use crate::emulate::persona::Generation;
use crate::iso7816::status::StatusWord;
use crate::iso7816::tlv::encode;

/// The card manager, which other programs may leave selected (CPx fact sheet §11, 8401).
const CARD_MANAGER: &[u8] = &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00];

/// What a command gives when it succeeds.
pub(super) struct Answer {
    pub(super) data: Vec<u8>,
    pub(super) shortfall: Shortfall,
}

impl From<Vec<u8>> for Answer {
    fn from(data: Vec<u8>) -> Self {
        Self { data, shortfall: Shortfall::Usual }
    }
}

impl From<()> for Answer {
    fn from((): ()) -> Self {
        Vec::new().into()
    }
}

/// What is selected in a volume; the MF after a reset.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    pub(super) df: FilePath,
    pub(super) ef: Option<FilePath>,
}

impl Default for Selection {
    fn default() -> Self {
        Self { df: [MF].as_slice().into(), ef: None }
    }
}

impl VirtualCard {
    pub(super) fn execute(&mut self, apdu: &Apdu<'_>) -> Result<Answer, StatusWord> {
        let (channel, chaining) = match apdu.class {
            Class::Cps2ter => return self.cps2ter(apdu),
            Class::Iso { channel, chaining } => (channel, chaining),
        };
        self.enter(channel, apdu)?;
        // Any other command ends a chain that was not finished.
        let chained = std::mem::take(&mut self.environment.chained);
        if chaining == Chaining::More && apdu.ins != PSO {
            return Err(CHAINING_NOT_SUPPORTED);
        }
        match apdu.ins {
            SELECT => self.select(apdu).map(Answer::from),
            _ if self.application == Application::CardManager => Err(StatusWord::CLA_NOT_SUPPORTED),
            READ_BINARY => read(&self.files, &self.selection, self.rights(), apdu),
            UPDATE_BINARY => self.update(apdu).map(Answer::from),
            VERIFY => self.verify(apdu).map(Answer::from),
            CHANGE_REFERENCE_DATA => self.change(apdu).map(Answer::from),
            RESET_RETRY_COUNTER => self.reset_retry_counter(apdu).map(Answer::from),
            GET_DATA if self.model.generation() == Generation::Cps3 => {
                self.get_data(apdu).map(Answer::from)
            }
            GET_CHALLENGE => challenge(apdu).map(Answer::from),
            MSE => self.manage(apdu).map(Answer::from),
            PSO => self.perform(apdu, chaining, chained).map(Answer::from),
            INTERNAL_AUTHENTICATE if self.model.generation() == Generation::Cps3 => {
                self.authenticate(apdu).map(Answer::from)
            }
            _ => Err(StatusWord::INS_NOT_SUPPORTED),
        }
    }

    /// Whether the card listens on this channel. CPS3 knows the basic one; CPS4 is driven on channel 1, which
    /// selecting its application by AID opens (inferred: the vendor library sends nothing before), and takes
    /// nothing but SELECT by AID on the basic one (inferred).
    fn enter(&mut self, channel: u8, apdu: &Apdu<'_>) -> Result<(), StatusWord> {
        let by_aid = apdu.ins == SELECT && apdu.p1 == 0x04;
        match (self.model.generation(), channel) {
            (Generation::Cps3, 0) => Ok(()),
            (Generation::Cps4, 1) if by_aid || self.application != Application::Closed => Ok(()),
            (Generation::Cps4, 0) if by_aid => Ok(()),
            (Generation::Cps4, 0) => Err(StatusWord::CLA_NOT_SUPPORTED),
            _ => Err(StatusWord::CHANNEL_NOT_SUPPORTED),
        }
    }

    pub(super) fn rights(&self) -> Access {
        if self.pins.is_open() { Access::Pin } else { Access::Free }
    }

    fn select(&mut self, apdu: &Apdu<'_>) -> Result<Vec<u8>, StatusWord> {
        if apdu.data.is_empty() && apdu.p1 != 0x03 {
            return Err(StatusWord::WRONG_LENGTH);
        }
        if apdu.p1 == 0x04 {
            return self.select_application(apdu);
        }
        if self.application == Application::CardManager {
            return Err(StatusWord::CLA_NOT_SUPPORTED);
        }
        let wanted = match (self.model.generation(), apdu.p2) {
            (Generation::Cps3, 0x04) | (Generation::Cps4, 0x00) => Template::Wanted,
            (_, 0x0C) => Template::None,
            _ => return Err(StatusWord::WRONG_P1P2),
        };
        let df = self.selection.df.to_vec();
        let ids = file_ids(apdu.data)?;
        let path = match (apdu.p1, ids.as_slice()) {
            (0x00, [MF]) => vec![MF],
            (0x00 | 0x02, [id]) => [&df, &[*id][..]].concat(),
            (0x03, _) => df[..df.len().saturating_sub(1).max(1)].to_vec(),
            (0x08, ids) => [&[MF], ids].concat(),
            // Relative to the current DF unless it starts at the MF (CPx fact sheet §2.2). Not a CPS4 form.
            (0x09, [MF, ..]) if self.model.generation() == Generation::Cps3 => ids,
            (0x09, ids) if self.model.generation() == Generation::Cps3 => [&df, ids].concat(),
            (0x00 | 0x02, _) => return Err(StatusWord::WRONG_LENGTH),
            _ => return Err(StatusWord::WRONG_P1P2),
        };
        if apdu.p1 == 0x02 && self.files.df(&path).is_some() {
            return Err(StatusWord::FILE_NOT_FOUND);
        }
        self.move_to(&path, wanted)
    }

    fn move_to(&mut self, path: &[u16], wanted: Template) -> Result<Vec<u8>, StatusWord> {
        let generation = self.model.generation();
        let (selection, template) = if let Some(df) = self.files.df(path) {
            (Selection { df: path.into(), ef: None }, df.template(generation))
        } else {
            let ef = self.files.ef(path).ok_or(StatusWord::FILE_NOT_FOUND)?;
            let df = path[..path.len() - 1].into();
            (Selection { df, ef: Some(path.into()) }, ef.template(generation))
        };
        if selection.df != self.selection.df {
            self.environment = Environment::default();
        }
        self.selection = selection;
        Ok(match wanted {
            Template::Wanted => template,
            Template::None => Vec::new(),
        })
    }

    /// SELECT by AID. P2=00 is refused to the AIDs of the PKCS#15 applications of CPS3 and accepted, without a
    /// template, for the root (CPx fact sheet §2.2).
    fn select_application(&mut self, apdu: &Apdu<'_>) -> Result<Vec<u8>, StatusWord> {
        let aid = apdu.data;
        let wanted = match (self.model.generation(), apdu.p2) {
            (_, 0x04) => Template::Wanted,
            (_, 0x0C) => Template::None,
            (Generation::Cps4, 0x00) => Template::Wanted,
            (Generation::Cps3, 0x00) if aid == ROOT => Template::None,
            _ => return Err(StatusWord::WRONG_P1P2),
        };
        let df = self.files.dfs.iter().find(|df| df.name == Some(aid));
        let path = df.map(|df| df.path.clone());
        let basic = Class::Iso { channel: 0, chaining: Chaining::Last };
        if self.model.generation() == Generation::Cps4 && apdu.class == basic {
            // Nothing to work with on the basic channel, and nothing changes on channel 1.
            return path.map(|_| Vec::new()).ok_or(StatusWord::FILE_NOT_FOUND);
        }
        if aid == CARD_MANAGER {
            self.application = Application::CardManager;
            self.environment = Environment::default();
            return Ok(Vec::new());
        }
        let path = path.ok_or(StatusWord::FILE_NOT_FOUND)?;
        self.application = Application::Cpx;
        self.move_to(&path, wanted)
    }

    fn update(&mut self, apdu: &Apdu<'_>) -> Result<(), StatusWord> {
        let offset = offset(apdu)?;
        if apdu.data.is_empty() {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let rights = self.rights();
        let path = self.selection.ef.clone().ok_or(StatusWord::NO_CURRENT_FILE)?;
        let ef = self.files.ef_mut(&path).ok_or(StatusWord::NO_CURRENT_FILE)?;
        if !allows(ef.update, rights) {
            return Err(StatusWord::SECURITY_STATUS);
        }
        let room = ef.content.get_mut(offset..).ok_or(StatusWord::WRONG_OFFSET)?;
        let place = room.get_mut(..apdu.data.len()).ok_or(StatusWord::WRONG_LENGTH)?;
        place.copy_from_slice(apdu.data);
        Ok(())
    }

    /// VERIFY. Without data it asks for the counter on CPS4; whether CPS3 knows that is not shown by any source
    /// (CPx fact sheet §6.3), so here it does not.
    fn verify(&mut self, apdu: &Apdu<'_>) -> Result<(), StatusWord> {
        let reference = self.pin(apdu.p2)?;
        match (self.model.generation(), apdu.data) {
            _ if apdu.p1 != 0 => Err(StatusWord::WRONG_P1P2),
            (Generation::Cps3, []) => Err(StatusWord::WRONG_LENGTH),
            (Generation::Cps4, []) if apdu.le.is_none_or(|le| le == 256) => {
                Err(self.pins.counter(reference))
            }
            (Generation::Cps4, []) => Err(StatusWord::WRONG_LENGTH),
            (_, digits) => self.pins.verify(reference, digits),
        }
    }

    fn change(&mut self, apdu: &Apdu<'_>) -> Result<(), StatusWord> {
        let reference = self.pin(apdu.p2)?;
        match (self.model.generation(), apdu.p1) {
            (Generation::Cps3, 0x00) => self.pins.change(reference, apdu.data),
            (Generation::Cps4, 0x01) => self.pins.replace(reference, apdu.data),
            _ => Err(StatusWord::WRONG_P1P2),
        }
    }

    fn reset_retry_counter(&mut self, apdu: &Apdu<'_>) -> Result<(), StatusWord> {
        match (self.model, apdu.p1, apdu.p2) {
            (Model::Cps3, 0x02, 0x01) => self.pins.reset(apdu.data),
            (Model::Cps4T0 | Model::Cps4T1, 0x03, 0x81) if apdu.data.is_empty() => {
                self.pins.unblock()
            }
            (Model::Cps4T0 | Model::Cps4T1, 0x03, 0x81) => Err(StatusWord::WRONG_LENGTH),
            (Model::Cps3Contactless, _, _) => Err(StatusWord::DATA_NOT_FOUND),
            _ => Err(StatusWord::WRONG_P1P2),
        }
    }

    /// The code of this number; there is none over the contactless interface.
    fn pin(&self, number: u8) -> Result<Reference, StatusWord> {
        match self.model {
            Model::Cps3Contactless => Err(StatusWord::DATA_NOT_FOUND),
            _ => Reference::parse(number),
        }
    }

    /// GET DATA of security data objects (CPx fact sheet §3.5). Codes and the security environment are found from the
    /// MF, keys from the application; the content for keys and for the environment is ours, no source shows it.
    fn get_data(&self, apdu: &Apdu<'_>) -> Result<Vec<u8>, StatusWord> {
        if (apdu.p1, apdu.p2) != (0x3F, 0xFF) {
            return Err(StatusWord::WRONG_P1P2);
        }
        let found = match (&*self.selection.df, apdu.data) {
            ([MF], [0x4D, 8, 0x70, 6, 0xBF, 0x81, n, 2, 0xA0, 0x80]) => {
                let reference = self.pin(*n)?;
                encode(0xBF8100 | u32::from(*n), &self.pins.data_object(reference))
            }
            ([MF], [0x4D, 9, 0x70, 7, 0xBF, 0x81, n, 3, 0x7F, 0x41, 0x80]) => {
                let reference = self.pin(*n)?;
                let full = encode(0x7F41, &self.pins.data_object(reference));
                encode(0xBF8100 | u32::from(*n), &full)
            }
            ([MF], [0x4D, 8, 0x70, 6, 0xBF, 0xFB, 5, 2, 0x7B, 0x80]) => {
                encode(0xBFFB05, &encode(0x7B, &[]))
            }
            ([MF, DF_CONTACT], [0x4D, 9, 0x70, 7, 0xBF, 0x90, n @ 1..=2, 3, 0x7F, 0x48, 0x80]) => {
                let size = encode(0x80, &[0x08, 0x00]);
                let rules = encode(0xA1, &encode(0x8C, &[0x01, 0x13])); // use: PIN 01
                encode(0xBF9000 | u32::from(*n), &encode(0x7F48, &[size, rules].concat()))
            }
            _ => return Err(StatusWord::DATA_NOT_FOUND),
        };
        Ok(encode(0x70, &found))
    }

    /// The CPS2ter volume (CPx fact sheet §3.4): one file at a time, FCI `85`, opened by PIN 01 of the other side.
    /// It is not seen over the contactless interface nor on CPS4. Refused reads answer 6982, which the vendor
    /// library's silent VERIFY waits for; 9804 would be possible too (unknown).
    fn cps2ter(&mut self, apdu: &Apdu<'_>) -> Result<Answer, StatusWord> {
        if self.application == Application::CardManager {
            return Err(StatusWord::CLA_NOT_SUPPORTED);
        }
        let rights = self.rights();
        let volume = self.cps2ter.as_ref().ok_or(StatusWord::CLA_NOT_SUPPORTED)?;
        match apdu.ins {
            READ_BINARY => read(volume, &self.cps2ter_selection, rights, apdu),
            SELECT if (apdu.p1, apdu.p2) == (0, 0) => {
                let &[high, low] = apdu.data else {
                    return Err(StatusWord::WRONG_LENGTH);
                };
                let id = u16::from_be_bytes([high, low]);
                let df = &self.cps2ter_selection.df;
                let path = if id == MF { vec![MF] } else { [df, &[id][..]].concat() };
                let (size, kind) = match (volume.df(&path), volume.ef(&path)) {
                    (Some(_), _) => ([0, 0], if id == MF { 0x01 } else { 0x02 }),
                    (None, Some(ef)) => (ef.size(), 0x04),
                    (None, None) => return Err(StatusWord(0x9404)), // file not found
                };
                self.cps2ter_selection = if kind == 0x04 {
                    Selection { df: df.clone(), ef: Some(path.as_slice().into()) }
                } else {
                    Selection { df: path.as_slice().into(), ef: None }
                };
                Ok(encode(0x85, &[size[0], size[1], high, low, kind]).into())
            }
            SELECT => Err(StatusWord::WRONG_P1P2),
            _ => Err(StatusWord::INS_NOT_SUPPORTED),
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Template {
    None,
    Wanted,
}

fn read(
    files: &Tree,
    selection: &Selection,
    rights: Access,
    apdu: &Apdu<'_>,
) -> Result<Answer, StatusWord> {
    let offset = offset(apdu)?;
    let (Some(le), []) = (apdu.le, apdu.data) else {
        return Err(StatusWord::WRONG_LENGTH);
    };
    let ef: &Ef =
        selection.ef.as_ref().and_then(|path| files.ef(path)).ok_or(StatusWord::NO_CURRENT_FILE)?;
    if !allows(ef.read, rights) {
        return Err(StatusWord::SECURITY_STATUS);
    }
    match ef.content.get(offset..) {
        Some(rest) if !rest.is_empty() => {
            let data = rest[..le.min(rest.len())].to_vec();
            Ok(Answer { data, shortfall: Shortfall::EndOfFile })
        }
        _ => Err(StatusWord::WRONG_OFFSET),
    }
}

/// P1-P2 as a 15-bit offset; the form with a short file identifier is not used on these cards.
fn offset(apdu: &Apdu<'_>) -> Result<usize, StatusWord> {
    if apdu.p1 & 0x80 != 0 {
        return Err(StatusWord::WRONG_P1P2);
    }
    Ok(usize::from(u16::from_be_bytes([apdu.p1, apdu.p2])))
}

pub(super) fn allows(rule: Access, rights: Access) -> bool {
    rule == Access::Free || (rule == Access::Pin && rights == Access::Pin)
}

fn challenge(apdu: &Apdu<'_>) -> Result<Vec<u8>, StatusWord> {
    match (apdu.le, apdu.data, apdu.p1, apdu.p2) {
        (Some(le), [], 0, 0) => {
            let mut bytes = vec![0; le];
            SystemRandom::new().fill(&mut bytes).map_err(|_| StatusWord(0x6F00))?;
            Ok(bytes)
        }
        (_, _, 0, 0) => Err(StatusWord::WRONG_LENGTH),
        _ => Err(StatusWord::WRONG_P1P2),
    }
}

/// One to eight file identifiers (CPx fact sheet §4: paths of at most 16 bytes).
fn file_ids(data: &[u8]) -> Result<Vec<u16>, StatusWord> {
    let (pairs, odd) = data.as_chunks::<2>();
    if odd.is_empty() && pairs.len() <= 8 {
        Ok(pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect())
    } else {
        Err(StatusWord::WRONG_LENGTH)
    }
}

const VERIFY: u8 = 0x20;
const MSE: u8 = 0x22;
const CHANGE_REFERENCE_DATA: u8 = 0x24;
const RESET_RETRY_COUNTER: u8 = 0x2C;
const GET_CHALLENGE: u8 = 0x84;
const INTERNAL_AUTHENTICATE: u8 = 0x88;
const SELECT: u8 = 0xA4;
const READ_BINARY: u8 = 0xB0;
pub(super) const GET_RESPONSE: u8 = 0xC0;
const GET_DATA: u8 = 0xCB;
const UPDATE_BINARY: u8 = 0xD6;

#[cfg(test)]
mod tests;
