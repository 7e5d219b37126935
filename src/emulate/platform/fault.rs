//! How the emulated platform can be made to misbehave: one menu for tests and for the command line.

use std::str::FromStr;
use std::time::Duration;

use super::refusal::{Distrust, Refusal};

/// An operation of the protocol.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Operation {
    /// `GET habilitations`.
    Habilitations,
    /// `POST demandes`.
    Demander,
    /// `GET demandes/{id}`.
    Suivre,
    /// `GET demandes`.
    Rechercher,
    /// `POST demandes/{id}/finalisation`.
    Finaliser,
    /// `POST demandes/{id}/telechargement`.
    Telecharger,
    /// `POST certificats/{serie}/revocation`.
    Revoquer,
    /// `GET certificats/{serie}`.
    Certificat,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Habilitations,
        Self::Demander,
        Self::Suivre,
        Self::Rechercher,
        Self::Finaliser,
        Self::Telecharger,
        Self::Revoquer,
        Self::Certificat,
    ];

    /// As it is written after `@`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Habilitations => "habilitations",
            Self::Demander => "demander",
            Self::Suivre => "suivre",
            Self::Rechercher => "rechercher",
            Self::Finaliser => "finaliser",
            Self::Telecharger => "telecharger",
            Self::Revoquer => "revoquer",
            Self::Certificat => "certificat",
        }
    }
}

/// A fault.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// The request ends in `ABANDONNEE`.
    Abandoned,
    /// The connection is cut.
    Cut(CutPlace, Act),
    /// This refusal in place of the answer.
    Error(Refusal, Act),
    /// Lists are signed with another key.
    ForeignList,
    /// Each answer comes this much later.
    Latency(Duration),
    /// Every card is opposed.
    OpposedCard,
    /// The request ends in `REFUSEE`.
    Refused,
    /// The request is looked at until it was asked for so many times.
    SlowValidation(u32),
    /// The certificate is not what was ordered.
    Wrong(Wrong),
}

/// Where a connection is cut.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CutPlace {
    /// Before the request is read.
    BeforeRead,
    /// Once it is read: no byte of the answer.
    AfterRead,
    /// In the status line.
    StatusLine,
    /// In the headers.
    Headers,
    /// In the middle of the body.
    Body,
    /// Before its last byte.
    LastByte,
}

/// Whether what was asked for is done all the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Act {
    /// It is not.
    Undone,
    /// It is.
    Done,
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wrong {
    /// It is for another key.
    Key,
    /// It names another.
    Name,
    /// It is of another usage.
    Usage,
    /// Its time is over.
    Expired,
    /// Its category has no test bit.
    Category,
}

/// A fault, where it strikes and how often.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Planned {
    /// What.
    pub fault: Fault,
    /// On this operation; on any when absent.
    pub operation: Option<Operation>,
    /// How many times; always when absent.
    pub times: Option<u32>,
}

/// One line of the menu.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FaultHelp {
    /// What to write: `cut=body`.
    pub form: &'static str,
    /// In French.
    pub french: &'static str,
    /// In English.
    pub english: &'static str,
}

const MENU: &[FaultHelp] = &[
    FaultHelp {
        form: "abandoned",
        french: "la demande est abandonnée",
        english: "the request ends in ABANDONNEE",
    },
    FaultHelp {
        form: "cut=PLACE",
        french: "la connexion est coupée, rien n'est fait ; PLACE : before-read, after-read, status-line, headers, body, last-byte",
        english: "the connection is cut and nothing is done; PLACE: before-read, after-read, status-line, headers, body, last-byte",
    },
    FaultHelp {
        form: "cut=PLACE:done",
        french: "la même coupure, l'acte étant fait",
        english: "the same cut, what was asked for being done",
    },
    FaultHelp {
        form: "duplicate",
        french: "refClient passe pour déjà utilisé",
        english: "the refClient is said to be used already",
    },
    FaultHelp {
        form: "error=CODE",
        french: "cette erreur de la table, comme EMU-403-PERIMETRE",
        english: "this error of the table, as EMU-403-PERIMETRE",
    },
    FaultHelp {
        form: "foreign-list",
        french: "les listes sont signées avec une autre clé",
        english: "lists are signed with another key",
    },
    FaultHelp {
        form: "latency=MS",
        french: "chaque réponse a ce retard, en millisecondes",
        english: "each answer comes this many milliseconds later",
    },
    FaultHelp {
        form: "lost-answer",
        french: "l'acte est fait, la réponse perdue",
        english: "what was asked for is done, the answer is lost",
    },
    FaultHelp {
        form: "maintenance=S",
        french: "503, à réessayer après S secondes",
        english: "503, to be tried again after S seconds",
    },
    FaultHelp {
        form: "opposed-card",
        french: "toute carte est en opposition",
        english: "every card is opposed",
    },
    FaultHelp {
        form: "refused",
        french: "la demande est refusée",
        english: "the request ends in REFUSEE",
    },
    FaultHelp {
        form: "slow-validation=N",
        french: "la demande est examinée jusqu'à N suivis",
        english: "the request is looked at until it was asked for N times",
    },
    FaultHelp {
        form: "too-many=S",
        french: "429, à réessayer après S secondes",
        english: "429, to be tried again after S seconds",
    },
    FaultHelp {
        form: "unexpected",
        french: "520, rien n'est fait",
        english: "520, nothing is done",
    },
    FaultHelp {
        form: "unexpected:done",
        french: "520, l'acte étant fait",
        english: "520, what was asked for being done",
    },
    FaultHelp {
        form: "wrong=WHAT",
        french: "le certificat n'est pas celui demandé ; WHAT : key, name, usage, expired, category",
        english: "the certificate is not what was ordered; WHAT: key, name, usage, expired, category",
    },
];

