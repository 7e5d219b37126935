//! TLS to a PostgreSQL server: verified as servers of the Web are, by the system's anchors or by those that are given.

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
/// What connects to a database over TLS.
pub use tokio_postgres_rustls::MakeRustlsConnect as DatabaseTls;

use crate::x509::Certificate;

/// By which anchors a database server is verified.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DatabaseAnchors<'a> {
    /// The operating system's.
    System,
    /// Those of a file, PEM or DER.
    These(&'a [u8]),
}

/// Why no database server can be verified.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseTlsError {
    /// There is no anchor.
    #[error("no certificate that is an anchor for the database server was found")]
    NoAnchor,
}

/// What connects to a database server that these anchors vouch for, by its name.
///
/// # Errors
/// [`DatabaseTlsError::NoAnchor`].
pub fn database(anchors: DatabaseAnchors<'_>) -> Result<DatabaseTls, DatabaseTlsError> {
    let found: Vec<CertificateDer<'static>> = match anchors {
        DatabaseAnchors::System => rustls_native_certs::load_native_certs().certs,
        DatabaseAnchors::These(file) => Certificate::all_from_pem_or_der(file)
            .into_iter()
            .flatten()
            .map(|certificate| CertificateDer::from(certificate.der().to_vec()))
            .collect(),
    };
    let mut roots = RootCertStore::empty();
    if roots.add_parsable_certificates(found).0 == 0 {
        return Err(DatabaseTlsError::NoAnchor);
    }
    let config = ClientConfig::builder_with_provider(super::provider())
        .with_safe_default_protocol_versions()
        .expect("the provider has suites of TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(DatabaseTls::new(config))
}
