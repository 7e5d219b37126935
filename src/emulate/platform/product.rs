//! What can be ordered of the emulated platform (platform fact sheet §6 and §12.2).

use serde::{Deserialize, Serialize};

use crate::emulate::igc::OrganisationProduct;

/// A product: an offer with one of its usages. PS is off.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Product {
    /// ORG AUTH_CLI.
    OrgAuthCli,
    /// ORG SIGN.
    OrgSign,
    /// ORG CONF.
    OrgConf,
    /// SERV SSL_SERV.
    ServSslServ,
    /// SERV SMIME.
    ServSmime,
    /// SERV SIGN.
    ServSign,
    /// SERV CONF.
    ServConf,
    /// PRO AUTH.
    ProAuth,
    /// PRO SIGN.
    ProSign,
    /// PRO CONF.
    ProConf,
}

/// What names a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Naming {
    /// A service applicatif.
    Service,
    /// The names of a server.
    Server,
    /// An address.
    Address,
}

impl Product {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::OrgAuthCli,
        Self::OrgSign,
        Self::OrgConf,
        Self::ServSslServ,
        Self::ServSmime,
        Self::ServSign,
        Self::ServConf,
        Self::ProAuth,
        Self::ProSign,
        Self::ProConf,
    ];

    /// The product of this name.
    pub fn of(offre: &str, usage: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|product| product.name() == (offre, usage))
    }

    /// `offre` and `usage`.
    pub fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::OrgAuthCli => ("ORG", "AUTH_CLI"),
            Self::OrgSign => ("ORG", "SIGN"),
            Self::OrgConf => ("ORG", "CONF"),
            Self::ServSslServ => ("SERV", "SSL_SERV"),
            Self::ServSmime => ("SERV", "SMIME"),
            Self::ServSign => ("SERV", "SIGN"),
            Self::ServConf => ("SERV", "CONF"),
            Self::ProAuth => ("PRO", "AUTH"),
            Self::ProSign => ("PRO", "SIGN"),
            Self::ProConf => ("PRO", "CONF"),
        }
    }

    pub(super) fn naming(self) -> Naming {
        match self {
            Self::OrgAuthCli | Self::OrgSign | Self::OrgConf => Naming::Service,
            Self::ServSslServ => Naming::Server,
            _ => Naming::Address,
        }
    }

    /// The same, as our authorities issue it.
    pub(super) fn issued<'a>(self, other_names: &'a [&'a str]) -> OrganisationProduct<'a> {
        match self {
            Self::OrgAuthCli => OrganisationProduct::OrgAuthCli,
            Self::OrgSign => OrganisationProduct::OrgSign,
            Self::OrgConf => OrganisationProduct::OrgConf,
            Self::ServSslServ => OrganisationProduct::ServSsl { other_names },
            Self::ServSmime => OrganisationProduct::ServSmime,
            Self::ServSign => OrganisationProduct::ServSign,
            Self::ServConf => OrganisationProduct::ServConf,
            Self::ProAuth => OrganisationProduct::ProAuth,
            Self::ProSign => OrganisationProduct::ProSign,
            Self::ProConf => OrganisationProduct::ProConf,
        }
    }
}
