//! The card driver on cards in this process: every persona, damaged cards, cards of others, faults, PINs.

#![cfg(feature = "emulate")]

mod credential;
mod damage;
mod data;
mod exchanges;
mod faults;
mod foreign;
mod hostile;
mod mismatch;
mod new_pin;
mod personas;
mod pin;
mod recognition;
mod signing;
mod signing_faults;
mod support;
