//! The lifecycle's view of a platform: seven questions, whatever carries them (platform fact sheet §12.1).
//!
//! A port neither keeps anything nor tries again: the [lifecycle](super::lifecycle) does, with the [journal](super::journal).

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::habilitation::Habilitation;
use super::product::Product;
use super::want::Want;
use crate::secret::Secret;
use crate::x509::Serial;

/// A platform. Implementations: [`rest`](super::rest), [`manual`](super::manual); the real web service once it is public.
pub trait Port: fmt::Debug + Send + Sync {
    /// Which binding this is, for the journal and for documents: `manual`, `rest`.
    fn binding(&self) -> &'static str;

    /// Where the platform is, as the journal tells platforms apart; empty for one without an address.
    fn endpoint(&self) -> &str;

    /// Whether what it gives is emulated.
    fn nature(&self) -> Nature;

    /// What the card may order.
    ///
    /// # Errors
    /// [`PortError`], as of every operation here.
    fn habilitations(&self) -> Result<Reply<Vec<Habilitation>>, PortError>;

    /// Orders. Repeated with the same reference and the same body, it is one order.
    fn request(&self, demand: &Demand<'_>) -> Result<Reply<Progress>, PortError>;

    /// Where an order is.
    fn follow(&self, id: &DemandId) -> Result<Reply<Progress>, PortError>;

    /// The orders this card sees, all pages.
    fn search(&self, filter: &Filter) -> Result<Reply<Vec<Progress>>, PortError>;

    /// Sets the code de révocation and accepts CGU and certificate. Repeated with the same code, it is done once.
    fn finalise(
        &self,
        id: &DemandId,
        finalisation: &Finalisation<'_>,
    ) -> Result<Reply<Progress>, PortError>;

    /// Takes the certificate, or the PKCS#12 that the platform made, which may be given once only.
    fn download(
        &self,
        id: &DemandId,
        password: Option<&Secret<String>>,
    ) -> Result<Reply<Delivered>, PortError>;

    /// Revokes, for ever.
    fn revoke(
        &self,
        serial: &Serial,
        revocation: &Revocation<'_>,
    ) -> Result<Reply<Issued>, PortError>;

    /// What the platform says of a certificate.
    fn certificate(&self, serial: &Serial) -> Result<Reply<Issued>, PortError>;
}

/// Whether a platform is the emulator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Nature {
    /// What it gives is worthless.
    Emulated,
    /// Nothing says that it is not real.
    Real,
}

/// What became of an operation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reply<T> {
    /// It is done, and this is the answer.
    Done(T),
    /// A person has to do it, then say so.
    ByHand(Instructions),
}

/// What a person has to do on the platform's screens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Instructions {
    /// What to click and to type, in order, with the values; never a secret.
    pub steps: Vec<String>,
    /// The command to type afterwards.
    pub then: String,
}

/// An order as the platform numbers it.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DemandId(pub String);

/// An order.
#[derive(Debug)]
pub struct Demand<'d> {
    /// Ours: the same for all attempts.
    pub reference: Uuid,
    /// Under which habilitation.
    pub profile: Option<&'d str>,
    /// What is wanted.
    pub want: &'d Want,
    /// Whose key it is for.
    pub key: KeyDemand<'d>,
    /// Where mails go.
    pub contact: Option<&'d str>,
}

/// The key of an order.
#[derive(Debug)]
pub enum KeyDemand<'d> {
    /// Made here; this is its PKCS#10 in DER.
    Local {
        /// The certification request.
        csr: &'d [u8],
    },
    /// Made by the platform, protected with this password.
    Platform {
        /// Lost, it is lost.
        password: &'d Secret<String>,
    },
}

/// Where an order is, as the platform says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Progress {
    /// The platform's number.
    pub id: DemandId,
    /// Our reference, where the platform keeps it.
    pub reference: Option<Uuid>,
    /// The state.
    pub status: Status,
    /// Ask again not before this, where the platform says.
    pub retry_after: Option<Duration>,
    /// What was ordered, where the platform repeats it in a form that is known.
    pub product: Option<Product>,
    /// For whom.
    pub structure: Option<String>,
    /// Under which habilitation.
    pub profile: Option<String>,
    /// With which card, by its token identifier.
    pub card: Option<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it changed last.
    pub updated: Option<Timestamp>,
    /// The page where a person retrieves it.
    pub url: Option<String>,
    /// Why it was refused.
    pub refusal: Option<String>,
    /// The certificate's serial number, once there is one.
    pub serial: Option<Serial>,
}

/// The state of an order on the platform.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Status {
    /// It is looked at.
    Soumise,
    /// It will not be.
    Refusee,
    /// It can be retrieved.
    ARetirer,
    /// The code is set; it can be downloaded.
    Finalisee,
    /// It was downloaded.
    Retiree,
    /// Given up.
    Abandonnee,
    /// Not retrieved in time.
    Expiree,
    /// Whatever a platform says that we do not know, as it says it.
    Autre(String),
}

/// Sets the code and accepts.
#[derive(Debug)]
pub struct Finalisation<'f> {
    /// The code de révocation; sent twice, as the platform asks.
    pub code: &'f Secret<String>,
    /// The versions that were accepted.
    pub acceptance: &'f Acceptance,
}

/// What somebody accepted, by version.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Acceptance {
    /// Conditions générales d'utilisation.
    pub cgu: String,
    /// Certificate and politique de certification.
    pub pc: String,
    /// Who accepted, where `fleet.toml` says.
    pub by: Option<String>,
}

