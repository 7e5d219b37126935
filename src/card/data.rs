//! Data objects as bytes: read whole, and written whole.

use super::Session;
use super::error::{Error, File};
use super::file::{Extent, LIMIT};
use super::pin::Unlocked;
use super::pkcs15::dcod::DataObject;
use super::pkcs15::{Location, label_key};
use super::session::PinState;
use crate::iso7816::apdu::Command;
use crate::iso7816::status::Meaning;

/// Most bytes of one UPDATE BINARY (CPx fact sheet §5.4).
const BLOCK: usize = 255;

impl Session<'_> {
    /// The bytes of a data object, by its label: the whole file, with its padding.
    ///
    /// # Errors
    /// [`Error::Absent`] when EF.DCOD lists no such label; [`Error::PinNeeded`]; those of reading; [`Error::Transport`].
    pub fn object(&mut self, label: &str) -> Result<Vec<u8>, Error> {
        let (file, object) = self.named(label)?;
        self.content(file, &object.location, Extent::All, 0)
    }

    /// An object by its label as it is spelled, else whatever its blanks, separators and case are.
    fn named(&mut self, label: &str) -> Result<(File, DataObject), Error> {
        let file = File::Object(label.to_owned());
        let listed = self.data_objects()?.entries;
        let exact = listed.iter().find(|object| object.common.label.as_deref() == Some(label));
        let key = label_key(label);
        let near = || listed.iter().find(|object| !key.is_empty() && object.common.key() == key);
        match exact.or_else(near).cloned() {
            Some(object) => Ok((file, object)),
            None => Err(Error::Absent { file }),
        }
    }

    /// Selects a file and asks for its size, whatever is usual.
    fn size_of(&mut self, file: &File, location: &Location) -> Result<usize, Error> {
        let size = self.select_with_fcp(file, &location.path)?;
        size.filter(|size| *size <= LIMIT).ok_or(Error::Malformed { file: file.clone() })
    }

    fn update(&mut self, file: &File, offset: usize, block: &[u8]) -> Result<(), Error> {
        let offset = u16::try_from(offset).expect("under the limit of 15 bits");
        let [p1, p2] = offset.to_be_bytes();
        let update = Command::new(self.model.cla, 0xD6, p1, p2).data(block);
        let status = self.channel.send(&update)?.status;
        match status.meaning() {
            Meaning::Done => Ok(()),
            Meaning::PinNeeded if self.pin == PinState::Verified => {
                Err(Error::PinLost { file: file.clone() })
            }
            _ => Err(Error::of_status(file, status)),
        }
    }
}

impl Unlocked<'_, '_> {
    /// Writes a data object: the bytes, then zeros up to the size of the file, and reads it back.
    ///
    /// A card has no way to write all or nothing: when it is pulled out in the middle, the file holds a part of the old and a
    /// part of the new content. Writing again mends it.
    ///
    /// # Errors
    /// [`Error::TooLong`] before anything is written; [`Error::WrittenDiffers`]; [`Error::Absent`]; [`Error::Refused`];
    /// [`Error::Transport`].
    pub fn write_object(&mut self, label: &str, bytes: &[u8]) -> Result<(), Error> {
        let (file, object) = self.named(label)?;
        let all = self.size_of(&file, &object.location)?;
        let (start, size) = match object.location.window {
            Some((start, length)) => (start, length.min(all.saturating_sub(start))),
            None => (0, all),
        };
        if bytes.len() > size {
            return Err(Error::TooLong { file, size, length: bytes.len() });
        }
        let mut content = bytes.to_vec();
        content.resize(size, 0);
        for (index, block) in content.chunks(BLOCK).enumerate() {
            self.update(&file, start + index * BLOCK, block)?;
        }
        let read = self.content(file.clone(), &object.location, Extent::All, 0)?;
        if read == content { Ok(()) } else { Err(Error::WrittenDiffers { file }) }
    }
}
