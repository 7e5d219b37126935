//! `cpskit card …`

mod activities;
mod apdu;
mod certs;
mod data;
mod decrypt;
mod id;
mod keys;
mod list;
mod pin;
pub(super) mod read;
mod sign;
mod watch;

use crate::card::{
    Card as CpxCard, CardCertificate, Error, Note, PinName, PinStatus, Session, Tries,
};
use crate::cli::args::{Card, CardPin, PinArgs};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::cli::output::json::Warning;
use crate::cli::pin::{Given, Keypad};
use crate::transport::Nature;
use crate::x509::{Certificate, IssuedBy};

pub(super) fn run(command: &Card, context: &Context) -> Result<Outcome, Failure> {
    match command {
        Card::Activities(args) => activities::run(args, context),
        Card::Apdu(args) => apdu::run(args, context),
        Card::Certs(args) => certs::run(args, context),
        Card::Id(choice) => id::run(choice, context),
        Card::List { emulated } => list::run(emulated.as_deref(), context),
        Card::Data(data) => data::run(data, context),
        Card::Decrypt(args) => decrypt::run(args, context),
        Card::Pin(CardPin::Change(args)) => pin::change(args, context),
        Card::Pin(CardPin::Status(choice)) => pin::status(choice, context),
        Card::Pin(CardPin::Unblock(args)) => pin::unblock(args, context),
        Card::Read(args) => read::run(args, context),
        Card::Sign(args) => sign::run(args, context),
        Card::Watch(args) => watch::run(args, context),
    }
}

/// The PIN for this card: flag, keypad or terminal.
fn obtain_pin(card: &mut CpxCard, args: &PinArgs, context: &Context) -> Result<Given, Failure> {
    if let Some(pin) = args.given()? {
        return Ok(Given::Typed(pin));
    }
    // Before anyone is asked: a blocked PIN, or a card without one, needs none.
    let pin = PinName::User;
    let keypad = card.session(|session| match session.pin_status(pin) {
        Ok(PinStatus { tries: Tries::Blocked, .. }) => Err(Error::PinBlocked { pin }),
        Err(error @ Error::NoPin(_)) => Err(error),
        _ => session.has_keypad(),
    })?;
    PinArgs::ask(context, if keypad { Keypad::Present } else { Keypad::Absent })
}

/// What was left out, for documents and for standard error.
fn warnings(notes: &[Note]) -> Vec<Warning> {
    notes.iter().map(Warning::from).collect()
}

fn lines(warnings: &[Warning]) -> Vec<String> {
    warnings.iter().map(Warning::line).collect()
}

/// Whether what a card says is emulated: the reader is virtual, or a certificate comes from the emulation authority.
fn is_emulated(card: &CpxCard, certificates: &[CardCertificate]) -> bool {
    card.nature() == Nature::Emulated
        || certificates.iter().any(|found| found.certificate.issued_by() == IssuedBy::Emulation)
}

/// As [`is_emulated`], by the certificate of the key that was used.
fn is_emulated_by(card: &CpxCard, certificate: &Certificate) -> bool {
    card.nature() == Nature::Emulated || certificate.issued_by() == IssuedBy::Emulation
}

/// Said when something was changed on the virtual card in process.
const FORGETS: &str = "this virtual card forgets what was changed when cpskit ends; one in a virtual reader (`cpskit emulate card`) keeps it while it is plugged in";

/// Said on standard error beside every emulated result.
const EMULATED: &str = "emulated: this is a virtual card, and its holder does not exist";

fn label(emulated: bool) -> Option<&'static str> {
    emulated.then_some(EMULATED)
}

/// Notes taken in a session, handed out with its result.
fn with_notes<T>(session: &Session<'_>, value: T) -> (T, Vec<Note>) {
    (value, session.notes().to_vec())
}
