//! The virtual card and the authorities that certify it.
//!
//! Written from the specification of the card and of the PKI, and from recorded exchanges; never from
//! [`crate::card`], so that one misreading cannot hide in both. Everything made here says that it is emulated.

pub mod card;
pub mod fault;
pub mod igc;
pub mod issue;
pub mod persona;
#[cfg(feature = "emulated-platform")]
pub mod platform;
pub mod reader;
mod rsa;

pub use card::{Certificates, VirtualCard};
pub use fault::Fault;
pub use persona::{Persona, PersonaError};
pub use reader::{Slot, VirtualReader};