/// What a download gives.
#[derive(Clone, Eq, PartialEq)]
pub enum Delivered {
    /// A certificate in DER.
    Certificate(Vec<u8>),
    /// A PKCS#12 with a key that the platform made.
    Pkcs12(Zeroizing<Vec<u8>>),
}

/// Without the container.
impl fmt::Debug for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(der) => write!(f, "Certificate({} bytes)", der.len()),
            Self::Pkcs12(file) => write!(f, "Pkcs12({} bytes)", file.len()),
        }
    }
}

/// Why a certificate is revoked (platform fact sheet §8; the platform's own list is not published). Never a hold: it is for ever.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Reason {
    /// The key was lost.
    Lost,
    /// The key was stolen.
    Stolen,
    /// Somebody else may have the key: keyCompromise.
    Compromised,
    /// What the certificate says is no longer so: affiliationChanged.
    Changed,
    /// Another takes its place: superseded.
    Superseded,
    /// It is used no more: cessationOfOperation.
    Ceased,
    /// Another: unspecified.
    Other,
}

/// Revokes.
#[derive(Debug)]
pub struct Revocation<'r> {
    /// The code set when it was retrieved.
    pub code: &'r Secret<String>,
    /// Why.
    pub reason: Reason,
}

/// A certificate, as the platform says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Issued {
    /// Its serial number.
    pub serial: Serial,
    /// Its subject, as the platform writes it.
    pub subject: String,
    /// Its state.
    pub status: CertificateStatus,
    /// Since when it is revoked.
    pub revoked_at: Option<Timestamp>,
    /// The order it comes from.
    pub demand: Option<DemandId>,
}

/// The state of a certificate on the platform, which is not what lists say of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CertificateStatus {
    /// Neither revoked nor expired.
    Actif,
    /// Revoked.
    Revoque,
    /// Its time is over.
    Expire,
    /// Whatever a platform says that we do not know.
    Autre(String),
}

/// Which orders.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Filter {
    /// Of this product.
    pub product: Option<Product>,
    /// For this structure.
    pub structure: Option<String>,
    /// With this reference of ours.
    pub reference: Option<Uuid>,
}

/// Why an operation did not give what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PortError {
    /// The platform refused, and will again.
    #[error("the platform refuses: {label} ({code})")]
    Refused {
        /// What kind of refusal it is.
        refusal: Refusal,
        /// The platform's code.
        code: String,
        /// The platform's words.
        label: String,
        /// By which the platform finds it in its logs.
        correlation: Option<String>,
    },
    /// The platform says to come back.
    #[error("the platform is not ready: {label} ({code})")]
    Later {
        /// Not before this.
        after: Option<Duration>,
        /// The platform's code.
        code: String,
        /// The platform's words.
        label: String,
    },
    /// It was not reached: nothing was done.
    #[error("the platform is not reached")]
    Unreached(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The connection ended, or the answer says nothing of use: whether it was done is not known.
    #[error("the platform's answer was lost")]
    Unanswered(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An answer that is not of the protocol: whether it was done is not known.
    #[error("the platform's answer is not understood: {0}")]
    Misspoken(String),
    /// The server is not who it must be, or did not let this client in: nothing was done.
    #[error("no trust between this client and the platform")]
    Untrusted(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The key that proves who asks: card, reader, PIN. Nothing was done.
    #[error(transparent)]
    Credential(std::sync::Arc<crate::credential::Error>),
}

/// Kinds of refusal that a lifecycle tells apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Refusal {
    /// The reference was used for another order.
    Duplicate,
    /// Not in this state.
    State,
    /// Revoked already.
    AlreadyRevoked(Option<Timestamp>),
    /// Downloaded already, and once is all.
    Downloaded,
    /// The code is wrong.
    Code,
    /// There is no such order or certificate, or it is not visible.
    Unknown,
    /// Any other: rights, perimeter, policies, form.
    Other,
}

impl Status {
    /// As the platform writes it: `A_RETIRER`.
    pub fn name(&self) -> &str {
        match self {
            Self::Soumise => "SOUMISE",
            Self::Refusee => "REFUSEE",
            Self::ARetirer => "A_RETIRER",
            Self::Finalisee => "FINALISEE",
            Self::Retiree => "RETIREE",
            Self::Abandonnee => "ABANDONNEE",
            Self::Expiree => "EXPIREE",
            Self::Autre(name) => name,
        }
    }
}

/// Any text is one: platforms may know others than we do.
impl From<String> for Status {
    fn from(name: String) -> Self {
        let known = [
            Self::Soumise,
            Self::Refusee,
            Self::ARetirer,
            Self::Finalisee,
            Self::Retiree,
            Self::Abandonnee,
            Self::Expiree,
        ];
        known.into_iter().find(|status| status.name() == name).unwrap_or(Self::Autre(name))
    }
}

impl CertificateStatus {
    /// As the platform writes it: `ACTIF`.
    pub fn name(&self) -> &str {
        match self {
            Self::Actif => "ACTIF",
            Self::Revoque => "REVOQUE",
            Self::Expire => "EXPIRE",
            Self::Autre(name) => name,
        }
    }
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::Lost,
        Self::Stolen,
        Self::Compromised,
        Self::Changed,
        Self::Superseded,
        Self::Ceased,
        Self::Other,
    ];

    /// As it is typed, and as journals and documents keep it: `compromised`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Stolen => "stolen",
            Self::Compromised => "compromised",
            Self::Changed => "changed",
            Self::Superseded => "superseded",
            Self::Ceased => "ceased",
            Self::Other => "other",
        }
    }
}
