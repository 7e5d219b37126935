//! What came back against what was ordered (platform fact sheet §13, rule 2): names, category, usage, key, validity.
//!
//! What rests on samples of the ANS or on its tables is grave. Inferred, and only said: keyUsage and extKeyUsage of all products
//! but ORG SIGN and SERV SSL_SERV, where the e-mail address stands, which authority issues what, the kind of key, three years.

use std::collections::BTreeSet;

use super::journal::KeyHash;
use super::product::{Offer, Product, Usage};
use super::rule::{Breach, Confidence, Rule};
use super::want::{Names, Want};
use crate::x509::{Certificate, Domain, Gamme, GeneralName, IssuedBy, KeyUse, Place, World, oid};

/// What a certificate departs in from its order. The chain and the status are not looked at here.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Departures {
    /// It is not what was ordered: it is refused.
    pub grave: Vec<Breach>,
    /// To be said: what rests on inferred rules.
    pub doubtful: Vec<Breach>,
}

/// What the key of a product is for (platform fact sheet §6).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Profile {
    /// keyUsage.
    pub key_uses: &'static [KeyUse],
    /// extKeyUsage.
    pub purposes: &'static [&'static str],
    /// How sure both are.
    pub confidence: Confidence,
}

/// About three years: 36 months less one, and two more for what has the month of a PrivateKeyUsagePeriod (§3).
const SHORTEST_DAYS: i64 = 1_064;
const LONGEST_DAYS: i64 = 1_157;

/// The least size of a key.
const BITS: usize = 2048;

impl Profile {
    /// That of a product.
    pub fn of(product: Product) -> Self {
        let (key_uses, purposes): (&[KeyUse], &[&str]) = match (product.offer(), product.usage()) {
            (_, Usage::AuthCli | Usage::Auth) => (&[KeyUse::DigitalSignature], &[oid::CLIENT_AUTH]),
            (Offer::Ps, Usage::Sign) => (&[KeyUse::NonRepudiation], &[oid::EMAIL_PROTECTION]),
            (_, Usage::Sign) => {
                (&[KeyUse::DigitalSignature, KeyUse::NonRepudiation], &[oid::EMAIL_PROTECTION])
            }
            (_, Usage::Conf) => (&[KeyUse::KeyEncipherment], &[oid::EMAIL_PROTECTION]),
            (_, Usage::Smime) => {
                (&[KeyUse::DigitalSignature, KeyUse::KeyEncipherment], &[oid::EMAIL_PROTECTION])
            }
            (_, Usage::SslServ) => (
                &[KeyUse::DigitalSignature, KeyUse::KeyEncipherment],
                &[oid::SERVER_AUTH, oid::CLIENT_AUTH],
            ),
        };
        let confidence = match (product.offer(), product.usage()) {
            (Offer::Org, Usage::Sign) | (Offer::Serv, Usage::SslServ) => Confidence::Official,
            _ => Confidence::Inferred,
        };
        Self { key_uses, purposes, confidence }
    }
}

/// Compares; `key` is the public half of the key it was ordered for, when that is known.
pub fn departures(found: &Certificate, want: &Want, key: Option<KeyHash>) -> Departures {
    let mut departures = Departures::default();
    departures.names(found, want);
    departures.structure(found, want);
    departures.category(found);
    departures.issuer(found, want.product.offer());
    departures.usage(found, Profile::of(want.product));
    departures.key(found, key);
    departures.validity(found);
    departures
}

impl Departures {
    /// Whether nothing departs, and nothing is doubtful.
    pub fn is_none(&self) -> bool {
        self.grave.is_empty() && self.doubtful.is_empty()
    }

    fn refuse(&mut self, rule: Rule, field: &'static str, message: String) {
        self.grave.push(rule.broken(field, message));
    }

    fn doubt(&mut self, rule: Rule, field: &'static str, message: String) {
        self.doubtful.push(rule.broken(field, message));
    }

