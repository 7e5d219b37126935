//! Policies and addresses: what IGC-Santé publishes, and where (IGC-Santé fact sheet §4 and §5.5).

use super::{Kind, Lint, is_production};
use crate::pki::profile::{Confidence, Rule};
use crate::x509::{DistributionPoint, Domain, Gamme, GeneralName, Place, Product, oid};

impl Lint<'_> {
    pub(super) fn published(&mut self) {
        self.policies();
        self.lists();
        self.access();
        self.environment();
    }

    fn policies(&mut self) {
        let Ok(Some(policies)) = self.certificate.certificate_policies() else { return };
        let [policy] = &policies[..] else {
            return self.say(Rule::PolicyForm, format!("{} policies", policies.len()));
        };
        let [statement] = &policy.cps[..] else {
            return self.say(Rule::PolicyForm, format!("{} statements", policy.cps.len()));
        };
        if self.is_emulated() {
            return;
        }
        let production = is_production(self.issuer.world);
        let policy = policy.oid.as_str();
        let kept = match self.kind() {
            Kind::Root | Kind::Intermediate => policy == oid::ANY_POLICY,
            Kind::EndEntity if production => policy.starts_with(PRODUCTION),
            Kind::EndEntity => policy == TEST,
        };
        self.demand(kept, Rule::PolicyEnvironment, || policy.to_owned());
        let expected = if production { STATEMENT } else { STATEMENT_TEST };
        self.demand(statement == expected, Rule::PolicyStatement, || statement.clone());
        if kept
            && production
            && let Some(expected) = self.policy()
        {
            self.demand(policy == expected, Rule::PolicyProduct, || policy.to_owned());
        }
    }

    /// The policy of a product in production, where the arc can be read; its last arc is a version.
    fn policy(&self) -> Option<String> {
        let product = match self.product? {
            Product::OrgSign => 3,
            Product::OrgAuthCli => 4,
            Product::ServSsl => 5,
            _ => return None,
        };
        (self.issuer.gamme == Gamme::Elementaire && self.issuer.domain == Domain::Organisations)
            .then(|| format!("{PRODUCTION}1.2.{product}.1"))
    }

    fn lists(&mut self) {
        let attribute = "certificaterevocationlist";
        if let Ok(Some(points)) = self.certificate.crl_distribution_points() {
            match addresses(&points)[..] {
                [Some(http), Some(ldap)] if is(http, "http") && is(ldap, "ldap") => {
                    let file = format!("{SITE}/CRL/{}.crl", code(self.issuer));
                    self.address(Rule::ListAddress, http, &file);
                    let entry = self.entry(attribute);
                    self.address(Rule::ListAddress, ldap, &entry);
                }
                _ => self.say(Rule::ListForm, format!("{} points", points.len())),
            }
        }
        if let Ok(Some(points)) = self.certificate.freshest_crl() {
            match addresses(&points)[..] {
                [Some(ldap)] if is(ldap, "ldap") => {
                    let entry = self.entry("deltarevocationlist");
                    self.address(Rule::ListAddress, ldap, &entry);
                }
                _ => self.say(Rule::DeltaForm, format!("{} points", points.len())),
            }
        }
    }

    /// A directory path, not the subject of the issuer: an intermediate stands under its root.
    fn entry(&self, attribute: &str) -> String {
        let Place { world, gamme, domain } = self.issuer;
        let (test, unit) = match is_production(world) {
            true => ("", "IGC-SANTE"),
            false => ("TEST ", "IGC-SANTE TEST"),
        };
        let gamme = match gamme {
            Gamme::Elementaire => "ELEMENTAIRE",
            Gamme::Standard => "STANDARD",
            Gamme::Fort => "FORT",
        };
        let root = format!("{test}AC RACINE IGC-SANTE {gamme}");
        let entry = match domain {
            Domain::Racine => format!("cn={root}"),
            Domain::Personnes => format!("cn={test}AC IGC-SANTE {gamme} PERSONNES,ou={root}"),
            Domain::Organisations => {
                format!("cn={test}AC IGC-SANTE {gamme} ORGANISATIONS,ou={root}")
            }
        };
        let entry = format!("{entry},ou={unit},ou=0002 187512751,o=ASIP-SANTE,c=FR");
        let entry = entry.replace(' ', "%20");
        format!("{DIRECTORY}/{entry}?{attribute};binary?base?objectClass=pkiCA")
    }

    fn access(&mut self) {
        let Ok(Some(access)) = self.certificate.authority_info_access() else { return };
        let [ocsp, issuers] = &access[..] else {
            return self.say(Rule::AccessForm, format!("{} addresses", access.len()));
        };
        let uris = (ocsp.location.uri(), issuers.location.uri());
        let (Some(responder), Some(file)) = uris else {
            return self.say(Rule::AccessForm, "not an address".to_owned());
        };
        if ocsp.method != oid::OCSP || issuers.method != oid::CA_ISSUERS {
            return self.say(Rule::AccessForm, format!("{}, {}", ocsp.method, issuers.method));
        }
        self.address(Rule::AccessAddress, responder, RESPONDER);
        let folder = if is_production(self.issuer.world) { "AC" } else { "AC%20TEST" };
        let expected = format!("{SITE}/{folder}/{}.cer", code(self.issuer));
        self.address(Rule::AccessAddress, file, &expected);
    }

    /// Compares an address; types of the directory and its filter are spelled in both cases (§4).
    fn address(&mut self, rule: Rule, found: &str, expected: &str) {
        if self.is_emulated() || found.eq_ignore_ascii_case(expected) {
            return;
        }
        let confidence = match is_read(self.issuer) {
            true => Confidence::Read,
            false => Confidence::Inferred,
        };
        self.doubt(rule, confidence, format!("{found} in place of {expected}"));
    }

    /// The ways TEST is recognisable, beside the issuer's name (§1): policy, practice statement and category.
    fn environment(&mut self) {
        if self.is_emulated() {
            return;
        }
        let policies = self.certificate.certificate_policies().ok().flatten().unwrap_or_default();
        let policy = policies.first();
        let arc = policy.map(|policy| policy.oid.as_str());
        let statement = policy.and_then(|policy| policy.cps.first()).map(String::as_str);
        let category = self.holder.category.as_ref().map(|code| code.code.as_str());
        let side = |test: bool| if test { "test" } else { "production" };
        let told = [
            ("issuer", Some(!is_production(self.issuer.world))),
            (
                "policy",
                arc.and_then(|arc| sided(arc.starts_with(TEST_ARC), arc.starts_with(PRODUCTION))),
            ),
            (
                "practice statement",
                statement
                    .and_then(|s| sided(s.starts_with(STATEMENT_TEST), s.starts_with(STATEMENT))),
            ),
            ("category", category.map(|code| code >= "80")),
        ];
        let told: Vec<(&str, bool)> =
            told.into_iter().filter_map(|(what, test)| Some((what, test?))).collect();
        let agree = told.windows(2).all(|pair| pair[0].1 == pair[1].1);
        self.demand(agree, Rule::Environment, || {
            let told: Vec<String> =
                told.iter().map(|(what, test)| format!("{what} {}", side(*test))).collect();
            told.join(", ")
        });
    }
}

