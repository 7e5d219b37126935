//! The file system: files with their access rules, and the templates that SELECT answers.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use crate::iso7816::tlv::encode;

use super::super::persona::Generation;

/// The file identifiers from the MF to a file, 3F00 first.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct FilePath(Vec<u16>);

impl Deref for FilePath {
    type Target = [u16];

    fn deref(&self) -> &[u16] {
        &self.0
    }
}

impl From<&[u16]> for FilePath {
    fn from(ids: &[u16]) -> Self {
        Self(ids.to_vec())
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, id) in self.iter().enumerate() {
            write!(f, "{}{id:04X}", if position == 0 { "" } else { "/" })?;
        }
        Ok(())
    }
}

/// What was given is not a path of file identifiers.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "a file is named by identifiers of four hexadecimal digits from the MF, as in 3F00/0001/A001"
)]
pub struct FilePathError;

impl FromStr for FilePath {
    type Err = FilePathError;

    fn from_str(text: &str) -> Result<Self, FilePathError> {
        let ids = text.split('/').map(|id| {
            let digits = id.len() == 4 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
            u16::from_str_radix(id, 16).ok().filter(|_| digits).ok_or(FilePathError)
        });
        match ids.collect::<Result<Vec<_>, _>>()? {
            ids if ids.first() == Some(&MF) => Ok(Self(ids)),
            _ => Err(FilePathError),
        }
    }
}

/// The master file.
pub(super) const MF: u16 = 0x3F00;

/// The PKCS#15 application of the contact interface.
pub(super) const DF_CONTACT: u16 = 0x0001;

/// The PKCS#15 application of the contactless interface.
pub(super) const DF_CONTACTLESS: u16 = 0x0002;

/// Who may do something with a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Access {
    /// Everyone.
    Free,
    /// The issuer, under secure messaging; nobody as far as this card goes.
    Issuer,
    /// Nobody.
    Never,
    /// Who presented PIN 01.
    Pin,
}

impl Access {
    /// The security condition byte of CPx fact sheet §2.4.
    const fn condition(self) -> u8 {
        match self {
            Self::Free => 0x00,
            Self::Issuer => 0x45,
            Self::Never => 0xFF,
            Self::Pin => 0x13,
        }
    }
}

/// A transparent elementary file.
#[derive(Clone, Debug)]
pub(super) struct Ef {
    pub(super) path: FilePath,
    pub(super) content: Vec<u8>,
    /// The size SELECT announces, when it is to be wrong.
    pub(super) announced: Option<u16>,
    /// Value of tag 88, where the sheet gives it.
    pub(super) short_id: Option<u8>,
    pub(super) read: Access,
    pub(super) update: Access,
}

impl Ef {
    pub(super) fn new(path: &[u16], content: Vec<u8>) -> Self {
        Self {
            path: path.into(),
            content,
            announced: None,
            short_id: None,
            read: Access::Free,
            update: Access::Issuer,
        }
    }

    pub(super) fn short_id(mut self, id: u8) -> Self {
        self.short_id = Some(id);
        self
    }

    pub(super) fn read(mut self, access: Access) -> Self {
        self.read = access;
        self
    }

    pub(super) fn update(mut self, access: Access) -> Self {
        self.update = access;
        self
    }

    /// Two bytes, as SELECT announces them.
    pub(super) fn size(&self) -> [u8; 2] {
        let length = u16::try_from(self.content.len()).unwrap_or(u16::MAX);
        self.announced.unwrap_or(length).to_be_bytes()
    }

    pub(super) fn id(&self) -> u16 {
        self.path.last().copied().unwrap_or_default()
    }

    /// The template of SELECT. CPS3: as real cards answer (CPx fact sheet §2.4); CPS4: the real one is unpublished
    /// (§14), these are the fields the vendor library reads.
    pub(super) fn template(&self, generation: Generation) -> Vec<u8> {
        let start = [
            encode(0x80, &self.size()),
            encode(0x82, &[0x01]),
            encode(0x83, &self.id().to_be_bytes()),
        ]
        .concat();
        match generation {
            Generation::Cps3 => {
                let short_id = self.short_id.map_or(Vec::new(), |id| encode(0x88, &[id]));
                encode(0x62, &[start, short_id, self.access_rules(), ACTIVATED.to_vec()].concat())
            }
            Generation::Cps4 => encode(0x6F, &[start, ACTIVATED.to_vec()].concat()),
        }
    }

