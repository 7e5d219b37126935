//! What is to be done so that a fleet is as its file says: a pure function of the file, the journal, what was seen of files and
//! lists, the clock and the machine.

use std::collections::HashMap;
use std::path::PathBuf;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Fleet, Renewer, Superseded, TestCard, Wanted};
use crate::platform::journal::{Machine, Order, State};

/// What is known when a plan is made.
#[derive(Clone, Copy, Debug)]
pub struct Known<'k> {
    /// The orders of the journal, of one platform.
    pub orders: &'k [Order],
    /// What was seen of their certificates, by reference.
    pub seen: &'k HashMap<Uuid, Seen>,
    /// The machine that would do it.
    pub here: &'k Machine,
    /// The instant.
    pub now: Timestamp,
}

/// What was seen of a certificate outside the journal.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Seen {
    /// Its files, when they are to be on this machine.
    pub files: Vec<SeenFile>,
    /// What lists or OCSP say.
    pub standing: Standing,
}

/// A file of a certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SeenFile {
    /// Where.
    pub path: PathBuf,
    /// Whether it holds what it is to hold.
    pub holds: Holds,
    /// How it is.
    pub condition: Condition,
}

/// What a file is to hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Holds {
    /// The certificate.
    Certificate,
    /// The private key, alone or in a PKCS#12.
    Key,
}

/// How a file is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Condition {
    /// As it is to be.
    Right,
    /// There, and protected by a password: what is inside was not looked at.
    Locked,
    /// Not there.
    Missing,
    /// Not the one: another certificate, another key.
    Other,
    /// Others can read it; its mode.
    Exposed(u32),
    /// It cannot be read.
    Unreadable,
}

/// What lists or OCSP say of a certificate.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Standing {
    /// They were not asked, or do not say.
    #[default]
    Unknown,
    /// It is not revoked.
    Good,
    /// It is revoked, since.
    Revoked(Option<Timestamp>),
}

/// One line of a plan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Action {
    /// About what.
    pub subject: Subject,
    /// What is to be done.
    pub what: What,
    /// Why: a sentence.
    pub reason: String,
}

/// What an action is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Subject {
    /// A certificate of the file, by its name.
    Certificate(String),
    /// A card of the file, by its title.
    Card(String),
    /// An order of this fleet that nothing in the file wants.
    Stray(Uuid),
}

/// What is to be done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum What {
    /// Nothing.
    Nothing,
    /// Order it.
    Order,
    /// Go on with an order whose answer is not here.
    Resume(Uuid),
    /// Ask the platform whether it can be retrieved.
    Wait(Uuid),
    /// Retrieve it.
    Retrieve(Uuid),
    /// Order its successor.
    Renew {
        /// The one that ends.
        old: Uuid,
        /// The reference of the successor: the same whoever computes it, so that two runners order one.
        successor: Uuid,
    },
    /// Put its files where they belong.
    Repair(Uuid),
    /// Revoke it.
    Revoke(Uuid, Why),
    /// It is another machine's to go on with.
    HeldElsewhere {
        /// The order.
        order: Uuid,
        /// The machine's name.
        machine: String,
    },
    /// Somebody renews it.
    RenewByHand(String),
    /// Somebody looks at it: nothing safe can be done without.
    Look,
    /// Somebody orders another card.
    ReplaceCard,
}

/// Why a certificate is to be revoked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Why {
    /// It left the file.
    Pruned,
    /// Its successor is here, and the file says so.
    Superseded,
    /// It was begun.
    Begun,
}

/// Who does what is to be done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Doer {
    /// Nobody: nothing is to be done, or not from here.
    Nobody,
    /// `fleet apply`.
    Apply,
    /// A person.
    Somebody,
}

/// Whether what left the file is revoked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Prune {
    /// It is.
    Yes,
    /// It is only told of.
    No,
}

/// Days before its opposition at which another card is to be ordered.
pub const CARD_LEAD: i64 = 60;