/// Whether it says test; `None` when it says neither.
fn sided(test: bool, production: bool) -> Option<bool> {
    (test || production).then_some(test)
}

/// The one address of each point, which is for all reasons and signed by the issuer.
fn addresses(points: &[DistributionPoint]) -> Vec<Option<&str>> {
    let address = |point: &'_ DistributionPoint| {
        point.reasons.is_none() && point.crl_issuer.is_empty() && point.relative.is_empty()
    };
    points
        .iter()
        .map(|point| match &point.names[..] {
            [GeneralName::Uri(uri)] if address(point) => Some(uri.as_str()),
            _ => None,
        })
        .collect()
}

fn is(uri: &str, scheme: &str) -> bool {
    uri.split_once("://").is_some_and(|(found, _)| found.eq_ignore_ascii_case(scheme))
}

/// The code of the issuer's files: `ACR-EL`, `ACI-FO-PP-TEST`.
fn code(place: Place) -> String {
    let gamme = match place.gamme {
        Gamme::Elementaire => "EL",
        Gamme::Standard => "ST",
        Gamme::Fort => "FO",
    };
    let test = if is_production(place.world) { "" } else { "-TEST" };
    match place.domain {
        Domain::Racine => format!("ACR-{gamme}{test}"),
        Domain::Personnes => format!("ACI-{gamme}-PP{test}"),
        Domain::Organisations => format!("ACI-{gamme}-ORG{test}"),
    }
}

/// The authorities whose addresses were read in certificates; those of the others are inferred from them (§4).
fn is_read(place: Place) -> bool {
    match (place.domain, place.gamme) {
        (Domain::Racine, Gamme::Fort) => is_production(place.world),
        (Domain::Racine, _) | (Domain::Organisations, Gamme::Elementaire) => true,
        (Domain::Organisations, _) => false,
        (Domain::Personnes, _) => !is_production(place.world),
    }
}

const SITE: &str = "http://igc-sante.esante.gouv.fr";
const DIRECTORY: &str = "ldap://annuaire-igc.esante.gouv.fr";
const RESPONDER: &str = "http://ocsp.esante.gouv.fr";
const STATEMENT: &str = "http://igc-sante.esante.gouv.fr/PC";
const STATEMENT_TEST: &str = "http://igc-sante.esante.gouv.fr/PC%20TEST";
const PRODUCTION: &str = "1.2.250.1.213.1.7.1.";
const TEST_ARC: &str = "1.2.250.1.213.1.7.2.";
const TEST: &str = "1.2.250.1.213.1.7.2.1.1.1.1";
