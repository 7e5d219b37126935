//! Which world a certificate says it is of, and whether that world is the one that is trusted.

use crate::cli::anchors::TrustScope;
use crate::cli::args::cert::Environment as Asked;
use crate::cli::checked::Row;
use crate::x509::{Certificate, Environment};

/// Whether a certificate comes from the emulation authority.
pub(super) fn is_emulated(certificate: &Certificate) -> bool {
    certificate.environment() == Some(Environment::Emulated)
}

/// A certificate of a known environment that is not the one asked for: it is not trusted there, whoever could be
/// found above it.
pub(super) fn refusal(certificate: &Certificate, scope: TrustScope) -> Option<Row> {
    let TrustScope::Environment(asked) = scope else { return None };
    let found = certificate.environment()?;
    let wanted = match asked {
        Asked::Prod => Environment::Prod,
        Asked::Test => Environment::Test,
        Asked::Emulated => Environment::Emulated,
        Asked::Auto => return None,
    };
    if found == wanted {
        return None;
    }
    let advice = match found {
        Environment::Recette => {
            "RECETTE is neither production nor TEST: `--trust FILE` trusts it".to_owned()
        }
        Environment::Prod | Environment::Test | Environment::Emulated => {
            format!("`--environment {}` trusts it", found.name())
        }
        _ => "the PKI before IGC-Santé ended in 2021: `--trust FILE` trusts it".to_owned(),
    };
    let (found, wanted) = (found.name(), wanted.name());
    Some(Row {
        code: "igc.environment".to_owned(),
        severity: "error",
        rule: "IGC-Santé fact sheet 1".to_owned(),
        subject: certificate.subject().to_string(),
        message: format!("issued in the environment {found}, where {wanted} is trusted; {advice}"),
    })
}
