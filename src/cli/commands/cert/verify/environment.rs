//! Which world a certificate says it is of, and whether that world is the one that is trusted.

use crate::cli::anchors::TrustScope;
use crate::cli::args::cert::Environment;
use crate::cli::checked::Row;
use crate::x509::{Certificate, IssuedBy, World};

/// Whether a certificate comes from the emulation authority.
pub(super) fn is_emulated(certificate: &Certificate) -> bool {
    certificate.issued_by() == IssuedBy::Emulation
}

/// The environment that the issuer's name says: `None` when it is none that is known.
pub(super) fn of(certificate: &Certificate) -> Option<&'static str> {
    Some(match certificate.issued_by() {
        IssuedBy::Emulation => "emulated",
        IssuedBy::IgcSante { world: World::Production, .. } => "prod",
        IssuedBy::IgcSante { world: World::Test, .. } => "test",
        IssuedBy::IgcSante { world: World::Recette, .. } => "recette",
        IssuedBy::Legacy { .. } => "legacy",
        _ => return None,
    })
}

/// A certificate of a known environment that is not the one asked for: it is not trusted there, whoever could be
/// found above it.
pub(super) fn refusal(certificate: &Certificate, scope: TrustScope) -> Option<Row> {
    let TrustScope::Environment(asked) = scope else { return None };
    let found = of(certificate)?;
    let wanted = match asked {
        Environment::Prod => "prod",
        Environment::Test => "test",
        Environment::Emulated => "emulated",
        Environment::Auto => return None,
    };
    if found == wanted {
        return None;
    }
    let advice = match found {
        "recette" => {
            "RECETTE is neither production nor TEST: trust it with `--trust FILE`".to_owned()
        }
        "legacy" => {
            "the PKI before IGC-Santé ended in 2021: trust it with `--trust FILE`".to_owned()
        }
        _ => format!("`--environment {found}` trusts it"),
    };
    Some(Row {
        code: "igc.environment".to_owned(),
        severity: "error",
        rule: "IGC-Santé fact sheet 1".to_owned(),
        subject: certificate.subject().to_string(),
        message: format!("issued in the environment {found}, where {wanted} is trusted; {advice}"),
    })
}
