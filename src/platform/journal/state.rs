//! Where an order is, and the one table of what may become of it.

use super::super::port::Status;

/// Where an order is. In the order in which it goes.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum State {
    /// Entered; nothing was sent.
    Prepared,
    /// About to be sent, or sent: the answer is not here.
    Sending,
    /// The platform looks at it.
    Submitted,
    /// It can be retrieved.
    Ready,
    /// The code de révocation is durable; finalising was about to be sent, or was.
    Finalising,
    /// It can be downloaded.
    Finalised,
    /// The download was about to be asked for, or was.
    Downloading,
    /// The certificate is here, and is what was ordered.
    Collected,
    /// Revoking was about to be sent, or was.
    Revoking,
    /// The platform says it is revoked.
    Revoked,
    /// Lists or OCSP say so too.
    Published,
    /// The platform refused it.
    Refused,
    /// Given up, or not retrieved in time.
    Expired,
    /// The platform's key was downloaded and did not arrive: revoke, order again.
    Lost,
    /// What came is not what was ordered.
    Mismatched,
}

/// What happens to an order. Those that end in *leaves* are written before the platform is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Event<'e> {
    /// The key is on disk, with the request that was made with it.
    KeyMade,
    /// The order is about to be sent.
    RequestLeaves,
    /// The platform says where the order is.
    PlatformSays(&'e Status),
    /// The platform refused the order.
    RequestRefused,
    /// Finalising is about to be sent; the code is durable.
    FinalisationLeaves,
    /// The platform refused, and has not finalised.
    FinalisationRefused,
    /// The download is about to be asked for.
    DownloadLeaves,
    /// The certificate arrived; nothing was looked at.
    CertificateCame,
    /// It was inspected, and put where it goes.
    Installed,
    /// It is not what was ordered.
    Departs,
    /// The platform gave it before, and gives it once.
    DownloadLost,
    /// Revoking is about to be sent.
    RevocationLeaves,
    /// The platform refused, and has not revoked; the state is that of before.
    RevocationRefused(State),
    /// The platform says it is revoked.
    RevocationSaid,
    /// Lists or OCSP say so too.
    PublicationSeen,
}

impl State {
    /// Every state, in the order in which it goes.
    pub const ALL: [Self; 15] = [
        Self::Prepared,
        Self::Sending,
        Self::Submitted,
        Self::Ready,
        Self::Finalising,
        Self::Finalised,
        Self::Downloading,
        Self::Collected,
        Self::Revoking,
        Self::Revoked,
        Self::Published,
        Self::Refused,
        Self::Expired,
        Self::Lost,
        Self::Mismatched,
    ];

    /// Its name in the journal and in documents: `prepared`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::Sending => "sending",
            Self::Submitted => "submitted",
            Self::Ready => "ready",
            Self::Finalising => "finalising",
            Self::Finalised => "finalised",
            Self::Downloading => "downloading",
            Self::Collected => "collected",
            Self::Revoking => "revoking",
            Self::Revoked => "revoked",
            Self::Published => "published",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Lost => "lost",
            Self::Mismatched => "mismatched",
        }
    }

    /// Whether something may still come of it, or came and is alive: a second order for the same is not needed. Whether the
    /// certificate has expired is for who has a clock.
    pub fn is_alive(self) -> bool {
        self <= Self::Collected
    }

    /// The state after this event; `None` where it cannot happen.
    pub fn after(self, event: Event<'_>) -> Option<Self> {
        match event {
            Event::KeyMade => (self == Self::Prepared).then_some(self),
            Event::RequestLeaves => (self <= Self::Sending).then_some(Self::Sending),
            Event::PlatformSays(status) => Some(self.told(status)),
            Event::RequestRefused => (self == Self::Sending).then_some(Self::Refused),
            Event::FinalisationLeaves => {
                matches!(self, Self::Ready | Self::Finalising).then_some(Self::Finalising)
            }
            Event::FinalisationRefused => (self == Self::Finalising).then_some(Self::Ready),
            Event::DownloadLeaves => {
                matches!(self, Self::Finalised | Self::Downloading).then_some(Self::Downloading)
            }
            Event::CertificateCame => (self == Self::Downloading).then_some(self),
            Event::Installed => {
                matches!(self, Self::Downloading | Self::Collected).then_some(Self::Collected)
            }
            Event::Departs => (self == Self::Downloading).then_some(Self::Mismatched),
            Event::DownloadLost => (self == Self::Downloading).then_some(Self::Lost),
            Event::RevocationLeaves => self.may_be_revoked().then_some(Self::Revoking),
            Event::RevocationRefused(before) => (self == Self::Revoking).then_some(before),
            Event::RevocationSaid => self.may_be_revoked().then_some(Self::Revoked),
            Event::PublicationSeen => {
                matches!(self, Self::Revoked | Self::Published).then_some(Self::Published)
            }
        }
    }

    /// Whether there may be a certificate that is not revoked.
    fn may_be_revoked(self) -> bool {
        match self {
            Self::Finalised
            | Self::Downloading
            | Self::Collected
            | Self::Revoking
            | Self::Lost
            | Self::Mismatched => true,
            Self::Prepared
            | Self::Sending
            | Self::Submitted
            | Self::Ready
            | Self::Finalising
            | Self::Revoked
            | Self::Published
            | Self::Refused
            | Self::Expired => false,
        }
    }

    /// What the platform says moves an order forwards only: an answer that was on its way for long is not news. Once the
    /// certificate is here, or will not come, the state of its order on the platform decides nothing.
    fn told(self, status: &Status) -> Self {
        if self >= Self::Collected {
            return self;
        }
        match status {
            Status::Refusee => Self::Refused,
            Status::Abandonnee | Status::Expiree => Self::Expired,
            // Whatever it is called, it is there.
            Status::Soumise | Status::Autre(_) => self.max(Self::Submitted),
            Status::ARetirer => self.max(Self::Ready),
            Status::Finalisee => self.max(Self::Finalised),
            Status::Retiree => self.max(Self::Downloading),
        }
    }
}

impl Event<'_> {
    /// Its name in the history: `request-leaves`, `platform-says-a-retirer`.
    pub fn name(self) -> &'static str {
        match self {
            Self::KeyMade => "key-made",
            Self::RequestLeaves => "request-leaves",
            Self::PlatformSays(Status::Soumise) => "platform-says-soumise",
            Self::PlatformSays(Status::Refusee) => "platform-says-refusee",
            Self::PlatformSays(Status::ARetirer) => "platform-says-a-retirer",
            Self::PlatformSays(Status::Finalisee) => "platform-says-finalisee",
            Self::PlatformSays(Status::Retiree) => "platform-says-retiree",
            Self::PlatformSays(Status::Abandonnee) => "platform-says-abandonnee",
            Self::PlatformSays(Status::Expiree) => "platform-says-expiree",
            Self::PlatformSays(Status::Autre(_)) => "platform-says-another",
            Self::RequestRefused => "request-refused",
            Self::FinalisationLeaves => "finalisation-leaves",
            Self::FinalisationRefused => "finalisation-refused",
            Self::DownloadLeaves => "download-leaves",
            Self::CertificateCame => "certificate-came",
            Self::Installed => "installed",
            Self::Departs => "departs",
            Self::DownloadLost => "download-lost",
            Self::RevocationLeaves => "revocation-leaves",
            Self::RevocationRefused(_) => "revocation-refused",
            Self::RevocationSaid => "revocation-said",
            Self::PublicationSeen => "publication-seen",
        }
    }
}
