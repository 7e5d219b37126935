//! The one room that names the TLS library: rustls, with the cryptography of ring.

use std::error::Error;
use std::io;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;

/// The cryptography of every TLS connection.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// What the TLS library has against the other side, when that is why this failed.
pub(crate) fn problem(error: &io::Error) -> Option<String> {
    let mut cause: &(dyn Error + 'static) = error.get_ref()?;
    loop {
        if let Some(problem) = cause.downcast_ref::<rustls::Error>() {
            return Some(problem.to_string());
        }
        cause = cause.downcast_ref::<io::Error>()?.get_ref()?;
    }
}
