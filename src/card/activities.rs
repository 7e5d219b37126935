//! The situations d'exercice and their billing data, behind the PIN (CPx fact sheet §8.6, §8.7, §3.4).

use super::Session;
use super::error::{Error, File};
use super::file::LIMIT;
use super::known::Cps2terVolume;
use super::objects::{Activity, Billing, BillingLink, Kind, Object};
use super::pin::Unlocked;
use super::session::NoteKind;
use crate::iso7816::apdu::Command;
use crate::iso7816::status::Meaning;

/// One situation d'exercice with its number and its billing data.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Situation {
    /// Number in the label of the object, 1 to 16; gaps are usual.
    pub number: u8,
    /// What the object says.
    pub activity: Activity,
    /// The links of CPS_SIT_FACT that carry its number.
    pub billing: Vec<BillingLink>,
}

impl Unlocked<'_, '_> {
    /// The situations d'exercice, joined with their billing data, in the order of their numbers.
    ///
    /// # Errors
    /// [`Error::Transport`], [`Error::NotCpx`]. What cannot be read is left out and noted.
    pub fn activities(&mut self) -> Result<Vec<Situation>, Error> {
        let objects = self.data_objects();
        let objects = self.tolerate(File::Dcod, objects)?.unwrap_or_default().entries;
        let mut situations = Vec::new();
        let mut billing = None;
        let mut unnumbered = 0;
        for object in &objects {
            let kind = Kind::of(&object.common);
            let wanted = match kind {
                Kind::Activity(_) | Kind::Billing => true,
                // A label that says nothing, behind the PIN, may still be an activity.
                Kind::Unknown => object.common.is_private() || object.common.auth_id.is_some(),
                _ => false,
            };
            if !wanted {
                continue;
            }
            match self.decoded(object)? {
                Some(Object::Activity(activity)) => {
                    let number = match kind {
                        Kind::Activity(number) => number,
                        _ => {
                            unnumbered += 1;
                            unnumbered
                        }
                    };
                    situations.push(Situation { number, activity, billing: Vec::new() });
                }
                Some(Object::Billing(found)) => billing = Some(found),
                _ => {}
            }
        }
        if billing.is_none() {
            billing = self.billing_in_cps2ter_volume()?;
        }
        let links = billing.map(|billing| billing.links).unwrap_or_default();
        for situation in &mut situations {
            let own = links
                .iter()
                .filter(|link| link.link.is_some() && link.link == situation.activity.link);
            situation.billing = own.cloned().collect();
        }
        situations.sort_by_key(|situation| situation.number);
        Ok(situations)
    }

    /// CPS_SIT_FACT where CPS3 keeps it: 7F01/4000 of the CPS2ter volume (CPx fact sheet §3.4).
    fn billing_in_cps2ter_volume(&mut self) -> Result<Option<Billing>, Error> {
        if self.model.cps2ter_volume == Cps2terVolume::Absent {
            return Ok(None);
        }
        let file = File::Object("CPS_SIT_FACT".to_owned());
        let content = self.read_cps2ter(&file, &[0x3F00, 0x7F01, 0x4000]);
        let Some(content) = self.tolerate(file.clone(), content)? else { return Ok(None) };
        match Object::decode(&content).object {
            Object::Billing(billing) => Ok(Some(billing)),
            _ => {
                self.note(file, NoteKind::Malformed);
                Ok(None)
            }
        }
    }
}

impl Session<'_> {
    /// A file of the CPS2ter volume, selected one element at a time with CLA A0.
    fn read_cps2ter(&mut self, file: &File, path: &[u16]) -> Result<Vec<u8>, Error> {
        const CLA: u8 = 0xA0;
        // What these commands do to the other selection is not published.
        self.lose_selection();
        let mut size = None;
        for (index, id) in path.iter().enumerate() {
            let mut select = Command::new(CLA, 0xA4, 0x00, 0x00).data(&id.to_be_bytes());
            if index + 1 == path.len() {
                select = select.le(256);
            }
            let response = self.channel.send(&select)?;
            if response.status.meaning() != Meaning::Done {
                return Err(Error::of_status(file, response.status));
            }
            // 85 L, then size (2), file identifier (2), type (1).
            if let [0x85, _, high, low, ..] = response.data.as_slice() {
                size = Some(u16::from_be_bytes([*high, *low]));
            }
        }
        let mut content = Vec::new();
        let size = usize::from(size.unwrap_or(256)).min(LIMIT);
        while content.len() < size {
            let [p1, p2] = u16::try_from(content.len()).expect("below a u16").to_be_bytes();
            let room = (size - content.len()).min(usize::from(self.channel.chunk()));
            let read = Command::new(CLA, 0xB0, p1, p2).le(u16::try_from(room).expect("a chunk"));
            let response = self.channel.send(&read)?;
            let got = response.data.len();
            content.extend(response.data);
            match response.status.meaning() {
                Meaning::Done if got > 0 => {}
                Meaning::Done | Meaning::EndOfFile => break,
                _ if content.is_empty() => return Err(Error::of_status(file, response.status)),
                _ => break,
            }
        }
        Ok(content)
    }
}
