//! The cards and certificates of a team: `fleet.toml` says how they are to be, [`plan`](plan::plan) what is to be done so that they are.
//!
//! Reading the file, planning and reporting know neither clock nor platform: instants, orders, and what was seen of files and lists
//! are passed in. The page of the file's keys is `docs/reference/fleet-file.md`.

mod file;
pub mod files;
pub mod plan;
mod problem;
pub mod report;
pub mod status;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::id::CardNumber;
use crate::platform::port::Acceptance;
use crate::platform::want::{Ps, Want};

pub use self::problem::{FleetError, Problem, ProblemKind};

/// A fleet, as its file says it is to be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fleet {
    /// By which the journal knows what belongs to it: `--prune` touches nothing else.
    pub name: String,
    /// Structures, in the order of the file.
    pub structures: Vec<Structure>,
    /// Test cards, in the order of the file.
    pub cards: Vec<TestCard>,
    /// Certificates that are wanted, in the order of the file. No two are the same.
    pub certificates: Vec<Wanted>,
    /// Who asks for cards and habilitations, for the forms.
    pub demandeur: Option<Demandeur>,
    /// What only the forms need.
    pub form: FormTable,
}

/// A structure that certificates belong to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Structure {
    /// By which the file refers to it.
    pub id: String,
    /// struct_IdNat, as it stands in the OU of certificates.
    pub identifier: crate::id::StructureId,
    /// Raison sociale.
    pub name: String,
    /// Mention complémentaire.
    pub complement: Option<String>,
    /// FINESS, where the identifier is not one.
    pub finess: Option<String>,
    /// SIRET, where the identifier is not one.
    pub siret: Option<String>,
    /// Where it is.
    pub address: Option<Address>,
}

/// A postal address, in the fields of the forms.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Address {
    /// N°.
    pub number: Option<String>,
    /// Type de voie.
    pub street_type: Option<String>,
    /// Libellé de la voie.
    pub street: String,
    /// Code postal.
    pub postcode: String,
    /// Commune.
    pub town: String,
    /// Pays.
    pub country: Option<String>,
}

/// A test card of the team.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TestCard {
    /// The number printed on it; unknown until it is received.
    pub number: Option<CardNumber>,
    /// Which test card: a persona, a product of the catalogue, in the team's words.
    pub persona: String,
    /// CPS, CPE, CDE, CPA, CDA, CPF.
    pub family: Option<String>,
    /// When it was ordered.
    pub ordered: Option<Date>,
    /// When it came.
    pub received: Option<Date>,
    /// Start of its validity, as the card says: what its opposition is counted from.
    pub valid_from: Option<Date>,
    /// Who has it, where it lies.
    pub holder: Option<String>,
}

/// A certificate that is wanted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wanted {
    /// By which people speak of it, and its files are called.
    pub name: String,
    /// What is ordered.
    pub want: Want,
    /// Folder of its files: absolute, or relative to the working directory as the path of the file is.
    pub out: PathBuf,
    /// When and by whom it is renewed.
    pub renewal: Renewal,
    /// Who makes its key.
    pub key: KeyMaker,
    /// The habilitation it is ordered under, where the card has several.
    pub profile: Option<String>,
    /// Where the platform's mails go.
    pub contact: Option<String>,
    /// What was accepted for it, and by whom.
    pub acceptance: Option<Acceptance>,
}

/// When and by whom a certificate is renewed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Renewal {
    /// So many days before its end.
    pub days: u16,
    /// Who does it.
    pub by: Renewer,
    /// What becomes of the old certificate.
    pub old: Superseded,
}

/// Who renews.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Renewer {
    /// `fleet apply`.
    Apply,
    /// Somebody; `fleet plan` says when.
    Somebody(String),
}

/// What becomes of a certificate once its successor is here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Superseded {
    /// It stays valid until its end.
    Kept,
    /// It is revoked.
    Revoked,
}

/// Who makes a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyMaker {
    /// We do.
    Local,
    /// The platform does.
    Platform,
}

/// Who asks for cards and habilitations.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Demandeur {
    /// Nom.
    pub family_name: String,
    /// Prénoms.
    pub given_names: String,
    /// Téléphone.
    pub phone: String,
    /// E-mail professionnel.
    pub email: String,
}

/// What only the forms of the administrative step need.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FormTable {
    /// The structure that asks, by its `id`.
    pub structure: Option<String>,
    /// What the cards are for.
    pub cards_usage: Option<String>,
    /// In which project.
    pub cards_project: Option<String>,
    /// What the certificates are for.
    pub certificates_usage: Option<String>,
    /// In which project.
    pub certificates_project: Option<String>,
    /// The whole domain of the servers, where the fleet has more than one.
    pub server_domain: Option<String>,
    /// Cards of administrateurs techniques, by number. Absent: the cards of the fleet.
    pub administrators: Option<Vec<String>>,
    /// Kits d'intégration to order.
    pub kits: u32,
    /// How many CPS3 to order of each card or set, by slug.
    pub cps3: BTreeMap<String, u32>,
    /// How many CPS4 to order of each card or set, by slug.
    pub cps4: BTreeMap<String, u32>,
    /// Where ordered cards go.
    pub delivery: Option<Delivery>,
}

/// Where ordered cards go.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Delivery {
    /// Dénomination.
    pub name: String,
    /// Mention complémentaire.
    pub complement: Option<String>,
    /// Where it is.
    pub address: Address,
}

impl Fleet {
    /// Reads a fleet. Paths in it are relative to `folder`, the one of its file.
    ///
    /// # Errors
    /// [`FleetError`]: everything that is wrong with it, by line.
    pub fn parse(text: &str, folder: &Path, ps: Ps) -> Result<Self, FleetError> {
        file::read(text, folder, ps)
    }

    /// The structure with this `id`.
    pub fn structure(&self, id: &str) -> Option<&Structure> {
        self.structures.iter().find(|structure| structure.id == id)
    }
}

impl TestCard {
    /// How long a test card lives (platform fact sheet §1).
    pub const YEARS: i16 = 3;

    /// When it is put in opposition: three years after the start of its validity, or, while that is not written, after
    /// it was ordered, which is sooner.
    pub fn opposition(&self) -> Option<Opposition> {
        let after = |start: Date| start.checked_add(jiff::Span::new().years(Self::YEARS)).ok();
        match self.valid_from {
            Some(start) => after(start).map(Opposition::On),
            None => self.ordered.or(self.received).and_then(after).map(Opposition::About),
        }
    }

    /// What to call it: its number, else what it is.
    pub fn title(&self) -> String {
        match &self.number {
            Some(number) => format!("{number} ({})", self.persona),
            None => self.persona.clone(),
        }
    }
}

/// When a card is put in opposition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Opposition {
    /// On this day.
    On(Date),
    /// About this day: the start of validity is not in the file.
    About(Date),
}

impl Opposition {
    /// The day.
    pub fn day(self) -> Date {
        match self {
            Self::On(day) | Self::About(day) => day,
        }
    }
}
