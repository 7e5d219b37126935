//! The other side of the door: the client's certificate, judged by a [`Judge`] in place of the TLS library, and the
//! connections of those who come in.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error as Library, OtherError,
    SignatureScheme,
};

use super::blocking;
use super::judge::{Judge, Party, Shown};
use super::visitor::{Admission, Refusal, Visitor};
use crate::pki::{Fact, Severity};
use crate::x509::Certificate;

/// Verifies the client in any rustls server: its certificate by a [`Judge`] and an [`Admission`], its signature by the TLS
/// library.
///
/// A certificate is always asked for. The library asks nothing about a session that is resumed: a server that keeps
/// sessions calls [`visitor`](Self::visitor) on each connection, as `Server` does.
pub struct ClientVerifier {
    judge: Arc<dyn Judge>,
    admission: Admission,
    refusing: Refusing,
    provider: Arc<CryptoProvider>,
    observer: fn(&Visitor),
}

/// Where those who are not admitted are told so.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusing {
    /// Nowhere: whoever proves to have the key of a certificate comes in, and who shows none too. The application looks at the
    /// [`Visitor`], which says whether they are admitted.
    DangerLater,
    /// In the handshake, by an alert that says why (RFC 8446 §6.2).
    InHandshake,
}

impl ClientVerifier {
    /// Verifies by this judge, and admits these.
    pub fn new(judge: Arc<dyn Judge>, admission: Admission, refusing: Refusing) -> Self {
        Self::observed(judge, admission, refusing, |_| {})
    }

    /// Also tells each visitor.
    pub(super) fn observed(
        judge: Arc<dyn Judge>,
        admission: Admission,
        refusing: Refusing,
        observer: fn(&Visitor),
    ) -> Self {
        Self { judge, admission, refusing, provider: super::provider(), observer }
    }

    /// Who showed these certificates, their own first, in this handshake or in the one the session comes from. `None` when
    /// they showed none.
    ///
    /// # Errors
    /// [`Unreadable`] when the first is not a certificate.
    pub fn visitor(&self, shown: &[CertificateDer<'_>]) -> Result<Option<Visitor>, Unreadable> {
        let Some((leaf, others)) = shown.split_first() else {
            return Ok(None);
        };
        let leaf = Certificate::parse(leaf).map_err(|_| Unreadable)?;
        let others: Vec<Certificate> =
            others.iter().filter_map(|found| Certificate::parse(found).ok()).collect();
        let shown = Shown { leaf: &leaf, others: &others, ocsp: None, party: Party::Client };
        let report = blocking(|| self.judge.judge(&shown));
        Ok(Some(Visitor::of(leaf, report, &self.admission)))
    }

    /// Where those who are not admitted are told so.
    pub fn refusing(&self) -> Refusing {
        self.refusing
    }
}

/// What a client showed is not a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the client's certificate cannot be read")]
pub struct Unreadable;

/// The alert that says why somebody is not admitted, by the error that the library makes it of.
fn alert(visitor: &Visitor) -> CertificateError {
    let grave =
        visitor.report.findings.iter().filter(|finding| finding.severity > Severity::Warning);
    let said = grave.filter_map(|finding| match &finding.fact {
        Fact::Revoked { .. } => Some((5, CertificateError::Revoked)),
        Fact::Expired { .. } => Some((4, CertificateError::Expired)),
        Fact::NotYetValid { .. } => Some((4, CertificateError::NotValidYet)),
        Fact::NoAnchor | Fact::NoIssuer { .. } | Fact::UntrustedRoot { .. } => {
            Some((3, CertificateError::UnknownIssuer))
        }
        Fact::RevocationUnknown => Some((2, CertificateError::UnknownRevocationStatus)),
        Fact::Purpose { .. } | Fact::KeyUsage { .. } => Some((1, CertificateError::InvalidPurpose)),
        _ => None,
    });
    let alert = said.max_by_key(|(telling, _)| *telling).map(|(_, alert)| alert);
    let of_no_right = |refusal: &Refusal| !matches!(refusal, Refusal::Verdict { .. });
    match alert {
        Some(alert) => alert,
        // A good certificate whose holder has no right here: access_denied.
        None if visitor.refusals.iter().all(of_no_right) => {
            CertificateError::ApplicationVerificationFailure
        }
        None => CertificateError::Other(OtherError(Arc::new(Unreadable))),
    }
}

impl fmt::Debug for ClientVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientVerifier")
            .field("judge", &self.judge)
            .field("admission", &self.admission)
            .field("refusing", &self.refusing)
            .finish_non_exhaustive()
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn client_auth_mandatory(&self) -> bool {
        self.refusing == Refusing::InHandshake
    }

    /// None: a list would hide certificates from whoever chooses among those of a browser, and the judge may know issuers
    /// that it has not met yet.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    /// The judge has a clock of its own.
    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Library> {
        let shown: Vec<CertificateDer<'_>> =
            std::iter::once(end_entity).chain(intermediates).cloned().collect();
        let visitor = self.visitor(&shown);
        let visitor = visitor.map_err(|_| Library::from(CertificateError::BadEncoding))?;
        let visitor = visitor.expect("the first certificate is here");
        (self.observer)(&visitor);
        if visitor.is_admitted() || self.refusing == Refusing::DangerLater {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(alert(&visitor).into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, Library> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, Library> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