    fn access_rules(&self) -> Vec<u8> {
        let (delete, never) = match self.update {
            Access::Never => (Access::Never, Access::Never.condition()),
            _ => (Access::Issuer, Access::Never.condition()),
        };
        let contact = [
            0x7B, // delete, terminate, activate, deactivate, update, read
            delete.condition(),
            never,
            never,
            never,
            self.update.condition(),
            self.read.condition(),
        ];
        // Contactless rules are known for the three files of the MF only; elsewhere (inferred) each application
        // is closed to the other interface.
        let contactless_read = if self.read == Access::Pin || self.path.get(1) == Some(&DF_CONTACT)
        {
            never
        } else {
            self.read.condition()
        };
        let contactless = [0x7B, never, never, never, never, never, contactless_read];
        encode(0xA1, &[encode(0x8C, &contact), encode(0x9C, &contactless)].concat())
    }
}

/// Tag 8A, life cycle status: operational, activated.
const ACTIVATED: [u8; 3] = [0x8A, 0x01, 0x05];

/// A dedicated file.
#[derive(Clone, Debug)]
pub(super) struct Df {
    pub(super) path: FilePath,
    /// Its AID, where it has one.
    pub(super) name: Option<&'static [u8]>,
}

impl Df {
    /// As [`Ef::template`].
    pub(super) fn template(&self, generation: Generation) -> Vec<u8> {
        let id = self.path.last().copied().unwrap_or_default();
        let name = self.name.map_or(Vec::new(), |name| encode(0x84, name));
        let start = [encode(0x82, &[0x38]), encode(0x83, &id.to_be_bytes()), name].concat();
        match generation {
            Generation::Cps3 => {
                let rules = encode(0xA1, &encode(0x8C, &[0x7A, 0xFF, 0xFF, 0xFF, 0xFF, 0x45]));
                encode(0x62, &[start, rules, ACTIVATED.to_vec()].concat())
            }
            Generation::Cps4 => encode(0x6F, &[start, ACTIVATED.to_vec()].concat()),
        }
    }
}

/// The files of one volume. Small enough for searches from the start.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    pub(super) dfs: Vec<Df>,
    pub(super) efs: Vec<Ef>,
}

impl Tree {
    pub(super) fn df(&self, path: &[u16]) -> Option<&Df> {
        self.dfs.iter().find(|df| *df.path == *path)
    }

    pub(super) fn ef(&self, path: &[u16]) -> Option<&Ef> {
        self.efs.iter().find(|ef| *ef.path == *path)
    }

    pub(super) fn ef_mut(&mut self, path: &[u16]) -> Option<&mut Ef> {
        self.efs.iter_mut().find(|ef| *ef.path == *path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iso7816::apdu::Hex;

    #[test]
    fn templates_of_cps3_are_those_of_real_cards() {
        // CPx fact sheet §2.4.
        let dir = Ef::new(&[MF, 0x2F00], vec![0; 0x65]).short_id(0xF0);
        assert_eq!(
            Hex(&dir.template(Generation::Cps3)).to_string(),
            "62258002006582010183022F008801F0A1128C077B45FFFFFF45009C077BFFFFFFFFFF008A0105"
        );
        let serial = Ef::new(&[MF, 0xD003], vec![0; 12]).short_id(0xE0).update(Access::Never);
        assert_eq!(
            Hex(&serial.template(Generation::Cps3)).to_string(),
            "62258002000C8201018302D0038801E0A1128C077BFFFFFFFFFF009C077BFFFFFFFFFF008A0105"
        );
        let mf = Df { path: [MF].as_slice().into(), name: Some(super::super::image::ROOT) };
        assert_eq!(
            Hex(&mf.template(Generation::Cps3)).to_string(),
            "621E82013883023F0084088025000001FF0100A1088C067AFFFFFFFF458A0105"
        );
    }

    #[test]
    fn templates_of_cps4_begin_with_6f() {
        let serial = Ef::new(&[MF, 0xD003], vec![0; 12]).short_id(0xE0);
        assert_eq!(
            Hex(&serial.template(Generation::Cps4)).to_string(),
            "6F0E8002000C8201018302D0038A0105"
        );
    }

    #[test]
    fn a_path_is_read_as_it_is_written() {
        let path: FilePath = "3F00/0001/A001".parse().expect("a path");
        assert_eq!((&*path, path.to_string().as_str()), (&[MF, 1, 0xA001][..], "3F00/0001/A001"));
        for wrong in ["", "A001", "3F00/", "3F00/+001", "3F00/0001/A0011"] {
            assert_eq!(wrong.parse::<FilePath>(), Err(FilePathError));
        }
    }
}
