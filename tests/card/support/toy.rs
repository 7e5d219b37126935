//! A card that is not ours: a small file system with habits that the virtual card does not have.
//!
//! Written from the CPx fact sheet (§1.1, §2, §3.5, §6), not from the driver.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use cpskit::iso7816::status::StatusWord;
use cpskit::iso7816::tlv::encode;
use cpskit::transport::{
    Control, Disposition, Error, Keypad, Nature, Protocol, Transaction, Transport,
};

use super::{bytes, lock};

/// Which card it looks like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Cps3,
    Cps4T0,
    Cps4T1,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Cps3, Self::Cps4T0, Self::Cps4T1];

    fn atr(self) -> Vec<u8> {
        bytes(match self {
            Self::Cps3 => "3B AC 00 40 2A 00 12 25 00 64 80 00 03 10 00 90 00",
            Self::Cps4T0 => "3B DC 18 FF 00 00 12 25 00 64 80 00 04 01 00 90 00",
            Self::Cps4T1 => "3B 9B 18 80 01 00 12 25 00 64 80 00 04 01 00 90 44",
        })
    }

    fn protocol(self) -> Protocol {
        match self {
            Self::Cps3 | Self::Cps4T0 => Protocol::T0,
            Self::Cps4T1 => Protocol::T1,
        }
    }
}

/// Whether the card admits something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Admits {
    No,
    Yes,
}

/// What READ BINARY answers when more is asked for than there is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum OverLong {
    Corrected,
    EndOfFile,
    Short,
    WrongLength,
}

/// What answers when the reader is opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Applet {
    Card,
    ChannelClosed,
    Manager,
}

/// How the tries left are told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Counter {
    /// As the sheet says.
    Told,
    /// CPS4 whose PIN another program has verified: 9000.
    Open,
    Unreadable,
}

/// What sets a card apart.
#[derive(Clone, Debug)]
pub(crate) struct Habits {
    pub(crate) application_by_aid: Admits,
    pub(crate) select_without_fcp: Admits,
    pub(crate) over_long: OverLong,
    pub(crate) applet: Applet,
    pub(crate) counter: Counter,
    pub(crate) tries: u8,
    /// What the holder types on the reader's keypad, where it has one; nothing is the cancel key.
    pub(crate) keypad: Option<&'static str>,
    /// The file that must be selected before VERIFY.
    pub(crate) pin_file: Option<&'static [u8]>,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            application_by_aid: Admits::Yes,
            select_without_fcp: Admits::Yes,
            over_long: OverLong::Corrected,
            applet: Applet::Card,
            counter: Counter::Told,
            tries: 3,
            keypad: None,
            pin_file: None,
        }
    }
}

/// The card in its reader. Clones are the same card.
#[derive(Clone)]
pub(crate) struct Toy {
    atr: Vec<u8>,
    protocol: Protocol,
    state: Arc<Mutex<State>>,
}

struct State {
    kind: Kind,
    habits: Habits,
    files: BTreeMap<Vec<u8>, Vec<u8>>,
    private: Vec<Vec<u8>>,
    applications: Vec<(Vec<u8>, Vec<u8>)>,
    current: Vec<u8>,
    file: Option<Vec<u8>>,
    waiting: Vec<u8>,
    verified: Admits,
    resets: u32,
    sent: Vec<Vec<u8>>,
}

pub(crate) const ROOT: &str = "8025000001FF0100";
pub(crate) const APPLICATION: &str = "E828BD080F8025000001FF0010";
const MF: [u8; 2] = [0x3F, 0x00];

impl Toy {
    pub(crate) fn new(kind: Kind, habits: Habits) -> Self {
        let state = State {
            kind,
            habits,
            files: BTreeMap::new(),
            private: Vec::new(),
            applications: vec![(bytes(ROOT), MF.to_vec())],
            current: MF.to_vec(),
            file: None,
            waiting: Vec::new(),
            verified: Admits::No,
            resets: 0,
            sent: Vec::new(),
        };
        Self { atr: kind.atr(), protocol: kind.protocol(), state: Arc::new(Mutex::new(state)) }
    }

    pub(crate) fn file(&self, path: &[u8], content: &[u8]) {
        lock(&self.state).files.insert(path.to_vec(), content.to_vec());
    }

    pub(crate) fn private_file(&self, path: &[u8], content: &[u8]) {
        self.file(path, content);
        lock(&self.state).private.push(path.to_vec());
    }

    pub(crate) fn content(&self, path: &[u8]) -> Vec<u8> {
        lock(&self.state).files[path].clone()
    }

    pub(crate) fn rename(&self, from: &[u8], to: &[u8]) {
        let content = self.content(from);
        self.remove(from);
        self.file(to, &content);
    }