impl What {
    /// Who does it.
    pub fn doer(&self) -> Doer {
        match self {
            Self::Nothing | Self::HeldElsewhere { .. } => Doer::Nobody,
            Self::Order
            | Self::Resume(_)
            | Self::Wait(_)
            | Self::Retrieve(_)
            | Self::Renew { .. }
            | Self::Repair(_)
            | Self::Revoke(..) => Doer::Apply,
            Self::RenewByHand(_) | Self::Look | Self::ReplaceCard => Doer::Somebody,
        }
    }

    /// As plans spell it: `held-elsewhere`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Order => "order",
            Self::Resume(_) => "resume",
            Self::Wait(_) => "wait",
            Self::Retrieve(_) => "retrieve",
            Self::Renew { .. } => "renew",
            Self::Repair(_) => "repair",
            Self::Revoke(..) => "revoke",
            Self::HeldElsewhere { .. } => "held-elsewhere",
            Self::RenewByHand(_) => "renew-by-hand",
            Self::Look => "look",
            Self::ReplaceCard => "replace-card",
        }
    }

    /// The order it goes on with.
    pub fn order(&self) -> Option<Uuid> {
        match self {
            Self::Resume(order)
            | Self::Wait(order)
            | Self::Retrieve(order)
            | Self::Renew { old: order, .. }
            | Self::Repair(order)
            | Self::Revoke(order, _)
            | Self::HeldElsewhere { order, .. } => Some(*order),
            Self::Nothing | Self::Order | Self::RenewByHand(_) | Self::Look | Self::ReplaceCard => {
                None
            }
        }
    }
}

/// What is to be done: cards, then certificates in the order of the file, then what is to be revoked.
pub fn plan(fleet: &Fleet, known: &Known<'_>, prune: Prune) -> Vec<Action> {
    let cards = fleet.cards.iter().map(|card| of_card(card, known.now));
    let certificates = fleet.certificates.iter().map(|wanted| of_certificate(wanted, known));
    let superseded =
        fleet.certificates.iter().flat_map(|wanted| of_superseded(wanted, fleet, known));
    let strays = known.orders.iter().filter_map(|order| of_stray(order, fleet, known, prune));
    cards.chain(certificates).chain(superseded).chain(strays).collect()
}

/// The order that a wanted certificate stands on now: one that is on its way, else the newest whose certificate is alive,
/// else the newest.
pub fn current<'o>(wanted: &Wanted, known: &Known<'o>) -> Option<&'o Order> {
    let mine = || known.orders.iter().filter(|order| is_for(order, wanted));
    let newest =
        |orders: &mut dyn Iterator<Item = &'o Order>| orders.max_by_key(|order| order.created);
    newest(&mut mine().filter(|order| order.state < State::Collected))
        .or_else(|| newest(&mut mine().filter(|order| order.is_alive(known.now))))
        .or_else(|| newest(&mut mine()))
}

/// When a certificate is to be renewed.
pub fn due(wanted: &Wanted, end: Timestamp) -> Timestamp {
    let before = SignedDuration::from_hours(24 * i64::from(wanted.renewal.days));
    end.checked_sub(before).unwrap_or(Timestamp::MIN)
}

fn is_for(order: &Order, wanted: &Wanted) -> bool {
    let profile = wanted.profile.is_none() || order.profile == wanted.profile;
    profile && order.want.key() == wanted.want.key()
}

fn of_card(card: &TestCard, now: Timestamp) -> Action {
    let today = day(now);
    let (what, reason) = match card.opposition().map(super::Opposition::day) {
        None => (What::Nothing, "neither ordered nor received".to_owned()),
        Some(day) if day <= today => {
            (What::ReplaceCard, format!("in opposition since {day}: its certificates are revoked"))
        }
        Some(day) if days(today, day) <= CARD_LEAD => (
            What::ReplaceCard,
            format!("in opposition from {day}: order another, then register it"),
        ),
        Some(day) => (What::Nothing, format!("in opposition from {day}")),
    };
    Action { subject: Subject::Card(card.title()), what, reason }
}

fn day(instant: Timestamp) -> Date {
    instant.to_zoned(TimeZone::UTC).date()
}

fn days(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours() / 24
}

