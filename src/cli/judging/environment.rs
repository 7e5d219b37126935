//! Which world a certificate says it is of, and whether that world is the one that is trusted.

use crate::cli::anchors::TrustScope;
use crate::cli::args::cert::Environment as Asked;
use crate::pki::{Fact, Finding, Severity};
use crate::x509::{Certificate, Environment};

/// Whether a certificate comes from the emulation authority.
pub(in crate::cli) fn is_emulated(certificate: &Certificate) -> bool {
    certificate.environment() == Some(Environment::Emulated)
}

/// A certificate of a known environment that is not the one asked for: it is not trusted there, whoever could be
/// found above it.
pub(super) fn refusal(certificate: &Certificate, scope: TrustScope) -> Option<Finding> {
    let TrustScope::Environment(asked) = scope else { return None };
    let found = certificate.environment()?;
    let trusted = match asked {
        Asked::Prod => Environment::Prod,
        Asked::Test => Environment::Test,
        Asked::Emulated => Environment::Emulated,
        Asked::Auto => return None,
    };
    if found == trusted {
        return None;
    }
    Some(Finding {
        severity: Severity::Error,
        subject: certificate.subject().to_string(),
        fact: Fact::OtherEnvironment { found, trusted },
    })
}

/// What the user can do about it.
pub(super) fn advice(found: Environment) -> String {
    match found {
        Environment::Recette => {
            "RECETTE is neither production nor TEST: `--trust FILE` trusts it".to_owned()
        }
        Environment::Prod | Environment::Test | Environment::Emulated => {
            format!("`--environment {}` trusts it", found.name())
        }
        _ => "the PKI before IGC-Santé ended in 2021: `--trust FILE` trusts it".to_owned(),
    }
}