impl Planned {
    /// What can be asked for, in alphabetical order. After each, `@OPERATION` limits it to one operation, and `*N` or `*always`
    /// says how often it strikes.
    pub fn menu() -> &'static [FaultHelp] {
        MENU
    }
}

impl Fault {
    /// As often as is usual for it: a thing that happens, once; a way of being, always.
    fn usual(&self) -> Option<u32> {
        match self {
            Self::Cut(..) | Self::Error(..) => Some(1),
            _ => None,
        }
    }
}

/// What was written is not of the [menu](Planned::menu).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not a fault of the platform: see the list of faults")]
pub struct FaultError(pub String);

impl FromStr for Planned {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let wrong = || FaultError(text.to_owned());
        let (rest, times) = match text.rsplit_once('*') {
            None => (text, None),
            Some((rest, "always")) => (rest, Some(None)),
            Some((rest, times)) => (rest, Some(Some(times.parse().map_err(|_| wrong())?))),
        };
        let (rest, operation) = match rest.rsplit_once('@') {
            None => (rest, None),
            Some((rest, name)) => {
                let found = Operation::ALL.into_iter().find(|found| found.name() == name);
                (rest, Some(found.ok_or_else(wrong)?))
            }
        };
        let fault: Fault = rest.parse().map_err(|_| wrong())?;
        let times = times.unwrap_or_else(|| fault.usual());
        Ok(Self { fault, operation, times })
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let wrong = || FaultError(text.to_owned());
        let (rest, act) = match text.strip_suffix(":done") {
            None => (text, Act::Undone),
            Some(rest) => (rest, Act::Done),
        };
        let (name, value) = rest.split_once('=').unwrap_or((rest, ""));
        let seconds = || value.parse::<u32>().map_err(|_| wrong());
        Ok(match (name, value) {
            ("abandoned", "") => Self::Abandoned,
            ("cut", place) => {
                let places = [
                    ("before-read", CutPlace::BeforeRead),
                    ("after-read", CutPlace::AfterRead),
                    ("status-line", CutPlace::StatusLine),
                    ("headers", CutPlace::Headers),
                    ("body", CutPlace::Body),
                    ("last-byte", CutPlace::LastByte),
                ];
                let found = places.into_iter().find(|(name, _)| *name == place);
                Self::Cut(found.ok_or_else(wrong)?.1, act)
            }
            ("duplicate", "") => Self::Error(Refusal::Duplicate, Act::Undone),
            ("error", code) => Self::Error(of_code(code).ok_or_else(wrong)?, act),
            ("foreign-list", "") => Self::ForeignList,
            ("latency", _) => Self::Latency(Duration::from_millis(seconds()?.into())),
            ("lost-answer", "") => Self::Cut(CutPlace::AfterRead, Act::Done),
            ("maintenance", _) => Self::Error(Refusal::Maintenance { after: seconds()? }, act),
            ("opposed-card", "") => Self::OpposedCard,
            ("refused", "") => Self::Refused,
            ("slow-validation", _) => Self::SlowValidation(seconds()?),
            ("too-many", _) => Self::Error(Refusal::TooMany { after: seconds()? }, act),
            ("unexpected", "") => Self::Error(Refusal::Unexpected, act),
            ("wrong", what) => Self::Wrong(match what {
                "key" => Wrong::Key,
                "name" => Wrong::Name,
                "usage" => Wrong::Usage,
                "expired" => Wrong::Expired,
                "category" => Wrong::Category,
                _ => return Err(wrong()),
            }),
            _ => return Err(wrong()),
        })
    }
}

/// Some refusal of this code.
fn of_code(code: &str) -> Option<Refusal> {
    let provoked = || "provoquée".to_owned();
    let rows = [
        Refusal::Schema(provoked()),
        Refusal::CertificateAbsent,
        Refusal::Certificate(Distrust::Untrusted),
        Refusal::Production,
        Refusal::Habilitation(provoked()),
        Refusal::Perimeter(provoked()),
        Refusal::Code { left: 1 },
        Refusal::UnknownDemand,
        Refusal::UnknownCertificate,
        Refusal::Duplicate,
        Refusal::State("SOUMISE"),
        Refusal::AlreadyRevoked(jiff::Timestamp::UNIX_EPOCH),
        Refusal::Downloaded,
        Refusal::Csr("provoquée"),
        Refusal::CodePolicy(provoked()),
        Refusal::Password(provoked()),
        Refusal::Acceptance,
        Refusal::TooMany { after: 1 },
        Refusal::Maintenance { after: 1 },
        Refusal::Unexpected,
    ];
    rows.into_iter().find(|refusal| refusal.row().1 == code)
}

/// The faults that are left.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Planned>);

impl Faults {
    pub(super) fn new(planned: Vec<Planned>) -> Self {
        Self(planned)
    }

    pub(super) fn add(&mut self, planned: Planned) {
        self.0.push(planned);
    }

    /// The first that strikes this operation and is of this kind; it has struck once more then.
    pub(super) fn take<T>(
        &mut self,
        operation: Option<Operation>,
        kind: impl Fn(&Fault) -> Option<T>,
    ) -> Option<T> {
        let strikes = |planned: &Planned| {
            planned.times != Some(0)
                && (planned.operation.is_none() || planned.operation == operation)
        };
        let found = self.0.iter_mut().filter(|planned| strikes(planned));
        let (planned, found) = found
            .map(|planned| (kind(&planned.fault), planned))
            .find_map(|(found, planned)| Some((planned, found?)))?;
        planned.times = planned.times.map(|times| times.saturating_sub(1));
        Some(found)
    }
}