    fn names(&mut self, found: &Certificate, want: &Want) {
        let common_names: Vec<&str> = found.subject().all(oid::COMMON_NAME).collect();
        match &want.names {
            Names::Service(service) => {
                if common_names != [service] {
                    let message = differs("CN", service, &common_names);
                    self.refuse(Rule::ReceivedCommonName, "service", message);
                }
            }
            Names::Server { fqdn, others } => {
                if !matches!(common_names[..], [name] if name.eq_ignore_ascii_case(fqdn)) {
                    let message = differs("CN", fqdn, &common_names);
                    self.refuse(Rule::ReceivedCommonName, "dns", message);
                }
                self.servers(found, fqdn, others);
            }
            Names::Mailbox(address) => self.mailbox(found, address, &common_names),
            Names::Holder => {}
        }
    }

    fn servers(&mut self, found: &Certificate, fqdn: &str, others: &[String]) {
        let asked: BTreeSet<String> =
            others.iter().map(String::as_str).chain([fqdn]).map(str::to_ascii_lowercase).collect();
        let named = alternative_names(found);
        let servers: BTreeSet<String> = named
            .iter()
            .filter_map(|name| match name {
                GeneralName::Dns(name) => Some(name.to_ascii_lowercase()),
                _ => None,
            })
            .collect();
        let strangers = named.iter().filter(|name| !matches!(name, GeneralName::Dns(_))).count();
        if servers != asked || strangers > 0 {
            let listed = |names: &BTreeSet<String>| {
                names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
            };
            let beside = match strangers {
                0 => String::new(),
                count => format!(" and {count} names of other kinds"),
            };
            let message = format!(
                "the certificate is for the servers [{}]{beside}; asked for were [{}]",
                listed(&servers),
                listed(&asked)
            );
            self.refuse(Rule::ReceivedDns, "dns", message);
        }
    }

    fn mailbox(&mut self, found: &Certificate, address: &str, common_names: &[&str]) {
        let named = alternative_names(found);
        let alternative = named.iter().filter_map(|name| match name {
            GeneralName::Email(name) => Some(name.as_str()),
            _ => None,
        });
        let in_subject = found.subject().all(oid::EMAIL_ADDRESS);
        let of_people = common_names.iter().copied().filter(|name| name.contains('@'));
        let mailboxes: Vec<&str> = alternative.chain(in_subject).chain(of_people).collect();
        if mailboxes.is_empty() {
            let message = format!("the certificate does not name the e-mail address `{address}`");
            self.doubt(Rule::ReceivedMailboxPlace, "email", message);
        } else if !mailboxes.iter().all(|mailbox| mailbox.eq_ignore_ascii_case(address)) {
            let message = differs("e-mail address", address, &mailboxes);
            self.refuse(Rule::ReceivedMailbox, "email", message);
        }
    }

    fn structure(&mut self, found: &Certificate, want: &Want) {
        // What is attached to a professional has no structure (§6.2).
        if want.product.offer() == Offer::Ps {
            return;
        }
        let units: Vec<&str> = found.subject().all(oid::ORGANIZATIONAL_UNIT_NAME).collect();
        if units != [want.structure.as_str()] {
            let message = differs("OU", want.structure.as_str(), &units);
            self.refuse(Rule::ReceivedStructure, "structure", message);
        }
    }

    fn category(&mut self, found: &Certificate) {
        let category = found.category().ok().flatten();
        if category.as_ref().is_none_or(|category| category.code != "83") {
            let message = match category {
                Some(category) => {
                    format!("the category is {} ({category}), not 83", category.code)
                }
                None => {
                    "the certificate has no category that can be read; 83 is expected".to_owned()
                }
            };
            self.refuse(Rule::ReceivedCategory, "category", message);
        }
    }

