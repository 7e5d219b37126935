//! An act, as it is recorded.

use serde::Serialize;

use crate::id::{CardNumber, ChipSerial, NationalId};

/// What was done.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub enum Action {
    /// Reading the situations d'exercice.
    #[serde(rename = "card.activities")]
    CardActivities,
    /// Raw commands.
    #[serde(rename = "card.apdu")]
    CardApdu,
    /// Reading the certificates.
    #[serde(rename = "card.certs")]
    CardCerts,
    /// Reading a data object.
    #[serde(rename = "card.data.read")]
    CardDataRead,
    /// Replacing the content of a data object.
    #[serde(rename = "card.data.write")]
    CardDataWrite,
    /// Deciphering.
    #[serde(rename = "card.decrypt")]
    CardDecrypt,
    /// Reading the national identifier.
    #[serde(rename = "card.id")]
    CardId,
    /// Another PIN.
    #[serde(rename = "card.pin.change")]
    CardPinChange,
    /// Asking for the tries left.
    #[serde(rename = "card.pin.status")]
    CardPinStatus,
    /// A new PIN with the code de déblocage.
    #[serde(rename = "card.pin.unblock")]
    CardPinUnblock,
    /// Presenting the PIN.
    #[serde(rename = "card.pin.verify")]
    CardPinVerify,
    /// Reading holder and card.
    #[serde(rename = "card.read")]
    CardRead,
    /// Signing.
    #[serde(rename = "card.sign")]
    CardSign,
    /// Signing the handshake of a TLS connection.
    #[serde(rename = "tls.authenticate")]
    TlsAuthenticate,
}

/// How it ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// As asked for.
    Done,
    /// Something went wrong.
    Failed,
    /// The card, or a guard of ours, said no.
    Refused,
}

/// Whether the card is a real one.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Nature {
    /// A virtual card.
    Emulated,
    /// Nothing says that it is not real.
    #[default]
    Real,
}

/// Who, as far as the card tells.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Actor {
    /// Of the holder.
    pub national_id: Option<NationalId>,
    /// On the plastic.
    pub card_number: Option<CardNumber>,
    /// Of the chip.
    pub chip_serial: Option<ChipSerial>,
}

/// The situation d'exercice under which it was done.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Activity {
    /// Its number on the card.
    pub number: u8,
    /// Type digit first.
    pub structure_id: Option<String>,
    /// As the card says it.
    pub structure_name: Option<String>,
}

/// What it was done with or to: facts, never content.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Object {
    /// Which key: `signature`, `authentication`, `technical`.
    pub key: Option<String>,
    /// `pkcs1` or `pss`.
    pub scheme: Option<String>,
    /// Hash function: `sha256`.
    pub hash: Option<String>,
    /// Of what was signed or deciphered, lower-case hexadecimal.
    pub digest: Option<String>,
    /// Of a data object.
    pub label: Option<String>,
    /// Of the service at the other end.
    pub host: Option<String>,
}

/// One act.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Act {
    /// Whether the card is a real one.
    pub nature: Nature,
    /// Who.
    pub actor: Actor,
    /// Under which situation d'exercice, where one was chosen.
    pub activity: Option<Activity>,
    /// What.
    pub action: Action,
    /// With or to what.
    pub object: Object,
    /// How it ended.
    pub fate: Fate,
    /// Stable code of the error that ended it, `card.pin.refused`.
    pub code: Option<String>,
}
