//! Ordering, retrieving, tracking and revoking TEST certificates of the *plateforme de confiance IGC-Santé*.
//!
//! The web service of the platform is not public. So [`Port`](port::Port) is the lifecycle's view of any platform, and what
//! speaks to one stands behind it: [`manual`] has a person click, [`rest`] speaks the protocol of our emulator
//! (`docs/reference/platform-protocol.md`). What the lifecycle asks of a port is written into the [`journal`] before it is asked,
//! what comes back before it is used: a process that dies in between is run again, and orders nothing twice.

pub mod habilitation;
pub mod journal;
pub mod key;
pub mod lifecycle;
pub mod manual;
pub mod port;
pub mod product;
pub mod received;
pub mod rest;
pub mod rule;
pub mod vault;
pub mod want;
