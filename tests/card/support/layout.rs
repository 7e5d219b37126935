//! Cards laid out by others: what a persona of ours holds, under other numbers, labels, paths and orders.

use cpskit::card::Situation;
use cpskit::emulate::{Persona, VirtualCard, VirtualReader};
use cpskit::iso7816::tlv::encode;

use super::toy::{APPLICATION, Habits, Kind, Toy};
use super::{activities, bytes, open, virtual_card};

pub(crate) const SN: [u8; 4] = [0x3F, 0x00, 0xD0, 0x03];
pub(crate) const DIR: [u8; 4] = [0x3F, 0x00, 0x2F, 0x00];

/// How a card that is not ours is laid out. The default is plain, under numbers that are not ours.
pub(crate) struct Foreign {
    /// The DF of the application.
    pub(crate) df: [u8; 4],
    pub(crate) label: fn(&str) -> Option<String>,
    pub(crate) paths: Paths,
    /// What ends each directory.
    pub(crate) padding: &'static [u8],
    pub(crate) order: Order,
    pub(crate) certificates: CertificateForm,
    pub(crate) habits: Habits,
    /// EF.DIR, from the path of the application.
    pub(crate) dir: fn([u8; 4]) -> Vec<u8>,
    /// Where PIN 01 must be presented, in EF.AOD.
    pub(crate) pin_path: Option<&'static [u8]>,
}

#[derive(Clone, Copy)]
pub(crate) enum Paths {
    Absolute,
    Relative,
}

#[derive(Clone, Copy)]
pub(crate) enum Order {
    AsUsual,
    Reversed,
}

#[derive(Clone, Copy)]
pub(crate) enum CertificateForm {
    /// One EF.CD.
    Files,
    /// Each in an EF.CD of its own.
    TwoDirectories,
    /// In the entries of EF.CD.
    Values,
}

impl Default for Foreign {
    fn default() -> Self {
        Self {
            df: [0x3F, 0x00, 0x50, 0x00],
            label: |label| Some(label.to_owned()),
            paths: Paths::Relative,
            padding: &[],
            order: Order::AsUsual,
            certificates: CertificateForm::Files,
            habits: Habits::default(),
            dir: |df| dir_record(&[encode(0x51, &df)]),
            pin_path: None,
        }
    }
}

/// `61 { 4F aid, … }`.
pub(crate) fn dir_record(fields: &[Vec<u8>]) -> Vec<u8> {
    encode(0x61, &[encode(0x4F, &bytes(APPLICATION)), fields.concat()].concat())
}

pub(crate) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    encode(0x30, &parts.concat())
}

/// The persona of each card.
pub(crate) fn slug(kind: Kind) -> &'static str {
    match kind {
        Kind::Cps3 => "medecin-cps3",
        Kind::Cps4T0 => "cpa-cps4",
        Kind::Cps4T1 => "medecin-cps4",
    }
}

impl Foreign {
    pub(crate) fn card(&self, kind: Kind) -> Toy {
        let ours = virtual_card(slug(kind));
        let toy = Toy::new(kind, self.habits.clone());
        let content = |path: &[u16]| ours.file(path).expect("a file of the persona").to_vec();
        toy.application(&bytes(APPLICATION), &self.df);
        toy.file(&SN, &content(&[0x3F00, 0xD003]));
        toy.file(&DIR, &(self.dir)(self.df));
        toy.file(&self.at(0x5032), &content(&[0x3F00, 1, 0x5032]));
        toy.file(&self.at(0x6F01), &self.aod());
        toy.file(&self.at(0x6F06), &self.data_objects(&toy, kind, &ours));
        let directories = self.certificate_directories(&toy, &ours);
        let mut odf = vec![(0xA8, 0x6F01), (0xA0, 0x6F02), (0xA1, 0x6F04), (0xA7, 0x6F06)];
        odf.extend(directories.into_iter().map(|file| (0xA4, file)));
        if matches!(self.order, Order::Reversed) {
            odf.reverse();
        }
        let odf: Vec<u8> = odf
            .into_iter()
            .flat_map(|(tag, file)| encode(tag, &sequence(&[self.path(file)])))
            .collect();
        toy.file(&self.at(0x5031), &[odf.as_slice(), self.padding].concat());
        toy
    }

    pub(crate) fn at(&self, file: u16) -> Vec<u8> {
        [self.df.as_slice(), &file.to_be_bytes()].concat()
    }

