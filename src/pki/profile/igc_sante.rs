//! The profiles of IGC-Santé (IGC-Santé fact sheet §1 to §7), held against one certificate.

mod extensions;
mod published;
mod subject;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Span};

use super::{Breach, Confidence, Rule};
use crate::x509::{
    Certificate, Domain, Environment, Gamme, Holder, IssuedBy, Place, Product, PublicKey, Version,
    World, oid,
};

/// What a certificate breaks.
pub(super) fn lint(certificate: &Certificate) -> Vec<Breach> {
    let alone = |rule: Rule| vec![breach(rule, rule.confidence(), String::new())];
    let environment = match certificate.issued_by() {
        IssuedBy::Legacy { .. } => return alone(Rule::Legacy),
        IssuedBy::Other => {
            let name = certificate.issuer();
            let claims = name.all(oid::ORGANIZATION_NAME).any(|o| o == "ASIP-SANTE")
                && name.all(oid::ORGANIZATIONAL_UNIT_NAME).any(|ou| ou == "0002 187512751");
            return match claims {
                true => vec![breach(Rule::Issuer, Confidence::Read, name.to_string())],
                false => alone(Rule::Foreign),
            };
        }
        known => known.environment(),
    };
    let (Some(environment), Some(issuer)) = (environment, Place::named(certificate.issuer()))
    else {
        return alone(Rule::Emulated);
    };
    let product = certificate.product();
    let holder = Holder::of(certificate);
    let mut lint = Lint { certificate, environment, issuer, product, holder, breaches: Vec::new() };
    lint.all();
    lint.breaches
}

fn breach(rule: Rule, confidence: Confidence, found: String) -> Breach {
    Breach { rule, confidence, found }
}

/// A certificate under examination.
struct Lint<'a> {
    certificate: &'a Certificate,
    environment: Environment,
    issuer: Place,
    product: Option<Product>,
    holder: Holder,
    breaches: Vec<Breach>,
}

/// Whose profile applies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Root,
    Intermediate,
    EndEntity,
}

