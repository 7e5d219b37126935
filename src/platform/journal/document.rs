//! An order as text: one JSON object, of a form of its own, so that the types can change and the journals stay.

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{JournalError, Key, KeyHash, Machine, MadeKey, Order, State};
use crate::id::StructureId;
use crate::platform::port::{Acceptance, DemandId, Reason};
use crate::platform::product::Product;
use crate::platform::want::{Names, Want};
use crate::x509::Serial;

const REASONS: [(Reason, &str); 7] = [
    (Reason::Lost, "lost"),
    (Reason::Stolen, "stolen"),
    (Reason::Compromised, "compromised"),
    (Reason::Changed, "changed"),
    (Reason::Superseded, "superseded"),
    (Reason::Ceased, "ceased"),
    (Reason::Other, "other"),
];

/// Octets and numbers are in lower-case hex, references as UUID, instants as RFC 3339.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Document {
    reference: String,
    binding: String,
    endpoint: String,
    emulated: bool,
    profile: Option<String>,
    card: Option<String>,
    fleet: Option<String>,
    contact: Option<String>,
    want: StoredWant,
    forced: bool,
    key: StoredKey,
    state: String,
    demand: Option<String>,
    certificate: Option<String>,
    serial: Option<String>,
    files: Vec<PathBuf>,
    acceptance: Option<StoredAcceptance>,
    reason: Option<String>,
    revoked_at: Option<Timestamp>,
    published_at: Option<Timestamp>,
    refusal: Option<String>,
    created: Timestamp,
    updated: Timestamp,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct StoredWant {
    offer: String,
    usage: String,
    structure: String,
    names: StoredNames,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
enum StoredNames {
    Service(String),
    Server { fqdn: String, others: Vec<String> },
    Mailbox(String),
    Holder,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    origin: Origin,
    machine: String,
    machine_name: String,
    made: Option<StoredMadeKey>,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Origin {
    Local,
    Platform,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct StoredMadeKey {
    hash: String,
    file: PathBuf,
    csr: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct StoredAcceptance {
    cgu: String,
    pc: String,
    by: Option<String>,
}

/// The order as text.
pub(super) fn write(order: &Order) -> Result<String, JournalError> {
    let want = &order.want;
    let document = Document {
        reference: order.reference.to_string(),
        binding: order.binding.clone(),
        endpoint: order.endpoint.clone(),
        emulated: order.emulated,
        profile: order.profile.clone(),
        card: order.card.clone(),
        fleet: order.fleet.clone(),
        contact: order.contact.clone(),
        want: StoredWant {
            offer: want.product.offer().name().to_owned(),
            usage: want.product.usage().name().to_owned(),
            structure: want.structure.as_str().to_owned(),
            names: match want.names.clone() {
                Names::Service(name) => StoredNames::Service(name),
                Names::Server { fqdn, others } => StoredNames::Server { fqdn, others },
                Names::Mailbox(address) => StoredNames::Mailbox(address),
                Names::Holder => StoredNames::Holder,
            },
        },
        forced: order.forced,
        key: StoredKey {
            origin: match &order.key {
                Key::Local { .. } => Origin::Local,
                Key::Platform { .. } => Origin::Platform,
            },
            machine: order.key.machine().id.to_string(),
            machine_name: order.key.machine().name.clone(),
            made: match &order.key {
                Key::Local { made: Some(made), .. } => Some(StoredMadeKey {
                    hash: HEXLOWER.encode(&made.hash),
                    file: made.file.clone(),
                    csr: HEXLOWER.encode(&made.csr),
                }),
                Key::Local { made: None, .. } | Key::Platform { .. } => None,
            },
        },
        state: order.state.name().to_owned(),
        demand: order.demand.as_ref().map(|demand| demand.0.clone()),
        certificate: order.certificate.as_ref().map(|der| HEXLOWER.encode(der)),
        serial: order.serial.as_ref().map(|serial| HEXLOWER.encode(serial.content())),
        files: order.files.clone(),
        acceptance: order.acceptance.as_ref().map(|acceptance| StoredAcceptance {
            cgu: acceptance.cgu.clone(),
            pc: acceptance.pc.clone(),
            by: acceptance.by.clone(),
        }),
        reason: order.reason.map(|reason| reason_name(reason).to_owned()),
        revoked_at: order.revoked_at,
        published_at: order.published_at,
        refusal: order.refusal.clone(),
        created: order.created,
        updated: order.updated,
    };
    serde_json::to_string(&document)
        .map_err(|cause| JournalError::Unwritable { reference: order.reference, cause })
}

/// The order that a text is of.
pub(super) fn read(text: &str) -> Result<Order, JournalError> {
    let document: Document = serde_json::from_str(text)
        .map_err(|cause| unreadable("an order", &format!("{cause}: {text}")))?;
    let want = document.want;
    let offer = want.offer.parse().map_err(|_| unreadable("an offer", &want.offer))?;
    let usage = want.usage.parse().map_err(|_| unreadable("a usage", &want.usage))?;
    let key = document.key;
    let machine =
        Machine { id: uuid("the identifier of a machine", &key.machine)?, name: key.machine_name };
    Ok(Order {
        reference: uuid("a reference", &document.reference)?,
        binding: document.binding,
        endpoint: document.endpoint,
        emulated: document.emulated,
        profile: document.profile,
        card: document.card,
        fleet: document.fleet,
        contact: document.contact,
        want: Want {
            product: Product::new(offer, usage)
                .map_err(|_| unreadable("a usage of the offer", &want.usage))?,
            structure: StructureId::parse(&want.structure)
                .map_err(|_| unreadable("a structure", &want.structure))?,
            names: match want.names {
                StoredNames::Service(name) => Names::Service(name),
                StoredNames::Server { fqdn, others } => Names::Server { fqdn, others },
                StoredNames::Mailbox(address) => Names::Mailbox(address),
                StoredNames::Holder => Names::Holder,
            },
        },
        forced: document.forced,
        key: match key.origin {
            Origin::Local => {
                Key::Local { machine, made: key.made.map(StoredMadeKey::read).transpose()? }
            }
            Origin::Platform => Key::Platform { machine },
        },
        state: State::ALL
            .into_iter()
            .find(|state| state.name() == document.state)
            .ok_or_else(|| unreadable("a state", &document.state))?,
        demand: document.demand.map(DemandId),
        certificate: document
            .certificate
            .map(|text| octets("a certificate in hex", &text))
            .transpose()?,
        serial: document.serial.map(|text| serial(&text)).transpose()?,
        files: document.files,
        acceptance: document.acceptance.map(|StoredAcceptance { cgu, pc, by }| Acceptance {
            cgu,
            pc,
            by,
        }),
        reason: document.reason.map(|text| reason(&text)).transpose()?,
        revoked_at: document.revoked_at,
        published_at: document.published_at,
        refusal: document.refusal,
        created: document.created,
        updated: document.updated,
    })
}

impl StoredMadeKey {
    fn read(self) -> Result<MadeKey, JournalError> {
        Ok(MadeKey {
            hash: hash(&self.hash)?,
            file: self.file,
            csr: octets("a certification request in hex", &self.csr)?,
        })
    }
}

/// A hash as text.
pub(super) fn hash(text: &str) -> Result<KeyHash, JournalError> {
    let field = "SHA-256 in hex";
    octets(field, text)?.try_into().map_err(|_| unreadable(field, text))
}

/// A UUID as text.
pub(super) fn uuid(field: &'static str, text: &str) -> Result<Uuid, JournalError> {
    Uuid::parse_str(text).map_err(|_| unreadable(field, text))
}

pub(super) fn unreadable(field: &'static str, found: &str) -> JournalError {
    // A row can be of any size; what is wrong shows at its beginning.
    JournalError::Unreadable { field, found: found.chars().take(200).collect() }
}

fn serial(text: &str) -> Result<Serial, JournalError> {
    let field = "a serial number in hex";
    Serial::from_content(&octets(field, text)?).ok_or_else(|| unreadable(field, text))
}

fn octets(field: &'static str, text: &str) -> Result<Vec<u8>, JournalError> {
    HEXLOWER.decode(text.as_bytes()).map_err(|_| unreadable(field, text))
}

fn reason(text: &str) -> Result<Reason, JournalError> {
    let found = REASONS.iter().find(|(_, name)| *name == text);
    found.map(|(reason, _)| *reason).ok_or_else(|| unreadable("a reason", text))
}

fn reason_name(reason: Reason) -> &'static str {
    let found = REASONS.iter().find(|(known, _)| *known == reason);
    found.map_or("other", |(_, name)| name)
}
