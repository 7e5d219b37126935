//! How the cards and certificates of a fleet are, with what needs action first: what `fleet status` and `fleet report` show.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::plan::{self, Action, Doer, Known, Prune, Seen, Subject, What};
use super::{Fleet, Opposition, Renewer, TestCard, Wanted};
use crate::platform::journal::Order;
use crate::platform::want::Names;
use crate::x509::Certificate;

/// How a fleet is.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// Its name.
    pub fleet: String,
    /// When.
    pub at: Timestamp,
    /// What needs action first, then what needs it soon; of these, the sooner.
    pub cards: Vec<CardStatus>,
    /// Likewise.
    pub certificates: Vec<CertificateStatus>,
    /// What left the file, and is not revoked.
    pub strays: Vec<Stray>,
}

/// How a card is.
#[derive(Clone, Debug, PartialEq)]
pub struct CardStatus {
    /// As the file has it.
    pub card: TestCard,
    /// When it is put in opposition.
    pub opposition: Option<Opposition>,
    /// Whether something is to be done.
    pub need: Need,
    /// What, and why.
    pub action: Action,
}

/// How a certificate is.
#[derive(Clone, Debug, PartialEq)]
pub struct CertificateStatus {
    /// As the file has it.
    pub wanted: Wanted,
    /// The order it stands on.
    pub order: Option<Order>,
    /// Its validity, once it is here.
    pub validity: Option<Validity>,
    /// What was seen of it outside the journal.
    pub seen: Seen,
    /// Whether something is to be done.
    pub need: Need,
    /// What, and why.
    pub action: Action,
}

/// An order of this fleet that nothing in the file wants.
#[derive(Clone, Debug, PartialEq)]
pub struct Stray {
    /// The order.
    pub order: Order,
    /// When its certificate ends.
    pub end: Option<Timestamp>,
    /// Why it is told of.
    pub reason: String,
}

/// From when until when a certificate is valid.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Validity {
    /// Its first instant.
    pub start: Timestamp,
    /// Its last.
    pub end: Timestamp,
    /// When it is to be renewed.
    pub due: Timestamp,
}

/// Whether something is to be done.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Need {
    /// It is.
    Now,
    /// In the next [`SOON`] days.
    Soon,
    /// Not soon.
    Later,
}

/// Days ahead that are soon.
pub const SOON: i64 = 60;

impl Need {
    /// As documents spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Soon => "soon",
            Self::Later => "later",
        }
    }
}

impl Status {
    /// How a fleet is, by what is known.
    pub fn of(fleet: &Fleet, known: &Known<'_>) -> Self {
        let actions = plan::plan(fleet, known, Prune::No);
        let (strays, mut actions): (Vec<Action>, Vec<Action>) =
            actions.into_iter().partition(|action| matches!(action.subject, Subject::Stray(_)));
        let certificates = actions.split_off(fleet.cards.len());
        let mut cards: Vec<CardStatus> = fleet
            .cards
            .iter()
            .zip(actions)
            .map(|(card, action)| CardStatus::new(card, action, known.now))
            .collect();
        cards.sort_by_key(|card| (card.need, card.opposition.map(Opposition::day)));
        let mut certificates: Vec<CertificateStatus> = fleet
            .certificates
            .iter()
            .zip(certificates)
            .map(|(wanted, action)| CertificateStatus::new(wanted, action, known))
            .collect();
        certificates.sort_by_key(|found| (found.need, found.validity.map(|validity| validity.end)));
        let strays = strays.into_iter().filter_map(|action| Stray::new(action, known)).collect();
        Self { fleet: fleet.name.clone(), at: known.now, cards, certificates, strays }
    }

    /// Whether any of it is emulated.
    pub fn is_emulated(&self) -> bool {
        let mut orders = self.certificates.iter().filter_map(|found| found.order.as_ref());
        orders.any(|order| order.emulated) || self.strays.iter().any(|stray| stray.order.emulated)
    }

    /// How many cards and certificates need this.
    pub fn count(&self, need: Need) -> usize {
        let cards = self.cards.iter().map(|card| card.need);
        let certificates = self.certificates.iter().map(|certificate| certificate.need);
        cards.chain(certificates).filter(|found| *found == need).count()
    }
}

impl CardStatus {
    fn new(card: &TestCard, action: Action, now: Timestamp) -> Self {
        let opposition = card.opposition();
        let day = opposition
            .and_then(|opposition| opposition.day().to_zoned(TimeZone::UTC).ok())
            .map(|day| day.timestamp());
        let need = need(&action.what, day, now);
        Self { card: card.clone(), opposition, need, action }
    }
}

impl CertificateStatus {
    fn new(wanted: &Wanted, action: Action, known: &Known<'_>) -> Self {
        let order = plan::current(wanted, known);
        let certificate =
            order.and_then(|order| Certificate::parse(order.certificate.as_ref()?).ok());
        let validity = certificate.and_then(|certificate| {
            let (start, end) = (certificate.not_before().ok()?, certificate.not_after().ok()?);
            Some(Validity { start, end, due: plan::due(wanted, end) })
        });
        let due = validity.map(|validity| validity.due);
        let seen = order.and_then(|order| known.seen.get(&order.reference));
        Self {
            wanted: wanted.clone(),
            order: order.cloned(),
            validity,
            seen: seen.cloned().unwrap_or_default(),
            need: need(&action.what, due, known.now),
            action,
        }
    }

    /// The order's state in a word: `collected`; `wanted` when there is none.
    pub fn state(&self) -> &'static str {
        self.order.as_ref().map_or("wanted", |order| order.state.name())
    }

    /// Who renews it.
    pub fn renewed_by(&self) -> &str {
        match &self.wanted.renewal.by {
            Renewer::Apply => "fleet apply",
            Renewer::Somebody(somebody) => somebody,
        }
    }
}

impl Stray {
    fn new(action: Action, known: &Known<'_>) -> Option<Self> {
        let Subject::Stray(reference) = action.subject else { return None };
        let order = known.orders.iter().find(|order| order.reference == reference)?;
        Some(Self { order: order.clone(), end: order.expiry(), reason: action.reason })
    }
}

/// What a certificate names, in a line.
pub fn names(names: &Names) -> String {
    match names {
        Names::Service(service) => service.clone(),
        Names::Server { fqdn, others } if others.is_empty() => fqdn.clone(),
        Names::Server { fqdn, others } => format!("{fqdn}, {}", others.join(", ")),
        Names::Mailbox(address) => address.clone(),
        Names::Holder => "the card's holder".to_owned(),
    }
}

fn need(what: &What, date: Option<Timestamp>, now: Timestamp) -> Need {
    let soon = now.checked_add(SignedDuration::from_hours(24 * SOON)).unwrap_or(Timestamp::MAX);
    match what.doer() {
        Doer::Apply | Doer::Somebody => Need::Now,
        Doer::Nobody if date.is_some_and(|date| date <= soon) => Need::Soon,
        Doer::Nobody => Need::Later,
    }
}