fn of_certificate(wanted: &Wanted, known: &Known<'_>) -> Action {
    let (what, reason) = match current(wanted, known) {
        None => (What::Order, "not ordered yet".to_owned()),
        Some(order) => match elsewhere(order, known) {
            Some(machine) if order.is_alive(known.now) => held(order, machine),
            _ if order.state < State::Collected => on_its_way(order),
            _ if order.is_alive(known.now) => of_collected(wanted, order, known),
            _ => of_ended(order),
        },
    };
    Action { subject: Subject::Certificate(wanted.name.clone()), what, reason }
}

/// The machine that has an order's key, when it is not this one.
fn elsewhere<'o>(order: &'o Order, known: &Known<'_>) -> Option<&'o Machine> {
    Some(order.key.machine()).filter(|machine| machine.id != known.here.id)
}

fn held(order: &Order, machine: &Machine) -> (What, String) {
    let what = What::HeldElsewhere { order: order.reference, machine: machine.name.clone() };
    let reason =
        format!("its key is on {}: neither ordered again nor retrieved here", machine.name);
    (what, reason)
}

fn on_its_way(order: &Order) -> (What, String) {
    let reference = order.reference;
    let (what, reason) = match order.state {
        State::Prepared => (What::Resume(reference), "prepared, and not sent"),
        State::Sending => (What::Resume(reference), "sent, and its answer is not here"),
        State::Submitted => (What::Wait(reference), "the platform looks at it"),
        State::Ready => (What::Retrieve(reference), "it can be retrieved"),
        _ => (What::Retrieve(reference), "its retrieval was begun"),
    };
    (what, reason.to_owned())
}

fn of_collected(wanted: &Wanted, order: &Order, known: &Known<'_>) -> (What, String) {
    let seen = known.seen.get(&order.reference).cloned().unwrap_or_default();
    if let Standing::Revoked(since) = seen.standing {
        let since = since.map(|since| format!(" since {}", day(since))).unwrap_or_default();
        return renew(wanted, order, known, format!("lists or OCSP say that it is revoked{since}"));
    }
    let end = order.expiry();
    if let Some(end) = end.filter(|end| due(wanted, *end) <= known.now) {
        let days = wanted.renewal.days;
        return renew(
            wanted,
            order,
            known,
            format!("it ends on {}, in {days} days or less", day(end)),
        );
    }
    let wrong = |of: Holds| {
        let mut files = seen.files.iter().filter(move |file| file.holds == of);
        files.find(|file| !matches!(file.condition, Condition::Right | Condition::Locked))
    };
    match (wrong(Holds::Key), wrong(Holds::Certificate)) {
        (Some(key), _) => of_wrong_key(wanted, order, known, key),
        (None, Some(file)) => {
            let path = file.path.display();
            match file.condition {
                Condition::Missing => (What::Repair(order.reference), format!("{path} is missing")),
                Condition::Unreadable => (What::Look, format!("{path} cannot be read")),
                _ => (What::Look, format!("{path} is not its certificate: move it away")),
            }
        }
        (None, None) => {
            let until = end.map(|end| format!(" until {}", day(end))).unwrap_or_default();
            (What::Nothing, format!("valid{until}"))
        }
    }
}

fn of_wrong_key(
    wanted: &Wanted,
    order: &Order,
    known: &Known<'_>,
    key: &SeenFile,
) -> (What, String) {
    let path = key.path.display();
    match key.condition {
        Condition::Missing => {
            renew(wanted, order, known, format!("its key {path} is gone: revoke it for a lost key"))
        }
        Condition::Exposed(mode) => {
            let advice = "make it 0600, and revoke it if somebody may have read it";
            (
                What::Look,
                format!("its key {path} can be read by others (mode {mode:04o}): {advice}"),
            )
        }
        Condition::Other => {
            (What::Look, format!("the key in {path} is not the one of its certificate"))
        }
        _ => (What::Look, format!("its key {path} cannot be read")),
    }
}

fn renew(wanted: &Wanted, order: &Order, known: &Known<'_>, reason: String) -> (What, String) {
    match &wanted.renewal.by {
        Renewer::Somebody(somebody) => (What::RenewByHand(somebody.clone()), reason),
        Renewer::Apply => {
            let successor = successor(order.reference, known.orders);
            (What::Renew { old: order.reference, successor }, reason)
        }
    }
}

