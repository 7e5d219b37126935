//! Who stands at the door: what the certificate says of them, the verdict on it, and why a service would not let them in.

use std::fmt;
use std::str::FromStr;

use crate::pki::{Report, Severity, Verdict};
use crate::x509::{Certificate, Environment, Holder};

/// Who connected, and proved to have the key of their certificate.
///
/// The national identifier, the names, the profession, the structure and the number of the card are in
/// [`holder`](Self::holder).
#[derive(Clone, Debug, PartialEq)]
pub struct Visitor {
    /// What they showed.
    pub certificate: Certificate,
    /// What it says of them.
    pub holder: Holder,
    /// What the key is in, when the certificate says it.
    pub family: Option<Family>,
    /// Where the certificate counts, as its issuer's name says.
    pub environment: Option<Environment>,
    /// The verdict on it, of this connection even where the session is an old one.
    pub report: Report,
    /// Why they are not admitted; empty when they are.
    pub refusals: Vec<Refusal>,
}

/// Why somebody is not admitted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The certificate is of another environment than the one that counts here.
    #[error("the certificate is of the environment {}, and {} counts here", found.name(), wanted.name())]
    Environment {
        /// What it says.
        found: Environment,
        /// What counts.
        wanted: Environment,
    },
    /// Another family of cards than those admitted.
    #[error("{} is not admitted here", found.map_or("what is neither a card nor a known product", Family::name))]
    Family {
        /// What it is.
        found: Option<Family>,
    },
    /// Validation does not say that the certificate is good.
    #[error("the certificate is {}{}", verdict.name(), because(reason))]
    Verdict {
        /// Invalid or indeterminate.
        verdict: Verdict,
        /// What was found, the gravest.
        reason: Option<String>,
    },
}

impl Refusal {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Environment { .. } => "tls.client.environment",
            Self::Family { .. } => "tls.client.family",
            Self::Verdict { .. } => "tls.client.verdict",
        }
    }
}

fn because(reason: &Option<String>) -> String {
    reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default()
}

/// What a key is in, as people name cards.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Family {
    /// Health professional.
    Cps,
    /// In training.
    Cpf,
    /// Director of an establishment.
    Cde,
    /// Staff of an establishment; its director too, where the certificate does not tell them apart.
    Cpe,
    /// Director of another structure.
    Cda,
    /// Authorised staff; the director too, where the certificate does not tell them apart.
    Cpa,
    /// No card: a certificate of an organisation, a server or a professional, with its key in a file.
    Software,
}

impl Family {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 7] =
        [Self::Cps, Self::Cpf, Self::Cde, Self::Cpe, Self::Cda, Self::Cpa, Self::Software];

    /// What a certificate says it is in: table G02 with the responsibility of table G04 (CPx fact sheet §1.3), or a category
    /// of software of table G01.
    pub fn of(holder: &Holder) -> Option<Self> {
        let code = |code: &Option<crate::nomenclature::Code>| {
            code.as_ref().map(|found| found.code.clone()).unwrap_or_default()
        };
        let directs = code(&holder.responsibility) == "01";
        match (code(&holder.card_type).as_str(), code(&holder.category).as_str()) {
            (_, "03" | "83") => Some(Self::Software),
            ("00", _) => Some(Self::Cps),
            ("01", _) => Some(Self::Cpf),
            ("02", _) => Some(if directs { Self::Cde } else { Self::Cpe }),
            ("03", _) => Some(if directs { Self::Cda } else { Self::Cpa }),
            _ => None,
        }
    }

    /// As people write it: `CPS`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cps => "CPS",
            Self::Cpf => "CPF",
            Self::Cde => "CDE",
            Self::Cpe => "CPE",
            Self::Cda => "CDA",
            Self::Cpa => "CPA",
            Self::Software => "software",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What was written is not a family.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not CPS, CPF, CDE, CPE, CDA, CPA or software")]
pub struct FamilyError(pub String);

impl FromStr for Family {
    type Err = FamilyError;

    fn from_str(text: &str) -> Result<Self, FamilyError> {
        let found = Self::ALL.into_iter().find(|family| family.name().eq_ignore_ascii_case(text));
        found.ok_or_else(|| FamilyError(text.to_owned()))
    }
}

/// Whom a service admits, beside asking for a certificate that is valid.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Admission {
    /// The families admitted; all when empty.
    pub families: Vec<Family>,
    /// The environment that counts: a certificate of another known one is refused, whoever could be found above it.
    pub environment: Option<Environment>,
}

impl Visitor {
    /// Who showed this certificate, on which this is the report.
    pub fn of(certificate: Certificate, report: Report, admission: &Admission) -> Self {
        let holder = Holder::of(&certificate);
        let family = Family::of(&holder);
        let environment = certificate.environment();
        let mut refusals = Vec::new();
        if let (Some(found), Some(wanted)) = (environment, admission.environment)
            && found != wanted
        {
            refusals.push(Refusal::Environment { found, wanted });
        }
        let verdict = report.verdict();
        if verdict != Verdict::Valid {
            let worst = report.findings.iter().map(|finding| finding.severity).max();
            let grave = |severity| Some(severity) == worst && severity > Severity::Warning;
            let reason = report.findings.iter().find(|finding| grave(finding.severity));
            let reason = reason.map(|finding| finding.message());
            refusals.push(Refusal::Verdict { verdict, reason });
        }
        let admitted = |found| admission.families.contains(&found);
        if !admission.families.is_empty() && !family.is_some_and(admitted) {
            refusals.push(Refusal::Family { found: family });
        }
        Self { certificate, holder, family, environment, report, refusals }
    }

    /// Whether they are let in.
    pub fn is_admitted(&self) -> bool {
        self.refusals.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nomenclature::Code;

    #[test]
    fn a_family_is_read_as_it_is_written_in_any_case() {
        for family in Family::ALL {
            assert_eq!(family.name().parse(), Ok(family));
            assert_eq!(family.name().to_ascii_lowercase().parse(), Ok(family));
        }
        assert_eq!("CPX".parse::<Family>(), Err(FamilyError("CPX".to_owned())));
    }

    #[test]
    fn a_director_is_told_by_the_responsibility_and_software_by_the_category() {
        let code =
            |code: &str| (!code.is_empty()).then(|| Code { code: code.to_owned(), label: None });
        for (card_type, category, responsibility, expected) in [
            ("00", "80", "", Some(Family::Cps)),
            ("01", "80", "", Some(Family::Cpf)),
            ("02", "80", "01", Some(Family::Cde)),
            ("02", "80", "00", Some(Family::Cpe)),
            ("02", "80", "", Some(Family::Cpe)),
            ("03", "00", "01", Some(Family::Cda)),
            ("03", "00", "", Some(Family::Cpa)),
            ("", "83", "", Some(Family::Software)),
            ("", "80", "", None),
        ] {
            let holder = Holder {
                card_type: code(card_type),
                category: code(category),
                responsibility: code(responsibility),
                ..Holder::default()
            };
            assert_eq!(Family::of(&holder), expected, "{card_type} {category} {responsibility}");
        }
    }
}
