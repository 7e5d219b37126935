//! A transaction with the card application selected: files, found by the paths the card gives.
//!
//! The short way asks for as little as the card admits: the application by its AID in place of EF.SN and EF.DIR, SELECT
//! without FCP, whole files. What a card refuses of it is done the long way: root application, EF.DIR, SELECT with FCP.

use std::collections::BTreeMap;

use super::error::{Error, File, PinName};
use super::file::{Extent, LIMIT, Next, announced};
use super::keys::Key;
use super::known::{ISSUER, Interface, Model, OtherCard, ROOT_AID, SelectByPath};
use super::pkcs15::{CardPath, Problem, dir};
use crate::id::ChipSerial;
use crate::iso7816::apdu::{Command, Response};
use crate::iso7816::status::{Meaning, StatusWord};
use crate::iso7816::tlv::{Tag, TlvErrorKind, objects};
use crate::transport::{Channel, Disposition, Protocol};

mod directories;

/// EF.DIR, EF.SN, EF.ODF, EF.CIAInfo: the file identifiers of the standards (CPx fact sheet §3.2).
const EF_DIR: u16 = 0x2F00;
const EF_SN: u16 = 0xD003;
const EF_ODF: u16 = 0x5031;
const EF_CIA_INFO: u16 = 0x5032;

/// The use of a CPx card for the time of a transaction.
pub struct Session<'c> {
    pub(super) channel: Channel<'c>,
    pub(super) model: Model,
    base: Base,
    current: Current,
    select: Select,
    /// What becomes of the card at the end, as far as what was done commands; a PIN that is being tried may add to it.
    end: Disposition,
    pub(super) pin: PinState,
    pub(super) known: &'c mut Known,
    notes: Vec<Note>,
}

/// What was read of the card and holds while it is connected: no reset changes a file, and a removal ends the connection.
/// What is selected and what is verified is of a session, and never here.
#[derive(Default)]
pub(super) struct Known {
    /// Where the application is, when EF.DIR had to say.
    base: Option<Base>,
    odf: Option<Vec<u8>>,
    directories: BTreeMap<CardPath, Vec<u8>>,
    serial: Option<SerialNumber>,
    pub(super) keys: Vec<Key>,
    /// A PIN whose answer was lost: which, and the tries left before it.
    pub(super) unanswered: Option<(PinName, Option<u8>)>,
}

/// Whether this session verified the code porteur.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum PinState {
    Closed,
    Verified,
}

/// Where paths that do not begin at the MF begin.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Base {
    /// At this DF, as EF.DIR says; with EF.ODF and EF.CIAInfo when EF.DIR names them.
    Learned { df: CardPath, odf: Option<CardPath>, cia_info: Option<CardPath> },
    /// At the application selected by its AID; its path is that of the model until a refusal.
    ByAid,
    /// Nothing was selected yet.
    Unknown,
}

/// The DF that is current on the card, as far as our own commands tell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Current {
    Application,
    Mf,
    Other,
}

/// Whether the card admits SELECT without FCP.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Select {
    Long,
    Short,
}

/// What was left out, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Note {
    /// Of which file.
    pub file: File,
    /// Why.
    pub kind: NoteKind,
}

/// Why something was left out.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteKind {
    /// The file is not there.
    #[error("not on the card")]
    Absent,
    /// It ends before its own length says.
    #[error("cut: {0}")]
    Cut(TlvErrorKind),
    /// An entry of a directory file.
    #[error("left out: {0}")]
    Entry(Problem),
    /// Not the kind of content expected.
    #[error("cannot be decoded")]
    Malformed,
    /// Behind the PIN.
    #[error("needs the PIN")]
    PinNeeded,
    /// The card refused.
    #[error("refused by the card ({0})")]
    Refused(StatusWord),
}

/// EF.SN (CPx fact sheet §4.1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SerialNumber {
    /// Eight digits of the chip serial.
    pub serial: ChipSerial,
    /// Whether the Luhn digit of the whole number is right.
    pub luhn: bool,
}