    pub(crate) fn remove(&self, path: &[u8]) {
        lock(&self.state).files.remove(path);
    }

    pub(crate) fn application(&self, aid: &[u8], path: &[u8]) {
        lock(&self.state).applications.push((aid.to_vec(), path.to_vec()));
    }

    /// Every command that came, in hexadecimal.
    pub(crate) fn sent(&self) -> Vec<String> {
        let hex = |command: &Vec<u8>| command.iter().map(|byte| format!("{byte:02X}")).collect();
        lock(&self.state).sent.iter().map(hex).collect()
    }

    pub(crate) fn resets(&self) -> u32 {
        lock(&self.state).resets
    }

    pub(crate) fn tries(&self) -> u8 {
        lock(&self.state).habits.tries
    }
}

/// Data, or the status word of a refusal.
type Answer = Result<Vec<u8>, u16>;

impl State {
    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.sent.push(command.to_vec());
        let t0 = self.kind.protocol() == Protocol::T0;
        let (header, body) = command.split_at(4);
        let (data, le) = match body {
            [] => (&[][..], None),
            [le] => (&[][..], Some(if *le == 0 { 256 } else { usize::from(*le) })),
            [lc, rest @ ..] => {
                let (data, le) = rest.split_at(usize::from(*lc));
                (data, le.first().map(|_| 256))
            }
        };
        if header[1] == 0xC0 && t0 {
            let answer = std::mem::take(&mut self.waiting);
            return finish(Ok(answer));
        }
        let answer = self.execute([header[0], header[1], header[2], header[3]], data, le);
        match answer {
            Ok(found) if t0 && !data.is_empty() && !found.is_empty() => {
                let length = u8::try_from(found.len()).expect("a template");
                self.waiting = found;
                vec![0x61, length]
            }
            Ok(_) if !t0 && le.is_none() => finish(Ok(Vec::new())),
            Err(0x6282) => self.rest(0x6282),
            answer => finish(answer),
        }
    }

    /// What waits, under a status word that goes with data.
    fn rest(&mut self, status: u16) -> Vec<u8> {
        [std::mem::take(&mut self.waiting), status.to_be_bytes().to_vec()].concat()
    }

    fn execute(&mut self, header: [u8; 4], data: &[u8], le: Option<usize>) -> Answer {
        let class = if self.kind == Kind::Cps3 { 0x00 } else { 0x01 };
        let [cla, ins, p1, p2] = header;
        match (self.habits.applet, ins, p1) {
            _ if cla != class => return Err(0x6E00),
            (Applet::Card, ..) | (_, 0xA4, 0x04) => {}
            (Applet::ChannelClosed, ..) => return Err(0x6881),
            (Applet::Manager, ..) => return Err(0x6E00),
        }
        match ins {
            0xA4 => self.select(p1, p2, data),
            0xB0 => self.read([p1, p2], le.unwrap_or(256)),
            0x20 => self.verify(p2, data).map(|()| Vec::new()),
            0xCB if self.kind == Kind::Cps3 => self.pin_object(data),
            _ => Err(0x6D00),
        }
    }

    fn select(&mut self, p1: u8, p2: u8, data: &[u8]) -> Answer {
        let without = p2 == 0x0C;
        let known = match self.kind {
            Kind::Cps3 => matches!(p2, 0x04 | 0x0C),
            Kind::Cps4T0 | Kind::Cps4T1 => matches!(p2, 0x00 | 0x04 | 0x0C),
        };
        if !known || (without && self.habits.select_without_fcp == Admits::No) {
            return Err(0x6A86);
        }
        let path = match p1 {
            0x04 => {
                let refused = self.habits.application_by_aid == Admits::No && data != bytes(ROOT);
                let found = self.applications.iter().find(|(aid, _)| aid == data && !refused);
                let (_, path) = found.ok_or(0x6A82_u16)?;
                self.habits.applet = Applet::Card;
                path.clone()
            }
            0x09 if data.starts_with(&MF) => data.to_vec(),
            0x09 if self.kind == Kind::Cps3 => [self.current.as_slice(), data].concat(),
            0x08 => [&MF, data].concat(),
            0x00 if data == MF => data.to_vec(),
            _ => return Err(0x6A86),
        };
        let size = match self.files.get(&path) {
            Some(content) => {
                self.current = path[..path.len() - 2].to_vec();
                self.file = Some(path.clone());
                content.len()
            }
            None if self.applications.iter().any(|(_, df)| *df == path) => {
                self.current = path.clone();
                self.file = None;
                0
            }
            None => return Err(0x6A82),
        };
        let size = encode(0x80, &u16::try_from(size).expect("a small file").to_be_bytes());
        let tag = if self.kind == Kind::Cps3 { 0x62 } else { 0x6F };
        let id = encode(0x83, &path[path.len() - 2..]);
        Ok(if without { Vec::new() } else { encode(tag, &[size, id].concat()) })
    }

    fn read(&mut self, offset: [u8; 2], le: usize) -> Answer {
        let path = self.file.clone().ok_or(0x6986_u16)?;
        if self.private.contains(&path) && self.verified == Admits::No {
            return Err(0x6982);
        }
        let offset = usize::from(u16::from_be_bytes(offset));
        let rest = self.files[&path].get(offset..).filter(|rest| !rest.is_empty());
        let rest = rest.ok_or(0x6B00_u16)?;
        match self.habits.over_long {
            _ if le <= rest.len() => Ok(rest[..le].to_vec()),
            OverLong::Short => Ok(rest.to_vec()),
            OverLong::EndOfFile => {
                self.waiting = rest.to_vec();
                Err(0x6282)
            }
            OverLong::WrongLength => Err(0x6700),
            OverLong::Corrected => Err(0x6C00 | u16::try_from(rest.len()).expect("under 256")),
        }
    }

    fn verify(&mut self, reference: u8, digits: &[u8]) -> Result<(), u16> {
        let left = self.habits.tries;
        let selected = self.habits.pin_file.is_none_or(|path| self.current == path);
        match (digits, self.habits.counter) {
            _ if reference != 1 => Err(0x6A88),
            (_, _) if !selected => Err(0x6985),
            ([], _) if self.kind == Kind::Cps3 => Err(0x6700),
            ([], Counter::Open) => Ok(()),
            ([], Counter::Unreadable) => Err(0x6F00),
            ([], Counter::Told) if left > 0 => Err(0x63C0 | u16::from(left)),
            _ if left == 0 => Err(0x6983),
            (b"1234", _) => {
                self.habits.tries = 3;
                self.verified = Admits::Yes;
                Ok(())
            }
            _ => {
                self.habits.tries -= 1;
                Err(0x63C0 | u16::from(self.habits.tries))
            }
        }
    }

    fn pin_object(&self, request: &[u8]) -> Answer {
        let told = self.habits.counter == Counter::Told && self.current == MF;
        if !told || request != bytes("4D 08 70 06 BF 81 01 02 A0 80") {
            return Err(0x6A88);
        }
        let counters = [0x9A, 1, 3, 0x9B, 1, self.habits.tries];
        Ok(encode(0x70, &encode(0xBF_8101, &encode(0xA0, &counters))))
    }
}

