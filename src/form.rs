//! Forms of the administrative step, which comes before any certificate can be ordered: filled from a fleet, never signed.
//!
//! [`acroform`] fills the fields of any interactive PDF. [`f414`] knows one form, the order of TEST cards and the
//! declaration of administrateurs techniques, as data: its fields, its catalogue and its limits.

pub mod acroform;
pub mod f414;