impl<'c> Session<'c> {
    pub(super) fn new(channel: Channel<'c>, model: Model, known: &'c mut Known) -> Self {
        let mut channel = channel;
        channel.limit_chunk(model.chunk);
        // With T=1 the FCP comes with the answer of SELECT; with T=0 it costs an exchange.
        let select = match channel.protocol() {
            Protocol::T0 => Select::Short,
            Protocol::T1 => Select::Long,
        };
        Self {
            channel,
            model,
            base: known.base.clone().unwrap_or(Base::Unknown),
            current: Current::Other,
            select,
            end: Disposition::Leave,
            pin: PinState::Closed,
            known,
            notes: Vec::new(),
        }
    }

    /// The card will be reset at the end of the transaction, however it ends.
    pub fn reset_at_end(&mut self) {
        self.end = Disposition::Reset;
        self.channel.at_end(Disposition::Reset);
    }

    /// What was tried opened nothing: the end is what it was before.
    pub(super) fn end_as_before(&mut self) {
        self.channel.at_end(self.end);
    }

    pub(super) fn end(self) -> Result<(), Error> {
        Ok(self.channel.end()?)
    }

    /// The model of the card.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Whether the reader presents PINs by itself.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub fn has_keypad(&mut self) -> Result<bool, Error> {
        Ok(self.channel.keypad()?.is_some())
    }

    /// Sends a command as it is and returns what comes, without the procedures of T=0 and without knowing what it does to
    /// the selection. `shown` is what logs may say of it.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub fn raw(
        &mut self,
        command: &[u8],
        shown: &dyn std::fmt::Display,
    ) -> Result<Response, Error> {
        self.lose_selection();
        *self.known = Known::default();
        Ok(self.channel.exchange_bytes(command, shown)?)
    }

    /// What was left out so far.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    pub(super) fn note(&mut self, file: File, kind: NoteKind) {
        let note = Note { file, kind };
        // A directory may be looked for more than once.
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// The chip serial, which also confirms the issuer.
    ///
    /// # Errors
    /// [`Error::NotCpx`] when the issuer is another; [`Error::Absent`], [`Error::Malformed`].
    pub fn serial(&mut self) -> Result<SerialNumber, Error> {
        if let Some(serial) = &self.known.serial {
            return Ok(serial.clone());
        }
        let content = self.read(File::Serial, &CardPath::from_mf(&[EF_SN]), Extent::Object, 12)?;
        let malformed = || Error::Malformed { file: File::Serial };
        let number = objects(&content).find_map(|tlv| tlv.ok().filter(|tlv| tlv.tag == Tag(0x5A)));
        let number = number.ok_or_else(malformed)?.value;
        let Some(rest) = number.strip_prefix(&ISSUER) else {
            let other = OtherCard::Unknown;
            return Err(Error::NotCpx { atr: Vec::new(), other });
        };
        let digits: String = rest.iter().map(|byte| format!("{byte:02X}")).collect();
        let serial = digits.get(..8).and_then(|serial| ChipSerial::parse(serial).ok());
        let all: String = number.iter().map(|byte| format!("{byte:02X}")).collect();
        let serial = SerialNumber {
            serial: serial.ok_or_else(malformed)?,
            luhn: crate::id::luhn::is_valid(all.trim_end_matches('F')),
        };
        self.known.serial = Some(serial.clone());
        Ok(serial)
    }

    /// Selects the application, by its AID where the card admits it, else by the path in EF.DIR.
    fn enter(&mut self) -> Result<(), Error> {
        if self.base != Base::Unknown {
            return Ok(());
        }
        if self.select_application()?.meaning() == Meaning::Done {
            self.base = Base::ByAid;
            return Ok(());
        }
        // Another applet may be selected, or the logical channel closed: the root application is selected first.
        self.select_root()?;
        // It must not name another issuer; a card without it is entered all the same.
        let serial = self.serial();
        self.tolerate(File::Serial, serial)?;
        self.learn_base()
    }

    /// Makes the DF of the application current, where the keys are used: by its path, as the vendor's library does after
    /// VERIFY (CPx fact sheet §5.4), since no source says what a SELECT by AID does to a PIN that is open.
    pub(super) fn enter_for_keys(&mut self) -> Result<(), Error> {
        let usual = CardPath::from_mf(&[self.model.application_df]);
        let learned = |base: &Base| match base {
            Base::Learned { df, .. } => Some(df.clone()),
            Base::ByAid | Base::Unknown => None,
        };
        let path = learned(&self.base).unwrap_or(usual);
        if self.select_df(&path)? {
            return Ok(());
        }
        // It stands elsewhere: the long way.
        self.enter()?;
        match learned(&self.base) {
            Some(path) => self.select_df(&path).map(drop),
            None => self.select_application().map(drop),
        }
    }

    /// Selects a DF without asking for its FCP; whether the card did.
    fn select_df(&mut self, path: &CardPath) -> Result<bool, Error> {
        let usual = std::mem::replace(&mut self.select, Select::Short);
        let selected = self.try_select(path)?.is_ok();
        if self.select == Select::Short {
            self.select = usual;
        }
        if selected {
            self.current = Current::Application;
        }
        Ok(selected)
    }

    fn select_application(&mut self) -> Result<StatusWord, Error> {
        let aid = self.model.application;
        let status = self.select_aid(&aid)?;
        if status == StatusWord::OK {
            self.current = Current::Application;
        }
        Ok(status)
    }

    /// The refusal of the root application is not the end: some cards have nothing but the PKCS#15 one.
    pub(super) fn select_root(&mut self) -> Result<StatusWord, Error> {
        let status = self.select_aid(&ROOT_AID)?;
        self.current = if status == StatusWord::OK { Current::Mf } else { Current::Other };
        Ok(status)
    }

    fn select_aid(&mut self, aid: &[u8]) -> Result<StatusWord, Error> {
        let select = |p2| Command::new(self.model.cla, 0xA4, 0x04, p2).data(aid);
        let status = self.channel.send(&select(0x0C))?.status;
        if status.meaning() != Meaning::WrongParameters {
            return Ok(status);
        }
        Ok(self.channel.send(&select(0x04).le(256))?.status)
    }

    /// Reads EF.DIR for the path of the application; without it the path is that of the model.
    fn learn_base(&mut self) -> Result<(), Error> {
        let aid = self.model.application;
        let default = CardPath::from_mf(&[self.model.application_df]);
        let content = self.read(File::Dir, &CardPath::from_mf(&[EF_DIR]), Extent::Objects, 0);
        let content = self.tolerate(File::Dir, content)?.unwrap_or_default();
        let records = dir::read(&content);
        for problem in &records.problems {
            self.note(File::Dir, NoteKind::Entry(*problem));
        }
        let record = records.entries.into_iter().find(|record| record.aid == aid);
        self.base = match record {
            Some(record) => Base::Learned {
                df: record.path.and_then(CardPath::below_mf).unwrap_or(default),
                odf: record.odf,
                cia_info: record.cia_info,
            },
            None => Base::Learned { df: default, odf: None, cia_info: None },
        };
        self.known.base = Some(self.base.clone());
        Ok(())
    }

    pub(super) fn read(
        &mut self,
        file: File,
        path: &CardPath,
        extent: Extent,
        first: u16,
    ) -> Result<Vec<u8>, Error> {
        self.read_until(file, path, extent, first, &|_| false)
    }

    /// Selects a file and reads it until its extent is reached, or `enough` says so. `first` is how many bytes to ask for
    /// at first when the size is not known; 0 is as many as the card sends at once.
    pub(super) fn read_until(
        &mut self,
        file: File,
        path: &CardPath,
        extent: Extent,
        first: u16,
        enough: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Vec<u8>, Error> {
        let size = self.select_file(&file, path)?;
        match self.read_selected(&file, size, extent, first, enough)? {
            Some(content) => Ok(content),
            // The card does not correct a wrong length by 6Cxx: it must be asked for the size.
            None => {
                self.select = Select::Long;
                let size = self.select_file(&file, path)?;
                let content = self.read_selected(&file, size, extent, first, enough)?;
                content.ok_or(Error::Refused { file, status: StatusWord::WRONG_LENGTH })
            }
        }
    }

    /// Selects a file; the size when the card was asked for its FCP and gave one.
    pub(super) fn select_file(
        &mut self,
        file: &File,
        path: &CardPath,
    ) -> Result<Option<usize>, Error> {
        if !path.is_absolute() {
            self.enter()?;
        }
        match self.try_select(path)? {
            Ok(size) => Ok(size),
            Err(status) => {
                // The application may stand elsewhere than the short way takes for granted.
                let provisional = self.base == Base::ByAid && !path.is_absolute();
                if provisional {
                    self.learn_base()?;
                    if let Ok(size) = self.try_select(path)? {
                        return Ok(size);
                    }
                }
                Err(Error::of_status(file, status))
            }
        }
    }

    /// As [`select_file`](Self::select_file), and the card is asked for the FCP whatever the protocol.
    pub(super) fn select_with_fcp(
        &mut self,
        file: &File,
        path: &CardPath,
    ) -> Result<Option<usize>, Error> {
        let usual = std::mem::replace(&mut self.select, Select::Long);
        let selected = self.select_file(file, path);
        self.select = usual;
        selected
    }

    /// The outer error is the transport's; the inner one is what the card answered.
    #[allow(clippy::type_complexity)]
    fn try_select(&mut self, path: &CardPath) -> Result<Result<Option<usize>, StatusWord>, Error> {
        let mut response = self.send_select(path)?;
        match response.status.meaning() {
            // Another applet is selected, or the channel is closed (CPx fact sheet §2.1).
            Meaning::UnknownClass | Meaning::ChannelClosed => {
                self.select_root()?;
                response = self.send_select(path)?;
            }
            Meaning::WrongParameters if self.select == Select::Short => {
                self.select = Select::Long;
                response = self.send_select(path)?;
            }
            _ => {}
        }
        Ok(match response.status.meaning() {
            Meaning::Done | Meaning::EndOfFile => Ok(announced(&response.data)),
            _ => Err(response.status),
        })
    }

    fn send_select(&mut self, path: &CardPath) -> Result<Response, Error> {
        let relative = !path.is_absolute();
        let by_aid = relative && !matches!(self.base, Base::Learned { .. });
        if by_aid
            && self.model.select == SelectByPath::FromMfOrCurrentDf
            && self.current != Current::Application
        {
            self.select_application()?;
        }
        let from_mf = |df: &[u8]| [df, path.bytes()].concat();
        let (p1, p2, data) = match (self.model.select, &self.base) {
            (SelectByPath::FromMf, base) => {
                let whole = match base {
                    _ if !relative => path.bytes().to_vec(),
                    Base::Learned { df, .. } => from_mf(df.bytes()),
                    _ => from_mf(CardPath::from_mf(&[self.model.application_df]).bytes()),
                };
                match whole.strip_prefix(&[0x3F, 0x00]).unwrap_or(&whole) {
                    [] => (0x00, 0x00, whole),
                    below => (0x08, 0x00, below.to_vec()),
                }
            }
            (SelectByPath::FromMfOrCurrentDf, Base::Learned { df, .. }) if relative => {
                (0x09, self.p2(), from_mf(df.bytes()))
            }
            (SelectByPath::FromMfOrCurrentDf, _) => (0x09, self.p2(), path.bytes().to_vec()),
        };
        let mut select = Command::new(self.model.cla, 0xA4, p1, p2).data(&data);
        if self.select == Select::Long {
            select = select.le(256);
        }
        let response = self.channel.send(&select)?;
        let in_mf: [&[u16]; 3] = [&[], &[EF_DIR], &[EF_SN]];
        self.current = match path.bytes().len() {
            _ if response.status.meaning() != Meaning::Done => Current::Other,
            _ if in_mf.iter().any(|file| CardPath::from_mf(file) == *path) => Current::Mf,
            2 if by_aid => Current::Application,
            _ => Current::Other,
        };
        Ok(response)
    }

    /// 0C: no FCP; 04: FCP (CPS3 answers 6A86 to anything else).
    fn p2(&self) -> u8 {
        match self.select {
            Select::Long => 0x04,
            Select::Short => 0x0C,
        }
    }

    /// `None` when the card refuses the length and only its FCP can tell the right one.
    fn read_selected(
        &mut self,
        file: &File,
        size: Option<usize>,
        extent: Extent,
        first: u16,
        enough: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Option<Vec<u8>>, Error> {
        let chunk = usize::from(self.channel.chunk());
        let end = size.unwrap_or(LIMIT).min(LIMIT);
        let mut content = Vec::new();
        while content.len() < end {
            let next = extent.next(&content);
            if next == Next::Enough || (!content.is_empty() && enough(&content)) {
                break;
            }
            let room = match next {
                Next::Exactly(missing) => missing,
                _ if size.is_none() && content.is_empty() && first > 0 => usize::from(first),
                _ => chunk,
            };
            let wanted = room.min(chunk).min(end - content.len());
            let offset = u16::try_from(content.len()).expect("under the limit of 15 bits");
            let [p1, p2] = offset.to_be_bytes();
            let le = u16::try_from(wanted).expect("at most a chunk");
            let read = Command::new(self.model.cla, 0xB0, p1, p2).le(le);
            let response = self.channel.send(&read)?;
            let got = response.data.len();
            content.extend(response.data);
            match response.status.meaning() {
                Meaning::EndOfFile => break,
                // Fewer bytes than asked for end a file, unless they end in the middle of something.
                Meaning::Done if got == 0 => break,
                Meaning::Done if got < wanted && extent.next(&content) == Next::IfAny => break,
                Meaning::Done => {}
                Meaning::WrongLength if size.is_none() => return Ok(None),
                Meaning::PinNeeded => return Err(Error::PinNeeded { file: file.clone() }),
                _ if content.is_empty() => {
                    return Err(Error::Refused { file: file.clone(), status: response.status });
                }
                // The file ended where the last part did.
                Meaning::WrongParameters | Meaning::RepeatWithLe(_) | Meaning::WrongLength => break,
                _ => {
                    self.note(file.clone(), NoteKind::Refused(response.status));
                    break;
                }
            }
        }
        Ok(Some(content))
    }

    /// Runs one reading that may fail without ending the session: what was left out is noted. Only the reader and the service
    /// end it.
    pub(super) fn tolerate<T>(
        &mut self,
        file: File,
        reading: Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let kind = match reading {
            Ok(value) => return Ok(Some(value)),
            Err(Error::Absent { .. }) => NoteKind::Absent,
            Err(Error::PinNeeded { .. }) => NoteKind::PinNeeded,
            Err(Error::Refused { status, .. }) => NoteKind::Refused(status),
            Err(Error::Malformed { .. } | Error::X509 { .. }) => NoteKind::Malformed,
            Err(error) => return Err(error),
        };
        self.note(file, kind);
        Ok(None)
    }

    /// Whether the card has data behind a PIN at all.
    pub(super) fn has_pin(&self) -> Result<(), Error> {
        match self.model.interface {
            Interface::Contact => Ok(()),
            interface @ Interface::Contactless => Err(Error::NoPin(interface)),
        }
    }

    /// Makes the MF current, where GET DATA finds the PIN objects; nothing is sent when it is.
    pub(super) fn enter_mf(&mut self) -> Result<(), Error> {
        if self.current == Current::Mf {
            return Ok(());
        }
        // A refusal shows in what comes next.
        let _selected = self.try_select(&CardPath::from_mf(&[]))?;
        Ok(())
    }

    /// The selection was changed by a command that this session does not follow.
    pub(super) fn lose_selection(&mut self) {
        self.current = Current::Other;
    }
}
