//! Helpers of the integration tests. Each test binary takes them with
//! `#[path = "../support/support.rs"] mod support;` and uses a part of them.
#![allow(dead_code)]

pub(crate) mod cli;
pub(crate) mod daemon;
#[cfg(all(unix, feature = "pcsc"))]
pub(crate) mod desk;
pub(crate) mod gnutls;
pub(crate) mod mint;
#[cfg(all(unix, feature = "pcsc"))]
pub(crate) mod other;
#[cfg(unix)]
pub(crate) mod pcscd;
#[cfg(all(unix, feature = "platform"))]
pub(crate) mod postgres;
pub(crate) mod schema;
#[cfg(target_os = "linux")]
pub(crate) mod strace;
pub(crate) mod tool;
