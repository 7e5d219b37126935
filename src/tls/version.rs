//! Versions of TLS: those asked for, and those that a credential leaves.

use std::fmt;

use rustls::{SupportedProtocolVersion, version};

use crate::credential::{Credential, Padding, Scheme};

/// A version of TLS.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Version {
    /// TLS 1.2, RFC 5246.
    Tls12,
    /// TLS 1.3, RFC 8446.
    Tls13,
}

/// The versions that a connection may use.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Versions {
    /// TLS 1.2 and 1.3, the latter preferred.
    #[default]
    Both,
    /// One only.
    Only(Version),
}

/// Why a version is not offered.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VersionLimit {
    /// The key of the client has no scheme that TLS 1.3 takes.
    #[error(
        "TLS 1.3 is not offered: it takes no RSA signature but PSS (RFC 8446 §4.2.3), which this key does not make (a CPS3 has no PSS)"
    )]
    NoPss,
}

impl Version {
    /// Its name: `TLS 1.3`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        }
    }

    #[cfg(feature = "web")]
    pub(super) fn of(version: rustls::ProtocolVersion) -> Self {
        match version {
            rustls::ProtocolVersion::TLSv1_3 => Self::Tls13,
            // The library speaks these two.
            _ => Self::Tls12,
        }
    }

    fn supported(self) -> &'static SupportedProtocolVersion {
        match self {
            Self::Tls12 => &version::TLS12,
            Self::Tls13 => &version::TLS13,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Versions {
    /// Those of these that the credential leaves, and why not all.
    ///
    /// # Errors
    /// [`VersionLimit`] when none is left.
    pub fn left_by(
        self,
        credential: &dyn Credential,
    ) -> Result<(Self, Option<VersionLimit>), VersionLimit> {
        let limit = VersionLimit::of(credential);
        match (self, limit) {
            (versions, None) | (versions @ Self::Only(Version::Tls12), _) => Ok((versions, None)),
            (Self::Both, Some(limit)) => Ok((Self::Only(Version::Tls12), Some(limit))),
            (Self::Only(Version::Tls13), Some(limit)) => Err(limit),
        }
    }

    /// As the TLS library has them: for [`rustls::ConfigBuilder::with_protocol_versions`].
    pub fn supported(self) -> Vec<&'static SupportedProtocolVersion> {
        match self {
            Self::Both => vec![&version::TLS13, &version::TLS12],
            Self::Only(version) => vec![version.supported()],
        }
    }
}

impl VersionLimit {
    fn of(credential: &dyn Credential) -> Option<Self> {
        let pkcs1 = |scheme: &Scheme| matches!(scheme.padding(), Some(Padding::Pkcs1));
        credential.schemes().iter().all(pkcs1).then_some(Self::NoPss)
    }
}
