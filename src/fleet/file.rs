//! `fleet.toml` as it is written, and how it becomes a [`Fleet`].

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::Path;

use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use super::problem::{FleetError, Problem, ProblemKind, nearest};
use super::{
    Address, Delivery, Demandeur, Fleet, FormTable, KeyMaker, Renewal, Renewer, Structure,
    Superseded, TestCard, Wanted,
};
use crate::id::{CardNumber, StructureId};
use crate::platform::port::Acceptance;
use crate::platform::want::{Ps, Typed, Want, WantError};

/// The version of the file that is read.
pub(super) const VERSION: i64 = 1;

/// Days before the end at which a certificate is renewed, unless the file says otherwise.
const RENEW_BEFORE: u16 = 30;

/// Longer than a certificate lives, a renewal would never end.
const LONGEST: u16 = 900;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: Spanned<i64>,
    fleet: WrittenFleet,
    acceptance: Option<WrittenAcceptance>,
    demandeur: Option<WrittenDemandeur>,
    form: Option<WrittenForm>,
    #[serde(default)]
    structure: Vec<WrittenStructure>,
    #[serde(default)]
    card: Vec<WrittenCard>,
    #[serde(default)]
    certificate: Vec<WrittenCertificate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFleet {
    name: Spanned<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAcceptance {
    cgu: String,
    pc: String,
    by: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDemandeur {
    family_name: String,
    given_names: String,
    phone: String,
    email: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenForm {
    structure: Option<Spanned<String>>,
    cards_usage: Option<String>,
    cards_project: Option<String>,
    certificates_usage: Option<String>,
    certificates_project: Option<String>,
    server_domain: Option<String>,
    administrators: Option<Vec<String>>,
    #[serde(default)]
    kits: u32,
    #[serde(default)]
    cps3: BTreeMap<String, u32>,
    #[serde(default)]
    cps4: BTreeMap<String, u32>,
    delivery: Option<WrittenDelivery>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDelivery {
    name: String,
    complement: Option<String>,
    number: Option<String>,
    street_type: Option<String>,
    street: String,
    postcode: String,
    town: String,
    country: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStructure {
    id: Spanned<String>,
    identifier: Spanned<String>,
    name: String,
    complement: Option<String>,
    finess: Option<String>,
    siret: Option<String>,
    address: Option<WrittenAddress>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAddress {
    number: Option<String>,
    street_type: Option<String>,
    street: String,
    postcode: String,
    town: String,
    country: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCard {
    number: Option<Spanned<String>>,
    persona: String,
    family: Option<Spanned<String>>,
    ordered: Option<Spanned<Datetime>>,
    received: Option<Spanned<Datetime>>,
    valid_from: Option<Spanned<Datetime>>,
    holder: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCertificate {
    name: Spanned<String>,
    structure: Spanned<String>,
    offer: Spanned<String>,
    usage: Spanned<String>,
    service: Option<Spanned<String>>,
    dns: Option<Spanned<Vec<String>>>,
    email: Option<Spanned<String>>,
    out: Option<Spanned<String>>,
    renew_before: Option<Spanned<String>>,
    renewed_by: Option<String>,
    superseded: Option<Spanned<String>>,
    key: Option<Spanned<String>>,
    habilitation: Option<String>,
    contact: Option<String>,
    acceptance: Option<WrittenAcceptance>,
}

pub(super) fn read(text: &str, folder: &Path, ps: Ps) -> Result<Fleet, FleetError> {
    let written: Written = toml::from_str(text).map_err(|error| unread(text, &error))?;
    let mut reading = Reading { text, folder, ps, problems: Vec::new() };
    let fleet = reading.fleet(written);
    match reading.problems.is_empty() {
        true => Ok(fleet),
        false => {
            reading.problems.sort_by_key(|problem| problem.line);
            Err(FleetError(reading.problems))
        }
    }
}

/// What the reader of TOML says, with the key that was probably meant.
fn unread(text: &str, error: &toml::de::Error) -> FleetError {
    let line = error.span().map_or(1, |span| line(text, &span));
    let message = error.message();
    let mut quoted = message.split('`').skip(1).step_by(2);
    let kind = match message.strip_prefix("unknown field ").and_then(|_| quoted.next()) {
        None => ProblemKind::Form(message.to_owned()),
        Some(key) => {
            let known: Vec<String> = quoted.map(str::to_owned).collect();
            let nearest = nearest(key, known.iter().map(String::as_str));
            ProblemKind::UnknownKey { key: key.to_owned(), known, nearest }
        }
    };
    FleetError(vec![Problem { line, kind }])
}

fn line(text: &str, span: &Range<usize>) -> usize {
    let before = text.get(..span.start).unwrap_or(text);
    before.bytes().filter(|byte| *byte == b'\n').count() + 1
}

/// A reading on its way: what is wrong is noted, and reading goes on.
struct Reading<'r> {
    text: &'r str,
    folder: &'r Path,
    ps: Ps,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    fn fleet(&mut self, written: Written) -> Fleet {
        if *written.version.get_ref() != VERSION {
            let found = *written.version.get_ref();
            self.note(&written.version.span(), ProblemKind::Version { found });
        }
        if written.fleet.name.get_ref().trim().is_empty() {
            self.wrong(
                "name",
                "a name that the journal can tell fleets apart by",
                &written.fleet.name,
            );
        }
        self.once("structure", written.structure.iter().map(|found| &found.id));
        self.once("card", written.card.iter().filter_map(|found| found.number.as_ref()));
        self.once("certificate", written.certificate.iter().map(|found| &found.name));
        let structures: Vec<Structure> =
            written.structure.into_iter().filter_map(|found| self.structure(found)).collect();
        let cards = written.card.into_iter().map(|found| self.card(found)).collect();
        let acceptance = written.acceptance.map(Acceptance::from);
        let lines: Vec<(Range<usize>, String)> = written
            .certificate
            .iter()
            .map(|found| (found.name.span(), found.name.get_ref().clone()))
            .collect();
        let certificates: Vec<Wanted> = written
            .certificate
            .into_iter()
            .filter_map(|found| self.certificate(found, &structures, acceptance.as_ref()))
            .collect();
        self.no_two_the_same(&certificates, &lines);
        let form = written.form.map(|form| self.form(form, &structures)).unwrap_or_default();
        Fleet {
            name: written.fleet.name.into_inner(),
            structures,
            cards,
            certificates,
            demandeur: written.demandeur.map(Demandeur::from),
            form,
        }
    }

    fn structure(&mut self, written: WrittenStructure) -> Option<Structure> {
        let identifier = StructureId::parse(written.identifier.get_ref());
        if identifier.is_err() {
            self.wrong(
                "identifier",
                "a struct_IdNat: its type digit, then the number",
                &written.identifier,
            );
        }
        Some(Structure {
            id: written.id.into_inner(),
            identifier: identifier.ok()?,
            name: written.name,
            complement: written.complement,
            finess: written.finess,
            siret: written.siret,
            address: written.address.map(Address::from),
        })
    }

    fn card(&mut self, written: WrittenCard) -> TestCard {
        let number = written.number.and_then(|found| {
            let number = CardNumber::parse(found.get_ref());
            if number.is_err() {
                self.wrong("number", "the 10 digits printed on the card", &found);
            }
            number.ok()
        });
        let family = written.family.and_then(|found| {
            let known = FAMILIES.contains(&found.get_ref().as_str());
            if !known {
                self.wrong("family", &FAMILIES.join(", "), &found);
            }
            known.then(|| found.into_inner())
        });
        TestCard {
            number,
            persona: written.persona,
            family,
            ordered: written.ordered.and_then(|found| self.date("ordered", &found)),
            received: written.received.and_then(|found| self.date("received", &found)),
            valid_from: written.valid_from.and_then(|found| self.date("valid_from", &found)),
            holder: written.holder,
        }
    }

    fn certificate(
        &mut self,
        written: WrittenCertificate,
        structures: &[Structure],
        usual: Option<&Acceptance>,
    ) -> Option<Wanted> {
        let name = written.name.get_ref().clone();
        if !is_file_name(&name) {
            self.wrong(
                "name",
                "letters, digits, `-`, `_` and `.`: files are called so",
                &written.name,
            );
        }
        let renewal = Renewal {
            days: written.renew_before.as_ref().map_or(RENEW_BEFORE, |found| self.days(found)),
            by: match &written.renewed_by {
                Some(somebody) => Renewer::Somebody(somebody.clone()),
                None => Renewer::Apply,
            },
            old: match written.superseded.as_ref().map(|found| (found, found.get_ref().as_str())) {
                None | Some((_, "kept")) => Superseded::Kept,
                Some((_, "revoked")) => Superseded::Revoked,
                Some((found, _)) => {
                    self.wrong("superseded", "`kept` or `revoked`", found);
                    Superseded::Kept
                }
            },
        };
        let key = match written.key.as_ref().map(|found| (found, found.get_ref().as_str())) {
            None | Some((_, "local")) => KeyMaker::Local,
            Some((_, "platform")) => KeyMaker::Platform,
            Some((found, _)) => {
                self.wrong("key", "`local` or `platform`", found);
                KeyMaker::Local
            }
        };
        let want = self.want(&written, structures)?;
        let out = written.out.as_ref().map_or("", |out| out.get_ref());
        Some(Wanted {
            name,
            want,
            out: self.folder.join(out),
            renewal,
            key,
            profile: written.habilitation,
            contact: written.contact,
            acceptance: written.acceptance.map(Acceptance::from).or(usual.cloned()),
        })
    }

    fn want(&mut self, written: &WrittenCertificate, structures: &[Structure]) -> Option<Want> {
        let id = written.structure.get_ref();
        let Some(structure) = structures.iter().find(|structure| structure.id == *id) else {
            let nearest = nearest(id, structures.iter().map(|structure| structure.id.as_str()));
            let kind = ProblemKind::UnknownStructure { id: id.clone(), nearest };
            self.note(&written.structure.span(), kind);
            return None;
        };
        let text =
            |field: &Option<Spanned<String>>| field.as_ref().map(|text| text.get_ref().clone());
        let typed = Typed {
            offer: written.offer.get_ref().clone(),
            usage: written.usage.get_ref().clone(),
            structure: structure.identifier.as_str().to_owned(),
            service: text(&written.service),
            dns: written.dns.as_ref().map(|dns| dns.get_ref().clone()).unwrap_or_default(),
            email: text(&written.email),
        };
        match Want::parse(&typed, self.ps) {
            Ok(want) => Some(want),
            Err(error) => {
                self.refused(written, error);
                None
            }
        }
    }

    /// Each breach stands on the line of its field.
    fn refused(&mut self, written: &WrittenCertificate, error: WantError) {
        let certificate = written.name.get_ref().clone();
        let WantError::Breaches(breaches) = error else {
            let kind = ProblemKind::Want { certificate, error };
            return self.note(&written.offer.span(), kind);
        };
        for breach in breaches {
            let span = match breach.field {
                "offer" => Some(written.offer.span()),
                "usage" => Some(written.usage.span()),
                "structure" => Some(written.structure.span()),
                "service" => written.service.as_ref().map(Spanned::span),
                "dns" => written.dns.as_ref().map(Spanned::span),
                "email" => written.email.as_ref().map(Spanned::span),
                _ => None,
            };
            let error = WantError::Breaches(vec![breach]);
            let kind = ProblemKind::Want { certificate: certificate.clone(), error };
            self.note(&span.unwrap_or_else(|| written.name.span()), kind);
        }
    }

    fn form(&mut self, written: WrittenForm, structures: &[Structure]) -> FormTable {
        let structure = written.structure.map(|found| {
            let id = found.get_ref();
            if !structures.iter().any(|structure| structure.id == *id) {
                let nearest = nearest(id, structures.iter().map(|structure| structure.id.as_str()));
                let kind = ProblemKind::UnknownStructure { id: id.clone(), nearest };
                self.note(&found.span(), kind);
            }
            found.into_inner()
        });
        FormTable {
            structure,
            cards_usage: written.cards_usage,
            cards_project: written.cards_project,
            certificates_usage: written.certificates_usage,
            certificates_project: written.certificates_project,
            server_domain: written.server_domain,
            administrators: written.administrators,
            kits: written.kits,
            cps3: written.cps3,
            cps4: written.cps4,
            delivery: written.delivery.map(Delivery::from),
        }
    }

    fn once<'f>(&mut self, what: &'static str, found: impl Iterator<Item = &'f Spanned<String>>) {
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for value in found {
            let line = line(self.text, &value.span());
            if let Some(first) = seen.get(value.get_ref().as_str()) {
                let value_text = value.get_ref().clone();
                let kind = ProblemKind::Duplicate { what, value: value_text, first: *first };
                self.note(&value.span(), kind);
            } else {
                seen.insert(value.get_ref(), line);
            }
        }
    }

    /// Two that would be one order, under two names: the second would never be ordered.
    fn no_two_the_same(&mut self, certificates: &[Wanted], lines: &[(Range<usize>, String)]) {
        let span = |name: &str| {
            lines
                .iter()
                .find(|(_, found)| found == name)
                .map(|(span, _)| span.clone())
                .unwrap_or_default()
        };
        let mut seen: HashMap<(String, Option<&str>), &str> = HashMap::new();
        for wanted in certificates {
            let key = (wanted.want.key(), wanted.profile.as_deref());
            match seen.get(&key) {
                Some(first) if *first != wanted.name => {
                    let first = line(self.text, &span(first));
                    let what = "what is wanted by certificate";
                    let value = wanted.name.clone();
                    self.note(&span(&wanted.name), ProblemKind::Duplicate { what, value, first });
                }
                Some(_) => {}
                None => {
                    seen.insert(key, &wanted.name);
                }
            }
        }
    }

    fn days(&mut self, found: &Spanned<String>) -> u16 {
        let days = found.get_ref().strip_suffix('d').and_then(|days| days.parse().ok());
        match days.filter(|days| (1..=LONGEST).contains(days)) {
            Some(days) => days,
            None => {
                self.wrong(
                    "renew_before",
                    &format!("a number of days, `1d` to `{LONGEST}d`"),
                    found,
                );
                RENEW_BEFORE
            }
        }
    }

    fn date(&mut self, key: &'static str, found: &Spanned<Datetime>) -> Option<Date> {
        let text = found.get_ref().to_string();
        let whole = found.get_ref().time.is_none();
        let date = whole.then(|| text.parse().ok()).flatten();
        if date.is_none() {
            let expected = "a day: `2026-01-31`".to_owned();
            self.note(&found.span(), ProblemKind::Value { key, expected, found: text });
        }
        date
    }

    fn wrong(&mut self, key: &'static str, expected: &str, found: &Spanned<String>) {
        let kind = ProblemKind::Value {
            key,
            expected: expected.to_owned(),
            found: found.get_ref().clone(),
        };
        self.note(&found.span(), kind);
    }

    fn note(&mut self, span: &Range<usize>, kind: ProblemKind) {
        self.problems.push(Problem { line: line(self.text, span), kind });
    }
}

/// Card families (platform fact sheet §2.1).
const FAMILIES: [&str; 6] = ["CPS", "CPF", "CDE", "CPE", "CDA", "CPA"];

fn is_file_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && name.len() <= 64 && !name.starts_with('.') && name.chars().all(plain)
}

impl From<WrittenAcceptance> for Acceptance {
    fn from(written: WrittenAcceptance) -> Self {
        Self { cgu: written.cgu, pc: written.pc, by: written.by }
    }
}

impl From<WrittenDemandeur> for Demandeur {
    fn from(written: WrittenDemandeur) -> Self {
        let WrittenDemandeur { family_name, given_names, phone, email } = written;
        Self { family_name, given_names, phone, email }
    }
}

impl From<WrittenAddress> for Address {
    fn from(written: WrittenAddress) -> Self {
        let WrittenAddress { number, street_type, street, postcode, town, country } = written;
        Self { number, street_type, street, postcode, town, country }
    }
}

impl From<WrittenDelivery> for Delivery {
    fn from(written: WrittenDelivery) -> Self {
        let WrittenDelivery {
            name,
            complement,
            number,
            street_type,
            street,
            postcode,
            town,
            country,
        } = written;
        let address = Address { number, street_type, street, postcode, town, country };
        Self { name, complement, address }
    }
}