/// The reference of the order that takes the place of another, computed and not drawn: two runners that renew at once use the
/// same, and the journal admits it once. One that was refused, or ended otherwise, has a successor itself.
pub fn successor(old: Uuid, orders: &[Order]) -> Uuid {
    let mut reference = old;
    loop {
        let digest =
            Sha256::new().chain_update("cpskit renewal").chain_update(reference).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        reference = uuid::Builder::from_custom_bytes(bytes).into_uuid();
        let ended = |order: &Order| order.reference == reference && !order.state.is_alive();
        if !orders.iter().any(ended) {
            return reference;
        }
    }
}

fn of_ended(order: &Order) -> (What, String) {
    let words = order.refusal.as_deref().map(|words| format!(": {words}")).unwrap_or_default();
    match order.state {
        State::Refused => (What::Order, format!("the platform refused the last one{words}")),
        State::Expired => (What::Order, format!("the last one was not retrieved in time{words}")),
        State::Lost => (What::Order, format!("the key of the last one was lost{words}")),
        State::Revoked | State::Published => (What::Order, "the last one is revoked".to_owned()),
        State::Revoking => (
            What::Revoke(order.reference, Why::Begun),
            "its revocation was begun, and has no answer yet".to_owned(),
        ),
        State::Mismatched => (
            What::Look,
            format!("what came is not what was ordered{words}; revoke it, then order with `--new`"),
        ),
        _ => (What::Order, "the last one has ended".to_owned()),
    }
}

/// Older certificates of the same, when the file says that they are revoked.
fn of_superseded(wanted: &Wanted, fleet: &Fleet, known: &Known<'_>) -> Vec<Action> {
    let current = current(wanted, known).filter(|order| order.state == State::Collected);
    let Some(current) = current.filter(|_| wanted.renewal.old == Superseded::Revoked) else {
        return Vec::new();
    };
    let old = |order: &&Order| {
        is_for(order, wanted)
            && belongs(order, fleet)
            && order.reference != current.reference
            && order.state == State::Collected
            && order.created <= current.created
            && order.is_alive(known.now)
    };
    let action = |order: &Order| {
        let (what, reason) = match elsewhere(order, known) {
            Some(machine) => held(order, machine),
            None => (
                What::Revoke(order.reference, Why::Superseded),
                format!("its successor is here{}", serial(current)),
            ),
        };
        Action { subject: Subject::Certificate(wanted.name.clone()), what, reason }
    };
    known.orders.iter().filter(old).map(action).collect()
}

fn serial(order: &Order) -> String {
    order.serial.as_ref().map(|serial| format!(": {serial}")).unwrap_or_default()
}

fn belongs(order: &Order, fleet: &Fleet) -> bool {
    order.fleet.as_deref() == Some(fleet.name.as_str())
}

/// An order of this fleet, and of no other, that nothing in the file wants.
fn of_stray(order: &Order, fleet: &Fleet, known: &Known<'_>, prune: Prune) -> Option<Action> {
    let wanted = fleet.certificates.iter().any(|wanted| is_for(order, wanted));
    if wanted || !belongs(order, fleet) {
        return None;
    }
    let (what, reason) = match order.state {
        State::Revoking => (
            What::Revoke(order.reference, Why::Begun),
            "its revocation was begun, and has no answer yet".to_owned(),
        ),
        State::Collected if order.is_alive(known.now) => match (prune, elsewhere(order, known)) {
            (Prune::No, _) => (What::Nothing, "it left the file; `--prune` revokes it".to_owned()),
            (Prune::Yes, Some(machine)) => held(order, machine),
            (Prune::Yes, None) => {
                (What::Revoke(order.reference, Why::Pruned), "it left the file".to_owned())
            }
        },
        state if state < State::Collected => {
            (What::Nothing, "it left the file before it was retrieved".to_owned())
        }
        _ => return None,
    };
    Some(Action { subject: Subject::Stray(order.reference), what, reason })
}
