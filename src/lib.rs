//! French health-professional smart cards (CPx) and the certificates of the health PKI IGC-Santé.
//!
//! The layers, lowest first; each uses only what stands above it in this list:
//!
//! - [`iso7816`]: APDUs, status words, BER-TLV, ATR. Bytes only, no I/O.
//! - [`id`], [`secret`], [`nomenclature`], [`x509`]: identifiers, secrets, published code tables, and
//!   what a certificate says (no verdict).
//! - [`pki`]: whether a certificate is good: paths and revocation lists (RFC 5280). No clock, no network.
//! - `index`: sealed indexes of lists that were verified, so that they are not read again (feature `index`).
//! - [`transport`]: a connected card, as traits; PC/SC behind the feature `pcsc`.
//! - [`card`]: a CPx card: recognition, files, identity, PIN.
//! - [`credential`]: a key that signs, with its certificates: on a card or in a file.
//! - [`cms`]: signatures in the form of CMS, the content apart.
//! - `tls`: both sides of TLS with a credential, judged by [`pki`] (feature `tls`).
//! - `web`: HTTP over that: one request, the local proxy, the bench (feature `web`).
//! - `trace`: functional traces, chained and sealed (feature `trace`).
//! - `platform`: TEST certificates ordered, retrieved, tracked and revoked, with `fleet` and `form` beside it (feature
//!   `platform`).
//! - [`emulate`]: the virtual card and its test authorities, written from the specification and never
//!   from [`card`]; the emulated platform (feature `emulated-platform`), never from `platform`.
//!
//! The binary `cpskit` (feature `cli`) is a thin layer over these.
//!
//! ```
//! use cpskit::card::Card;
//! use cpskit::emulate::{VirtualReader, issue};
//!
//! let reader = VirtualReader::insert(issue::builtin("medecin-cps3")?);
//! let mut card = Card::open(Box::new(reader))?;
//! let id = card.session(|session| session.national_id())?;
//! assert_eq!(id.as_str(), "899700100011");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod card;
#[cfg(feature = "cli")]
pub mod cli;
pub mod cms;
pub mod credential;
#[cfg(feature = "emulate")]
pub mod emulate;
#[cfg(feature = "platform")]
pub mod fleet;
#[cfg(feature = "platform")]
pub mod form;
pub mod id;
#[cfg(feature = "index")]
pub mod index;
pub mod iso7816;
#[cfg(feature = "net")]
pub mod net;
pub mod nomenclature;
pub mod pki;
#[cfg(feature = "platform")]
pub mod platform;
pub mod secret;
#[cfg(feature = "store")]
pub mod store;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(feature = "trace")]
pub mod trace;
pub mod transport;
#[cfg(feature = "web")]
pub mod web;
pub mod x509;

// The programs of the guide are tests.
#[cfg(all(doctest, feature = "emulate", feature = "store", feature = "web"))]
#[doc = include_str!("../docs/guide/use-the-card-from-rust.md")]
mod guide {}