    fn issuer(&mut self, found: &Certificate, offer: Offer) {
        let place = Place::named(found.issuer());
        let is_test = match found.issued_by() {
            IssuedBy::IgcSante { world, .. } => world == World::Test,
            IssuedBy::Emulation => place.is_none_or(|place| place.world == World::Test),
            _ => false,
        };
        if !is_test {
            let message = format!("`{}` is no authority of IGC-Santé TEST", found.issuer());
            return self.refuse(Rule::ReceivedEnvironment, "issuer", message);
        }
        let expected = match offer {
            Offer::Org | Offer::Serv => Domain::Organisations,
            Offer::Pro | Offer::Ps => Domain::Personnes,
        };
        let fits = |place: Place| place.gamme == Gamme::Elementaire && place.domain == expected;
        if !place.is_none_or(fits) {
            let message = format!("{offer} is issued by `{}`, of another domain", found.issuer());
            self.doubt(Rule::ReceivedDomain, "issuer", message);
        }
    }

    fn usage(&mut self, found: &Certificate, profile: Profile) {
        let uses = found.key_usage().ok().flatten().unwrap_or_default();
        let uses: BTreeSet<&str> = uses.into_iter().map(KeyUse::name).collect();
        let expected = profile.key_uses.iter().map(|key_use| key_use.name()).collect();
        self.compare(Rule::ReceivedKeyUsage, "keyUsage", &uses, &expected, profile.confidence);

        let purposes = found.extended_key_usage().ok().flatten().unwrap_or_default();
        let purposes = purposes.iter().map(|purpose| told(purpose.as_str())).collect();
        let expected = profile.purposes.iter().map(|purpose| told(purpose)).collect();
        self.compare(
            Rule::ReceivedPurposes,
            "extKeyUsage",
            &purposes,
            &expected,
            profile.confidence,
        );
    }

    /// What was read in samples is exact; of what is inferred, more is not doubtful.
    fn compare(
        &mut self,
        rule: Rule,
        field: &'static str,
        found: &BTreeSet<&str>,
        expected: &BTreeSet<&str>,
        confidence: Confidence,
    ) {
        let listed = |set: &BTreeSet<&str>| set.iter().copied().collect::<Vec<_>>().join(", ");
        let message = format!("{field} is [{}], not [{}]", listed(found), listed(expected));
        let breach = Breach { confidence, ..rule.broken(field, message) };
        match confidence {
            Confidence::Official if found != expected => self.grave.push(breach),
            Confidence::Official => {}
            _ if !expected.is_subset(found) => self.doubtful.push(breach),
            _ => {}
        }
    }

    fn key(&mut self, found: &Certificate, ordered: Option<KeyHash>) {
        if ordered.is_some_and(|ordered| ordered != found.spki_sha256()) {
            let message = "the certificate is for another key than the one it was ordered for";
            self.refuse(Rule::ReceivedKey, "key", message.to_owned());
        }
        let bits = found.public_key().ok().and_then(|key| key.rsa_bits());
        if bits.is_none_or(|bits| bits < BITS) {
            let message = match bits {
                Some(bits) => format!("the key has {bits} bits, at least {BITS} are expected"),
                None => "the key is not RSA".to_owned(),
            };
            self.doubt(Rule::ReceivedKeyKind, "key", message);
        }
    }

    fn validity(&mut self, found: &Certificate) {
        let days = match (found.not_before(), found.not_after()) {
            (Ok(from), Ok(to)) => to.duration_since(from).as_hours() / 24,
            _ => 0,
        };
        if !(SHORTEST_DAYS..=LONGEST_DAYS).contains(&days) {
            let message = format!("it is valid for {days} days, where three years are expected");
            self.doubt(Rule::ReceivedValidity, "validity", message);
        }
    }
}

fn alternative_names(found: &Certificate) -> Vec<GeneralName> {
    found.subject_alt_name().ok().flatten().unwrap_or_default()
}

fn differs(what: &str, asked: &str, found: &[&str]) -> String {
    format!("the {what} is [{}]; asked for was [{asked}]", found.join(", "))
}

/// The name of a purpose, or its OID.
fn told(purpose: &str) -> &str {
    oid::name(purpose).unwrap_or(purpose)
}
