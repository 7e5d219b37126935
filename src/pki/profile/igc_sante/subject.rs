//! The subject and what the private extensions say of the holder (IGC-Santé fact sheet §5 to §7).

use super::{Lint, is_production, issues_cards};
use crate::id::{CardNumber, IdKind, LuhnKey, NationalId, Shape, StructureId};
use crate::pki::profile::{Confidence, Rule};
use crate::x509::{Attribute, Gamme, Product, StringKind, oid};

const C: &str = oid::COUNTRY_NAME;
const ST: &str = oid::STATE_OR_PROVINCE_NAME;
const O: &str = oid::ORGANIZATION_NAME;
const OU: &str = oid::ORGANIZATIONAL_UNIT_NAME;
const CN: &str = oid::COMMON_NAME;
const TITLE: &str = oid::TITLE;

/// GN, SN and CN, in whatever order DER puts them (§5.4).
const PERSON: &[&str] = &[CN, oid::SURNAME, oid::GIVEN_NAME];

impl Lint<'_> {
    pub(super) fn subject(&mut self) {
        self.encoding();
        self.category();
        match self.product {
            None | Some(Product::Root(_) | Product::Intermediate(..) | Product::Legacy(..)) => {}
            Some(Product::CardTechnical) => self.card(),
            Some(Product::OrgAuthCli | Product::OrgConf | Product::OrgSign | Product::ServSsl) => {
                self.form(&[&[C], &[ST], &[O], &[OU], &[CN]]);
                self.structure();
            }
            Some(Product::PsAuth | Product::PsSign) => {
                self.form(&[&[C], &[TITLE], PERSON]);
                self.person();
                self.profession();
            }
            Some(Product::CardAuthentication | Product::CardSignature) => {
                self.card();
                self.holder();
            }
        }
    }

    fn encoding(&mut self) {
        let subject = self.certificate.subject();
        // RFC 5280 gives serialNumber no other type, and only a technical certificate has one.
        let printable =
            |attribute: &&Attribute| attribute.oid == C || attribute.oid == oid::SERIAL_NUMBER;
        let wrong: Vec<String> = subject
            .attributes()
            .filter(|attribute| {
                let wanted = match printable(attribute) {
                    true => StringKind::Printable,
                    false => StringKind::Utf8,
                };
                attribute.kind != wanted
            })
            .map(ToString::to_string)
            .collect();
        self.demand(wrong.is_empty(), Rule::SubjectEncoding, || wrong.join(", "));
        let unsorted = subject.unsorted();
        self.demand(unsorted.is_empty(), Rule::SubjectSorted, String::new);
    }

    /// The types of each relative name, in order.
    fn form(&mut self, expected: &[&[&str]]) {
        let subject = self.certificate.subject();
        let same = |rdn: &[Attribute], expected: &[&str]| {
            let mut found: Vec<&str> = rdn.iter().map(|attribute| attribute.oid.as_str()).collect();
            let mut expected = expected.to_vec();
            found.sort_unstable();
            expected.sort_unstable();
            found == expected
        };
        let rdns = subject.rdns();
        let kept = rdns.len() == expected.len()
            && rdns.iter().zip(expected).all(|(rdn, expected)| same(rdn, expected));
        self.demand(kept, Rule::SubjectForm, || subject.to_string());
    }

    fn category(&mut self) {
        let Some(category) = self.holder.category.clone() else { return };
        self.demand(category.label.is_some(), Rule::CategoryUnknown, || category.code.clone());
        let test = category.code.as_str() >= "80";
        // The worlds of the emulation have categories of their own too.
        let kept = test != is_production(self.issuer.world);
        let environment = self.environment;
        self.demand(kept, Rule::CategoryEnvironment, || {
            format!("{} in {environment}", category.code)
        });
        let carriers: [&str; 2] = match issues_cards(self.issuer) {
            true => ["00", "80"],
            false => ["03", "83"],
        };
        let kept = carriers.contains(&category.code.as_str());
        self.demand(kept, Rule::CategoryCarrier, || category.to_string());
    }

    fn structure(&mut self) {
        let subject = self.certificate.subject();
        if let Some(department) = subject.first(ST) {
            self.demand(is_department(department), Rule::SubjectDepartment, || {
                department.to_owned()
            });
        }
        if let Some(name) = subject.first(O) {
            let length = name.chars().count();
            self.demand(length <= 40, Rule::SubjectOrganisation, || format!("it has {length}"));
        }
        let Some(unit) = subject.first(OU) else { return };
        let id = StructureId::parse(unit).ok();
        let shaped = id.as_ref().is_some_and(|id| id.is_shaped() == Shape::Fits);
        self.demand(shaped, Rule::StructureForm, || unit.to_owned());
        let luhn = id.and_then(|id| id.luhn());
        self.demand(luhn != Some(LuhnKey::Wrong), Rule::StructureLuhn, || unit.to_owned());
    }

    fn person(&mut self) {
        let Some(name) = self.certificate.subject().first(CN) else { return };
        let id = NationalId::parse(name).ok();
        match id.as_ref().map(NationalId::is_shaped) {
            Some(Shape::Fits) => {}
            // What the holder of a CPF has was not seen.
            Some(Shape::Unpublished) if self.card_type() == Some("01") => {}
            // Types retired, or of no register: nothing says what they look like.
            Some(Shape::Unpublished) => {
                self.doubt(Rule::PersonForm, Confidence::Inferred, name.to_owned());
            }
            Some(Shape::Off) | None => self.say(Rule::PersonForm, name.to_owned()),
        }
        let Some(id) = id else { return };
        self.demand(id.luhn() != Some(LuhnKey::Wrong), Rule::PersonLuhn, || name.to_owned());
        let professional = matches!(id.kind(), IdKind::Rpps | IdKind::Adeli);
        let kept = match self.is_staff() {
            true => !professional && id.kind() != IdKind::Student,
            false => professional || self.card_type() == Some("01"),
        };
        self.demand(kept, Rule::PersonType, || name.to_owned());
    }

    fn profession(&mut self) {
        let title = self.certificate.subject().first(TITLE);
        if let Some(profession) = self.holder.profession.clone() {
            let known = profession.label.is_some();
            self.demand(known, Rule::ProfessionUnknown, || profession.code.clone());
            if let (Some(label), Some(title)) = (profession.label, title) {
                self.demand(title == label, Rule::Title, || format!("{title:?} for {label:?}"));
            }
        }
        let unknown: Vec<String> = self
            .holder
            .specialities
            .iter()
            .filter(|code| code.label.is_none())
            .map(|code| code.code.clone())
            .collect();
        self.demand(unknown.is_empty(), Rule::SpecialityUnknown, || unknown.join(", "));
    }

    /// The number and the type of the card.
    fn card(&mut self) {
        if let Ok(Some(identifier)) = self.certificate.card_identifier() {
            let digits = |text: &str| text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit());
            let parts = identifier.split_once('/');
            let printable = self.certificate.extension(oid::CARD_NUMBER);
            let printable = printable.is_some_and(|found| found.value.first() == Some(&0x13));
            let shaped = parts.is_some_and(|(issuer, number)| digits(issuer) && digits(number));
            self.demand(shaped && printable, Rule::CardNumber, || identifier.clone());
            if let Some((issuer, _)) = parts.filter(|_| shaped) {
                self.demand(issuer == CardNumber::ISSUER, Rule::CardIssuer, || issuer.to_owned());
            }
        }
        let Some(code) = self.card_type().map(str::to_owned) else { return };
        let kept = match code.as_str() {
            "00" => self.issuer.gamme == Gamme::Fort,
            // Not seen: FORT by inference (§1).
            "01" if self.issuer.gamme != Gamme::Fort => {
                return self.doubt(Rule::CardTypeIssuer, Confidence::Inferred, code);
            }
            "01" => true,
            "02" | "03" => self.issuer.gamme == Gamme::Standard,
            _ => false,
        };
        self.demand(kept, Rule::CardTypeIssuer, || code);
    }

    /// The subject of a card: that of a professional, or that of staff.
    fn holder(&mut self) {
        if !self.is_staff() {
            self.form(&[&[C], &[TITLE], PERSON]);
            self.person();
            return self.profession();
        }
        let subject = self.certificate.subject();
        // A card that names nobody was seen in third-party code only (§5.3): its shape is left alone.
        if self.holder.family_name.is_some() || self.holder.given_name.is_some() {
            self.form(&[&[C], &[ST], &[O], &[OU], &[TITLE], PERSON]);
        }
        if let Some(title) = subject.first(TITLE) {
            self.demand(STAFF.contains(&title), Rule::Title, || format!("{title:?}"));
        }
        self.structure();
        self.person();
    }

    /// Whether the card is one of staff, by its type; by its issuer where it has none that is known.
    fn is_staff(&self) -> bool {
        match self.card_type() {
            Some("02" | "03") => true,
            Some("00" | "01") => false,
            _ => issues_cards(self.issuer) && self.issuer.gamme == Gamme::Standard,
        }
    }
}

/// The titles of staff (§5.3).
const STAFF: [&str; 3] =
    ["Personnel santé ou social", "Personnel autorisé", "Carte de service santé ou social"];

/// `Paris (75)`, `Corse-du-Sud (2A)`, `Guadeloupe (971)`.
fn is_department(text: &str) -> bool {
    let number = text.strip_suffix(')').and_then(|text| text.rsplit_once(" ("));
    number.is_some_and(|(name, number)| {
        let rest = number.strip_prefix(|c: char| c.is_ascii_digit());
        let corsican = |rest: &str| rest == "A" || rest == "B";
        let digits = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit());
        !name.is_empty()
            && (2..=3).contains(&number.len())
            && rest.is_some_and(|rest| digits(rest) || corsican(rest))
    })
}
