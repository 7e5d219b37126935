//! One line: how it is written, and how it is read again.
//!
//! The hash of a line is SHA-256 over its bytes up to the comma before `"hash"`, so that any tool can compute it, and
//! what follows has one form only: no byte of a line can change unseen.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::act::{Act, Action, Activity, Fate, Nature, Object};
use super::{Hash, Id};

/// The longest line, in bytes, its end included: what a card says has a bound, and so has a reader's memory.
pub(super) const LONGEST: usize = 1 << 16;

const SCHEMA: &str = "cpskit.trace.entry/1";

/// What a line says beside its place in the chain.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content<'a> {
    /// The first of the file.
    Open(Id),
    /// An act.
    Act(&'a Act),
    /// So many bytes of a line that had been begun were dropped.
    Mend(u64),
    /// The end of a run of so many acts.
    Close(u64),
}

/// Where a line stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) seq: u64,
    pub(super) at: Timestamp,
    pub(super) run: Id,
    pub(super) previous: Hash,
    pub(super) nature: Nature,
}

#[derive(Serialize)]
struct Written<'a> {
    schema: &'static str,
    emulated: bool,
    kind: Kind,
    seq: u64,
    at: Timestamp,
    run: String,
    #[serde(flatten)]
    content: WrittenContent<'a>,
    previous: String,
}

#[derive(Serialize)]
#[serde(untagged)]
enum WrittenContent<'a> {
    Open {
        trace: String,
        by: &'static str,
    },
    Act {
        actor: WrittenActor,
        activity: Option<&'a Activity>,
        action: Action,
        object: &'a Object,
        result: Fate,
        code: Option<&'a str>,
    },
    Mend {
        dropped: u64,
    },
    Close {
        acts: u64,
    },
}

#[derive(Serialize)]
struct WrittenActor {
    national_id: Option<String>,
    card_number: Option<String>,
    chip_serial: Option<String>,
}

/// What a line is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Open,
    Act,
    Mend,
    Close,
}

impl Content<'_> {
    /// The line, its end included, and its hash.
    pub(super) fn write(self, place: Place) -> (String, Hash) {
        let (kind, content) = match self {
            Self::Open(id) => {
                let by = concat!("cpskit ", env!("CARGO_PKG_VERSION"));
                (Kind::Open, WrittenContent::Open { trace: id.to_string(), by })
            }
            Self::Act(act) => (
                Kind::Act,
                WrittenContent::Act {
                    actor: WrittenActor {
                        national_id: act.actor.national_id.as_ref().map(ToString::to_string),
                        card_number: act.actor.card_number.as_ref().map(ToString::to_string),
                        chip_serial: act.actor.chip_serial.as_ref().map(ToString::to_string),
                    },
                    activity: act.activity.as_ref(),
                    action: act.action,
                    object: &act.object,
                    result: act.fate,
                    code: act.code.as_deref(),
                },
            ),
            Self::Mend(dropped) => (Kind::Mend, WrittenContent::Mend { dropped }),
            Self::Close(acts) => (Kind::Close, WrittenContent::Close { acts }),
        };
        let written = Written {
            schema: SCHEMA,
            emulated: place.nature == Nature::Emulated,
            kind,
            seq: place.seq,
            at: place.at,
            run: place.run.to_string(),
            content,
            previous: place.previous.to_string(),
        };
        let mut line = serde_json::to_string(&written).expect("entries are plain data");
        line.pop();
        let hash = Hash::of(line.as_bytes());
        line.push_str(&format!("{HASH}{hash}{END}\n"));
        (line, hash)
    }
}

const HASH: &str = ",\"hash\":\"";
const END: &str = "\"}";

/// A line that was read, and whose own hash is right.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Line {
    pub(super) kind: Kind,
    pub(super) nature: Nature,
    pub(super) seq: u64,
    pub(super) run: Id,
    /// Of the file, in its first line.
    pub(super) trace: Option<Id>,
    /// In the line that ends a run.
    pub(super) acts: Option<u64>,
    pub(super) previous: Hash,
    pub(super) hash: Hash,
}