fn finish(answer: Answer) -> Vec<u8> {
    match answer {
        Ok(data) => [data, vec![0x90, 0x00]].concat(),
        Err(status) => StatusWord(status).0.to_be_bytes().to_vec(),
    }
}

impl Transport for Toy {
    fn reader(&self) -> &str {
        "toy"
    }

    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn protocol(&self) -> Protocol {
        self.protocol
    }

    fn nature(&self) -> Nature {
        Nature::Emulated
    }

    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, Error> {
        Ok(Box::new(Use { state: lock(&self.state), at_end: Disposition::Leave }))
    }

    fn reconnect(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

struct Use<'a> {
    state: MutexGuard<'a, State>,
    at_end: Disposition,
}

impl Transaction for Use<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.state.transmit(command))
    }

    fn at_end(&mut self, disposition: Disposition) {
        self.at_end = disposition;
    }

    fn keypad(&mut self) -> Result<Option<Keypad<'_>>, Error> {
        Ok(Keypad::discover(self))
    }

    fn end(self: Box<Self>) -> Result<(), Error> {
        Ok(())
    }
}

impl Drop for Use<'_> {
    fn drop(&mut self) {
        if self.at_end == Disposition::Reset {
            self.state.verified = Admits::No;
            self.state.current = MF.to_vec();
            self.state.file = None;
            self.state.resets += 1;
        }
    }
}

/// The reader's side of PC/SC part 10: what is typed on it goes to the card, not to the computer.
impl Control for Use<'_> {
    fn features(&mut self) -> Result<Vec<u8>, Error> {
        let verify = vec![0x06, 4, 0x42, 0x33, 0x00, 0x06];
        Ok(self.state.habits.keypad.map(|_| verify).unwrap_or_default())
    }

    fn control(&mut self, code: u32, structure: &[u8]) -> Result<Vec<u8>, Error> {
        assert_eq!(code, 0x4233_0006);
        // PIN_VERIFY_STRUCTURE: 15 bytes, the length of the template on four, the template.
        let reference = structure[19 + 3];
        let digits = self.state.habits.keypad.unwrap_or_default();
        if digits.is_empty() {
            return Ok(vec![0x64, 0x01]); // the cancel key
        }
        let answer = self.state.verify(reference, digits.as_bytes());
        Ok(finish(answer.map(|()| Vec::new())))
    }
}