    fn path(&self, file: u16) -> Vec<u8> {
        match self.paths {
            Paths::Absolute => encode(0x04, &self.at(file)),
            Paths::Relative => encode(0x04, &file.to_be_bytes()),
        }
    }

    fn common(&self, label: &str, private: &[u8]) -> Vec<u8> {
        let label = (self.label)(label).map(|label| encode(0x0C, label.as_bytes()));
        sequence(&[label.unwrap_or_default(), private.to_vec()])
    }

    fn aod(&self) -> Vec<u8> {
        let path = self.pin_path.map(|path| sequence(&[encode(0x04, path)]));
        let pin = [bytes("03020348 0A0101 020104 020104 020104 800101"), path.unwrap_or_default()];
        let entry = sequence(&[
            self.common("Code porteur", &[]),
            sequence(&[encode(0x04, &[1])]),
            encode(0xA1, &sequence(&pin)),
        ]);
        [entry.as_slice(), self.padding].concat()
    }

    fn data_objects(&self, toy: &Toy, kind: Kind, ours: &VirtualCard) -> Vec<u8> {
        let mut objects: Vec<(String, Vec<u16>)> = [
            ("CPS_DATA", 0xD107),
            ("CPS_ID_CARD", 0xD100),
            ("CPS_NAME_PS", 0xD101),
            ("CPS_LANG_PS", 0xD102),
            ("CPS_INFO_PS", 0xD103),
        ]
        .into_iter()
        .map(|(label, file)| (label.to_owned(), vec![0x3F00, 1, file]))
        .collect();
        let free = objects.len();
        let persona = Persona::builtin(slug(kind)).expect("a builtin persona");
        objects.extend(persona.activities.iter().map(|activity| {
            let file = 0xD11F + u16::from(activity.number);
            (format!("CPS_ACTIVITY_{:02}_PS", activity.number), vec![0x3F00, 1, file])
        }));
        let billing = match kind {
            Kind::Cps3 => vec![0x3F00, 0x7F01, 0x4000],
            Kind::Cps4T0 | Kind::Cps4T1 => vec![0x3F00, 1, 0xD130],
        };
        objects.push(("CPS_SIT_FACT".to_owned(), billing));
        let mut entries = Vec::new();
        for (index, (label, source)) in objects.iter().enumerate() {
            let file = 0xE200 + u16::try_from(index).expect("few");
            let content = ours.file(source).expect("a file of the persona");
            let private = index >= free;
            if private {
                toy.private_file(&self.at(file), content);
            } else {
                toy.file(&self.at(file), content);
            }
            let flags = if private { bytes("03020780 040101") } else { Vec::new() };
            entries.push(sequence(&[
                self.common(label, &flags),
                sequence(&[encode(0x0C, b"CPS")]),
                encode(0xA1, &sequence(&[self.path(file)])),
            ]));
        }
        if matches!(self.order, Order::Reversed) {
            entries.reverse();
        }
        [entries.concat().as_slice(), self.padding].concat()
    }

    /// Writes EF.CD, once or twice, and says under which numbers.
    fn certificate_directories(&self, toy: &Toy, ours: &VirtualCard) -> Vec<u16> {
        let labels = ["Certificat de Signature CPS", "Certificat d'Authentification CPS"];
        let entries: Vec<Vec<u8>> = labels
            .into_iter()
            .zip([(0xA001, 0xC0DE, 1), (0xA002, 0xC0DF, 2)])
            .map(|(label, (source, file, id))| {
                let der = ours.file(&[0x3F00, 1, source]).expect("a certificate");
                toy.file(&self.at(file), der);
                let value = match self.certificates {
                    CertificateForm::Values => encode(0xA0, der),
                    _ => sequence(&[self.path(file)]),
                };
                sequence(&[
                    self.common(label, &[]),
                    sequence(&[encode(0x04, &[id])]),
                    encode(0xA1, &sequence(&[value])),
                ])
            })
            .collect();
        let directories = match self.certificates {
            CertificateForm::TwoDirectories => entries,
            _ => vec![entries.concat()],
        };
        let numbers: Vec<u16> = [0x6F05, 0x6F07].into_iter().take(directories.len()).collect();
        for (content, file) in directories.iter().zip(&numbers) {
            toy.file(&self.at(*file), &[content.as_slice(), self.padding].concat());
        }
        numbers
    }
}

/// What our own card of the same persona says behind the PIN.
pub(crate) fn situations(kind: Kind) -> Vec<Situation> {
    let mut card = open(VirtualReader::insert(virtual_card(slug(kind))));
    activities(&mut card, "1234").expect("our own card")
}