impl Lint<'_> {
    fn all(&mut self) {
        match self.environment {
            Environment::Emulated => self.say(Rule::Emulated, String::new()),
            Environment::Recette => self.say(Rule::Recette, String::new()),
            _ => {}
        }
        if self.product.is_none() {
            self.say(Rule::Product, String::new());
        }
        self.version();
        self.serial();
        self.algorithm();
        self.key();
        self.validity();
        self.extensions();
        self.published();
        self.subject();
    }

    /// Adds a breach, as sure as its rule.
    fn say(&mut self, rule: Rule, found: String) {
        self.doubt(rule, rule.confidence(), found);
    }

    /// Adds a breach that is less sure than its rule.
    fn doubt(&mut self, rule: Rule, confidence: Confidence, found: String) {
        // What only one RECETTE certificate was seen of, and no technical certificate at all, is an inference.
        let unseen = self.environment == Environment::Recette
            || self.product == Some(Product::CardTechnical);
        let floor = if unseen { Confidence::Inferred } else { Confidence::Read };
        let confidence = confidence.max(rule.confidence()).max(floor);
        self.breaches.push(breach(rule, confidence, found));
    }

    /// Adds a breach unless the rule is kept.
    fn demand(&mut self, kept: bool, rule: Rule, found: impl FnOnce() -> String) {
        if !kept {
            self.say(rule, found());
        }
    }

    fn kind(&self) -> Kind {
        match self.product {
            Some(Product::Root(_)) => Kind::Root,
            Some(Product::Intermediate(..)) => Kind::Intermediate,
            _ => Kind::EndEntity,
        }
    }

    fn is_emulated(&self) -> bool {
        self.environment == Environment::Emulated
    }

    fn version(&mut self) {
        let version = self.certificate.version();
        self.demand(version == Version::V3, Rule::Version, || format!("{version:?}"));
    }

    fn serial(&mut self) {
        let serial = self.certificate.serial();
        let shown = serial.to_string();
        let octets = shown.len() / 2;
        match self.kind() {
            // Authorities of the emulation have serial numbers of their own.
            Kind::Root | Kind::Intermediate if self.is_emulated() => {}
            Kind::Root | Kind::Intermediate => {
                let kept = octets == 18 && shown.starts_with("1120");
                self.demand(kept, Rule::SerialAuthority, || shown);
            }
            // Drawn at random, one in 256 starts with a null octet, which the encoding leaves out.
            Kind::EndEntity => {
                let kept = (15..=16).contains(&octets);
                self.demand(kept, Rule::SerialLength, || format!("it has {octets}"));
            }
        }
    }

    fn algorithm(&mut self) {
        let algorithm = &self.certificate.signature_algorithm().oid;
        let kept = *algorithm == oid::SHA256_WITH_RSA;
        self.demand(kept, Rule::SignatureAlgorithm, || algorithm.to_string());
    }

    fn key(&mut self) {
        // A key that cannot be read is an error of RFC 5280 already.
        let Ok(key) = self.certificate.public_key() else { return };
        let bits = key.rsa_bits();
        match key {
            PublicKey::Rsa { exponent, .. } => {
                let wanted = if self.kind() == Kind::EndEntity { 2048 } else { 4096 };
                let found = bits.unwrap_or_default();
                self.demand(found == wanted, Rule::KeySize, || format!("it has {found}"));
                self.demand(exponent == [1, 0, 1], Rule::KeyExponent, String::new);
            }
            PublicKey::Other { algorithm, .. } => {
                self.say(Rule::KeyType, algorithm.oid.to_string());
            }
        }
    }

    fn validity(&mut self) {
        let (Ok(start), Ok(end)) = (self.certificate.not_before(), self.certificate.not_after())
        else {
            return;
        };
        let admitted: &[Span] = match self.product {
            Some(Product::Root(_) | Product::Intermediate(..)) => &[Span::new().years(20)],
            Some(Product::ServSsl) => &[Span::new().years(3), Span::new().years(2)],
            Some(Product::OrgSign | Product::PsSign) => {
                &[Span::new().years(3), Span::new().years(3).months(1)]
            }
            _ => &[Span::new().years(3)],
        };
        // Authorities of the emulation live longer, and no card of a student was seen.
        let own = self.is_emulated() && self.kind() != Kind::EndEntity;
        let unseen = self.card_type() == Some("01");
        let kept = own || unseen || admitted.iter().any(|span| is_near(after(start, *span), end));
        self.demand(kept, Rule::Validity, || format!("from {start} to {end}"));

        let Ok(Some(period)) = self.certificate.private_key_usage_period() else { return };
        let three_years = after(start, Span::new().years(3));
        let kept = period.not_before == Some(start)
            && (period.not_after == Some(end) || period.not_after == three_years);
        self.demand(kept, Rule::KeyPeriod, || match (period.not_before, period.not_after) {
            (Some(from), Some(to)) => format!("from {from} to {to}"),
            _ => "a bound is missing".to_owned(),
        });
    }
}

/// The instant so much later by the calendar, in UTC.
fn after(start: Timestamp, span: Span) -> Option<Timestamp> {
    let later: DateTime = Offset::UTC.to_datetime(start).checked_add(span).ok()?;
    Offset::UTC.to_timestamp(later).ok()
}

/// Within a day: one root ends a day after the authorities below it, and local time moved one end by an hour.
fn is_near(expected: Option<Timestamp>, found: Timestamp) -> bool {
    let day = SignedDuration::from_hours(24);
    expected.is_some_and(|expected| expected.duration_since(found).abs() <= day)
}

/// Whether it is of production, when its environment has such a side.
fn is_production(world: World) -> bool {
    world == World::Production
}

/// The authorities that issue to cards.
fn issues_cards(issuer: Place) -> bool {
    issuer.domain == Domain::Personnes && issuer.gamme != Gamme::Elementaire
}
