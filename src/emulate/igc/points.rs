//! Where the certificates of an authority say that its lists, its OCSP and its own certificate are.

use super::Authority;
use super::authority::ObjectClass;

/// The addresses in a certificate.
pub(super) struct Points {
    /// Of the complete list.
    pub(super) lists: Vec<String>,
    /// Of the delta list.
    pub(super) delta: String,
    /// Of OCSP.
    pub(super) ocsp: String,
    /// Of the issuer's certificate.
    pub(super) issuer: String,
}

impl Points {
    /// Under the reserved name, as our authorities have them: nothing is there.
    pub(super) fn nowhere(issuer: Authority) -> Self {
        Self {
            lists: issuer.crl_urls(ObjectClass::EndEntity).into(),
            delta: issuer.delta_crl_url(),
            ocsp: issuer.ocsp_url(),
            issuer: issuer.certificate_url(),
        }
    }

    /// At a service that runs: `http://127.0.0.1:PORT`.
    pub(super) fn at(base: &str, issuer: Authority) -> Self {
        let code = issuer.code();
        Self {
            lists: vec![format!("{base}/CRL/{code}.crl")],
            delta: format!("{base}/CRL/{code}-delta.crl"),
            ocsp: format!("{base}/OCSP"),
            issuer: format!("{base}/AC/{code}.cer"),
        }
    }
}
