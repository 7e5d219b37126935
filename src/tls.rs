//! The one room that names the TLS library: rustls, with the cryptography of ring.

use std::error::Error;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;

/// The cryptography of every TLS connection.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// What the TLS library has against the other side, when that is why this failed.
pub(crate) fn problem(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return Some(error.to_string());
        }
        next = match error.downcast_ref::<std::io::Error>() {
            // An I/O error hides the error it was made of behind that one's own cause.
            Some(error) => error.get_ref().map(|inner| -> &(dyn Error + 'static) { inner }),
            None => error.source(),
        };
    }
    None
}
