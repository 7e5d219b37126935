//! The server's certificate, judged by a [`Judge`] in place of the TLS library.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};

use super::error::{Error, Untrusted};
use super::judge::{Judge, Party, Shown};
use super::{Host, blocking};
use crate::pki::{Report, Verdict};
use crate::x509::Certificate;

/// Verifies the server in any rustls client: its certificate by a [`Judge`], its signature by the TLS library.
///
/// The error of a handshake that is refused holds the report: [`Error::within`].
pub struct Verifier {
    judge: Arc<dyn Judge>,
    provider: Arc<CryptoProvider>,
    observer: fn(&Report),
}

impl Verifier {
    /// Verifies by this judge.
    pub fn new(judge: Arc<dyn Judge>) -> Self {
        Self::observed(judge, |_| {})
    }

    /// Also tells each report.
    pub(super) fn observed(judge: Arc<dyn Judge>, observer: fn(&Report)) -> Self {
        Self { judge, provider: super::provider(), observer }
    }

    /// Judges a server by what it shows, or showed in an earlier handshake.
    pub(super) fn admit<'c>(
        &self,
        leaf: &CertificateDer<'_>,
        others: impl Iterator<Item = &'c CertificateDer<'c>>,
        name: &ServerName<'_>,
        ocsp: Option<&[u8]>,
    ) -> Result<(), Error> {
        let leaf = Certificate::parse(leaf).map_err(Error::ServerCertificate)?;
        let others: Vec<Certificate> =
            others.filter_map(|found| Certificate::parse(found).ok()).collect();
        let party = Party::Server(Host::peer(name));
        let shown = Shown { leaf: &leaf, others: &others, ocsp, party };
        let report = blocking(|| self.judge.judge(&shown));
        (self.observer)(&report);
        match report.verdict() {
            Verdict::Valid => Ok(()),
            Verdict::Invalid | Verdict::Indeterminate => {
                Err(Error::Untrusted(Arc::new(Untrusted { report })))
            }
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("judge", &self.judge).finish_non_exhaustive()
    }
}

impl ServerCertVerifier for Verifier {
    /// The judge has a clock of its own.
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let ocsp = Some(ocsp_response).filter(|ocsp| !ocsp.is_empty());
        self.admit(end_entity, intermediates.iter(), server_name, ocsp).map_err(Error::carried)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
