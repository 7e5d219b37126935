//! The card driver on cards in this process: every persona, damaged cards, cards of others, faults, PINs.

#![cfg(feature = "emulate")]

mod damage;
mod exchanges;
mod faults;
mod foreign;
mod hostile;
mod mismatch;
mod personas;
mod pin;
mod recognition;
mod signing;
mod support;
