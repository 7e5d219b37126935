//! The directory files of the application, each found through EF.ODF, and what they list.

use super::{Base, EF_CIA_INFO, EF_ODF, Note, NoteKind, Session};
use crate::card::error::{Error, File};
use crate::card::file::Extent;
use crate::card::objects::{self, Object};
use crate::card::pkcs15::odf::{Directory, Kind};
use crate::card::pkcs15::{CardPath, Listing, Location, aod, cd, cia_info, dcod, keys, odf};

impl Session<'_> {
    /// EF.CIAInfo, whole.
    ///
    /// # Errors
    /// [`Error::Absent`], [`Error::Malformed`], [`Error::Refused`], [`Error::Transport`].
    pub fn cia_info(&mut self) -> Result<cia_info::CiaInfo, Error> {
        self.read_cia_info(&|_| false)
    }

    /// The label of the card: EF.CIAInfo as far as it has to be read for that.
    ///
    /// # Errors
    /// As [`cia_info`](Self::cia_info).
    pub fn label(&mut self) -> Result<Option<String>, Error> {
        let labelled =
            |content: &[u8]| matches!(cia_info::read(content), Ok(info) if info.label.is_some());
        Ok(self.read_cia_info(&labelled)?.label)
    }

    fn read_cia_info(
        &mut self,
        enough: &dyn Fn(&[u8]) -> bool,
    ) -> Result<cia_info::CiaInfo, Error> {
        self.enter()?;
        let path = match &self.base {
            Base::Learned { cia_info: Some(path), .. } => path.clone(),
            _ => CardPath::in_application(EF_CIA_INFO),
        };
        let content = self.read_until(File::CiaInfo, &path, Extent::Object, 0x40, enough)?;
        cia_info::read(&content).map_err(|_| Error::Malformed { file: File::CiaInfo })
    }

    /// The PINs.
    ///
    /// # Errors
    /// As [`cia_info`](Self::cia_info).
    pub fn pins(&mut self) -> Result<Listing<aod::PinObject>, Error> {
        self.listing(File::Aod, Kind::AuthenticationObjects, aod::read)
    }

    /// The private keys.
    ///
    /// # Errors
    /// As [`cia_info`](Self::cia_info).
    pub fn private_keys(&mut self) -> Result<Listing<keys::PrivateKey>, Error> {
        self.listing(File::PrKd, Kind::PrivateKeys, keys::read_private)
    }

    /// The public keys.
    ///
    /// # Errors
    /// As [`cia_info`](Self::cia_info).
    pub fn public_keys(&mut self) -> Result<Listing<keys::PublicKey>, Error> {
        self.listing(File::PuKd, Kind::PublicKeys, keys::read_public)
    }

    /// The entries of EF.CD; the certificates themselves are read by [`Session::certificates`].
    ///
    /// # Errors
    /// As [`cia_info`](Self::cia_info).
    pub fn certificate_objects(&mut self) -> Result<Listing<cd::CertificateObject>, Error> {
        self.listing(File::Cd, Kind::Certificates, cd::read)
    }

    /// The data objects.
    ///
    /// # Errors
    /// As [`cia_info`](Self::cia_info).
    pub fn data_objects(&mut self) -> Result<Listing<dcod::DataObject>, Error> {
        self.listing(File::Dcod, Kind::DataObjects, dcod::read)
    }

    /// The PINs, when EF.AOD was read already.
    pub(in crate::card) fn pins_read(&self) -> Option<Listing<aod::PinObject>> {
        let odf = odf::read(self.known.odf.as_ref()?);
        let mut paths =
            odf.entries.iter().filter(|found| found.kind == Kind::AuthenticationObjects);
        let content = self.known.directories.get(&paths.next()?.location.path)?;
        Some(aod::read(content))
    }

    /// The first data object that `wanted` takes, reading no more of the directory than needed.
    pub(in crate::card) fn find_data_object(
        &mut self,
        wanted: &dyn Fn(&dcod::DataObject) -> bool,
    ) -> Result<Option<dcod::DataObject>, Error> {
        for path in self.directories_until(Kind::DataObjects)? {
            let found = |content: &[u8]| dcod::read(content).entries.iter().any(wanted);
            let content = match self.known.directories.get(&path) {
                Some(content) => content.clone(),
                None => self.read_until(File::Dcod, &path, Extent::Objects, 0, &found)?,
            };
            let entry = dcod::read(&content).entries.into_iter().find(|object| wanted(object));
            if entry.is_some() {
                return Ok(entry);
            }
        }
        Ok(None)
    }

    /// The content of a data object or of a certificate file.
    pub(in crate::card) fn content(
        &mut self,
        file: File,
        location: &Location,
        extent: Extent,
        first: u16,
    ) -> Result<Vec<u8>, Error> {
        let Some((offset, length)) = location.window else {
            return self.read(file, &location.path, extent, first);
        };
        let end = offset.saturating_add(length);
        let enough = |content: &[u8]| content.len() >= end;
        let content = self.read_until(file, &location.path, Extent::All, 0, &enough)?;
        Ok(content.get(offset..).unwrap_or_default().iter().take(length).copied().collect())
    }

    /// One directory file, or several of the same kind one after the other.
    fn listing<T>(
        &mut self,
        file: File,
        kind: Kind,
        parse: fn(&[u8]) -> Listing<T>,
    ) -> Result<Listing<T>, Error> {
        let paths: Vec<CardPath> = self
            .directories()?
            .iter()
            .filter(|directory| directory.kind == kind)
            .map(|directory| directory.location.path.clone())
            .collect();
        if paths.is_empty() {
            return Err(Error::Absent { file });
        }
        let mut all = Listing::default();
        for path in paths {
            let content = self.directory(&file, &path)?;
            let mut listing = parse(&content);
            all.entries.append(&mut listing.entries);
            all.problems.append(&mut listing.problems);
        }
        for problem in &all.problems {
            self.note(file.clone(), NoteKind::Entry(*problem));
        }
        Ok(all)
    }

    /// One directory file, read once in a connection.
    fn directory(&mut self, file: &File, path: &CardPath) -> Result<Vec<u8>, Error> {
        if let Some(content) = self.known.directories.get(path) {
            return Ok(content.clone());
        }
        let content = self.read(file.clone(), path, Extent::Objects, 0)?;
        if self.is_whole(file) {
            self.known.directories.insert(path.clone(), content.clone());
        }
        Ok(content)
    }

    /// Whether no part of a file was refused, which may come another time.
    fn is_whole(&self, file: &File) -> bool {
        let refused = |note: &Note| matches!(note.kind, NoteKind::Refused(_));
        !self.notes.iter().any(|note| note.file == *file && refused(note))
    }

    /// EF.ODF, whole, read once in a connection.
    fn directories(&mut self) -> Result<Vec<Directory>, Error> {
        let content = match &self.known.odf {
            Some(content) => content.clone(),
            None => self.read_odf(0, &|_| false)?,
        };
        if self.is_whole(&File::Odf) {
            self.known.odf = Some(content.clone());
        }
        let listing = odf::read(&content);
        for problem in &listing.problems {
            self.note(File::Odf, NoteKind::Entry(*problem));
        }
        Ok(listing.entries)
    }

    /// The files of one kind, reading EF.ODF until the first is seen: 40 bytes hold five entries, and a card with T=0
    /// refuses a length that is more than what it has.
    fn directories_until(&mut self, kind: Kind) -> Result<Vec<CardPath>, Error> {
        let of_kind = |directories: &[Directory]| -> Vec<CardPath> {
            let found = directories.iter().filter(|directory| directory.kind == kind);
            found.map(|directory| directory.location.path.clone()).collect()
        };
        if let Some(content) = &self.known.odf {
            return Ok(of_kind(&odf::read(content).entries));
        }
        let seen = |content: &[u8]| !of_kind(&odf::read(content).entries).is_empty();
        let content = self.read_odf(0x28, &seen)?;
        Ok(of_kind(&odf::read(&content).entries))
    }

    fn read_odf(&mut self, first: u16, enough: &dyn Fn(&[u8]) -> bool) -> Result<Vec<u8>, Error> {
        self.enter()?;
        let path = match &self.base {
            Base::Learned { odf: Some(path), .. } => path.clone(),
            _ => CardPath::in_application(EF_ODF),
        };
        self.read_until(File::Odf, &path, Extent::Objects, first, enough)
    }

    /// One data object; what is wrong with it is noted.
    pub(in crate::card) fn decoded(
        &mut self,
        object: &dcod::DataObject,
    ) -> Result<Option<Object>, Error> {
        let label = object.common.label.clone().unwrap_or_else(|| object.location.path.to_string());
        let file = File::Object(label);
        // ID_CARD has fields of fixed size, 32 bytes in all (CPx fact sheet §8.2); the others are mostly shorter than 64.
        let first = match objects::Kind::of(&object.common) {
            objects::Kind::IdCard => 0x20,
            _ => 0x40,
        };
        let content = self.content(file.clone(), &object.location, Extent::Object, first);
        let Some(content) = self.tolerate(file.clone(), content)? else { return Ok(None) };
        let decoded = Object::decode(&content);
        if let Some(cut) = decoded.cut {
            self.note(file, NoteKind::Cut(cut));
        }
        Ok(Some(decoded.object))
    }

    /// A file of the card by its path, as any program could read it.
    ///
    /// # Errors
    /// As [`Session::cia_info`].
    pub fn file(&mut self, path: &CardPath) -> Result<Vec<u8>, Error> {
        self.read(File::Object(path.to_string()), path, Extent::All, 0)
    }
}