/// What is needed of a line again. A later minor version may have added fields.
#[derive(Deserialize)]
struct Read {
    schema: String,
    emulated: bool,
    kind: Kind,
    seq: u64,
    run: String,
    trace: Option<String>,
    acts: Option<u64>,
    previous: String,
}

impl Line {
    /// Reads a line, without the character that ends it.
    pub(super) fn parse(line: &[u8]) -> Result<Self, Flaw> {
        let text = std::str::from_utf8(line).map_err(|_| Flaw::Form)?;
        let tail = HASH.len() + 64 + END.len();
        let split = text.len().checked_sub(tail).filter(|at| text.is_char_boundary(*at));
        let (body, tail) = text.split_at(split.ok_or(Flaw::Form)?);
        let hash = tail.strip_prefix(HASH).and_then(|tail| tail.strip_suffix(END));
        let hash = hash.and_then(Hash::parse).ok_or(Flaw::Form)?;
        if Hash::of(body.as_bytes()) != hash {
            return Err(Flaw::Hash);
        }
        let read: Read = serde_json::from_str(text).map_err(|_| Flaw::Form)?;
        let trace = read.trace.map(|id| Id::parse(&id).ok_or(Flaw::Form)).transpose()?;
        if read.schema != SCHEMA
            || (read.kind == Kind::Open) != trace.is_some()
            || (read.kind == Kind::Close) != read.acts.is_some()
        {
            return Err(Flaw::Form);
        }
        Ok(Self {
            kind: read.kind,
            nature: if read.emulated { Nature::Emulated } else { Nature::Real },
            seq: read.seq,
            run: Id::parse(&read.run).ok_or(Flaw::Form)?,
            trace,
            acts: read.acts,
            previous: Hash::parse(&read.previous).ok_or(Flaw::Form)?,
            hash,
        })
    }

    /// Whether this could be the beginning of a line whose writing was cut short, as a power loss leaves it.
    pub(super) fn is_torn(fragment: &[u8]) -> bool {
        // Some systems give the length before the content, which then reads as zeros.
        let written = fragment.len() - fragment.iter().rev().take_while(|byte| **byte == 0).count();
        let fragment = &fragment[..written];
        let cut_in_character = match std::str::from_utf8(fragment) {
            Ok(_) => false,
            Err(error) if error.error_len().is_none() => true,
            Err(_) => return false,
        };
        let mut values =
            serde_json::Deserializer::from_slice(fragment).into_iter::<serde_json::Value>();
        match values.next() {
            None => true,
            Some(Ok(_)) => false,
            Some(Err(error)) => {
                (error.is_eof() || cut_in_character)
                    && fragment
                        .iter()
                        .zip(b"{\"schema\":\"cpskit.trace.entry/1\"")
                        .all(|(a, b)| a == b)
            }
        }
    }
}

/// What is wrong with a file of traces, at one line.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// A line that ends a run counts other acts than stand there.
    #[error("the end of a run counts {counted} acts, and {found} are there")]
    Count {
        /// What the line says.
        counted: u64,
        /// Acts of that run before it.
        found: u64,
    },
    /// A line of a run stands after the end of that run.
    #[error("it belongs to a run that had ended")]
    Ended,
    /// It is no line of traces.
    #[error("it is not a line of traces")]
    Form,
    /// The content does not have the hash that the line carries.
    #[error("its content is not what its hash says")]
    Hash,
    /// The first line is not the first of a file, or a later one is.
    #[error("the first line of the file is missing, or stands elsewhere")]
    Opening,
    /// It follows another line than the one before it.
    #[error("it does not follow the line before it")]
    Previous,
    /// Its number is not the next one.
    #[error("it is number {found}, and number {expected} comes next")]
    Sequence {
        /// What comes next.
        expected: u64,
        /// What the line says.
        found: u64,
    },
}
